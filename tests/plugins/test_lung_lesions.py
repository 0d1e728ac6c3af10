from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import medview
from medview.imaging.reorientation import Reorientation
from medview.plugin.discovery import discover, find
from medview.progress import Cancelled
from medview.study.finding import Boxes, Concept, ScoredBox
from medview.study.geometry import Geometry
from medview.study.volume import Volume
from tests.plugins.conformance_of import conformance_of, in_state

NODULE_MM = (-62.0, 10.0, 96.0)  # in the right lung of the phantom
Phantom = Callable[[float], Volume]


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return sys.modules[find("lung_lesions", discover()).load().__module__]


@pytest.fixture(scope="module")
def chest(shared_data: Path) -> Volume:
    """Return the chest of a patient with a tumour of the right lung, whom the network never saw."""
    return medview.read(shared_data / "ct_chest_lungdx_a0002" / "3_series")


@pytest.fixture(scope="module")
def phantom(chest: Volume) -> Phantom:
    """Return a maker of chests: an elliptic body with two lungs, noise, and a ball of so many millimetres in one."""

    def make(diameter_mm: float) -> Volume:
        shape = (40, 140, 180)
        geometry = Geometry.from_axes(
            shape, origin=(-179, -139, 0), slice_step=(0, 0, 5), row_step=(0, 2, 0), column_step=(2, 0, 0)
        )
        z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
        places = np.stack([2 * x - 179, 2 * y - 139, 5 * z], axis=-1).astype(np.float64)

        def inside(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> np.ndarray:
            return np.asarray((((places - centre) / radii) ** 2).sum(axis=-1) < 1)

        hu = np.full(shape, -1000.0)
        hu[inside((0, 0, 97), (160, 110, 1e4))] = 40
        for side in (-1, 1):
            hu[inside((side * 75, 0, 97), (52, 75, 90))] = -860
        hu += np.random.default_rng(3).normal(scale=12, size=shape)
        if diameter_mm:
            hu[inside(NODULE_MM, (diameter_mm / 2,) * 3)] = 30
        return Volume(np.rint(hu).astype(np.int16), geometry, chest.series, "HU")

    return make


def test_a_lesion_that_the_scan_cuts_is_a_box_inside_it(module: ModuleType) -> None:
    """One whose centre lies beyond the last slice must not cost all others."""
    geometry = Geometry.from_axes(
        (10, 50, 50), origin=(0, 0, 0), slice_step=(0, 0, 5), row_step=(0, 2, 0), column_step=(2, 0, 0)
    )
    concept = Concept("lesion", "Lesion")
    for z_mm, (low, high) in {50.2: (8.5, 9.5), -7.0: (-0.5, 0.5), 45.0: (8.5, 9.5)}.items():
        box = module._scored(module.Candidate((40.0, 40.0, z_mm), (4.0, 4.0, 4.0), 0.7), concept, geometry)
        assert (box.low_index, box.high_index) == ((low, 19.0, 19.0), (high, 21.0, 21.0))


def boxes_of(volume: Volume, **parameters: object) -> Boxes:
    boxes = medview.run("lung_lesions", volume, device="cpu", **parameters).answers[0]
    assert isinstance(boxes, Boxes)
    return boxes


def real_boxes(shared_data: Path, volume: Volume) -> dict[int, tuple[float, float, float, float]]:
    """Return the radiologists' boxes by slice: left, top, right, bottom in pixels from 0."""
    found = {}
    folder = shared_data / "ct_chest_lungdx_a0002" / "annotation_boxes_voc_xml"
    for index, instance in enumerate(volume.series.instances):
        file = folder / f"{instance.sop_instance_uid}.xml"
        if file.exists():
            sides = (ET.parse(file).findtext(f".//{side}") for side in ("xmin", "ymin", "xmax", "ymax"))
            left, top, right, bottom = (float(side or 0) - 1 for side in sides)
            found[index] = left, top, right, bottom
    return found


def middle(box: ScoredBox) -> np.ndarray:
    return np.asarray((np.array(box.low_index) + np.array(box.high_index)) / 2)


def is_in(index: np.ndarray, real: dict[int, tuple[float, float, float, float]]) -> bool:
    left, top, right, bottom = real.get(round(float(index[0])), (1.0, 1.0, 0.0, 0.0))
    return bool(left <= index[2] <= right and top <= index[1] <= bottom)


@pytest.mark.parametrize("kernel", ["3_series", "2_series"])
def test_the_tumour_of_a_patient_that_was_never_seen_is_found(kernel: str, shared_data: Path) -> None:
    volume = medview.read(shared_data / "ct_chest_lungdx_a0002" / kernel)
    found = boxes_of(volume)
    shown = [box for box in found.boxes if box.score >= found.threshold]
    real = real_boxes(shared_data, volume)
    inside = [box for box in shown if is_in(middle(box), real)]
    assert len(inside) >= 1
    assert max(inside[0].size_mm(volume.geometry)) > 30  # the mass, not a vessel beside it
    assert len(shown) <= len(inside) + 3  # as the card tells: a few false boxes
    assert [box.score for box in found.boxes] == sorted((box.score for box in found.boxes), reverse=True)
    assert {box.concept.type.meaning for box in found.boxes} == {"Lesion"}


def test_a_chest_without_a_lesion_shows_no_box(phantom: Phantom) -> None:
    found = boxes_of(phantom(0.0))
    assert [box for box in found.boxes if box.score >= found.threshold] == []


def test_a_ball_is_found_at_its_place_and_size_however_the_slices_are_stacked(phantom: Phantom) -> None:
    volume = phantom(24.0)
    first = boxes_of(volume).boxes[0]
    turn = Reorientation((2, 0, 1), (True, False, True))  # sagittal, and backwards
    turned = Volume(np.ascontiguousarray(turn.apply(volume.array)), turn.geometry(volume.geometry), volume.series, "HU")
    second = boxes_of(turned).boxes[0]
    for box, geometry in ((first, volume.geometry), (second, turned.geometry)):
        assert box.centre_mm(geometry) == pytest.approx(NODULE_MM, abs=4.0)
        assert box.size_mm(geometry) == pytest.approx((24.0,) * 3, rel=0.35)
        assert box.score > 0.3
    assert second.centre_mm(turned.geometry) == pytest.approx(first.centre_mm(volume.geometry), abs=1.5)
    assert second.score == pytest.approx(first.score, abs=0.1)


def test_every_scan_is_brought_to_the_same_grid(module: ModuleType) -> None:
    shape = (60, 50, 40)
    geometry = Geometry.from_axes(
        shape, origin=(30, -20, 90), slice_step=(0, 0, -1.25), row_step=(0, 0.8, 0), column_step=(-0.7, 0, 0)
    )
    places = geometry.to_mm(np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1))
    plane = places @ (1.0, -2.0, 3.0)
    hu, grid = module.harmonise(plane.astype(np.float32), geometry)
    assert grid.spacing_mm == pytest.approx((4.0, 1.5, 1.5))
    inner = np.stack(np.meshgrid(*(np.arange(3, n - 4) for n in hu.shape), indexing="ij"), axis=-1)
    # a plane stays what it is under averaging and interpolation; grid axes run to S, P, L
    assert hu[3:-4, 3:-4, 3:-4] == pytest.approx(grid.to_mm(inner) @ (1.0, -2.0, 3.0), abs=0.05)
    assert np.sign(np.diag(grid.affine[[2, 1, 0], :3])).tolist() == [1, 1, 1]


