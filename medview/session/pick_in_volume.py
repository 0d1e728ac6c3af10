"""Move the crosshair to what is seen under a point of a 3D pane."""

from __future__ import annotations

import numpy as np

from medview.imaging.ray_pick import picked, picked_label, ray_samples
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.volume_camera import volume_camera
from medview.session.volume_looks import function_in_use
from medview.study.geometry import FloatArray


def seen_at(session: Session, pane: str, at_px: tuple[float, float], size_px: tuple[int, int]) -> FloatArray | None:
    """Return the LPS point of the tissue or segment nearest to the eye under (x, y) of a pane; None beside the body.

    A segment that is shown is met before the tissue around it, which is translucent then.
    """
    scene, viewport = session.scene_in(pane), session.viewports[pane]
    if scene is None or not scene.is_whole or scene.only_plane is not None:
        return None
    geometry, look = scene.volume.geometry, viewport.look
    start, direction = volume_camera(viewport, geometry, size_px).ray(*at_px, size_px)
    points = ray_samples(geometry, start, direction, look.clipping)
    segmentation, shown = scene.segmentation, _shown_segments(scene)
    place = None
    if segmentation is not None and shown:
        place = picked_label(segmentation.labels, points, geometry, shown, dict(look.surface_opacity))
    if place is not None:
        return np.asarray(points[place])
    for cut in look.cuts:
        points = points[~cut.takes(points)]
    if not look.tissue_visible:
        return None
    place = picked(scene.volume, points, function_in_use(look, scene.series.modality), scene.window)
    return None if place is None else np.asarray(points[place])


def pick_in_volume(session: Session, pane: str, at_px: tuple[float, float], size_px: tuple[int, int]) -> None:
    """Move the crosshair to what is seen under a point of a pane; beside the body it stays."""
    scene, point = session.scene_in(pane), seen_at(session, pane, at_px, size_px)
    if scene is not None and point is not None:
        scene.move_cursor(point)


def _shown_segments(scene: Scene) -> set[int]:
    if scene.segmentation is None or not scene.mask_visible:
        return set()
    return {segment.number for segment in scene.segmentation.segments} - scene.hidden_segments
