"""While a series is read for the screen, pictures of the list and the library wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from medview.progress import Cancelled
from medview.session import give_way as module
from medview.session.give_way import give_way
from medview.session.open_folder import open_folder
from medview.session.session import Session
from medview.session.thumbnails import request_thumbnail
from tests.library.studies import write_study
from tests.session.waiting import wait_idle, wait_until


def ended(session: Session) -> list[str]:
    """Return a list that the titles of jobs join as they end."""
    titles: list[str] = []
    session.jobs.finished.connect(lambda job: titles.append(job.title.template))
    return titles


def test_a_series_for_the_screen_is_read_before_the_library_and_the_pictures(session: Session, tmp_path: Path) -> None:
    titles = ended(session)
    open_folder(session, write_study(tmp_path / "in"))
    wait_until(session, lambda: session.reading is not None)
    study = session.studies[0]
    pictures: list[tuple[int, ...]] = []
    request_thumbnail(session, study, study.series[0], lambda pixels: pictures.append(pixels.shape))
    wait_idle(session)
    assert sorted(titles) == ["Asking the library", "Opening {name}", "Reading {name}", "Thumbnail"]
    assert titles[:2] == ["Opening {name}", "Reading {name}"]
    assert pictures[0][:2] == (96, 96)
    assert session.library is not None
    assert session.library.count() == 1


def test_it_is_waited_for_some_seconds_and_no_longer_than_the_job_is_wanted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float] = []

    def unwanted(fraction: float, text: str = "") -> None:
        told.append(fraction)
        raise Cancelled

    give_way(session, unwanted)
    assert told == []  # nothing is read
    # its end is told by `deliver`, which waits
    session.readings[0] = session.jobs.submit("Reading", lambda progress: None)
    with pytest.raises(Cancelled):
        give_way(session, unwanted)
    monkeypatch.setattr(module, "_PATIENCE_S", 0.0)
    give_way(session, unwanted)
    assert told == [0.0]
