from __future__ import annotations

import json
import shutil
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from medview.cli.arguments import parse
from medview.cli.verbs import run
from medview.errors import MedViewError
from medview.plugin.contract import Labels
from medview.plugin.convert.import_model import import_model
from medview.plugin.convert.nnunet_labels import NnunetLabels
from medview.plugin.convert.told import Told
from medview.plugin.discovery import Plugin, discover, find
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.geometry import Geometry
from tests.plugin.convert.agreement import dice, images
from tests.plugin.convert.nnunet_folders import CASES, RECORDED, SLICES, VOLUME, Case

LPS = Told(orientation="LPS")  # as the image of a case lies: columns to the left, rows to the back, slices upwards


def labels_here(case: Case, plugin: Plugin) -> NDArray[np.uint8]:
    depth, high, wide = case.spacing_mm
    geometry = Geometry.from_axes(
        case.shape, origin=(5, -9, 40), slice_step=(0, 0, depth), row_step=(0, high, 0), column_step=(wide, 0, 0)
    )
    (modality,) = plugin.manifest.input.modality
    (answer,) = PluginRun(plugin, images(case.image(), geometry, modality), {"mirrored": case.is_mirrored})(
        unheard
    ).answers
    assert isinstance(answer, Labels)
    return answer.array


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_result_folder_gives_the_labels_that_nnunet_gave(case: Case) -> None:
    agrees_with_nnunet(case, RECORDED)


def test_a_result_folder_written_now_gives_the_labels_that_nnunet_gives(tmp_path: Path) -> None:
    if find_spec("nnunetv2") is None:
        pytest.skip("nnU-Net is not installed: what it gave is held in recorded/")
    command = [sys.executable, "-m", "tests.plugin.convert.nnunet_folders", str(tmp_path)]  # it leaves threads behind
    subprocess.run(command, check=True, capture_output=True)
    for case in CASES:
        agrees_with_nnunet(case, tmp_path)


def test_images_that_are_stored_another_way_get_the_same_labels_at_the_same_places(tmp_path: Path) -> None:
    plugin, _ = import_model(RECORDED / "slices", LPS, unheard)
    depth, high, wide = SLICES.spacing_mm
    array = SLICES.image()[:, ::-1, ::-1].transpose(1, 2, 0)  # coronal, from the back; columns to the right, slices up
    last_row, last_column = (n - 1 for n in SLICES.shape[1:])
    geometry = Geometry.from_axes(
        array.shape,
        origin=(last_column * wide, last_row * high, 0),
        slice_step=(0, -high, 0),
        row_step=(-wide, 0, 0),
        column_step=(0, 0, depth),
    )
    (answer,) = PluginRun(plugin, images(array, geometry, "MR"), {"mirrored": True})(unheard).answers
    assert isinstance(answer, Labels)
    here = labels_here(SLICES, plugin)
    np.testing.assert_array_equal(answer.array.transpose(2, 0, 1)[:, ::-1, ::-1], here)


def agrees_with_nnunet(case: Case, recorded: Path) -> None:
    plugin, _ = import_model(recorded / case.name, LPS, unheard)
    with np.load(recorded / case.name / "labels.npz") as kept:
        truth = kept["labels"]
    assert min(np.bincount(truth.ravel())) > 500
    assert min(dice(labels_here(case, plugin), truth)) >= 0.999


def copied(case: Case, folder: Path, plans: dict[str, Any] | None = None, **dataset: Any) -> Path:
    """Return a copy of a recorded result folder in which something says another thing."""
    made = Path(shutil.copytree(RECORDED / case.name, folder / case.name))
    (made / "dataset.json").write_text(json.dumps(case.dataset | dataset), encoding="utf-8")
    (made / "plans.json").write_text(json.dumps(case.plans | (plans or {})), encoding="utf-8")
    return made


def configured(case: Case, **told: Any) -> dict[str, Any]:
    plans = deepcopy(case.plans["configurations"])
    plans[case.configuration] |= told
    return {"configurations": plans}


