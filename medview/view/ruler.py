"""The rulers of a pane, in what the calibration of the image allows to be called a millimetre."""

from __future__ import annotations

from medview.session.image_scale import image_scale
from medview.session.scene import Scene
from medview.view.scale_bar import ScaleBar, scale_bar
from medview.view.slice_picture import SlicePicture


def ruler(scene: Scene, picture: SlicePicture, longest_px: float) -> ScaleBar | None:
    """Return the ruler of a pane; None where nothing of the image may be called a length."""
    geometry = scene.volume.geometry
    px_per_unit = picture.transform.scale_x / picture.grid.pixel_mm[0]
    if geometry.has_spacing:
        unit = "mm User" if scene.series.has_given_spacing else "mm"
        return scale_bar(px_per_unit, longest_px, unit)
    found = image_scale(scene)
    if found.unit == "px" or found.refusal is not None:
        return None
    return scale_bar(px_per_unit * geometry.spacing_mm[2] / found.pixel_mm[1], longest_px, found.unit)
