"""Half precision: only where the plugin allows it, the device has instructions for it, and a probe finds it faster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medview.plugin.contract import Labels
from medview.plugin.engine import load_network
from medview.plugin.engine.backends import Backend, HalfBackend, TorchBackend, fastest, half_precisions
from tests.plugin.engine.test_run_network import LABELS, network_plugin, run, script
from tests.plugin.engine.test_what_computed import Above


@pytest.mark.parametrize(
    ("allowed", "able", "given"),
    [
        (("fp32", "fp16", "bf16"), {"avx512_bf16": True}, ("bf16",)),
        (("bf16",), {"amx_bf16": True}, ("bf16",)),
        (("fp32", "bf16"), {"avx512_f": True, "avx512_bf16": False}, ()),
        (("fp32", "bf16"), {}, ()),
        (("fp32", "fp16"), {"avx512_bf16": True}, ()),
        (("fp32",), {"avx512_bf16": True, "amx_bf16": True}, ()),
    ],
)
def test_a_processor_without_instructions_for_it_never_computes_in_bfloat16(
    allowed: tuple[str, ...], able: dict[str, bool], given: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert half_precisions(allowed, "cpu") == given


@pytest.mark.parametrize(
    ("capability", "given"), [((6, 1), ()), ((7, 5), ("fp16",)), ((8, 0), ("fp16", "bf16")), ((9, 0), ("fp16", "bf16"))]
)
def test_a_card_computes_in_half_precision_where_it_has_tensor_cores(
    capability: tuple[int, int], given: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert half_precisions(("fp32", "fp16", "bf16"), "cuda") == given
    assert half_precisions(("fp32", "fp16", "bf16"), "mps") == ()


def test_half_precision_says_nearly_the_same_in_float32() -> None:
    torch.manual_seed(3)
    net = nn.Sequential(nn.Conv3d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv3d(8, 3, 1)).eval()
    batch = torch.randn(1, 1, 8, 8, 8)
    exact, half = TorchBackend(net).forward(batch), HalfBackend(net, "cpu", "bf16")
    given = half.forward(batch)
    assert given.dtype == torch.float32
    assert 0 < float((given - exact).abs().max()) < 0.03 * float(exact.abs().max())
    assert (half.name, half.precision) == ("torch bfloat16", "bfloat16")


class Slow(nn.Module):
    """Twice a value, by many sums where it computes in full precision."""

    def forward(self, x: Tensor) -> Tensor:
        weight = torch.ones(1, 1)
        is_half = (torch.ones(1, 1) @ weight).dtype == torch.bfloat16
        for _ in range(1 if is_half else 400):
            y = x + x
        return y * (1.5 if is_half and self.lies else 1.0)

    def __init__(self, *, lies: bool) -> None:
        super().__init__()
        self.lies = lies


@pytest.mark.parametrize(("lies", "chosen"), [(False, "torch bfloat16"), (True, "torch")])
def test_what_is_faster_is_taken_where_it_says_the_same(lies: bool, chosen: str) -> None:
    net = Slow(lies=lies)
    ways: list[Backend] = [TorchBackend(net), HalfBackend(net, "cpu", "bf16")]
    assert fastest(ways, torch.ones(1, 1, 64, 64, 64)).name == chosen


@pytest.mark.parametrize("allowed", [["fp32"], ["fp32", "bf16"]])
def test_the_record_says_in_what_was_computed(
    allowed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    offered: list[list[str]] = []

    def last(backends: list[Backend], example: Any, progress: Any) -> Backend:
        offered.append([backend.name for backend in backends])
        return next((b for b in backends if b.precision != "float32"), backends[0])

    monkeypatch.setattr(load_network, "fastest", last)
    monkeypatch.setattr(load_network, "is_installed", lambda library: False)
    array = np.random.default_rng(0).choice([0, 240], (8, 8, 8)).astype(np.int16)
    weights = script(tmp_path, Above(), torch.rand(1, 1, 8, 8, 8))
    plugin = network_plugin(
        tmp_path, weights, LABELS, tiling={"patch": [8, 8, 8]}, runtime={"precision": allowed, "devices": ["cpu"]}
    )
    result = run(plugin, array)
    assert isinstance(result.answers[0], Labels)
    np.testing.assert_array_equal(result.answers[0].array, np.where(array > 120, 7, 0))
    told = (result.provenance["backend"], result.provenance["precision"])
    if "bf16" in allowed:
        assert offered == [["torch", "torch bfloat16"]]
        assert told == ("torch bfloat16", "bfloat16")
    else:
        assert offered == []
        assert told == ("torch", "float32")
