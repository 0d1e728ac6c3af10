"""Fit the image of a pane: whole, to the width, pixel for pixel, or in true size."""

from __future__ import annotations

from medview.errors import MedViewError
from medview.session.image_scale import image_scale
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.viewport import Fit


def fit_view(session: Session, fit: Fit) -> None:
    """Fit the image of the active pane, its middle in the middle.

    Raises
    ------
    MedViewError
        True size of an image that holds no millimetres.
    """
    scene = session.scene
    if fit == "true_size" and scene is not None and mm_per_unit(scene) is None:
        raise MedViewError(
            "The image cannot be shown in true size: it does not say how large a pixel is.",
            "Calibrate it first, or show it pixel for pixel.",
        )
    session.active_viewport.update(fit=fit, zoom=1.0, pan_px=(0.0, 0.0))


def mm_per_unit(scene: Scene) -> float | None:
    """Return the millimetres of a unit of the geometry in the slice in view; None where they are not known.

    A geometry without spacing has a pixel for its unit. A radiograph of which only the detector's spacing is known has
    millimetres at the detector ("mm Proj").
    """
    geometry = scene.volume.geometry
    if geometry.has_spacing:
        return 1.0
    found = image_scale(scene)
    if found.unit == "px" or found.refusal is not None:
        return None
    return found.pixel_mm[1] / geometry.spacing_mm[2]
