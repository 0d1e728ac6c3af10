"""When memory runs out a run goes down the ladder, tells the rung, and gives the same labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from medview.errors import MedViewError
from medview.plugin.contract import Context, Labels
from medview.plugin.discovery import Plugin, discover
from medview.plugin.engine import load_network
from medview.plugin.engine.ladder import Rung, descend, is_out_of_memory, rungs
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.geometry import Geometry
from tests.plugin.folders import MANIFEST, volume_of, write_plugin

GRID = Geometry.from_axes(
    (40, 36, 30), origin=(0, 0, 0), slice_step=(0, 0, 2.0), row_step=(0, 1.0, 0), column_step=(1.0, 0, 0)
)


def network_plugin(folder: Path, more: str = "") -> Plugin:
    """Return a plugin without code: a small network of random numbers, three classes."""
    torch.manual_seed(5)
    net = nn.Sequential(nn.Conv3d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv3d(4, 3, 1)).eval()
    home = write_plugin(folder, "")
    torch.jit.trace(net, torch.zeros(1, 1, 16, 16, 16)).save(str(home / "net.pt"))  # type: ignore[no-untyped-call]
    import hashlib

    content = (home / "net.pt").read_bytes()
    text = MANIFEST.replace('entry = "threshold:run"\n', "").replace("classical = true\n", "")
    text += f"""
[network]
weights = "net"

[tiling]
patch = [16, 16, 16]
overlap = 0.5
batch = 4

[[weights]]
id = "net"
file = "net.pt"
source = "folder:net.pt"
sha256 = "{hashlib.sha256(content).hexdigest()}"
bytes = {len(content)}
format = "torchscript"
licence = "MIT"
{more}"""
    (home / "plugin.toml").write_text(text, encoding="utf-8")
    (plugin,) = discover([folder])
    assert isinstance(plugin, Plugin), plugin
    return plugin


def test_the_ladder_of_a_card_ends_on_the_processor_and_that_of_the_processor_in_half_sums(tmp_path: Path) -> None:
    manifest = network_plugin(tmp_path, '[runtime]\ndevices = ["cuda", "cpu"]\nprecision = ["fp32", "fp16"]\n').manifest
    assert [(r.name, r.device, r.batch) for r in rungs(manifest, "cuda")] == [
        ("", "cuda", 4),
        ("half precision", "cuda", 4),
        ("one tile at a time", "cuda", 1),
        ("sums in half precision", "cuda", 1),
        ("sums in the computer's memory", "cuda", 1),
        ("processor", "cpu", 1),
        ("processor, sums in half precision", "cpu", 1),
    ]
    assert [(r.name, r.batch, r.sums) for r in rungs(manifest, "cpu")] == [
        ("", 4, "float32"),
        ("one tile at a time", 1, "float32"),
        ("one tile at a time, sums in half precision", 1, "float16"),
    ]


def test_a_run_that_does_not_fit_goes_down_a_rung_and_gives_the_same_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDVIEW_HOME", str(tmp_path / "home"))
    array = np.random.default_rng(2).normal(size=GRID.shape).astype(np.float32)
    run = PluginRun(network_plugin(tmp_path / "plugins"), volume_of(array, GRID), device="cpu")
    planned = run(unheard)
    assert planned.provenance["rung"] == ""
    asked: list[int] = []
    real = load_network.load_network

    def scant(*given: object) -> object:
        backend = real(*given)  # type: ignore[arg-type]
        forward = backend.forward

        def limited(batch: torch.Tensor) -> torch.Tensor:
            asked.append(len(batch))
            if len(batch) > 1:
                raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
            return forward(batch)

        return _With(backend, limited)

    monkeypatch.setattr("medview.plugin.engine.run_network.load_network", scant)
    sparing = run(unheard)
    assert sparing.provenance["rung"] == "one tile at a time"
    assert asked[0] == 4
    assert set(asked[1:]) == {1}
    assert isinstance(planned.labels, Labels)
    assert isinstance(sparing.labels, Labels)
    np.testing.assert_array_equal(sparing.labels.array, planned.labels.array)


class _With:
    """A backend with another forward."""

    def __init__(self, backend: object, forward: object) -> None:
        self.name, self.precision, self.forward = backend.name, "float32", forward  # type: ignore[attr-defined]


def test_where_nothing_fits_a_sentence_says_so_and_other_errors_are_not_taken_for_it() -> None:
    context = Context("cpu", unheard)
    ways = (Rung("", "cpu", 2), Rung("one tile at a time", "cpu", 1))

    def never(rung: Rung) -> None:
        raise MemoryError

    with pytest.raises(MedViewError, match=r"also in the most sparing way \(one tile at a time\)"):
        descend(ways, never, context)
    assert context.rung == "one tile at a time"

    def broken(rung: Rung) -> None:
        raise RuntimeError("size mismatch")

    with pytest.raises(RuntimeError, match="size mismatch"):
        descend(ways, broken, context)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert not is_out_of_memory(ValueError("out of memory"))
