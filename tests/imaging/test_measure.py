"""Numbers of measurements, against scikit-image, numpy and figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from skimage.measure import perimeter, regionprops

from medview.imaging.findings import Findings, Quantity
from medview.imaging.measure import measured
from medview.imaging.plane_figures import crosses_itself
from medview.imaging.value_statistics import Histogram, ValueStatistics
from medview.study.annotation import ImageName
from medview.study.display_facts import DisplayFacts
from medview.study.geometry import Geometry
from medview.study.measurement import Measurement, MeasurementKind
from medview.study.series import Instance, Series
from medview.study.spacing_facts import SpacingFacts
from medview.study.volume import Volume

SHAPE = (5, 60, 80)
CT = "1.2.840.10008.5.1.4.1.1.2"
DX = "1.2.840.10008.5.1.4.1.1.1.1"


def make_volume(array: NDArray[Any] | None = None, geometry: Geometry | None = None, **facts: Any) -> Volume:
    """Return a CT of 5 slices, 60 rows at 0.5 mm and 80 columns at 0.8 mm, 3 mm apart."""
    if array is None:
        array = np.random.default_rng(1).integers(-1000, 1500, SHAPE).astype(np.int16)
    shape = array.shape[:3]
    geometry = geometry or Geometry.from_axes(
        shape, origin=(-10, 5, 100), slice_step=(0, 0, 3), row_step=(0, 0.5, 0), column_step=(0.8, 0, 0)
    )
    instance = {key: facts.pop(key) for key in ("spacing", "display", "has_modality_lut") if key in facts}
    instances = tuple(Instance(Path(f"{n}"), f"1.2.{n}", CT, **instance) for n in range(shape[0]))
    values = {"modality": "CT", "sop_class_uid": CT, "instances": instances} | facts
    return Volume(array, geometry, Series("1.9", "1.8", geometry=geometry, **values), "HU")


def drawn(volume: Volume, kind: MeasurementKind, points_px: Any, slice_number: int = 2, **facts: Any) -> Measurement:
    """Return a measurement on an image by its columns and rows, the centre of the first pixel at (0, 0)."""
    points = np.asarray(points_px, dtype=np.float64)
    index = np.column_stack([np.full(len(points), slice_number), points[:, 1], points[:, 0]])
    normal = np.cross(volume.geometry.directions[:, 2], volume.geometry.directions[:, 1])
    image = ImageName(volume.series.instances[slice_number].sop_instance_uid, 0)
    return Measurement(kind, volume.geometry.to_mm(index), "1.9", "1.8", image, normal, **facts)


def number(found: Findings, name: Any, channel: str = "") -> float:
    quantity = found.quantity(name, channel)
    assert quantity is not None, (name, [str(e) for e in found.refusals])
    return quantity.value


def texts(found: Findings) -> dict[str, str]:
    return {q.name: q.text for q in found.quantities}


def reasons(found: Findings) -> str:
    return " ".join(map(str, found.refusals))


def test_a_length_is_in_millimetres_of_non_square_pixels() -> None:
    volume = make_volume()
    found = measured(drawn(volume, "length", [(10, 10), (40, 50)]), volume)
    assert number(found, "length") == pytest.approx(np.hypot(30 * 0.8, 40 * 0.5))
    assert texts(found) == {"length": "31.2 mm"}
    assert found.remarks == ()


def test_a_length_between_slices_is_the_distance_in_the_patient() -> None:
    volume = make_volume()
    points = volume.geometry.to_mm([(0, 10, 10), (4, 10, 30)])
    found = measured(Measurement("length", points, "1.9", normal=np.array([0.0, 1.0, 0.0])), volume)
    assert number(found, "length") == pytest.approx(np.hypot(12, 16))


@pytest.mark.parametrize(
    ("arm", "degrees"), [((10, 0), 90.0), ((10, -8), 135.0), ((0, -5), 180.0), ((10, 8), 45.0), ((0, 20), 0.0)]
)
def test_an_angle_is_that_in_the_patient_not_on_the_grid(arm: tuple[float, float], degrees: float) -> None:
    geometry = Geometry.from_axes(
        SHAPE, origin=(0, 0, 0), slice_step=(0, 0, 3), row_step=(0, 1.0, 0), column_step=(0.8, 0, 0)
    )
    volume = make_volume(geometry=geometry)
    points = [(30, 40), (30, 20), (30 + arm[0], 20 + arm[1])]
    found = measured(drawn(volume, "angle", points), volume)
    assert number(found, "angle") == pytest.approx(degrees, abs=1e-9)
    assert texts(found)["angle"] == f"{degrees:.1f}°"


def plate(centre: tuple[float, float], tilt_deg: float, *, turned: bool = False) -> list[tuple[float, float]]:
    """Return an end plate by its middle (column, row) in square pixels and its tilt to the horizontal."""
    x, y = np.cos(np.deg2rad(tilt_deg)) * 10, np.sin(np.deg2rad(tilt_deg)) * 10
    ends = [(centre[0] - x, centre[1] - y), (centre[0] + x, centre[1] + y)]
    return ends[::-1] if turned else ends


@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize(
    ("upper", "lower", "cobb"), [(12, -20, 32), (0, 0, 0), (15, 15, 0), (50, -55, 105), (-8, 31, 39)]
)
def test_a_cobb_angle_does_not_depend_on_how_the_lines_are_drawn(
    turned: tuple[bool, bool], upper: float, lower: float, cobb: float
) -> None:
    volume = make_volume(geometry=Geometry(SHAPE, np.eye(4)))
    points = plate((40, 15), upper, turned=turned[0]) + plate((42, 50), lower, turned=turned[1])
    found = measured(drawn(volume, "cobb", points), volume)
    assert number(found, "cobb") == pytest.approx(cobb, abs=1e-6)
    lying = [(row, column) for column, row in points]  # the same film, lying on its side
    assert number(measured(drawn(volume, "cobb", lying), volume), "cobb") == pytest.approx(cobb, abs=1e-6)


def test_the_two_axes_are_told_longer_first_with_their_product() -> None:
    volume = make_volume()
    points = [(20, 20), (20, 40), (10, 30), (40, 30)]  # 10 mm, then 24 mm
    found = measured(drawn(volume, "bidirectional", points), volume)
    assert texts(found) == {"long_axis": "24.0 mm", "short_axis": "10.0 mm", "product": "240.0 mm²"}


def ellipse_px(centre: tuple[float, float], half: tuple[float, float]) -> list[tuple[float, float]]:
    (x, y), (a, b) = centre, half
    return [(x - a, y), (x + a, y), (x, y - b), (x, y + b)]


def assert_values(found: Findings, inside: NDArray[Any]) -> None:
    """Compare the statistics with numpy's own over the values that belong to a region."""
    assert number(found, "mean") == pytest.approx(inside.mean())
    assert number(found, "sd") == pytest.approx(inside.std())
    assert number(found, "minimum") == inside.min()
    assert number(found, "maximum") == inside.max()
    assert number(found, "median") == pytest.approx(np.median(inside))
    assert number(found, "pixels") == inside.size


