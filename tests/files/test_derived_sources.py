"""Derived images of every kind of source keep its meaning: light and dark, unit, window, names, frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK

from medview.errors import MedViewError
from medview.files.objects.derived_series import write_derived
from medview.files.objects.finding_report import write_report
from medview.files.pixels.dicom_pixels import read_volume
from medview.imaging.regularise import regular_series
from medview.study.finding import Concept, DerivedImage, Finding, ScoredBox
from medview.study.segmentation import Source
from medview.study.series import Series
from tests.files.found_stacks import dicom_series
from tests.files.make_dicom import image, mr_image, write_stack
from tests.files.make_objects import item
from tests.files.make_pet_ct import pet_grid, write_pet

MADE = {"plugin": "p", "plugin_version": "1.0.0"}


def written(series: Series, out: Path, **changes: Any) -> list[pydicom.Dataset]:
    """Return what is written of a series whose values were halved."""
    assert series.geometry is not None
    volume = read_volume(series)
    made = DerivedImage("Halved", (volume.array / 2).astype(np.float32), "denoised", volume.unit)
    paths, _ = write_derived(replace(made, **changes), series, series.geometry, out, MADE, "Halver")
    return [pydicom.dcmread(path) for path in paths]


def box_on(series: Series, low: tuple[float, float, float], high: tuple[float, float, float]) -> Finding:
    assert series.geometry is not None
    box = ScoredBox(Concept("x", "Lesion"), 0.75, low, high)
    return Finding("2.25.4", "2.25.9", "P", box, series.geometry, Source.of(series), MADE, "accepted")


def test_what_is_dark_in_the_source_is_dark_in_what_was_made_of_it(tmp_path: Path) -> None:
    (series,) = dicom_series(write_stack(tmp_path / "in", PhotometricInterpretation="MONOCHROME1"))
    for dataset in written(series, tmp_path / "out"):
        assert dataset.PhotometricInterpretation == "MONOCHROME1"
    (derived,) = dicom_series(tmp_path / "out")
    assert derived.photometric_interpretation == "MONOCHROME1"


def test_synthetic_stands_out_where_the_largest_values_are_black(tmp_path: Path) -> None:
    (series,) = dicom_series(write_stack(tmp_path / "in", PhotometricInterpretation="MONOCHROME1"))
    air = np.full((5, 6, 8), 900, np.int16)  # the largest value, and black
    air[:, 5, 7] = 20
    for dataset in written(series, tmp_path / "out", array=air, is_synthetic=True):
        stored = dataset.pixel_array
        assert dataset.PhotometricInterpretation == "MONOCHROME1"
        assert (stored <= 20).sum() > 3
        assert (stored == 900).sum() > 3


def test_a_table_from_stored_to_real_values_is_not_carried_over_to_other_stored_values(tmp_path: Path) -> None:
    real = item(RealWorldValueFirstValueMapped=0, RealWorldValueLastValueMapped=4095, RealWorldValueSlope=2.0,
                RealWorldValueIntercept=-7.0)  # fmt: skip
    (series,) = dicom_series(write_stack(tmp_path / "in", 5, mr_image, RealWorldValueMappingSequence=[real]))
    for dataset in written(series, tmp_path / "out"):
        assert "RealWorldValueMappingSequence" not in dataset


@pytest.mark.parametrize("kind", ["denoised", "translated"])
def test_a_window_stays_only_where_the_values_mean_what_they_meant(kind: str, tmp_path: Path) -> None:
    (series,) = dicom_series(write_stack(tmp_path / "in", 5, mr_image, WindowCenterWidthExplanation="BRAIN"))
    found = written(series, tmp_path / "out", kind=kind, is_synthetic=kind == "translated")
    assert all(("WindowCenter" in dataset) == (kind == "denoised") for dataset in found)
    assert all(("WindowCenterWidthExplanation" in dataset) == (kind == "denoised") for dataset in found)


def test_only_hounsfield_units_are_called_so(tmp_path: Path) -> None:
    (series,) = dicom_series(write_stack(tmp_path / "in"))
    for dataset in written(series, tmp_path / "out", unit="", kind="translated", is_synthetic=True):
        assert dataset.get("RescaleType", "US") != "HU"
    (derived,) = dicom_series(tmp_path / "out")
    assert read_volume(derived).unit == ""


def test_uptake_keeps_its_unit_and_its_suv(tmp_path: Path) -> None:
    (series,) = dicom_series(write_pet(tmp_path / "in", pet_grid()))
    assert series.suv_factors
    halved = read_volume(series).array / 2
    written(series, tmp_path / "out")
    (derived,) = dicom_series(tmp_path / "out")
    volume = read_volume(derived)
    assert (volume.unit, derived.suv_factors) == ("Bq/ml", series.suv_factors)
    step = float(np.abs(halved).max()) / 32767.0
    assert np.abs(volume.array - halved).max() <= step * 0.51


def test_uptake_in_another_unit_is_not_written_under_the_unit_of_the_source(tmp_path: Path) -> None:
    (series,) = dicom_series(write_pet(tmp_path / "in", pet_grid()))
    with pytest.raises(MedViewError):
        written(series, tmp_path / "out", unit="g/ml")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("charset", "name"), [("ISO_IR 100", "Müller^Jürg"), ("GB18030", "王^小东"),
                                               (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎")])  # fmt: skip
def test_names_stay_readable_in_whatever_letters_they_are(charset: Any, name: str, tmp_path: Path) -> None:
    nested = item(StudyDescription="ä" if charset == "ISO_IR 100" else "x", PerformingPhysicianName=name)
    make = {"SpecificCharacterSet": charset, "PatientName": name, "RequestAttributesSequence": [nested]}
    (series,) = dicom_series(write_stack(tmp_path / "in", **make))
    for dataset in written(series, tmp_path / "out"):
        assert str(dataset.PatientName) == name
        assert str(dataset.RequestAttributesSequence[0].PerformingPhysicianName) == name
    assert series.geometry is not None
    write_report([box_on(series, (-0.5, -0.5, -0.5), (1.5, 2.5, 3.5))], series, series.geometry, tmp_path / "sr.dcm")
    assert str(pydicom.dcmread(tmp_path / "sr.dcm").PatientName) == name


def test_padding_unsigned_values_and_private_elements_of_the_source(tmp_path: Path) -> None:
    def padded(index: int, **changes: Any) -> pydicom.Dataset:
        stored = np.full((6, 8), 1000 + index, "<u2")
        stored[:, 0] = 0
        made = image(index, PixelData=stored.tobytes(), PixelPaddingValue=0, LossyImageCompression="01",
                     LossyImageCompressionRatio=9.5, **changes)  # fmt: skip
        made.add_new(0x00990010, "LO", "SOMEBODY")
        made.add_new(0x00991001, "LO", "Müller in a private element")
        nested = item(ScheduledProcedureStepID="1")
        nested.add_new(0x00990010, "LO", "SOMEBODY")
        made.RequestAttributesSequence = [nested]
        made.add_new(0x00991002, "OB", bytes(100_000))
        made.AcquisitionProtocolDescription = "long " * 20_000
        return made

    (series,) = dicom_series(write_stack(tmp_path / "in", 5, padded))
    for dataset in written(series, tmp_path / "out"):
        assert not any(element.tag.is_private for element in dataset.iterall())
        assert dataset.LossyImageCompression == "01"
        assert "PixelPaddingValue" not in dataset
        assert dataset.pixel_array.dtype == np.int16
    (derived,) = dicom_series(tmp_path / "out")
    np.testing.assert_allclose(read_volume(derived).array, read_volume(series).array / 2, atol=0.05)


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_whichever_way_the_slices_run_every_voxel_stays_where_it_was(turn: int, tmp_path: Path) -> None:
    """SimpleITK says where the voxels of both lie: it sorts by position itself."""
    rng = np.random.default_rng(turn)
    axes, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    row, column = axes[0], axes[1]
    normal = np.cross(row, column)

    def oblique(index: int, **changes: Any) -> pydicom.Dataset:
        place = np.array([5.0, -8.0, 3.0]) + normal * 2.5 * index
        stored = rng.integers(0, 4000, (6, 8)).astype("<u2")
        return image(index, InstanceNumber=9 - index, ImagePositionPatient=[f"{x:.6f}" for x in place],
                     ImageOrientationPatient=[f"{x:.9f}" for x in (*row, *column)],
                     PixelData=stored.tobytes(), **changes)  # fmt: skip

    (series,) = dicom_series(write_stack(tmp_path / "in", 6, oblique))
    written(series, tmp_path / "out")
    (derived,) = dicom_series(tmp_path / "out")
    read = [SimpleITK.ReadImage([str(i.path) for i in one.instances]) for one in (series, derived)]
    np.testing.assert_allclose(SimpleITK.GetArrayFromImage(read[1]), SimpleITK.GetArrayFromImage(read[0]) / 2, atol=0.1)
    for place in ((0, 0, 0), (7, 5, 5)):
        ours, theirs = (np.array(one.TransformIndexToPhysicalPoint(place)) for one in read)
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_resampled_stack_has_no_images_to_refer_to_and_says_so(tmp_path: Path) -> None:
    def gapped(index: int, **changes: Any) -> pydicom.Dataset:
        return image(index, ImagePositionPatient=[-10.0, -20.0, 2.5 * index + (index > 2) * 0.8], **changes)

    (series,) = dicom_series(write_stack(tmp_path / "in", 6, gapped))
    resampled = regular_series(series)
    assert resampled.geometry is not None
    with pytest.raises(MedViewError):
        write_report([box_on(resampled, (-0.5,) * 3, (1.5,) * 3)], resampled, resampled.geometry, tmp_path / "sr.dcm")
    made = DerivedImage("x", np.zeros(resampled.geometry.shape, np.int16), "denoised", "HU")
    with pytest.raises(MedViewError):
        write_derived(made, resampled, resampled.geometry, tmp_path / "out", MADE, "P")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "sr.dcm").exists()


def frames_of(shared_data: Path, count: int, out: Path) -> Path:
    """Write the first frames of a real enhanced MR as a file of its own."""
    dataset = pydicom.dcmread(shared_data / "mr_enhanced_multiframe" / "siemens_xa10" / "6_1.dcm")
    pixels = dataset.pixel_array[:count]
    dataset.PerFrameFunctionalGroupsSequence = list(dataset.PerFrameFunctionalGroupsSequence)[:count]
    dataset.NumberOfFrames = count
    dataset.PixelData = pixels.tobytes()
    out.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(out)
    return out


def test_an_enhanced_image_of_one_frame_is_no_single_image(shared_data: Path, tmp_path: Path) -> None:
    (series,) = dicom_series(frames_of(shared_data, 1, tmp_path / "in" / "x").parent)
    with pytest.raises(MedViewError, match="multi-frame"):
        written(series, tmp_path / "out")


def test_a_box_on_one_frame_of_many_names_that_frame(shared_data: Path, tmp_path: Path) -> None:
    (whole,) = dicom_series(frames_of(shared_data, 4, tmp_path / "in" / "x").parent)
    assert whole.geometry is not None
    affine = whole.geometry.affine.copy()
    affine[:3, 3] = whole.geometry.to_mm((2, 0, 0))
    geometry = replace(whole.geometry, shape=(1, *whole.geometry.shape[1:]), affine=affine)
    one = replace(whole, instances=whole.instances[2:3], geometry=geometry)
    assert one.geometry is not None
    write_report([box_on(one, (-0.5, 0.5, 0.5), (0.5, 3.5, 4.5))], one, one.geometry, tmp_path / "sr.dcm")
    told = _referred(pydicom.dcmread(tmp_path / "sr.dcm"))
    assert told == [one.instances[0].frame_index + 1]


def test_a_projection_without_a_place_in_the_patient_is_reported_on(tmp_path: Path) -> None:
    plain = {"ImagePositionPatient": None, "ImageOrientationPatient": None, "FrameOfReferenceUID": None}
    (series,) = dicom_series(write_stack(tmp_path / "in", 1, Modality="CR", SliceThickness=None, **plain))
    assert series.geometry is not None
    path = tmp_path / "sr.dcm"
    write_report([box_on(series, (-0.5, 0.5, 0.5), (0.5, 3.5, 4.5))], series, series.geometry, path)
    assert _outlines(pydicom.dcmread(path)) == [[1, 1, 5, 1, 5, 4, 1, 4, 1, 1]]


def _outlines(dataset: pydicom.Dataset) -> list[list[float]]:
    own = [list(dataset.GraphicData)] if dataset.get("ValueType") == "SCOORD" else []
    return own + [outline for child in dataset.get("ContentSequence", []) for outline in _outlines(child)]


def _referred(dataset: pydicom.Dataset) -> list[Any]:
    found = []
    if dataset.get("ValueType") == "SCOORD":
        sop = dataset.ContentSequence[0].ReferencedSOPSequence[0]
        found.append(sop.get("ReferencedFrameNumber"))
    for child in dataset.get("ContentSequence", []):
        found += _referred(child)
    return found


def test_dates_and_times_of_the_form_before_dicom_3_are_written_as_todays(tmp_path: Path) -> None:
    old = {"StudyDate": "1996.06.19", "StudyTime": "11:20:00.5", "PatientBirthDate": "about 1940"}
    with pydicom.config.disable_value_validation():
        folder = write_stack(tmp_path / "in", **old)
    (series,) = dicom_series(folder)
    said = write_report((box_on(series, (0, 1, 1), (1, 4, 4)),), series, series.geometry, tmp_path / "report.dcm")
    report = pydicom.dcmread(tmp_path / "report.dcm")
    assert (report.StudyDate, report.StudyTime, report.PatientBirthDate) == ("19960619", "112000.5", "")
    assert "PatientBirthDate of the source images is not readable: it was left out." in [str(line) for line in said]