REFUSALS: dict[str, tuple[dict[str, Any], Told, str]] = {
    "orientation": ({}, Told(), "does not say how its images lie in the patient: SimpleITKIO reads them as they are"),
    "cascade": (
        {"plans": configured(VOLUME, previous_stage="3d_lowres")},
        LPS,
        "3d_fullres is the later stage of a cascade",
    ),
    "two images": ({"channel_names": {"0": "T1", "1": "T2"}}, LPS, r"needs several images at once \(T1, T2\)"),
    "modality": ({"channel_names": {"0": "cell"}}, LPS, r"it calls them cell\. Say it: --modality"),
    "normalisation": (
        {"plans": configured(VOLUME, normalization_schemes=["MyNormalization"])},
        LPS,
        "normalises by MyNormalization",
    ),
    "resampling": (
        {"plans": configured(VOLUME, resampling_fn_data="my_function")},
        LPS,
        "resamples its data by my_function of order 3",
    ),
    "slices apart": (
        {"plans": configured(VOLUME, resampling_fn_data_kwargs={"order": 3, "order_z": 0, "force_separate_z": True})},
        LPS,
        "resamples its data by resample_data_or_seg_to_shape of order 3",
    ),
    "answers by splines": (
        {"plans": configured(VOLUME, resampling_fn_probabilities_kwargs={"order": 3})},
        LPS,
        "resamples its probabilities by resample_data_or_seg_to_shape of order 3",
    ),
    "network": (
        {"plans": configured(VOLUME, architecture={"network_class_name": "os.system", "arch_kwargs": {}})},
        LPS,
        r"network is system, which MedView cannot make\. It makes PlainConvUNet, ResidualEncoderUNet",
    ),
    "layer": (
        {
            "plans": configured(
                VOLUME,
                architecture={
                    "network_class_name": "PlainConvUNet",
                    "arch_kwargs": {"n_stages": 1, "conv_op": "subprocess.Popen"},
                },
            )
        },
        LPS,
        "cannot be made with the given arguments: 'Popen'",
    ),
    "words for numbers": (
        {"plans": configured(VOLUME, spacing=["a", "b", "c"])},
        LPS,
        "says of its model is not what such files say: ValueError",
    ),
    "labels": ({"labels": {"background": 0, "a": 1, "b": 7}}, LPS, "dataset.json says nothing usable of labels"),
    "more labels than channels": (
        {"labels": {"background": 0, "a": 1, "b": 2, "c": 3}},
        LPS,
        "do not fit the network PlainConvUNet: size mismatch",
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_what_a_manifest_cannot_say_is_refused_by_name(what: str, tmp_path: Path) -> None:
    changes, told, said = REFUSALS[what]
    folder = copied(VOLUME, tmp_path, **changes)
    with pytest.raises(MedViewError, match=said):
        import_model(folder, told, unheard, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_region_is_called_what_later_regions_leave_of_it(tmp_path: Path) -> None:
    """A voxel has one label: the volume of what is called whole would lack its core."""
    plugin, notes = import_model(RECORDED / "slices", LPS, unheard)
    assert [s.label for s in plugin.manifest.segments(plugin.manifest.defaults())] == ["whole less core", "core"]
    assert any("what later regions leave" in note for note in notes)
    regions = {"background": 0, "edema and all that lies in it, as drawn by two readers": [1, 2, 3]}
    regions |= {"core": [2, 3], "ring": [3], "apart": [4]}
    named = NnunetLabels({"labels": regions, "regions_class_order": [1, 2, 3, 4]}).names()
    assert named == {1: "edema and all that lies in it, as drawn by two readers (rest)", 2: "core less ring"} | {
        3: "ring",
        4: "apart",
    }


def test_what_is_counted_in_a_mask_is_told(tmp_path: Path) -> None:
    told = configured(VOLUME, normalization_schemes=["ZScoreNormalization"], use_mask_for_norm=[True])
    _, notes = import_model(copied(VOLUME, tmp_path, told), LPS, unheard)
    assert any("zeros that lie enclosed" in note for note in notes)


def test_folds_are_those_that_are_there_or_those_that_are_asked_for(tmp_path: Path) -> None:
    all_, notes = import_model(RECORDED / "volume", LPS, unheard, tmp_path / "a")
    one, _ = import_model(RECORDED / "volume", replace(LPS, folds=("1",)), unheard, tmp_path / "b")
    assert [w.id for w in all_.manifest.weights] == ["fold_0", "fold_1"]
    assert "Folds taken: 0, 1. Their answers are averaged." in notes
    assert [w.id for w in one.manifest.weights] == ["fold_1"]
    assert {p.id for p in all_.manifest.parameters} == {"mirrored", "ensemble", "probability_of"}
    with pytest.raises(MedViewError, match="no checkpoint of the wanted folds"):
        import_model(RECORDED / "volume", replace(LPS, folds=("4",)), unheard, tmp_path / "c")


def test_the_fold_that_was_trained_on_everything_is_taken_alone_where_it_is_asked_for(tmp_path: Path) -> None:
    """As nnU-Net's own -f all: its training images are those that the others were held against."""
    folder = copied(VOLUME, tmp_path)
    shutil.copytree(folder / "fold_0", folder / "fold_all")
    one, _ = import_model(folder, replace(LPS, folds=("all",)), unheard, tmp_path / "a")
    several, _ = import_model(folder, LPS, unheard, tmp_path / "b")
    assert [w.id for w in one.manifest.weights] == ["fold_all"]
    assert [w.id for w in several.manifest.weights] == ["fold_0", "fold_1"]


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Runs:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "ran",)

    folder = copied(VOLUME, tmp_path)
    torch.save({"network_weights": {}, "logging": Runs()}, folder / "fold_0" / "checkpoint_final.pth")
    with pytest.raises(MedViewError, match=r"checkpoint_final\.pth cannot be read as plain data"):
        import_model(folder, LPS, unheard)
    assert not (tmp_path / "ran").exists()


def test_the_command_line_imports_and_tells_what_must_be_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "plugin",
        "import",
        str(RECORDED / "slices"),
        "-o",
        str(tmp_path),
        "--id",
        "Waves",
        "--json",
        "--quiet",
    ]
    assert run(parse(arguments)) == 1
    assert "how its images lie in the patient" in json.loads(capsys.readouterr().out)["error"]
    assert run(parse([*arguments, "--orientation", "LPS"])) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["plugin"], answer["folder"]) == ("waves", str(tmp_path / "waves"))
    assert answer["notes"][0] == "Folds taken: 0."
    assert find("waves", discover([tmp_path])).manifest.outputs[0].activation == "sigmoid"
