"""What a trained network says of a real head: labels by slabs equal the long way on it, too."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from medview.plugin.engine.intensity import measured
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.segment_volume import TiledRun, segment_volume
from medview.plugin.engine.sliding_window import SlidingWindow
from medview.plugin.engine.tiles import Tiling
from medview.plugin.manifest.input_record import IntensityStep
from medview.study.geometry import Geometry
from tests.plugin.engine.logits import interpolated


def meshnet(folder: Path) -> nn.Module:
    """Return brainchop's network of grey and white matter."""
    model = json.loads((folder / "model.json").read_text())
    numbers = np.fromfile(folder / "group1-shard1of1.bin", dtype="<f4")
    tensors, place = {}, 0
    for one in model["weightsManifest"][0]["weights"]:
        count = int(np.prod(one["shape"]))
        tensors[one["name"]] = torch.from_numpy(numbers[place : place + count].reshape(one["shape"]).copy())
        place += count
    network = nn.Sequential()
    for layer in model["modelTopology"]["model_config"]["config"]["layers"]:
        if layer["class_name"] == "Activation":
            network.append(nn.ReLU())
        elif layer["class_name"] == "Conv3D":
            kernel = tensors[f"{layer['config']['name']}/kernel"].permute(4, 3, 0, 1, 2)
            dilation = layer["config"]["dilation_rate"][0]
            size = kernel.shape[2]
            conv = nn.Conv3d(kernel.shape[1], kernel.shape[0], size, padding=dilation * (size // 2), dilation=dilation)
            conv.weight.data, conv.bias = kernel.contiguous(), nn.Parameter(tensors[f"{layer['config']['name']}/bias"])
            network.append(conv)
    return network.eval()


def test_labels_of_real_logits_equal_the_long_way(shared_data: Path) -> None:
    import nibabel

    folder = shared_data.parent / "weights" / "meshnet_brainchop"
    head = np.asarray(nibabel.load(folder / "t1_crop.nii.gz").dataobj)
    middle = np.array(head.shape) // 2
    array = head[tuple(slice(m - half, m + half) for m, half in zip(middle, (40, 48, 44), strict=True))]
    grid = ModelGrid.over(Geometry(array.shape, np.eye(4)), (1.9, 1.9, 1.9))
    steps = measured(
        [IntensityStep(op="clip_percentile", low=0, high=98), IntensityStep(op="minmax", low=0, high=1)], array
    )
    window = SlidingWindow(meshnet(folder / "model5_gw_ae"), Tiling((32, 40, 32), 0.25))
    run = TiledRun(window, grid, steps)
    kept = [slab.values.clone() for slab in run.slabs(array)]
    labels = np.zeros(array.shape, dtype=np.uint8)
    segment_volume(run, array, labels)
    np.testing.assert_array_equal(labels, interpolated(torch.cat(kept, dim=1), grid).argmax(dim=0).numpy())
    assert set(np.unique(labels)) == {0, 1, 2}
