"""Marks lie on their own slice, where their points are, in every pane that may show them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.annotation import Annotation, ImageName, Measured
from medview.study.geometry import Geometry
from medview.study.image_index import ImagePlace
from medview.study.presentation import Presentation
from medview.study.series import Instance, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume
from medview.view.annotation_overlay import DrawnMark, annotation_marks, mark_texts
from medview.view.dose_value import dose_at
from medview.view.fusion_layer import FusionLayer
from medview.view.slice_picture import SlicePicture
from medview.view.slice_view import SliceView
from tests.view.scenes import GRIDS, SHAPE

PANE = (400, 300)


def scene_on(geometry: Geometry, positions: np.ndarray | None = None) -> Scene:
    """Return a scene whose images have names, and positions of their own where they are given."""
    geometry = replace(geometry, frame_of_reference_uid="2.25.8")
    instances = tuple(
        Instance(Path("x"), f"1.2.3.{k}", image_position_patient=None if positions is None else tuple(positions[k]))
        for k in range(geometry.shape[0])
    )
    series = Series("1.2.3", "1.2", modality="CT", instances=instances, geometry=geometry)
    volume = Volume(np.zeros(geometry.shape, np.int16), geometry, series, "HU")
    return Scene(Study(StudyFacts("1.2"), (series,)), volume, (0.0, 100.0))


def on_image(scene: Scene, slice_index: int, pixels: list[list[float]], **facts: object) -> Annotation:
    """Return a mark on a slice at columns and rows (0.5 is the centre of the first)."""
    place = ImagePlace(scene.series, slice_index)
    kind = "point" if len(pixels) == 1 else "polyline"
    return Annotation(
        kind, place.to_mm(pixels), "mark", image=place.name, series_key=scene.series.key,
        frame_of_reference_uid="2.25.8", **facts,  # type: ignore[arg-type]
    )  # fmt: skip


def picture(scene: Scene, pane: str) -> SlicePicture:
    return SliceView(scene, Viewport(pane)).picture(PANE)


def marks(scene: Scene, pane: str) -> tuple[DrawnMark, ...]:
    return annotation_marks(scene, picture(scene, pane))


def at_slice(scene: Scene, slice_index: int) -> Scene:
    scene.move_cursor(scene.volume.geometry.to_mm((slice_index, 2, 2)))
    return scene


@pytest.mark.parametrize("name", GRIDS)
def test_a_mark_on_an_image_is_drawn_over_its_pixel_and_on_no_other_image(name: str) -> None:
    scene = scene_on(GRIDS[name])
    scene.study.annotations.put("r", [on_image(scene, 4, [[2.5, 3.5]])])
    pane = scene.acquired_plane
    at_slice(scene, 4)
    (mark,) = marks(scene, pane)
    # the pane point of that voxel's centre, worked out through the volume
    expected = picture(scene, pane).mm_to_pane(scene.volume.geometry.to_mm((4, 3, 2)))
    assert mark.points == pytest.approx(np.array([expected]))
    for other in (3, 5):
        assert marks(at_slice(scene, other), pane) == ()
    for across in {"axial", "coronal", "sagittal"} - {pane}:
        assert marks(at_slice(scene, 4), across) == ()  # type: ignore[arg-type]


def test_a_mark_of_another_series_is_not_drawn() -> None:
    scene = at_slice(scene_on(GRIDS["axial, thick slices"]), 4)
    one = on_image(scene, 4, [[2.5, 3.5]])
    scene.study.annotations.put("r", [replace(one, series_key="9.9")])
    assert marks(scene, "axial") == ()


def test_a_point_in_space_is_drawn_in_all_planes_through_its_slices() -> None:
    scene = scene_on(GRIDS["axial, thick slices"])
    point = scene.volume.geometry.to_mm((4, 3, 2))
    step = scene.volume.geometry.affine[:3, 0]
    scene.study.annotations.put(
        "r", [Annotation("point", np.array([point + 0.4 * step]), frame_of_reference_uid="2.25.8")]
    )
    scene.move_cursor(point)
    assert [len(marks(scene, pane)) for pane in ("axial", "coronal", "sagittal")] == [1, 1, 1]
    assert marks(at_slice(scene, 5), "axial") == ()
    scene.study.annotations.put("r", [Annotation("point", point[None], frame_of_reference_uid="2.25.9")])
    scene.move_cursor(point)
    assert marks(scene, "axial") == ()


def test_marks_on_an_uneven_stack_follow_each_image_s_own_place() -> None:
    geometry = replace(GRIDS["axial, thick slices"], has_depth=False)
    positions = np.array([geometry.to_mm((k, 0, 0)) + (1.4 * k, 0, 10.0 * k * k) for k in range(SHAPE[0])])
    scene = at_slice(scene_on(geometry, positions), 4)
    one = on_image(scene, 4, [[2.5, 3.5]])
    assert one.points_mm[0].tolist() == pytest.approx((positions[4] + (2 * 0.7, 3 * 0.7, 0)).tolist())
    in_space = Annotation("point", one.points_mm, frame_of_reference_uid="2.25.8")
    scene.study.annotations.put("r", [one, in_space])
    expected = picture(scene, "axial").mm_to_pane(geometry.to_mm((4, 3, 2)))
    assert [m.points.tolist() for m in marks(scene, "axial")] == [[pytest.approx(expected)]] * 2
    assert marks(at_slice(scene, 3), "axial") == ()


@pytest.mark.parametrize("name", ["axial, thick slices", "prone: the table's top is the patient's front"])
@pytest.mark.parametrize(("degrees", "flipped"), [(0, True), (90, False), (90, True), (180, False), (270, False)])
def test_a_turned_image_is_the_stored_one_turned(name: str, degrees: int, flipped: bool) -> None:
    scene = scene_on(GRIDS[name])
    array = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    scene.volume = Volume(array, scene.volume.geometry, scene.series, "HU")
    at_slice(scene, 4)
    image = ImageName("1.2.3.4", 0)
    state = Presentation("p", "P", scene.series.key, (image,), rotation_deg=degrees, is_flipped=flipped)
    scene.update(presentation=state)
    scene.study.annotations.put("r", [on_image(scene, 4, [[2.5, 3.5]])])
    stored = np.rot90(array[4], -degrees // 90)
    expected = stored[:, ::-1] if flipped else stored
    shown = picture(scene, "axial")
    assert np.array_equal(shown.values, expected)
    (mark,) = annotation_marks(scene, shown)
    assert shown.value_at_pane(*mark.points[0]) == array[4, 3, 2]
    # the letters follow: rows of the stored image run along the patient as the grid says
    corner = shown.pane_to_mm(*shown.transform.to_pane(0.5, 0.5))
    index = np.rint(scene.volume.geometry.to_index(corner)).astype(int)
    assert array[tuple(index)] == expected[0, 0]
    others = picture(at_slice(scene, 3), "axial").values  # images that it is not for are shown as ever
    assert others.shape == SHAPE[1:]


def test_what_is_written_beside_a_mark() -> None:
    mark = Annotation(
        "point", np.zeros((1, 3)), "T1", finding="Nodule", site="Lung", measured=(Measured("Length", "3", "mm"),)
    )
    assert mark_texts(mark) == ("T1", "Nodule, Lung", "Length 3 mm")


def test_a_dose_is_read_between_its_voxels_and_coloured_by_its_maximum() -> None:
    scene = scene_on(GRIDS["axial, thick slices"])
    geometry = scene.volume.geometry
    array = np.zeros((3, 4, 5), np.float32)
    array[1, 2, 3] = 40.0
    coarse = Geometry.from_axes(
        (3, 4, 5), origin=geometry.to_mm((2, 1, 1)), slice_step=(0, 0, 3), row_step=(0, 1.4, 0),
        column_step=(1.4, 0, 0), frame_of_reference_uid="2.25.8",
    )  # fmt: skip
    dose = Volume(array, coarse, scene.series, "Gy")
    peak = coarse.to_mm((1, 2, 3))
    assert dose_at(dose, peak) == pytest.approx(40.0)
    assert dose_at(dose, peak + (0.7, 0, 0)) == pytest.approx(20.0)
    assert dose_at(dose, peak + (0.35, 0.7, 1.5)) == pytest.approx(40 * 0.75 * 0.5 * 0.5)
    assert dose_at(dose, peak + (99.0, 0, 0)) is None
    scene.move_cursor(peak)
    shown = picture(scene, "axial")
    scene.update(dose=dose)
    layer = FusionLayer().dose(scene, shown)
    assert layer is not None
    colours = layer.colours
    column, row = (int(n) for n in shown.grid.to_picture(peak))
    assert colours[row, column].tolist() == [235, 20, 20, 102]
    assert colours[0, 0, 3] == 0
