"""What a model says of images, other than labelled voxels: boxes, scores, curves, numbers, maps, derived images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import Geometry
from medview.study.segmentation import ANATOMICAL_STRUCTURE, Code, Source

Status = Literal["proposed", "accepted", "rejected", "edited"]
ScoreKind = Literal["softmax", "sigmoid", "logit", "calibrated"]
MapKind = Literal["saliency", "uncertainty", "probability"]
ImageKind = Literal["denoised", "super_resolved", "translated", "synthesized"]


@dataclass(frozen=True)
class Concept:
    """One class that a model tells apart, or one kind of lesion that it seeks.

    Attributes
    ----------
    id
        As the manifest names it; unique among the classes of a plugin.
    colour
        sRGB, 0 to 255.
    category, type
        Coded concepts for exports (PS3.3 C.8.20.4: Segmented Property Category and Type; PS3.16 TID 1500).
    """

    id: str
    label: str
    colour: tuple[int, int, int] = (230, 160, 40)
    category: Code = ANATOMICAL_STRUCTURE
    type: Code = ANATOMICAL_STRUCTURE


@dataclass(frozen=True)
class ScoredBox:
    """One lesion or structure that was localised.

    Attributes
    ----------
    score
        Raw, as the network gives it; no probability unless the manifest calls the scores calibrated.
    low_index, high_index
        Edges in continuous indices (slice, row, column) of the finding's geometry: the first voxel reaches from -0.5 to
        0.5. A box on one slice is 1 thick.
    """

    concept: Concept
    score: float
    low_index: tuple[float, float, float]
    high_index: tuple[float, float, float]

    def __post_init__(self) -> None:
        values = (self.score, *self.low_index, *self.high_index)
        if not np.all(np.isfinite(values)) or any(a >= b for a, b in zip(self.low_index, self.high_index, strict=True)):
            raise ValueError(f"no box: {self.low_index} to {self.high_index}, score {self.score}")

    def corners_mm(self, geometry: Geometry) -> NDArray[np.float64]:
        """Return the eight corners (8, 3) in LPS mm, the slice index changing slowest."""
        sides = zip(self.low_index, self.high_index, strict=True)
        corners = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(8, 3)
        return geometry.to_mm(corners)

    def centre_mm(self, geometry: Geometry) -> NDArray[np.float64]:
        """Return the middle (3,) in LPS mm."""
        return geometry.to_mm((np.array(self.low_index) + np.array(self.high_index)) / 2.0)

    def size_mm(self, geometry: Geometry) -> tuple[float, float, float]:
        """Return the lengths of the sides along slices, rows and columns; the geometry must have spacing."""
        size = (np.array(self.high_index) - np.array(self.low_index)) * np.array(geometry.spacing_mm)
        return float(size[0]), float(size[1]), float(size[2])


@dataclass(frozen=True)
class Boxes:
    """The boxes of a run, best score first; those below `threshold` are kept but not shown at first."""

    boxes: tuple[ScoredBox, ...]
    threshold: float = 0.5


@dataclass(frozen=True, eq=False)
class ClassScores:
    """How much speaks for each class, for the whole series and, where the model works on slices, for each of them.

    Attributes
    ----------
    scores
        float32 (classes,), of the whole.
    kind
        What the numbers are: only "calibrated" ones may be read as probabilities.
    slice_indices
        int64 (n,): the slices that were looked at; empty where the model sees the whole at once.
    slice_scores
        float32 (n, classes).
    thresholds
        Per class the score from which on it counts as found, as the manifest gives it; () where the highest wins.
    bands
        Per class what a calibration made of the raw score: (low, high) share of those with the finding among like
        scores; () where nothing was calibrated.
    """

    concepts: tuple[Concept, ...]
    scores: NDArray[np.float32]
    kind: ScoreKind
    slice_indices: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    slice_scores: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))
    thresholds: tuple[float, ...] = ()
    bands: tuple[tuple[float, float], ...] = ()

    @property
    def named(self) -> Concept | None:
        """The class with the highest score; where classes have thresholds only of those that reach theirs, if any."""
        least = self.thresholds or (-np.inf,) * len(self.concepts)
        reached = np.flatnonzero(self.scores >= np.asarray(least, dtype=np.float32))
        return self.concepts[int(reached[self.scores[reached].argmax()])] if len(reached) else None


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Where a model looked, how sure it is, or how probable a class is, on the source's grid.

    Attributes
    ----------
    array
        uint8 (slices, rows, columns), 0 to 255 for 0 to 1: enough to look at, an eighth of float64.
    kind
        A "saliency" is relative and no probability.
    concept
        The class it speaks for, None where it speaks for the whole.
    """

    title: str
    array: NDArray[np.uint8]
    kind: MapKind
    concept: Concept | None = None


@dataclass(frozen=True, eq=False)
class DerivedImage:
    """Images that a model made from the source's: denoised, sharpened, translated into another modality, invented.

    Attributes
    ----------
    array
        int16 or float32 (slices, rows, columns), on `geometry` of the finding.
    unit
        As Volume.unit.
    is_synthetic
        It shows what was never measured: marked SYNTHETIC wherever it is seen, and in every export.
    """

    title: str
    array: NDArray[Any]
    kind: ImageKind
    unit: str = ""
    is_synthetic: bool = False


@dataclass(frozen=True, eq=False)
class Curve:
    """A number along time or slices.

    Attributes
    ----------
    x, values
        float64 (n,).
    x_unit, unit
        UCUM: "ms", "ml", "mm", "1".
    marks
        Places on x with a name, such as end diastole.
    frame_indices
        int64 (n,): the frame or slice that each value belongs to, so that a click leads there; empty where there is
        none.
    """

    title: str
    x: NDArray[np.float64]
    values: NDArray[np.float64]
    x_unit: str
    unit: str
    marks: tuple[tuple[str, float], ...] = ()
    frame_indices: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class MeasuredValue:
    """One number, such as an ejection fraction; `unit` is UCUM, `concept.type` what was measured."""

    concept: Concept
    value: float
    unit: str


Payload = ScoredBox | ClassScores | HeatMap | DerivedImage | Curve | MeasuredValue


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing a model says, bound to the voxels it was said of; changed by making another, through the history.

    Attributes
    ----------
    uid
        DICOM UID: the Tracking Unique Identifier of exports.
    title
        Name of the plugin.
    run_uid
        Equal for all findings of one run.
    geometry
        That of the source volume; of a derived image its own, which covers the same patient space.
    provenance
        plugin, version, weights and manifest SHA-256, device, precision, rung, parameters, seconds, input.
    threshold
        Of a box: what its run proposes to show from.
    edited_by, edited_at
        Who has judged or corrected it, never a patient, and when (ISO 8601); "" for what nobody has.
    """

    uid: str
    run_uid: str
    title: str
    payload: Payload
    geometry: Geometry
    source: Source
    provenance: Mapping[str, Any]
    status: Status = "proposed"
    threshold: float = 0.0
    edited_by: str = ""
    edited_at: str = ""

    def judged(self, status: Status, by: str = "", at: str = "") -> Finding:
        """Return it with another status; what is proposed again nobody has judged."""
        if status == "proposed":
            by = at = ""
        return replace(self, status=status, edited_by=by, edited_at=at)
