"""Doses, maps of values, registrations, documents, waveforms and plans: read, or refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from medview.errors import MedViewError
from medview.files.objects.encapsulated_document import read_document, write_document
from medview.files.objects.parametric_map import read_parametric_map
from medview.files.objects.registration import read_registration
from medview.files.objects.rt_dose import read_dose
from medview.files.objects.rt_plan import read_plan
from medview.files.objects.value_map import read_value_map
from medview.files.objects.waveform import read_waveform
from medview.files.pixels.dicom_pixels import read_volume
from medview.study.annotation import ImageName
from medview.study.image_index import ImageIndex
from medview.study.object_report import ObjectReport
from medview.study.series import Instance, Series
from tests.files.make_dicom import write_stack
from tests.files.make_objects import code, found, item, save, stacks

OBJECTS = "seg_sr_rt_objects"


@pytest.fixture
def series(tmp_path: Path) -> Series:
    (one,) = stacks(write_stack(tmp_path / "images", 4))
    return one


def rows(report: ObjectReport) -> dict[str, str]:
    return {str(line.name): str(line.value) for line in report.lines}


# doses


def dose(path: Path, **changes: Any) -> Path:
    """Write a dose of 3 planes of 2 x 2 voxels, in steps of 0.01 Gy."""
    values = {
        "Modality": "RTDOSE", "FrameOfReferenceUID": "2.25.3000", "Rows": 2, "Columns": 2, "NumberOfFrames": 3,
        "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15, "PixelRepresentation": 0, "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "PixelSpacing": [4.0, 3.0], "DoseUnits": "GY",
        "ImagePositionPatient": [10.0, 20.0, 30.0], "ImageOrientationPatient": [1.0, 0, 0, 0, 1, 0],
        "DoseType": "PHYSICAL", "DoseSummationType": "PLAN", "DoseGridScaling": "0.01",
        "GridFrameOffsetVector": [0.0, 2.5, 5.0], "PixelData": np.arange(12, dtype="<u2").tobytes(),
    } | changes  # fmt: skip
    return save(path, "1.2.840.10008.5.1.4.1.1.481.2", **values)


def test_a_dose_is_in_gray_where_its_planes_lie(tmp_path: Path) -> None:
    read = read_dose(found(dose(tmp_path / "d.dcm"), "RT dose"))
    assert read.volume.unit == "Gy"
    assert read.volume.array.ravel().tolist() == pytest.approx([n / 100 for n in range(12)])
    assert read.volume.geometry.to_mm((2, 1, 1)).tolist() == pytest.approx([13.0, 24.0, 35.0])
    assert read.volume.geometry.frame_of_reference_uid == "2.25.3000"
    assert rows(read.report)["Highest dose"] == "0.11 Gy"
    assert read.report.warnings == ()


def test_offsets_may_be_places_of_the_patient_or_run_downwards(tmp_path: Path) -> None:
    absolute = dose(tmp_path / "a.dcm", GridFrameOffsetVector=[30.0, 32.5, 35.0])
    read = read_dose(found(absolute, "RT dose"))
    assert read.volume.geometry.to_mm((2, 0, 0)).tolist() == pytest.approx([10.0, 20.0, 35.0])
    downwards = dose(tmp_path / "b.dcm", GridFrameOffsetVector=[0.0, -2.5, -5.0])
    read = read_dose(found(downwards, "RT dose"))
    index = read.volume.geometry.to_index((10.0, 20.0, 30.0))
    assert float(read.volume.array[tuple(np.rint(index).astype(int))]) == 0.0
    index = read.volume.geometry.to_index((13.0, 24.0, 25.0))
    assert float(read.volume.array[tuple(np.rint(index).astype(int))]) == pytest.approx(0.11)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"GridFrameOffsetVector": [0.0, 2.5, 9.0]}, r"not at an even distance"),
        ({"GridFrameOffsetVector": [7.0, 9.5, 12.0]}, r"does not say where its planes lie"),
        ({"GridFrameOffsetVector": [0.0, 2.5]}, r"does not say where its planes lie"),
        ({"ImagePositionPatient": None}, r"does not say where its planes lie"),
        ({"DoseGridScaling": None}, r"its scaling is missing"),
        ({"PixelData": b"\0\0"}, r"shorter than its frames"),
        ({"BitsAllocated": 12}, r"pixels of 12 bits"),
    ],
)
def test_a_dose_without_a_place_or_a_scale_is_refused(tmp_path: Path, changes: Any, sentence: str) -> None:
    with pytest.raises(MedViewError, match=sentence):
        read_dose(found(dose(tmp_path / "d.dcm", **changes), "RT dose"))


@pytest.mark.parametrize("name", ["rtdose.dcm", "rtdose_rle.dcm", "rtdose_expb.dcm"])
def test_a_dose_of_another_program_has_its_values(name: str) -> None:
    path = Path(str(get_testdata_file(name)))
    read = read_dose(found(path, "RT dose"))
    dataset = pydicom.dcmread(path)
    expected = dataset.pixel_array.astype(float) * float(dataset.DoseGridScaling)
    assert np.allclose(read.volume.array, expected, rtol=1e-6)
    assert [str(w) for w in read.report.warnings] == [
        "The dose is relative: its values are no gray.",
        "It is a part of the dose only (beam), not the sum of a plan.",
    ]


# maps of values


def test_a_parametric_map_is_a_volume_in_its_unit(shared_data: Path) -> None:
    path = shared_data / OBJECTS / "parametric_map/parametric_map_float.dcm"
    read = read_parametric_map(found(path, "parametric map"))
    dataset = pydicom.dcmread(path)
    assert np.array_equal(read.volume.array[0], np.frombuffer(dataset.FloatPixelData, "<f4").reshape(128, 128))
    assert read.volume.unit == ""
    assert read.volume.geometry.to_mm((0, 0, 0)).tolist() == pytest.approx([-158.135803, -179.035797, -75.699997])
    assert read.volume.series.key == dataset.SeriesInstanceUID
    assert rows(read.report)["Quantity"] == "1"
    assert np.array_equal(read_volume(read.volume.series).array, read.volume.array)


def test_a_map_of_integers_is_scaled_and_its_frames_are_put_in_order(series: Series, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 1000, (4, 6, 8)).astype(np.uint16)
    mapping = highdicom.pm.RealWorldValueMapping(
        "ADC", "Apparent diffusion", highdicom.sr.CodedConcept("um2/s", "UCUM", "um2/s"), (0, 1000), 0.5, 3.0
    )
    sources = [pydicom.dcmread(i.path) for i in reversed(series.instances)]
    for one in sources:
        for keyword in ("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "ReferringPhysicianName"):
            setattr(one, keyword, "")
    made = highdicom.pm.ParametricMap(
        sources, pixels, highdicom.UID(), 5, highdicom.UID(), 1, "Maker", "Model", "1", "SN", False, [mapping],
        voi_lut_transformations=[highdicom.VOILUTTransformation(500, 1000)],
    )  # fmt: skip
    made.save_as(tmp_path / "pm.dcm")
    read = read_parametric_map(found(tmp_path / "pm.dcm", "parametric map"))
    assert read.volume.unit == "um2/s"
    assert read.volume.geometry.same_grid(series.geometry)  # type: ignore[arg-type]
    assert np.array_equal(read.volume.array, pixels[::-1].astype(np.float32) * 0.5 + 3.0)
    again = read_volume(read.volume.series)  # as the series list does when it is shown a second time
    assert np.array_equal(again.array, read.volume.array)
    assert again.unit == "um2/s"


def test_a_value_map_tells_what_stored_values_mean(shared_data: Path) -> None:
    path = shared_data / OBJECTS / "sr_tid1500_pet/rwvm.dcm"
    read = read_value_map(found(path, "real world value map"), ImageIndex([]))
    dataset = pydicom.dcmread(path)
    first = dataset.ReferencedImageRealWorldValueMappingSequence[0]
    uid = first.ReferencedImageSequence[0].ReferencedSOPInstanceUID
    stored = first.RealWorldValueMappingSequence[0]
    (mapping,) = read.value_map.of(ImageName(uid, 0))
    assert mapping.slope == stored.RealWorldValueSlope
    assert mapping.unit == "g/ml"
    instance = Instance(path, uid, rescale_slope=2.0, rescale_intercept=10.0)
    ((value, _),) = read.value_map.values_of(instance, 210.0)
    assert value == pytest.approx(100.0 * stored.RealWorldValueSlope + stored.RealWorldValueIntercept)
    assert "not here" in str(read.report.warnings[0])


def test_a_table_of_values_ends_where_it_ends(tmp_path: Path) -> None:
    mapping = item(
        RealWorldValueFirstValueMapped=5,
        RealWorldValueLastValueMapped=7,
        RealWorldValueLUTData=[1.5, 2.5, 9.0],
        LUTLabel="T",
        MeasurementUnitsCodeSequence=code("ms", "UCUM", "ms"),
    )
    mapping["RealWorldValueFirstValueMapped"].VR = "US"
    mapping["RealWorldValueLastValueMapped"].VR = "US"
    image = item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID="2.25.1")
    one = item(RealWorldValueMappingSequence=[mapping], ReferencedImageSequence=[image])
    path = save(tmp_path / "m.dcm", "1.2.840.10008.5.1.4.1.1.67", ReferencedImageRealWorldValueMappingSequence=[one])
    read = read_value_map(found(path, "real world value map"), ImageIndex([]))
    instance = Instance(path, "2.25.1")
    told = [read.value_map.values_of(instance, v) for v in (4.0, 5.0, 7.0, 8.0)]
    assert [[value for value, _ in one] for one in told] == [[], [1.5], [9.0], []]


# what is only listed


def test_the_matrix_of_a_registration_is_listed(tmp_path: Path) -> None:
    matrix = item(
        FrameOfReferenceTransformationMatrixType="RIGID",
        FrameOfReferenceTransformationMatrix=[1, 0, 0, 5.5, 0, 1, 0, -2, 0, 0, 1, 0.25, 0, 0, 0, 1],
    )
    registered = item(FrameOfReferenceUID="2.25.9", MatrixRegistrationSequence=[item(MatrixSequence=[matrix])])
    path = save(tmp_path / "r.dcm", "1.2.840.10008.5.1.4.1.1.66.1", RegistrationSequence=[registered])
    report = read_registration(found(path, "registration"))
    frame, rigid = report.lines[0].children
    assert str(frame.value) == "2.25.9"
    assert str(rigid.value).split() == [
        "rigid", "1.0000", "0.0000", "0.0000", "5.5000", "0.0000", "1.0000", "0.0000", "-2.0000",
        "0.0000", "0.0000", "1.0000", "0.2500", "0.0000", "0.0000", "0.0000", "1.0000",
    ]  # fmt: skip


def test_a_pdf_is_listed_and_its_copy_is_the_same(shared_data: Path, tmp_path: Path) -> None:
    one = found(shared_data / "gsps_ko_pdf_for_a0002/encapsulated_pdf.dcm", "document", "Report")
    report = read_document(one)
    stored = pydicom.dcmread(one.path)
    assert report.enclosed == ".pdf"
    assert rows(report)["Kind"] == "application/pdf"
    assert report.text == ""
    write_document(one, tmp_path / "copy.pdf")
    copied = (tmp_path / "copy.pdf").read_bytes()
    assert copied.startswith(b"%PDF-")
    assert stored.EncapsulatedDocument.startswith(copied)
    assert rows(report)["Size"] == f"{len(copied)} bytes"
    copy = tmp_path / "image.dcm"
    copy.write_bytes(one.path.read_bytes())
    with pytest.raises(MedViewError, match=r"is a DICOM file that was not made here"):
        write_document(one, copy)


def document(path: Path, data: bytes, kind: str) -> Path:
    data += b" " * (len(data) % 2)
    return save(
        path, "1.2.840.10008.5.1.4.1.1.104.2", EncapsulatedDocument=data, MIMETypeOfEncapsulatedDocument=kind,
        DocumentTitle="Befund",
    )  # fmt: skip


def test_a_clinical_document_is_plain_text_and_nothing_in_it_is_expanded(tmp_path: Path) -> None:
    entities = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 9) for n in range(1, 9))
    text = b'<?xml version="1.0"?><!DOCTYPE c [<!ENTITY a0 "ha"><!ENTITY x SYSTEM "file:///etc/passwd">%s]>' % entities
    text += "<c><title>Röntgen</title><p>Ohne Befund &a8; &x; <b>&lt;script&gt;</b></p></c>".encode()
    report = read_document(found(document(tmp_path / "c.dcm", text, "text/XML"), "document"))
    assert report.title == "Befund"
    assert report.enclosed == ".xml"
    assert report.text == "Röntgen\nOhne Befund &a8; &x;\n&lt;script&gt;"
    assert [str(w) for w in report.warnings] == ["The document defines entities, which are not expanded."]


def test_a_pdf_with_commands_says_so(tmp_path: Path) -> None:
    data = b"%PDF-1.4 /OpenAction << /S /JavaScript /JS (app.alert(1)) >>"
    report = read_document(found(document(tmp_path / "p.dcm", data, "application/pdf"), "document"))
    assert "open a copy with care" in str(report.warnings[0])
    with pytest.raises(MedViewError, match=r"holds no document"):
        read_document(found(save(tmp_path / "e.dcm", "1.2.840.10008.5.1.4.1.1.104.1"), "document"))


def test_an_ecg_is_listed_with_its_channels() -> None:
    report = read_waveform(found(Path(str(get_testdata_file("waveform_ecg.dcm"))), "waveform"))
    rhythm = report.lines[0]
    assert str(rhythm.value) == "Channels: 12, 1000 Hz, 10 s"
    assert [str(c.name) for c in rhythm.children][:3] == ["Lead I (Einthoven)", "Lead II", "Lead III"]
    assert str(rhythm.children[0].value) == "1.25 uV"


def test_a_plan_is_listed_with_its_beams(shared_data: Path) -> None:
    report = read_plan(found(shared_data / OBJECTS / "rt/rtplan.dcm", "RT plan"))
    assert report.title == "Plan1"
    assert rows(report)["Fractions"] == "30; beams: 1"
    assert rows(report)["PTV"].startswith("target")
    assert rows(report)["Field 1"] == "STATIC, PHOTON, TREATMENT, 6.00000000000000 MV"


def test_an_object_of_another_kind_is_refused(series: Series) -> None:
    one = series.instances[0].path
    for read, sentence in (
        (read_waveform, r"holds no waveform"),
        (read_registration, r"holds no registration"),
        (read_document, r"holds no document"),
    ):
        with pytest.raises(MedViewError, match=sentence):
            read(found(one, "other"))
    with pytest.raises(MedViewError, match=r"maps no values"):
        read_value_map(found(one, "other"), ImageIndex([]))
