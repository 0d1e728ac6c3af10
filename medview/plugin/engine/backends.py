"""What computes a network: torch, ONNX Runtime or OpenVINO, whichever is fastest here and says the same.

All three are one thing to the tiler: a function from a batch of patches to what the network says of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from medview.errors import MedViewError
from medview.progress import Progress, part, unheard

Precision = Literal["fp16", "bf16"]
HALF: tuple[Precision, ...] = ("fp16", "bf16")
_TRIES = 2
_TOLERANCE = 1e-3  # of the largest value: other orders of summing in float32 stay far below
_HALF_TOLERANCE = 3e-2  # where a plugin allows half precision: bfloat16 keeps eight bits
_TENSOR_CORES = {"fp16": (7, 0), "bf16": (8, 0)}  # compute capability from which a card has them
_OF_TORCH = {"fp16": torch.float16, "bf16": torch.bfloat16}


class Backend(Protocol):
    """A network that is ready to compute."""

    @property
    def name(self) -> str:
        """How it is called in the record of a run."""

    @property
    def precision(self) -> str:
        """What it multiplies in: "float32", "float16" or "bfloat16"."""

    def forward(self, batch: Tensor) -> Tensor:
        """Return what the network says of (batch, channels, *patch), float32 on the device of `batch`."""


@dataclass(frozen=True, eq=False)
class TorchBackend:
    """A module of torch, or TorchScript, on a device."""

    module: nn.Module
    name: str = "torch"
    precision: str = "float32"

    def forward(self, batch: Tensor) -> Tensor:
        """Return what the network says of a batch, float32 on the batch's device."""
        with torch.inference_mode():
            return _one_tensor(self.module(batch))


@dataclass(frozen=True, eq=False)
class HalfBackend:
    """A module of torch that multiplies in half precision, on a device that does that fast (`half_precisions`)."""

    module: nn.Module
    device: str
    wanted: Precision

    @property
    def name(self) -> str:
        """How it is called in the record of a run."""
        return f"torch {self.precision}"

    @property
    def precision(self) -> str:
        """What it multiplies in: "float16" or "bfloat16"."""
        return str(_OF_TORCH[self.wanted]).removeprefix("torch.")

    def forward(self, batch: Tensor) -> Tensor:
        """Return what the network says of a batch, float32 on the batch's device."""
        with torch.inference_mode(), torch.autocast(self.device, dtype=_OF_TORCH[self.wanted]):
            return _one_tensor(self.module(batch))


@dataclass(frozen=True, eq=False)
class OnnxBackend:
    """An ONNX file run by ONNX Runtime, on the CPU or a CUDA device."""

    path: Path
    device: str = "cpu"
    name: str = "onnxruntime"
    precision: str = "float32"

    def forward(self, batch: Tensor) -> Tensor:
        """Return what the network says of a batch, float32 on the batch's device."""
        session, name = self._session
        given = session.run(None, {name: np.ascontiguousarray(batch.cpu().numpy())})
        return torch.from_numpy(np.asarray(given[0], dtype=np.float32)).to(batch.device)

    @property
    def runs_on(self) -> str:
        """The device that computes, "cuda" or "cpu": a library without CUDA takes the processor and does not say so."""
        return "cuda" if "CUDAExecutionProvider" in self._session[0].get_providers() else "cpu"

    @cached_property
    def _session(self) -> tuple[Any, str]:
        import onnxruntime

        onnxruntime.disable_telemetry_events()  # which its makers' own builds for Windows send
        offered = onnxruntime.get_available_providers()
        wanted = ["CUDAExecutionProvider"] if self.device == "cuda" else []
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors alone: warnings would tell of the model's making
        options.intra_op_num_threads = torch.get_num_threads()  # the window keeps a core, as beside torch
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = [provider for provider in wanted if provider in offered] + ["CPUExecutionProvider"]
        session = _opened(self.path, lambda: onnxruntime.InferenceSession(str(self.path), options, providers))
        return session, session.get_inputs()[0].name