def test_an_ellipse_holds_the_pixels_whose_centres_lie_inside() -> None:
    volume = make_volume()
    found = measured(drawn(volume, "ellipse", ellipse_px((30.3, 25.7), (12.2, 9.4))), volume)
    rows, columns = np.indices(SHAPE[1:])
    mask = ((columns - 30.3) / 12.2) ** 2 + ((rows - 25.7) / 9.4) ** 2 <= 1
    assert_values(found, volume.array[2][mask])
    a, b = 12.2 * 0.8, 9.4 * 0.5
    assert number(found, "area") == pytest.approx(np.pi * a * b)
    h = ((a - b) / (a + b)) ** 2  # Ramanujan 1914
    assert number(found, "perimeter") == pytest.approx(
        np.pi * (a + b) * (1 + 3 * h / (10 + np.sqrt(4 - 3 * h))), rel=1e-5
    )
    assert texts(found)["area"] == "144.1 mm²"
    assert texts(found)["mean"].endswith(" HU")


def test_a_turned_ellipse_is_as_scikit_image_sees_its_pixels() -> None:
    volume = make_volume(geometry=Geometry(SHAPE, np.eye(4)))
    turn = np.deg2rad(30)
    one, other = np.array([np.cos(turn), np.sin(turn)]) * 20, np.array([-np.sin(turn), np.cos(turn)]) * 11
    centre = np.array([40.2, 29.6])
    measurement = drawn(volume, "ellipse", [centre - one, centre + one, centre - other, centre + other])
    found = measured(measurement, volume)
    rows, columns = np.indices(SHAPE[1:])
    offset = np.stack([columns - centre[0], rows - centre[1]], axis=-1)
    mask = (offset @ one / 400) ** 2 + (offset @ other / 121) ** 2 <= 1
    (props,) = regionprops(mask.astype(np.uint8), volume.array[2])
    assert_values(found, volume.array[2][mask])
    assert number(found, "mean") == pytest.approx(props.intensity_mean)
    assert number(found, "maximum") == props.intensity_max
    assert number(found, "area") == pytest.approx(props.area, rel=0.01)
    assert number(found, "perimeter") == pytest.approx(perimeter(mask), rel=0.03)


