"""A DICOM Segmentation on the images it was made from: every segment, overlapping ones in masks of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.files.dicom_seg_frames import SegFile, read_seg_file
from medview.files.dicom_seg_place import FramePlace, SegPlacer
from medview.files.workers import Workers
from medview.progress import Progress, unheard
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Series

_HALF = 0.5  # of Maximum Fractional Value: from here on a voxel is shown


@dataclass(frozen=True, eq=False)
class LoadedMasks:
    """The masks of one file: several where segments overlap, so that no voxel of any is lost."""

    masks: tuple[Segmentation, ...]
    series: Series
    warnings: tuple[Sentence, ...]


@dataclass(frozen=True, eq=False)
class _Layer:
    """Labels of segments that do not overlap."""

    labels: NDArray[Any]
    segments: list[Segment]


def load_masks(
    path: Path, candidates: Iterable[Series], progress: Progress = unheard, workers: Workers | None = None
) -> LoadedMasks:
    """Read a SEG file onto that series among the candidates from which it was made.

    Raises
    ------
    MedViewError
        It belongs to none of them, lies on another grid, contradicts itself, or is damaged.
    """
    file = read_seg_file(path, workers)
    series, geometry = _source_series(file, tuple(candidates))
    layers, said = _layers(file, series, geometry, progress)
    name, source = path.stem, Source.of(series)
    facts = {"file": path.name, **file.maker}
    masks = [
        Segmentation(
            layer.labels,
            geometry,
            source,
            tuple(layer.segments),
            name if len(layers) == 1 else f"{name} ({number})",
            dict(facts),
        )
        for number, layer in enumerate(layers, 1)
    ]
    return LoadedMasks(tuple(masks), series, (*_remarks(file, len(layers)), *said))


def labels_on(file: SegFile, series: Series, geometry: Geometry, progress: Progress = unheard) -> NDArray[Any]:
    """Return the labels (slices, rows, columns) of a segmentation whose segments do not overlap.

    Raises
    ------
    MedViewError
        As `load_masks`, and where segments overlap.
    """
    layers, _ = _layers(file, series, geometry, progress)
    if len(layers) > 1:
        raise MedViewError(
            "The segments of {name} overlap, so they do not fit one mask.",
            "Open it in the window: it becomes {count} masks.",
            name=file.path.name,
            count=len(layers),
        )
    return layers[0].labels


def _source_series(file: SegFile, candidates: tuple[Series, ...]) -> tuple[Series, Geometry]:
    """Return the series that most of the referenced images are of, and its geometry."""
    shared = [(len(file.source_uids & {i.sop_instance_uid for i in s.instances} - {""}), s) for s in candidates]
    count, series = max(shared, key=lambda pair: pair[0], default=(0, None))
    if series is None or not count:
        raise MedViewError(
            "{name} belongs to another series: {series}.",
            "Open the folder of the images it was made from.",
            name=file.path.name,
            series=", ".join(file.source_series) or "-",
        )
    if series.geometry is None:
        raise series.refusal or MedViewError("The series of this segmentation forms no volume.")
    ours, theirs = series.geometry.frame_of_reference_uid, file.frame_of_reference_uid
    if ours and theirs and ours != theirs:
        raise MedViewError(
            "{name} contradicts itself: it names these images, but lies in another frame of reference.",
            "Do not use it.",
            name=file.path.name,
        )
    return series, series.geometry


def _layers(
    file: SegFile, series: Series, geometry: Geometry, progress: Progress
) -> tuple[list[_Layer], tuple[Sentence, ...]]:
    """Return the segments in as few masks as hold them all without overlap."""
    placer = SegPlacer(file, series, geometry)
    places = [placer.place(frame) for frame in file.frames]
    kind = np.uint8 if max(s.number for s in file.segments) < 256 else np.uint16
    if file.kind == "LABELMAP":
        return [_label_map(file, places, np.zeros(geometry.shape, kind))], ()
    layers: list[_Layer] = []
    for done, segment in enumerate(file.segments):
        progress(done / len(file.segments), "Reading segmentation")
        drawn = list(_drawn(file, places, segment.number))
        layer = next((one for one in layers if _is_free(one.labels, drawn)), None)
        if layer is None:
            layer = _Layer(np.zeros(geometry.shape, kind), [])
            layers.append(layer)
        layer.segments.append(segment)
        for place, mask in drawn:
            _window(layer.labels, place, mask.shape)[mask] = segment.number
    return layers, ()


def _label_map(file: SegFile, places: list[FramePlace], labels: NDArray[Any]) -> _Layer:
    known = np.array([0, *(s.number for s in file.segments)])
    for number, place in enumerate(places):
        values = file.pixels(number)
        unknown = np.setdiff1d(values, known)
        if len(unknown):
            raise MedViewError(
                "A frame of {name} refers to segment {number}, but only {count} are described.",
                "Copy it again from its source.",
                name=file.path.name,
                number=int(unknown[0]),
                count=len(known) - 1,
            )
        window = _window(labels, place, values.shape)
        np.copyto(window, values, where=values != 0, casting="unsafe")
    return _Layer(labels, list(file.segments))


def _drawn(
    file: SegFile, places: list[FramePlace], segment_number: int
) -> Iterator[tuple[FramePlace, NDArray[np.bool_]]]:
    """Yield the masks (rows, columns) of one segment's frames."""
    least = _HALF * file.maximum if file.kind == "FRACTIONAL" else 1
    for number, frame in enumerate(file.frames):
        if frame.segment_number == segment_number:
            yield places[number], file.pixels(number) >= least


def _is_free(labels: NDArray[Any], drawn: list[tuple[FramePlace, NDArray[np.bool_]]]) -> bool:
    return not any(np.any(_window(labels, place, mask.shape)[mask]) for place, mask in drawn)


def _window(labels: NDArray[Any], place: FramePlace, size: tuple[int, ...]) -> NDArray[Any]:
    """Return the part of a slice that a frame covers, as a view."""
    return labels[place.slice_index, place.row : place.row + size[0], place.column : place.column + size[1]]


def _remarks(file: SegFile, layers: int) -> Iterator[Sentence]:
    if file.kind == "FRACTIONAL" and file.fractional_type == "OCCUPANCY":
        yield Sentence("The file says how much of each voxel is filled: shown where it is at least half.")
    elif file.kind == "FRACTIONAL":
        yield Sentence("The file holds probabilities: shown where they are at least 50 %.")
    if layers > 1:
        yield Sentence("Segments overlap: they are shown as {count} masks, nothing is lost.", {"count": layers})
