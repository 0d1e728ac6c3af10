"""What was drawn on a volume: labelled voxels and what each label means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medview.progress import Progress, unheard
from medview.study.geometry import Geometry
from medview.study.series import Series

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

    @classmethod
    def of(cls, series: Series) -> Source:
        """Return the identity of a series' voxels."""
        return cls(series.key, series.series_instance_uid, series.study_instance_uid, series.sop_hash)


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
    is_painted
        Whether a stroke is on its way: the mouse is down.
    edited_by, edited_at
        Who made the newest correction, never a patient, and when (ISO 8601); "" where nobody has, or it is not known.
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
    edited_by: str = ""
    edited_at: str = ""
    is_painted: bool = field(default=False, init=False)
    _turn: int = field(default=0, init=False, repr=False)  # odd while the voxels change
    _emptiness: tuple[int, bool] = field(default=(-1, True), init=False, repr=False)  # at which revision

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

    @property
    def is_empty(self) -> bool:
        """Whether no voxel bears a label; looked for once a revision."""
        if self._emptiness[0] != self.revision:
            self._emptiness = self.revision, not self.labels.max(initial=0)
        return self._emptiness[1]

    def voxel_counts(self) -> dict[int, int]:
        """Return the number of voxels of each segment, by its number."""
        counts = np.bincount(self.labels.ravel(), minlength=max((s.number for s in self.segments), default=0) + 1)
        return {segment.number: int(counts[segment.number]) for segment in self.segments}

    def volumes_ml(self) -> dict[int, float]:
        """Return the volume of each segment in millilitres; empty where the spacing is not known."""
        voxel_ml = self.geometry.voxel_ml
        if voxel_ml is None:
            return {}
        return {number: count * voxel_ml for number, count in self.voxel_counts().items()}

    def write(self, box: Box, values: NDArray[Any], edits: int) -> None:
        """Put `values` into a box and tell it. Called by History and, while a stroke is drawn, by its tool."""
        self._turn += 1
        self.labels[box] = values
        self.edits += edits
        self.revision += 1
        self._turn += 1
        self.changed.emit(box)

    def exchange(self, labels: NDArray[Any], box: Box, edits: int) -> None:
        """Take other labels, which differ from those of now inside a box alone, and tell it. Called by History alone.

        For changes that would take the main thread too long: they are made in a copy elsewhere.
        """
        if labels.shape != self.labels.shape or labels.dtype != self.labels.dtype:
            raise ValueError("other labels must be of the same shape and type")
        self._turn += 1
        self.labels = labels
        self.edits += edits
        self.revision += 1
        self._turn += 1
        self.changed.emit(box)

    def snapshot(self, progress: Progress = unheard) -> Segmentation:
        """Return a copy as it is at one moment. For jobs: safe from any thread while the mask is painted.

        Half a stroke counts as a correction, too.
        """
        while True:
            progress(0.0)
            turn = self._turn
            copy = replace(self, labels=self.labels.copy(), edits=self.edits + self.is_painted)
            if turn == self._turn and turn % 2 == 0:
                return copy

    def recolour(self, number: int, colour: tuple[int, int, int]) -> None:
        """Give a segment another colour: how it is drawn, not what it is."""
        self.segments = tuple(replace(s, colour=colour) if s.number == number else s for s in self.segments)
        self.segments_changed.emit()
