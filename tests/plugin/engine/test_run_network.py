"""Manifests without code: what the program makes of a network's values, of every type of output."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor, nn

from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin.contract import Labels, Result
from medview.plugin.convert.plugin_draft import toml_text
from medview.plugin.discovery import Plugin, discover
from medview.plugin.engine.backends import Backend, OnnxBackend, TorchBackend, fastest
from medview.plugin.engine.networks import known_networks, load_weights, make_network
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.finding import Boxes, ClassScores, DerivedImage
from medview.study.geometry import Geometry
from tests.plugin.engine.onnx_file import write_threshold
from tests.plugin.folders import volume_of

CODE = {"value": "123037004", "scheme": "SCT", "meaning": "Anatomical Structure"}
BRIGHT = {"number": 7, "label": "Bright", "colour": [255, 0, 0], "category": CODE, "type": CODE}
LABELS = {"type": "labels", "segments": [BRIGHT]}


def concept(name: str) -> dict[str, Any]:
    return {"id": name, "label": name, "category": CODE, "type": CODE}


def network_plugin(folder: Path, weights: Path, output: dict[str, Any], **more: Any) -> Plugin:
    """Return a plugin of a manifest and a file, found in a folder."""
    home = folder / "net_plugin"
    home.mkdir()
    target = home / weights.name
    target.write_bytes(weights.read_bytes())
    kind = {".onnx": "onnx", ".pt": "torchscript"}[weights.suffix]
    manifest: dict[str, Any] = {
        "id": "net_plugin",
        "version": "1.0.0",
        "name": "Net",
        "summary": "A network.",
        "task": more.pop("task", "segment"),
        "intended_use": "Tests.",
        "research_only": True,
        "licences": {"code": "none", "weights": "none", "data": "none"},
        "inputs": [{"modality": ["CT"], **more.pop("image", {})}],
        "outputs": [output],
        "network": {"weights": "net", **more.pop("network", {})},
        "cost": {"cpu_seconds": 1, "memory_mb": 10},
        "weights": [
            {"id": "net", "file": f"n/{weights.name}", "source": f"folder:{weights.name}", "format": kind}
            | {"licence": "none", "bytes": target.stat().st_size}
            | {"sha256": hashlib.sha256(target.read_bytes()).hexdigest()}
        ],
        **more,
    }
    (home / "plugin.toml").write_text(toml_text(manifest), encoding="utf-8")
    (plugin,) = discover([folder])
    assert isinstance(plugin, Plugin), plugin
    return plugin


def script(folder: Path, module: nn.Module, example: Tensor) -> Path:
    path = folder / "net.pt"
    torch.jit.trace(module, example).save(str(path))  # type: ignore[no-untyped-call]
    return path


def run(plugin: Plugin, array: NDArray[Any], geometry: Geometry | None = None, **facts: Any) -> Result:
    return PluginRun(plugin, volume_of(array, geometry, "CT"), **facts)(unheard)


@pytest.mark.parametrize("orientation", ["", "RAS", "LPS", "SAR", "PIR"])
@pytest.mark.parametrize("seed", range(3))
def test_a_threshold_as_a_network_gives_the_voxels_above_it(orientation: str, seed: int, tmp_path: Path) -> None:
    """Whatever grid the images lie on: turned, tilted, of any spacing, which the network takes as it is."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(5, 19, 3))
    affine = np.eye(4)
    steps = Rotation.from_rotvec(rng.normal(0, 0.7, 3)).as_matrix() @ np.diag(rng.uniform(0.5, 4, 3))
    affine[:3, :3] = steps @ np.array([[1, 0, 0], [0.2, 1, 0], [0, 0, 1]])  # a tilted gantry
    affine[:3, 3] = rng.normal(0, 50, 3)
    array = rng.normal(100, 60, shape).round().astype(np.int16)
    plugin = network_plugin(
        tmp_path,
        write_threshold(tmp_path / "net.onnx", 120.5),
        LABELS,
        image={"grid": {"orientation": orientation}},
        tiling={"patch": [8, 6, 7], "overlap": 0.25},
    )
    result = run(plugin, array, Geometry(shape, affine))
    (labels,) = result.answers
    assert isinstance(labels, Labels)
    np.testing.assert_array_equal(labels.array, np.where(array > 120.5, 7, 0))
    assert result.provenance["backend"] in ("onnxruntime", "openvino")


def test_a_network_of_another_number_of_channels_is_refused(tmp_path: Path) -> None:
    two = {"type": "labels", "segments": [BRIGHT, BRIGHT | {"number": 8}]}
    plugin = network_plugin(tmp_path, write_threshold(tmp_path / "net.onnx", 1.0), two)
    with pytest.raises(MedViewError, match="The network of Net gives 2 channels, and its manifest tells of 3"):
        run(plugin, np.ones((6, 6, 6), dtype=np.int16))


