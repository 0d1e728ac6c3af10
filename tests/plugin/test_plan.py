"""What a run will take is told before it, from what this computer has measured, and what cannot fit is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin import plan as planning
from medview.plugin.discovery import Plugin, discover
from medview.plugin.plan import Plan, PlanRun, check_memory, chosen_device
from medview.plugin.run import PluginRun
from medview.plugin.run_times import remember_run, seconds_per_unit
from medview.progress import unheard
from medview.study.geometry import Geometry
from tests.plugin.folders import MANIFEST, threshold_plugin, volume_of, write_plugin

GRID = Geometry.from_axes(
    (100, 128, 160), origin=(0, 0, 0), slice_step=(0, 0, 3.0), row_step=(0, 1.5, 0), column_step=(1.5, 0, 0)
)


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDVIEW_HOME", str(tmp_path / "home"))


def test_the_first_plan_is_the_authors_and_later_ones_are_measured_here(tmp_path: Path) -> None:
    plugin = threshold_plugin(tmp_path / "plugins")
    first = PlanRun(plugin, GRID)(unheard)
    assert (first.device, first.tiles, first.basis, first.memory_mb, first.fits) == (
        "cpu",
        0,
        "told by its author",
        10,
        True,
    )
    assert first.seconds == pytest.approx(100 * 128 * 160 / 256**3)
    remember_run("threshold", "1.2.3", "cpu", units=2.0, seconds=3.0)
    second = PlanRun(plugin, GRID)(unheard)
    assert second.basis == "measured here"
    assert second.seconds == pytest.approx(1.5 * 100 * 128 * 160 / 1e6)


def test_a_run_remembers_how_long_it_took_and_a_torn_book_is_begun_anew(tmp_path: Path) -> None:
    plugin = threshold_plugin(tmp_path / "plugins")
    run = PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))
    run(unheard)
    each = seconds_per_unit("threshold", "1.2.3", "cpu")
    assert each is not None
    assert each > 0
    (data_folder() / "run_times.json").write_text("{torn", encoding="utf-8")
    assert seconds_per_unit("threshold", "1.2.3", "cpu") is None
    run(unheard)
    assert list(json.loads((data_folder() / "run_times.json").read_text(encoding="utf-8"))) == ["threshold 1.2.3 cpu"]


def test_a_run_that_cannot_fit_is_refused_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "free_memory_mb", lambda: 9)
    plugin = threshold_plugin(tmp_path / "plugins", code="raise RuntimeError('imported')")
    with pytest.raises(MedViewError, match=r"Threshold needs about 0\.0 GB of memory for these images") as refused:
        PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unheard)
    assert "series with fewer slices" in str(refused.value)


def test_what_is_made_for_the_processor_runs_there_whatever_card_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded of a run is where it ran."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    text = MANIFEST.replace("classical = true\n", "")
    runtimes = {
        "plain": "",
        "both": '[runtime]\ndevices = ["cuda", "cpu"]\n',
        "card": '[runtime]\ndevices = ["cuda"]\n',
    }
    plugins = {}
    for name, runtime in runtimes.items():
        write_plugin(tmp_path / name, text.replace("[licences]", f"{runtime}\n[licences]"))
        (plugins[name],) = discover([tmp_path / name])
    manifests = {name: plugin.manifest for name, plugin in plugins.items() if isinstance(plugin, Plugin)}
    assert [chosen_device(manifests[name], "auto") for name in runtimes] == ["cpu", "cuda", "cuda"]
    assert [chosen_device(manifests[name], "cuda") for name in runtimes] == ["cpu", "cuda", "cuda"]
    assert chosen_device(manifests["both"], "cpu") == "cpu"
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(MedViewError, match="Threshold runs on cuda only"):
        chosen_device(manifests["card"], "auto")


NETWORK = """
[network]
weights = "net"

[tiling]
patch = [64, 64, 64]
overlap = 0.5

