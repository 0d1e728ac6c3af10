"""A second volume over the first: pixel by pixel against SimpleITK and numpy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813  what everybody calls it
from numpy.typing import NDArray

from medview.imaging.colour_maps import colour_table
from medview.imaging.itk_image import itk_image
from medview.imaging.place_volume import moved_volume
from medview.imaging.turned_planes import TurnedPlanes
from medview.session.measured import fused_findings
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.display_facts import DisplayFacts
from medview.study.fusion import Fusion
from medview.study.geometry import Geometry
from medview.study.measurement import Measurement
from medview.study.series import Instance, Series
from medview.study.spatial_transform import SpatialTransform, rotation_about, shift_by
from medview.study.volume import Volume
from medview.view.fusion_layer import FusionLayer, LayerPicture, tiles
from medview.view.fusion_lines import fused_value_text, fusion_lines
from medview.view.picture_grid import PictureGrid
from medview.view.slice_picture import SlicePicture
from medview.view.slice_view import SliceView
from tests.files.make_pet_ct import (
    BODY_SUV,
    BQML_PER_SUV,
    CT_GRID,
    LESION_MM,
    LESION_SUV,
    ct_values,
    pet_grid,
    pet_values,
)

SIZE = (640, 512)
SUV_FACTOR = 1.0 / BQML_PER_SUV


def ct_scene() -> Scene:
    from tests.view.scenes import scene_of

    return scene_of(ct_values(), CT_GRID)


def pet_volume(turn_deg: float = 0.0) -> Volume:
    geometry = pet_grid(turn_deg)
    values = (pet_values(geometry) * BQML_PER_SUV).astype(np.float32)
    rng = np.random.default_rng(3)  # texture, so that a shift by half a pixel would be seen
    values += rng.normal(0, 300.0, values.shape).astype(np.float32) * (values > 0)
    series = Series("2.25.7", "1.2", geometry=geometry, modality="PT", suv_factors=(("bw", SUV_FACTOR),))
    return Volume(values, geometry, series, "Bq/ml")


def fused(scene: Scene, volume: Volume, **values: Any) -> Fusion:
    """Put a volume over a scene: SUV 0 to 6 in hot iron, opaque."""
    window = (3.0 * BQML_PER_SUV, 6.0 * BQML_PER_SUV)
    made = Fusion(volume, volume, "frame", window, "hot_iron", opacity=1.0).changed(**values)
    scene.update(fusion=made)
    return made


def layer_of(scene: Scene, viewport: Viewport) -> tuple[SlicePicture, LayerPicture]:
    picture = SliceView(scene, viewport).picture(SIZE)
    layer = FusionLayer().fused(scene, viewport, picture)
    assert layer is not None
    return picture, layer


def sampled_by_itk(volume: Volume, grid: PictureGrid, parts: int = 1) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return what SimpleITK interpolates at the pixel centres of a grid, and where they lie inside the volume."""
    width, height = grid.size[0] * parts, grid.size[1] * parts
    x, y = (np.arange(width) + 0.5) / parts, (np.arange(height) + 0.5) / parts
    points = grid.origin_mm + x[None, :, None] * grid.x_step_mm + y[:, None, None] * grid.y_step_mm
    index = volume.geometry.to_index(points)
    inside = np.all((index >= -0.5) & (index <= np.array(volume.geometry.shape) - 0.5), axis=-1)
    image = itk_image(volume.array, volume.geometry)
    like = sitk.Image(width, height, 1, sitk.sitkFloat64)
    normal = grid.normal
    like.SetOrigin(points[0, 0].tolist())
    like.SetSpacing((grid.pixel_mm[0] / parts, grid.pixel_mm[1] / parts, 1.0))
    axes = np.stack([grid.x_step_mm / grid.pixel_mm[0], grid.y_step_mm / grid.pixel_mm[1], normal], axis=1)
    like.SetDirection(axes.ravel().tolist())
    made = sitk.Resample(image, like, sitk.Transform(3, sitk.sitkIdentity), sitk.sitkLinear, 0.0, sitk.sitkFloat64)
    return sitk.GetArrayFromImage(made)[0], inside


def wanted_levels(values: NDArray[np.float64], window: tuple[float, float]) -> NDArray[np.float64]:
    return np.clip((values - window[0] + window[1] / 2) / window[1], 0, 1) * 255