@dataclass(frozen=True, eq=False)
class OpenVinoBackend:
    """An ONNX file or a module of torch, compiled by OpenVINO for the CPU in full precision."""

    source: Path | nn.Module
    shape: tuple[int, ...]
    name: str = "openvino"
    precision: str = "float32"

    def forward(self, batch: Tensor) -> Tensor:
        """Return what the network says of a batch, float32 on the batch's device."""
        given = self._compiled(np.ascontiguousarray(batch.cpu().numpy()))[0]
        return torch.from_numpy(np.array(given, dtype=np.float32)).to(batch.device)

    @cached_property
    def _compiled(self) -> Any:
        openvino = _silent_openvino()
        hints = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        hints["INFERENCE_NUM_THREADS"] = str(torch.get_num_threads())
        if isinstance(self.source, Path):
            path = self.source
            return openvino.compile_model(_opened(path, lambda: openvino.Core().read_model(path)), "CPU", hints)
        with torch.inference_mode():
            model = openvino.convert_model(self.source, example_input=torch.zeros(self.shape))
        return openvino.compile_model(model, "CPU", hints)


def _silent_openvino() -> Any:
    """Import OpenVINO without the part that reports each use to its makers over the network: nothing leaves here."""
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # that is how Python forbids an import
    import openvino

    return openvino


def half_precisions(allowed: Collection[str], device: str) -> tuple[Precision, ...]:
    """Return the half precisions, of those that a plugin allows, for which a device has instructions of its own.

    Elsewhere they are emulated: slower than float32, and less exact for nothing.
    """
    if device == "cuda":
        here = torch.cuda.get_device_capability() if torch.cuda.is_available() else (0, 0)
        return tuple(name for name in HALF if name in allowed and here >= _TENSOR_CORES[name])
    able = torch.cpu.get_capabilities() if device == "cpu" else {}
    return ("bf16",) if "bf16" in allowed and (able.get("avx512_bf16") or able.get("amx_bf16")) else ()


def is_installed(library: str) -> bool:
    """Whether a library of another back end is here; it is not imported."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        version(library)
    except PackageNotFoundError:
        return False
    return True


def fastest(backends: Sequence[Backend], example: Tensor, progress: Progress = unheard) -> Backend:
    """Return the back end that computes `example` in the least time, of those that say what the first one says.

    A back end that fails, or whose values differ by more than a thousandth of the largest (in half precision three
    hundredths), is passed over: the first is the truth, the others are only faster. Progress is told before each try.
    """
    first, *others = backends
    truth, best_s = _timed(first, example, progress)
    chosen = first
    for number, backend in enumerate(others, 1):
        try:
            given, seconds = _timed(backend, example, part(progress, number / len(backends), 1.0))
        except Exception:  # a compiler that does not know a layer, a library that does not load: the first will do
            continue
        tolerance = _TOLERANCE if backend.precision == "float32" else _HALF_TOLERANCE
        if seconds < best_s and _same(given, truth, tolerance):
            chosen, best_s = backend, seconds
    return chosen


def _timed(backend: Backend, example: Tensor, progress: Progress) -> tuple[Tensor, float]:
    """Return what a back end says of an example, and the shorter time of two after a first that may compile."""
    progress(0.0, "Preparing the network")
    given, best_s = backend.forward(example), float("inf")
    for _ in range(_TRIES):
        progress(0.0, "Preparing the network")
        start = time.perf_counter()
        given = backend.forward(example)
        best_s = min(best_s, time.perf_counter() - start)
    return given, best_s


def _same(given: Tensor, truth: Tensor, tolerance: float) -> bool:
    if given.shape != truth.shape:
        return False
    return bool((given - truth).abs().max() <= tolerance * float(truth.abs().max()))


def _one_tensor(given: Any) -> Tensor:
    """Return the network's answer; of several, as deep supervision gives them, the first, which is the finest."""
    answer = given[0] if isinstance(given, (tuple, list)) else given
    if not isinstance(answer, Tensor):
        raise MedViewError(
            "The network gave no array of numbers.", "Ask whoever wrote the model for one that returns its logits."
        )
    return answer.float()


def _opened(path: Path, open_: Callable[[], Any]) -> Any:
    try:
        return open_()
    except Exception as error:  # both libraries raise classes of their own, and RuntimeError, for damaged files
        raise MedViewError(
            "The model file {file} cannot be read: {reason}",
            "Fetch it again; if it came with a package, install that package anew.",
            file=path.name,
            reason=(str(error).splitlines() or [type(error).__name__])[0],
        ) from error