def test_a_rectangle_holds_the_centres_on_its_edges() -> None:
    volume = make_volume()
    found = measured(drawn(volume, "rectangle", [(10, 20), (14, 20), (14, 22), (10, 22)]), volume)
    assert_values(found, volume.array[2, 20:23, 10:15])
    assert texts(found)["area"] == "3.2 mm²"  # 4 x 0.8 by 2 x 0.5: from centre to centre
    assert texts(found)["perimeter"] == "8.4 mm"


@pytest.mark.parametrize("kind", ["polygon", "freehand"])
def test_a_polygon_holds_the_pixels_whose_centres_lie_inside(kind: Any) -> None:
    from skimage.draw import polygon2mask

    volume = make_volume()
    corners = [(12.3, 8.2), (50.6, 14.9), (33.1, 30.4), (44.7, 52.2), (9.4, 40.8)]
    found = measured(drawn(volume, kind, corners), volume)
    mask = polygon2mask(SHAPE[1:], [(row, column) for column, row in corners])
    assert_values(found, volume.array[2][mask])
    x, y = (np.array(corners) * (0.8, 0.5)).T
    shoelace = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    assert number(found, "area") == pytest.approx(shoelace)


def test_an_outline_that_crosses_itself_has_no_area_and_no_mean() -> None:
    volume = make_volume()
    found = measured(drawn(volume, "polygon", [(10, 10), (30, 30), (30, 10), (10, 30)]), volume)
    assert set(texts(found)) == {"perimeter"}
    assert "crosses itself" in reasons(found)


def test_a_region_cut_along_the_voxels_holds_the_voxels_themselves() -> None:
    volume = make_volume()
    corners = volume.geometry.to_mm([(1, 30, 10), (1, 30, 40), (3, 30, 40), (3, 30, 10)])
    found = measured(Measurement("rectangle", corners, "1.9", normal=np.array([0.0, 1.0, 0.0])), volume)
    assert_values(found, volume.array[1:4, 30, 10:41])
    assert texts(found)["area"] == "144.0 mm²"  # 24 mm by 6 mm
    assert found.remarks == ()


def test_a_region_on_an_oblique_plane_is_sampled_and_says_so() -> None:
    volume = make_volume()
    index = np.array([(1.2, 20, 20), (1.2, 20, 50), (3.1, 40, 50), (3.1, 40, 20)])
    points = volume.geometry.to_mm(index)
    normal = np.cross(points[1] - points[0], points[3] - points[0])
    found = measured(Measurement("rectangle", points, "1.9", normal=normal / np.linalg.norm(normal)), volume)
    (remark,) = found.remarks
    assert str(remark) == "The values are interpolated between voxels, every 0.50 mm."
    assert found.quantity("pixels") is None
    u, v = np.meshgrid(np.linspace(0, 1, 200), np.linspace(0, 1, 200))
    dense = index[0] + u[..., None] * (index[1] - index[0]) + v[..., None] * (index[3] - index[0])
    known = map_coordinates(volume.array.astype(float), dense.reshape(-1, 3).T, order=1)
    assert number(found, "mean") == pytest.approx(known.mean(), abs=12)  # of noise with a spread of 500
    assert found.values is not None
    assert len(found.values) == pytest.approx(24.0 * np.hypot(5.7, 10) / 0.25, rel=0.05)


