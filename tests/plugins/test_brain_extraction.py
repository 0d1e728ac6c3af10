from __future__ import annotations

import cc3d
import nibabel as nib
import numpy as np
import pytest

import medview
from medview.files.demo_study import DemoStudy
from medview.files.formats.nifti import read_mask
from medview.imaging.reorientation import Reorientation
from medview.imaging.statistics import dice
from medview.plugin.contract import Result
from medview.progress import Cancelled
from medview.study.volume import Volume
from tests.plugins.conformance_of import conformance_of, in_state


@pytest.fixture(scope="module")
def result(head: Volume) -> Result:
    return medview.run("brain_extraction", head, device="cpu")


def test_the_brain_of_a_real_head_has_a_brains_volume_and_lies_inside_the_head(result: Result, head: Volume) -> None:
    brain = result.labels.array > 0
    assert 1300 < brain.sum() * head.geometry.voxel_ml < 1900
    assert cc3d.connected_components(brain, connectivity=26, return_N=True)[1] == 1
    assert cc3d.connected_components(~brain, connectivity=6, return_N=True)[1] == 1  # no holes
    air = np.percentile(head.array, 40)
    assert (head.array[brain] > air).mean() > 0.99
    assert not any(brain.take(end, axis).any() for axis in (0, 2) for end in (0, -1))
    centre = head.geometry.to_mm(np.argwhere(brain).mean(axis=0))
    assert np.abs(centre - head.geometry.centre_mm).max() < 50
    assert [s.type.meaning for s in result.labels.segments] == ["Brain"]


def test_the_mask_is_the_one_of_deepbets_own_program(result: Result, head: Volume) -> None:
    from deepbet import BrainExtraction

    image = nib.Nifti1Image(head.array.transpose(2, 1, 0).astype(np.float32), head.geometry.nifti_affine())
    _, mask, _ = BrainExtraction(no_gpu=True).run(image)
    theirs = np.asarray(mask.dataobj).transpose(2, 1, 0) > 0
    assert dice(result.labels.array > 0, theirs) > 0.999


def test_the_mask_does_not_depend_on_how_the_slices_are_stacked(result: Result, head: Volume) -> None:
    turn = Reorientation((1, 2, 0), (True, False, True))
    turned = Volume(np.ascontiguousarray(turn.apply(head.array)), turn.geometry(head.geometry), head.series)
    again = medview.run("brain_extraction", turned, device="cpu")
    assert dice(turn.undo(again.labels.array) > 0, result.labels.array > 0) > 0.999


@pytest.mark.slow  # the same brain is found by tests/walk/test_command_line.py, as a person has it found
def test_the_known_brain_of_the_demo_is_found(demo: DemoStudy) -> None:
    volume = medview.read(demo.folder)
    told: list[tuple[float, str]] = []
    result = medview.run(
        "brain_extraction", volume, device="cpu", progress=lambda fraction, text="": told.append((fraction, text))
    )
    assert dice(result.labels.array > 0, read_mask(demo.true_mask, volume.geometry)) > 0.97
    assert [f for f, _ in told] == sorted(f for f, _ in told)
    assert len(told) > 200  # within the networks, too
    assert set(result.provenance["weights_sha256"]) == {"box", "mask"}


@pytest.mark.parametrize("limit", [0.1, 0.8])
def test_a_cancel_is_noticed_within_the_networks(head: Volume, limit: float) -> None:
    def unwanted(fraction: float, text: str = "") -> None:
        if fraction > limit:
            raise Cancelled

    with pytest.raises(Cancelled):
        medview.run("brain_extraction", head, device="cpu", progress=unwanted)


def test_an_empty_image_has_no_brain(head: Volume) -> None:
    blank = Volume(np.zeros(head.geometry.shape, dtype=np.int16), head.geometry, head.series)
    with pytest.raises(medview.errors.MedViewError, match="Brain extraction found nothing in these images"):
        medview.run("brain_extraction", blank, device="cpu")


def test_it_passes_the_whole_conformance_suite() -> None:
    rows = conformance_of("brain_extraction")
    assert in_state("failed", rows) == {}
    assert list(in_state("does not apply", rows)) == ["self tests"]
