"""One run of a network on an NVIDIA GPU beside the processor: time, memory, the ladder under a limit, equal labels.

Run with ``make bench SUITE=gpu`` on a machine with CUDA; elsewhere it says that there is none and writes nothing. The
plugin has no code: a 3D U-Net with 25 classes and numbers from a fixed seed, on a CT-like volume of 160x320x320 at
1.5 mm. What it prints is
written to docs/measurements/gpu.md.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import torch  # noqa: E402

from medview.plugin.contract import Result  # noqa: E402
from medview.plugin.discovery import Plugin, discover  # noqa: E402
from medview.plugin.run import PluginRun  # noqa: E402
from medview.progress import unheard  # noqa: E402
from medview.study.geometry import Geometry  # noqa: E402
from medview.study.volume import Volume  # noqa: E402
from tests.benchmarks.bench_ai import unet  # noqa: E402
from tests.plugin.folders import volume_of  # noqa: E402

SHAPE, SPACING_MM, CLASSES, PATCH = (160, 320, 320), 1.5, 25, 96
MANIFEST = """
id = "measured"
version = "1.0.0"
name = "Measured"
summary = "A network of random numbers, for measurements."
task = "segment"
intended_use = "Measurements."
research_only = true

[runtime]
devices = ["cuda", "cpu"]
precision = ["fp32", "fp16"]

[licences]
code = "Apache-2.0"
weights = "none: random numbers"
data = "none"

[network]
weights = "net"

[tiling]
patch = [{patch}, {patch}, {patch}]
overlap = 0.5
batch = 2

[[inputs]]
modality = ["CT"]
intensity = [{{ op = "minmax", low = 0.0, high = 1.0, source_range = [-1000.0, 1000.0] }}]

[[outputs]]
{segments}

[[weights]]
id = "net"
file = "net.pt"
source = "folder:net.pt"
sha256 = "{sha256}"
bytes = {size}
format = "torchscript"
licence = "none"

[cost]
cpu_seconds = 600
memory_mb = 2000
"""
SEGMENT = """[[outputs.segments]]
number = {number}
label = "Class {number}"
colour = [{number}0, 100, 200]
category = {{ value = "85756007", scheme = "SCT", meaning = "Tissue" }}
type = {{ value = "85756007", scheme = "SCT", meaning = "Tissue" }}
"""


def main() -> None:
    """Measure, print and write down."""
    if not torch.cuda.is_available():
        print("There is no CUDA here: nothing was measured.")
        return
    with tempfile.TemporaryDirectory() as folder:
        plugin, volume = made(Path(folder)), ct()
        lines = list(measured(plugin, volume))
    text = "\n".join(lines) + "\n"
    print(text)
    (ROOT / "docs" / "measurements" / "gpu.md").write_text(text, encoding="utf-8")


def measured(plugin: Plugin, volume: Volume) -> list[str]:
    """Return the lines of the report."""
    card = torch.cuda.get_device_properties(0)
    rows = ["| way | seconds | peak of the card, MB | rung | Dice with the processor |", "|---|---|---|---|---|"]
    cpu, cpu_s, _ = one_run(plugin, volume, "cpu")
    rows.append(f"| processor | {cpu_s:.1f} | 0 | {cpu.provenance['rung'] or 'as planned'} | 1 |")
    for name, share in (("GPU, first", 1.0), ("GPU, second", 1.0), ("GPU, held to 3 %", 0.03), ("GPU, to 1 %", 0.01)):
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(share)
        gpu, seconds, peak_mb = one_run(plugin, volume, "cuda")
        rung = gpu.provenance["rung"] or "as planned"
        rows.append(f"| {name} | {seconds:.1f} | {peak_mb} | {rung} | {least_dice(cpu, gpu):.5f} |")
    head = [f"# A run on a GPU: {card.name}, {card.total_memory >> 20} MB, torch {torch.__version__}", ""]
    size = "x".join(str(side) for side in SHAPE)
    what = f"{size} voxels at {SPACING_MM} mm, {CLASSES} classes, patches of {PATCH}, overlap 0.5."
    return [*head, what, "", *rows]


def one_run(plugin: Plugin, volume: Volume, device: str) -> tuple[Result, float, int]:
    """Return a result, its seconds and the card's peak."""
    torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    result = PluginRun(plugin, volume, {}, device)(unheard)
    return result, time.perf_counter() - start, int(torch.cuda.max_memory_allocated()) >> 20


def least_dice(one: Result, other: Result) -> float:
    """Return the smallest Dice of all classes that either has at least 1000 voxels of."""
    assert one.labels is not None
    assert other.labels is not None
    found = []
    for number in range(CLASSES):
        a, b = one.labels.array == number, other.labels.array == number
        if a.sum() >= 1000:
            found.append(2.0 * (a & b).sum() / (a.sum() + b.sum()))
    return float(min(found))


def made(folder: Path) -> Plugin:
    """Write the plugin and return it."""
    home = folder / "measured"
    home.mkdir()
    torch.manual_seed(7)
    net = unet((32, 64, 128, 256, 320), CLASSES).eval()
    torch.jit.trace(net, torch.zeros(1, 1, PATCH, PATCH, PATCH)).save(str(home / "net.pt"))  # type: ignore[no-untyped-call]
    content = (home / "net.pt").read_bytes()
    segments = "\n".join(SEGMENT.format(number=number) for number in range(1, CLASSES))
    sha256 = hashlib.sha256(content).hexdigest()
    text = MANIFEST.format(patch=PATCH, segments=segments, sha256=sha256, size=len(content))
    (home / "plugin.toml").write_text(text, encoding="utf-8")
    (plugin,) = discover([folder])
    assert isinstance(plugin, Plugin), plugin
    return plugin


def ct() -> Volume:
    """Return a volume of smooth noise in HU."""
    random = np.random.default_rng(3)
    coarse = torch.from_numpy(random.normal(size=(1, 1, 20, 40, 40)).astype(np.float32)) * 400.0
    fine = torch.nn.functional.interpolate(coarse, SHAPE, mode="trilinear")[0, 0].numpy()
    step = SPACING_MM
    geometry = Geometry.from_axes(
        SHAPE, origin=(0, 0, 0), slice_step=(0, 0, step), row_step=(0, step, 0), column_step=(step, 0, 0)
    )
    return volume_of(np.rint(fine).astype(np.int16), geometry, modality="CT")


if __name__ == "__main__":
    main()
