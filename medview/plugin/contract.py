"""What passes between the program and a plugin.

A plugin is a folder with a `plugin.toml` and a module that has one function::

    def run(request: Request, context: Context) -> Answer | tuple[Answer, ...]: ...

It is called on the gpu thread of the worker process and sees no window, no file and no other study. Each answer
belongs to one output of the manifest, by its type; all of them lie on the grid of the first input.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.progress import Progress
from medview.study import shared_array
from medview.study.finding import Boxes, ClassScores, Concept, Curve, DerivedImage, HeatMap, MeasuredValue
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Source
from medview.study.series import Series
from medview.study.spatial_transform import SpatialTransform
from medview.study.volume import Volume

Parameter = bool | int | float | str


@dataclass(frozen=True, eq=False)
class Request:
    """What a plugin is asked to do.

    Attributes
    ----------
    volume
        The input that answers lie on; its array is read-only.
    parameters
        Every option of the manifest with the person's value or the default.
    weights
        Verified file of each weights record of the manifest that is needed, by its id.
    segments
        The segments that the manifest declares for these parameters: what `Labels.segments` is chosen from.
    concepts
        The classes, kinds of lesion or quantities that the manifest declares for these parameters, by their id.
    others
        Further inputs of the manifest by their id, such as the moving images of a registration.
    """

    volume: Volume
    parameters: Mapping[str, Parameter]
    weights: Mapping[str, Path]
    segments: tuple[Segment, ...] = ()
    concepts: Mapping[str, Concept] = field(default_factory=dict)
    others: Mapping[str, Volume] = field(default_factory=dict)


@dataclass(eq=False)
class Context:
    """What a plugin may use while it runs.

    Attributes
    ----------
    device
        "cuda", "mps" or "cpu".
    seconds
        Time by stage, filled by `stage`.
    precision
        Of the model's arithmetic, for the record: a plugin that computes in another one says so here.
    rung
        Of the ladder of memory, for the record: "" where the run went as planned.
    seed
        For whatever is random, so that a run can be repeated.
    memory_mb
        How much memory beyond the volume and its answer the run may take; 0 where nothing is known.
    backend
        What computed the network, for the record: "torch", "onnxruntime", "openvino"; "" where the plugin does not say.
    """

    device: str
    _progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    precision: str = "float32"
    rung: str = ""
    seed: int = 0
    memory_mb: int = 0
    backend: str = ""
    _emit: Callable[[Partial], None] | None = None

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell how far the run is; raises Cancelled where the person has stopped it. Call at least once a second."""
        self._progress(fraction, text)

    def emit(self, partial: Partial) -> None:
        """Show a part of the answer as soon as it is final; raises Cancelled where the person has stopped the run."""
        if self._emit is not None:
            self._emit(partial)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage: ``with context.stage("forward"): ...``."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


@dataclass(frozen=True, eq=False)
class Labels:
    """What a segmenting plugin returns: labels on the input's grid, and the segments found (none may be missing)."""

    array: NDArray[Any]
    segments: tuple[Segment, ...]


Answer = Labels | Boxes | ClassScores | HeatMap | DerivedImage | Curve | MeasuredValue | SpatialTransform
ANSWER_TYPES: Mapping[str, type] = {
    "labels": Labels,
    "boxes": Boxes,
    "scores": ClassScores,
    "heat_map": HeatMap,
    "image": DerivedImage,
    "curve": Curve,
    "measurement": MeasuredValue,
    "transform": SpatialTransform,
}


@dataclass(frozen=True, eq=False)
class Partial:
    """Finished slices of the labels: `array` (n, rows, columns) lies at `first_slice` of the input's grid."""

    first_slice: int
    array: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Result:
    """A plugin's answers, bound to the voxels they were computed from.

    Attributes
    ----------
    answers
        All on `geometry`, the geometry of the (first) input volume; at most one of them Labels.
    series
        The series of the input volume: what a DICOM Segmentation refers to.
    provenance
        plugin, version, weights and manifest SHA-256, device, precision, rung, parameters, seconds by stage, inputs.
    """

    name: str
    answers: tuple[Answer, ...]
    geometry: Geometry
    source: Source
    series: Series
    provenance: Mapping[str, Any]

    @property
    def labels(self) -> Labels | None:
        """The labels, or None where the plugin does not segment."""
        return next((answer for answer in self.answers if isinstance(answer, Labels)), None)

    def __reduce__(self) -> tuple[object, ...]:
        """Hand large arrays over by name; the process that unpickles them frees them. Pickle a result once."""
        answers = tuple(_handed(answer) for answer in self.answers)
        return _received, (answers, self.name, self.geometry, self.source, self.series, dict(self.provenance))


@dataclass(frozen=True)
class _Handed:
    """An answer whose array lies in shared memory."""

    answer: Answer
    handle: tuple[str, tuple[int, ...], str]


def _handed(answer: Answer) -> Answer | _Handed:
    if not isinstance(answer, (Labels, HeatMap, DerivedImage)):
        return answer
    handle = shared_array.disown(shared_array.shared(answer.array))
    return _Handed(replace(answer, array=np.empty(0, dtype=answer.array.dtype)), handle)


def _received(
    handed: tuple[Answer | _Handed, ...],
    name: str,
    geometry: Geometry,
    source: Source,
    series: Series,
    provenance: dict[str, Any],
) -> Result:
    answers = tuple(_whole(one) if isinstance(one, _Handed) else one for one in handed)
    return Result(name, answers, geometry, source, series, provenance)


def _whole(handed: _Handed) -> Answer:
    assert isinstance(handed.answer, (Labels, HeatMap, DerivedImage))
    return replace(handed.answer, array=shared_array.attach(*handed.handle, owner=True))
