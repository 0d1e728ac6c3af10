"""What a model says is a proposal: a person accepts, rejects, corrects or deletes it, and can take that back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from medview.jobs.job_queue import JobQueue
from medview.session.judge_findings import judge_findings, move_box, remove_findings
from medview.session.session import Session
from medview.session.settings import Settings
from medview.study.finding import Concept, Finding, ScoredBox
from medview.study.geometry import Geometry
from medview.study.segmentation import Source
from medview.study.series import StudyFacts
from medview.study.study import Study

GRID = Geometry.from_axes(
    (4, 5, 6), origin=(10, 20, 30), slice_step=(0, 0, 3), row_step=(0, 2, 0), column_step=(1, 0, 0)
)
NODULE = Concept("nodule", "Nodule")


def finding(number: int) -> Finding:
    box = ScoredBox(NODULE, 0.1 * number, (0.5, 0.5, 0.5), (1.5, 2.5, 3.5))
    return Finding(f"1.{number}", "1.9", "Nodules", box, GRID, Source("key", "1", "2", "hash"), {})


@pytest.fixture
def study() -> Study:
    study = Study(StudyFacts("1.2"))
    study.findings.set(finding(n) for n in (1, 2, 3))
    return study


def states(study: Study) -> list[tuple[str, str]]:
    return [(f.uid, f.status) for f in study.findings]


def test_a_judgement_is_one_step_that_is_undone_and_redone(study: Study) -> None:
    judge_findings(study, ["1.1", "1.3"], "accepted")
    assert states(study) == [("1.1", "accepted"), ("1.2", "proposed"), ("1.3", "accepted")]
    judge_findings(study, ["1.1"], "accepted")  # no step: nothing changed
    study.history.undo()
    assert states(study) == [("1.1", "proposed"), ("1.2", "proposed"), ("1.3", "proposed")]
    assert study.history.undo_title is None
    study.history.redo()
    assert states(study)[0] == ("1.1", "accepted")


def test_what_is_deleted_comes_back_at_its_place(study: Study) -> None:
    remove_findings(study, ["1.2"])
    assert [uid for uid, _ in states(study)] == ["1.1", "1.3"]
    study.history.undo()
    assert [uid for uid, _ in states(study)] == ["1.1", "1.2", "1.3"]


def test_a_box_that_is_moved_keeps_its_score_and_says_that_it_was_edited(study: Study) -> None:
    moved = ScoredBox(NODULE, 0.1, (0.0, 0.0, 0.0), (2.0, 2.0, 2.0))
    move_box(study, "1.1", moved)
    first = study.findings.find("1.1")
    assert first is not None
    assert (first.status, first.payload) == ("edited", moved)
    study.history.undo()
    assert states(study)[0] == ("1.1", "proposed")


def test_a_judgement_says_whose_it_is_and_goes_with_its_undoing(study: Study) -> None:
    study.history.author = "Doe^Jane"
    judge_findings(study, ["1.1"], "accepted")
    first = study.findings.find("1.1")
    assert first is not None
    assert first.edited_by == "Doe^Jane"
    age = datetime.now(UTC) - datetime.fromisoformat(first.edited_at)
    assert timedelta(0) <= age < timedelta(minutes=1)
    study.history.author = "jroe"
    move_box(study, "1.1", ScoredBox(NODULE, 0.1, (0.0, 0.0, 0.0), (2.0, 2.0, 2.0)))
    assert [f.edited_by for f in study.findings] == ["jroe", "", ""]
    study.history.undo()
    assert study.findings.find("1.1") is first
    judge_findings(study, ["1.1"], "proposed")
    assert [(f.edited_by, f.edited_at) for f in study.findings] == [("", "")] * 3


def test_the_author_is_the_person_named_in_the_settings(
    study: Study, medview_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "jroe")
    session = Session(JobQueue(), Settings())
    session.add_study(study)
    assert study.history.author == "jroe"
    session.settings["reader_name"] = "Doe^Jane"
    assert study.history.author == "Doe^Jane"
    assert Settings()["reader_name"] == "Doe^Jane"
    session.jobs.stop()


def test_a_box_lies_where_its_voxels_lie() -> None:
    box = ScoredBox(NODULE, 0.5, (-0.5, 0.5, 1.5), (1.5, 2.5, 3.5))
    np.testing.assert_allclose(box.centre_mm(GRID), (10 + 2.5, 20 + 2 * 1.5, 30 + 3 * 0.5))
    assert box.size_mm(GRID) == (6.0, 4.0, 2.0)
    corners = box.corners_mm(GRID)
    np.testing.assert_allclose(corners.min(axis=0), (11.5, 21.0, 28.5))
    np.testing.assert_allclose(corners.max(axis=0), (13.5, 25.0, 34.5))


@pytest.mark.parametrize(("low", "high", "score"), [((0, 0, 0), (0, 1, 1), 0.5), ((0, 0, 0), (1, 1, 1), float("nan"))])
def test_what_is_no_box_is_refused(low: tuple[float, ...], high: tuple[float, ...], score: float) -> None:
    with pytest.raises(ValueError, match="no box"):
        ScoredBox(NODULE, score, low, high)  # type: ignore[arg-type]
