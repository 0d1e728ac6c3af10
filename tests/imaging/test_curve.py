"""The spline of a path and the frames along it, against curves whose length and turning are known."""

from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.curve import Curve
from medview.imaging.curve_frames import curve_frames, perpendicular
from medview.imaging.curved_sheet import CurvedSheet, section_axes
from medview.imaging.sheet_values import sheet_values
from medview.session.viewport import SlabMode
from medview.study.geometry import Geometry


def arc(radius: float, degrees: float, points: int) -> np.ndarray:
    """Return points of a circle in the axial plane about (10, 20, 30)."""
    t = np.deg2rad(np.linspace(0, degrees, points))
    return np.array([10.0, 20.0, 30.0]) + radius * np.stack([np.cos(t), np.sin(t), 0 * t], axis=1)


def helix(turns: float, count: int) -> np.ndarray:
    """Return a helix about the head axis, radius 20 mm, 15 mm a turn."""
    t = np.linspace(0, 2 * np.pi * turns, count)
    return np.stack([20 * np.cos(t), 20 * np.sin(t), 15 * t / (2 * np.pi)], axis=1)


def test_two_points_are_a_straight_line_of_their_distance() -> None:
    curve = Curve.through([(1, 2, 3), (1, 2, 13)], 0.4)
    assert curve.length_mm == pytest.approx(10.0)
    assert curve.step_mm == pytest.approx(0.4)
    assert np.allclose(curve.tangents, (0, 0, 1))
    assert np.allclose(curve.at(4.0), (1, 2, 7))
    assert curve.nearest((9, 9, 8.5)) == pytest.approx(5.5)
    assert curve.nearest((1, 2, 99)) == pytest.approx(10.0)


def test_the_length_along_an_arc_is_that_of_the_circle() -> None:
    curve = Curve.through(arc(50, 180, 13), 0.5)
    assert curve.length_mm == pytest.approx(np.pi * 50, rel=1e-3)
    away = np.linalg.norm(curve.points_mm - (10, 20, 30), axis=1)
    assert np.abs(away - 50).max() < 0.3  # in the first and last span, which nobody has said how to begin
    assert np.abs(away - 50)[30:-30].max() < 0.02
    chords = np.linalg.norm(np.diff(curve.points_mm, axis=0), axis=1)
    assert chords == pytest.approx(np.full(len(chords), curve.step_mm), rel=2e-3)


def test_the_spline_goes_through_every_point_and_says_how_far_along() -> None:
    given = np.random.default_rng(3).normal(0, 40, (8, 3))
    curve = Curve.through(given, 0.2)
    assert curve.knots_mm[0] == 0
    assert curve.knots_mm[-1] == pytest.approx(curve.length_mm)
    for knot, point in zip(curve.knots_mm, given, strict=True):
        assert np.linalg.norm(curve.at(float(knot)) - point) < 0.02
        assert np.linalg.norm(curve.at(curve.nearest(point)) - point) < 0.02


def test_close_points_beside_far_ones_make_no_loop() -> None:
    given = [(0, 0, 0), (0.1, 0, 0), (50, 0, 0), (50.1, 0.1, 0), (50.1, 60, 0)]
    curve = Curve.through(given, 0.1)
    chords = np.linalg.norm(np.diff(np.array(given, float), axis=0), axis=1).sum()
    assert chords <= curve.length_mm < 1.05 * chords
    turning = (curve.tangents[1:] * curve.tangents[:-1]).sum(axis=1)
    assert turning.min() > 0  # never back on itself


def test_points_that_coincide_count_once_and_one_place_is_refused() -> None:
    twice = Curve.through([(0, 0, 0), (0, 0, 0), (3, 0, 0), (3, 0, 0)], 0.5)
    assert twice.length_mm == pytest.approx(3.0)
    with pytest.raises(ValueError, match="two points"):
        Curve.through([(1, 1, 1), (1, 1, 1)], 0.5)