def test_corners_off_one_plane_have_no_area() -> None:
    volume = make_volume()
    points = volume.geometry.to_mm([(1, 20, 20), (1, 20, 50), (2.4, 40, 50), (1, 40, 20)])
    found = measured(Measurement("polygon", points, "1.9", normal=np.array([0.0, 0.0, 1.0])), volume)
    assert "one plane" in reasons(found)
    assert found.quantity("area") is None
    assert found.quantity("mean") is None


def test_padding_and_what_lies_outside_the_image_are_left_out() -> None:
    array = np.full(SHAPE, 40, np.int16)
    array[:, :, :40] = -2000
    volume = make_volume(array, display=DisplayFacts(padding=(-2000, -2000)))
    found = measured(drawn(volume, "rectangle", [(35, 50), (45, 50), (45, 70), (35, 70)]), volume)
    assert texts(found)["mean"] == "40 HU"
    assert number(found, "pixels") == 6 * 10
    outside = measured(drawn(volume, "ellipse", ellipse_px((200, 200), (5, 5))), volume)
    assert "No pixel" in reasons(outside)
    assert outside.quantity("mean") is None


def test_colours_are_told_channel_by_channel() -> None:
    array = np.zeros((1, 20, 20, 3), np.uint8)
    array[..., 0], array[..., 1] = 200, 20
    array[0, :, 10:, 2] = 255
    volume = replace(make_volume(array, photometric_interpretation="RGB", modality="XC", sop_class_uid=""), unit="")
    found = measured(drawn(volume, "rectangle", [(8, 5), (11, 5), (11, 8), (8, 8)], 0), volume)
    assert [number(found, "mean", channel) for channel in "RGB"] == [200, 20, 127.5]
    histogram = found.histogram()
    assert histogram is not None
    assert histogram.counts.shape == (3, len(histogram.edges) - 1)
    assert histogram.counts.sum(axis=1).tolist() == [16, 16, 16]
    probe = measured(drawn(volume, "probe", [(12, 4)], 0), volume)
    assert [number(probe, "value", channel) for channel in "RGB"] == [200, 20, 255]


def test_a_probe_tells_the_value_of_its_voxel() -> None:
    volume = make_volume()
    found = measured(drawn(volume, "probe", [(11.4, 7.6)]), volume)
    assert texts(found) == {"value": f"{volume.array[2, 8, 11]} HU"}
    assert "No pixel" in reasons(measured(drawn(volume, "probe", [(-3, 7)]), volume))


def test_pet_is_told_in_suv() -> None:
    array = np.full(SHAPE, 5000.0, np.float32)
    volume = replace(make_volume(array, modality="PT", suv_factors=(("bw", 0.0005),)), unit="Bq/ml")
    found = measured(drawn(volume, "ellipse", ellipse_px((30, 30), (5, 5))), volume)
    assert texts(found)["mean"] == "2.50 SUVbw"


def test_nothing_is_told_of_images_that_have_not_been_read() -> None:
    volume = make_volume()
    is_read = np.array([True, True, False, True, True])
    ellipse = drawn(volume, "ellipse", ellipse_px((30, 30), (5, 5)))
    found = measured(ellipse, volume, is_read=is_read)
    assert "not been read" in reasons(found)
    assert set(texts(found)) == {"area", "perimeter"}
    assert "not been read" in reasons(measured(drawn(volume, "probe", [(30, 30)]), volume, is_read=is_read))


def film(**spacing: Any) -> Volume:
    """Return a radiograph with the spacing facts given."""
    geometry = Geometry((1, 60, 80), np.eye(4), has_spacing=False, has_orientation=False)
    array = np.zeros((1, 60, 80), np.uint16)
    facts = SpacingFacts(**spacing)
    return replace(make_volume(array, geometry, modality="DX", sop_class_uid=DX, spacing=facts), unit="")


