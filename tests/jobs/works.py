"""Work functions for the worker process: they must be importable by name there."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.plugin.contract import Labels, Result
from medview.progress import Progress
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Source
from medview.study.series import Series
from medview.study.volume import Volume


def answer(progress: Progress) -> int:
    """Return a value after telling some progress."""
    for step in range(5):
        progress(step / 5, f"step {step}")
        time.sleep(0.06)
    return 42


def count(progress: Progress, tell: Callable[[int], None]) -> str:
    """Tell some values before the end."""
    for number in range(5):
        tell(number)
    return "counted"


def tell_for_ever(progress: Progress, tell: Callable[[int], None]) -> None:
    """Tell values until cancelled, and ask nothing else."""
    while True:
        tell(1)
        time.sleep(0.005)


def refuse(progress: Progress) -> None:
    """Fail with a sentence."""
    raise MedViewError("{what} is missing.", "Bring it.", what="Salt")


def stumble(progress: Progress) -> None:
    """Fail with anything else."""
    raise RuntimeError("no such layer")


def polite(progress: Progress) -> None:
    """Run until cancelled, asking often."""
    while True:
        progress(0.1)
        time.sleep(0.01)


def deaf(progress: Progress) -> None:
    """Never ask whether it is still wanted."""
    time.sleep(3600)


def hold_gil(progress: Progress) -> None:
    """Sit in a C call that holds the GIL."""
    ctypes.PyDLL(None).sleep(3600)


def crash(progress: Progress) -> None:
    """End the process as a segmentation fault does."""
    os.abort()


def parent(progress: Progress) -> int:
    """Start a process that would outlive its parent, tell its number, and never ask again."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    progress(0.5, str(child.pid))
    time.sleep(3600)
    return 0


def polite_parent(progress: Progress) -> int:
    """Start a process that would outlive its parent, tell its number, and go when asked, without it."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    while True:
        progress(0.5, str(child.pid))
        time.sleep(0.01)


def fill_memory(progress: Progress) -> int:
    """Take memory until somebody stops it."""
    held = []
    while True:
        held.append(np.ones(1 << 25))
        time.sleep(0.02)


def unpicklable(progress: Progress) -> Any:
    """Return what cannot travel."""
    return lambda: None


def modules(progress: Progress) -> list[str]:
    """Return the names of the modules the worker has imported."""
    return sorted(sys.modules)


def process_id(progress: Progress) -> int:
    """Return the process that works."""
    return os.getpid()


@dataclass(frozen=True)
class Threshold:
    """Return the mask of a volume above a value, as a plugin's result would."""

    volume: Volume
    value: float

    def __call__(self, progress: Progress) -> Result:
        labels: NDArray[np.uint8] = (self.volume.array > self.value).astype(np.uint8)
        source = Source(self.volume.series.key, "1.2", "1.1", self.volume.series.sop_hash)
        return Result(
            name="Threshold",
            answers=(Labels(labels, (Segment(1, "above"),)),),
            geometry=self.volume.geometry,
            source=source,
            series=self.volume.series,
            provenance={},
        )


def small_volume() -> Volume:
    """Return a volume of 3 x 4 x 5 voxels with the values 0 to 59."""
    geometry = Geometry.from_axes(
        (3, 4, 5), origin=(0, 0, 0), slice_step=(0, 0, 2), row_step=(0, 1, 0), column_step=(1, 0, 0)
    )
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    return Volume(array, geometry, Series("1.2", "1.1"))


@dataclass(frozen=True)
class Endless:
    """Look at a volume until cancelled."""

    volume: Volume

    def __call__(self, progress: Progress) -> None:
        while True:
            progress(0.1, str(self.volume.array.max()))
            time.sleep(0.01)


@dataclass(frozen=True, eq=False)
class ReadSlowly:
    """Reads every voxel and takes its time."""

    volume: Volume

    def __call__(self, progress: Progress) -> int:
        total = sum(int(plane.sum(dtype=np.int64)) for plane in self.volume.array)
        time.sleep(0.8)
        return total


def volume_of(array: NDArray[Any]) -> Volume:
    """Return an array as a volume of 1 mm voxels."""
    geometry = Geometry((array.shape[0], array.shape[1], array.shape[2]), np.eye(4))
    return Volume(array, geometry, Series("1.2.3", "1.2", geometry=geometry))
