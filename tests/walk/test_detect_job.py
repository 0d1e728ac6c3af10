"""Lesions of a real chest, whole, in the real window: run, seen on the right pixels, judged, reported, read back."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from medview.gui.side_tabs import FINDINGS
from medview.session.viewport import PLANES
from medview.study.finding import Finding, ScoredBox
from tests.files.judges import complaints
from tests.walk.person import Person
from tests.walk.told import holds_provenance, judgements_in, parted

CTRL = Qt.KeyboardModifier.ControlModifier
Index = tuple[float, float, float]


@pytest.fixture
def images(shared_data: Path) -> list[pydicom.Dataset]:
    """Return the headers of a chest with a tumour of the right lung, from below upwards."""
    headers = [pydicom.dcmread(p, stop_before_pixels=True) for p in _folder(shared_data).glob("*.dcm")]
    return sorted(headers, key=lambda header: float(header.ImagePositionPatient[2]))


@pytest.fixture
def reader(person: Person, shared_data: Path) -> Person:
    """Return a person who has dropped it on the window and has had its lesions found."""
    person.drops(_folder(shared_data))
    person.runs("Lung lesions")
    return person


def _folder(shared_data: Path) -> Path:
    return shared_data / "ct_chest_lungdx_a0002" / "3_series"


def test_i_find_lesions_accept_one_reject_one_and_save_a_report(
    reader: Person, images: list[pydicom.Dataset], shared_data: Path, tmp_path: Path
) -> None:
    mass, spot = _listed(reader)
    _hidden_is_not_reported(reader, tmp_path / "one.dcm")
    _mass_is_the_radiologists(mass, images, shared_data)
    _box_is_on_its_pixels(reader, mass, images)
    reader.picks_finding(spot.uid)
    QTest.keyClick(reader.window.finding_panel.list, Qt.Key.Key_X)
    assert _status(reader, spot) == "rejected"
    reader.presses(Qt.Key.Key_Z, CTRL)
    assert _status(reader, spot) == "proposed"
    reader.picks_finding(spot.uid)
    reader.clicks(reader.window.finding_panel.reject_button)
    assert (_status(reader, mass), _status(reader, spot)) == ("accepted", "rejected")
    path = tmp_path / "lesions.dcm"
    reader.saves_by(lambda: reader.clicks(reader.window.finding_panel.save_button), path)
    assert complaints(path) == set()
    _report_holds(path, mass, images)


def _listed(person: Person) -> tuple[Finding, Finding]:
    """Return the largest and the smallest of the boxes that the list shows."""
    assert person.window.side_tabs.currentIndex() == FINDINGS
    findings = {f.uid: f for f in person.scene.study.findings}
    texts = person.window.finding_panel.list.row_texts()
    assert 2 <= len(texts) <= 4  # as the card tells: the mass, and a false box or three
    assert {name for name, *_ in texts} == {"Lung lesion"}
    shown = sorted((findings[uid] for uid in person.shown_findings()), key=lambda f: _box(f).size_mm(f.geometry))
    return shown[-1], shown[0]


def _box(finding: Finding) -> ScoredBox:
    assert isinstance(finding.payload, ScoredBox)
    return finding.payload


def _status(person: Person, finding: Finding) -> str:
    found = person.scene.study.findings.find(finding.uid)
    assert found is not None
    return found.status


def _mass_is_the_radiologists(mass: Finding, images: list[pydicom.Dataset], shared_data: Path) -> None:
    low, high = _box(mass).low_index, _box(mass).high_index
    slice_index, row, column = ((a + b) / 2 for a, b in zip(low, high, strict=True))
    file = f"{images[round(slice_index)].SOPInstanceUID}.xml"
    drawn = ET.parse(shared_data / "ct_chest_lungdx_a0002" / "annotation_boxes_voc_xml" / file)
    left, top, right, bottom = (
        float(drawn.findtext(f".//{side}") or 0) - 1 for side in ("xmin", "ymin", "xmax", "ymax")
    )
    assert left <= column <= right
    assert top <= row <= bottom


def _place_mm(images: list[pydicom.Dataset], index: Index) -> NDArray[np.float64]:
    """Return the LPS point of a continuous index by the headers (PS3.3 C.7.6.2.1.1)."""
    first, second = (np.array(images[k].ImagePositionPatient, dtype=float) for k in (0, 1))
    along_row, along_column = np.array(images[0].ImageOrientationPatient, dtype=float).reshape(2, 3)
    row_mm, column_mm = (float(x) for x in images[0].PixelSpacing)
    return np.asarray(
        first + index[0] * (second - first) + index[1] * row_mm * along_column + index[2] * column_mm * along_row
    )


def _box_is_on_its_pixels(person: Person, mass: Finding, images: list[pydicom.Dataset]) -> None:
    """Accept and reject it: what changes in each plane is its outline there, and not what it holds."""
    person.picks_finding(mass.uid)
    low, high = (np.array(edge) for edge in (_box(mass).low_index, _box(mass).high_index))
    middle = (low + high) / 2
    assert np.abs(person.scene.cursor_mm - _place_mm(images, tuple(middle))).max() < 5.0
    person.clicks(person.window.finding_panel.reject_button)
    without = {name: person.sees(name) for name in PLANES}
    person.clicks(person.window.finding_panel.accept_button)
    for name, across in zip(PLANES, (0, 1, 2), strict=True):
        changed = np.abs(person.sees(name) - without[name]).max(axis=2) > 60
        sides = [axis for axis in (0, 1, 2) if axis != across]
        on = [_is_near(changed, person, name, p, images) for p in _outline(low, high, middle, sides)]
        assert np.mean(on) > 0.95, name
        quarter = (high - low) / 4
        within = _outline(low + quarter, high - quarter, middle, sides)
        assert np.mean([_is_near(changed, person, name, p, images) for p in within]) < 0.1, name


def _outline(low: Any, high: Any, middle: Any, sides: list[int]) -> list[Index]:
    """Return points along the four edges of a box in one plane through its middle."""
    points = []
    for edge, along in (sides, sides[::-1]):
        for at in (low[edge], high[edge]):
            for share in np.linspace(0.05, 0.95, 15):
                point = middle.copy()
                point[edge], point[along] = at, low[along] + share * (high[along] - low[along])
                points.append((point[0], point[1], point[2]))
    return points


def _is_near(
    changed: NDArray[np.bool_], person: Person, name: str, index: Index, images: list[pydicom.Dataset]
) -> bool:
    at = person.place_of(name, _place_mm(images, index))
    return bool(changed[max(at.y() - 1, 0) : at.y() + 3, max(at.x() - 1, 0) : at.x() + 3].any())


def _report_holds(path: Path, mass: Finding, images: list[pydicom.Dataset]) -> None:
    report = highdicom.sr.srread(path)
    assert report.SeriesInstanceUID != images[0].SeriesInstanceUID
    assert report.StudyInstanceUID == images[0].StudyInstanceUID
    assert report.PatientID == images[0].PatientID
    (group,) = report.content.get_volumetric_roi_measurement_groups()  # of two: the other one was rejected
    assert report.content.get_image_measurement_groups() == []
    assert group.tracking_uid == mass.uid
    assert group.tracking_identifier == "Lung lesion"
    assert (group.finding_type.value, group.finding_type.scheme_designator) == ("52988006", "SCT")
    (score,) = group.get_measurements()
    assert score.value == pytest.approx(_box(mass).score, abs=1e-6)
    assert judgements_in(group) == ["Accepted by a person"]
    low, high = _box(mass).low_index, _box(mass).high_index
    seen = [str(r.ContentSequence[0].referenced_sop_instance_uid) for r in group.roi]
    touched = [k for k in range(len(images)) if low[0] < k + 0.5 and k - 0.5 < high[0]]
    assert seen == [images[k].SOPInstanceUID for k in touched]
    for region in group.roi:  # columns and rows from the corner of the image: half a pixel more than an index
        assert region.value.min(axis=0) == pytest.approx([low[2] + 0.5, low[1] + 0.5], abs=1e-3)
        assert region.value.max(axis=0) == pytest.approx([high[2] + 0.5, high[1] + 0.5], abs=1e-3)
    _algorithm_is_told(group, images)


def _algorithm_is_told(group: Any, images: list[pydicom.Dataset]) -> None:
    texts = [(i.ConceptNameCodeSequence[0].CodeMeaning, i) for i in group[0].ContentSequence]
    told = {name: [i.TextValue for n, i in texts if n == name and i.ValueType == "TEXT"] for name, _ in texts}
    assert told["Algorithm Name"] == ["lung_lesions"]
    assert told["Algorithm Version"] == ["1.0.0"]
    (family,) = (i.ConceptCodeSequence[0].CodeMeaning for n, i in texts if n == "Algorithm Family")
    assert family == "Artificial Intelligence"
    facts = parted("\n".join(told["Algorithm Parameters"]), "\n")
    holds_provenance(facts, "lung_lesions", {"threshold": "0.3"}, images[0].SeriesInstanceUID)


def _hidden_is_not_reported(person: Person, path: Path) -> None:
    """Raise the threshold until one box is seen: a report has that one alone. Then lower it again."""
    panel, before = person.window.finding_panel, person.shown_findings()
    slider, start = panel.threshold.slider, panel.threshold.slider.value()
    slider.setFocus()
    while len(person.shown_findings()) > 1:
        QTest.keyClick(slider, Qt.Key.Key_Right)
        person.qtbot.wait(20)
    (left,) = person.shown_findings()
    person.saves_by(lambda: person.clicks(panel.save_button), path)
    (group,) = highdicom.sr.srread(path).content.get_volumetric_roi_measurement_groups()
    assert group.tracking_uid == left
    assert judgements_in(group) == ["Proposed by the model, not reviewed"]
    while slider.value() > start:
        QTest.keyClick(slider, Qt.Key.Key_Left)
    person.waits_until(lambda: person.shown_findings() == before)
