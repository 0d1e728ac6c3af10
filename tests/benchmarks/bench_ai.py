"""What tiling costs beside the network: segmentation of a 512x512x300 CT at 1.5 mm, against MONAI's way and nnU-Net's.

Run with ``python tests/benchmarks/bench_ai.py [PART ...]``, or ``make bench SUITE=ai`` for all parts. A ratio is
total / bare eager forward of the same tiles.

table
    Everything beside the forward (resampling in, cutting, blending, labels at full resolution) is measured on the whole
    volume with a stand-in for the network, which makes logits of the values at next to no cost and whose own time is
    subtracted; the forward of a real 3D U-Net is measured on a few tiles and multiplied by the number of tiles. The two
    other ways need many gigabytes for such a volume: they are run on an eighth of it and their cost beside the forward
    is scaled by voxels, and by tiles for blending.
whole
    The small network over all tiles, with random weights (it is unsure nearly everywhere: the dearest case for labels),
    and trained for some minutes on this very volume.
backends
    The same networks where they come as ONNX, too: torch, ONNX Runtime, OpenVINO, and which one the probe chooses.
memory
    Peaks of runs, and what the plan foretells; ``memory CHANNELS SPACING PATCH SUMS`` is one.
window
    From the real window, on the real worker: when a second run computes, the wheel meanwhile, Cancel; then Cancel of
    what never looks.

With ``busy`` seconds of one core are counted in place of those on the wall, for a machine that has other work.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from medview.plugin.engine.intensity import measured  # noqa: E402
from medview.plugin.engine.model_grid import ModelGrid  # noqa: E402
from medview.plugin.engine.resample_in import resample_in  # noqa: E402
from medview.plugin.engine.segment_volume import TiledRun, segment_volume  # noqa: E402
from medview.plugin.engine.sliding_window import SlidingWindow, Sums  # noqa: E402
from medview.plugin.engine.tiles import Tiling  # noqa: E402
from medview.plugin.manifest.input_record import IntensityStep  # noqa: E402
from medview.plugin.network_memory import NetworkMemory  # noqa: E402
from medview.study.geometry import Geometry  # noqa: E402
from tests.benchmarks.ai_training import trained  # noqa: E402
from tests.benchmarks.bound_line import bound_line  # noqa: E402

SHAPE, SPACING_MM = (300, 512, 512), (1.0, 0.78, 0.78)
PATCH, OVERLAP, WANTED_MM = 96, 0.5, 1.5
NETWORKS = {"0.5 M": ((8, 16, 32, 64, 96), 0.5), "13 M": ((32, 64, 128, 256, 320), 13)}
ALLOWED = {"0.5 M": 1.30, "13 M": 1.10}
TIMED_TILES = 3
STEPS = 240
MOST_MB = 600
PARTS = ("table", "whole", "backends", "memory", "window")
CASES = ("117 3.0 64 float16", "117 3.0 64 float32", "25 1.5 96 float16", "25 1.5 96 float32", "2 1.5 96 float32")
CASES += ("117 1.5 64 float16",)
seconds = time.process_time if "busy" in sys.argv else time.perf_counter


class Timed:
    """A network whose own seconds are counted: the bare forward of the very tiles of a run."""

    def __init__(self, network: nn.Module) -> None:
        self.network, self.seconds = network, 0.0

    def __call__(self, tiles: Tensor) -> Tensor:
        start = seconds()
        given = self.network(tiles)
        self.seconds += seconds() - start
        return given


class StandIn:
    """A network that costs little: sure of the channel that the value stands for; its own seconds are told apart."""

    def __init__(self, channels: int) -> None:
        self.channels, self.seconds, self.calls = channels, 0.0, 0

    def __call__(self, tiles: Tensor) -> Tensor:
        start = seconds()
        channel = (tiles * self.channels).long().clamp_(0, self.channels - 1)
        logits = torch.zeros((len(tiles), self.channels, *tiles.shape[2:])).scatter_(1, channel, 10.0)
        self.seconds += seconds() - start
        self.calls += len(tiles)
        return logits


def unet(features: tuple[int, ...], channels: int) -> nn.Module:
    """Return a plain 3D U-Net: two convolutions a level, strided down, transposed up."""

    class UNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            steps = list(pairwise(features))
            self.first = double(1, features[0], 1)
            self.down = nn.ModuleList(double(a, b, 2) for a, b in steps)
            self.up = nn.ModuleList(nn.ConvTranspose3d(b, a, 2, 2) for a, b in reversed(steps))
            self.join = nn.ModuleList(double(2 * a, a, 1) for a, _ in reversed(steps))
            self.last = nn.Conv3d(features[0], channels, 1)

        def forward(self, tiles: Tensor) -> Tensor:
            kept = [self.first(tiles)]
            for down in self.down:
                kept.append(down(kept[-1]))
            found = kept.pop()
            for up, join in zip(self.up, self.join, strict=True):
                found = join(torch.cat([kept.pop(), up(found)], dim=1))
            return self.last(found)

    def double(a: int, b: int, stride: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv3d(a, b, 3, stride, 1), nn.InstanceNorm3d(b, affine=True), nn.LeakyReLU(inplace=True),
            nn.Conv3d(b, b, 3, 1, 1), nn.InstanceNorm3d(b, affine=True), nn.LeakyReLU(inplace=True),
        )  # fmt: skip

    torch.manual_seed(0)
    return UNet().eval()


def body(shape: tuple[int, int, int]) -> np.ndarray:
    """Return a CT of organs of different densities: ellipsoids in an ellipse, hardly any noise."""
    rng = np.random.default_rng(0)
    array = np.empty(shape, dtype=np.int16)
    organs = [(rng.random(3), 0.05 + 0.12 * rng.random(3), int(rng.integers(4, 25)) * 40 + 20) for _ in range(40)]
    row, column = np.meshgrid(*(np.linspace(0, 1, n) for n in shape[1:]), indexing="ij")
    outline = ((row - 0.5) / 0.35) ** 2 + ((column - 0.5) / 0.46) ** 2 < 1
    for number in range(shape[0]):
        plane = np.where(outline, 100, 20)
        for (z, y, x), (a, b, c), value in organs:
            inside = ((number / shape[0] - z) / a) ** 2 + ((row - y) / b) ** 2 + ((column - x) / c) ** 2 < 1
            plane[inside & outline] = value
        array[number] = plane + rng.normal(0, 1, shape[1:])
    return array


def run_of(shape: tuple[int, int, int], array: np.ndarray, forward: Callable[[Tensor], Tensor], *, patch: int = PATCH,
           wanted_mm: float = WANTED_MM, sums: Sums = "float32") -> TiledRun:  # fmt: skip
    """Return our way over a volume of the benchmark's spacing."""
    grid = ModelGrid.over(Geometry(shape, np.diag([*SPACING_MM, 1.0])), (wanted_mm,) * 3)
    steps = measured([IntensityStep(op="minmax", low=0, high=1, source_range=(0, 1000))], array)
    return TiledRun(SlidingWindow(forward, Tiling((patch,) * 3, OVERLAP), grid.axes, sums=sums), grid, steps)


