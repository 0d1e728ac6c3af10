"""What is written of a prior beside the current study, and what of it when nobody is to be named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medview.jobs.job_queue import JobQueue
from medview.session.comparison import is_earlier
from medview.session.layout import grid_layout
from medview.session.open_folder import open_folder
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.show_series import show_series
from medview.study.series import StudyFacts
from medview.view.comparison_lines import comparison_lines
from tests.files.make_dicom import write_stack
from tests.session.waiting import wait_idle

WHO = {"PatientID": "T1", "PatientName": "Doe^Jane", "PatientBirthDate": "19700102", "StudyTime": "101500"}


@pytest.fixture
def session(medview_home: Path) -> Iterator[Session]:
    jobs = JobQueue()
    yield Session(jobs, Settings())
    jobs.stop()


@pytest.mark.parametrize(
    ("before", "named", "bare"),
    [
        ("20211125", ("PRIOR 2 y 3 mo · 2021-11-25", "Current · 2024-02-29"), ("PRIOR 2 y 3 mo", "Current")),
        (
            "20240229",
            ("PRIOR, earlier on 2024-02-29", "Current · 2024-02-29"),
            ("PRIOR, earlier on the same day", "Current"),
        ),
    ],
)
def test_no_date_is_told_where_nobody_is_to_be_named(
    session: Session, tmp_path: Path, before: str, named: tuple[str, str], bare: tuple[str, str]
) -> None:
    write_stack(tmp_path / "a", 3, StudyInstanceUID="2.25.1", StudyDate=before, **(WHO | {"StudyTime": "0900"}))
    write_stack(tmp_path / "b", 3, StudyInstanceUID="2.25.2", SeriesInstanceUID="2.25.3", StudyDate="20240229", **WHO)
    open_folder(session, tmp_path, show=False)
    wait_idle(session)
    session.set_layout(grid_layout(1, 2))
    prior, current = sorted(session.studies, key=lambda study: study.facts.study_instance_uid)
    for slot, study in enumerate((prior, current)):
        show_series(session, study, study.series[0], slot)
        wait_idle(session)
    for patient_text, wanted in ((True, named), (False, bare)):
        found = [str(comparison_lines(session, pane, patient_text=patient_text)[0].text) for pane in session.viewports]
        assert tuple(found) == wanted


@pytest.mark.parametrize(
    ("first", "second", "earlier"),
    [("0900", "090001", True), ("0900", "090000", False), ("090000.5", "09:00", False), ("", "0900", False),
     ("0859", "09:00:00", True), ("", "", False), ("1015", "", False)],
)  # fmt: skip
def test_of_one_day_times_that_tell_decide(first: str, second: str, earlier: bool) -> None:
    one, other = (StudyFacts("", study_date="20240229", study_time=time) for time in (first, second))
    assert is_earlier(one, other) is earlier
