"""What a length on the image in view is worth, by its file or by a line that a person has drawn."""

from __future__ import annotations

from medview.imaging.calibration import Calibration, calibration
from medview.imaging.ground import user_mm_of
from medview.session.scene import Scene


def image_scale(scene: Scene) -> Calibration:
    """Return the calibration of the image in view, a person's own among it."""
    number = scene.cursor_index[0]
    drawn = [m for m in scene.study.measurements if m.kind == "calibration"]
    return calibration(scene.series, number, user_mm=user_mm_of(scene.series, number, drawn) if drawn else None)
