"""The contours of a structure set as they are stored (PS3.3 C.8.8.5, C.8.8.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.files.headers.dicom_values import Values

_DEFAULT_COLOUR = (230, 160, 60)
_FARTHEST_MM = 1e5
CLOSED = {"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"}


@dataclass(frozen=True, eq=False)
class Contour:
    """One contour: its points (n, 3) in LPS mm, and the images it was drawn on."""

    kind: str
    points_mm: NDArray[np.float64]
    image_uids: frozenset[str]

    @property
    def is_closed(self) -> bool:
        """Whether it encloses an area."""
        return self.kind in CLOSED


@dataclass(frozen=True, eq=False)
class Roi:
    """One region of interest with its contours; `refused` tells of those that cannot be used."""

    number: int
    name: str
    colour: tuple[int, int, int]
    algorithm: str
    interpreted_type: str
    frame_of_reference_uid: str
    contours: tuple[Contour, ...]
    refused: tuple[Sentence, ...]


def rois(values: Values) -> Iterator[Roi]:
    """Yield the regions of a structure set, in the order in which they are described."""
    drawn = {item.integer("ReferencedROINumber"): item for item in values.items("ROIContourSequence")}
    types = {
        item.integer("ReferencedROINumber"): item.text("RTROIInterpretedType")
        for item in values.items("RTROIObservationsSequence")
    }
    for item in values.items("StructureSetROISequence"):
        number = item.integer("ROINumber")
        name = item.text("ROIName") or f"ROI {number}"
        contours, refused = _contours(drawn.get(number), name)
        yield Roi(
            number=number or 0,
            name=name,
            colour=_colour(drawn.get(number)),
            algorithm=item.text("ROIGenerationAlgorithm"),
            interpreted_type=types.get(number, ""),
            frame_of_reference_uid=item.text("ReferencedFrameOfReferenceUID"),
            contours=contours,
            refused=refused,
        )


def _contours(item: Values | None, name: str) -> tuple[tuple[Contour, ...], tuple[Sentence, ...]]:
    found, refused = [], []
    for number, one in enumerate(item.items("ContourSequence") if item is not None else (), 1):
        numbers, count = one.numbers("ContourData"), one.integer("NumberOfContourPoints")
        facts: dict[str, object] = {"roi": name, "number": number, "values": len(numbers), "points": count}
        kind = one.text("ContourGeometricType")
        if len(numbers) % 3 or not numbers or count != len(numbers) // 3:
            refused.append(
                Sentence("Contour {number} of {roi} is left out: it has {values} numbers for {points} points.", facts)
            )
        elif max(map(abs, numbers)) > _FARTHEST_MM:
            refused.append(Sentence("Contour {number} of {roi} is left out: it lies beyond any patient.", facts))
        elif kind in CLOSED and len(numbers) < 9:
            refused.append(Sentence("Contour {number} of {roi} is left out: {points} points enclose no area.", facts))
        else:
            images = frozenset(i.text("ReferencedSOPInstanceUID") for i in one.items("ContourImageSequence")) - {""}
            found.append(Contour(kind, np.array(numbers).reshape(-1, 3), images))
    return tuple(found), tuple(refused)


def _colour(item: Values | None) -> tuple[int, int, int]:
    stored = item.numbers("ROIDisplayColor") if item is not None else ()
    if len(stored) != 3 or not all(0 <= v <= 255 for v in stored):
        return _DEFAULT_COLOUR
    return int(stored[0]), int(stored[1]), int(stored[2])