def test_frames_stay_at_right_angles_and_never_flip_where_a_path_bends_the_other_way() -> None:
    t = np.linspace(0, 4 * np.pi, 25)
    wave = Curve.through(np.stack([5 * t, 20 * np.sin(t), 0 * t], axis=1), 0.3)  # Frenet's normal flips at every zero
    across = curve_frames(wave, (0, 1, 0))
    assert np.abs((across * wave.tangents).sum(axis=1)).max() < 1e-9
    assert np.linalg.norm(across, axis=1) == pytest.approx(np.ones(len(across)))
    assert (across[1:] * across[:-1]).sum(axis=1).min() > 0.9
    assert np.abs(across[:, 2]).max() < 1e-9  # a flat curve keeps them in its plane
    assert across[:, 1].min() > 0


def test_frames_do_not_twist_about_the_path() -> None:
    curve = Curve.through(helix(2, 60), 0.1)
    across = curve_frames(curve, (1, 0, 0))
    turn = np.gradient(across, curve.step_mm, axis=0)
    other = np.cross(curve.tangents, across)
    twist = (turn * other).sum(axis=1)[5:-5]  # radians a mm
    assert np.abs(twist).max() < 1e-3
    torsion = (15 / (2 * np.pi)) / (20**2 + (15 / (2 * np.pi)) ** 2)
    assert torsion > 0.005  # which Frenet's frame would have


def test_the_frame_in_the_middle_points_where_it_is_told() -> None:
    curve = Curve.through(helix(1, 30), 0.5)
    across = curve_frames(curve, (0, 0, -1))
    middle = len(across) // 2
    assert across[middle] == pytest.approx(perpendicular(curve.tangents[middle], (0, 0, -1)))
    assert perpendicular((0, 0, 1), (0, 0, 1)) == pytest.approx((1, 0, 0))  # any, rather than none


def test_a_straightened_sheet_is_true_along_the_path_and_across_it() -> None:
    curve = Curve.through(arc(50, 90, 10), 0.5)
    sheet = CurvedSheet.straightened(curve, (0, 0, -1), 0.0, 20.0)
    assert sheet.length_mm == pytest.approx(np.pi * 25, rel=1e-3)
    assert np.allclose(sheet.across, (0, 0, -1))
    for along in (0.0, 10.25, 60.0):
        assert sheet.to_mm(along, 0.0) == pytest.approx(curve.at(along), abs=1e-2)
        assert sheet.to_mm(along, 7.0) - sheet.to_mm(along, 0.0) == pytest.approx((0, 0, -7.0))
    turned = CurvedSheet.straightened(curve, (0, 0, -1), 90.0, 20.0)
    assert np.allclose((turned.across * sheet.across).sum(axis=1), 0, atol=1e-9)
    # right-handed about the way the path goes
    assert np.allclose(np.cross(sheet.across, turned.across), curve.tangents, atol=1e-9)
    # along to the right, across down, through away from the person
    assert np.allclose(np.cross(curve.tangents, sheet.across), sheet.through)


def test_every_distance_on_a_stretched_sheet_is_true() -> None:
    t = np.deg2rad(np.linspace(0, 180, 19))
    path = np.stack([50 * np.cos(t), 50 * np.sin(t), 10 * np.sin(2 * t)], axis=1)  # rises and falls on its way
    sheet = CurvedSheet.stretched(Curve.through(path, 0.25), (0, 0, -1), 15.0)
    assert sheet.length_mm == pytest.approx(50 * np.pi, rel=2e-3)  # of the circle, seen from above
    assert sheet.extent_mm == pytest.approx((-25.0, 25.0), abs=0.3)
    assert sheet.path_arcs_mm[-1] > sheet.length_mm + 2.0  # the path itself is longer
    for along in (0.0, 33.0, 80.0):
        places = np.arange(len(sheet.base_mm)) * sheet.step_mm
        on_path = sheet.to_mm(along, float(np.interp(along, places, sheet.path_across_mm)))
        angle = along / 50
        assert on_path == pytest.approx((50 * np.cos(angle), 50 * np.sin(angle), 10 * np.sin(2 * angle)), abs=0.2)
        assert sheet.along_of_arc(
            float(np.interp(along, np.arange(len(sheet.base_mm)) * sheet.step_mm, sheet.path_arcs_mm))
        ) == pytest.approx(along, abs=0.01)
    # a slanting line on the sheet is as long as its rolled-out picture says
    a, b = np.array([20.0, -5.0]), np.array([28.0, 4.0])
    points = np.array([sheet.to_mm(*(a + (b - a) * k)) for k in np.linspace(0, 1, 200)])
    assert np.linalg.norm(np.diff(points, axis=0), axis=1).sum() == pytest.approx(np.hypot(8, 9), rel=1e-3)


