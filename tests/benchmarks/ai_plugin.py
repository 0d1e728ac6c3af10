"""Plugins without code for the benchmarks of the engine: a 3D U-Net of random numbers as TorchScript, and as ONNX."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from medview.plugin.convert.plugin_draft import generic_segments, toml_text
from tests.plugin.engine import onnx_file


def write_torchscript(network: nn.Module, example: Tensor, path: Path) -> Path:
    """Write a network as TorchScript."""
    torch.jit.trace(network, example).save(str(path))  # type: ignore[no-untyped-call]
    return path


def write_unet_onnx(network: Any, path: Path) -> Path:
    """Write the U-Net of `bench_ai.unet` as ONNX by hand: torch's own exporter asks for further packages."""
    graph = _Graph()
    kept = [graph.double(network.first, "x")]
    for down in network.down:
        kept.append(graph.double(down, kept[-1]))
    found = kept.pop()
    for up, join in zip(network.up, network.join, strict=True):
        wide = graph.layer(up, found)
        found = graph.double(join, graph.add("Concat", [kept.pop(), wide], axis=1))
    graph.layer(network.last, found, "y")
    return onnx_file.write_onnx(path, graph.nodes, graph.tensors)


class _Graph:
    """Nodes and tensors of a graph that grows."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.tensors: list[bytes] = []

    def add(self, operation: str, inputs: Sequence[str], name: str = "", **given: Any) -> str:
        name = name or f"n{len(self.nodes)}"
        self.nodes.append(onnx_file.node(operation, inputs, name, **given))
        return name

    def double(self, layers: nn.Sequential, found: str) -> str:
        for layer in layers:
            found = self.layer(layer, found)
        return found

    def layer(self, layer: Any, found: str, name: str = "") -> str:
        if isinstance(layer, nn.LeakyReLU):
            return self.add("LeakyRelu", [found], alpha=float(layer.negative_slope))
        inputs = [found, *(self._tensor(values) for values in (layer.weight, layer.bias))]
        if isinstance(layer, nn.InstanceNorm3d):
            return self.add("InstanceNormalization", inputs, epsilon=float(layer.eps))
        operation = "ConvTranspose" if isinstance(layer, nn.ConvTranspose3d) else "Conv"
        sides = {"kernel_shape": layer.kernel_size, "strides": layer.stride, "pads": 2 * layer.padding}
        return self.add(operation, inputs, name, **sides)

    def _tensor(self, values: Tensor) -> str:
        name = f"t{len(self.tensors)}"
        self.tensors.append(onnx_file.tensor(name, values.detach().numpy()))
        return name


def write_plugin(
    folder: Path, name: str, files: Sequence[Path], channels: int, *, spacing_mm: float, tiling: Mapping[str, Any]
) -> Path:
    """Write a segmenting plugin of a network's files, TorchScript first, into a folder of its own below `folder`."""
    home = folder / name
    home.mkdir(parents=True)
    records = [_record(home, path) for path in files]
    segments = generic_segments({number: f"Class {number}" for number in range(1, channels)})
    manifest = {
        "id": name,
        "version": "1.0.0",
        "name": name.capitalize(),
        "summary": "A network of random numbers, for measurements.",
        "task": "segment",
        "intended_use": "Measurements.",
        "research_only": True,
        "licences": {"code": "none", "weights": "none: random numbers", "data": "none"},
        "inputs": [
            {
                "modality": ["CT"],
                "grid": {"spacing_mm": [spacing_mm] * 3},
                "intensity": [{"op": "minmax", "low": 0.0, "high": 1.0, "source_range": [0.0, 1000.0]}],
            }
        ],
        "outputs": [{"type": "labels", "segments": segments}],
        "network": {"weights": records[0]["id"], "alternatives": [record["id"] for record in records[1:]]},
        "tiling": dict(tiling),
        "cost": {"cpu_seconds": 60, "memory_mb": 50},
        "weights": records,
    }
    (home / "plugin.toml").write_text(toml_text(manifest), encoding="utf-8")
    return home


def _record(home: Path, source: Path) -> dict[str, Any]:
    content = source.read_bytes()
    (home / source.name).write_bytes(content)
    kind = {".pt": "torchscript", ".onnx": "onnx"}[source.suffix]
    return {
        "id": kind,
        "file": f"{home.name}/{source.name}",
        "source": f"folder:{source.name}",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "format": kind,
        "licence": "none",
    }
