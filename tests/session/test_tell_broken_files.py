"""What a person has written by hand and MedView cannot read is told once, and stays as it is."""

from __future__ import annotations

from pathlib import Path

from medview.jobs.job_queue import JobQueue
from medview.session.own_presets import presets_of
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.tell_broken_files import tell_broken_files

NAMES = ("settings.json", "window_presets.json", "volume_looks.json", "layouts.toml", "hanging/mine.toml")


def told(home: Path) -> list[str]:
    session = Session(JobQueue(worker_process=False), Settings(home / "settings.json"))
    tell_broken_files(session)
    return [str(notice.message) for notice in session.notices.notices]


def test_each_broken_file_is_told_once_and_left_as_it_is(medview_home: Path) -> None:
    (medview_home / "hanging").mkdir()
    for name in NAMES:
        (medview_home / name).write_text("{ = ", encoding="utf-8")
    found = told(medview_home)
    assert len(found) == len(set(found)) == len(NAMES)
    assert presets_of("CT")
    assert [(medview_home / name).read_text(encoding="utf-8") for name in NAMES] == ["{ = "] * len(NAMES)


def test_nothing_is_told_where_nothing_is_broken(medview_home: Path) -> None:
    assert told(medview_home) == []
