"""Scrolling turned planes: steps of the finest voxel spacing along a plane's own normal."""

from __future__ import annotations

from medview.imaging.plane import PlaneName, SlicePlane
from medview.imaging.turned_planes import offsets, place_on_plane
from medview.session.scene import Scene
from medview.study.geometry import FloatArray


def plane_step(scene: Scene, plane: PlaneName) -> tuple[int, int]:
    """Return which step along its normal a plane through the cursor is, from 0, and how many there are.

    They are counted the way the volume's own axis goes, from where the plane enters the volume.
    """
    geometry, normal = scene.volume.geometry, _onward(scene, plane)
    low, high = offsets(geometry, normal)
    step = min(geometry.spacing_mm)
    count = int((high - low) / step + 1e-6) + 1
    return min(max(round((float(scene.cursor_mm @ normal) - low) / step), 0), count - 1), count


def go_to_step(scene: Scene, plane: PlaneName, index: int) -> None:
    """Move a turned plane in parallel to a step, or to the nearest there is; the crosshair stays within the volume."""
    geometry, normal = scene.volume.geometry, _onward(scene, plane)
    now, count = plane_step(scene, plane)
    steps = min(max(index, 0), count - 1) - now
    wanted = scene.cursor_mm + steps * min(geometry.spacing_mm) * normal
    scene.move_cursor(place_on_plane(geometry, wanted, normal))


def _onward(scene: Scene, plane: PlaneName) -> FloatArray:
    """Return the unit normal of a plane, turned the way the volume's own axis goes."""
    geometry = scene.volume.geometry
    normal: FloatArray = scene.plane_normal(plane)
    own = geometry.directions[:, SlicePlane.of(geometry, plane).axis]
    return -normal if normal @ own < 0 else normal