def beside_the_forward(array: np.ndarray, channels: int) -> tuple[float, int]:
    """Return the seconds that our way takes without the forward, and the number of tiles."""
    stand_in, labels = StandIn(channels), np.zeros(array.shape, dtype=np.uint8)
    start = seconds()
    segment_volume(run_of(array.shape, array, stand_in), array, labels)
    return seconds() - start - stand_in.seconds, stand_in.calls


def forward_seconds(network: nn.Module) -> float:
    """Return the median seconds of a bare forward of one tile."""
    tile, found = torch.randn(1, 1, PATCH, PATCH, PATCH), []
    with torch.inference_mode():
        for _ in range(TIMED_TILES + 1):
            start = seconds()
            network(tile)
            found.append(seconds() - start)
    return float(np.median(found[1:]))


def monais_way(array: np.ndarray, channels: int) -> tuple[float, float]:
    """Return seconds a tile and seconds a voxel of MONAI's sliding window, then all logits resampled, then argmax."""
    from monai.inferers import sliding_window_inference

    stand_in, grid = StandIn(channels), run_of(array.shape, array, StandIn(channels)).grid
    start = seconds()
    given = torch.from_numpy(array).float()[None, None] / 1000
    volume = nn.functional.interpolate(given, size=grid.size, mode="trilinear")
    resampled = seconds()
    logits = sliding_window_inference(volume, (PATCH,) * 3, 1, stand_in, OVERLAP, mode="gaussian")
    tiled = seconds()
    nn.functional.interpolate(logits, size=array.shape, mode="trilinear").argmax(dim=1).to(torch.uint8)
    of_voxels = resampled - start + seconds() - tiled
    return (tiled - resampled - stand_in.seconds) / stand_in.calls, of_voxels / array.size


