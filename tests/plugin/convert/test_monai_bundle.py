from __future__ import annotations

import json
import shutil
import zipfile
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.plugin.contract import Labels
from medview.plugin.convert.bundle_config import BundleConfig
from medview.plugin.convert.bundle_steps import preprocessing_of
from medview.plugin.convert.import_model import import_model
from medview.plugin.convert.told import Told
from medview.plugin.engine.intensity import measured
from medview.plugin.manifest.input_record import IntensityStep
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.geometry import Geometry
from tests.plugin.convert.agreement import dice, images
from tests.plugin.convert.bundles import INFERENCE, labels_of_monai, network, write_bundle


def ellipsoids(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    """Two of different brightness in air, with noise, on no axis of symmetry."""
    rng = np.random.default_rng(5)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    left = (z + 0.1) ** 2 / 0.5 + (y - 0.2) ** 2 / 0.3 + (x - 0.45) ** 2 / 0.12 < 1
    right = (z - 0.2) ** 2 / 0.3 + (y + 0.1) ** 2 / 0.5 + (x + 0.5) ** 2 / 0.1 < 1
    values = -100.0 + 180 * left + 90 * right + rng.normal(0, 15, shape)
    return values.round().astype(np.int16)


def tilted(shape: tuple[int, int, int]) -> Geometry:
    """Return an oblique grid: slices of 3 mm, pixels of 1.1 and 0.9, rows to the back, turned by some degrees."""
    a = np.deg2rad(12)
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.array([[0, 0, 0.9], [0, 1.1, 0], [3.0, 0, 0]])
    affine[:3, 3] = (-30, -40, 10)
    return Geometry(shape, affine)


def test_a_bundle_gives_the_labels_that_monai_gives(tmp_path: Path) -> None:
    folder, shape = write_bundle(tmp_path), (22, 48, 60)
    array, geometry = ellipsoids(shape), tilted(shape)
    plugin, _ = import_model(folder, Told(), unheard)
    assert plugin.manifest.id == "two_ellipsoids"
    result = PluginRun(plugin, images(array, geometry, "CT"))(unheard)
    (labels,) = result.answers
    assert isinstance(labels, Labels)
    truth = labels_of_monai(folder, array, geometry)
    assert min(np.bincount(truth.ravel(), minlength=3)) > 1000
    assert min(dice(labels.array, truth)) >= 0.999


def test_a_bundle_in_a_zip_makes_the_same_plugin_and_nothing_of_it_is_run(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path)
    config = json.loads((folder / "configs" / "inference.json").read_text(encoding="utf-8"))
    config["imports"] = [f"$open({str(tmp_path / 'ran')!r}, 'w')"]
    config["dataset_dir"] = f"$__import__('pathlib').Path({str(tmp_path / 'ran')!r}).touch()"
    (folder / "configs" / "inference.json").write_text(json.dumps(config), encoding="utf-8")
    archive = Path(shutil.make_archive(str(tmp_path / "bundle"), "zip", tmp_path, folder.name))
    plugin, notes = import_model(archive, Told(plugin_id="From zip"), unheard, tmp_path / "out")
    assert plugin.folder == tmp_path / "out" / "from_zip"
    assert sorted(path.name for path in plugin.folder.iterdir()) == [
        "LICENSE",
        "README.md",
        "network.safetensors",
        "plugin.toml",
    ]
    assert [s.label for s in plugin.manifest.segments(plugin.manifest.defaults())] == ["left one", "right one"]
    assert any("generic code" in note for note in notes)
    assert not (tmp_path / "ran").exists()
    assert list((tmp_path / "out").glob(".*")) == []
    with pytest.raises(MedViewError, match="There is a plugin from_zip in"):
        import_model(archive, Told(plugin_id="From zip"), unheard, tmp_path / "out")


def changed(**parts: object) -> dict[str, object]:
    return deepcopy(INFERENCE) | parts


def with_step(number: int, step: dict[str, object]) -> dict[str, object]:
    config = deepcopy(INFERENCE)
    config["preprocessing"]["transforms"][number] = step
    return config


REFUSALS = {
    "expression as size": (changed(roi="$[32] * 3"), r"inferer\.roi_size is an expression and no value: \$\[32\] \* 3"),
    "expression in the network": (
        changed(network_def=INFERENCE["network_def"] | {"channels": "$(4, 8, 16)"}),
        r"network_def\.channels is an expression",
    ),
    "target is code": (
        changed(network_def={"_target_": "scripts.networks.MyNet"}),
        "network_def is made by scripts.networks.MyNet, which is code of the bundle's own",
    ),
    "target of the library that is no network": (
        changed(network_def={"_target_": "monai.bundle.run"}),
        "does not know the network run",
    ),
    "target outside": (changed(network_def={"_target_": "os.system", "command": "true"}), r"made by os\.system"),
    "unknown step": (
        with_step(3, {"_target_": "RandZoomd", "keys": "image"}),
        r"preprocessing\.3 is RandZoomd, with what it is given\. A manifest cannot say this step",
    ),
    "step by a function": (
        with_step(3, {"_target_": "Lambdad", "keys": "image", "func": "$lambda x: x"}),
        r"preprocessing\.3 \(Lambdad\)\.func is an expression",
    ),
    "spacing by splines": (
        with_step(3, {"_target_": "Spacingd", "keys": "image", "pixdim": [1, 1, 1], "mode": 3}),
        r"preprocessing\.3 is Spacingd",
    ),
    "no orientation": (with_step(2, {"_target_": "EnsureTyped", "keys": "image"}), "no step Orientationd"),
    "circle": (changed(roi="@roi"), "in a circle"),
    "reference to nothing": (changed(roi="@no#such"), "refers to @no#such, which is not there"),
    "argument that the network has not": (
        changed(network_def=INFERENCE["network_def"] | {"depth": 5}),
        "The network UNet has no argument depth",
    ),
    "weights that do not fit": (
        changed(network_def=INFERENCE["network_def"] | {"channels": [4, 8, 32]}),
        r"weights network\.safetensors do not fit the network UNet: size mismatch",
    ),
    "other inferer": (changed(inferer={"_target_": "SaliencyInferer"}), "inferer is SaliencyInferer"),
    "structures that may overlap": (
        changed(
            postprocessing={
                "_target_": "Compose",
                "transforms": [
                    {"_target_": "Activationsd", "keys": "pred", "sigmoid": True},
                    {"_target_": "AsDiscreted", "keys": "pred", "threshold": 0.5},
                ],
            }
        ),
        "gives 3 structures, each by itself: they may overlap",
    ),
    "largest of what was judged one by one": (
        changed(
            postprocessing={
                "_target_": "Compose",
                "transforms": [
                    {"_target_": "Activationsd", "keys": "pred", "sigmoid": True},
                    {"_target_": "Invertd", "keys": "pred", "transform": "@preprocessing", "nearest_interp": False},
                    {"_target_": "AsDiscreted", "keys": "pred", "argmax": True},
                ],
            }
        ),
        r"postprocessing\.2 is AsDiscreted",
    ),
    "axes under other names": (
        with_step(
            2,
            {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"}
            | {"labels": [["R", "L"], ["A", "P"], ["I", "S"]]},
        ),
        r"preprocessing\.2 is Orientationd",
    ),
    "a range with one end": (
        with_step(
            4,
            {"_target_": "ScaleIntensityRanged", "keys": "image", "a_min": -57, "a_max": 164, "b_min": 0.0}
            | {"clip": True},
        ),
        r"preprocessing\.4 is ScaleIntensityRanged",
    ),
    "a range without width": (
        with_step(
            4,
            {"_target_": "ScaleIntensityRanged", "keys": "image", "a_min": 9, "a_max": 9, "b_min": 0.0, "b_max": 1.0},
        ),
        r"preprocessing\.4 is ScaleIntensityRanged",
    ),
    "the nearest voxel for the image": (
        with_step(
            3,
            {"_target_": "Spacingd", "keys": ["label", "image"], "pixdim": [1, 1, 1], "mode": ["bilinear", "nearest"]},
        ),
        r"preprocessing\.3 is Spacingd",
    ),
    "no labels": (changed(postprocessing={"_target_": "Compose", "transforms": []}), "does not end in labels"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_what_a_manifest_cannot_say_is_refused_by_name(what: str, tmp_path: Path) -> None:
    config, said = REFUSALS[what]
    folder = write_bundle(tmp_path, config)
    with pytest.raises(MedViewError, match=said):
        import_model(folder, Told(), unheard, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_of_several_images_the_words_of_the_image_count() -> None:
    step = {"_target_": "Spacingd", "keys": ["label", "image"], "pixdim": [1, 1, 2], "mode": ["nearest", "bilinear"]}
    config = BundleConfig({"preprocessing": {"_target_": "Compose", "transforms": [step]}})
    assert preprocessing_of(config, "image").spacing_mm == (1.0, 1.0, 2.0)


def test_yaml_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path)
    (folder / "configs" / "inference.json").rename(folder / "configs" / "inference.yaml")
    with pytest.raises(MedViewError, match=r"is YAML, which MedView does not read\. Write it as JSON"):
        import_model(folder, Told(), unheard)


def test_an_archive_whose_entry_leads_outside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b/configs/metadata.json", "{}")
        archive.writestr("../../escaped.txt", "outside")
    with pytest.raises(MedViewError, match=r"slip\.zip was refused: the name of its entry \.\./\.\./escaped\.txt"):
        import_model(path, Told(), unheard, tmp_path / "out")
    assert not list(tmp_path.rglob("escaped.txt"))


def test_a_damaged_text_in_an_archive_is_told(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path)
    (folder / "LICENSE").write_text("free " * 400, encoding="utf-8")
    archive = Path(shutil.make_archive(str(tmp_path / "bundle"), "zip", tmp_path, folder.name))
    with zipfile.ZipFile(archive) as there:
        entry = there.getinfo(f"{folder.name}/LICENSE")
    content = bytearray(archive.read_bytes())
    content[entry.header_offset + 30 + len(entry.filename) + 3] ^= 255
    archive.write_bytes(content)
    with pytest.raises(MedViewError, match=r"LICENSE of the model cannot be read"):
        import_model(archive, Told(), unheard, tmp_path / "out")


def test_weights_that_would_run_code_are_refused(tmp_path: Path) -> None:
    class Runs:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "ran",)

    folder = write_bundle(tmp_path)
    torch.save({"state_dict": Runs()}, folder / "models" / "model.pt")
    with pytest.raises(MedViewError, match=r"The weights model\.pt cannot be read as plain data"):
        import_model(folder, Told(), unheard)
    assert not (tmp_path / "ran").exists()


def test_torchscript_in_place_of_weights_is_taken_as_it_is(tmp_path: Path) -> None:
    folder, shape = write_bundle(tmp_path), (22, 48, 60)
    truth = labels_of_monai(folder, ellipsoids(shape), tilted(shape))
    (folder / "models" / "model.pt").unlink()
    script = torch.jit.trace(network(), torch.zeros(1, 1, 32, 32, 16))  # type: ignore[no-untyped-call]
    script.save(str(folder / "models" / "model.ts"))
    plugin, _ = import_model(folder, Told(), unheard)
    assert plugin.manifest.weights[0].format == "torchscript"
    (labels,) = PluginRun(plugin, images(ellipsoids(shape), tilted(shape), "CT"))(unheard).answers
    assert min(dice(labels.array, truth)) >= 0.999


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ([{"_target_": "NormalizeIntensityd", "nonzero": True}], [{"op": "zscore", "nonzero": True}]),
        (
            [{"_target_": "NormalizeIntensityd", "subtrahend": 50, "divisor": 25.5}],
            [{"op": "zscore", "mean": 50.0, "std": 25.5}],
        ),
        ([{"_target_": "ScaleIntensityd"}], [{"op": "minmax", "low": 0.0, "high": 1.0}]),
        (
            [
                {"_target_": "ScaleIntensityRangePercentilesd", "lower": 1, "upper": 99, "b_min": -1, "b_max": 1}
                | {"clip": True}
            ],
            [{"op": "clip_percentile", "low": 1.0, "high": 99.0}, {"op": "minmax", "low": -1.0, "high": 1.0}],
        ),
    ],
)
def test_steps_on_values_are_those_of_monai(steps: list[dict[str, object]], wanted: list[dict[str, object]]) -> None:
    """Each by MONAI's own transform, and by what the manifest says of it."""
    transforms = {"_target_": "Compose", "transforms": [step | {"keys": "image"} for step in steps]}
    config = BundleConfig({"preprocessing": transforms})
    found = preprocessing_of(config, "image")
    assert [{k: v for k, v in step.items() if v is not False} for step in found.intensity] == wanted
    values = np.random.default_rng(2).normal(40, 30, (5, 6, 7)).round().astype(np.float32)
    values[0] = 0
    given = measured([IntensityStep(**step) for step in found.intensity], values).apply(torch.from_numpy(values.copy()))
    parser = ConfigParser({"steps": transforms})
    theirs = parser.get_parsed_content("steps")({"image": torch.from_numpy(values)[None]})["image"][0]
    np.testing.assert_allclose(given.numpy(), np.asarray(theirs), atol=2e-5)
