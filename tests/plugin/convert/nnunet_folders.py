"""Result folders of nnU-Net written by nnU-Net's own trainer, and the labels that its own predictor gives with them.

nnU-Net needs some thirty packages, among them another torchvision: it is no part of the development set. Where it is
installed, `test_nnunet_folder.py` asks it anew; where it is not, what it has written and said is held in `recorded/`.
``python -m tests.plugin.convert.nnunet_folders`` records it again (nnunetv2 2.8.1).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

RECORDED = Path(__file__).parent / "recorded"
_LAYERS = {
    "conv_bias": True,
    "norm_op_kwargs": {"eps": 1e-05, "affine": True},
    "dropout_op": None,
    "dropout_op_kwargs": None,
    "nonlin": "torch.nn.LeakyReLU",
    "nonlin_kwargs": {"inplace": True},
}
_RESAMPLING = {
    "resampling_fn_data": "resample_data_or_seg_to_shape",
    "resampling_fn_seg": "resample_data_or_seg_to_shape",
    "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
    "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
    "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
    "resampling_fn_probabilities_kwargs": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
}


@dataclass(frozen=True)
class Case:
    """A small nnU-Net and an image.

    Attributes
    ----------
    spacing_mm
        Of the image's (slices, rows, columns).
    is_mirrored
        Whether answers to mirrored images are averaged, as nnU-Net does at first.
    folds
        Each has weights of its own.
    """

    name: str
    configuration: str
    folds: tuple[int, ...]
    plans: dict[str, Any]
    dataset: dict[str, Any]
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    is_mirrored: bool

    def image(self) -> NDArray[np.int16]:
        """Return an image with structure at several sizes, and a border of zeros that nnU-Net crops."""
        rng = np.random.default_rng(7)
        z, y, x = np.meshgrid(*[np.linspace(0, 1, n) for n in self.shape], indexing="ij")
        values = (
            120 * np.sin(9 * x + 4 * z) * np.cos(7 * y - 3 * z * x) + 60 * (x + y > 1) + rng.normal(0, 6, self.shape)
        )
        found = values.round().astype(np.int16) + 300
        found[:2] = 0
        found[:, :, -3:] = 0
        return found


def _plans(configuration: str, transpose: list[int], **told: Any) -> dict[str, Any]:
    return {
        "dataset_name": "Dataset901_Waves",
        "plans_name": "nnUNetPlans",
        "original_median_spacing_after_transp": [2.0, 1.0, 1.0],
        "original_median_shape_after_transp": [24, 40, 44],
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": transpose,
        "transpose_backward": [transpose.index(axis) for axis in range(3)],
        "configurations": {
            "base": {"data_identifier": "none", "preprocessor_name": "DefaultPreprocessor", "batch_size": 2}
            | {"batch_dice": False, "use_mask_for_norm": [False], **_RESAMPLING},
            configuration: {"inherits_from": "base", **told},
        },
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {
            "0": {"mean": 310.5, "std": 88.25, "percentile_00_5": 150.0, "percentile_99_5": 470.0}
            | {"median": 300.0, "min": 0.0, "max": 600.0}
        },
    }


VOLUME = Case(
    "volume",
    "3d_fullres",
    (0, 1),
    _plans(
        "3d_fullres",
        [0, 1, 2],
        patch_size=[16, 24, 24],
        spacing=[1.6, 1.2, 1.2],
        normalization_schemes=["CTNormalization"],
        architecture={
            "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
            "arch_kwargs": {
                "n_stages": 3,
                "features_per_stage": [3, 6, 8],
                "conv_op": "torch.nn.modules.conv.Conv3d",
                "kernel_sizes": [[3, 3, 3]] * 3,
                "strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]],
                "n_conv_per_stage": [1, 1, 1],
                "n_conv_per_stage_decoder": [1, 1],
                "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
                **_LAYERS,
            },
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        },
    ),
    {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "crest": 1, "trough": 2},
        "numTraining": 4,
        "file_ending": ".nii.gz",
        "name": "Waves",
    },
    (22, 36, 42),
    (2.0, 1.0, 1.0),
    False,
)

SLICES = Case(
    "slices",
    "2d",
    (0,),
    _plans(
        "2d",
        [1, 0, 2],
        patch_size=[16, 32],
        spacing=[2.0, 1.0],
        normalization_schemes=["ZScoreNormalization"],
        architecture={
            "network_class_name": "dynamic_network_architectures.architectures.unet.ResidualEncoderUNet",
            "arch_kwargs": {
                "n_stages": 3,
                "features_per_stage": [4, 6, 8],
                "conv_op": "torch.nn.modules.conv.Conv2d",
                "kernel_sizes": [[3, 3]] * 3,
                "strides": [[1, 1], [2, 2], [2, 2]],
                "n_blocks_per_stage": [1, 1, 1],
                "n_conv_per_stage_decoder": [1, 1],
                "norm_op": "torch.nn.modules.instancenorm.InstanceNorm2d",
                **_LAYERS,
            },
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        },
    ),
    {
        "channel_names": {"0": "T1"},
        "labels": {"background": 0, "whole": [1, 2], "core": [2]},
        "regions_class_order": [1, 2],
        "numTraining": 4,
        "file_ending": ".nii.gz",
    },
    (24, 9, 40),
    (2.0, 1.0, 1.0),
    True,
)
CASES = (VOLUME, SLICES)


def write_result(case: Case, folder: Path) -> Path:
    """Write a result folder by nnU-Net's own trainer and return it."""
    os.environ |= {name: str(folder) for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")}
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    for fold in case.folds:
        plans = deepcopy(case.plans) | {"continue_training": False}
        trainer = nnUNetTrainer(plans, case.configuration, fold, deepcopy(case.dataset), torch.device("cpu"))
        torch.manual_seed(20 + fold)
        heads = trainer.label_manager.num_segmentation_heads
        trainer.network = trainer.build_network_architecture(
            trainer.plans_manager, trainer.configuration_manager, 1, heads, True
        )
        for parameter in trainer.network.parameters():
            torch.nn.init.normal_(parameter, std=0.5)
        _balance(trainer.network, case, trainer.configuration_manager.patch_size)
        trainer.optimizer, trainer.lr_scheduler = trainer.configure_optimizers()
        trainer.inference_allowed_mirroring_axes = tuple(range(len(trainer.configuration_manager.patch_size)))
        trainer.logger.log("train_losses", np.float64(-0.25), 0)
        trainer.logger.log("mean_fg_dice", np.float32(0.5), 0)
        trainer.save_checkpoint(str(Path(trainer.output_folder) / "checkpoint_final.pth"))
    home = Path(trainer.output_folder_base)
    (home / "dataset.json").write_text(json.dumps(case.dataset, indent=1), encoding="utf-8")
    (home / "plans.json").write_text(json.dumps(case.plans, indent=1), encoding="utf-8")
    return home


def _balance(network: torch.nn.Module, case: Case, patch: list[int]) -> None:
    """Shift what the network says so that each channel wins somewhere: weights of chance alone prefer one."""
    image = case.image().transpose(case.plans["transpose_forward"]).astype(np.float32)
    values = torch.from_numpy((image - image.mean()) / image.std())
    starts = [(n - side) // 2 for n, side in zip(image.shape[-len(patch) :], patch, strict=True)]
    middle = tuple(slice(start, start + side) for start, side in zip(starts, patch, strict=True))
    part = values[(*[image.shape[0] // 2] * (3 - len(patch)), *middle)][None, None]
    with torch.no_grad():
        given = network.eval()(part)[0]
        layer = network.decoder.seg_layers[-1]
        layer.bias -= given.mean(dim=tuple(range(2, given.ndim)))[0]
        strength = 5.0 / float(given.std())  # as of a trained network: nnU-Net sums in half precision
        layer.weight *= strength
        layer.bias *= strength


def labels_of_nnunet(case: Case, folder: Path) -> NDArray[np.uint8]:
    """Return what nnU-Net's own predictor makes of the case's image with a result folder."""
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(
        tile_step_size=0.5,
        use_gaussian=True,
        use_mirroring=case.is_mirrored,
        device=torch.device("cpu"),
        allow_tqdm=False,
    )
    predictor.initialize_from_trained_model_folder(str(folder), case.folds, "checkpoint_final.pth")
    image = case.image()[None].astype(np.float32)
    given = predictor.predict_single_npy_array(image, {"spacing": list(case.spacing_mm)})
    return np.asarray(given).astype(np.uint8)


def record(target: Path) -> None:
    """Write what the tests hold the import against: each case's folder, and the labels that nnU-Net gives with it."""
    import shutil

    for case in CASES:
        with tempfile.TemporaryDirectory() as temporary:
            written = write_result(case, Path(temporary))
            kept = target / case.name
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(written, kept, ignore=shutil.ignore_patterns("*.txt", "*.png", "*.json.lock", "wandb"))
            labels = labels_of_nnunet(case, written)
            np.savez_compressed(kept / "labels.npz", labels=labels)
            print(case.name, np.bincount(labels.ravel()).tolist())


if __name__ == "__main__":
    record(Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDED)
