"""What computes a network: torch, ONNX Runtime or OpenVINO, whichever is fastest here and says the same.

All three are one thing to the tiler: a function from a batch of patches to what the network says of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from medview.errors import MedViewError

_TRIES = 2
_TOLERANCE = 1e-3  # of the largest value: other orders of summing in float32 stay far below


class Backend(Protocol):
    """A network that is ready to compute."""

    @property
    def name(self) -> str:
        """How it is called in the record of a run."""

    def forward(self, batch: Tensor) -> Tensor:
        """Return what the network says of (batch, channels, *patch), float32 on the device of `batch`."""


@dataclass(frozen=True, eq=False)
class TorchBackend:
    """A module of torch, or TorchScript, on a device."""

    module: nn.Module
    name: str = "torch"

    def forward(self, batch: Tensor) -> Tensor:
        """Return what the network says of a batch, float32 on the batch's device."""
        with torch.inference_mode():
            return _one_tensor(self.module(batch))


@dataclass(frozen=True, eq=False)
class OnnxBackend:
    """An ONNX file run by ONNX Runtime, on the CPU or a CUDA device."""

    path: Path
    device: str = "cpu"
    name: str = "onnxruntime"

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


def is_installed(library: str) -> bool:
    """Whether a library of another back end is here; it is not imported."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        version(library)
    except PackageNotFoundError:
        return False
    return True


def fastest(backends: Sequence[Backend], example: Tensor) -> Backend:
    """Return the back end that computes `example` in the least time, of those that say what the first one says.

    A back end that fails, or whose values differ by more than a thousandth of the largest, is passed over: the first is
    the truth, the others are only faster.
    """
    first, *others = backends
    truth, best_s = _timed(first, example)
    chosen = first
    for backend in others:
        try:
            given, seconds = _timed(backend, example)
        except Exception:  # a compiler that does not know a layer, a library that does not load: the first will do
            continue
        if seconds < best_s and _same(given, truth):
            chosen, best_s = backend, seconds
    return chosen


def _timed(backend: Backend, example: Tensor) -> tuple[Tensor, float]:
    """Return what a back end says of an example, and the shorter time of two after a first that may compile."""
    given, best_s = backend.forward(example), float("inf")
    for _ in range(_TRIES):
        start = time.perf_counter()
        given = backend.forward(example)
        best_s = min(best_s, time.perf_counter() - start)
    return given, best_s


def _same(given: Tensor, truth: Tensor) -> bool:
    if given.shape != truth.shape:
        return False
    tolerance = _TOLERANCE * float(truth.abs().max())
    return bool((given - truth).abs().max() <= tolerance)


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
