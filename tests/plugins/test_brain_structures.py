from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import medview
from medview.files.formats.nifti import read_volume
from medview.plugin.contract import Context, Result
from medview.plugin.discovery import discover, find
from medview.progress import Cancelled, unheard
from medview.study.volume import Volume
from tests.plugins.conformance_of import conformance_of, in_state


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return sys.modules[find("brain_structures", discover()).load().__module__]


@pytest.fixture(scope="module")
def sample(brainchop: Path) -> Volume:
    """Return brainchop's own sample, as the series of an MR."""
    volume = read_volume(brainchop / "t1_crop.nii.gz")
    return Volume(volume.array, volume.geometry, replace(volume.series, modality="MR"))


def ml_by_label(result: Result) -> dict[str, float]:
    counts = np.bincount(result.labels.array.ravel(), minlength=64)
    return {s.label: float(counts[s.number]) * result.geometry.voxel_ml for s in result.labels.segments}


def keras_way(image: np.ndarray, weights: Path, channels: int, classes: int) -> np.ndarray:
    """Return MeshNet's classes as its authors' file says them: layer by layer, taps added up, borders zero."""
    values, start = np.fromfile(weights, dtype="<f4"), 0
    data = image[..., None].astype(np.float64)
    for dilation in (1, 2, 4, 8, 16, 8, 4, 2, 1, 0):  # 0: the classifier, whose kernel has one tap
        side, into = (1 if dilation == 0 else 3), data.shape[-1]
        out = classes if dilation == 0 else channels
        kernel = values[start : start + side**3 * into * out].reshape(side, side, side, into, out)
        start += kernel.size
        bias, start = values[start : start + out], start + out
        padded = np.pad(data, [(dilation, dilation)] * 3 + [(0, 0)])
        total = np.zeros((*data.shape[:3], out)) + bias
        for tap in np.ndindex(side, side, side):
            place = [slice(t * dilation, t * dilation + n) for t, n in zip(tap, image.shape, strict=True)]
            shifted = padded[tuple(place)]
            total += shifted @ kernel[tap].astype(np.float64)
        data = total if dilation == 0 else np.where(total > 0, total, np.expm1(np.minimum(total, 0)))
    assert start == values.size
    return data.argmax(axis=-1)


@pytest.mark.parametrize(("classes", "channels"), [("3", 20), ("18", 21), ("50", 30)])
def test_the_network_is_the_one_of_the_authors_file(
    classes: str, channels: int, module: ModuleType, tmp_path: Path
) -> None:
    random, weights = np.random.default_rng(int(classes)), tmp_path / "model.bin"
    count = sum(int(np.prod(shape)) for shape in module._shapes(channels, int(classes)))
    random.normal(scale=0.07, size=count).astype("<f4").tofile(weights)
    image = random.normal(size=(30, 21, 23)).astype(np.float32)
    ours = module._classes(image, classes, weights, Context("cpu", unheard))
    theirs = keras_way(image, weights, channels, int(classes))
    assert len(np.unique(theirs)) > 1
    assert (ours == theirs).mean() > 0.999


def test_a_file_of_another_size_is_refused(module: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    np.zeros(100, dtype="<f4").tofile(path)
    with pytest.raises(ValueError, match="holds 100 numbers"):
        module._arrays(path, [(3, 3, 3, 1, 1), (1,)])


@pytest.mark.slow
def test_grey_and_white_matter_of_brainchops_sample(sample: Volume) -> None:
    told: list[float] = []
    result = medview.run(
        "brain_structures", sample, device="cpu", classes="3", progress=lambda fraction, text="": told.append(fraction)
    )
    found = ml_by_label(result)
    assert 450 < found["White matter"] < 650
    assert 600 < found["Grey matter"] < 850
    assert np.median(sample.array[result.labels.array == 1]) > 1.2 * np.median(sample.array[result.labels.array == 2])
    assert told == sorted(told)
    assert len(told) > 100


@pytest.mark.slow
def test_a_bright_scalp_does_not_hide_the_brain(head: Volume, brainchop: Path) -> None:
    found = ml_by_label(medview.run("brain_structures", head, device="cpu", classes="3"))
    assert 350 < found["White matter"] < 520
    assert 650 < found["Grey matter"] < 950


def test_a_cancel_is_noticed_between_slabs(sample: Volume) -> None:
    def unwanted(fraction: float, text: str = "") -> None:
        if fraction > 0.15:  # in the first layer, which begins at 0.12
            raise Cancelled

    with pytest.raises(Cancelled):
        medview.run("brain_structures", sample, device="cpu", classes="18", progress=unwanted)


# ml on this very image, as found by the authors' layout computed independently with the larger 18-class network
INDEPENDENT: Mapping[str, float] = {
    "Cerebral white matter": 479,
    "Cerebral cortex": 582,
    "Lateral ventricles": 17.6,
    "Thalamus": 17.4,
    "Caudate nucleus": 7.8,
    "Putamen": 11.4,
    "Hippocampus": 8.9,
    "Brain stem": 22.7,
}


def test_seventeen_structures_of_brainchops_sample(sample: Volume) -> None:
    result = medview.run("brain_structures", sample, device="cpu", classes="18")
    found = ml_by_label(result)
    assert len(found) == 17
    for label, expected in INDEPENDENT.items():
        assert found[label] == pytest.approx(expected, rel=0.2), label
    middle = _centre(result, "Third ventricle")
    assert _centre(result, "Cerebellar cortex")[1] > middle[1] + 20  # behind
    assert _centre(result, "Cerebellar cortex")[2] < middle[2] - 20  # below
    assert _centre(result, "Caudate nucleus")[1] < middle[1]  # before


def _centre(result: Result, label: str) -> Any:
    number = next(s.number for s in result.labels.segments if s.label == label)
    return result.geometry.to_mm(np.argwhere(result.labels.array == number).mean(axis=0))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_finds_the_same_structures(sample: Volume) -> None:
    on_cpu = medview.run("brain_structures", sample, device="cpu", classes="18")
    on_gpu = medview.run("brain_structures", sample, device="cuda", classes="18")
    assert (on_cpu.labels.array == on_gpu.labels.array).mean() > 0.999


def test_it_passes_the_whole_conformance_suite() -> None:
    """On a small head: the network computes on millimetres, and a whole one takes it ten times as long."""
    rows = conformance_of("brain_structures", size=0.35)
    assert in_state("failed", rows) == {}
    assert list(in_state("does not apply", rows)) == ["self tests"]
