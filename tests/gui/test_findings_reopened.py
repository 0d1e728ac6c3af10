"""A review is not lost: closed and opened again, list, judgements, threshold and boxes are as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from medview.gui.findings.finding_cell import STATUS
from medview.gui.forms.reading_form import ReadingForm
from medview.gui.main_window import MainWindow
from medview.session.finding_view import finding_view
from medview.session.keep_findings import KeptFindings
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from tests.gui.conftest import WAIT_MS
from tests.gui.panes import pixels_of
from tests.gui.seen import reads
from tests.gui.test_findings import TOP_EDGE, Ran, at_index, ran, rows, share

__all__ = ["ran"]  # a fixture
KEPT = "Close the study? What was accepted or corrected is kept on this computer, but no report holds it yet."


@pytest.fixture
def kept(window: MainWindow) -> KeptFindings:
    """Keep findings as the program does."""
    return KeptFindings(window.session)


def answered(press: QMessageBox.ButtonRole, asked: list[str]) -> None:
    """Answer the question that comes."""

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        asked.append(box.text())
        for button in [b for b in box.buttons() if box.buttonRole(b) == press] or box.buttons()[:1]:
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    QTimer.singleShot(300, answer)


def opened_again(window: MainWindow, folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> Scene:
    open_folder(window.session, folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    scene = window.session.scene
    assert scene is not None
    scene.update(crosshair_visible=False)
    return scene


def at_the_boxes(window: MainWindow, scene: Scene, settle: Callable[[], None]) -> dict[str, np.ndarray]:
    """Return what the panes paint where the first box is cut."""
    finding_view(scene.study).select("")
    scene.move_cursor(scene.volume.geometry.to_mm((9, 14, 17)))
    window.session.choose(active_pane="axial")
    settle()
    return {name: pixels_of(window.panes.panes[name]) for name in ("axial", "coronal", "sagittal")}


def seen(window: MainWindow) -> list[tuple[tuple[str, ...], str]]:
    """Return the rows of the list with who judged what how, as a pointer over them is told."""
    listed = window.finding_panel.list.rows()
    tips = [str(row.siblingAtColumn(STATUS).data(Qt.ItemDataRole.ToolTipRole)) for row in listed]
    return list(zip(rows(window), tips, strict=True))


def test_a_review_is_seen_again_as_it_was_left(
    window: MainWindow, kept: KeptFindings, ran: Ran, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    window.session.settings["reader_name"] = "Doe^Jane"
    scene = ran("boxes")
    scene.update(crosshair_visible=False)
    panel = window.finding_panel
    panel.threshold.slider.setValue(15)
    panel.list.setFocus()
    for row, key in ((0, Qt.Key.Key_A), (1, Qt.Key.Key_X)):
        place = panel.list.visualRect(panel.list.rows()[row]).center()
        QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.keyClick(panel.list, key)
        settle()
    pictures, listed = at_the_boxes(window, scene, settle), seen(window)
    assert [row[0][1] for row in listed] == ["0.83", "0.61", "0.20"]
    assert [tip.rpartition(", ")[0] or tip for _, tip in listed] == [
        "Accepted by Doe, Jane",
        "Rejected by Doe, Jane",
        "Proposed",
    ]
    threshold = panel.threshold.told.text()
    assert threshold.startswith("Shown from score 0.15 on")
    assert share(window.panes.panes["axial"], scene, TOP_EDGE) > 0.97
    asked: list[str] = []
    answered(QMessageBox.ButtonRole.RejectRole, asked)
    assert not window.close()
    answered(QMessageBox.ButtonRole.DestructiveRole, asked)
    window.commands.actions["close_study"].trigger()
    settle()
    assert asked == [KEPT.replace("the study", "MedView"), KEPT]
    assert (window.session.studies, rows(window)) == ((), [])
    scene = opened_again(window, ct_folder, qtbot, settle)
    again = at_the_boxes(window, scene, settle)
    assert seen(window) == listed
    assert window.finding_panel.threshold.told.text() == threshold
    assert window.finding_panel.threshold.slider.value() == 15
    assert share(window.panes.panes["axial"], scene, TOP_EDGE) > 0.97
    for name, picture in pictures.items():
        assert np.array_equal(again[name], picture), name
    assert reads(window.panes.panes["axial"], "AI: Boxes, 2 boxes, 1 not reviewed")
    assert not window.commands.actions["undo"].isEnabled()
    finding_view(scene.study).select(next(iter(scene.study.findings)).uid)
    settle()
    assert "Accepted by Doe, Jane, 20" in window.finding_panel.details.made_by.text()
    window.commands.actions["close_study"].trigger()  # nothing has been judged since: nothing is asked
    settle()
    assert window.session.studies == ()


def test_maps_and_derived_images_are_seen_again_where_they_were(
    window: MainWindow, kept: KeptFindings, ran: Ran, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    scene = ran("everything")
    heat = list(scene.study.findings)[1]
    finding_view(scene.study).select(heat.uid)
    scene.move_cursor(scene.volume.geometry.to_mm((14, 20, 20)))
    settle()
    window.commands.actions["close_study"].trigger()
    settle()
    scene = opened_again(window, ct_folder, qtbot, settle)
    assert len(rows(window)) == 3
    finding_view(scene.study).select(heat.uid)
    scene.move_cursor(scene.volume.geometry.to_mm((14, 20, 20)))
    settle()
    axial = window.panes.panes["axial"]
    place, beside = at_index(axial, scene, (14, 33.5, 41.5)), at_index(axial, scene, (14, 33.5, 45.5))
    assert pixels_of(axial)[place[1], place[0]].max() < 20
    window.finding_panel.details.map.shown.click()
    settle()
    assert pixels_of(axial)[place[1], place[0]].max() > 90
    assert pixels_of(axial)[beside[1], beside[0]].max() < 20


def test_the_question_says_where_judgements_would_be_lost(
    window: MainWindow, kept: KeptFindings, ran: Ran, medview_home: Path, settle: Callable[[], None]
) -> None:
    scene = ran("boxes")
    (path,) = (medview_home / "library" / "marks" / "findings").glob("*.json")
    path.write_text('{"format": 99}')  # by a newer program, meanwhile
    panel = window.finding_panel
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.list.rows()[0])
    QTest.keyClick(panel.list, Qt.Key.Key_A)
    settle()
    asked: list[str] = []
    answered(QMessageBox.ButtonRole.RejectRole, asked)
    window.commands.actions["close_study"].trigger()
    assert asked[0].endswith("have not been saved as a report, and would be lost.")
    assert window.session.studies == (scene.study,)


def test_a_reader_types_the_name_that_reports_are_to_bear(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.actions["reading_form"].trigger()
    form = QApplication.activeModalWidget() or next(
        w for w in QApplication.topLevelWidgets() if isinstance(w, ReadingForm)
    )
    assert isinstance(form, ReadingForm)
    line = form.box("reader_name")
    assert isinstance(line, QLineEdit)
    assert line.placeholderText() != ""  # the login name
    QTest.keyClicks(line, " Doe^Jane ")
    ok = next(b for b in form.buttons.buttons() if form.buttons.buttonRole(b) == form.buttons.ButtonRole.AcceptRole)
    assert isinstance(ok, QPushButton)
    QTest.mouseClick(ok, Qt.MouseButton.LeftButton)
    assert window.session.settings["reader_name"] == "Doe^Jane"