def test_a_radiograph_is_told_in_the_unit_its_calibration_allows() -> None:
    detector = film(imager_pixel_spacing=(0.2, 0.2))
    found = measured(drawn(detector, "length", [(10, 10), (40, 50)], 0), detector)
    assert texts(found) == {"length": "10.0 mm Proj"}
    assert "At the detector" in str(found.remarks[0])
    area = measured(drawn(detector, "rectangle", [(10, 10), (20, 10), (20, 20), (10, 20)], 0), detector)
    assert texts(area)["area"] == "4.0 mm² Proj"
    bare = film()
    assert texts(measured(drawn(bare, "length", [(10, 10), (40, 50)], 0), bare)) == {"length": "50.0 px"}
    wrong = film(pixel_spacing=(0.3, 0.3), imager_pixel_spacing=(0.2, 0.2))
    refused = measured(drawn(wrong, "length", [(10, 10), (40, 50)], 0), wrong)
    assert refused.quantities == ()
    assert "one of them is wrong" in reasons(refused)
    angle = measured(drawn(wrong, "angle", [(10, 10), (20, 10), (20, 20)], 0), wrong)
    assert texts(angle) == {"angle": "90.0°"}


def test_a_line_of_known_length_gives_millimetres_to_its_own_image_alone() -> None:
    volume = film(imager_pixel_spacing=(0.2, 0.2))
    length = drawn(volume, "length", [(10, 10), (40, 50)], 0)
    ball = drawn(volume, "calibration", [(10, 10), (60, 10)], 0, known_mm=25.0)
    smaller = drawn(volume, "calibration", [(10, 10), (60, 10)], 0, known_mm=20.0)
    assert texts(measured(length, volume, calibrations=[ball, smaller])) == {"length": "20.0 mm User"}
    assert texts(measured(length, volume, calibrations=[smaller, ball])) == {"length": "25.0 mm User"}
    elsewhere = replace(ball, image=ImageName("1.2.77", 0))
    assert texts(measured(length, volume, calibrations=[elsewhere])) == {"length": "10.0 mm Proj"}
    ct = make_volume()
    line = drawn(ct, "calibration", [(10, 10), (60, 10)], known_mm=1.0)
    found = measured(drawn(ct, "length", [(10, 10), (40, 50)]), ct, calibrations=[line])
    assert texts(found) == {"length": "31.2 mm"}  # the file knows better


def test_uneven_slices_are_measured_within_but_not_across() -> None:
    geometry = Geometry.from_axes(
        SHAPE,
        origin=(0, 0, 0),
        slice_step=(0, 0, 3),
        row_step=(0, 0.5, 0),
        column_step=(0.8, 0, 0),
        has_depth=False,
    )
    volume = make_volume(geometry=geometry)
    assert texts(measured(drawn(volume, "length", [(10, 10), (40, 50)]), volume)) == {"length": "31.2 mm"}
    across = Measurement("length", geometry.to_mm([(0, 10, 10), (4, 10, 30)]), "1.9")
    assert "even, known distances" in reasons(measured(across, volume))
    box = Measurement("rectangle", geometry.to_mm([(0, 9, 9), (0, 9, 19), (3, 9, 19), (3, 9, 9)]), "1.9")
    assert measured(box, volume).quantities == ()


def test_a_histogram_counts_every_value_inside() -> None:
    volume = make_volume()
    found = measured(drawn(volume, "rectangle", [(0, 0), (79, 0), (79, 59), (0, 59)]), volume)
    histogram = found.histogram(50)
    assert histogram is not None
    assert histogram.counts.sum() == 60 * 80
    assert histogram.counts.shape == (1, len(histogram.edges) - 1)
    expected, _ = np.histogram(volume.array[2], histogram.edges)
    np.testing.assert_array_equal(histogram.counts[0], expected)
    widths = np.diff(histogram.edges)
    assert (widths == widths[0]).all()
    assert float(widths[0]).is_integer()


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Quantity("length", 0.04, "mm"), "0.0 mm"),
        (Quantity("mean", -0.04, "HU"), "0.0 HU"),
        (Quantity("mean", 123.456, "HU"), "123.5 HU"),
        (Quantity("maximum", -1024.0, "HU"), "-1024 HU"),
        (Quantity("mean", 0.001234, ""), "0.001234"),
        (Quantity("mean", 123456.7, ""), "123457"),
        (Quantity("area", 12.34, "px²"), "12.3 px²"),
        (Quantity("pixels", 1200.0), "1200"),
    ],
)
def test_numbers_have_the_digits_that_mean_something(quantity: Quantity, text: str) -> None:
    assert quantity.text == text


