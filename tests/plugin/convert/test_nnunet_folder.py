from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medview.plugin.contract import Labels
from medview.plugin.convert.import_model import import_model
from medview.plugin.convert.told import Told
from medview.plugin.discovery import Plugin
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.geometry import Geometry
from tests.plugin.convert.agreement import dice
from tests.plugin.convert.nnunet_folders import CASES, RECORDED, SLICES, VOLUME, Case, labels_of_nnunet, write_result
from tests.plugin.folders import volume_of

LPS = Told(orientation="LPS")  # as the image of a case lies: columns to the left, rows to the back, slices upwards


def labels_here(case: Case, plugin: Plugin) -> NDArray[np.uint8]:
    depth, high, wide = case.spacing_mm
    geometry = Geometry.from_axes(
        case.shape, origin=(5, -9, 40), slice_step=(0, 0, depth), row_step=(0, high, 0), column_step=(wide, 0, 0)
    )
    (modality,) = plugin.manifest.input.modality
    (answer,) = PluginRun(plugin, volume_of(case.image(), geometry, modality), {"mirrored": case.is_mirrored})(unheard).answers
    assert isinstance(answer, Labels)
    return answer.array


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_result_folder_gives_the_labels_that_nnunet_gave(case: Case) -> None:
    plugin, notes = import_model(RECORDED / case.name, LPS, unheard)
    with np.load(RECORDED / case.name / "labels.npz") as recorded:
        truth = recorded["labels"]
    assert min(np.bincount(truth.ravel())) > 500
    assert min(dice(labels_here(case, plugin), truth)) >= 0.999


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_result_folder_written_now_gives_the_labels_that_nnunet_gives(case: Case, tmp_path: Path) -> None:
    pytest.importorskip("nnunetv2", reason="nnU-Net is not installed: what it gave is held in recorded/")
    folder = write_result(case, tmp_path)
    plugin, _ = import_model(folder, LPS, unheard)
    assert min(dice(labels_here(case, plugin), labels_of_nnunet(case, folder))) >= 0.999