def test_the_lungs_are_those_of_the_classical_plugin(module: ModuleType, chest: Volume) -> None:
    hu, grid = module.harmonise(chest.array, chest.geometry)
    found = module.find_chest(hu, grid, lambda _: None)
    assert found.lungs.sum() * grid.voxel_ml == pytest.approx(2702, rel=0.05)  # as body_and_lungs measures them
    assert (found.cavity | ~found.lungs).mean() > 0.999


def test_what_is_no_chest_is_refused(chest: Volume, shared_data: Path) -> None:
    water = Volume(np.zeros(chest.geometry.shape, dtype=np.int16), chest.geometry, chest.series, "HU")
    with pytest.raises(medview.errors.MedViewError, match="No lungs were found"):
        boxes_of(water)
    with pytest.raises(medview.errors.MedViewError, match="needs values in HU"):
        boxes_of(replace(chest, unit=""))
    coarse = Geometry(chest.geometry.shape, chest.geometry.affine @ np.diag([1.0, 7.0, 7.0, 1.0]))
    with pytest.raises(medview.errors.MedViewError, match=r"pixels of 4\.53 mm: too coarse"):
        boxes_of(Volume(chest.array, coarse, chest.series, "HU"))


def test_a_cancel_is_noticed_within_the_network(phantom: Phantom) -> None:
    def unwanted(fraction: float, text: str = "") -> None:
        if fraction > 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        medview.run("lung_lesions", phantom(0.0), device="cpu", progress=unwanted)


def test_it_passes_the_whole_conformance_suite() -> None:
    """On a small chest: the network computes on millimetres."""
    rows = conformance_of("lung_lesions", size=0.6)
    assert in_state("failed", rows) == {}
    assert list(in_state("does not apply", rows)) == ["self tests"]
