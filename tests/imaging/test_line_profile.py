"""Values along a line, against scipy's interpolation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from medview.errors import MedViewError
from medview.imaging.curve import Curve
from medview.imaging.line_profile import line_profile
from medview.study.display_facts import DisplayFacts
from medview.study.geometry import Geometry
from medview.study.measurement import Measurement
from tests.imaging.test_measure import SHAPE, drawn, film, make_volume


def test_values_along_a_line_on_an_image_are_interpolated_every_half_pixel() -> None:
    volume = make_volume()
    profile = line_profile(drawn(volume, "length", [(10, 10), (40, 50)]), volume)
    length = np.hypot(30 * 0.8, 40 * 0.5)
    assert profile.distance[0] == 0
    assert profile.distance[-1] == pytest.approx(length)
    assert np.diff(profile.distance).max() <= 0.25 + 1e-9
    assert profile.distance.size == int(np.ceil(length / 0.25)) + 1
    columns, rows = (np.linspace(low, high, profile.distance.size) for low, high in ((10, 40), (10, 50)))
    known = map_coordinates(volume.array[2].astype(float), [rows, columns], order=1)
    np.testing.assert_allclose(profile.values, known, atol=1e-6)
    assert (profile.distance_unit, profile.value_unit) == ("mm", "HU")


def test_values_along_a_line_across_the_slices_are_interpolated_between_them() -> None:
    volume = make_volume()
    points = volume.geometry.to_mm([(0, 10, 10), (4, 10, 30)])
    profile = line_profile(Measurement("length", points, "1.9"), volume)
    index = volume.geometry.to_index(np.linspace(points[0], points[1], profile.distance.size))
    np.testing.assert_allclose(profile.values, map_coordinates(volume.array.astype(float), index.T, order=1), atol=1e-6)
    assert profile.distance[-1] == pytest.approx(20.0)


def test_no_other_image_takes_part_where_slices_are_uneven() -> None:
    geometry = replace(make_volume().geometry, has_depth=False)
    volume = make_volume(geometry=geometry)
    profile = line_profile(drawn(volume, "length", [(10, 10.5), (40, 10.5)]), volume)
    columns = np.linspace(10, 40, profile.distance.size)
    known = map_coordinates(volume.array[2].astype(float), [np.full_like(columns, 10.5), columns], order=1)
    np.testing.assert_allclose(profile.values, known, atol=1e-6)
    across = Measurement("length", geometry.to_mm([(0, 10, 10), (4, 10, 30)]), "1.9")
    with pytest.raises(MedViewError, match="even, known distances"):
        line_profile(across, volume)


def test_a_path_is_followed_along_its_curve() -> None:
    volume = make_volume()
    points = volume.geometry.to_mm([(0, 10, 10), (2, 40, 30), (4, 10, 60)])
    profile = line_profile(Measurement("path", points, "1.9"), volume)
    curve = Curve.through(points, 0.25)
    assert profile.distance[-1] == pytest.approx(curve.knots_mm[-1], rel=1e-3)
    assert profile.values[0] == volume.array[0, 10, 10]
    assert profile.values[-1] == volume.array[4, 10, 60]


def test_beyond_the_image_and_in_padding_there_is_no_value() -> None:
    array = np.full(SHAPE, 40, np.int16)
    array[:, :, :20] = -2000
    volume = make_volume(array, display=DisplayFacts(padding=(-2000, -2000)))
    profile = line_profile(drawn(volume, "length", [(10, 10), (90, 10)]), volume)
    columns = 10 + profile.distance / 0.8
    known = (columns >= 20 - 1e-9) & (columns <= 79.5 + 1e-9)
    np.testing.assert_array_equal(np.isfinite(profile.values), known)
    assert set(profile.values[known]) == {40.0}


def test_the_distance_is_in_the_unit_the_image_allows() -> None:
    line: Any = [(10, 10), (40, 50)]
    detector = film(imager_pixel_spacing=(0.2, 0.2))
    profile = line_profile(drawn(detector, "length", line, 0), detector)
    assert (profile.distance_unit, profile.distance[-1]) == ("mm Proj", pytest.approx(10.0))
    wrong = film(pixel_spacing=(0.3, 0.3), imager_pixel_spacing=(0.2, 0.2))
    profile = line_profile(drawn(wrong, "length", line, 0), wrong)
    assert (profile.distance_unit, profile.distance[-1]) == ("px", pytest.approx(50.0))


def test_colours_have_a_value_for_each_channel() -> None:
    array = np.zeros((1, 20, 20, 3), np.uint8)
    array[0, :, :, 0] = np.arange(20) * 10
    volume = make_volume(array, Geometry((1, 20, 20), np.eye(4)), photometric_interpretation="RGB")
    profile = line_profile(drawn(volume, "length", [(0, 5), (10, 5)], 0), volume)
    np.testing.assert_allclose(profile.values[:, 0], profile.distance * 10)
    assert not profile.values[:, 1:].any()


def test_what_is_no_line_has_no_profile() -> None:
    volume = make_volume()
    with pytest.raises(MedViewError, match="no values along"):
        line_profile(drawn(volume, "probe", [(10, 10)]), volume)
    with pytest.raises(MedViewError, match="without a length"):
        line_profile(drawn(volume, "length", [(10, 10), (10, 10)]), volume)
    with pytest.raises(MedViewError, match="not been read"):
        line_profile(drawn(volume, "length", [(10, 10), (20, 10)]), volume, is_read=np.zeros(5, bool))
