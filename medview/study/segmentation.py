"""What was drawn on a volume: labelled voxels and what each label means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medview.study.geometry import Geometry

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Code:
    """A coded concept (PS3.3 Table 8.8-1): Code Value, Coding Scheme Designator, Code Meaning."""

    value: str
    scheme: str
    meaning: str


TISSUE = Code("85756007", "SCT", "Tissue")
ANATOMICAL_STRUCTURE = Code("123037004", "SCT", "Anatomical Structure")


@dataclass(frozen=True)
class Segment:
    """One structure (PS3.3 C.8.20.4).

    Attributes
    ----------
    number
        Its label in the array, 1 or more.
    label
        Segment Label (0062,0005).
    colour
        sRGB, 0 to 255.
    category, type
        Segmented Property Category and Type Code.
    algorithm
        "AUTOMATIC", "SEMIAUTOMATIC" or "MANUAL" (0062,0008).
    tracking_uid
        Tracking UID (0062,0021), "" until one is needed.
    """

    number: int
    label: str
    colour: tuple[int, int, int] = (230, 80, 60)
    category: Code = TISSUE
    type: Code = TISSUE
    algorithm: str = "AUTOMATIC"
    tracking_uid: str = ""


@dataclass(frozen=True)
class Source:
    """Which voxels a result was computed from: it cannot land on others."""

    series_key: str
    series_instance_uid: str
    study_instance_uid: str
    sop_hash: str


@dataclass(eq=False)
class Segmentation:
    """Labels (uint8 or uint16; 0 is background) on one geometry, with their segments.

    Changed only through `medview.study.history.History`; `changed` tells the box (of slice, row, column) that did.

    Attributes
    ----------
    edits
        How many corrections the labels hold; 0 means that they are as they were made.
    revision
        Grows with every change of a voxel, undone ones too: equal revisions mean equal labels.
    """

    changed = Signal(object)
    segments_changed = Signal()

    labels: NDArray[Any]
    geometry: Geometry
    source: Source
    segments: tuple[Segment, ...]
    name: str = "Segmentation"
    provenance: Mapping[str, Any] = field(default_factory=dict)
    edits: int = 0
    revision: int = 0

    def __post_init__(self) -> None:
        if self.labels.shape != self.geometry.shape:
            raise ValueError(f"labels {self.labels.shape} do not fit their geometry {self.geometry.shape}")
        if self.labels.dtype not in (np.uint8, np.uint16):
            raise ValueError("labels must be uint8 or uint16")

    def segment(self, number: int) -> Segment:
        """Return the segment of a label; KeyError where there is none."""
        for segment in self.segments:
            if segment.number == number:
                return segment
        raise KeyError(number)

    def voxel_counts(self) -> dict[int, int]:
        """Return the number of voxels of each segment, by its number."""
        counts = np.bincount(self.labels.ravel(), minlength=max((s.number for s in self.segments), default=0) + 1)
        return {segment.number: int(counts[segment.number]) for segment in self.segments}

    def volumes_ml(self) -> dict[int, float]:
        """Return the volume of each segment in millilitres; empty where the spacing is not known."""
        if not self.geometry.has_spacing:
            return {}
        return {number: count * self.geometry.voxel_ml for number, count in self.voxel_counts().items()}

    def write(self, box: Box, values: NDArray[Any], edits: int) -> None:
        """Put `values` into a box and tell it. Called by History alone."""
        self.labels[box] = values
        self.edits += edits
        self.revision += 1
        self.changed.emit(box)

    def recolour(self, number: int, colour: tuple[int, int, int]) -> None:
        """Give a segment another colour: how it is drawn, not what it is."""
        self.segments = tuple(replace(s, colour=colour) if s.number == number else s for s in self.segments)
        self.segments_changed.emit()
