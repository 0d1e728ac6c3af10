"""What is tried, one after the other, when a run needs more memory than there is: every rung is slower or smaller."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch

from medview.errors import MedViewError
from medview.plugin.contract import Context
from medview.plugin.engine.kept_models import kept_models
from medview.plugin.engine.sliding_window import Sums
from medview.plugin.manifest.manifest import Manifest

T = TypeVar("T")


@dataclass(frozen=True)
class Rung:
    """One way to run a network.

    Attributes
    ----------
    name
        As it is told and recorded; "" is the way that was planned.
    sums_device
        Where the sums of the open slab lie, "" where the network is.
    is_half
        Whether the network computes in half precision (on a graphics card alone).
    is_exact
        Whether nothing is summed in half precision, however large the slab is.
    """

    name: str
    device: str
    batch: int
    sums: Sums = "float32"
    sums_device: str = ""
    is_half: bool = False
    is_exact: bool = False


def rungs(manifest: Manifest, device: str) -> tuple[Rung, ...]:
    """Return the ways to run a manifest's network, the planned one first.

    On a graphics card: half precision where the manifest allows it, a batch of one, sums in half precision, sums in the
    computer's memory, and at last the processor. On the processor: a batch of one, sums in half precision.
    """
    batch = manifest.tiling.batch if manifest.tiling is not None else 1
    plain = Rung("", device, batch)
    found = [plain]
    if device != "cpu":
        may_halve = device == "cuda" and "fp16" in manifest.runtime.precision
        if may_halve:
            found.append(replace(plain, name="half precision", is_half=True))
        found.append(replace(found[-1], name="one tile at a time", batch=1))
        found.append(replace(found[-1], name="sums in half precision", sums="float16"))
        found.append(replace(found[-1], name="sums in the computer's memory", sums="float32", sums_device="cpu"))
    on_cpu = Rung("processor", "cpu", 1) if device != "cpu" else replace(plain, name="one tile at a time", batch=1)
    if "cpu" in manifest.runtime.devices or device == "cpu":
        found += [on_cpu, replace(on_cpu, name=f"{on_cpu.name}, sums in half precision", sums="float16")]
    return tuple(rung for number, rung in enumerate(found) if not number or _differs(rung, found[number - 1]))


def descend(ways: Sequence[Rung], attempt: Callable[[Rung], T], context: Context) -> T:
    """Return what the first rung gives that fits into memory; the rung is written into the context.

    Raises
    ------
    MedViewError
        Not even the last one fits.
    """
    for number, rung in enumerate(ways):
        context.device, context.rung = rung.device, rung.name
        if number:  # the person sees why it takes longer
            context.progress(0.0, "Too little memory: a slower way is tried")
        context.precision = "float16" if rung.is_half else "float32"
        try:
            return attempt(rung)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        _give_back()  # outside the handler: the traceback holds what filled the memory
    raise MedViewError(
        "The model needs more memory than there is, also in the most sparing way ({rung}).",
        "Close other studies or programs, take a series with fewer slices, or run it on a larger computer.",
        rung=ways[-1].name,
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory has run out, of the computer or the graphics card."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        words in text for words in ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")
    )


def _differs(one: Rung, other: Rung) -> bool:
    return replace(one, name="") != replace(other, name="")


def _give_back() -> None:
    kept_models.forget()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
