"""The window, used as a person uses it: with the mouse, the keys and files that are dropped."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.studies.card_delegate import sign_place
from medview.gui.studies.study_card import CardRole
from medview.gui.studies.warning_list import WarningList
from medview.session.edit_mask import new_segmentation
from medview.study.history import Edit
from medview.view.value_text import number_text
from tests.gui.conftest import PATIENT, write_ct

Settle = Callable[[], None]


def drop(window: MainWindow, *paths: Path) -> None:
    """Drop files on the window as a file manager does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at = QPointF(window.rect().center())
    actions, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(at.toPoint(), actions, data, buttons, keys))
    QApplication.sendEvent(window, QDropEvent(at, actions, data, buttons, keys))


def texts(window: MainWindow) -> str:
    """Return every text of the window's labels, cards, tips and its title."""
    items = window.study_panel._items
    cards = [item.data(0, CardRole.CARD) for item in items]
    words = [window.windowTitle(), *(label.text() for label in window.findChildren(QLabel))]
    words += [word for card in cards for word in (card.title, *card.lines)]
    words += [item.toolTip(0) for item in items]
    return "\n".join(words)


def paint(window: MainWindow) -> None:
    """Draw one voxel by an edit, as the brush does."""
    mask = window.session.scene.segmentation
    box = (slice(3, 4), slice(5, 6), slice(7, 8))
    after = np.ones((1, 1, 1), mask.labels.dtype)
    window.session.scene.study.history.do(Edit(mask, box, mask.labels[box].copy(), after, "Brush"))


def test_a_folder_that_is_dropped_is_listed_and_shown(window: MainWindow, settle: Settle, ct_folder: Path) -> None:
    assert window.stack.currentWidget() is window.welcome
    drop(window, ct_folder)
    settle()
    assert [study.facts.study_date for study in window.session.studies] == ["20240229"]
    assert window.session.scene is not None
    assert window.stack.currentWidget() is window.panes
    card = window.study_panel._items[1].data(0, CardRole.CARD)
    assert card.title == "Thorax"
    assert card.lines[0] == "CT · 24 images · 48 × 40"
    assert window.study_panel._items[1].data(0, CardRole.THUMBNAIL) is not None


def test_several_files_of_one_folder_open_that_folder_once(window: MainWindow, settle: Settle, ct_folder: Path) -> None:
    drop(window, *sorted(ct_folder.iterdir())[:3])
    assert len([job for job in window.session.jobs.jobs if not job.silent]) == 1
    settle()
    assert len(window.session.studies[0].series[0].instances) == 24


def test_a_double_click_shows_another_series(window: MainWindow, settle: Settle, qtbot: QtBot, tmp_path: Path) -> None:
    drop(window, write_ct(tmp_path / "a", description="Thorax", slices=24))
    settle()
    drop(window, write_ct(tmp_path / "b", description="Abdomen", slices=20))
    settle()
    tree = window.study_panel.tree
    thorax = next(i for i in window.study_panel._items if i.data(0, CardRole.CARD).title == "Thorax")
    place = tree.visualItemRect(thorax).center() - QPoint(40, 0)
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    assert window.session.scene.series.series_description == "Thorax"


def test_enter_shows_the_series_that_is_selected(
    window: MainWindow, settle: Settle, qtbot: QtBot, tmp_path: Path
) -> None:
    drop(window, write_ct(tmp_path / "a", description="Thorax"))
    settle()
    drop(window, write_ct(tmp_path / "b", description="Abdomen"))
    settle()
    thorax = next(i for i in window.study_panel._items if i.data(0, CardRole.CARD).title == "Thorax")
    window.study_panel.tree.setFocus()
    window.study_panel.tree.setCurrentItem(thorax)
    qtbot.keyClick(window.study_panel.tree, Qt.Key.Key_Return)
    settle()
    assert window.session.scene.series.series_description == "Thorax"


def test_the_cross_of_a_study_closes_it(window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path) -> None:
    drop(window, ct_folder)
    settle()
    tree, item = window.study_panel.tree, window.study_panel._items[0]
    place = sign_place(tree.visualItemRect(item), item.data(0, CardRole.CARD)).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    assert window.session.studies == ()
    assert window.session.scene is None
    assert window.stack.currentWidget() is window.welcome


