"""What models found, and every judgement on it, comes back with its study, with no other, whatever ends the program."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from medview.errors import MedViewError
from medview.library.kept_arrays import KeptArrays
from medview.plugin.contract import Result
from medview.session.apply_result import apply_result
from medview.session.close_study import close_study
from medview.session.export_findings import export_report
from medview.session.finding_view import finding_view
from medview.session.give_spacing import give_spacing
from medview.session.judge_findings import judge_findings, move_box, remove_findings
from medview.session.judged_findings import has_unsaved_judgements, is_kept
from medview.session.keep_findings import KeptFindings
from medview.session.open_folder import open_folder
from medview.session.session import Session
from medview.session.undo import undo
from medview.study.finding import (
    Boxes,
    ClassScores,
    Concept,
    Curve,
    DerivedImage,
    Finding,
    HeatMap,
    MeasuredValue,
    ScoredBox,
)
from medview.study.segmentation import Code, Source
from medview.study.study import Study
from tests.files.full_disk import limited_file_size
from tests.files.make_dicom import image, write, write_stack
from tests.session.test_keep_measurements import opened, reopened
from tests.session.waiting import said, wait_idle, wait_until

ROOT = Path(__file__).resolve().parents[2]
NODULE = Concept("nodule", "Lung nodule", (1, 2, 3), type=Code("786838002", "SCT", "Nodule of lung"))
OTHER = Concept("other", "Another")
MADE = MappingProxyType({"plugin": "p", "plugin_version": "1.0.0", "seconds": {"total": 1.5}, "seed": np.int64(3)})


@pytest.fixture
def kept(session: Session) -> Iterator[KeptFindings]:
    made = KeptFindings(session)
    yield made
    session.jobs.stop()


def boxes(*scores: float) -> Boxes:
    return Boxes(tuple(ScoredBox(NODULE, s, (1.5, 0.5, 0.25), (2.5, 3.5, 4.5)) for s in scores), 0.5)


def everything(shape: tuple[int, int, int]) -> tuple[Any, ...]:
    """Return one of each kind that is no box, its arrays drawn by lot."""
    random = np.random.default_rng(5)
    rows = random.random((3, 2)).astype(np.float32)
    scores = ClassScores(
        (NODULE, OTHER), np.array([0.7, 0.3], np.float32), "calibrated", np.array([1, 2, 4]), rows, (0.5, 0.4),
        ((0.6, 0.85), (0.1, 0.2)),
    )  # fmt: skip
    curve = Curve("Area", np.arange(4.0) * 40, random.random(4), "ms", "ml", (("end diastole", 80.0),), np.arange(4))
    return (
        scores,
        HeatMap("Where it looked", random.integers(0, 256, shape).astype(np.uint8), "saliency", NODULE),
        DerivedImage("Denoised", random.integers(-1024, 3000, shape).astype(np.int16), "denoised", "HU"),
        DerivedImage("As MR", random.random(shape).astype(np.float32), "translated", "", is_synthetic=True),
        curve,
        MeasuredValue(OTHER, 61.25, "%"),
    )


def ran(session: Session, study: Study, *answers: Any, place: int = 0) -> list[Finding]:
    """Return what a run brings whose answers are these."""
    series = study.series[place]
    assert series.geometry is not None
    before = set(study.findings)
    apply_result(session, study, Result("P", answers, series.geometry, Source.of(series), series, MADE))
    return [finding for finding in study.findings if finding not in before]


def facts(finding: Finding) -> tuple[Any, ...]:
    """Return all that a finding says, its arrays as bytes with their type and shape."""
    payload = {
        name: (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
        for name, value in vars(finding.payload).items()
    }
    place = (finding.geometry.shape, finding.geometry.affine.tolist(), finding.geometry.frame_of_reference_uid)
    told = (finding.status, finding.threshold, finding.edited_by, finding.edited_at, finding.title)
    return finding.uid, finding.run_uid, type(finding.payload), payload, place, finding.source, told


def findings_folder(home: Path) -> Path:
    return home / "library" / "marks" / "findings"


def the_file(home: Path) -> Path:
    (path,) = findings_folder(home).glob("*.json")
    return path


def content(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(the_file(home).read_text())
    return found


def test_findings_of_every_kind_come_back_as_they_were(session: Session, kept: KeptFindings, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    geometry = study.series[0].geometry
    assert geometry is not None
    first = ran(session, study, boxes(0.9, 0.25, 0.6))
    ran(session, study, *everything(geometry.shape))
    before = [facts(finding) for finding in study.findings]
    assert len(before) == 9
    again = reopened(session, study, folder)
    assert again is not study
    assert [facts(finding) for finding in again.findings] == before
    assert again.findings.find(first[0].uid).provenance == {**MADE, "seed": 3}  # type: ignore[union-attr]
    assert all(again.bears(finding.source, finding.geometry) for finding in again.findings)
    assert again.history.undo_title is None
    assert "warning" not in said(session)


def test_every_judgement_is_kept_undone_ones_too(session: Session, kept: KeptFindings, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    session.settings["reader_name"] = "Doe^Jane"
    study = opened(session, folder)
    one, two, three, four, five = (f.uid for f in ran(session, study, boxes(0.9, 0.8, 0.7, 0.6, 0.55)))
    moved = ScoredBox(NODULE, 0.8, (0.5, 0.5, 0.5), (2.5, 3.0, 4.0))
    judge_findings(study, [one], "accepted")
    move_box(study, two, moved)
    judge_findings(study, [three, four], "rejected")
    remove_findings(study, [five])
    remove_findings(study, [four])
    undo(session)
    judge_findings(study, [four], "accepted")
    undo(session)
    wait_idle(session)
    before = [facts(finding) for finding in study.findings]
    again = reopened(session, study, folder)
    assert [facts(finding) for finding in again.findings] == before
    assert [(f.uid, f.status, f.edited_by) for f in again.findings] == [
        (one, "accepted", "Doe^Jane"),
        (two, "edited", "Doe^Jane"),
        (three, "rejected", "Doe^Jane"),
        (four, "rejected", "Doe^Jane"),
    ]
    assert again.findings.find(two).payload == moved  # type: ignore[union-attr]


def test_a_run_that_is_undone_is_gone_and_one_done_again_is_back(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder)
    shape = study.series[0].geometry.shape  # type: ignore[union-attr]
    ran(session, study, boxes(0.9), *everything(shape))
    wait_idle(session)
    undo(session)
    wait_idle(session)
    assert content(medview_home) == {"format": 1, "findings": {}, "runs": {}}
    study.history.redo()
    before = [facts(finding) for finding in study.findings]
    again = reopened(session, study, folder)
    assert [facts(finding) for finding in again.findings] == before
    assert len(before) == 7


def test_the_threshold_that_was_chosen_comes_back(session: Session, kept: KeptFindings, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder)
    (first, _), (other, _) = ran(session, study, boxes(0.9, 0.3)), ran(session, study, boxes(0.8, 0.2))
    finding_view(study).set_threshold(first, 0.25)
    again = reopened(session, study, folder)
    view = finding_view(again)
    assert [view.threshold(f) for f in again.findings] == [0.25, 0.25, 0.5, 0.5]
    assert [view.shows(f) for f in again.findings] == [True, True, True, False]
    finding_view(again).set_threshold(other, 0.1)
    third = reopened(session, again, folder)
    assert [finding_view(third).threshold(f) for f in third.findings] == [0.25, 0.25, 0.1, 0.1]


def test_what_was_judged_before_a_kill_comes_back(session: Session, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from tests.session.test_keep_findings import boxes, everything, ran
        from tests.session.test_keep_measurements import opened
        from tests.session.waiting import wait_idle
        from medview.jobs.job_queue import JobQueue
        from medview.session.judge_findings import judge_findings
        from medview.session.keep_findings import KeptFindings
        from medview.session.session import Session
        from medview.session.settings import Settings

        if __name__ == "__main__":
            session = Session(JobQueue(), Settings())
            kept = KeptFindings(session)
            study = opened(session, Path(sys.argv[1]), show=False)
            found = ran(session, study, boxes(*(0.9 - n / 100 for n in range(20))))
            ran(session, study, *everything(study.series[0].geometry.shape))
            for finding in found[:-1]:
                judge_findings(study, [finding.uid], "accepted")
                session.jobs.deliver()
            wait_idle(session)
            judge_findings(study, [found[-1].uid], "rejected")  # may be on its way
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    (tmp_path / "script.py").write_text(script)
    command = [sys.executable, str(tmp_path / "script.py"), str(folder)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == -signal.SIGKILL
    kept = KeptFindings(session)
    study = opened(session, folder, show=False)
    statuses = [f.status for f in study.findings]
    assert statuses[:19] == ["accepted"] * 19
    assert statuses[19] in ("proposed", "rejected")
    assert len(statuses) == 26
    session.jobs.stop()
    kept.close()


def test_what_is_not_written_yet_is_written_at_the_end(session: Session, tmp_path: Path, medview_home: Path) -> None:
    kept = KeptFindings(session)
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    session.jobs.stop()  # the program ends: what is submitted now is worked off by nobody
    ran(session, study, boxes(0.9), *everything(study.series[0].geometry.shape))  # type: ignore[union-attr]
    before = [facts(finding) for finding in study.findings]
    kept.close()
    session.jobs.stop()
    assert len(content(medview_home)["findings"]) == 7
    other = Session(session.jobs, session.settings)
    anew = KeptFindings(other)
    assert [facts(f) for f in opened(other, folder, show=False).findings] == before
    other.jobs.stop()
    anew.close()


def test_another_patients_study_with_the_same_identifiers_gets_none_of_them(
    session: Session, kept: KeptFindings, tmp_path: Path
) -> None:
    study = opened(session, write_stack(tmp_path / "one", 6))
    ran(session, study, boxes(0.9))
    wait_idle(session)
    other = opened(session, write_stack(tmp_path / "two", 6, PatientName="Other^Patient", PatientID="T2"))
    assert other.series[0].key == study.series[0].key
    assert len(other.findings) == 0
    (mine,) = ran(session, other, boxes(0.7))
    judge_findings(other, [mine.uid], "accepted")
    other = reopened(session, other, tmp_path / "two")
    assert [f.uid for f in other.findings] == [mine.uid]
    assert [f.status for f in study.findings] == ["proposed"]


def test_findings_never_come_back_onto_changed_images(session: Session, kept: KeptFindings, tmp_path: Path) -> None:
    """A slice is gone: every index means another image, so they wait, which is said; with the slice they are back."""
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    shape = study.series[0].geometry.shape  # type: ignore[union-attr]
    found = ran(session, study, boxes(0.9, 0.8), *everything(shape))
    judge_findings(study, [found[0].uid], "accepted")
    before = [facts(finding) for finding in study.findings]
    wait_idle(session)
    first = next(p for p in folder.iterdir() if float(dcmread(p).ImagePositionPatient[2]) == 0.0)
    first.rename(tmp_path / "first.dcm")
    changed = reopened(session, study, folder)
    assert len(changed.findings) == 0
    assert "8 findings of this study lie on images that are not here or have changed." in said(session)
    (later,) = ran(session, changed, boxes(0.75))  # what is found on the changed images is kept beside the others
    wait_idle(session)
    (tmp_path / "first.dcm").rename(first)
    whole = reopened(session, changed, folder)
    assert [facts(finding) for finding in whole.findings] == before
    assert "1 finding of this study lies on images that are not here or have changed." in said(session)
    wait_idle(session)
    first.unlink()
    assert [f.uid for f in reopened(session, whole, folder).findings] == [later.uid]


def test_an_exchanged_grid_gets_none_of_them(session: Session, kept: KeptFindings, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    ran(session, study, boxes(0.9))
    wait_idle(session)
    for path in folder.iterdir():  # the same identifiers, other millimetres
        dataset = dcmread(path)
        dataset.PixelSpacing = [0.5, 0.5]
        dataset.save_as(path)
    again = reopened(session, study, folder)
    assert len(again.findings) == 0
    assert "1 finding of this study lies on images that are not here or have changed." in said(session)


def test_millimetres_that_the_images_do_not_tell_do_not_come_back_with_a_finding(
    session: Session, kept: KeptFindings, tmp_path: Path
) -> None:
    """A person gave 1 mm, which makes the numbers of a grid of pixels: that is not kept, nor is it in the finding."""
    folder = tmp_path / "dx"
    made = image(0, PixelSpacing=None, ImagePositionPatient=None, ImageOrientationPatient=None, Modality="OT")
    write(made, folder / "one.dcm")
    study = opened(session, folder)
    assert not study.series[0].geometry.has_spacing  # type: ignore[union-attr]
    give_spacing(session, study, study.series[0], (1.0, 1.0, 1.0))
    wait_idle(session)
    assert study.series[0].geometry.has_spacing  # type: ignore[union-attr]
    (before,) = ran(session, study, Boxes((ScoredBox(NODULE, 0.9, (-0.5, 0.5, 0.5), (0.5, 3.5, 4.5)),)))
    assert before.geometry.has_spacing
    again = reopened(session, study, folder, show=True)
    assert not again.series[0].geometry.has_spacing  # type: ignore[union-attr]
    (after,) = again.findings
    assert after.payload == before.payload
    assert not after.geometry.has_spacing
    assert after.geometry is again.series[0].geometry


@pytest.mark.parametrize("damage", ["", "{", '{"format": 1, "findings": [1]}', '{"findings": {}}'])
def test_a_damaged_file_is_set_aside_and_told(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path, damage: str
) -> None:
    folder = write_stack(tmp_path / "ct", 4)
    study = opened(session, folder, show=False)
    ran(session, study, boxes(0.9))
    wait_idle(session)
    the_file(medview_home).write_text(damage)
    again = reopened(session, study, folder)
    assert len(again.findings) == 0
    assert "The file of findings of this study was damaged and has been set aside as" in said(session)
    (aside,) = findings_folder(medview_home).glob("*-damaged-*.json")
    assert aside.read_text() == damage
    ran(session, again, boxes(0.8))
    assert len(reopened(session, again, folder).findings) == 1


def test_damaged_records_and_arrays_hide_no_other_and_stay(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    shape = study.series[0].geometry.shape  # type: ignore[union-attr]
    found = ran(session, study, boxes(0.9, 0.8, 0.7), *everything(shape))
    wait_idle(session)
    path, table = the_file(medview_home), content(medview_home)
    table["findings"][found[0].uid]["status"] = "a status of the future"
    table["findings"][found[1].uid]["run"] = ["no run"]
    path.write_text(json.dumps(table))
    arrays = sorted(findings_folder(medview_home).rglob("*.npz"), key=lambda p: p.stat().st_size)
    assert len(arrays) == 5
    torn = bytearray(arrays[-1].read_bytes())
    torn[len(torn) // 2] ^= 255
    arrays[-1].write_bytes(torn)
    arrays[-2].write_bytes(arrays[-2].read_bytes()[:100])
    again = reopened(session, study, folder)
    assert len(again.findings) == 9 - 4
    assert said(session).count("2 findings kept with this study cannot be understood.") == 1
    judge_findings(again, [found[2].uid], "accepted")
    wait_idle(session)
    now = content(medview_home)["findings"]
    assert set(now) == set(table["findings"])
    assert now[found[0].uid] == table["findings"][found[0].uid]
    assert now[found[2].uid]["status"] == "accepted"
    remove_findings(again, [finding.uid for finding in again.findings])
    wait_idle(session)
    assert len(content(medview_home)["findings"]) == 4  # what cannot be understood, with what its runs say of it
    assert len(content(medview_home)["runs"]) == 1


def test_a_file_of_a_newer_version_is_left_alone_and_the_question_says_so(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 4)
    study = opened(session, folder, show=False)
    ran(session, study, boxes(0.9))
    wait_idle(session)
    assert is_kept(study)
    path = the_file(medview_home)
    path.write_text('{"format": 2, "new": "things"}')
    again = reopened(session, study, folder)
    assert "The findings of this study were written by a newer version of MedView." in said(session)
    ran(session, again, boxes(0.9), *everything(again.series[0].geometry.shape))  # type: ignore[union-attr]
    wait_idle(session)
    assert "What is found and judged in this study is not kept" in said(session)
    assert not is_kept(again)
    assert path.read_text() == '{"format": 2, "new": "things"}'
    assert not list(findings_folder(medview_home).rglob("*.npz"))


def test_a_file_of_the_first_version_needs_no_more_than_it_had(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    """Who judged, and the threshold chosen, may be missing."""
    folder = write_stack(tmp_path / "ct", 4)
    study = opened(session, folder, show=False)
    (found,) = ran(session, study, boxes(0.9))
    judge_findings(study, [found.uid], "accepted")
    wait_idle(session)
    table = content(medview_home)
    for record in table["findings"].values():
        del record["by"], record["at"]
    for record in table["runs"].values():
        del record["threshold"]
    the_file(medview_home).write_text(json.dumps(table))
    (back,) = reopened(session, study, folder).findings
    assert (back.status, back.edited_by, back.edited_at) == ("accepted", "", "")


def test_a_full_disk_is_told_and_what_was_kept_stays(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    (first,) = ran(session, study, boxes(0.9))
    judge_findings(study, [first.uid], "accepted")
    wait_idle(session)
    before = the_file(medview_home).read_bytes()
    with limited_file_size(1000):
        ran(session, study, *everything(study.series[0].geometry.shape))  # type: ignore[union-attr]
        ran(session, study, boxes(0.9, 0.8, 0.7, 0.6))
        wait_idle(session)
    assert "The disk is full" in said(session)
    assert not is_kept(study)
    assert the_file(medview_home).read_bytes() == before
    judge_findings(study, [first.uid], "rejected")  # there is room again
    wait_idle(session)
    again = reopened(session, study, folder)
    assert again.findings.find(first.uid).status == "rejected"  # type: ignore[union-attr]
    assert sum(isinstance(f.payload, ScoredBox) for f in again.findings) == 5


def test_a_question_is_asked_of_what_was_judged_now_alone(session: Session, kept: KeptFindings, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder)
    one, two = (f.uid for f in ran(session, study, boxes(0.9, 0.8)))
    judge_findings(study, [one], "accepted")
    wait_idle(session)
    assert (has_unsaved_judgements(study), is_kept(study)) == (True, True)
    again = reopened(session, study, folder, show=True)
    assert not has_unsaved_judgements(again)
    judge_findings(again, [two], "accepted")
    assert has_unsaved_judgements(again)
    session.jobs.wait(export_report(session, again, again.series[0].key, tmp_path / "sr.dcm"))
    assert not has_unsaved_judgements(again)


def test_nothing_that_is_kept_names_a_patient_or_may_be_read_by_others(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    study = opened(
        session,
        write_stack(tmp_path / "Zyxmark", 6, PatientName="Zyxmark^Name", PatientID="Zyxmark-ID",
                    StudyDescription="Zyxmark", SeriesDescription="Zyxmark"),
        show=False,
    )  # fmt: skip
    ran(session, study, boxes(0.9), *everything(study.series[0].geometry.shape))  # type: ignore[union-attr]
    wait_idle(session)
    files = [path for path in findings_folder(medview_home).rglob("*") if path.is_file()]
    assert len(files) >= 6
    assert not [path for path in files if "zyxmark" in str(path).lower() or b"zyxmark" in path.read_bytes().lower()]
    folders = [medview_home / "library", *(p for p in (medview_home / "library").rglob("*") if p.is_dir())]
    assert [folder for folder in folders if folder.stat().st_mode & 0o077] == []
    assert not list(findings_folder(medview_home).rglob(".medview-*"))


def test_arrays_without_a_finding_go_a_day_later(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    found = ran(session, study, *everything(study.series[0].geometry.shape))  # type: ignore[union-attr]
    wait_idle(session)
    remove_findings(study, [found[1].uid])
    study = reopened(session, study, folder)
    assert len(list(findings_folder(medview_home).rglob("*.npz"))) == 5
    old = time.time() - 25 * 3600
    for path in findings_folder(medview_home).rglob("*.npz"):
        os.utime(path, (old, old))
    study = reopened(session, study, folder)
    assert len(list(findings_folder(medview_home).rglob("*.npz"))) == 4
    assert len(study.findings) == 5


def test_the_oldest_that_nobody_judged_gives_way_and_what_was_judged_never(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    arrays = {"array": random.integers(0, 256, (10, 100, 100)).astype(np.uint8)}  # 100 kB that do not deflate
    judged: dict[str, list[str] | None] = {"a" * 32: ["1"], "b" * 32: [], "c" * 32: [], "d" * 32: []}
    kept = KeptArrays(tmp_path / "kept", judged.__getitem__, ceiling_bytes=350_000)
    for number, (identity, uid) in enumerate((("a" * 32, "1"), ("b" * 32, "2"), ("c" * 32, "3"))):
        kept.write(identity, uid, arrays)
        for path in (tmp_path / "kept" / identity).iterdir():
            os.utime(path, (1e9 + number, 1e9 + number))
    kept.write("d" * 32, "4", arrays)
    assert kept.read("b" * 32, "2") is None
    there = [kept.read(identity, uid) for identity, uid in (("a" * 32, "1"), ("c" * 32, "3"), ("d" * 32, "4"))]
    assert all(found is not None and np.array_equal(found["array"], arrays["array"]) for found in there)
    judged |= {"c" * 32: ["3"], "d" * 32: None}  # what is not known is spared
    with pytest.raises(MedViewError, match="no room left"):
        kept.write("b" * 32, "2", arrays)
    assert sorted(p.parent.name[0] for p in (tmp_path / "kept").rglob("*.npz")) == ["a", "c", "d"]


def test_a_damaged_file_of_another_study_stays_until_it_is_told(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    ran(session, study, *everything(study.series[0].geometry.shape))  # type: ignore[union-attr]
    wait_idle(session)
    path = the_file(medview_home)
    assert kept._judged(path.stem) == []
    path.write_text("{")
    assert kept._judged(path.stem) is None
    assert path.read_text() == "{"
    path.write_text('{"format": 99}')
    assert kept._judged(path.stem) is None
    assert kept._judged("f" * 32) == []


def test_arrays_that_gave_way_are_told_and_their_judgement_stays(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    found = ran(session, study, *everything(study.series[0].geometry.shape), boxes(0.9))  # type: ignore[union-attr]
    wait_idle(session)
    largest = max(findings_folder(medview_home).rglob("*.npz"), key=lambda p: p.stat().st_size)
    largest.unlink()
    again = reopened(session, study, folder)
    assert len(again.findings) == len(found) - 1
    assert "1 image or map that models made of this study was given up to make room for others." in said(session)
    assert len(content(medview_home)["findings"]) == len(found)


def test_two_programs_keep_what_each_has_judged(tmp_path: Path, medview_home: Path, session: Session) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    first = KeptFindings(session)
    study = opened(session, folder, show=False)
    one, two = ran(session, study, boxes(0.9, 0.8))
    wait_idle(session)
    other = Session(type(session.jobs)(), session.settings)
    second = KeptFindings(other)
    beside = opened(other, folder, show=False)
    assert [f.uid for f in beside.findings] == [one.uid, two.uid]
    judge_findings(study, [one.uid], "accepted")
    judge_findings(beside, [two.uid], "rejected")
    wait_idle(session)
    wait_idle(other)
    assert [r["status"] for r in content(medview_home)["findings"].values()] == ["accepted", "rejected"]
    for ended, keeper in ((session, first), (other, second)):
        ended.jobs.stop()
        keeper.close()


def test_a_study_closed_while_its_images_are_written_loses_none(
    session: Session, kept: KeptFindings, tmp_path: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study: Study | None = opened(session, folder, show=False)
    assert study is not None
    ran(session, study, *everything(study.series[0].geometry.shape), boxes(0.9))  # type: ignore[union-attr]
    close_study(session, study)  # at once
    assert session.jobs.jobs  # it is being written
    study = opened(session, folder, show=False)
    assert len(study.findings) == 7
    close_study(session, study)
    open_folder(session, folder, show=False)
    wait_until(session, lambda: len(session.studies) == 1 and len(session.studies[0].findings) > 0)
    close_study(session, session.studies[0])  # while what is large is read
    assert len(opened(session, folder, show=False).findings) == 7
    gone, study = weakref.ref(study), None
    gc.collect()
    assert gone() is None  # nothing of a study that is closed is held


@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_done_and_undone_in_any_order_is_found_again(
    session: Session, kept: KeptFindings, tmp_path: Path, seed: int
) -> None:
    random = np.random.default_rng(seed)
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder)
    ran(session, study, boxes(0.9, 0.7, 0.5, 0.3, 0.1))
    steps: list[Callable[[str], object]] = [
        lambda uid: judge_findings(study, [uid], "accepted"),
        lambda uid: judge_findings(study, [uid], "rejected"),
        lambda uid: judge_findings(study, [uid], "proposed"),
        lambda uid: move_box(study, uid, ScoredBox(NODULE, 0.9, (0, 0, 0), (1 + random.random(), 2, 3))),
        lambda uid: remove_findings(study, [uid]),
        lambda uid: study.history.undo(),
        lambda uid: study.history.undo(),
        lambda uid: study.history.redo(),
        lambda uid: ran(session, study, boxes(random.random()), everything((6, 6, 8))[random.integers(0, 6)]),
        lambda uid: finding_view(study).set_threshold(next(f for f in study.findings if f.uid == uid), random.random()),
        lambda uid: session.jobs.deliver(),
    ]
    for _ in range(60):
        uids = [f.uid for f in study.findings if isinstance(f.payload, ScoredBox)]
        if not uids:
            ran(session, study, boxes(0.8))
        else:
            steps[random.integers(0, len(steps))](uids[random.integers(0, len(uids))])
    wait_idle(session)
    before = [facts(finding) for finding in study.findings]
    thresholds = [finding_view(study).threshold(finding) for finding in study.findings]
    again = reopened(session, study, folder)
    assert [facts(finding) for finding in again.findings] == before
    assert [finding_view(again).threshold(finding) for finding in again.findings] == thresholds
    assert "warning" not in said(session)


def test_images_of_another_grid_than_their_record_are_refused(
    session: Session, kept: KeptFindings, tmp_path: Path, medview_home: Path
) -> None:
    """Arrays exchanged between two findings of other kinds do not become images of the patient."""
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    shape = study.series[0].geometry.shape  # type: ignore[union-attr]
    ran(session, study, *(replace(one, array=one.array) for one in everything(shape)[1:3]))
    wait_idle(session)
    one, other = findings_folder(medview_home).rglob("*.npz")
    bytes_of_one = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(bytes_of_one)
    assert len(reopened(session, study, folder).findings) == 0
    assert "2 findings kept with this study cannot be understood." in said(session)
