"""What a DICOM Segmentation file holds: its segments, and for each frame its place and its pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread

from medview.errors import MedViewError
from medview.files.dicom_file import open_regular
from medview.files.dicom_values import Values
from medview.study.segmentation import TISSUE, Code, Segment

_SEG_CLASSES = {"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"}
_COPY = "Copy it again from its source."
_DEFAULT_COLOUR = (230, 80, 60)


@dataclass(frozen=True)
class SegFrame:
    """One frame: LPS position of its first pixel, cosines, its segment (None in a label map), its source image.

    `source_frame` is the frame's index in a multi-frame source image, None where none is named.
    """

    position_mm: NDArray[np.float64]
    orientation: tuple[float, ...]
    segment_number: int | None
    source_uid: str
    source_frame: int | None


@dataclass(frozen=True, eq=False)
class SegFile:
    """A segmentation as it is stored."""

    path: Path
    rows: int
    columns: int
    segments: tuple[Segment, ...]
    frames: tuple[SegFrame, ...]
    source_uids: frozenset[str]
    _pixels: NDArray[Any]

    def pixels(self, number: int) -> NDArray[Any]:
        """Return the values (rows, columns) of a frame: 0 and 1, or labels in a label map."""
        values: NDArray[Any] = self._pixels[number]
        return values


def read_seg_file(path: Path) -> SegFile:
    """Read a segmentation of the types BINARY and LABELMAP.

    Raises
    ------
    MedViewError
        The file is missing, damaged, no segmentation, or holds probabilities.
    """
    try:
        with open_regular(path) as file:
            dataset = dcmread(file)
            values = Values(dataset)
            _check_kind(values, path)
            pixels = dataset.pixel_array
    except MedViewError:
        raise
    except Exception as error:  # a damaged file makes pydicom and its decoders raise nearly anything
        raise MedViewError(
            "{name} cannot be read as a DICOM segmentation: {reason}", _COPY, name=path.name, reason=_reason(error)
        ) from error
    rows, columns = values.integer("Rows") or 0, values.integer("Columns") or 0
    frames = tuple(_frames(values))
    if any(len(f.orientation) != 6 or f.position_mm.shape != (3,) for f in frames):
        raise MedViewError("{name} does not say where its frames lie.", _COPY, name=path.name)
    return SegFile(
        path, rows, columns, tuple(_segments(values)), frames, frozenset(_source_uids(values)),
        pixels.reshape(len(frames), rows, columns),
    )  # fmt: skip


def _check_kind(values: Values, path: Path) -> None:
    if values.text("SOPClassUID") not in _SEG_CLASSES:
        raise MedViewError("{name} is no DICOM segmentation.", "Choose a SEG file.", name=path.name)
    if values.text("SegmentationType") not in ("BINARY", "LABELMAP"):
        raise MedViewError(
            "{name} holds {kind} values, which cannot be shown as a mask yet.", "Ask for it as BINARY.",
            name=path.name, kind=values.text("SegmentationType") or "unknown",
        )  # fmt: skip


def _frames(values: Values) -> Iterator[SegFrame]:
    shared = values.item("SharedFunctionalGroupsSequence")
    for group in values.items("PerFrameFunctionalGroupsSequence"):
        place = group if group.has("PlanePositionSequence") else shared
        plane = group if group.has("PlaneOrientationSequence") else shared
        named = group.item("SegmentIdentificationSequence")
        source = group.item("DerivationImageSequence").item("SourceImageSequence")
        number = source.integer("ReferencedFrameNumber")
        yield SegFrame(
            np.array(place.item("PlanePositionSequence").numbers("ImagePositionPatient")),
            plane.item("PlaneOrientationSequence").numbers("ImageOrientationPatient"),
            named.integer("ReferencedSegmentNumber"),
            source.text("ReferencedSOPInstanceUID"),
            None if number is None else number - 1,
        )


def _segments(values: Values) -> Iterator[Segment]:
    for number, item in enumerate(values.items("SegmentSequence"), 1):
        if item.integer("SegmentNumber") == 0:
            continue  # the background of a label map
        yield Segment(
            number=item.integer("SegmentNumber") or number,
            label=item.text("SegmentLabel"),
            colour=_colour(item.numbers("RecommendedDisplayCIELabValue")),
            category=_code(item.item("SegmentedPropertyCategoryCodeSequence")),
            type=_code(item.item("SegmentedPropertyTypeCodeSequence")),
            algorithm=item.text("SegmentAlgorithmType") or "AUTOMATIC",
            tracking_uid=item.text("TrackingUID"),
        )


def _source_uids(values: Values) -> Iterator[str]:
    for series in values.items("ReferencedSeriesSequence"):
        for instance in series.items("ReferencedInstanceSequence"):
            yield instance.text("ReferencedSOPInstanceUID")
    for group in values.items("PerFrameFunctionalGroupsSequence"):
        for derivation in group.items("DerivationImageSequence"):
            for source in derivation.items("SourceImageSequence"):
                yield source.text("ReferencedSOPInstanceUID")


def _code(item: Values) -> Code:
    value = item.text("CodeValue") or item.text("LongCodeValue")
    return Code(value, item.text("CodingSchemeDesignator"), item.text("CodeMeaning")) if value else TISSUE


def _colour(stored: tuple[float, ...]) -> tuple[int, int, int]:
    """Return sRGB of a CIELab value as DICOM scales it (PS3.3 C.10.7.1.1)."""
    if len(stored) != 3:
        return _DEFAULT_COLOUR
    from highdicom.color import CIELabColor

    red, green, blue = CIELabColor.from_dicom_value([int(v) for v in stored]).to_rgb()
    return int(red), int(green), int(blue)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