def test_a_path_along_the_stretching_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="along the direction"):
        CurvedSheet.stretched(Curve.through([(0, 0, 0), (0, 0, 50)], 0.5), (0, 0, 1), 10.0)


def test_a_cross_section_is_perpendicular_to_the_path_and_seen_along_it() -> None:
    curve = Curve.through(arc(50, 90, 10), 0.5)
    right, down = section_axes(curve, 20.0, (0, 0, -1))
    tangent = curve.tangents[40]
    assert abs(right @ tangent) < 1e-9
    assert down == pytest.approx((0, 0, -1))
    assert np.cross(right, down) == pytest.approx(tangent)


def ramp(shape: tuple[int, int, int] = (40, 60, 70)) -> tuple[np.ndarray, Geometry]:
    """Return values that are linear in the patient, so that any place can be told exactly, on an anisotropic grid."""
    geometry = Geometry.from_axes(
        shape, origin=(-40, -35, -30), slice_step=(0, 0, 1.5), row_step=(0, 1.2, 0), column_step=(1.1, 0, 0)
    )
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return (geometry.to_mm(index) @ (3.0, -2.0, 5.0)).astype(np.float32), geometry


def test_values_on_a_sheet_are_those_of_its_places_in_the_patient() -> None:
    array, geometry = ramp()
    curve = Curve.through([(-20, -10, -20), (0, 5, 0), (10, 0, 20)], 0.5)
    sheet = CurvedSheet.straightened(curve, (1, 0, 0), 25.0, 8.0)
    values, inside = sheet_values(array, geometry, sheet, 32)
    assert inside.all()
    for row, column in ((0, 0), (16, 40), (31, 70)):
        place = sheet.to_mm(column * sheet.step_mm, -8.0 + (row + 0.5) * 0.5)
        assert values[row, column] == pytest.approx(place @ (3.0, -2.0, 5.0), abs=1e-3)


@pytest.mark.parametrize("mode", ["max", "min", "mean"])
def test_a_slab_about_a_sheet_reaches_half_its_thickness_to_either_side(mode: SlabMode) -> None:
    array, geometry = ramp()
    curve = Curve.through([(-20, -10, -20), (0, 5, 0), (10, 0, 20)], 0.5)
    sheet = CurvedSheet.straightened(curve, (1, 0, 0), 0.0, 8.0)
    flat, _ = sheet_values(array, geometry, sheet, 32)
    thick, _ = sheet_values(array, geometry, sheet, 32, slab_mm=6.0, slab_mode=mode)
    reach = 3.0 * np.abs(sheet.through @ (3.0, -2.0, 5.0))
    expected = flat + {"max": reach, "min": -reach, "mean": 0 * reach}[mode]
    assert np.abs(thick - expected).max() < 1e-2


def test_outside_the_volume_there_is_nothing() -> None:
    array, geometry = ramp()
    curve = Curve.through([(-20, 0, 0), (60, 0, 0)], 1.0)
    values, inside = sheet_values(array, geometry, CurvedSheet.straightened(curve, (0, 0, 1), 0.0, 5.0), 10)
    assert inside[:, 0].all()
    assert not inside[:, -1].any()
    assert not values[:, -1].any()
