"""What may be called a millimetre, rule by rule, in files that were written and read: PS3.3 10.7, C.8.5.5, C.8.7.5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medview.errors import MedViewError
from medview.imaging.calibration import calibration, calibration_across, user_spacing
from medview.study.asked_spacing import with_spacing
from medview.study.series import Series
from tests.files.found_stacks import only
from tests.files.make_dicom import image, write, write_stack

CR = "1.2.840.10008.5.1.4.1.1.1"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
MG = "1.2.840.10008.5.1.4.1.1.1.2"
XA = "1.2.840.10008.5.1.4.1.1.12.1"
US = "1.2.840.10008.5.1.4.1.1.6.1"
SC = "1.2.840.10008.5.1.4.1.1.7"
PHOTO = "1.2.840.10008.5.1.4.1.1.77.1.4"
NOWHERE: dict[str, Any] = {"ImagePositionPatient": None, "ImageOrientationPatient": None, "FrameOfReferenceUID": None}
LINE = [(1.0, 1.0), (4.0, 5.0)]  # three columns and four rows


def radiograph(tmp_path: Path, **changes: Any) -> Series:
    plain: dict[str, Any] = {"Modality": "DX", "SOPClassUID": DX, "PixelSpacing": None, "RescaleType": "US"}
    write(image(**(NOWHERE | plain | changes)), tmp_path / "x")
    return only(tmp_path)


def region(x0: int, y0: int, x1: int, y1: int, **changes: Any) -> Dataset:
    """Return a 2D region whose pixels are 0.02 cm wide and 0.03 cm high."""
    item = Dataset()
    item.RegionLocationMinX0, item.RegionLocationMinY0 = x0, y0
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = x1, y1
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = 1, 1, 0
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
    item.PhysicalDeltaX, item.PhysicalDeltaY = 0.02, 0.03
    for keyword, value in changes.items():
        setattr(item, keyword, value)
    return item


def ultrasound(tmp_path: Path, *regions: Dataset, **changes: Any) -> Series:
    told = {"Modality": "US", "SOPClassUID": US, "PixelSpacing": [9.0, 9.0], "SequenceOfUltrasoundRegions": regions}
    write(image(**(NOWHERE | told | changes)), tmp_path / "x")
    return only(tmp_path)


TWO = [0.2, 0.1]  # a spacing of (rows, columns): the line is 0.3 mm wide and 0.8 mm high


def hypotenuse(row_mm: float, column_mm: float) -> float:
    return float(np.hypot(3 * column_mm, 4 * row_mm))


@pytest.mark.parametrize(
    ("rule", "told", "unit", "length"),
    [
        ("2a geometry", {"PixelSpacing": TWO, "PixelSpacingCalibrationType": "GEOMETRY"}, "mm ERMF", (0.2, 0.1)),
        ("2a fiducial", {"PixelSpacing": TWO, "PixelSpacingCalibrationType": "FIDUCIAL",
                         "ImagerPixelSpacing": [0.24, 0.12]}, "mm Calibrated", (0.2, 0.1)),
        ("2b factor", {"ImagerPixelSpacing": [0.3, 0.3], "EstimatedRadiographicMagnificationFactor": 1.5},
         "mm ERMF", (0.2, 0.2)),
        ("2b distances", {"ImagerPixelSpacing": [0.3, 0.3], "DistanceSourceToDetector": 1200,
                          "DistanceSourceToPatient": 1000}, "mm ERMF", (0.25, 0.25)),
        ("2b factor before distances", {"ImagerPixelSpacing": [0.3, 0.3], "DistanceSourceToDetector": 1200,
                                        "DistanceSourceToPatient": 1000,
                                        "EstimatedRadiographicMagnificationFactor": 1.5}, "mm ERMF", (0.2, 0.2)),
        ("2b a source at no distance is none", {"ImagerPixelSpacing": [0.3, 0.3], "DistanceSourceToDetector": 1200,
                                                "DistanceSourceToPatient": 0}, "mm Proj", (0.3, 0.3)),
        ("2c", {"ImagerPixelSpacing": TWO}, "mm Proj", (0.2, 0.1)),
        ("2c factor of one", {"ImagerPixelSpacing": TWO, "EstimatedRadiographicMagnificationFactor": 1},
         "mm Proj", (0.2, 0.1)),
        ("2d", {"PixelSpacing": TWO}, "mm Unknown", (0.2, 0.1)),
        ("2d alike is at the detector", {"PixelSpacing": TWO, "ImagerPixelSpacing": TWO}, "mm Proj", (0.2, 0.1)),
        ("2d smaller is in the patient", {"PixelSpacing": TWO, "ImagerPixelSpacing": [0.22, 0.11]},
         "mm Unknown", (0.2, 0.1)),
        ("7 the spacing itself is never divided", {"PixelSpacing": TWO, "PixelSpacingCalibrationType": "GEOMETRY",
                                                   "ImagerPixelSpacing": [0.24, 0.12],
                                                   "EstimatedRadiographicMagnificationFactor": 1.2},
         "mm ERMF", (0.2, 0.1)),
        ("2 nothing", {}, "px", (1.0, 1.0)),
        ("2 by its class alone", {"Modality": "OT", "SOPClassUID": CR, "ImagerPixelSpacing": TWO},
         "mm Proj", (0.2, 0.1)),
        ("2 by its modality alone", {"Modality": "RF", "SOPClassUID": SC, "ImagerPixelSpacing": TWO},
         "mm Proj", (0.2, 0.1)),
        ("2 mammography", {"Modality": "MG", "SOPClassUID": MG, "ImagerPixelSpacing": [0.07, 0.07],
                           "EstimatedRadiographicMagnificationFactor": 1.12}, "mm ERMF", (0.0625, 0.0625)),
        ("2 a zero spacing is none", {"PixelSpacing": [0, 0], "ImagerPixelSpacing": TWO}, "mm Proj", (0.2, 0.1)),
        ("4 capture", {"Modality": "OT", "SOPClassUID": SC, "PixelSpacing": TWO}, "px", (1.0, 1.0)),
        ("4 photograph", {"Modality": "XC", "SOPClassUID": PHOTO, "PixelSpacing": TWO}, "px", (1.0, 1.0)),
        ("4 unspaced", {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}, "px", (1.0, 1.0)),
    ],
)  # fmt: skip
def test_the_unit_and_the_length_follow_the_rule(
    tmp_path: Path, rule: str, told: dict[str, Any], unit: str, length: tuple[float, float]
) -> None:
    series = radiograph(tmp_path, **told)
    assert series.geometry is not None
    assert not series.geometry.has_spacing, "nothing else may call these millimetres"
    found = calibration(series, 0, LINE)
    assert found.length(LINE) == (pytest.approx(hypotenuse(*length)), unit), rule
    corners = [(0, 0), (3, 0), (3, 4), (0, 4)]
    row_mm, column_mm = length
    squared = unit.replace("mm", "mm²").replace("px", "px²")
    assert found.area(corners) == (pytest.approx(12 * row_mm * column_mm), squared)


def test_rule_1_pixel_spacing_is_true_where_nothing_is_projected(tmp_path: Path) -> None:
    write_stack(tmp_path, 3, PixelSpacing=TWO)
    series = only(tmp_path)
    assert calibration(series, 1, LINE).length(LINE) == (pytest.approx(hypotenuse(0.2, 0.1)), "mm")
    assert calibration_across(series).unit == "mm"
    with pytest.raises(MedViewError, match="own spacing"):
        user_spacing(series, 1, LINE, 10.0)
    assert calibration(series, 1, LINE, user_mm=7.0).unit == "mm"


@pytest.mark.parametrize(
    ("rule", "told", "because"),
    [
        ("detector below patient", {"PixelSpacing": TWO, "ImagerPixelSpacing": [0.1, 0.05]}, "larger than its shadow"),
        ("and calibrated", {"PixelSpacing": TWO, "ImagerPixelSpacing": [0.1, 0.05],
                            "PixelSpacingCalibrationType": "FIDUCIAL"}, "larger than its shadow"),
        ("no magnification", {"ImagerPixelSpacing": TWO, "EstimatedRadiographicMagnificationFactor": 0}, "impossible"),
        ("negative", {"ImagerPixelSpacing": TWO, "EstimatedRadiographicMagnificationFactor": -1.2}, "impossible"),
        ("smaller than it is", {"ImagerPixelSpacing": TWO, "EstimatedRadiographicMagnificationFactor": 0.9},
         "impossible"),
        ("absurd", {"ImagerPixelSpacing": TWO, "EstimatedRadiographicMagnificationFactor": 10001}, "impossible"),
        ("behind the detector", {"ImagerPixelSpacing": TWO, "DistanceSourceToDetector": 1000,
                                 "DistanceSourceToPatient": 1200}, "impossible"),
    ],
)  # fmt: skip
def test_rule_6_what_would_be_wrong_is_refused_with_a_reason(
    tmp_path: Path, rule: str, told: dict[str, Any], because: str
) -> None:
    found = calibration(radiograph(tmp_path, **told), 0, LINE)
    assert found.refusal is not None
    assert because in found.refusal.text(), rule
    for measure in (found.length, found.area):
        with pytest.raises(MedViewError, match=because):
            measure(LINE)
    # both spacings are twice as high as wide: the shape of a pixel is known all the same
    assert found.angle_deg((1, 0), (2, 1)) == pytest.approx(45.0)


INSIDE, WITHIN_SECOND = [(1, 1), (3, 4)], [(5, 1), (6, 4)]


@pytest.mark.parametrize(
    ("rule", "regions", "points", "unit", "length"),
    [
        ("in one region", [region(0, 0, 3, 5)], INSIDE, "mm", np.hypot(2 * 0.2, 3 * 0.3)),
        ("on its edge", [region(0, 0, 3, 5)], [(-0.5, 0), (3.5, 0)], "mm", 4 * 0.2),
        ("the second", [region(0, 0, 3, 5), region(4, 0, 7, 5, PhysicalDeltaX=0.1)], WITHIN_SECOND, "mm",
         np.hypot(1 * 1.0, 3 * 0.3)),
        ("a delta below zero", [region(0, 0, 3, 5, PhysicalDeltaY=-0.03)], INSIDE, "mm", np.hypot(0.4, 0.9)),
        ("the more important of two", [region(0, 0, 7, 5, RegionFlags=1, PhysicalDeltaX=1.0), region(0, 0, 3, 5)],
         INSIDE, "mm", np.hypot(0.4, 0.9)),
        ("not the frame of them all", [region(0, 0, 7, 5, RegionSpatialFormat=0, PhysicalUnitsXDirection=0),
                                       region(0, 0, 3, 5)], INSIDE, "mm", np.hypot(0.4, 0.9)),
        ("outside", [region(0, 0, 3, 5)], WITHIN_SECOND, "px", np.hypot(1, 3)),
        ("half outside", [region(0, 0, 3, 5)], [(1, 1), (6, 1)], "px", 5),
        ("units that are not alike", [region(0, 0, 3, 5, PhysicalUnitsXDirection=4)], INSIDE, "px", np.hypot(2, 3)),
        ("no centimetres", [region(0, 0, 3, 5, PhysicalUnitsXDirection=1, PhysicalUnitsYDirection=1)], INSIDE, "px",
         np.hypot(2, 3)),
        ("no scale", [region(0, 0, 3, 5, PhysicalDeltaX=0.0)], INSIDE, "px", np.hypot(2, 3)),
        ("no region: not by Pixel Spacing", [], INSIDE, "px", np.hypot(2, 3)),
    ],
)  # fmt: skip
def test_rule_3_ultrasound_is_measured_in_one_region_alone(
    tmp_path: Path, rule: str, regions: list[Dataset], points: list[tuple[float, float]], unit: str, length: float
) -> None:
    assert calibration(ultrasound(tmp_path, *regions), 0, points).length(points) == (pytest.approx(length), unit), rule


@pytest.mark.parametrize(
    ("others", "unit"),
    [
        ([], "mm"),
        ([region(4, 0, 7, 5, RegionSpatialFormat=4)], "mm"),
        ([region(4, 0, 7, 5)], "mm"),
        ([region(4, 0, 7, 5, PhysicalDeltaX=0.1)], "px"),
    ],
)
def test_the_ruler_of_ultrasound_has_millimetres_where_all_its_regions_have_the_same(
    tmp_path: Path, others: list[Dataset], unit: str
) -> None:
    found = calibration(ultrasound(tmp_path, region(0, 0, 3, 5), *others), 0)
    assert (found.unit, found.refusal) == (unit, None)


@pytest.mark.parametrize(
    ("regions", "points", "because"),
    [
        ([region(0, 0, 3, 5), region(4, 0, 7, 5)], [(1, 1), (5, 1)], "different regions"),
        ([region(0, 0, 7, 5, RegionSpatialFormat=2, PhysicalUnitsXDirection=4)], INSIDE, "M-mode"),
        ([region(0, 0, 7, 5, RegionSpatialFormat=3, PhysicalUnitsYDirection=7)], INSIDE, "spectrum"),
        ([region(0, 0, 3, 5), region(4, 0, 7, 5, RegionSpatialFormat=2)], [(1, 1), (5, 1)], "M-mode"),
    ],
)
def test_rule_3_and_6_across_regions_and_along_time_nothing_is_measured(
    tmp_path: Path, regions: list[Dataset], points: list[tuple[float, float]], because: str
) -> None:
    found = calibration(ultrasound(tmp_path, *regions), 0, points)
    with pytest.raises(MedViewError, match=because):
        found.length(points)
    with pytest.raises(MedViewError, match=because):
        found.angle_deg((1, 0), (0, 1))


def test_rule_4_a_person_calibrates_what_has_no_spacing(tmp_path: Path) -> None:
    series = radiograph(tmp_path, Modality="XC", SOPClassUID=PHOTO, PixelAspectRatio=[2, 1])
    # three widths across and four pixels of two widths down: the square root of 9 + 64 widths are 17.088 mm
    user_mm = user_spacing(series, 0, LINE, 2 * np.sqrt(73))
    assert user_mm == pytest.approx(2.0)
    found = calibration(series, 0, LINE, user_mm=user_mm)
    assert found.length([(0, 0), (0, 3)]) == (pytest.approx(12.0), "mm User")
    assert found.area([(0, 0), (1, 0), (1, 1), (0, 1)]) == (pytest.approx(8.0), "mm² User")


@pytest.mark.parametrize(
    ("told", "is_allowed"),
    [
        ({}, True),
        ({"ImagerPixelSpacing": TWO}, True),
        ({"ImagerPixelSpacing": TWO, "EstimatedRadiographicMagnificationFactor": -1}, True),
        ({"PixelSpacing": TWO}, False),
        ({"PixelSpacing": TWO, "PixelSpacingCalibrationType": "FIDUCIAL"}, False),
        ({"PixelSpacing": TWO, "ImagerPixelSpacing": [0.1, 0.05]}, False),
        ({"ImagerPixelSpacing": TWO, "EstimatedRadiographicMagnificationFactor": 1.2}, False),
    ],
)
def test_no_person_overrules_a_spacing_in_the_patient(tmp_path: Path, told: dict[str, Any], is_allowed: bool) -> None:
    series = radiograph(tmp_path, **told)
    if is_allowed:
        assert calibration(series, 0, LINE, user_mm=user_spacing(series, 0, LINE, 10.0)).unit == "mm User"
        return
    with pytest.raises(MedViewError, match="own spacing"):
        user_spacing(series, 0, LINE, 10.0)
    assert calibration(series, 0, LINE, user_mm=3.0).unit != "mm User"


def test_no_person_overrules_the_scale_of_a_region_from_beside_it(tmp_path: Path) -> None:
    with pytest.raises(MedViewError, match="own spacing"):
        user_spacing(ultrasound(tmp_path, region(0, 0, 3, 5)), 0, WITHIN_SECOND, 10.0)


@pytest.mark.parametrize(("points", "known_mm"), [([(1, 1), (1.2, 1)], 10.0), (LINE, 0.0), (LINE, float("nan"))])
def test_a_calibration_by_nothing_is_refused(tmp_path: Path, points: Any, known_mm: float) -> None:
    with pytest.raises(MedViewError):
        user_spacing(radiograph(tmp_path), 0, points, known_mm)


@pytest.mark.parametrize(
    ("told", "angle"),
    [
        ({}, 45.0),
        ({"PixelAspectRatio": [2, 1]}, np.degrees(np.arctan(2))),
        ({"ImagerPixelSpacing": [0.3, 0.1]}, np.degrees(np.arctan(3))),
        ({"PixelAspectRatio": [0, 1]}, None),
        ({"PixelAspectRatio": [100, 1]}, None),
    ],
)
def test_rule_5_angles_need_the_shape_of_a_pixel_alone(
    tmp_path: Path, told: dict[str, Any], angle: float | None
) -> None:
    found = calibration(radiograph(tmp_path, **told), 0, LINE)
    assert (found.angle_refusal is None) == (angle is not None)
    if angle is not None:
        assert found.angle_deg((1, 0), (1, 1)) == pytest.approx(angle)
        return
    with pytest.raises(MedViewError, match="shape of a pixel"):
        found.angle_deg((1, 0), (1, 1))


def test_rule_6_across_uneven_slices_nothing_is_measured(tmp_path: Path) -> None:
    for index, z in enumerate((0.0, 2.5, 5.0, 11.0)):
        write(image(index, ImagePositionPatient=[0, 0, z]), tmp_path / str(index))
    series = only(tmp_path)
    found = calibration_across(series)
    with pytest.raises(MedViewError, match="resample"):
        found.length([(0, 0), (1, 1)])
    assert found.angle_refusal is not None
    # on each slice as it is, lengths hold
    assert calibration(series, 2, LINE).length(LINE) == (pytest.approx(hypotenuse(0.5, 0.75)), "mm")


def test_millimetres_given_for_a_whole_series_say_that_a_person_gave_them(tmp_path: Path) -> None:
    write(image(PixelSpacing=None), tmp_path / "x")
    series = with_spacing(only(tmp_path), (1.0, 0.5, 0.25))
    assert calibration(series, 0, LINE).length(LINE) == (pytest.approx(hypotenuse(0.5, 0.25)), "mm User")


def test_a_volume_that_a_converter_wrote_as_a_capture_keeps_its_place_and_its_millimetres(tmp_path: Path) -> None:
    write_stack(tmp_path, 3, SOPClassUID=SC, PixelSpacing=TWO)
    assert calibration(only(tmp_path), 0, LINE).unit == "mm"


def test_a_volume_made_of_projections_is_none(tmp_path: Path) -> None:
    write_stack(tmp_path, 3, Modality="MG", SOPClassUID="1.2.840.10008.5.1.4.1.1.13.1.3", PixelSpacing=TWO)
    assert calibration(only(tmp_path), 0, LINE).unit == "mm"


OVER = [region(0, 0, 7, 5), region(0, 0, 3, 5, PhysicalDeltaX=0.1)]


@pytest.mark.parametrize("regions", [OVER, OVER[::-1], [OVER[0], region(0, 0, 3, 5, RegionSpatialFormat=2)]])
def test_regions_over_each_other_of_which_none_comes_first_are_refused(tmp_path: Path, regions: list[Dataset]) -> None:
    found = calibration(ultrasound(tmp_path, *regions), 0, INSIDE)
    with pytest.raises(MedViewError, match="lie over each other"):
        found.length(INSIDE)
    with pytest.raises(MedViewError, match="lie over each other"):
        found.angle_deg((1.0, 0.0), (0.0, 1.0))


def test_regions_over_each_other_of_one_scale_are_one(tmp_path: Path) -> None:
    found = calibration(ultrasound(tmp_path, region(0, 0, 7, 5), region(0, 0, 3, 5, RegionDataType=2)), 0, INSIDE)
    assert found.length(INSIDE) == (pytest.approx(np.hypot(2 * 0.2, 3 * 0.3)), "mm")


@pytest.mark.parametrize(("height", "is_told"), [(0.03, False), (0.02, True)])
def test_an_angle_half_outside_a_region_is_told_where_its_pixels_are_square_alone(
    tmp_path: Path, height: float, is_told: bool
) -> None:
    series = ultrasound(tmp_path, region(0, 0, 3, 5, PhysicalDeltaY=height), PixelSpacing=None)
    found = calibration(series, 0, [(1, 1), (6, 1), (6, 4)])
    assert (found.angle_refusal is None) is is_told
    assert found.unit == "px"
