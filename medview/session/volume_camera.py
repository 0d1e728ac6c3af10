"""From where a 3D pane looks at the volume it shows."""

from __future__ import annotations

from typing import Literal

from medview.imaging.camera import Camera
from medview.session.viewport import Viewport
from medview.study.geometry import Geometry

Side = Literal["anterior", "posterior", "left", "right", "superior", "inferior"]
SIDES: dict[Side, tuple[float, float]] = {  # azimuth and elevation: where the eye is
    "anterior": (0.0, 0.0),
    "posterior": (180.0, 0.0),
    "left": (90.0, 0.0),
    "right": (270.0, 0.0),
    "superior": (0.0, 90.0),
    "inferior": (0.0, -90.0),
}


def volume_camera(viewport: Viewport, geometry: Geometry, size: tuple[int, int]) -> Camera:
    """Return the camera of a pane; `size` is its (width, height) in device-independent pixels."""
    return Camera.of(
        geometry,
        size,
        azimuth_deg=viewport.azimuth_deg,
        elevation_deg=viewport.elevation_deg,
        roll_deg=viewport.roll_deg,
        zoom=viewport.zoom,
        pan_px=viewport.pan_px,
    )


def look_from(viewport: Viewport, side: Side) -> None:
    """Look at the patient from one side, upright; zoom and place stay."""
    azimuth, elevation = SIDES[side]
    viewport.update(azimuth_deg=azimuth, elevation_deg=elevation, roll_deg=0.0)