def test_files_left_out_are_listed_with_their_reasons(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    broken = sorted(ct_folder.iterdir())[0].read_bytes()[:900]
    (ct_folder / "cut_short.dcm").write_bytes(broken)
    drop(window, ct_folder)
    settle()
    assert window.study_panel.warnings.isVisible()
    qtbot.mouseClick(window.study_panel.warnings, Qt.MouseButton.LeftButton)
    shown = window.findChild(WarningList)
    lines = shown.page.toPlainText().splitlines()
    assert any(line.startswith("cut_short.dcm: ") for line in lines)
    shown.close()


def test_an_empty_folder_is_told_in_a_notice_that_does_not_block(
    window: MainWindow, settle: Settle, qtbot: QtBot, tmp_path: Path
) -> None:
    drop(window, tmp_path)
    settle()
    notices = window.session.notices.notices
    assert [notice.level for notice in notices] == ["error"]
    assert window.notice_bar.isVisible()
    assert str(notices[0].message) in texts(window)
    dismiss = window.notice_bar.findChild(type(window.findChild(object, "dismiss")), "dismiss")
    qtbot.mouseClick(dismiss, Qt.MouseButton.LeftButton)
    qtbot.wait(30)
    assert not window.notice_bar.isVisible()


def test_the_patients_name_is_nowhere_while_it_is_hidden(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    drop(window, ct_folder)
    settle()
    family = PATIENT.split("^", maxsplit=1)[0]
    assert family in texts(window)
    assert family in window.windowTitle()
    qtbot.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    qtbot.wait(30)
    assert family not in texts(window)
    assert "T-1" not in texts(window)
    assert family not in window.windowTitle()


@pytest.mark.parametrize(
    ("key", "window_level"),
    [(Qt.Key.Key_3, (-600.0, 1500.0)), (Qt.Key.Key_2, (40.0, 400.0)), (Qt.Key.Key_1, (40.0, 400.0))],
)
def test_number_keys_choose_windows(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path, key: Qt.Key, window_level: tuple[float, float]
) -> None:
    drop(window, ct_folder)
    settle()
    qtbot.keyClick(window, Qt.Key.Key_0)
    qtbot.keyClick(window, key)
    assert window.session.scene.window == window_level
    qtbot.wait(30)
    panel = window.tool_bar.window_panel
    assert (panel.level_box.value(), panel.width_box.value()) == window_level


def test_a_window_can_be_typed(window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path) -> None:
    drop(window, ct_folder)
    settle()
    box = window.tool_bar.window_panel.width_box
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton)
    box.selectAll()
    qtbot.keyClicks(box, "850")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert window.session.scene.window[1] == 850.0


def test_a_window_between_whole_numbers_reads_the_same_everywhere_and_stays_when_its_box_is_left(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    drop(window, ct_folder)
    settle()
    window.session.scene.update(window=(114.5, 229.5))
    qtbot.wait(50)
    panel = window.tool_bar.window_panel
    assert (panel.level_box.text(), panel.width_box.text()) == ("115", "230")
    assert (number_text(114.5), number_text(229.5), number_text(-114.5)) == ("115", "230", "-115")
    for box in (panel.level_box, panel.width_box):
        qtbot.mouseClick(box, Qt.MouseButton.LeftButton)
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert window.session.scene.window == (114.5, 229.5)


def test_keys_choose_tools_and_scroll(window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path) -> None:
    drop(window, ct_folder)
    settle()
    pane = window.panes.panes["axial"]
    for key, tool in ((Qt.Key.Key_B, "brush"), (Qt.Key.Key_E, "eraser"), (Qt.Key.Key_Escape, "window_level")):
        qtbot.keyClick(pane, key)
        assert window.session.tool == tool
    before = window.session.scene.cursor_index[0]
    qtbot.keyClick(pane, Qt.Key.Key_Down)
    assert window.session.scene.cursor_index[0] == before + 1
    qtbot.keyClick(pane, Qt.Key.Key_Home)
    assert window.session.scene.cursor_index[0] == 0
    radius = window.session.settings["brush_radius_mm"]
    qtbot.keyClick(pane, Qt.Key.Key_BracketRight)
    assert window.session.settings["brush_radius_mm"] == pytest.approx(radius * 1.25)


def test_arrow_keys_belong_to_the_study_list_while_it_has_the_keyboard(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    drop(window, ct_folder)
    settle()
    before = window.session.scene.cursor_index
    window.study_panel.tree.setFocus()
    qtbot.keyClick(window.study_panel.tree, Qt.Key.Key_Down)
    assert window.session.scene.cursor_index == before


def test_commands_say_why_they_cannot_be_done(window: MainWindow, settle: Settle, ct_folder: Path) -> None:
    export = window.commands.actions["export_dicom_seg"]
    assert not export.isEnabled()
    assert "No images are open." in export.toolTip()
    drop(window, ct_folder)
    settle()
    assert "There is no segmentation on these images yet." in export.toolTip()
    new_segmentation(window.session)
    settle()
    assert export.isEnabled()
    assert export.toolTip() == "Export as DICOM SEG (Ctrl+E)"


def test_undo_is_offered_after_a_stroke_and_takes_it_back(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    drop(window, ct_folder)
    settle()
    new_segmentation(window.session)
    paint(window)
    qtbot.wait(30)
    assert window.commands.actions["undo"].isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not window.session.scene.segmentation.labels.any()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.session.scene.segmentation.labels.any()


def test_closing_with_corrections_asks_and_can_stay(
    window: MainWindow, settle: Settle, ct_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(window, ct_folder)
    settle()
    new_segmentation(window.session)
    paint(window)
    asked: list[str] = []

    def stay(box: QMessageBox) -> int:
        asked.append(box.text())
        box.defaultButton().click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", stay)
    assert not window.close()
    assert asked == ["Corrections of a mask have not been exported."]
    assert window.isVisible()


def test_export_writes_the_file_that_was_named(
    window: MainWindow, settle: Settle, ct_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(window, ct_folder)
    settle()
    new_segmentation(window.session)
    paint(window)
    settle()
    target = tmp_path / "mask"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    window.commands.actions["export_nifti"].trigger()
    settle()
    assert (tmp_path / "mask.nii.gz").is_file()
    assert window.session.is_saved(window.session.scene.segmentation)


def test_the_picture_of_a_view_does_not_name_the_patient(window: MainWindow, settle: Settle, ct_folder: Path) -> None:
    drop(window, ct_folder)
    settle()
    assert window.session.settings["patient_text_visible"]
    saved = window.picture()
    window.session.settings["patient_text_visible"] = False
    assert np.array_equal(saved, window.panes.panes["axial"].grab_pixels())


def test_the_language_changes_at_once_and_the_panes_stay(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    drop(window, ct_folder)
    settle()
    panes, width = window.panes, window.panes.width()
    window.session.settings["language"] = "zh_CN"
    qtbot.waitUntil(lambda: window.menuBar().actions()[0].text() == "文件")
    qtbot.wait(60)
    assert window.plugin_panel.button.text() == "运行分割"
    assert window.panes is panes
    assert panes.isVisible()
    assert panes.width() == pytest.approx(width, abs=12)
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert window.session.tool == "brush"
    window.session.settings["language"] = "en"
    qtbot.waitUntil(lambda: window.menuBar().actions()[0].text() == "File")


def test_colours_change_at_once(window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path) -> None:
    drop(window, ct_folder)
    settle()
    window.commands.actions["light_theme"].trigger()
    qtbot.wait(60)
    assert window.palette().window().color().lightness() > 200
    assert window.commands.actions["light_theme"].isChecked()


def test_place_and_size_of_the_window_are_kept(window: MainWindow) -> None:
    if window.screen().availableGeometry().width() < 1200:
        pytest.skip("the screen is smaller than the window: Qt would make it fit")
    window.resize(1111, 777)
    window.close()
    kept = window.session.settings["window_geometry"]
    assert kept
    again = MainWindow(window.session)
    assert (again.width(), again.height()) == (1111, 777)
    again.close()


def test_the_value_at_the_crosshair_is_told(window: MainWindow, settle: Settle, ct_folder: Path) -> None:
    drop(window, ct_folder)
    settle()
    window.session.scene.move_cursor((0, 0, 120))
    settle()
    assert window.readout.text().split() == ["Crosshair", "L", "0.0", "P", "0.0", "H", "120.0", "mm", "40", "HU"]


def test_the_window_appears_without_heavy_libraries(tmp_path: Path) -> None:
    script = """
import os, sys
from PySide6.QtWidgets import QApplication
application = QApplication([])
from medview.app import make_window
from medview.jobs.job_queue import JobQueue
window = make_window(application, JobQueue())
window.show()
application.processEvents()
heavy = {"torch", "vtk", "vtkmodules", "SimpleITK", "scipy", "matplotlib", "pydicom", "highdicom", "skimage", "monai"}
print(sorted(heavy & set(sys.modules)))
sys.stdout.flush()
os._exit(0)
"""
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True)
    assert answer.stdout.strip() == "[]"
