"""What lies over an image by its own header: overlay planes (PS3.3 C.9.2) and shutters (C.7.6.11, C.7.6.15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medview.imaging.plane import SlicePlane
from medview.session.scene import Scene
from medview.study.annotation import ImageName
from medview.study.display_facts import Shutter
from medview.view.grey_part import GreyPart
from medview.view.unread import PictureRect

if TYPE_CHECKING:
    from medview.files.pixels.dicom_overlay import Overlay

GRAPHICS, REGION = 1, 2
_CIRCLE_STEPS = 256


@dataclass(frozen=True, eq=False)
class OverlayLayer:
    """The planes of one image, as they lie in a picture.

    Attributes
    ----------
    pixels
        uint8 (height, width) in C order, no larger than what is set: 0 nothing, `GRAPHICS` or `REGION`.
    rect
        (left, top, width, height) of the array in picture pixels.
    """

    pixels: NDArray[np.uint8]
    rect: PictureRect


@dataclass(frozen=True, eq=False)
class ShutterLayer:
    """What of a picture is hidden.

    Attributes
    ----------
    outlines
        (n, 2) corners (x, y) in picture pixels of what is seen: only what lies within all of them.
    hidden
        Pixels that are hidden besides, non-zero, or None.
    colour
        Red, green, blue of what is hidden.
    """

    outlines: tuple[NDArray[np.float64], ...]
    hidden: OverlayLayer | None
    colour: tuple[int, int, int]


def overlay_layer(scene: Scene, plane: SlicePlane, part: GreyPart) -> OverlayLayer | None:
    """Return the overlay planes of the image at the cursor; None where there are none, or they are switched off."""
    planes = scene.overlays.get(scene.cursor_index[0], ())
    shutter = shutter_of(scene)
    hiding = shutter.overlay_group if shutter is not None else 0
    drawn = [overlay for overlay in planes if overlay.group != hiding]
    if not drawn or not scene.overlays_visible:
        return None
    rows, columns = scene.volume.geometry.shape[1:]
    image = np.zeros((rows, columns), np.uint8)
    for kind, name in ((REGION, "R"), (GRAPHICS, "G")):  # graphics lie on top
        for overlay in drawn:
            if (overlay.kind == "R") == (name == "R"):
                _put(image, overlay, kind)
    return _laid(image, plane, part)


def shutter_layer(scene: Scene, plane: SlicePlane, part: GreyPart) -> ShutterLayer | None:
    """Return what the image at the cursor hides; None where it hides nothing, or that is switched off."""
    shutter = shutter_of(scene)
    if shutter is None or not scene.shutter_visible:
        return None
    aspect = scene.volume.geometry.spacing_mm[1] / scene.volume.geometry.spacing_mm[2]
    outlines = tuple(_in_picture(corners, plane) for corners in _outlines(shutter, aspect))
    level = round(shutter.grey * 255)
    return ShutterLayer(outlines, _bitmap(scene, shutter, plane, part), shutter.colour or (level, level, level))


def shutter_of(scene: Scene) -> Shutter | None:
    """Return the shutter of the image at the cursor; a presentation state decides on the images that it is for."""
    number, instances = scene.cursor_index[0], scene.series.instances
    if number >= len(instances):
        return None
    instance, state = instances[number], scene.presentation
    if state is not None and state.is_for(ImageName(instance.sop_instance_uid, instance.frame_index)):
        return state.shutter
    return instance.display.shutter


def _outlines(shutter: Shutter, aspect: float) -> list[NDArray[np.float64]]:
    """Return the corners (row, column), in indices, of what each shape leaves to be seen."""
    found = []
    if shutter.rectangle is not None:
        top, left, bottom, right = shutter.rectangle
        edges = top - 0.5, left - 0.5, bottom + 0.5, right + 0.5
        found.append(np.array([edges[:2], (edges[0], edges[3]), edges[2:], (edges[2], edges[1])]))
    if shutter.circle is not None:
        row, column, radius = shutter.circle
        turn = np.linspace(0, 2 * np.pi, _CIRCLE_STEPS, endpoint=False)
        found.append(np.stack([row + radius * np.sin(turn) / aspect, column + radius * np.cos(turn)], axis=1))
    if shutter.polygon:
        found.append(np.array(shutter.polygon))
    return found


def _in_picture(corners: NDArray[np.float64], plane: SlicePlane) -> NDArray[np.float64]:
    return np.array([plane.to_picture(np.array([0.0, row, column])) for row, column in corners])


def _bitmap(scene: Scene, shutter: Shutter, plane: SlicePlane, part: GreyPart) -> OverlayLayer | None:
    planes = scene.overlays.get(scene.cursor_index[0], ())
    hiding = [overlay for overlay in planes if overlay.group == shutter.overlay_group]
    if not hiding:
        return None
    image = np.zeros(scene.volume.geometry.shape[1:], np.uint8)
    for overlay in hiding:
        _put(image, overlay, GRAPHICS)
    return _laid(image, plane, part)


def _put(image: NDArray[np.uint8], overlay: Overlay, kind: int) -> None:
    """Draw a plane onto an image (rows, columns), cut where it reaches beyond it."""
    row, column = overlay.origin
    mask = overlay.mask[max(-row, 0) :, max(-column, 0) :]
    place = image[max(row, 0) : max(row, 0) + mask.shape[0], max(column, 0) : max(column, 0) + mask.shape[1]]
    place[mask[: place.shape[0], : place.shape[1]]] = kind


def _laid(image: NDArray[np.uint8], plane: SlicePlane, part: GreyPart) -> OverlayLayer | None:
    """Return what is set in an image as the picture shows it; of pixels drawn as one, one that is set sets all."""
    pixels = part.strongest(plane.slice_view(image[np.newaxis], 0))
    rows, columns = (np.flatnonzero(pixels.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return None
    (top, bottom), (left, right) = (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)
    place = part.rect[0] + left * part.reduction, part.rect[1] + top * part.reduction
    size = (right - left) * part.reduction, (bottom - top) * part.reduction
    return OverlayLayer(np.ascontiguousarray(pixels[top:bottom, left:right]), (*place, *size))
