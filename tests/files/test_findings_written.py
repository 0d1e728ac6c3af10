"""What models find and make is written as DICOM that others read, bound to the very images it came from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK

from medview.errors import MedViewError
from medview.files.objects.derived_series import write_derived
from medview.files.objects.finding_report import write_report
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.progress import Cancelled
from medview.study.finding import ClassScores, Concept, DerivedImage, Finding, MeasuredValue, ScoredBox
from medview.study.segmentation import Code, Source
from medview.study.series import Series
from tests.files.judges import complaints
from tests.files.make_dicom import write_stack

NODULE = Concept("nodule", "Lung nodule", type=Code("786838002", "SCT", "Nodule of lung"))
GLIOMA = Concept("glioma", "Glioma", type=Code("393564001", "SCT", "Glioma"))
NONE = Concept("none", "No tumour", type=Code("17621005", "SCT", "Normal"))
FRACTION = Concept("ef", "Ejection fraction", type=Code("10230-1", "LN", "Left ventricular ejection fraction"))
MADE = {
    "plugin": "nodules",
    "plugin_version": "1.2.3",
    "weights_sha256": {"net": "ab" * 32},
    "rung": "",
    "device": "cpu",
}


@pytest.fixture
def series(tmp_path: Path) -> Series:
    (found,) = [s for study in scan(write_stack(tmp_path / "images", 6)).studies for s in study.series]
    return found


def finding(series: Series, payload: object, number: int = 1) -> Finding:
    assert series.geometry is not None
    uid = f"2.25.{1000 + number}"
    return Finding(uid, "2.25.9", "Nodules", payload, series.geometry, Source.of(series), MADE, "accepted")  # type: ignore[arg-type]


def test_boxes_scores_and_values_are_written_as_a_report_that_conforms(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    box = ScoredBox(NODULE, 0.8125, (0.5, 1.0, 1.5), (3.5, 3.25, 4.5))
    scores = ClassScores((GLIOMA, NONE), np.array([0.75, 0.25], dtype=np.float32), "softmax")
    findings = [finding(series, p, n) for n, p in enumerate((box, scores, MeasuredValue(FRACTION, 61.5, "%")))]
    path = tmp_path / "findings.dcm"
    write_report(findings, series, series.geometry, path)
    assert complaints(path) == set()
    dataset = pydicom.dcmread(path)
    assert dataset.SOPClassUID.name == "Comprehensive SR Storage"
    assert dataset.StudyInstanceUID == series.study_instance_uid
    assert dataset.ContentQualification == "RESEARCH"
    told = _walk(dataset)
    outlines = [item for item in told if item.ValueType == "SCOORD"]
    assert [list(item.GraphicData) for item in outlines] == [[2, 1.5, 5, 1.5, 5, 3.75, 2, 3.75, 2, 1.5]] * 3
    referred = [item.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in outlines]
    assert referred == [series.instances[n].sop_instance_uid for n in (1, 2, 3)]
    numbers = {
        item.ConceptNameCodeSequence[0].CodeMeaning: float(item.MeasuredValueSequence[0].NumericValue)
        for item in told
        if item.ValueType == "NUM"
    }
    assert numbers["Left ventricular ejection fraction"] == 61.5
    values = sorted(float(i.MeasuredValueSequence[0].NumericValue) for i in told if i.ValueType == "NUM")
    assert values == [0.25, 0.75, 0.8125, 61.5]
    codes = {i.ConceptCodeSequence[0].CodeMeaning for i in told if i.ValueType == "CODE"}
    assert {"Nodule of lung", "Glioma", "Normal", "Accepted by a person"} <= codes
    texts = {i.TextValue for i in told if i.ValueType == "TEXT"}
    assert {"nodules", "1.2.3"} <= texts
    assert {"weights_sha256.net=" + "ab" * 32, "rung=none", "device=cpu"} <= texts


def _walk(item: pydicom.Dataset) -> list[pydicom.Dataset]:
    found = [item] if "ValueType" in item else []
    for child in item.get("ContentSequence", []):
        found += _walk(child)
    return found


def test_nothing_and_what_has_no_place_in_a_report_are_refused(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    with pytest.raises(MedViewError, match="There are no findings to save"):
        write_report([], series, series.geometry, tmp_path / "x.dcm")
    image = DerivedImage("Denoised", np.zeros(series.geometry.shape, np.int16), "denoised")
    with pytest.raises(MedViewError, match="has no place in a structured report"):
        write_report([finding(series, image)], series, series.geometry, tmp_path / "x.dcm")
    assert not (tmp_path / "x.dcm").exists()


def test_a_report_replaces_a_report_of_ours_and_nothing_else(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    made = [finding(series, MeasuredValue(FRACTION, 50.0, "%"))]
    write_report(made, series, series.geometry, tmp_path / "x.dcm")
    write_report(made, series, series.geometry, tmp_path / "x.dcm")
    original = series.instances[0].path
    before = original.read_bytes()
    with pytest.raises(MedViewError):
        write_report(made, series, series.geometry, original)
    assert original.read_bytes() == before


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_a_denoised_series_lies_where_its_source_lies_under_names_of_its_own(
    series: Series, dtype: type, tmp_path: Path
) -> None:
    assert series.geometry is not None
    random = np.random.default_rng(3)
    array = (random.normal(size=series.geometry.shape) * 300.0).astype(dtype)
    paths, _ = write_derived(
        DerivedImage("Denoised", array, "denoised", "HU"), series, series.geometry, tmp_path / "out", MADE, "Denoiser"
    )
    (derived,) = [s for study in scan(tmp_path / "out").studies for s in study.series]
    assert derived.geometry is not None
    assert derived.geometry.same_grid(series.geometry, tolerance_mm=1e-4)
    assert derived.study_instance_uid == series.study_instance_uid
    old, new = ({i.sop_instance_uid for i in s.instances} | {s.series_instance_uid} for s in (series, derived))
    assert not old & new
    step = 1.0 if dtype is np.int16 else float(np.abs(array).max()) / 32767.0
    assert np.abs(read_volume(derived).array - array).max() <= step * 0.51
    theirs = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage([str(p) for p in paths]))
    assert np.abs(theirs - array).max() <= step * 0.51
    for path, instance in zip(paths, series.instances, strict=True):
        dataset = pydicom.dcmread(path)
        assert dataset.SourceImageSequence[0].ReferencedSOPInstanceUID == instance.sop_instance_uid
        assert list(dataset.ImageType)[:2] == ["DERIVED", "SECONDARY"]
        assert dataset.SeriesDescription == "AI Denoised (Denoiser, research)"
        assert dataset.BurnedInAnnotation == "NO"
        assert "nodules" in dataset.DerivationDescription
        assert complaints(path) <= complaints(instance.path)


def test_a_synthetic_series_says_so_in_its_name_and_in_its_pixels(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    geometry = replace(series.geometry, shape=series.geometry.shape)
    flat = np.zeros(geometry.shape, dtype=np.int16)
    image = DerivedImage("CT from MR", flat, "translated", "HU", is_synthetic=True)
    paths, _ = write_derived(image, series, geometry, tmp_path / "out", MADE, "Translator")
    for path in paths:
        dataset = pydicom.dcmread(path)
        assert dataset.SeriesDescription.startswith("SYNTHETIC ")
        assert dataset.DerivationDescription.startswith("SYNTHETIC: this was computed, not measured")
        assert dataset.BurnedInAnnotation == "YES"
        assert dataset.pixel_array.max() > 0


def test_half_a_series_does_not_stay_where_a_whole_one_was_asked_for(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    image = DerivedImage("Denoised", np.zeros(series.geometry.shape, np.int16), "denoised")

    def unwanted(fraction: float, text: str = "") -> None:
        if fraction > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_derived(image, series, series.geometry, tmp_path / "out", MADE, "Denoiser", progress=unwanted)
    assert not (tmp_path / "out").exists()
