"""The marks of reports and presentation states on the slice that a pane shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.imaging.plane import SlicePlane
from medview.session.scene import Scene
from medview.study.annotation import Annotation, AnnotationKind
from medview.study.geometry import FloatArray
from medview.study.image_index import ImagePlace
from medview.view.slice_picture import SlicePicture

_LEAST_REACH_MM = 0.25
_MEASURED_SHOWN = 3
_FARTHEST_PX = 1e6  # what is damaged must not keep the painter busy


@dataclass(frozen=True, eq=False)
class DrawnMark:
    """One mark in a pane.

    Attributes
    ----------
    kind
        As in `Annotation`; what is no point and no text is drawn as a line through `points`.
    points
        (n, 2) x and y in device-independent pixels of the pane.
    texts
        Lines to be written beside it.
    colour
        sRGB, 0 to 255.
    """

    kind: AnnotationKind
    points: NDArray[np.float64]
    texts: tuple[str, ...]
    colour: tuple[int, int, int]
    is_filled: bool


def annotation_marks(scene: Scene, picture: SlicePicture) -> tuple[DrawnMark, ...]:
    """Return the marks that belong to the slice shown, where they lie in the pane.

    A mark drawn on an image is shown on that image alone, in the plane in which it was acquired. One that lies in
    space by itself is shown on the slices that it lies in.
    """
    found = []
    place = _place(scene, picture)
    for mark in scene.study.annotations:
        points = _on_image(mark, scene, picture, place) if mark.image is not None else _in_space(mark, scene, picture)
        if len(points) and np.abs(points).max() < _FARTHEST_PX:
            found.append(DrawnMark(mark.kind, points, mark_texts(mark), mark.colour, mark.is_filled))
    return tuple(found)


def mark_texts(mark: Annotation) -> tuple[str, ...]:
    """Return what is written beside a mark: its name, what was found, and what was measured."""
    finding = ", ".join(part for part in (mark.finding, mark.site) if part)
    measured = tuple(f"{m.name} {m.text}".strip() for m in mark.measured[:_MEASURED_SHOWN])
    return tuple(text for text in (mark.label, finding, *measured) if text)


def _place(scene: Scene, picture: SlicePicture) -> ImagePlace | None:
    """Return the image shown, None across the images."""
    if picture.is_turned or picture.plane != scene.acquired_plane or picture.slice_index >= len(scene.series.instances):
        return None
    return ImagePlace(scene.series, picture.slice_index)


def _on_image(mark: Annotation, scene: Scene, picture: SlicePicture, place: ImagePlace | None) -> FloatArray:
    if place is None or mark.series_key != scene.series.key or mark.image != place.name:
        return np.empty((0, 2))
    return _through_pixels(mark.outline_mm, scene, picture, place)


def _in_space(mark: Annotation, scene: Scene, picture: SlicePicture) -> FloatArray:
    """Return the points that lie in the slice; of a line either all or none."""
    uid = scene.volume.geometry.frame_of_reference_uid
    if not uid or uid != mark.frame_of_reference_uid:
        return np.empty((0, 2))
    place = _place(scene, picture)
    outline = mark.outline_mm
    origin = place.origin_mm if place is not None else picture.grid.origin_mm
    near = np.abs((outline - origin) @ picture.grid.normal) <= _reach_mm(scene, picture)
    if mark.kind in ("point", "text"):
        outline = outline[near]
    elif not near.all():
        return np.empty((0, 2))
    if place is not None and len(outline):
        return _through_pixels(outline, scene, picture, place)
    return np.array([picture.mm_to_pane(point) for point in outline]).reshape(-1, 2)


def _through_pixels(points_mm: FloatArray, scene: Scene, picture: SlicePicture, place: ImagePlace) -> FloatArray:
    """Return pane points by way of the image's own pixels: right also where the volume's grid is not even."""
    on_grid = scene.volume.geometry.to_mm(place.to_index(points_mm))
    return np.array([picture.mm_to_pane(point) for point in on_grid]).reshape(-1, 2)


def _reach_mm(scene: Scene, picture: SlicePicture) -> float:
    """Return how far from a slice what is shown on it may lie: half a slice."""
    geometry = scene.volume.geometry
    if picture.plane == scene.acquired_plane and not geometry.has_depth:
        step = scene.series.slice_thickness_mm or 0.0
    else:
        step = geometry.spacing_mm[SlicePlane.of(geometry, picture.plane).axis]
    step = min(geometry.spacing_mm) if picture.is_turned else step
    return max(step / 2.0, _LEAST_REACH_MM)
