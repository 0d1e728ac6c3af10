"""Load models safely and watch them run.

Weights are read as safetensors, which are numbers, or as TorchScript, which is a program but no Python, and is looked
through before (`check_script`). Models stay loaded between runs (`kept_models`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils._python_dispatch import TorchDispatchMode

from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin.engine.check_script import check_script
from medview.plugin.engine.kept_models import kept_models, module_bytes
from medview.plugin.file_sha256 import file_sha256
from medview.plugin.kept_book import read_book, write_book
from medview.plugin.weights import weights_folder

Step = Callable[[float], None]


def choose_device(preference: str) -> str:
    """Return the device to run on: "cuda", "mps" or "cpu".

    Parameters
    ----------
    preference
        One of these, or "auto" for the first of them that this machine has.

    Raises
    ------
    MedViewError
        The device is not known or not here.
    """
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    usable = [name for name, is_here in here.items() if is_here]
    if preference == "auto":
        return usable[0]
    if preference not in usable:
        raise MedViewError(
            "The device {device} is not available on this machine.",
            "Choose one of: auto, {usable}.",
            device=preference,
            usable=", ".join(usable),
        )
    return preference


def free_graphics_memory_mb() -> int:
    """Return the memory of the first NVIDIA card that is free, 0 where there is none."""
    if not torch.cuda.is_available():
        return 0
    free, _ = torch.cuda.mem_get_info()
    return int(free) >> 20


def load_torchscript(path: Path, device: str) -> torch.jit.ScriptModule:
    """Return the TorchScript model of a file in evaluation mode on `device`; it stays loaded as long as it may."""

    def load() -> torch.jit.ScriptModule:
        check_script(path)
        try:
            model: torch.jit.ScriptModule = torch.jit.load(str(path), map_location=device)  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise _unreadable(path, error) from error
        model.eval()
        return model

    facts = path.stat()
    return kept_models.get((str(path), facts.st_size, facts.st_mtime_ns, device), device, load, module_bytes)


def load_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a safetensors file by name, on the CPU."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise _unreadable(path, error) from error


def converted(source: Path, convert: Callable[[Path], Mapping[str, NDArray[Any]]]) -> Path:
    """Return the safetensors file of weights that their authors publish in another form, made at first use.

    It lies in the person's folder of weights under the SHA-256 of `source`, which is written into it too. One that is
    no longer as it was made, or was not made here, is made anew.

    Parameters
    ----------
    convert
        Reads `source` and returns its arrays by name.
    """
    from safetensors.numpy import save_file

    sha256 = file_sha256(source)
    target = weights_folder() / "converted" / f"{source.stem}-{sha256[:32]}.safetensors"
    book, made = data_folder() / "converted.json", {}
    if not target.exists() or file_sha256(target) != (made := read_book(book)).get(target.name):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(f".{os.getpid()}.tmp")
        arrays = {name: np.ascontiguousarray(array) for name, array in convert(source).items()}
        save_file(arrays, temporary, metadata={"source_sha256": sha256, "source": source.name})
        write_book(book, made | {target.name: file_sha256(temporary)})
        os.replace(temporary, target)
    return target


@contextmanager
def watched(step: Step, operations: int) -> Iterator[None]:
    """Call `step` before every torch operation inside the block, so that it can tell progress and cancel.

    This sees into TorchScript too, whose own forward pass is one call that nothing could interrupt.

    Parameters
    ----------
    step
        Given the fraction done, 0 to 1; what it raises ends the block.
    operations
        How many operations are expected (the fraction's denominator; more do no harm).
    """
    watch = _Watch(step, operations)
    try:
        with watch:
            yield
    except RuntimeError:
        if watch.raised is not None:  # TorchScript has wrapped it
            raise watch.raised from None
        raise


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own, unannotated
    """Stands between a model and torch's operations."""

    def __init__(self, step: Step, operations: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.raised: BaseException | None = None
        self._step, self._operations, self._done = step, operations, 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here: torch would load its whole compiler, a second of work, only to keep it away."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        try:
            self._step(min(self._done / self._operations, 1.0))
        except BaseException as raised:  # whatever it is, TorchScript would make a RuntimeError of it
            self.raised = raised
            raise
        self._done += 1
        return func(*args, **(kwargs or {}))


def _unreadable(path: Path, error: Exception) -> MedViewError:
    return MedViewError(
        "The model file {file} cannot be read: {reason}",
        "Fetch it again; if it came with a package, install that package anew.",
        file=path.name,
        reason=str(error).splitlines()[0] if str(error) else type(error).__name__,
    )