def test_outlines_that_cross_are_told_from_those_that_do_not() -> None:
    turn = np.linspace(0, 2 * np.pi, 900, endpoint=False)
    radius = 20 + 3 * np.sin(9 * turn)
    star = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)
    assert not crosses_itself(star)
    assert not crosses_itself(np.repeat(star, 2, axis=0))  # the same point twice is no crossing
    knot = star.copy()
    knot[100:200] = knot[100:200][::-1]
    assert crosses_itself(knot)
    comb = np.array([(0, 0), (9, 0), (9, 9), (6, 9), (6, 3), (3, 3), (3, 9), (0, 9)], dtype=float)
    assert not crosses_itself(comb)
    touching = np.array([(0, 0), (8, 0), (8, 8), (4, 0), (0, 8)], dtype=float)  # a corner on another edge
    assert crosses_itself(touching)
    for first in range(len(comb)):
        assert not crosses_itself(np.roll(comb, first, axis=0))
        assert crosses_itself(np.roll(touching, first % 5, axis=0))


@pytest.mark.parametrize("kind", ["ellipse", "rectangle"])
@pytest.mark.parametrize("turn_deg", [0, 17, 45, 90, 123])
def test_turned_regions_hold_just_the_centres_inside(kind: MeasurementKind, turn_deg: float) -> None:
    volume = make_volume(geometry=Geometry(SHAPE, np.eye(4)))
    turn, centre = np.deg2rad(turn_deg), np.array([37.0, 31.0])
    one, other = np.array([np.cos(turn), np.sin(turn)]) * 25, np.array([-np.sin(turn), np.cos(turn)]) * 8
    if kind == "ellipse":
        points = [centre - one, centre + one, centre - other, centre + other]
    else:
        points = [centre - one - other, centre + one - other, centre + one + other, centre - one + other]
    rows, columns = np.indices(SHAPE[1:])
    offset = np.stack([columns - centre[0], rows - centre[1]], axis=-1)
    u, v = offset @ one / 625, offset @ other / 64
    mask = u * u + v * v <= 1 + 1e-9 if kind == "ellipse" else (np.abs(u) <= 1 + 1e-9) & (np.abs(v) <= 1 + 1e-9)
    assert_values(measured(drawn(volume, kind, points), volume), volume.array[2][mask])


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.float32])
@pytest.mark.parametrize("count", [1, 2, 1001, 2_500_000])
def test_statistics_are_numpys_whatever_the_type(dtype: Any, count: int) -> None:
    values = (np.random.default_rng(count).random(count) * 240 - (0 if dtype in (np.uint8, np.uint16) else 120)).astype(
        dtype
    )
    found = ValueStatistics.of(values)
    assert found is not None
    exact = values.astype(np.float64)
    assert (found.count, found.minimum, found.maximum) == (count, exact.min(), exact.max())
    assert found.mean == pytest.approx(exact.mean(), rel=1e-6)
    assert found.sd == pytest.approx(exact.std(), rel=1e-6, abs=1e-9)
    assert found.median == pytest.approx(float(np.median(exact)), rel=1e-6)
    histogram = Histogram.of(values, 40)
    assert histogram is not None
    np.testing.assert_array_equal(histogram.counts, [np.histogram(values, histogram.edges)[0]])


def test_of_nothing_there_are_no_statistics() -> None:
    assert ValueStatistics.of(np.zeros(0, np.int16)) is None
    assert Histogram.of(np.zeros(0)) is None