def nnunets_way(array: np.ndarray, channels: int) -> float:
    """Return seconds a voxel of resampling each class by scipy, then argmax, as nnU-Net's default does (order 1)."""
    from scipy.ndimage import zoom

    grid = run_of(array.shape, array, StandIn(channels)).grid
    factors = [n / m for n, m in zip(array.shape, grid.size, strict=True)]
    logits = np.random.default_rng(0).standard_normal((channels, *grid.size)).astype(np.float32)
    start = seconds()
    zoom(array.astype(np.float32), [1 / f for f in factors], order=1, mode="nearest", grid_mode=True)
    np.stack([zoom(one, factors, order=1, mode="nearest", grid_mode=True) for one in logits]).argmax(axis=0)
    return (seconds() - start) / array.size


def table() -> None:
    """Print ratios for both networks, 2 and 25 classes."""
    array = body(SHAPE)
    part = np.ascontiguousarray(array[75:225, 128:384, 128:384])
    print(f"{SHAPE} voxels of {SPACING_MM} mm, {WANTED_MM} mm, patch {PATCH}, {torch.get_num_threads()} threads")
    print(f"{'network':8} {'classes':>7} {'tiles':>6} {'s/tile':>7} {'beside s':>9} {'ours':>6} {'allowed':>8} "
          f"{'MONAI':>6} {'nnU-Net':>8}")  # fmt: skip
    for channels in (2, 25):
        beside, tiles = beside_the_forward(array, channels)
        tile_s, voxel_s = monais_way(part, channels)
        monai, nnunet = tile_s * tiles + voxel_s * array.size, tile_s * tiles + nnunets_way(part, channels) * array.size
        for name, (features, _) in NETWORKS.items():
            network = unet(features, channels)
            bare = forward_seconds(network) * tiles
            print(f"{name:8} {channels:7} {tiles:6} {bare / tiles:7.2f} {beside:9.1f} {1 + beside / bare:6.2f} "
                  f"{ALLOWED[name]:8.2f} {1 + monai / bare:6.2f} {1 + nnunet / bare:8.2f}   "
                  f"{'met' if 1 + beside / bare <= ALLOWED[name] else 'NOT MET'}", flush=True)  # fmt: skip


def whole(channels: int = 25) -> None:
    """Print the ratio of the small network run over all tiles, ours and bare, with random weights and trained."""
    array, network = body(SHAPE), unet(NETWORKS["0.5 M"][0], channels)
    _whole(array, network, channels, "random weights")
    run = run_of(SHAPE, array, network)
    volume = resample_in(array, run.grid, run.intensity)
    truth = (volume * channels).long().clamp_(0, channels - 1)
    start = time.perf_counter()
    share = trained(network, volume, truth, STEPS)
    print(
        f"  trained for {STEPS} steps in {time.perf_counter() - start:.0f} s: {share:.0%} of the voxels named rightly"
    )
    _whole(array, network, channels, "trained")


