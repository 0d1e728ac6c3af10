"""Make a manifest's network ready to compute, by the fastest back end that says the same."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin.engine.backends import (
    Backend,
    HalfBackend,
    OnnxBackend,
    OpenVinoBackend,
    TorchBackend,
    fastest,
    half_precisions,
    is_installed,
)
from medview.plugin.engine.kept_models import kept_models, module_bytes
from medview.plugin.engine.networks import load_weights, make_network
from medview.plugin.engine.sliding_window import Forward
from medview.plugin.engine.state_dicts import read_checkpoint, state_dict_of
from medview.plugin.engine.torch_models import load_safetensors, load_torchscript
from medview.plugin.kept_book import read_book, write_book
from medview.plugin.manifest.runtime import Network
from medview.progress import Progress, unheard


@dataclass(frozen=True, eq=False)
class NetworkFiles:
    """The files of a network and how each is read.

    Attributes
    ----------
    paths, formats, sha256
        By the id of the weights record.
    precisions
        Those that the manifest allows.
    """

    network: Network
    paths: Mapping[str, Path]
    formats: Mapping[str, str]
    sha256: Mapping[str, str]
    precisions: tuple[str, ...] = ()


def load_network(
    files: NetworkFiles, weights_id: str, device: str, shape: tuple[int, ...], progress: Progress = unheard
) -> Backend:
    """Return one of a network's weights ready to compute batches of `shape` on `device`; it stays so as long as it may.

    Where several back ends can, which is fastest is measured once and remembered for this machine.
    """
    facts, said = files.paths[weights_id].stat(), _said(files, weights_id)
    path = (str(files.paths[weights_id]), facts.st_size, facts.st_mtime_ns)
    key = (*path, said, repr(files.network), files.precisions, device, shape)

    def ready() -> Backend:
        offered = offered_backends(files, weights_id, device, shape)
        return offered[0] if len(offered) == 1 else _probed(offered, said, device, shape, progress)

    return kept_models.get(key, device, ready, lambda backend: _bytes_of(backend, facts.st_size))


def _bytes_of(backend: Backend, file_bytes: int) -> int:
    """Return what a network takes that is ready: of a library that does not tell, its weights twice."""
    return module_bytes(backend.module) if isinstance(backend, TorchBackend | HalfBackend) else 2 * file_bytes


def load_module(network: Network, path: Path, weights_format: str, device: str) -> nn.Module:
    """Return the weights of a file as a module of torch on `device`."""
    if weights_format == "torchscript":
        return load_torchscript(path, device)
    if network.architecture is None:
        raise MedViewError(
            "The manifest names no architecture for the weights {file}.",
            "Weights alone need one; ONNX and TorchScript bring their own.",
            file=path.name,
        )
    is_plain = weights_format == "safetensors"
    tensors = load_safetensors(path) if is_plain else state_dict_of(read_checkpoint(path), path.name)
    return load_weights(make_network(network.architecture, network.arguments), tensors, path.name).to(device)


def mirrored(forward: Forward, axes: tuple[int, ...]) -> Forward:
    """Return what averages the answers to a patch and to its mirror images along all combinations of `axes`."""
    flips = [tuple(2 + axis for axis in some) for n in range(len(axes) + 1) for some in itertools.combinations(axes, n)]

    def averaged(batch: torch.Tensor) -> torch.Tensor:
        total = forward(batch)
        for some in flips[1:]:
            total = total + forward(batch.flip(some)).flip(some)
        return total / len(flips)

    return averaged


def offered_backends(files: NetworkFiles, weights_id: str, device: str, shape: tuple[int, ...]) -> list[Backend]:
    """Return the back ends that can compute these weights; the first is the one that the others must agree with."""
    path, others = files.paths[weights_id], list[Backend]()
    is_fast = device == "cpu" and is_installed("openvino")
    if files.formats[weights_id] == "onnx":
        first: Backend = OnnxBackend(path, device)
        source: Path | nn.Module = path
    else:
        source = load_module(files.network, path, files.formats[weights_id], device)
        first = TorchBackend(source)
        others += [HalfBackend(source, device, one) for one in half_precisions(files.precisions, device)]
    if is_fast:
        others.append(OpenVinoBackend(source, shape))
    if weights_id == files.network.weights:
        exports = [files.paths[name] for name in files.network.alternatives if files.formats[name] == "onnx"]
        others += [OnnxBackend(export, device) for export in exports if is_installed("onnxruntime")]
        others += [OpenVinoBackend(export, shape, "openvino (ONNX)") for export in exports if is_fast]
    return [first, *others]


def _said(files: NetworkFiles, weights_id: str) -> str:
    """Return the checksums of all files that may compute these weights: another one must be asked anew."""
    others = files.network.alternatives if weights_id == files.network.weights else ()
    return " ".join(files.sha256[name] for name in (weights_id, *others))


def _probed(offered: list[Backend], said: str, device: str, shape: tuple[int, ...], progress: Progress) -> Backend:
    book = data_folder() / "backends.json"
    known = read_book(book)
    key = " ".join([said, device, "x".join(map(str, shape)), *sorted({backend.name for backend in offered})])
    chosen = next((backend for backend in offered if backend.name == known.get(key)), None)
    if chosen is None:
        generator = torch.Generator().manual_seed(0)
        chosen = fastest(offered, torch.randn(shape, generator=generator).to(device), progress)
        write_book(book, known | {key: chosen.name})
    return chosen
