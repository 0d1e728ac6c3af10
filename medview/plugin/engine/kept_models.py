"""Models that stay loaded between runs, as many as fit into a share of memory: what was used longest ago goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import nn

from medview.memory import total_memory_mb

T = TypeVar("T")
_SHARE = 0.15  # of the computer's memory, and of the graphics card's
_MB = 1 << 20


@dataclass(frozen=True, eq=False)
class _Kept:
    model: Any
    device: str
    size: int


class KeptModels:
    """Models by what they were loaded from; the one asked for last stays however large it is.

    Parameters
    ----------
    budget
        Given a device, how many bytes of models may stay there.
    """

    def __init__(self, budget: Callable[[str], int]) -> None:
        self._budget = budget
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def get(self, key: Hashable, device: str, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return the model of a key, made where it is not here, and let others go that are too many beside it.

        Parameters
        ----------
        size
            How many bytes a model takes.
        """
        kept = self._kept.get(key)
        if kept is None:
            made = make()
            kept = self._kept[key] = _Kept(made, device, size(made))
        self._kept.move_to_end(key)
        self._make_room(device)
        model: T = kept.model
        return model

    def forget(self) -> None:
        """Let all go: memory has run out."""
        self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def _make_room(self, device: str) -> None:
        here = [key for key, kept in self._kept.items() if kept.device == device]
        total, budget = sum(self._kept[key].size for key in here), self._budget(device)
        for key in here[:-1]:
            if total <= budget:
                return
            total -= self._kept.pop(key).size


def module_bytes(module: nn.Module) -> int:
    """Return what the weights of a module take."""
    return sum(tensor.nbytes for tensor in (*module.parameters(), *module.buffers()))


def _share_of(device: str) -> int:
    if device == "cuda" and torch.cuda.is_available():
        return int(_SHARE * torch.cuda.mem_get_info()[1])
    return int(_SHARE * total_memory_mb() * _MB)


kept_models = KeptModels(_share_of)
