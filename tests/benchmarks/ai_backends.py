"""What back ends make of a network that comes as TorchScript and as ONNX: seconds a tile, and which is chosen.

A ratio is total / bare eager forward of torch, as everywhere in `bench_ai`; the bound of 0.75 is for the one chosen.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from medview.plugin.engine.load_network import NetworkFiles, load_network, offered_backends
from medview.plugin.file_sha256 import file_sha256
from medview.plugin.manifest.runtime import Network
from tests.benchmarks.ai_plugin import write_torchscript, write_unet_onnx
from tests.benchmarks.bound_line import bound_line

ALLOWED = 0.75
_TILES = 3


def seconds_a_tile(forward: Callable[[Tensor], Tensor], tile: Tensor, seconds: Callable[[], float]) -> float:
    """Return the median seconds of a forward, after one that may compile."""
    found = []
    with torch.inference_mode():
        for _ in range(_TILES + 1):
            start = seconds()
            forward(tile)
            found.append(seconds() - start)
    return float(np.median(found[1:]))


def files_of(folder: Path) -> NetworkFiles:
    """Return the network of a folder, written by `write`."""
    paths = {"torchscript": folder / "net.pt", "onnx": folder / "net.onnx"}
    network = Network(weights="torchscript", alternatives=("onnx",))
    return NetworkFiles(network, paths, {name: name for name in paths}, {n: file_sha256(p) for n, p in paths.items()})


def measure_backends(
    network: torch.nn.Module, name: str, tile: Tensor, beside_a_tile_s: float, seconds: Callable[[], float]
) -> None:
    """Print a line for each back end, what is chosen, and what choosing takes: first, again, and in a fresh process."""
    with tempfile.TemporaryDirectory() as home:
        folder, shape = Path(home), tuple(tile.shape)
        write_torchscript(network, tile, folder / "net.pt")
        write_unet_onnx(network, folder / "net.onnx")
        files = files_of(folder)
        bare = seconds_a_tile(network, tile, seconds)
        for backend in offered_backends(files, "torchscript", "cpu", shape):
            own = seconds_a_tile(backend.forward, tile, seconds)
            print(
                f"  {name:24} {backend.name:24} {own:6.2f} s/tile   total / bare {(own + beside_a_tile_s) / bare:5.2f}"
            )
        starts = [time.perf_counter()]
        for _ in range(2):
            chosen = load_network(files, "torchscript", "cpu", shape)
            starts.append(time.perf_counter())
        own = seconds_a_tile(chosen.forward, tile, seconds)
        first, again = (b - a for a, b in pairwise(starts))
        print(f"  {name:24} chosen: {chosen.name}; probe {first:.1f} s, again {1000 * again:.1f} ms, "
              f"in a fresh process {_fresh_s(folder, shape):.1f} s")  # fmt: skip
        print(bound_line(f"{name}, ONNX offered: total / bare", (own + beside_a_tile_s) / bare, ALLOWED), flush=True)


def _fresh_s(folder: Path, shape: tuple[int, ...]) -> float:
    """Return the seconds that a fresh process takes to have the network ready and one tile done, less that tile."""
    command = [sys.executable, "-m", "tests.benchmarks.ai_backends", str(folder), *map(str, shape)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def _main(folder: Path, shape: tuple[int, ...]) -> None:
    tile = torch.zeros(shape)
    start = time.perf_counter()
    backend = load_network(files_of(folder), "torchscript", "cpu", shape)
    backend.forward(tile)
    first = time.perf_counter()
    backend.forward(tile)
    print(max(2 * first - start - time.perf_counter(), 0.0))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), tuple(int(side) for side in sys.argv[2:]))
