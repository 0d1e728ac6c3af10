from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import medview
from medview.files.formats.nifti import read_volume
from medview.imaging.resample import resample
from medview.imaging.statistics import dice
from medview.plugin.contract import Result
from medview.study.volume import Volume
from tests.plugins.conformance_of import conformance_of, in_state

REST, LUNGS, AIRWAYS, BONE = 1, 2, 3, 4
# TotalSegmentator's class numbers: humeri, vertebrae, ribs; cartilage is not bone
REFERENCE_BONE = [*range(25, 51), *range(69, 79), 91, *range(92, 117)]


def ml(result: Result, number: int) -> float:
    return float((result.labels.array == number).sum()) * result.geometry.voxel_ml


@pytest.fixture(scope="module")
def chests(shared_data: Path) -> dict[str, tuple[Volume, Result]]:
    """Return a chest in a sharp and in a smooth kernel, with the results."""
    made = {}
    for kernel in ("2_series", "3_series"):
        volume = medview.read(shared_data / "ct_chest_lungdx_a0002" / kernel)
        made[kernel] = volume, medview.run("body_and_lungs", volume)
    return made


@pytest.mark.parametrize("kernel", ["2_series", "3_series"])
def test_a_chest_has_two_lungs_an_airway_and_bones_of_plausible_size(
    chests: dict[str, tuple[Volume, Result]], kernel: str
) -> None:
    volume, result = chests[kernel]
    assert 2000 < ml(result, LUNGS) < 4500
    assert 5 < ml(result, AIRWAYS) < 90
    assert 400 < ml(result, BONE) < 1500
    assert ml(result, REST) > 3 * ml(result, LUNGS)
    assert np.median(volume.array[result.labels.array == LUNGS]) < -700
    assert np.median(volume.array[result.labels.array == AIRWAYS]) < -900
    assert np.median(volume.array[result.labels.array == BONE]) > 200
    lungs = volume.geometry.to_mm(np.argwhere(result.labels.array == LUNGS))
    airway = volume.geometry.to_mm(np.argwhere(result.labels.array == AIRWAYS)).mean(axis=0)
    left = float((lungs[:, 0] > airway[0]).mean())
    assert 0.35 < left < 0.65  # a lung on each side of the trachea
    assert airway[2] > lungs[:, 2].mean()  # which is in the upper half
    assert result.provenance["classical"] is True


def test_a_sharp_and_a_smooth_kernel_give_the_same_lungs(chests: dict[str, tuple[Volume, Result]]) -> None:
    sharp, smooth = (chests[kernel][1].labels.array for kernel in ("2_series", "3_series"))
    assert dice(sharp == LUNGS, smooth == LUNGS) > 0.98
    assert dice(sharp > 0, smooth > 0) > 0.98


def test_an_abdomen_has_its_bones_and_body_as_the_reference_has_them_and_no_lungs(shared_data: Path) -> None:
    folder = shared_data / "ct_abdomen_totalseg"
    volume = medview.read(folder / "dicom")
    result = medview.run("body_and_lungs", volume)
    found = read_volume(folder / "nifti" / "example_seg_dicom.nii.gz")
    reference = resample(found.array, found.geometry, volume.geometry, "nearest")
    assert dice(result.labels.array == BONE, np.isin(reference, REFERENCE_BONE)) > 0.73
    assert (result.labels.array[reference > 0] > 0).mean() > 0.999
    assert {s.number for s in result.labels.segments} == {REST, BONE}
    low = medview.run("body_and_lungs", volume, bone_hu=400)
    assert (low.labels.array == BONE).sum() < (result.labels.array == BONE).sum()


def test_values_that_are_no_hounsfield_units_are_refused(chests: dict[str, tuple[Volume, Result]]) -> None:
    volume, _ = chests["2_series"]
    with pytest.raises(medview.errors.MedViewError, match="not in Hounsfield units"):
        medview.run("body_and_lungs", Volume(volume.array, volume.geometry, volume.series))


def test_air_alone_has_no_body(chests: dict[str, tuple[Volume, Result]]) -> None:
    volume, _ = chests["2_series"]
    air = Volume(np.full(volume.geometry.shape, -1000, dtype=np.int16), volume.geometry, volume.series, "HU")
    with pytest.raises(medview.errors.MedViewError, match="Body and lungs found nothing"):
        medview.run("body_and_lungs", air)


def test_it_passes_the_whole_conformance_suite() -> None:
    rows = conformance_of("body_and_lungs")
    assert in_state("failed", rows) == {}
    assert list(in_state("does not apply", rows)) == ["self tests"]
