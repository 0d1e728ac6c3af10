"""Weights as PyTorch saves them, read as data: tensors, numbers and text, never an object that could run code."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medview.errors import MedViewError

_PLACES = ("network_weights", "state_dict", "model", "model_state_dict", "net", "network")


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return what a file of torch.save holds; only tensors, plain data and numpy's numbers are made of it.

    Raises
    ------
    MedViewError
        The file is none, is damaged, or asks for anything else to be made.
    """
    try:
        with torch.serialization.safe_globals(_numbers()):
            found = torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251  weights_only runs no code
    except Exception as error:  # torch raises whatever a damaged or hostile file leads it to
        raise MedViewError(
            "The weights {file} cannot be read as plain data: {reason}",
            "Ask for the weights alone, as safetensors or saved with torch.save(model.state_dict()).",
            file=path.name,
            reason=_first_line(error),
        ) from error
    if not isinstance(found, Mapping):
        raise _no_weights(path)
    return dict(found)


def state_dict_of(checkpoint: Mapping[str, Any], name: str) -> dict[str, torch.Tensor]:
    """Return the network's tensors by name: the whole, or what lies where trainers put them.

    A prefix that all names have in common, as left by parallel training or compilation, is dropped.

    Raises
    ------
    MedViewError
        There is no table of tensors.
    """
    found: Any = next(
        (checkpoint[place] for place in _PLACES if isinstance(checkpoint.get(place), Mapping)), checkpoint
    )
    tensors = {str(key): value for key, value in found.items() if isinstance(value, torch.Tensor)}
    if not tensors or len(tensors) != len(found):
        raise _no_weights(Path(name))
    for prefix in ("module.", "_orig_mod."):
        if all(key.startswith(prefix) for key in tensors):
            tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
    return tensors


def save_weights(tensors: Mapping[str, torch.Tensor], path: Path) -> Path:
    """Write tensors as safetensors and return the path; one with several names is written under the first of them."""
    from safetensors.torch import save_file

    kept: dict[str, torch.Tensor] = {}
    seen = set[tuple[int, tuple[int, ...], tuple[int, ...]]]()
    for name in sorted(tensors):
        tensor = tensors[name]
        place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        if place not in seen or not tensor.numel():
            kept[name] = tensor.detach().contiguous().clone()
            seen.add(place)
    save_file(kept, path)
    return path


def is_torchscript(path: Path) -> bool:
    """Whether a file holds a whole TorchScript model and not weights alone."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _numbers() -> list[Any]:
    """Return what makes a number of numpy's, as trainers log them beside the weights, under all of its names."""
    scalar = np._core.multiarray.scalar  # type: ignore[attr-defined]  # numpy's own name for it in its files
    kinds = {type(np.dtype(name)) for name in ("f2", "f4", "f8", "i4", "i8", "u1", "bool")}
    return [(scalar, "numpy.core.multiarray.scalar"), (scalar, "numpy._core.multiarray.scalar"), np.dtype, *kinds]


def _no_weights(path: Path) -> MedViewError:
    return MedViewError(
        "The file {file} holds no weights of a network.",
        "Ask for the weights alone, as safetensors or saved with torch.save(model.state_dict()).",
        file=path.name,
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
