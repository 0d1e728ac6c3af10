"""What passes between the program and a plugin.

A plugin is a folder with a `plugin.toml` and a module that has one function::

    def run(request: Request, context: Context) -> Labels: ...

It is called on the gpu thread of the worker process and sees no window, no file and no other study.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from medview.progress import Progress
from medview.study import shared_array
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Source
from medview.study.series import Series
from medview.study.volume import Volume

Parameter = bool | int | float | str


@dataclass(frozen=True, eq=False)
class Request:
    """What a plugin is asked to do.

    Attributes
    ----------
    volume
        The input; its array is read-only.
    parameters
        Every option of the manifest with the person's value or the default.
    weights
        Verified file of each weights record of the manifest that is needed, by its id.
    segments
        The segments that the manifest declares for these parameters: what `Labels.segments` is chosen from.
    """

    volume: Volume
    parameters: Mapping[str, Parameter]
    weights: Mapping[str, Path]
    segments: tuple[Segment, ...] = ()


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
    """

    device: str
    _progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    precision: str = "float32"

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell how far the run is; raises Cancelled where the person has stopped it. Call at least once a second."""
        self._progress(fraction, text)

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


@dataclass(frozen=True, eq=False)
class Result:
    """A plugin's answer, bound to the voxels it was computed from.

    Attributes
    ----------
    labels
        uint8 or uint16, on `geometry`, the geometry of the input volume.
    series
        The series of the input volume: what a DICOM Segmentation refers to.
    provenance
        plugin, version, weights and manifest SHA-256, device, parameters, seconds by stage, input.
    """

    name: str
    labels: NDArray[Any]
    segments: tuple[Segment, ...]
    geometry: Geometry
    source: Source
    series: Series
    provenance: Mapping[str, Any]

    def __reduce__(self) -> tuple[object, ...]:
        """Hand the labels over by name; the process that unpickles them frees them. Pickle a result once."""
        handed = shared_array.disown(shared_array.shared(self.labels))
        return _received, (
            handed,
            self.name,
            self.segments,
            self.geometry,
            self.source,
            self.series,
            dict(self.provenance),
        )


def _received(
    handed: tuple[str, tuple[int, ...], str],
    name: str,
    segments: tuple[Segment, ...],
    geometry: Geometry,
    source: Source,
    series: Series,
    provenance: dict[str, Any],
) -> Result:
    return Result(name, shared_array.attach(*handed, owner=True), segments, geometry, source, series, provenance)
