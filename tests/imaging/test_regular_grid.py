"""Tilted and uneven stacks on right-angled, even grids: places, values, and gaps that stay open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import map_coordinates

from medview.errors import MedViewError
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.imaging.regular_grid import regular_grid
from medview.imaging.regularise import needs_regularising, regular_series, regularised
from medview.study.geometry import Geometry
from medview.study.series import GuardLine, Instance, Series
from medview.study.volume import Volume

EMPTY = -1000.0


def stack(heights: list[float], shift_mm: float = 0.0, rows: int = 9, columns: int = 7) -> Volume:
    """Return a volume whose slices lie at given heights, each shifted along its rows by `shift_mm` per mm of height."""
    rng = np.random.default_rng(1)
    array = rng.normal(100, 30, (len(heights), rows, columns)).astype(np.float32)
    geometry = Geometry.from_axes(
        array.shape, origin=(5, -3, heights[0]), slice_step=(0, 0, 1), row_step=(0, 0.5, 0), column_step=(0.75, 0, 0),
        has_depth=False,
    )  # fmt: skip
    places = [(5.0, -3.0 + shift_mm * (z - heights[0]), z) for z in heights]
    instances = tuple(
        Instance(Path(f"{n}"), f"2.25.{n}", image_position_patient=place) for n, place in enumerate(places)
    )
    series = Series("2.25.9", "2.25.8", modality="CT", rows=rows, columns=columns, instances=instances)
    return Volume(array, geometry, replace(series, geometry=geometry))


def test_even_right_angled_slices_come_back_as_they_are() -> None:
    volume = stack([0, 2, 4, 6])
    made = regularised(volume)
    assert made.geometry.same_grid(Geometry.from_axes(
        (4, 9, 7), origin=(5, -3, 0), slice_step=(0, 0, 2), row_step=(0, 0.5, 0), column_step=(0.75, 0, 0)
    ))  # fmt: skip
    assert np.array_equal(made.array, volume.array)
    assert made.geometry.has_depth


def test_values_between_uneven_slices_are_those_of_scipy() -> None:
    heights = [0.0, 2.0, 3.5, 5.0, 8.0, 10.0]
    volume = stack(heights)
    made = regularised(volume)
    assert made.geometry.spacing_mm[0] == pytest.approx(2.0)
    theirs = RegularGridInterpolator((heights,), volume.array.astype(np.float64))(np.arange(6) * 2.0)
    assert np.abs(made.array - theirs).max() < 1e-3


def test_sheared_slices_are_put_straight_as_scipy_does() -> None:
    heights = [0.0, 2.0, 4.0, 6.0]
    volume = stack(heights, shift_mm=0.35)
    made = regularised(volume)
    assert not made.geometry.is_sheared
    assert made.array.shape == (4, 9 + 5, 7)
    for number, z in enumerate(heights):
        rows = np.arange(14) - 0.35 * z / 0.5
        points = np.array(np.meshgrid(rows, np.arange(7), indexing="ij"))
        theirs = map_coordinates(volume.array[number].astype(np.float64), points, order=1, cval=np.nan)
        inside = ~np.isnan(theirs) & (made.array[number] != volume.array.min())
        assert inside.sum() >= 8 * 7
        assert np.abs(made.array[number] - theirs)[inside].max() < 1e-3
        assert np.array_equal(inside.any(axis=1), (rows >= -1e-9) & (rows <= 8 + 1e-9))


def test_a_wide_gap_is_not_bridged_and_is_told() -> None:
    heights = [0.0, 2.0, 4.0, 6.0, 16.0, 18.0]
    grid = regular_grid([(0, 0, z) for z in heights], stack(heights).geometry)
    assert grid.geometry.shape == (10, 9, 7)
    assert grid.wide_gaps == (3,)
    assert grid.empty_planes == (4, 5, 6, 7)
    made = regularised(stack(heights))
    assert (made.array[4:8] == made.array.min()).all()
    assert len(np.unique(made.array[3])) > 50
    assert any("1 gap of up to 10.0 mm" in str(warning) for warning in made.series.warnings)


def test_a_gap_of_one_and_three_quarters_is_still_bridged() -> None:
    grid = regular_grid([(0, 0, z) for z in (0, 4, 8, 12, 19, 26)], stack([0, 1, 2, 3, 4, 5]).geometry)
    assert grid.wide_gaps == ()
    assert grid.empty_planes == ()


def test_whole_numbers_stay_whole() -> None:
    volume = stack([0, 1, 3, 4])
    whole = replace(volume, array=volume.array.astype(np.int16))
    made = regularised(whole)
    assert made.array.dtype == np.int16
    assert np.abs(made.array - regularised(replace(volume, array=np.trunc(volume.array))).array).max() <= 0.5


def test_slices_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="ordered along their normal"):
        regular_grid([(0, 0, 4), (0, 0, 2)], stack([0, 1]).geometry)


def test_a_resampled_series_is_not_the_original() -> None:
    volume = stack([0, 2, 5, 6])
    made = regular_series(volume.series)
    assert made.instances == ()
    assert made.key != volume.series.key
    assert made.sop_hash != volume.series.sop_hash
    assert "resampled to even slices" in str(made.warnings[0]).lower()
    assert [(line.kind, str(line.text)) for line in made.guard] == [("uniform", "resampled, even 2.00 mm")]
    assert made.resampled_from is volume.series
    assert not set(made.image_names) & set(volume.series.image_names)


def test_recordings_and_unplaced_images_are_not_resampled() -> None:
    series = stack([0, 2, 5, 6]).series
    assert needs_regularising(series)
    said = series.guard[0].text if series.guard else regular_series(series).guard[0].text
    recording = replace(series, guard=(GuardLine("cine", said, said),))
    assert not needs_regularising(recording)
    with pytest.raises(MedViewError, match="say where they lie"):
        regular_series(recording)
    bare = replace(series, instances=tuple(replace(i, image_position_patient=None) for i in series.instances))
    with pytest.raises(MedViewError, match="say where they lie"):
        regular_series(bare)


def tilted_head(shared_data: Path) -> Volume:
    """Return both stacks of the tilted head as the one uneven, tilted stack they are together."""
    (study,) = scan(shared_data / "ct_head_gantry_tilt_ge").studies
    volumes = [read_volume(series) for series in study.series]
    pairs = [(i, a) for v in volumes for i, a in zip(v.series.instances, v.array, strict=True)]
    pairs.sort(key=lambda pair: (pair[0].image_position_patient or (0, 0, 0))[2])
    array = np.stack([a for _, a in pairs])
    first = volumes[0].geometry
    geometry = Geometry.from_axes(
        array.shape, origin=pairs[0][0].image_position_patient or (), slice_step=first.affine[:3, 0],
        row_step=first.affine[:3, 1], column_step=first.affine[:3, 2], has_depth=False,
    )  # fmt: skip
    series = replace(volumes[0].series, instances=tuple(i for i, _ in pairs), geometry=geometry, guard=())
    return Volume(array, geometry, series)


def test_every_slice_of_a_tilted_uneven_head_is_found_within_half_a_voxel(shared_data: Path) -> None:
    volume = tilted_head(shared_data)
    made = regularised(volume)
    assert not made.geometry.is_sheared
    half = np.array(made.geometry.spacing_mm) / 2
    for instance, image in zip(volume.series.instances, volume.array, strict=True):
        index = made.geometry.to_index(instance.image_position_patient or ())
        away_mm = np.abs(index - np.rint(index)) * made.geometry.spacing_mm
        assert (away_mm <= half + 1e-6).all()
        # the slice itself is there: its bright skull lies where the resampled plane's does
        rows, columns = (round(float(x)) for x in index[1:])
        plane = made.array[int(np.rint(index[0])), rows : rows + 512, columns : columns + 512]
        assert _overlap(plane > 300, image > 300) > 0.55


def test_values_of_a_tilted_stack_are_those_of_simpleitk(shared_data: Path) -> None:
    (study,) = scan(shared_data / "ct_head_gantry_tilt_ge").studies
    volume = read_volume(study.series[1])
    made = regularised(volume)
    theirs = _by_simpleitk(volume, made.geometry)
    inside = made.array != volume.array.min()
    inside &= ~np.isnan(theirs)
    assert inside.mean() > 0.6
    assert np.abs(made.array - theirs)[inside].max() <= 0.51  # whole numbers


def _by_simpleitk(volume: Volume, target: Geometry) -> NDArray[np.float64]:
    """Return a tilted volume at the points of another grid: linear, slice by slice, by a library."""
    found = np.full(target.shape, np.nan)
    affine = volume.geometry.affine
    normal = np.cross(affine[:3, 2], affine[:3, 1])
    normal /= np.linalg.norm(normal)
    step = affine[:3, 0] @ normal
    for plane in range(target.shape[0]):
        height = (target.to_mm((plane, 0, 0)) - affine[:3, 3]) @ normal / step
        lower = int(np.floor(height + 1e-6))
        share = height - lower
        values = np.zeros(target.shape[1:])
        for number, weight in ((lower, 1 - share), (lower + 1, share)):
            if weight > 1e-6:
                values += weight * _slice_at(volume, number, target, plane)
        found[plane] = values
    return found


def _slice_at(volume: Volume, number: int, target: Geometry, plane: int) -> NDArray[np.float64]:
    image = SimpleITK.GetImageFromArray(volume.array[number].astype(np.float64))
    start = volume.geometry.to_mm((number, 0, 0))
    steps = volume.geometry.affine[:3, [2, 1]]
    origin = np.linalg.lstsq(steps, target.to_mm((plane, 0, 0)) - start, rcond=None)[0]
    rows, columns = target.shape[1:]
    unmoved = SimpleITK.Transform(2, SimpleITK.sitkIdentity)  # type: ignore[no-untyped-call]
    moved = SimpleITK.Resample(
        image, [columns, rows], unmoved, SimpleITK.sitkLinear,
        origin.tolist(), [1.0, 1.0], [1.0, 0.0, 0.0, 1.0], float("nan"), SimpleITK.sitkFloat64,
    )  # fmt: skip
    return np.asarray(SimpleITK.GetArrayFromImage(moved))


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())
