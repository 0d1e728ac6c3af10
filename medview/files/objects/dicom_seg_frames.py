"""What a DICOM Segmentation file holds: its segments, and for each frame its place and its pixels (PS3.3 A.51)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.headers.dicom_codes import code_of
from medview.files.headers.dicom_colour import srgb_of
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import DicomObject, StoredFrames, read_object
from medview.files.workers import Workers
from medview.progress import Progress, unheard
from medview.study.annotation import ImageName
from medview.study.segmentation import TISSUE, Segment

SegKind = Literal["BINARY", "FRACTIONAL", "LABELMAP"]
_KINDS: tuple[SegKind, ...] = ("BINARY", "FRACTIONAL", "LABELMAP")
_SEG_CLASSES = {"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"}
_COPY = "Copy it again from its source."
_DEFAULT_COLOUR = (230, 80, 60)


@dataclass(frozen=True)
class SegFrame:
    """One frame: LPS position of its first pixel, cosines, its segment (None in a label map), its source images.

    `position_mm` is None and `orientation` empty where the segmentation lies on projections, which have no place in
    the patient. `sources` may be empty.
    """

    position_mm: NDArray[np.float64] | None
    orientation: tuple[float, ...]
    segment_number: int | None
    sources: tuple[ImageName, ...]


@dataclass(frozen=True, eq=False)
class SegFile:
    """A segmentation as it is stored.

    Attributes
    ----------
    label
        What a person knows it by: Series Description, Content Label, or the file's name.
    maximum
        Maximum Fractional Value of a FRACTIONAL one: what means 1.
    fractional_type
        "PROBABILITY" or "OCCUPANCY", "" for other kinds.
    pixel_spacing
        (row spacing, column spacing) in mm, empty where none is given.
    source_uids
        SOP Instance UIDs of the images it was made from.
    source_series
        Their Series Instance UIDs.
    maker
        What made it: manufacturer, model, creator, algorithm names.
    """

    path: Path
    label: str
    kind: SegKind
    rows: int
    columns: int
    maximum: int
    fractional_type: str
    pixel_spacing: tuple[float, ...]
    frame_of_reference_uid: str
    segments: tuple[Segment, ...]
    frames: tuple[SegFrame, ...]
    source_uids: frozenset[str]
    source_series: tuple[str, ...]
    maker: dict[str, str]
    _stored: StoredFrames

    def pixels(self, number: int) -> NDArray[Any]:
        """Return the values (rows, columns) of a frame: 0 and 1, labels in a label map, or 0 to `maximum`."""
        return self._stored[number]


def read_seg_file(path: Path, workers: Workers | None = None, progress: Progress = unheard) -> SegFile:
    """Read a segmentation of any type; compressed frames are decoded by `workers`.

    Raises
    ------
    MedViewError
        The file is missing, damaged, no segmentation, or refers to segments that it does not describe.
    """
    file = read_object(path)
    values = file.values
    kind = _kind(values, path)
    segments = tuple(_segments(values))
    if not segments:
        raise MedViewError("{name} describes no segments.", _COPY, name=path.name)
    frames = tuple(_frames(values, kind, progress))
    _check_frames(frames, segments, file)
    rows, columns = file.size
    shared = values.item("SharedFunctionalGroupsSequence")
    return SegFile(
        path=path,
        label=values.text("SeriesDescription") or values.text("ContentLabel") or path.stem,
        kind=kind,
        rows=rows,
        columns=columns,
        maximum=values.integer("MaximumFractionalValue") or 255,
        fractional_type=values.text("SegmentationFractionalType"),
        pixel_spacing=shared.item("PixelMeasuresSequence").numbers("PixelSpacing"),
        frame_of_reference_uid=values.text("FrameOfReferenceUID"),
        segments=segments,
        frames=frames,
        source_uids=frozenset(_source_uids(values, frames)),
        source_series=tuple(s.text("SeriesInstanceUID") for s in values.items("ReferencedSeriesSequence")),
        maker=_maker(values),
        _stored=file.frames(workers),
    )


def _kind(values: Values, path: Path) -> SegKind:
    if values.text("SOPClassUID") not in _SEG_CLASSES:
        raise MedViewError("{name} is no DICOM segmentation.", "Choose a SEG file.", name=path.name)
    stored = values.text("SegmentationType")
    kind = next((k for k in _KINDS if k == stored), None)
    if kind is None:
        raise MedViewError(
            "{name} is a segmentation of an unknown type: {kind}.", "Ask for it as BINARY.", name=path.name, kind=stored
        )
    return kind


def _check_frames(frames: tuple[SegFrame, ...], segments: tuple[Segment, ...], file: DicomObject) -> None:
    name = file.path.name
    if not frames or len(frames) != (file.values.integer("NumberOfFrames") or 0):
        raise MedViewError("{name} does not say where its frames lie.", _COPY, name=name)
    if any(len(f.orientation) not in (0, 6) for f in frames):
        raise MedViewError("{name} does not say where its frames lie.", _COPY, name=name)
    known = {segment.number for segment in segments}
    if len(known) < len(segments):
        raise MedViewError("Two segments of {name} have the same number.", _COPY, name=name)
    unknown = {f.segment_number for f in frames if f.segment_number is not None} - known
    if unknown:
        raise MedViewError(
            "A frame of {name} refers to segment {number}, but it describes only {count}.", _COPY,
            name=name, number=min(unknown), count=len(known),
        )  # fmt: skip


def _frames(values: Values, kind: SegKind, progress: Progress) -> Iterator[SegFrame]:
    shared = values.item("SharedFunctionalGroupsSequence")
    groups = values.items("PerFrameFunctionalGroupsSequence")
    for number, group in enumerate(groups):
        progress(number / len(groups), "Reading segmentation")
        place = group if group.has("PlanePositionSequence") else shared
        plane = group if group.has("PlaneOrientationSequence") else shared
        named = group if group.has("SegmentIdentificationSequence") else shared
        position = place.item("PlanePositionSequence").numbers("ImagePositionPatient")
        segment = named.item("SegmentIdentificationSequence").integer("ReferencedSegmentNumber")
        yield SegFrame(
            np.array(position) if len(position) == 3 else None,
            plane.item("PlaneOrientationSequence").numbers("ImageOrientationPatient"),
            None if kind == "LABELMAP" else segment or 0,
            tuple(_sources(group if group.has("DerivationImageSequence") else shared)),
        )


def _sources(group: Values) -> Iterator[ImageName]:
    for derivation in group.items("DerivationImageSequence"):
        for source in derivation.items("SourceImageSequence"):
            uid = source.text("ReferencedSOPInstanceUID")
            numbers = source.numbers("ReferencedFrameNumber") or (None,)
            yield from (ImageName(uid, None if n is None else int(n) - 1) for n in numbers)


def _segments(values: Values) -> Iterator[Segment]:
    for number, item in enumerate(values.items("SegmentSequence"), 1):
        if item.integer("SegmentNumber") == 0:
            continue  # the background of a label map
        yield Segment(
            number=item.integer("SegmentNumber") or number,
            label=item.text("SegmentLabel"),
            colour=srgb_of(item.numbers("RecommendedDisplayCIELabValue")) or _DEFAULT_COLOUR,
            category=code_of(item.item("SegmentedPropertyCategoryCodeSequence")) or TISSUE,
            type=code_of(item.item("SegmentedPropertyTypeCodeSequence")) or TISSUE,
            algorithm=item.text("SegmentAlgorithmType") or "AUTOMATIC",
            tracking_uid=item.text("TrackingUID"),
        )


def _source_uids(values: Values, frames: tuple[SegFrame, ...]) -> Iterator[str]:
    for series in values.items("ReferencedSeriesSequence"):
        for instance in series.items("ReferencedInstanceSequence"):
            yield instance.text("ReferencedSOPInstanceUID")
    for frame in frames:
        yield from (source.sop_instance_uid for source in frame.sources)


def _maker(values: Values) -> dict[str, str]:
    """Return what the file says of how it came about, for the provenance of the mask."""
    algorithms = []
    for item in values.items("SegmentSequence"):
        identified = item.item("SegmentationAlgorithmIdentificationSequence")
        name = item.text("SegmentAlgorithmName") or identified.text("AlgorithmName")
        algorithms.append(f"{name} {identified.text('AlgorithmVersion')}".strip())
    types = [item.text("SegmentAlgorithmType") for item in values.items("SegmentSequence")]
    facts = {
        "manufacturer": values.text("Manufacturer"),
        "model": values.text("ManufacturerModelName"),
        "software": values.text("SoftwareVersions"),
        "creator": values.text("ContentCreatorName"),
        "created": f"{values.text('ContentDate')} {values.text('ContentTime')}".strip(),
        "algorithm": ", ".join(dict.fromkeys(filter(None, algorithms))),
        "algorithm_type": "AUTOMATIC" if "AUTOMATIC" in types else "",
        "sop_instance_uid": values.text("SOPInstanceUID"),
    }
    return {key: value for key, value in facts.items() if value}
