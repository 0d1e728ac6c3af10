"""Who judged a finding or corrected a mask, and when, stands in what is written, and no physician is made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from highdicom.sr import srread

from medview.files.objects.coded import person_name
from medview.files.objects.dicom_seg import load_segmentation, write_segmentation
from medview.files.objects.finding_report import write_report
from medview.files.result_json import findings_data, result_data
from medview.progress import unheard
from medview.session.export_findings import write_image, write_map
from medview.session.reader_name import reader_name
from medview.study.finding import DerivedImage, Finding, HeatMap, MeasuredValue, ScoredBox
from medview.study.history import Edit, History
from medview.study.series import Series
from tests.files.judges import complaints
from tests.files.make_dicom import write_stack
from tests.files.test_dicom_seg import mask_on, stacks
from tests.files.test_findings_written import FRACTION, NODULE, finding

EARLY, LATE = "2026-11-23T08:15:00+00:00", "2026-11-23T09:30:00+00:00"


@pytest.fixture
def series(tmp_path: Path) -> Series:
    (found,) = stacks(write_stack(tmp_path / "images", 6))
    return found


def three(series: Series) -> list[Finding]:
    """Return a box that one reader accepted, one that another corrected later, and a value that nobody judged."""
    box = ScoredBox(NODULE, 0.5, (0.5, 1.0, 1.5), (3.5, 3.25, 4.5))
    payloads = (box, box, MeasuredValue(FRACTION, 50, "%"))
    one, two, three = (finding(series, payload, n) for n, payload in enumerate(payloads))
    return [one.judged("accepted", "Doe^Jane", EARLY), two.judged("edited", "jroe", LATE), three.judged("proposed")]


def observers(items: Any) -> list[str]:
    """Return who observed, of the direct children of a content item: people by name, devices as "a device"."""
    own = [i for i in items if i.RelationshipType == "HAS OBS CONTEXT"]
    names = [str(i.PersonName) for i in own if i.ConceptNameCodeSequence[0].CodeValue == "121008"]
    kinds = [i.ConceptCodeSequence[0].CodeMeaning for i in own if i.ConceptNameCodeSequence[0].CodeValue == "121005"]
    return names + ["a device" for kind in kinds if kind == "Device"]


def groups(report: pydicom.Dataset) -> dict[str, pydicom.Dataset]:
    """Return the measurement groups of a report by tracking UID."""
    (measurements,) = [i for i in report.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "126010"]
    found = {}
    for group in measurements.ContentSequence:
        (uid,) = [i.UID for i in group.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "112040"]
        found[uid] = group
    return found


def test_a_report_names_who_judged_each_finding_beside_the_device(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    write_report(three(series), series, series.geometry, tmp_path / "sr.dcm")
    assert complaints(tmp_path / "sr.dcm") == set()
    report = pydicom.dcmread(tmp_path / "sr.dcm")
    assert observers(report.ContentSequence) == ["a device"]  # what stands here holds for what nobody judged, too
    told = groups(report)
    assert {uid: observers(group.ContentSequence) for uid, group in told.items()} == {
        "2.25.1000": ["Doe^Jane"], "2.25.1001": ["jroe^"], "2.25.1002": []
    }  # fmt: skip
    assert [group.get("ObservationDateTime") for group in told.values()] == [
        "20261123081500+0000", "20261123093000+0000", None
    ]  # fmt: skip


def test_a_report_of_what_was_all_judged_names_who_judged_last(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    write_report(three(series)[:2], series, series.geometry, tmp_path / "sr.dcm")
    assert complaints(tmp_path / "sr.dcm") == set()
    assert observers(pydicom.dcmread(tmp_path / "sr.dcm").ContentSequence) == ["jroe^", "a device"]
    contexts: Any = srread(tmp_path / "sr.dcm").content.get_observer_contexts()  # type: ignore[attr-defined]
    assert [context.observer_type.meaning for context in contexts] == ["Person", "Device"]


def test_a_report_of_what_nobody_judged_names_no_person(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    proposed = [one.judged("proposed", "Doe^Jane", EARLY) for one in three(series)]
    write_report(proposed, series, series.geometry, tmp_path / "sr.dcm")
    report = pydicom.dcmread(tmp_path / "sr.dcm")
    assert observers(report.ContentSequence) == ["a device"]
    assert all(observers(group.ContentSequence) == [] for group in groups(report).values())
    assert b"Doe" not in (tmp_path / "sr.dcm").read_bytes()


def test_a_mask_names_who_corrected_it_and_is_no_longer_automatic(series: Series, tmp_path: Path) -> None:
    mask, history = mask_on(series), History()
    write_segmentation(mask, series, tmp_path / "untouched.dcm")
    untouched = pydicom.dcmread(tmp_path / "untouched.dcm")
    assert not untouched.get("ContentCreatorName")
    assert {str(s.SegmentAlgorithmType) for s in untouched.SegmentSequence} == {"AUTOMATIC"}
    history.author = "Doe^Jane"
    before = mask.labels[:1, :1, :1].copy()
    history.do(Edit(mask, (slice(0, 1), slice(0, 1), slice(0, 1)), before, before + 3, "Brush"))
    write_segmentation(mask, series, tmp_path / "corrected.dcm")
    assert complaints(tmp_path / "corrected.dcm") == set()
    corrected = pydicom.dcmread(tmp_path / "corrected.dcm")
    assert corrected.ContentCreatorName == "Doe^Jane"
    assert corrected.ContentDescription == "Test mask, corrected, for research"
    assert {str(s.SegmentAlgorithmType) for s in corrected.SegmentSequence} == {"SEMIAUTOMATIC"}
    assert {s.SegmentDescription for s in corrected.SegmentSequence} == {f"Corrected by Doe^Jane, {mask.edited_at}"}
    again, _ = load_segmentation(tmp_path / "corrected.dcm", [series])
    assert again.provenance["creator"] == "Doe^Jane"
    assert result_data(mask)["provenance"]["edited_by"] == "Doe^Jane"
    history.undo()
    assert "edited_by" not in result_data(mask)["provenance"]


def test_images_and_maps_that_leave_the_program_say_who_accepted_them(series: Series, tmp_path: Path) -> None:
    assert series.geometry is not None
    image = DerivedImage("Denoised", np.zeros(series.geometry.shape, np.int16), "denoised", "HU")
    heat = HeatMap("Where it looked", np.zeros(series.geometry.shape, np.uint8), "saliency")
    for payload, write in ((image, write_image), (heat, write_map)):
        judged = finding(series, payload).judged("accepted", "Doe^Jane", EARLY)
        target = tmp_path / type(payload).__name__
        write(payload, judged, series, series.geometry, target, unheard)  # type: ignore[operator]
        first = min(target.iterdir()) if target.is_dir() else target
        (maker,) = [
            i for i in pydicom.dcmread(first).ContributingEquipmentSequence if i.ManufacturerModelName == "nodules"
        ]
        told = maker.ContributionDescription.split("; ")
        assert {"edited_by=Doe^Jane", f"edited_at={EARLY}"} <= set(told)


@pytest.mark.parametrize("name", ["王^小东", "Wang^XiaoDong=王^小东", "a" * 200, "x\\y"])
def test_names_of_any_script_are_read_back_as_they_were_given(series: Series, tmp_path: Path, name: str) -> None:
    assert series.geometry is not None
    judged = [one.judged("accepted", name, EARLY) for one in three(series)]
    write_report(judged, series, series.geometry, tmp_path / "sr.dcm")
    found = pydicom.dcmread(tmp_path / "sr.dcm")
    assert observers(found.ContentSequence)[0] == person_name(name)
    assert complaints(tmp_path / "sr.dcm") == set()
    mask = replace(mask_on(series), edited_by=name, edited_at=LATE, edits=1)
    write_segmentation(mask, series, tmp_path / "mask.dcm")
    assert str(pydicom.dcmread(tmp_path / "mask.dcm").ContentCreatorName) == person_name(name)
    assert complaints(tmp_path / "mask.dcm") == set()


def test_a_table_of_findings_says_who_judged_them(series: Series) -> None:
    rows = findings_data(three(series))
    assert [(row.get("edited_by"), row.get("edited_at")) for row in rows] == [
        ("Doe^Jane", EARLY), ("jroe", LATE), (None, None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("Doe^Jane", "Doe^Jane"),
        ("jdoe", "jdoe^"),
        ("李 明", "李 明^"),
        ("a\\b=c\n", "a b^=c"),
        ("x" * 99, "x" * 63 + "^"),
    ],
)
def test_a_name_is_written_as_it_was_given(given: str, written: str) -> None:
    assert person_name(given) == written


def test_nobody_is_taken_for_a_physician(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "jroe")
    assert reader_name({"reader_name": " "}) == "jroe"
    assert reader_name({"reader_name": "Doe^Jane"}) == "Doe^Jane"


def test_a_copy_of_a_mask_keeps_who_corrected_it(series: Series) -> None:
    mask = replace(mask_on(series), edited_by="jroe", edited_at=LATE, edits=1)
    assert (mask.snapshot().edited_by, mask.snapshot().edited_at) == ("jroe", LATE)
