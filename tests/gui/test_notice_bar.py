"""The notices above the images: what only tells goes by itself, what must be known stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.notice_bar import PASSES_AFTER_S
from medview.session.close_study import close_study
from medview.session.load_demo import load_demo
from medview.session.open_folder import open_folder
from tests.files.make_dicom import write_stack
from tests.gui.conftest import write_ct
from tests.session.moments import MOMENTS, SLICES, write_moments

Settle = Callable[[], None]


def told(window: MainWindow) -> list[str]:
    """Return the sentences of the notices of now."""
    return [f"{notice.message} {notice.remedy}".strip() for notice in window.session.notices.notices]


def let_pass(window: MainWindow, seconds: int) -> None:
    """Let the notice bar live through some seconds."""
    for _ in range(seconds):
        window.notice_bar.clock.timeout.emit()


def test_what_only_tells_goes_by_itself_and_the_rest_stays(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # another test may have left the pointer where the bar is
    monkeypatch.setattr(window.notice_bar, "underMouse", lambda: False)
    board = window.session.notices
    board.add("warning", "No images are open.")
    board.add("info", "Opening {name}", name="x")
    board.add("info", "Reading {name}", lasting=True, name="y")
    qtbot.wait(30)
    let_pass(window, PASSES_AFTER_S - 1)
    assert len(board.notices) == 3
    let_pass(window, 1)
    assert told(window) == ["No images are open.", "Reading y"]


def test_a_notice_under_the_mouse_stays(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window.session.notices.add("info", "Opening {name}", name="x")
    qtbot.wait(30)
    monkeypatch.setattr(window.notice_bar, "underMouse", lambda: True)
    let_pass(window, 3 * PASSES_AFTER_S)
    assert told(window) == ["Opening x"]


def test_the_same_notice_is_counted_whatever_came_between(window: MainWindow) -> None:
    board = window.session.notices
    for name in ("x", "y", "x"):
        board.add("warning", "Opening {name}", name=name)
    assert [(str(notice.message), notice.count) for notice in board.notices] == [("Opening y", 1), ("Opening x", 2)]


def test_what_was_found_is_said_without_noughts(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    open_folder(window.session, write_ct(tmp_path / "a"))
    settle()
    assert told(window) == ["24 images in 1 series found."]
    (tmp_path / "a" / "notes.txt").write_text("no image")
    broken = tmp_path / "a" / "broken.dcm"
    broken.write_bytes(sorted((tmp_path / "a").glob("*.dcm"))[0].read_bytes()[:900])
    open_folder(window.session, tmp_path / "a")
    settle()
    assert told(window)[-1] == "24 images in 1 series found. Files left out: 1; the study list says why."
    assert window.session.notices.notices[-1].stays


def test_a_4d_series_is_counted_as_the_study_list_shows_it(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    open_folder(window.session, write_moments(tmp_path / "moments"))
    settle()
    assert told(window) == [f"{MOMENTS * SLICES} images in 1 series found."]


def test_series_of_two_patients_with_the_same_identifiers_are_two(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    write_stack(tmp_path / "one")
    write_stack(tmp_path / "two", PatientName="Other^Patient", PatientID="T2")
    open_folder(window.session, tmp_path)
    settle()
    assert told(window) == ["10 images in 2 series found."]


def test_objects_without_images_are_told_and_the_window_says_where_they_are(
    window: MainWindow, settle: Settle, shared_data: Path
) -> None:
    open_folder(window.session, shared_data / "gsps_ko_pdf_for_a0002")
    settle()
    assert told(window) == ["No image was found, but what belongs to images: 3."]
    assert window.welcome.text().startswith("There is no image among these files\nReports")


def test_files_left_out_are_forgotten_with_the_last_study(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "a")
    (folder / "broken.dcm").write_bytes(sorted(folder.glob("*.dcm"))[0].read_bytes()[:900])
    open_folder(window.session, folder)
    settle()
    assert "files left out: 1" in window.study_panel.warnings.text()
    close_study(window.session, window.session.studies[0])
    assert window.session.rejected == ()
    settle()
    assert window.study_panel.warnings.text() == ""


def test_the_demo_says_what_it_is_and_no_more(window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    for _ in range(2):
        load_demo(window.session)
        qtbot.waitUntil(lambda: not window.session.jobs.jobs, timeout=120_000)
    (notice,) = window.session.notices.notices
    assert str(notice.message).startswith("This is the demo study")
    qtbot.wait(30)
    assert "times" not in window.notice_bar.shown_text()
