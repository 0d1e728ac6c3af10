"""Further series reach a run in the order of its manifest, whichever of them had been read before."""

from __future__ import annotations

from pathlib import Path

from medview.files.scanning.dicom_scan import scan
from medview.session.further_inputs import Candidate, Given, read_inputs
from medview.session.join_study import join_study
from medview.session.session import Session
from medview.session.show_series import show_series
from tests.files.make_dicom import write_stack


def test_what_was_read_before_does_not_become_the_first(session: Session, tmp_path: Path) -> None:
    """A transform leads to the first of them: the other way round it would be laid on another series."""
    folders = [
        write_stack(tmp_path / name, 4, StudyInstanceUID=f"2.25.7{name}", SeriesInstanceUID=f"2.25.8{name}")
        for name in ("1", "2")
    ]
    first, second = (join_study(session, scan(folder).studies[0]) for folder in folders)
    session.jobs.wait(show_series(session, second, second.series[0]))  # alone on the screen
    given: list[dict[str, Given]] = []
    chosen = {"moving": Candidate(first, first.series[0]), "beside": Candidate(second, second.series[0])}
    job = read_inputs(session, chosen, given.append)
    assert job is not None
    session.jobs.wait(job)
    (told,) = given
    assert list(told) == ["moving", "beside"]
    assert told["moving"].volume.series is first.series[0]