def _whole(array: np.ndarray, network: nn.Module, channels: int, name: str) -> None:
    labels = np.zeros(SHAPE, dtype=np.uint8)
    timed, spent = Timed(network), seconds()
    run = run_of(SHAPE, array, timed)
    segment_volume(run, array, labels)
    total = seconds() - spent
    print(f"  all tiles, 0.5 M, {channels} classes, {name}: {total:.1f} s, of them forward {timed.seconds:.1f} s")
    print(bound_line(f"0.5 M, {channels} classes, {name}: total / bare", total / timed.seconds, 1.3), flush=True)


def backends() -> None:
    """Print what a network costs that is offered as ONNX, too."""
    from tests.benchmarks.ai_backends import measure_backends

    array = body(SHAPE)
    for channels in (2, 25):
        beside, tiles = beside_the_forward(array, channels)
        for name, (features, _) in NETWORKS.items():
            tile = torch.rand(1, 1, PATCH, PATCH, PATCH)
            measure_backends(unet(features, channels), f"{name}, {channels} classes", tile, beside / tiles, seconds)


def peak_mb() -> float:
    """Return the most memory that this process has held; getrusage would begin with what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(channels: int, wanted_mm: float, patch: int, sums: Sums) -> None:
    """Print the peak beyond volume and labels of one run, logits of the tile included, network itself not."""
    array, labels = body(SHAPE), np.ones(SHAPE, dtype=np.uint8)
    run_small = run_of((8, 8, 8), array[:8, :8, :8], StandIn(2), patch=8)
    segment_volume(run_small, array[:8, :8, :8], labels[:8, :8, :8])  # what torch takes for itself
    before = peak_mb()
    run = run_of(SHAPE, array, StandIn(channels), patch=patch, wanted_mm=wanted_mm, sums=sums)
    planned = NetworkMemory(channels, run.grid.size, (patch,) * 3, 1, 0)
    segment_volume(run, array, labels)
    peak = peak_mb() - before
    what = f"{channels} classes at {wanted_mm} mm, patch {patch}, sums in {sums}"
    if (channels, wanted_mm, planned.sums) == (117, 3.0, sums):
        print(bound_line(f"{what}: beyond volume and labels", peak, MOST_MB, "MB"))
    is_planned = f"; planned {planned.megabytes} MB with the libraries" if planned.sums == sums else "; not as planned"
    print(f"  {what}: {peak:.0f} MB beyond volume and labels{is_planned}", flush=True)


def window() -> None:
    """Print what a person notices: in processes of their own, since each has a window."""
    for module in ("ai_window", "bench_cancel"):
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{module}"], cwd=ROOT, check=False)


def memories(busy: list[str]) -> None:
    """Print the peaks of several runs, each in a process of its own."""
    for case in CASES:
        subprocess.run([sys.executable, __file__, *busy, "memory", *case.split()], check=True)


def main(arguments: list[str]) -> None:
    """Print the parts that are asked for; all where none is."""
    busy = ["busy"] if "busy" in arguments else []
    if busy:
        torch.set_num_threads(1)
    asked = [argument for argument in arguments if argument != "busy"]
    if asked[:1] == ["memory"] and len(asked) > 1:
        memory(int(asked[1]), float(asked[2]), int(asked[3]), asked[4])  # type: ignore[arg-type]
        return
    ways: dict[str, Callable[[], None]] = {
        "table": table, "whole": whole, "backends": backends, "memory": lambda: memories(busy), "window": window,
    }  # fmt: skip
    for part in asked or PARTS:
        print(f"\n{part}", flush=True)
        with tempfile.TemporaryDirectory() as home:
            os.environ["MEDVIEW_HOME"] = home
            ways[part]()


if __name__ == "__main__":
    main(sys.argv[1:])
