"""The suite's patients are one patient, however they lie, and what compares answers sees differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medview.paths import shipped_plugins_folder
from medview.plugin.conformance.agreement import Agreement
from medview.plugin.conformance.phantom import Phantom
from medview.plugin.conformance.specimen import Specimen
from medview.plugin.contract import Answer, Labels, Result
from medview.plugin.discovery import Plugin, discover
from medview.plugin.fit import why_not
from medview.study.finding import Boxes, ClassScores, Concept, ScoredBox
from medview.study.geometry import Geometry
from medview.study.segmentation import Source
from medview.study.series import Series

SHIPPED = {p.manifest.id: p for p in discover([shipped_plugins_folder()]) if isinstance(p, Plugin)}
CHEST = Specimen.of(SHIPPED["body_and_lungs"].manifest)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_plugin_takes_its_patient_in_every_position(name: str) -> None:
    specimen = Specimen.of(SHIPPED[name].manifest)
    for volume in (
        specimen.plain(),
        specimen.stacked((1, 0, 2)),
        specimen.stacked((2, 0, 1)),
        specimen.stacked((0, 1, 2), (0, 1, 2)),
        specimen.constant(7),
        *(specimen.of_array(np.zeros(g.shape, np.int16), g) for g in (specimen.anisotropic(), specimen.tilted())),
    ):
        assert why_not(SHIPPED[name].manifest, volume.series) is None
        assert min(volume.geometry.spacing_mm) >= SHIPPED[name].manifest.input.spacing_mm[0]


@pytest.mark.parametrize(
    ("body", "point_mm", "hu"),
    [
        ("chest", (-72, -40, 0), -850),  # the right lung
        ("chest", (25, -40, -35), 60),  # the heart, left of the middle
        ("chest", (60, 90.2, 0), 45),  # muscle of the back
        ("abdomen", (-62, -15, 45), 105),  # the liver, on the right
        ("head", (0, 0, 200), -1000),  # air above
    ],
)
def test_tissues_lie_where_a_patient_has_them(body: str, point_mm: tuple[float, float, float], hu: int) -> None:
    affine = np.eye(4)[[2, 1, 0, 3]]
    affine[:3, 3] = point_mm
    value = Phantom(body, "CT").on(Geometry((1, 1, 1), affine))[0, 0, 0]  # type: ignore[arg-type]
    assert abs(int(value) - hu) <= 21  # with its texture: a fiftieth of the way from air to muscle


def test_the_same_voxels_are_at_the_same_places_however_they_are_stacked() -> None:
    plain = CHEST.plain()
    points = plain.geometry.to_mm(np.random.default_rng(0).integers(0, plain.array.shape, (200, 3)))
    for turned in (CHEST.stacked((1, 0, 2)), CHEST.stacked((2, 0, 1), (1,)), CHEST.stacked((0, 1, 2), (0, 1, 2))):
        assert turned.geometry.shape == turned.array.shape
        for point in points:
            assert turned.value_at(point) == plain.value_at(point)


def test_other_grids_show_the_same_patient() -> None:
    for grid in (CHEST.turned(), CHEST.tilted(), CHEST.anisotropic()):
        volume = CHEST.on(grid)
        centres = grid.to_mm(np.argwhere(np.ones((3, 4, 5))) * 5)
        for index, point in zip(np.argwhere(np.ones((3, 4, 5))) * 5, centres, strict=True):
            moved = np.eye(4)[[2, 1, 0, 3]]
            moved[:3, 3] = point
            assert volume.array[tuple(index)] == CHEST.phantom.on(Geometry((1, 1, 1), moved))[0, 0, 0]


def test_a_turned_grid_is_turned_and_a_tilted_one_sheared() -> None:
    turned, tilted = CHEST.turned(15.0), CHEST.tilted(15.0)
    rotation = turned.affine[:3, :3] @ np.linalg.inv(CHEST.base.affine[:3, :3])
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.rad2deg(np.arccos((np.trace(rotation) - 1) / 2)) == pytest.approx(15.0)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert tilted.tilt_deg == pytest.approx(15.0)
    assert (tilted.is_sheared, turned.is_sheared) == (True, False)
    np.testing.assert_allclose(tilted.centre_mm, CHEST.base.centre_mm, atol=1e-9)


def result(answer: Answer, geometry: Geometry) -> Result:
    return Result("x", (answer,), geometry, Source.of(CHEST.plain().series), Series("1", "2"), {})


GRID = Geometry((4, 10, 10), np.diag([5.0, 1, 1, 1])[[2, 1, 0, 3]])


def test_labels_agree_by_dice_and_within_a_voxel() -> None:
    one, two = np.zeros((2, 4, 10, 10), np.uint8)
    one[1, 2:6, 2:6], two[1, 2:6, 3:7] = 1, 1
    first, second = (result(Labels(array, ()), GRID) for array in (one, two))
    assert Agreement.of(first, first).share == 1.0
    assert Agreement.of(first, second).share == pytest.approx(12 / 16)
    assert Agreement.of(first, second, slack=1).share == 1.0
    assert Agreement.of(first, result(Labels(2 * one, ()), GRID)).share == 0.0


def test_labels_of_a_flipped_grid_agree_where_the_patient_is() -> None:
    one = np.zeros((4, 10, 10), np.uint8)
    one[1, 2:6, 2:9] = 1
    affine = GRID.affine.copy()
    affine[:, 3] += affine[:, 2] * 9
    affine[:, 2] *= -1
    flipped = replace(GRID, affine=affine)
    assert Agreement.of(result(Labels(one, ()), GRID), result(Labels(one[..., ::-1].copy(), ()), flipped)).share == 1.0
    assert Agreement.of(result(Labels(one, ()), GRID), result(Labels(one, ()), flipped)).share < 0.9


def test_boxes_and_scores_agree_by_place_and_value() -> None:
    concept = Concept("a", "A")
    here = ScoredBox(concept, 0.9, (0.5, 1.5, 1.5), (2.5, 4.5, 4.5))
    assert Agreement.of(result(Boxes((here,)), GRID), result(Boxes((here,)), GRID)).share == 1.0
    assert Agreement.of(result(Boxes((here,)), GRID), result(Boxes(()), GRID)).share == 0.0
    scores = [ClassScores((concept,), np.array([value], np.float32), "sigmoid") for value in (0.9, 0.6)]
    assert Agreement.of(result(scores[0], GRID), result(scores[1], GRID)).share == pytest.approx(0.7)