[[weights]]
id = "net"
file = "net/net.pt"
source = "https://models.example.org/net.pt"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
bytes = 10
format = "torchscript"
licence = "MIT"
"""


def test_the_tiles_of_a_network_are_counted_on_its_own_grid(tmp_path: Path) -> None:
    text = MANIFEST.replace('entry = "threshold:run"\n', "").replace("classical = true\n", "")
    grid = '\n[inputs.grid]\nspacing_mm = [1.5, 1.5, 1.5]\norientation = "RAS"\n\n[[outputs]]'
    write_plugin(tmp_path, text.replace("\n[[outputs]]", grid, 1) + NETWORK)
    (plugin,) = discover([tmp_path])
    assert isinstance(plugin, Plugin), plugin
    plan = PlanRun(plugin, GRID, device="cpu")(unheard)
    # on the network's grid: 200 slices, 128 rows, 160 columns; steps of 32: 6 x 3 x 4 tiles
    assert (plan.tiles, plan.units) == (72, 72.0)
    # at least the grid, the open slab of three channels and its weights, and what comes out of the network
    held = 200 * 128 * 160 + (3 + 3) * 64 * 128 * 160 + (2 * 3 + 1) * 64**3
    assert 4 * held < plan.memory_mb << 20 < 2 * 4 * held + (170 << 20)


UNET = """
import json, sys, torch
from pathlib import Path
import numpy as np
from medview.plugin.discovery import discover
from medview.plugin.plan import PlanRun
from medview.plugin.run import PluginRun
from medview.progress import unheard
from tests.benchmarks.ai_plugin import write_plugin, write_torchscript
from tests.benchmarks.bench_ai import NETWORKS, peak_mb, unet
from tests.plugin.folders import volume_of

folder, told = Path(sys.argv[1]), {}
array = np.random.default_rng(0).normal(500, 300, (32, 168, 168)).astype(np.int16)
for channels in (2, 25, 117):
    net = unet(NETWORKS["0.5 M"][0], channels)
    path = write_torchscript(net, torch.zeros(1, 1, 32, 32, 32), folder / "net.pt")
    home = folder / f"{channels}_{len(told)}"
    write_plugin(home, "net", [path], channels, spacing_mm=1.0, tiling={"patch": [32] * 3, "overlap": 0.0})
    (plugin,) = discover([home])
    volume = volume_of(array, modality="CT")
    plan = PlanRun(plugin, volume.geometry, device="cpu")(unheard)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what is held now
    before = peak_mb()
    result = PluginRun(plugin, volume, device="cpu")(unheard)
    told[channels] = plan.memory_mb, peak_mb() - before, result.provenance["precision"]
    del result
print(json.dumps(told))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a peak that can be begun anew")
def test_a_plan_tells_at_least_the_memory_that_is_taken_and_hardly_twice_as_much(tmp_path: Path) -> None:
    env = os.environ | {"MEDVIEW_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", UNET, str(tmp_path)]
    root = Path(__file__).parents[2]
    told = json.loads(subprocess.run(command, cwd=root, env=env, check=True, capture_output=True).stdout)
    assert set(told) == {"2", "25", "117"}
    for channels, (planned_mb, taken_mb, _) in told.items():
        # the share of the libraries is planned with every network, and taken with the first one alone
        assert taken_mb <= planned_mb <= 2 * taken_mb + 100, (channels, told)
    assert [precision for _, _, precision in told.values()] == ["float32", "float32", "float32, sums in float16"]


def test_a_network_that_a_card_is_too_small_for_is_not_refused_where_the_ladder_ends_on_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = MANIFEST.replace('entry = "threshold:run"\n', "").replace("classical = true\n", "")
    write_plugin(tmp_path, text + NETWORK)
    (plugin,) = discover([tmp_path])
    assert isinstance(plugin, Plugin), plugin
    plan = Plan("cuda", 1.0, 1, memory_mb=3000, free_mb=2000, seconds=1.0, basis="told by its author")
    monkeypatch.setattr(planning, "free_memory_mb", lambda: 3500)
    check_memory(plan, plugin.manifest)
    monkeypatch.setattr(planning, "free_memory_mb", lambda: 2500)
    with pytest.raises(MedViewError, match=r"needs about 2\.9 GB"):
        check_memory(plan, plugin.manifest)
    monkeypatch.setattr(planning, "free_memory_mb", lambda: 3500)
    with pytest.raises(MedViewError, match=r"needs about 2\.9 GB"):  # nothing steps down for code of its own
        check_memory(plan, threshold_plugin(tmp_path / "code").manifest)
