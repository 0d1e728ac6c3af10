"""A person opens what lies beside the images: it is drawn where it belongs and can be read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.gui.studies.report_window import ReportWindow
from medview.session.open_folder import open_folder
from medview.session.open_object import open_object
from medview.study.image_index import ImageIndex
from medview.study.study_object import StudyObject
from tests.files.make_objects import found

Settle = Callable[[], None]


def put(window: MainWindow, settle: Settle, one: StudyObject) -> ReportWindow:
    open_object(window.session, window.session.studies[0], one)
    settle()
    assert window.report_window is not None
    assert window.report_window.isVisible()
    return window.report_window


def child(item: QTreeWidgetItem | None, number: int) -> QTreeWidgetItem:
    assert item is not None
    made = item.child(number)
    assert made is not None
    return made


@pytest.fixture
def chest(window: MainWindow, settle: Settle, shared_data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "chest"
    shutil.copytree(shared_data / "ct_chest_lungdx_a0002" / "2_series", folder)
    for path in (shared_data / "gsps_ko_pdf_for_a0002").glob("*.dcm"):
        shutil.copy(path, folder)
    open_folder(window.session, folder)
    settle()
    return folder


def test_the_rectangle_of_a_presentation_state_is_drawn_where_it_belongs(
    window: MainWindow, settle: Settle, chest: Path
) -> None:
    session = window.session
    report = put(window, settle, found(chest / "gsps.dcm", "presentation state"))
    session.maximise("axial")
    settle()
    pane = window.panes.panes["axial"]
    assert isinstance(pane, ViewportWidget)
    scene = session.scene
    assert scene is not None
    scene.update(crosshair_visible=False)
    picture = pane.picture()
    assert picture is not None
    (image,) = (a.image for a in list(session.studies[0].annotations)[:1])
    assert image is not None
    place = ImageIndex([scene.series]).find(image)
    assert place is not None
    with_marks = pane.grab_pixels().astype(int)
    (report.off_button).click()
    settle()
    assert len(session.studies[0].annotations) == 0
    scene.update(window=(-500.0, 1200.0))
    changed = np.abs(with_marks - pane.grab_pixels().astype(int)).max(axis=2) > 40
    ratio = pane.devicePixelRatioF()
    for column, row in ((150, 200), (250, 200), (200, 150), (200, 260), (150, 150), (250, 260)):  # on its edges
        x, y = picture.mm_to_pane(place.to_mm([[column, row]])[0])
        assert changed[round(y * ratio) - 1 : round(y * ratio) + 2, round(x * ratio) - 1 : round(x * ratio) + 2].any()
    for column, row in ((200, 200), (140, 200), (200, 275), (160, 165)):  # inside and outside
        x, y = picture.mm_to_pane(place.to_mm([[column, row]])[0])
        assert not changed[round(y * ratio), round(x * ratio)]
    assert not report.off_button.isVisible()


def test_a_click_on_a_key_image_shows_it(window: MainWindow, settle: Settle, qtbot: QtBot, chest: Path) -> None:
    report = put(window, settle, found(chest / "key_object_selection.dcm", "key objects"))
    scene = window.session.scene
    assert scene is not None
    leads = [i for i in range(report.tree.topLevelItemCount()) if report.tree.topLevelItem(i).font(0).underline()]  # type: ignore[union-attr]
    assert len(leads) == 2
    first = scene.cursor_index[0]
    item = report.tree.topLevelItem(leads[1])
    assert item is not None
    at = report.tree.visualItemRect(item).center()
    qtbot.mouseClick(report.tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    settle()
    assert scene.cursor_index[0] != first
    uid = scene.series.instances[scene.cursor_index[0]].sop_instance_uid
    assert uid.endswith("124409970701988247716822562307")


def test_the_words_of_a_file_are_never_markup(window: MainWindow, settle: Settle, chest: Path, tmp_path: Path) -> None:
    from tests.files.test_structured_report import content, report

    text = '<img src="file:///etc/passwd"><b>fett</b>'
    path = report(tmp_path / "sr.dcm", content("TEXT", ("121071", "DCM", "<i>Finding</i>"), TextValue=text))
    shown = put(window, settle, found(path, "report"))
    item = shown.tree.topLevelItem(0)
    assert item is not None
    assert (item.text(0), item.text(1)) == ("<i>Finding</i>", text)
    assert shown.tree.itemWidget(item, 1) is None  # plain items of Qt draw no markup


def test_a_double_click_in_the_study_list_opens_an_object(window: MainWindow, settle: Settle, chest: Path) -> None:
    study = window.session.studies[0]
    one = next(o for o in study.objects if o.kind == "document")
    window.study_panel.object_wanted.emit(study, one)
    settle()
    report = window.report_window
    assert report is not None
    assert report.save_button.isVisible()
    assert not report.off_button.isVisible()
    window.session.settings["language"] = "zh_CN"
    settle()
    shown = put(window, settle, one)
    assert shown.save_button.text() == "保存副本…"