def test_a_damaged_network_is_told(tmp_path: Path) -> None:
    path = write_threshold(tmp_path / "net.onnx", 1.0)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(MedViewError, match=r"The model file net\.onnx cannot be read"):
        run(network_plugin(tmp_path, path, LABELS), np.ones((6, 6, 6), dtype=np.int16))


class _MeanAndRange(nn.Module):
    """Two numbers of a picture."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        return torch.stack([flat.mean(1), flat.amax(1) - flat.amin(1)], dim=1)


def test_a_classifier_of_slices_gives_scores_of_each_slice_and_their_mean(tmp_path: Path) -> None:
    array = np.random.default_rng(1).normal(50, 20, (5, 12, 10)).round().astype(np.int16)
    plugin = network_plugin(
        tmp_path,
        script(tmp_path, _MeanAndRange(), torch.rand(1, 1, 12, 10)),
        {"type": "scores", "concepts": [concept("mean"), concept("range")], "scores": "softmax"},
        task="classify",
        image={"intensity": [{"op": "zscore", "mean": 50.0, "std": 20.0}]},
        network={"axes": "2d"},
    )
    (scores,) = run(plugin, array).answers
    assert isinstance(scores, ClassScores)
    values = ((array - 50.0) / 20.0).reshape(5, -1)
    logits = np.stack([values.mean(1), values.max(1) - values.min(1)], axis=1)
    wanted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores.slice_scores, wanted, atol=1e-5)
    np.testing.assert_allclose(scores.scores, wanted.mean(axis=0), atol=1e-5)
    assert scores.slice_indices.tolist() == [0, 1, 2, 3, 4]


def test_a_classifier_of_the_whole_gets_it_at_its_own_size(tmp_path: Path) -> None:
    class Corner(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            assert x.shape == (1, 1, 4, 8, 6)
            return x[:, 0, 0, 0, :2]

    array = np.arange(8 * 16 * 12, dtype=np.int16).reshape(8, 16, 12)
    plugin = network_plugin(
        tmp_path,
        script(tmp_path, Corner(), torch.rand(1, 1, 4, 8, 6)),
        {"type": "scores", "concepts": [concept("a"), concept("b")], "scores": "logit"},
        task="classify",
        tiling={"patch": [4, 8, 6]},
    )
    (scores,) = run(plugin, array).answers
    assert isinstance(scores, ClassScores)
    mean = array.reshape(4, 2, 8, 2, 6, 2).mean(axis=(1, 3, 5))  # linear at half the size: the mean of eight
    np.testing.assert_allclose(scores.scores, mean[0, 0, :2], rtol=1e-6)
    assert scores.slice_indices.size == 0


def test_a_cleaned_image_has_the_unit_of_the_images_again(tmp_path: Path) -> None:
    class Halved(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * 0.5

    array = np.random.default_rng(3).normal(40, 100, (6, 20, 18)).round().astype(np.int16)
    plugin = network_plugin(
        tmp_path,
        script(tmp_path, Halved(), torch.rand(1, 1, 6, 8, 8)),
        {"type": "image", "image_kind": "denoised", "unit": "HU"},
        task="enhance",
        image={"intensity": [{"op": "zscore", "mean": 40.0, "std": 100.0}]},
        tiling={"patch": [6, 8, 8]},
    )
    (image,) = run(plugin, array).answers
    assert isinstance(image, DerivedImage)
    assert (image.array.dtype, image.unit, image.is_synthetic) == (np.int16, "HU", False)
    assert np.abs(image.array - (40 + (array - 40) / 2)).max() <= 0.5 + 1e-3


def test_boxes_are_around_what_is_likelier_than_half_the_threshold_best_first(tmp_path: Path) -> None:
    class Scaled(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x / 100.0

    array = np.full((10, 20, 20), -900, dtype=np.int16)
    array[2:5, 3:8, 4:6] = 50
    array[7, 12:15, 10:17] = 200
    array[7, 13, 12] = 300
    plugin = network_plugin(
        tmp_path,
        script(tmp_path, Scaled(), torch.rand(1, 1, 10, 20, 20)),
        {"type": "boxes", "concepts": [concept("lesion")], "threshold": 0.6},
        task="detect",
    )
    (found,) = run(plugin, array).answers
    assert isinstance(found, Boxes)
    assert [(box.low_index, box.high_index) for box in found.boxes] == [
        ((6.5, 11.5, 9.5), (7.5, 14.5, 16.5)),
        ((1.5, 2.5, 3.5), (4.5, 7.5, 5.5)),
    ]
    np.testing.assert_allclose(
        [b.score for b in found.boxes], [1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-0.5))], atol=1e-3
    )


@pytest.mark.parametrize("name", ["DenseNet", "BasicUNet", "SegResNet", "DynUNet", "UNETR"])
def test_networks_are_made_by_name_from_plain_data(name: str) -> None:
    arguments: dict[str, dict[str, Any]] = {
        "DenseNet": {
            "spatial_dims": 2,
            "in_channels": 1,
            "out_channels": 2,
            "init_features": 4,
            "block_config": [1, 1],
        },
        "BasicUNet": {"spatial_dims": 3, "out_channels": 2, "features": [4, 4, 8, 8, 8, 4]},
        "SegResNet": {"init_filters": 4, "blocks_down": [1, 1], "blocks_up": [1], "norm": ["GROUP", {"num_groups": 2}]},
        "DynUNet": {
            "spatial_dims": 3,
            "in_channels": 1,
            "out_channels": 2,
            "kernel_size": [3] * 3,
            "strides": [1, 2, 2],
        }
        | {"upsample_kernel_size": [1, 1], "filters": [4, 8, 8]},
        "UNETR": {"in_channels": 1, "out_channels": 2, "img_size": [16, 16, 16], "feature_size": 2, "hidden_size": 12}
        | {"mlp_dim": 12, "num_heads": 2},
    }
    network = make_network(name, arguments[name])
    assert not network.training
    assert load_weights(network, make_network(name, arguments[name]).state_dict(), "x") is network
    assert name in known_networks()


def test_a_name_or_argument_that_is_not_known_is_refused() -> None:
    with pytest.raises(MedViewError, match=r"does not know the network os\.system\. It knows: AttentionUnet"):
        make_network("os.system", {})
    with pytest.raises(MedViewError, match="The network UNet has no argument command"):
        make_network("UNet", {"command": "true"})
    with pytest.raises(MedViewError, match="The network UNet cannot be made with the given arguments"):
        make_network("UNet", {"spatial_dims": 3})


@dataclass(frozen=True)
class _Turned:
    """A back end that is fast, and wrong by a factor."""

    factor: float
    name: str = "turned"
    precision: str = "float32"

    def forward(self, batch: Tensor) -> Tensor:
        return batch * self.factor


def test_the_fastest_back_end_that_says_the_same_is_taken() -> None:
    slow = nn.Sequential(*[nn.Conv3d(1, 1, 3, padding=1) for _ in range(30)], nn.Identity())
    example = torch.ones(1, 1, 16, 16, 16)

    class Doubled(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 2 * x + 0 * slow(x)

    first: Backend = TorchBackend(Doubled())
    missing = OnnxBackend(Path("not_there.onnx"))
    assert fastest([first, _Turned(2.0)], example).name == "turned"
    assert fastest([first, _Turned(2.1)], example) is first
    assert fastest([first, missing], example) is first
    told: list[tuple[float, str]] = []
    fastest([first, _Turned(2.0)], example, lambda fraction, text="": told.append((fraction, text)))
    assert told == [(0.0, "Preparing the network")] * 3 + [(0.5, "Preparing the network")] * 3  # before each try


def test_which_back_end_won_is_remembered(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="of the extra fast")
    array = np.random.default_rng(0).normal(100, 60, (16, 16, 16)).round().astype(np.int16)
    plugin = network_plugin(
        tmp_path, write_threshold(tmp_path / "net.onnx", 110.5), LABELS, tiling={"patch": [8, 8, 8]}
    )
    result = run(plugin, array)
    (chosen,) = json.loads((data_folder() / "backends.json").read_text(encoding="utf-8")).values()
    assert result.provenance["backend"] == chosen
    np.testing.assert_array_equal(result.answers[0].array, np.where(array > 110.5, 7, 0))


def test_openvino_reports_nothing_to_its_makers(tmp_path: Path) -> None:
    """By itself it writes an identifier into the person's folder and sends each use over the network."""
    pytest.importorskip("openvino", reason="of the extra fast")
    path = write_threshold(tmp_path / "net.onnx", 1.0)
    code = f"""
import sys, torch
from pathlib import Path
from medview.plugin.engine.backends import OpenVinoBackend
shape = (1, 1, 4, 4, 4)
for source in (Path({str(path)!r}), torch.nn.Conv3d(1, 1, 1)):
    OpenVinoBackend(source, shape).forward(torch.ones(shape))
print([name for name, module in sys.modules.items() if name.startswith("openvino_telemetry") and module])
"""
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | home, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["net.onnx"]
