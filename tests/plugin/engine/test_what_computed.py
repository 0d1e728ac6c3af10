"""What computed a network is chosen by what its files are now, and told as it was."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medview.paths import data_folder
from medview.plugin.contract import Context, Labels
from medview.plugin.convert.plugin_draft import toml_text
from medview.plugin.discovery import Plugin, discover
from medview.plugin.engine.backends import OnnxBackend
from medview.plugin.engine.kept_models import kept_models
from medview.plugin.engine.ladder import Rung, descend
from medview.plugin.engine.run_network import NetworkRun
from medview.plugin.network_memory import NetworkMemory
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.finding import DerivedImage
from tests.plugin.engine.onnx_file import write_threshold
from tests.plugin.engine.test_run_network import LABELS, network_plugin, run, script
from tests.plugin.folders import volume_of


class Above(nn.Module):
    """Two channels: (0, x - 120.5)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x * 0.0, x - 120.5], dim=1)


def with_alternative(plugin: Plugin, level: float, place: str = "alternatives") -> Plugin:
    """Return the plugin with an ONNX file beside its weights, which it calls the same network, or a further one."""
    export = write_threshold(plugin.folder / "export.onnx", level)
    manifest: dict[str, Any] = tomllib.loads((plugin.folder / "plugin.toml").read_text(encoding="utf-8"))
    manifest["network"][place] = ["export"]
    record = {"id": "export", "file": "n/export.onnx", "source": "folder:export.onnx", "format": "onnx"}
    record |= {"licence": "none", "bytes": export.stat().st_size}
    record |= {"sha256": hashlib.sha256(export.read_bytes()).hexdigest()}
    manifest["weights"] = [one for one in manifest["weights"] if one["id"] == "net"] + [record]
    (plugin.folder / "plugin.toml").write_text(toml_text(manifest), encoding="utf-8")
    (found,) = discover([plugin.folder.parent])
    assert isinstance(found, Plugin), found
    return found


def test_a_file_that_was_exchanged_is_held_against_the_weights_anew(tmp_path: Path) -> None:
    """That it said the same was found of another file: this one would decide unseen."""
    array = np.random.default_rng(0).normal(100, 60, (8, 8, 8)).round().astype(np.int16)
    weights = script(tmp_path, Above(), torch.rand(1, 1, 8, 8, 8))
    plain = network_plugin(tmp_path, weights, LABELS, tiling={"patch": [8, 8, 8]})
    run(with_alternative(plain, 120.5), array)
    book = data_folder() / "backends.json"
    kept = json.loads(book.read_text(encoding="utf-8"))
    book.write_text(json.dumps(dict.fromkeys(kept, "onnxruntime")), encoding="utf-8")
    kept_models.forget()  # another day
    result = run(with_alternative(plain, -500.0), array)
    assert isinstance(result.answers[0], Labels)
    np.testing.assert_array_equal(result.answers[0].array, np.where(array > 120.5, 7, 0))
    assert result.provenance["backend"] in ("torch", "openvino")


@pytest.mark.filterwarnings("ignore:CUDA is not available")
def test_a_run_that_was_not_on_the_card_is_not_called_one(tmp_path: Path) -> None:
    """ONNX Runtime without CUDA computes on the processor, whatever it is asked for, and always in full precision."""
    import onnxruntime

    path = write_threshold(tmp_path / "net.onnx", 120.5)
    here = "cuda" if "CUDAExecutionProvider" in onnxruntime.get_available_providers() else "cpu"
    assert OnnxBackend(path, "cuda").runs_on == here
    plugin = network_plugin(tmp_path, path, LABELS)
    context = Context("cpu", unheard)
    asked = PluginRun(plugin, volume_of(np.full((4, 4, 4), 200, np.int16), modality="CT"))
    request = asked._request(plugin.manifest.defaults())
    network = NetworkRun(plugin.manifest)
    descend([Rung("half precision", "cpu", 1, is_half=True)], lambda r: network._attempt(request, context, r), context)
    assert (context.device, context.precision, context.rung) == ("cpu", "float32", "half precision")


def test_the_record_names_whatever_has_computed_a_part(tmp_path: Path) -> None:
    """Of several networks each may be computed by another library."""
    array = np.random.default_rng(0).normal(100, 60, (8, 8, 8)).round().astype(np.int16)
    weights = script(tmp_path, Above(), torch.rand(1, 1, 8, 8, 8))
    plain = network_plugin(tmp_path, weights, LABELS, tiling={"patch": [8, 8, 8]})
    both = with_alternative(plain, 120.5, "ensemble")
    run(both, array)
    book = data_folder() / "backends.json"
    if book.exists():  # where OpenVINO is here, too, it may be the fastest: let each be computed by its own library
        chosen = {key: "torch" if " torch" in key else "onnxruntime" for key in json.loads(book.read_text("utf-8"))}
        book.write_text(json.dumps(chosen), encoding="utf-8")
        kept_models.forget()
    result = run(both, array)
    assert result.provenance["backend"] == "torch, onnxruntime"
    assert result.provenance["precision"] == "float32"
    assert isinstance(result.answers[0], Labels)
    np.testing.assert_array_equal(result.answers[0].array, np.where(array > 120.5, 7, 0))


def test_a_translated_image_has_no_unit_that_nobody_has_said(tmp_path: Path) -> None:
    """Values of a network are in no Hounsfield units because those it was given were; nor is what it has not seen."""

    class Shifted(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + 1000.0

    array = np.zeros((6, 9, 9), dtype=np.int16)
    array[1:5, 2:8, 2:8] = np.random.default_rng(3).integers(1, 300, (4, 6, 6))
    plugin = network_plugin(
        tmp_path,
        script(tmp_path, Shifted(), torch.rand(1, 1, 4, 6, 6)),
        {"type": "image", "image_kind": "translated", "is_synthetic": True},
        task="translate",
        image={"grid": {"crop": "nonzero"}},
    )
    volume = volume_of(array, modality="CT")
    (image,) = PluginRun(plugin, type(volume)(array, volume.geometry, volume.series, "HU"))(unheard).answers
    assert isinstance(image, DerivedImage)
    assert image.unit == ""
    np.testing.assert_array_equal(image.array[1:5, 2:8, 2:8], array[1:5, 2:8, 2:8] + 1000.0)
    assert image.array.min() == image.array[0, 0, 0] == array[1:5, 2:8, 2:8].min() + 1000.0


class Steep(nn.Module):
    """Two channels: (0, a thousand times x - 120.5)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x * 0.0, (x - 120.5) * 1000.0], dim=1)


def test_logits_too_large_for_sums_in_half_precision_are_summed_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NetworkMemory, "sums", property(lambda self: "float16"))
    array = np.random.default_rng(0).normal(100, 60, (8, 8, 8)).round().astype(np.int16)
    assert 1000.0 * (array.max() - 120.5) > 65_504
    weights = script(tmp_path, Steep(), torch.rand(1, 1, 8, 8, 8))
    result = run(network_plugin(tmp_path, weights, LABELS, tiling={"patch": [8, 8, 8]}), array)
    assert isinstance(result.answers[0], Labels)
    np.testing.assert_array_equal(result.answers[0].array, np.where(array > 120.5, 7, 0))
    assert result.provenance["precision"] == "float32"
