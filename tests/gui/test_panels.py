"""The panels beside and around the images: segmentation, segments, jobs, notices."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QLabel,
    QPushButton,
    QSpinBox,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from medview.errors import Sentence
from medview.gui.job_bar import time_left
from medview.gui.main_window import MainWindow
from medview.gui.notice_bar import NoticeBar
from medview.gui.segmenting.parameter_form import ParameterForm
from medview.gui.segmenting.segment_list import EYE, NAME, SWATCH, VOLUME
from medview.jobs.job import Job
from medview.plugin.manifest.parameter_record import Choice, ParameterRecord
from medview.progress import Progress
from medview.session.edit_mask import new_segmentation
from medview.session.open_folder import open_folder
from medview.study.history import Edit
from tests.files.make_dicom import mr_image, write_stack

Settle = Callable[[], None]
LEFT = Qt.MouseButton.LeftButton


def paint(window: MainWindow, count: int) -> None:
    """Draw `count` voxels of 2 mm3 in a row."""
    mask = window.session.scene.segmentation
    box = (slice(3, 4), slice(5, 6), slice(0, count))
    after = mask.labels[box].copy()
    after[:] = 1
    window.session.scene.study.history.do(Edit(mask, box, mask.labels[box].copy(), after, "Brush"))


def slow(progress: Progress) -> str:
    """Work until the person says stop."""
    for step in range(400):
        progress(step / 400, "Reading slices")
        time.sleep(0.02)
    return "done"


def labels(bar: NoticeBar) -> list[str]:
    return [label.text() for label in bar.findChildren(QLabel) if label.text() and label.isVisible()]


def buttons_below(bar: NoticeBar) -> list[QPushButton]:
    """Return the buttons of the row below the notices: unfold, dismiss all."""
    row = next(row for row in bar.findChildren(QFrame, "more_notices") if row.isVisible())
    return row.findChildren(QPushButton)


# Run segmentation


def test_without_images_the_button_says_what_to_do(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.plugin_panel.is_filled)  # manifests are read after the window stands
    panel = window.plugin_panel
    assert not panel.button.isEnabled()
    assert panel.reason.text() == "Open images first."
    assert panel.plugins.count() >= 3


def test_plugins_that_fit_come_first_and_the_others_say_why_not(
    window: MainWindow, settle: Settle, ct_folder: Path
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    panel = window.plugin_panel
    assert panel.chosen_plugin().manifest.id == "body_and_lungs"
    assert panel.button.isEnabled()
    refused = {panel.plugins.item(row).text(): panel.plugins.item(row) for row in range(1, panel.plugins.count())}
    item = refused["Brain extraction"]
    assert not item.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "Brain extraction is made for MR images; this series is CT." in item.toolTip()
    assert panel.notice.text() == "For research only. Check every result."
    assert "licence Apache-2.0" in panel.facts.text()


def test_run_segmentation_puts_a_mask_into_the_list(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    qtbot.mouseClick(window.plugin_panel.button, LEFT)
    assert [str(job.title) for job in window.session.jobs.jobs if not job.silent] == ["Body and lungs"]
    settle()
    segments = window.segment_panel.segments
    assert segments.topLevelItemCount() >= 1
    qtbot.waitUntil(lambda: segments.topLevelItem(0).text(VOLUME) != "")
    expected = window.session.scene.segmentation.volumes_ml()[segments.topLevelItem(0).data(EYE, 0x100)]
    assert segments.topLevelItem(0).text(VOLUME) == f"{expected:.1f} ml"


def test_another_language_leaves_the_chosen_plugin_its_options_and_runs(
    window: MainWindow, settle: Settle, qtbot: QtBot, tmp_path: Path
) -> None:
    size = {"Rows": 96, "Columns": 96, "PixelSpacing": [2, 2], "PixelData": bytes(2 * 96 * 96)}
    open_folder(window.session, write_stack(tmp_path / "mr", 70, mr_image, SliceThickness=2.5, **size))
    settle()
    panel = window.plugin_panel
    panel.plugins.setCurrentRow(1)
    name = panel.chosen_plugin().manifest.name
    (box,) = panel.form.findChildren(QComboBox)
    box.setCurrentIndex(0)
    values = panel.form.values()
    run = (Job(Sentence("Run"), lambda progress: None, "gpu"), ())
    panel.runs.append(run)
    window.session.settings["language"] = "zh_CN"
    qtbot.waitUntil(lambda: window.plugin_panel is not panel)
    assert window.plugin_panel.chosen_plugin().manifest.name == name
    assert window.plugin_panel.form.values() == values
    assert window.plugin_panel.runs == [run]


def test_a_mask_takes_the_room_of_the_plugins_facts(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    panel = window.plugin_panel
    assert panel.facts.isVisible()
    new_segmentation(window.session)
    qtbot.waitUntil(lambda: not panel.facts.isVisible())
    assert panel.notice.text() == "For research only. Check every result."
    assert panel.notice.isVisible()
    assert panel.facts.text().splitlines()[0] in panel.plugins.currentItem().toolTip()
    window.commands.actions["remove_segmentation"].trigger()
    qtbot.waitUntil(panel.facts.isVisible)


def test_a_second_click_on_run_does_not_run_twice(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    for _ in range(3):
        qtbot.mouseClick(window.plugin_panel.button, LEFT)
    assert len([job for job in window.session.jobs.jobs if not job.silent]) == 1
    settle()
    qtbot.mouseClick(window.plugin_panel.button, LEFT)
    settle()
    assert len(window.session.studies[0].segmentations) == 2


def test_the_device_that_is_chosen_is_kept(window: MainWindow) -> None:
    box = window.plugin_panel.device
    box.setCurrentIndex(box.findData("cpu"))
    assert window.session.settings["device"] == "cpu"


def test_a_form_gives_the_manifests_defaults_and_what_is_chosen(qtbot: QtBot) -> None:
    form = ParameterForm(
        (
            ParameterRecord(id="classes", type="choice", label="Classes", default="3", choices=_choices("3", "18")),
            ParameterRecord(id="level", type="int", label="Level", default=200, minimum=100, maximum=400),
            ParameterRecord(id="share", type="float", label="Share", default=0.5, minimum=0, maximum=1),
            ParameterRecord(id="fill", type="bool", label="Fill", default=True),
        )
    )
    qtbot.addWidget(form)
    assert form.values() == {"classes": "3", "level": 200, "share": 0.5, "fill": True}
    form.findChild(QComboBox, "classes").setCurrentIndex(1)
    form.findChild(QSpinBox, "level").setValue(4000)
    form.findChild(QDoubleSpinBox, "share").setValue(-1.0)
    assert form.values() == {"classes": "18", "level": 400, "share": 0.0, "fill": True}


def _choices(*values: str) -> tuple[Choice, ...]:
    return tuple(Choice(value=value, label=f"{value} classes") for value in values)


# Segments


def test_volumes_follow_the_brush(window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path) -> None:
    open_folder(window.session, ct_folder)
    settle()
    new_segmentation(window.session)
    segments = window.segment_panel.segments
    qtbot.waitUntil(lambda: segments.topLevelItemCount() == 1 and segments.topLevelItem(0).text(VOLUME) == "0.00 ml")
    paint(window, 10)
    qtbot.waitUntil(lambda: segments.topLevelItem(0).text(VOLUME) == "0.020 ml")


def test_the_eye_hides_a_segment(window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path) -> None:
    open_folder(window.session, ct_folder)
    settle()
    new_segmentation(window.session)
    settle()
    click(window, qtbot, EYE)
    assert window.session.scene.hidden_segments == {1}
    qtbot.wait(30)
    click(window, qtbot, EYE)
    assert window.session.scene.hidden_segments == frozenset()


def test_the_swatch_changes_the_colour(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    new_segmentation(window.session)
    settle()
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor(10, 200, 30))
    click(window, qtbot, SWATCH)
    assert window.session.scene.segmentation.segments[0].colour == (10, 200, 30)


def test_opacity_outline_and_brush_size_are_the_scenes(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    new_segmentation(window.session)
    settle()
    panel = window.segment_panel
    panel.opacity.setValue(70)
    qtbot.mouseClick(panel.outline, LEFT, pos=QPoint(10, panel.outline.height() // 2))
    panel.brush.setValue(20.0)
    assert window.session.scene.mask_opacity == pytest.approx(0.7)
    assert window.session.scene.mask_outline
    assert window.session.settings["brush_radius_mm"] == 10.0
    assert window.session.settings["mask_opacity"] == pytest.approx(0.7)


def test_the_newest_of_several_masks_is_shown_and_another_can_be_chosen(
    window: MainWindow, settle: Settle, ct_folder: Path
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    first, second = new_segmentation(window.session), new_segmentation(window.session)
    settle()
    assert window.session.scene.segmentation is second
    window.segment_panel.masks.setCurrentIndex(0)
    assert window.session.scene.segmentation is first


def click(window: MainWindow, qtbot: QtBot, column: int) -> None:
    """Click a column of the first segment."""
    segments = window.segment_panel.segments
    rect = segments.visualItemRect(segments.topLevelItem(0))
    x = segments.columnViewportPosition(column) + segments.columnWidth(column) // 2
    qtbot.mouseClick(segments.viewport(), LEFT, pos=QPoint(x, rect.center().y()))


def test_a_name_is_active_for_the_brush_when_it_is_clicked(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    qtbot.mouseClick(window.plugin_panel.button, LEFT)
    settle()
    segments = window.segment_panel.segments
    rect = segments.visualItemRect(segments.topLevelItem(1))
    x = segments.columnViewportPosition(NAME) + 8
    qtbot.mouseClick(segments.viewport(), LEFT, pos=QPoint(x, rect.center().y()))
    assert window.session.scene.active_segment == segments.topLevelItem(1).data(EYE, 0x100)


# Jobs


def test_a_job_shows_its_progress_and_is_cancelled_by_the_button(window: MainWindow, qtbot: QtBot) -> None:
    bar = window.job_bar
    assert bar.title.text() == "Ready"
    job = window.session.jobs.submit("Writing slices", slow)
    waiting = window.session.jobs.submit("Reading back", slow)
    qtbot.waitUntil(lambda: bar.bar.value() > 5)
    assert bar.title.text() == "Writing slices"
    assert bar.left.text().startswith("Reading slices")
    assert bar.queued.text() == "1 waiting"
    bar.queued.menu().actions()[0].trigger()
    qtbot.mouseClick(bar.cancel, LEFT)
    qtbot.waitUntil(lambda: job.state == "cancelled" and waiting.state == "cancelled")
    qtbot.waitUntil(lambda: bar.title.text() == "Ready")
    assert not bar.cancel.isVisible()


def test_silent_jobs_are_not_shown(window: MainWindow, qtbot: QtBot) -> None:
    job = window.session.jobs.submit("Thumbnail", slow, silent=True)
    qtbot.wait(60)
    assert window.job_bar.title.text() == "Ready"
    job.cancel()
    qtbot.waitUntil(lambda: job.is_finished)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "a few seconds left"), (12, "about 10 s left"), (89, "about 90 s left"), (130, "about 2 min left")],
)
def test_the_time_left_is_said_no_more_exactly_than_it_is_known(seconds: float, text: str) -> None:
    assert str(time_left(seconds)) == text


# Notices


def test_notices_are_counted_dismissed_and_unfolded(window: MainWindow, qtbot: QtBot) -> None:
    board, bar = window.session.notices, window.notice_bar
    for _ in range(3):
        board.add("warning", "No images are open.", "Open a folder of images first.")
    for number in range(3):
        board.add("info", "Opening {name}", name=str(number))
    qtbot.waitUntil(lambda: labels(bar) == ["Opening 2", "Opening 1"])
    more = buttons_below(bar)
    assert more[0].text() == "2 more"
    qtbot.mouseClick(more[0], LEFT)
    whole = "No images are open. (3 times) Open a folder of images first."
    qtbot.waitUntil(lambda: labels(bar)[-1:] == [whole])
    newest = next(b for b in bar.findChildren(QToolButton, "dismiss") if b.isVisible())
    qtbot.mouseClick(newest, LEFT)
    qtbot.waitUntil(lambda: labels(bar)[:1] == ["Opening 1"])
    qtbot.mouseClick(buttons_below(bar)[1], LEFT)
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert board.notices == ()


def test_a_files_name_is_not_taken_for_mark_up(window: MainWindow, qtbot: QtBot) -> None:
    window.session.notices.add("error", "There is no file in {path}.", path="<b>x</b>")
    qtbot.waitUntil(lambda: labels(window.notice_bar) == ["There is no file in <b>x</b>."])
    assert window.notice_bar.findChildren(QLabel)[-1].textFormat() == Qt.TextFormat.PlainText


def test_details_of_an_unexpected_problem_can_be_copied(window: MainWindow, qtbot: QtBot) -> None:
    window.session.notices.add_error(ValueError("boom"))
    qtbot.wait(30)
    copy = next(b for b in window.notice_bar.findChildren(QPushButton) if b.text() == "Copy details")
    qtbot.mouseClick(copy, LEFT)
    assert "ValueError: boom" in QGuiApplication.clipboard().text()
    assert "MedView" in QGuiApplication.clipboard().text()
