"""A MONAI bundle written by MONAI's own code, and the labels that MONAI itself gives with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser
from monai.bundle.scripts import init_bundle
from monai.data import MetaTensor
from monai.networks.nets import UNet
from numpy.typing import NDArray

from medview.study.geometry import Geometry

METADATA: dict[str, Any] = {
    "version": "0.3.1",
    "name": "Two ellipsoids",
    "task": "Segmentation of two ellipsoids",
    "description": "A network of a test.",
    "network_data_format": {
        "inputs": {"image": {"type": "image", "format": "hounsfield", "modality": "CT", "num_channels": 1}},
        "outputs": {"pred": {"num_channels": 3, "channel_def": {"0": "background", "1": "left one", "2": "right one"}}},
    },
}

INFERENCE: dict[str, Any] = {
    "imports": ["$import glob", "$import os"],
    "bundle_root": ".",
    "image_key": "image",
    "dataset_dir": "$os.environ['HOME']",
    "device": "$torch.device('cpu')",
    "roi": [32, 32, 16],
    "network_def": {
        "_target_": "UNet",
        "spatial_dims": 3,
        "in_channels": 1,
        "out_channels": 3,
        "channels": [4, 8, 16],
        "strides": [2, 2],
        "num_res_units": 1,
        "norm": "batch",
    },
    "network": "$@network_def.to(@device)",
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "@image_key", "reader": "$monai.data.ITKReader"},
            {"_target_": "EnsureChannelFirstd", "keys": "image"},
            {"_target_": "Orientationd", "keys": "@image_key", "axcodes": "RAS"},
            {"_target_": "Spacingd", "keys": "image", "pixdim": [1.5, 1.5, 2.0], "mode": "bilinear"},
            {
                "_target_": "ScaleIntensityRanged",
                "keys": "image",
                "a_min": -57,
                "a_max": 164,
                "b_min": 0.0,
                "b_max": 1.0,
                "clip": True,
            },
            {"_target_": "EnsureTyped", "keys": "image", "device": "@device"},
        ],
    },
    "inferer": {
        "_target_": "SlidingWindowInferer",
        "roi_size": "@roi",
        "sw_batch_size": 2,
        "overlap": 0.5,
        "mode": "gaussian",
        "sw_device": "@device",
    },
    "postprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "Activationsd", "keys": "pred", "softmax": True},
            {
                "_target_": "Invertd",
                "keys": "pred",
                "transform": "@preprocessing",
                "orig_keys": "image",
                "nearest_interp": False,
                "to_tensor": True,
            },
            {"_target_": "AsDiscreted", "keys": "pred", "argmax": True},
            {"_target_": "SaveImaged", "keys": "pred", "output_dir": "$@bundle_root + '/eval'"},
        ],
    },
    "evaluator": {"_target_": "SupervisedEvaluator", "val_handlers": "$[h for h in @handlers]"},
}


def network(seed: int = 3) -> UNet:
    """Return the bundle's network with weights of chance whose three channels all win somewhere."""
    torch.manual_seed(seed)
    made = UNet(3, 1, 3, (4, 8, 16), (2, 2), num_res_units=1, norm="batch").eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return made


def write_bundle(folder: Path, inference: dict[str, Any] | None = None, **metadata: Any) -> Path:
    """Write a bundle by MONAI's own function."""
    made = folder / "two_ellipsoids"
    init_bundle(made, network=network(), metadata_str=METADATA | metadata, inference_str=inference or INFERENCE)
    return made


def labels_of_monai(folder: Path, array: NDArray[Any], geometry: Geometry) -> NDArray[np.int64]:
    """Return what MONAI makes of an image with a bundle's configuration, (slices, rows, columns).

    The image is given to it as an array with its affine, as its reader would: (columns, rows, slices) in RAS.
    """
    parser = ConfigParser()
    parser.read_config(str(folder / "configs" / "inference.json"))
    steps = parser["preprocessing"]["transforms"]
    parser["preprocessing"]["transforms"] = [step for step in steps if step["_target_"] != "LoadImaged"]
    after = parser["postprocessing"]["transforms"]
    parser["postprocessing"]["transforms"] = [step for step in after if step["_target_"] != "SaveImaged"]
    net = parser.get_parsed_content("network_def").eval()
    net.load_state_dict(torch.load(folder / "models" / "model.pt", weights_only=True))
    image = MetaTensor(torch.from_numpy(array.T.astype(np.float32).copy()), affine=geometry.nifti_affine())
    image.meta["original_channel_dim"] = "no_channel"
    data = {"image": image}
    before = parser.get_parsed_content("preprocessing")
    data = before(data)
    with torch.no_grad():
        data["pred"] = parser.get_parsed_content("inferer")(data["image"][None], net)[0]
    given = parser.get_parsed_content("postprocessing")(data)["pred"]
    return np.asarray(given)[0].T.astype(np.int64)