def levels_of(colours: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return which entries of hot iron colours are."""
    table = colour_table("hot_iron").astype(np.int64)
    flat = colours[..., :3].reshape(-1, 3).astype(np.int64)
    return np.abs(flat[:, None] - table[None]).sum(axis=-1).argmin(axis=1).reshape(colours.shape[:2])


@pytest.mark.parametrize("turn_deg", [0.0, 12.0])
@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_each_fused_pixel_is_what_simpleitk_interpolates_there(plane: str, turn_deg: float) -> None:
    scene, volume = ct_scene(), pet_volume(turn_deg)
    scene.move_cursor(LESION_MM)
    fusion = fused(scene, volume)
    picture, layer = layer_of(scene, Viewport(plane))
    values, inside = sampled_by_itk(volume, picture.grid, layer.parts)
    assert inside.mean() > 0.4
    assert ((layer.colours[..., 3] == 255) == inside).mean() > 0.999
    # the outermost half voxel is held by both, but not in the same way
    deep = inside & (values > 0)
    off = np.abs(levels_of(layer.colours) - wanted_levels(values, fusion.window))
    assert off[deep].max() <= 1.0
    column, row = (int(np.floor(n * layer.parts)) for n in picture.grid.to_picture(LESION_MM))
    assert layer.colours[row, column, :3].tolist() == [255, 255, 255]  # SUV 8 is beyond 6: the last colour


def test_oblique_planes_and_slabs_of_the_second_volume() -> None:
    scene, volume = ct_scene(), pet_volume(12.0)
    scene.move_cursor(LESION_MM)
    scene.turn(TurnedPlanes.of_angles(20.0, -15.0, 30.0))
    fusion = fused(scene, volume)
    viewport = Viewport("coronal")
    picture, layer = layer_of(scene, viewport)
    assert picture.is_turned
    values, inside = sampled_by_itk(volume, picture.grid, layer.parts)
    off = np.abs(levels_of(layer.colours) - wanted_levels(values, fusion.window))
    assert off[inside & (values > 0)].max() <= 1.0
    viewport.update(slab_mm=40.0)
    _, thick = layer_of(scene, viewport)
    assert levels_of(thick.colours).mean() > levels_of(layer.colours).mean()  # the maximum of many planes


def test_a_moved_second_volume_is_drawn_where_its_transform_says() -> None:
    scene, volume = ct_scene(), pet_volume()
    motion = shift_by((11.0, -7.0, 6.0)) @ rotation_about((0.2, 0.1, 1.0), 9.0, LESION_MM)
    transform = SpatialTransform().after_moving(motion)
    fused(scene, volume, placed=moved_volume(volume, transform, "2.25.3000"))
    seen_at = motion[:3, :3] @ LESION_MM + motion[:3, 3]
    scene.move_cursor(seen_at)
    picture, layer = layer_of(scene, Viewport("axial"))
    bright = np.argwhere(levels_of(layer.colours) > 200).mean(axis=0) + 0.5
    centre_mm = picture.grid.to_mm(bright[1] / layer.parts, bright[0] / layer.parts)
    assert np.linalg.norm((centre_mm - seen_at)[:2]) < 1.5


def test_blending_leaves_away_what_is_not_above_the_threshold() -> None:
    scene, volume = ct_scene(), pet_volume()
    scene.move_cursor(LESION_MM)
    fused(scene, volume, opacity=0.4, threshold=4.0 * BQML_PER_SUV)
    picture, layer = layer_of(scene, Viewport("axial"))
    assert set(np.unique(layer.colours[..., 3])) == {0, 102}
    seen = np.argwhere(layer.colours[..., 3] == 102) + 0.5
    away = [np.linalg.norm((picture.grid.to_mm(x / layer.parts, y / layer.parts) - LESION_MM)[:2]) for y, x in seen]
    assert max(away) < 13.0


def test_tiles_take_turns_and_lie_still_in_the_patient() -> None:
    grid = PictureGrid(np.array([-30.0, -20.0, 5.0]), np.array([2.0, 0, 0]), np.array([0, 4.0, 0]), (40, 30))
    found = tiles(grid, 20.0)
    x = -30.0 + 2.0 * (np.arange(40) + 0.5)
    y = -20.0 + 4.0 * (np.arange(30) + 0.5)
    expected = (np.floor(x / 20.0)[None, :] + np.floor(y / 20.0)[:, None]) % 2 == 1
    assert (found == expected).all()
    shifted = PictureGrid(grid.origin_mm + (10.0, 0, 3.0), grid.x_step_mm, grid.y_step_mm, grid.size)
    assert (tiles(shifted, 20.0)[:, :-5] == found[:, 5:]).all()


def test_a_checkerboard_shows_one_or_the_other_and_black_beside_the_second() -> None:
    scene, volume = ct_scene(), pet_volume()
    narrow = replace(volume, array=volume.array[:, :, :20], geometry=replace(volume.geometry, shape=(20, 44, 20)))
    fused(scene, narrow, mode="checkerboard", tile_mm=25.0)
    picture, layer = layer_of(scene, Viewport("axial"))
    grid = picture.grid
    assert layer.parts == 1  # the PET is coarser than the CT
    assert ((layer.colours[..., 3] == 255) == tiles(grid, 25.0)).all()
    _, inside = sampled_by_itk(narrow, grid)
    beside = tiles(grid, 25.0) & ~inside
    assert beside.any()
    assert layer.colours[beside][:, :3].max() == 0


def test_a_flicker_shows_the_second_or_nothing() -> None:
    scene, volume = ct_scene(), pet_volume()
    fusion = fused(scene, volume, mode="flicker")
    _, layer = layer_of(scene, Viewport("axial"))
    assert (layer.colours[..., 3] == 255).all()
    scene.update(fusion=fusion.changed(shows_second=False))
    picture = SliceView(scene, Viewport("axial")).picture(SIZE)
    assert FusionLayer().fused(scene, Viewport("axial"), picture) is None


def test_a_difference_in_a_common_unit_is_second_minus_first() -> None:
    scene = ct_scene()
    other = replace(scene.volume, array=(scene.volume.array + np.int16(60)).astype(np.int16))
    fused(scene, other, mode="difference", difference_width=240.0)
    _, layer = layer_of(scene, Viewport("axial"))
    # 60 of -120 to 120 is three quarters of the way from blue to red
    assert (layer.colours[..., :3] == colour_table("cool_warm")[round(0.75 * 255)]).all()
    assert "CT II minus CT I: blue -120, red 120 HU" in " ".join(str(line.text) for line in fusion_lines(scene))


def test_a_difference_without_a_common_unit_compares_what_both_windows_show() -> None:
    scene, volume = ct_scene(), pet_volume()
    scene.update(window=(40.0, 400.0))
    scene.move_cursor(LESION_MM)
    fused(scene, volume, mode="difference")
    picture, layer = layer_of(scene, Viewport("axial"))
    column, row = (int(np.floor(n)) for n in picture.grid.to_picture(LESION_MM))
    grey = (55.0 - 40.0) / 400.0 + 0.5  # the lesion in the CT, and all of the PET's window
    level = round(255 * ((1.0 - grey) / 2.0 + 0.5))
    assert np.abs(layer.colours[row, column, :3].astype(int) - colour_table("cool_warm")[level]).max() <= 3
    assert "PET minus CT, by their windows" in " ".join(str(x.text) for x in fusion_lines(scene))


def test_a_finer_second_volume_keeps_its_detail_over_a_coarse_first() -> None:
    from tests.view.scenes import scene_of

    pet, ct = pet_volume(), ct_scene().volume
    scene = scene_of(pet.array, pet.geometry, modality="PT")
    fused(scene, ct, window=(40.0, 400.0), colour_map="grey")
    picture, layer = layer_of(scene, Viewport("axial"))
    assert layer.parts == 2  # CT pixels of 2 mm in PET pixels of 4 mm
    values, inside = sampled_by_itk(ct, picture.grid, 2)
    deep = inside & (values != 0)
    assert np.abs(layer.colours[..., 0].astype(int) - wanted_levels(values, (40.0, 400.0)))[deep].max() <= 1.0


def test_values_of_both_are_read_at_a_point() -> None:
    scene, volume = ct_scene(), pet_volume()
    fused(scene, volume)
    value = scene.value_at(LESION_MM)
    assert value is not None
    text = fused_value_text(scene, LESION_MM, value)
    near = volume.value_at(LESION_MM)
    assert near is not None
    assert text == f"CT 55 HU / PET {near * SUV_FACTOR:.2f} SUVbw"
    assert LESION_SUV - 1.0 < near * SUV_FACTOR < LESION_SUV + 1.0
    air = CT_GRID.to_mm((0, 0, 0))
    assert fused_value_text(scene, air, -1000.0).startswith("CT -1000 HU / PET 0.00 SUVbw")
    assert BODY_SUV == 1.0


def test_what_lies_on_a_person_s_word_says_so_in_every_pane() -> None:
    scene, volume = ct_scene(), pet_volume()
    assert fusion_lines(scene) == ()
    fused(scene, volume, basis="unregistered")
    lines = fusion_lines(scene)[:2]
    assert [str(line.text) for line in lines] == ["Not registered:", "positions may not agree"]
    assert {line.mark for line in lines} == {"warning"}


def test_nothing_of_a_bent_volume_is_drawn_where_it_holds_nothing() -> None:
    scene, volume = ct_scene(), pet_volume()
    bent = volume.array.copy()
    bent[:, :, :24] = np.nan
    fused(scene, volume, placed=replace(volume, array=bent))
    picture, layer = layer_of(scene, Viewport("axial"))
    left = volume.geometry.to_mm((0, 20, 10))
    column, row = (int(np.floor(n)) for n in picture.grid.to_picture(left))
    assert layer.colours[row, max(column, 0), 3] == 0
    assert isinstance(scene.volume.geometry, Geometry)


@pytest.mark.parametrize(("ratio", "told"), [(12.5, "Fused: lossy 12.5:1"), (None, "Fused: compressed with loss")])
def test_loss_of_the_second_volume_is_a_warning(ratio: float | None, told: str) -> None:
    """The pane's own badge speaks of the first volume alone."""
    scene, volume = ct_scene(), pet_volume()
    shown = DisplayFacts(is_lossy=True, lossy_ratio=ratio)
    series = replace(
        volume.series, instances=(Instance(Path("1.dcm"), "1.1"), Instance(Path("2.dcm"), "1.2", display=shown))
    )
    assert not [line for line in fusion_lines(scene) if line.mark == "warning"]
    fused(scene, replace(volume, series=series))
    assert [str(line.text) for line in fusion_lines(scene) if line.mark == "warning"] == [told]


def test_over_slices_that_lie_unevenly_the_second_is_read_where_the_image_truly_lies() -> None:
    from tests.view.scenes import scene_of

    grid = replace(CT_GRID, has_depth=False)
    scene = scene_of(ct_values(), grid)
    places = [(-79.0, -63.0, -1.5 + 3.0 * n + (25.5 if n >= 4 else 0.0)) for n in range(24)]  # image 4 is at 36 mm
    images = tuple(Instance(Path("x"), f"1.{n}", image_position_patient=place) for n, place in enumerate(places))
    scene.volume = replace(scene.volume, series=replace(scene.series, instances=images, modality="CT"))
    pet = pet_volume()
    scene.fusion = fused(scene, pet)
    drawn = grid.to_mm((4.0, *CT_GRID.to_index(LESION_MM)[1:]))  # the grid lays it out at 10.5 mm
    value = scene.value_at(drawn)
    assert value is not None
    expected = pet.value_at(LESION_MM)
    assert expected is not None
    assert fused_value_text(scene, drawn, value).endswith(f"PET {expected * SUV_FACTOR:.2f} SUVbw")
    scene.volume = replace(scene.volume, series=replace(scene.series, instances=()))
    assert fused_value_text(scene, drawn, value).endswith("PET –")


def test_what_is_measured_on_a_bent_second_volume_follows_another_bending_on_the_same_grid() -> None:
    scene = ct_scene()
    geometry = scene.volume.geometry
    probe = Measurement("probe", geometry.to_mm([(10, 20, 30)]), scene.series.key)
    second = pet_volume()
    second = replace(second, series=replace(second.series, suv_factors=()))
    told = []
    for value in (100.0, 250.0, 100.0):
        bent = Volume(np.full(geometry.shape, value, np.float32), geometry, second.series, "Bq/ml")
        fused(scene, second, placed=bent, basis="registration")
        found = fused_findings(scene, probe)
        assert found is not None
        told += [quantity.value for quantity in found.quantities]
    assert told == [100.0, 250.0, 100.0]
