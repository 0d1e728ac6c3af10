"""Time-intensity curves and mask statistics, from files to numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from medview.imaging.mask_statistics import MaskStatistics
from medview.imaging.time_curve import TimeCurve
from medview.session.edit_mask import new_segmentation
from medview.session.mask_statistics import request_mask_statistics
from medview.session.session import Session
from medview.session.time_curve import request_time_curve
from medview.study.annotation import ImageName
from medview.study.history import Edit
from medview.study.measurement import Measurement, MeasurementKind
from medview.study.series import Series
from medview.study.study import Study
from tests.files.make_dicom import image, write, write_stack
from tests.session.moments import MOMENTS, write_moments
from tests.session.test_keep_measurements import opened
from tests.session.waiting import said, wait_idle


def region(series: Series, slice_number: int, kind: MeasurementKind = "rectangle") -> Measurement:
    """Return a region from column and row 1 to 4 of an image."""
    assert series.geometry is not None
    corners = [(slice_number, 1, 1), (slice_number, 1, 4), (slice_number, 4, 4), (slice_number, 4, 1)]
    instance = series.instances[slice_number]
    image = ImageName(instance.sop_instance_uid, instance.frame_index)
    points = series.geometry.to_mm(corners[:1] if kind == "probe" else corners)
    return Measurement(kind, points, series.key, series.study_instance_uid, image)


def curve_of(session: Session, study: Study, measurement: Measurement) -> TimeCurve:
    found: list[TimeCurve] = []
    request_time_curve(session, study, measurement, found.append)
    wait_idle(session)
    assert found, said(session)
    return found[0]


@pytest.mark.parametrize("kind", ["rectangle", "probe"])
def test_a_region_is_followed_through_every_moment(session: Session, tmp_path: Path, kind: MeasurementKind) -> None:
    study = opened(session, write_moments(tmp_path / "moments"))
    series = study.series[3]
    curve = curve_of(session, study, region(series, 2, kind))
    np.testing.assert_allclose(curve.mean, [100 * moment + 2 for moment in range(MOMENTS)])
    assert not curve.sd.any()
    np.testing.assert_array_equal(curve.minimum, curve.maximum)
    assert str(curve.axis) == "Time"
    values = [s.axis.value for s in study.stacks_along(series) if s.axis]
    expected = np.array([v or 0.0 for v in values]) / 1000 if curve.axis_unit == "s" else np.arange(MOMENTS) + 1.0
    np.testing.assert_allclose(curve.places, expected)


def test_a_region_in_a_cut_plane_is_followed_too(session: Session, tmp_path: Path) -> None:
    study = opened(session, write_moments(tmp_path / "moments"))
    series = study.series[0]
    assert series.geometry is not None
    points = series.geometry.to_mm([(0, 2, 1), (0, 2, 4), (3, 2, 4), (3, 2, 1)])
    cut = Measurement("rectangle", points, series.key, normal=np.array([0.0, 1.0, 0.0]))
    curve = curve_of(session, study, cut)
    np.testing.assert_allclose(curve.mean, [100 * moment + 1.5 for moment in range(MOMENTS)])
    np.testing.assert_allclose(curve.sd, np.std([0, 1, 2, 3]))


def test_a_region_is_followed_from_frame_to_frame_of_a_recording(session: Session, tmp_path: Path) -> None:
    frames = (np.arange(6)[:, None, None] * 10 + np.arange(48)[None, None, :]).repeat(40, axis=1).astype("<u2")
    recording = image(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1",
        Modality="XA",
        Rows=40,
        Columns=48,
        NumberOfFrames=6,
        FrameTime=50,
        FrameIncrementPointer=0x00181063,
        RescaleIntercept=None,
        RescaleSlope=None,
        PixelRepresentation=0,
        PixelData=frames.tobytes(),
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        PixelSpacing=None,
    )
    (tmp_path / "xa").mkdir()
    write(recording, tmp_path / "xa" / "0.dcm")
    study = opened(session, tmp_path / "xa")
    assert study.series[0].is_recording, said(session)
    curve = curve_of(session, study, region(study.series[0], 3))
    np.testing.assert_allclose(curve.places, np.arange(6) * 0.05)
    assert (str(curve.axis), curve.axis_unit) == ("Time", "s")
    np.testing.assert_allclose(curve.mean, np.arange(6) * 10 + 2.5)  # columns 1 to 4
    np.testing.assert_allclose(curve.maximum, np.arange(6) * 10 + 4)
    np.testing.assert_allclose(curve.sd, np.std([1, 2, 3, 4]))


@pytest.mark.parametrize("kind", ["rectangle", "probe"])
def test_of_a_recording_in_colours_the_luma_is_followed(
    session: Session, tmp_path: Path, kind: MeasurementKind
) -> None:
    frames = np.zeros((5, 40, 48, 3), np.uint8)
    frames[..., 0] = np.arange(5)[:, None, None] * 10
    frames[..., 1] = 100
    recording = image(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.3.1",
        Modality="US",
        Rows=40,
        Columns=48,
        NumberOfFrames=5,
        FrameTime=40,
        FrameIncrementPointer=0x00181063,
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="RGB",
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        RescaleIntercept=None,
        RescaleSlope=None,
        RescaleType=None,
        PixelData=frames.tobytes(),
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        PixelSpacing=None,
    )
    (tmp_path / "us").mkdir()
    write(recording, tmp_path / "us" / "0.dcm")
    study = opened(session, tmp_path / "us")
    curve = curve_of(session, study, region(study.series[0], 2, kind))
    np.testing.assert_allclose(curve.mean, [0.299 * 10 * n + 0.587 * 100 for n in range(5)])
    np.testing.assert_allclose(curve.sd, 0, atol=1e-9)
    assert curve.value_unit == "luma"
    np.testing.assert_allclose(curve.places, np.arange(5) * 0.04)


def test_what_does_not_change_has_no_curve(session: Session, tmp_path: Path) -> None:
    study = opened(session, write_stack(tmp_path / "ct"))
    assert request_time_curve(session, study, region(study.series[0], 1), lambda curve: None) is None
    assert "There is no curve of this measurement." in said(session)


def test_a_mask_is_measured_as_simpleitk_measures_it(session: Session, tmp_path: Path) -> None:
    opened(session, write_stack(tmp_path / "ct", 6))
    mask, scene = new_segmentation(session), session.scene
    assert scene is not None
    labels = (np.random.default_rng(3).random(mask.labels.shape) > 0.6).astype(np.uint8)
    box = (slice(0, labels.shape[0]), slice(0, labels.shape[1]), slice(0, labels.shape[2]))
    scene.study.history.do(Edit(mask, box, mask.labels.copy(), labels, "Paint"))
    found: list[dict[int, MaskStatistics]] = []
    request_mask_statistics(session, scene, found.append)
    wait_idle(session)
    (measured,) = found[0].values()
    judge = SimpleITK.LabelIntensityStatisticsImageFilter()
    judge.Execute(
        SimpleITK.GetImageFromArray(labels), SimpleITK.GetImageFromArray(scene.volume.array.astype(np.float64))
    )
    assert measured.values is not None
    assert measured.voxels == judge.GetNumberOfPixels(1)
    assert measured.ml == pytest.approx(measured.voxels * np.prod(scene.volume.geometry.spacing_mm) / 1000)
    assert measured.values.mean == pytest.approx(judge.GetMean(1))
    # ITK divides by one less
    assert measured.values.sd == pytest.approx(judge.GetStandardDeviation(1) * np.sqrt(1 - 1 / measured.voxels))
    assert (measured.values.minimum, measured.values.maximum) == (judge.GetMinimum(1), judge.GetMaximum(1))
    assert measured.values.median == np.median(scene.volume.array[labels == 1])
    assert measured.unit == "HU"
