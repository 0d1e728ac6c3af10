"""A DICOM Segmentation on the images it was made from: every segment, overlapping ones in masks of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.files.objects.dicom_seg_frames import SegFile, read_seg_file
from medview.files.objects.dicom_seg_place import FramePlace, SegPlacer
from medview.files.objects.mask_layers import Layer, MaskLayers, Patch
from medview.files.workers import Workers
from medview.progress import Progress, part, unheard
from medview.study.geometry import Geometry
from medview.study.segmentation import Segmentation, Source
from medview.study.series import Series

_HALF = 0.5  # of Maximum Fractional Value: from here on a voxel is shown


@dataclass(frozen=True, eq=False)
class LoadedMasks:
    """The masks of one file: several where segments overlap, so that no voxel of any is lost."""

    masks: tuple[Segmentation, ...]
    series: Series
    warnings: tuple[Sentence, ...]


def load_masks(
    path: Path, candidates: Iterable[Series], progress: Progress = unheard, workers: Workers | None = None
) -> LoadedMasks:
    """Read a SEG file onto that series among the candidates from which it was made.

    Raises
    ------
    MedViewError
        It belongs to none of them, lies on another grid, contradicts itself, or is damaged.
    """
    file = read_seg_file(path, workers, part(progress, 0.0, 0.6))
    series, geometry = _source_series(file, tuple(candidates))
    layers = _layers(file, series, geometry, part(progress, 0.6, 1.0))
    name, source = file.label, Source.of(series)
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
    return LoadedMasks(tuple(masks), series, tuple(_remarks(file, len(layers))))


def labels_on(file: SegFile, series: Series, geometry: Geometry, progress: Progress = unheard) -> NDArray[Any]:
    """Return the labels (slices, rows, columns) of a segmentation whose segments do not overlap.

    Raises
    ------
    MedViewError
        As `load_masks`, and where segments overlap.
    """
    layers = _layers(file, series, geometry, progress)
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
    if not file.source_uids and not file.source_series:
        raise MedViewError("{name} does not say which images it was made from.", "Do not use it.", name=file.path.name)
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


def _layers(file: SegFile, series: Series, geometry: Geometry, progress: Progress) -> list[Layer]:
    """Return the segments in as few masks as hold them all without overlap."""
    placer = SegPlacer(file, series, geometry)
    places = [placer.place(frame) for frame in file.frames]
    made = MaskLayers(geometry.shape, np.uint8 if max(s.number for s in file.segments) < 256 else np.uint16)
    if file.kind == "LABELMAP":
        # every label of a frame at once: they cannot overlap
        labels = np.zeros(geometry.shape, np.uint8 if max(s.number for s in file.segments) < 256 else np.uint16)
        for number, place in enumerate(places):
            progress(number / len(places), "Reading segmentation")
            _put_labels(file, number, place, labels)
        return [Layer(labels, list(file.segments))]
    for done, segment in enumerate(file.segments):
        progress(done / len(file.segments), "Reading segmentation")
        made.lay(segment, list(_drawn(file, places, segment.number)))
    return made.layers


def _put_labels(file: SegFile, number: int, place: FramePlace, labels: NDArray[Any]) -> None:
    known = np.array([0, *(s.number for s in file.segments)])
    values = file.pixels(number)
    unknown = np.setdiff1d(values, known)
    if len(unknown):
        raise MedViewError(
            "A frame of {name} refers to segment {number}, but it describes only {count}.",
            "Copy it again from its source.",
            name=file.path.name,
            number=int(unknown[0]),
            count=len(known) - 1,
        )
    patch = Patch(place.slice_index, place.row, place.column, values != 0)
    np.copyto(patch.of(labels), values, where=patch.mask, casting="unsafe")


def _drawn(file: SegFile, places: list[FramePlace], segment_number: int) -> Iterator[Patch]:
    """Yield the masks of one segment's frames."""
    least = _HALF * file.maximum if file.kind == "FRACTIONAL" else 1
    for number, frame in enumerate(file.frames):
        if frame.segment_number == segment_number:
            place = places[number]
            yield Patch(place.slice_index, place.row, place.column, file.pixels(number) >= least)


def _remarks(file: SegFile, layers: int) -> Iterator[Sentence]:
    if file.kind == "FRACTIONAL" and file.fractional_type == "OCCUPANCY":
        yield Sentence("The file says how much of each voxel is filled: shown where it is at least half.")
    elif file.kind == "FRACTIONAL":
        yield Sentence("The file holds probabilities: shown where they are at least 50 %.")
    if layers > 1:
        yield Sentence("Segments overlap: they are shown as {count} masks, nothing is lost.", {"count": layers})
