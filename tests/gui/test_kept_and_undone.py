"""What is put on images comes back when they are opened again, and every kind of change is undone in its order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from medview.files.formats.png import write_picture
from medview.gui.forms.spacing_form import SpacingForm
from medview.gui.main_window import MainWindow
from medview.gui.measuring.measurement_list_view import VALUE
from medview.session.close_study import close_study
from medview.session.keep_measurements import KeptMeasurements
from medview.session.open_folder import open_folder
from tests.gui.conftest import WAIT_MS, write_ct
from tests.gui.measured import Person
from tests.gui.panes import drag, pixels_of
from tests.modal import when_modal

Z = 124.0
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def kept(window: MainWindow) -> KeptMeasurements:
    """Keep measurements as the program does."""
    return KeptMeasurements(window.session)


@pytest.fixture
def person(
    window: MainWindow, kept: KeptMeasurements, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> Person:
    write_ct(tmp_path / "ct")
    person = Person(window, qtbot)
    open_images(person, tmp_path / "ct", settle)
    return person


def open_images(person: Person, folder: Path, settle: Callable[[], None]) -> None:
    """Open a folder, and look at the images without the crosshair."""
    session = person.window.session
    open_folder(session, folder)
    person.qtbot.waitUntil(lambda: session.scene is not None and session.scene.is_whole, timeout=WAIT_MS)
    settle()
    assert session.scene is not None
    session.scene.update(crosshair_visible=False)
    person.qtbot.wait(30)


def undo_text(person: Person) -> str:
    person.qtbot.wait(30)
    return person.window.commands.actions["undo"].text()


def test_what_was_measured_is_seen_again_when_the_images_are_opened_again(
    person: Person, tmp_path: Path, settle: Callable[[], None]
) -> None:
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.window.session.choose(active_pane="axial")
    person.key(Qt.Key.Key_K)
    before = person.listed()
    assert before == [("Length", "25.0 mm")]
    settle()
    (study,) = person.window.session.studies
    close_study(person.window.session, study)
    settle()
    assert person.listed() == []
    open_images(person, tmp_path / "ct", settle)
    assert person.window.session.studies[0] is not study
    assert person.listed() == before
    person.window.session.scene.move_cursor((0.0, 0.0, Z))  # type: ignore[union-attr]
    person.qtbot.wait(30)
    assert person.texts("axial") == {"25.0 mm"}
    assert person.is_drawn_at("axial", (0.0, -4.5, Z))
    assert person.coloured("axial", (255, 205, 60)).sum() > 30  # the star
    assert not person.window.commands.actions["undo"].isEnabled()


def test_every_kind_of_change_is_undone_in_the_order_it_was_made(person: Person) -> None:
    session = person.window.session
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    assert undo_text(person) == "Undo: Length"
    person.key(Qt.Key.Key_B)
    person.drag("axial", (-5, -5, Z), (5, -5, Z))
    assert undo_text(person) == "Undo: Brush"
    session.choose(active_pane="axial")
    person.key(Qt.Key.Key_K)
    assert undo_text(person) == "Undo: Mark key image"
    assert session.scene is not None
    study, mask = session.scene.study, session.scene.segmentation
    assert mask is not None
    person.key(Qt.Key.Key_Z, CONTROL)
    assert (len(study.key_images), bool(mask.labels.any()), len(study.measurements)) == (0, True, 1)
    person.key(Qt.Key.Key_Z, CONTROL)
    assert (bool(mask.labels.any()), len(study.measurements)) == (False, 1)
    assert undo_text(person) == "Undo: Length"
    person.key(Qt.Key.Key_Z, CONTROL)
    assert len(study.measurements) == 0
    assert undo_text(person) == "Undo"
    assert person.window.commands.actions["redo"].text() == "Redo: Length"
    for _ in range(3):
        person.key(Qt.Key.Key_Y, CONTROL)
    assert (len(study.key_images), bool(mask.labels.any()), len(study.measurements)) == (1, True, 1)


def test_a_series_with_a_key_image_has_a_star_on_its_picture(person: Person) -> None:
    panel = person.window.study_panel

    def yellow() -> int:
        row = panel.tree.visualItemRect(panel.tree.topLevelItem(0).child(0))
        picture = pixels_of(panel.tree.viewport())[row.top() : row.bottom(), : row.left() + 70].astype(int)
        return int((np.abs(picture - (255, 205, 60)).max(axis=2) < 40).sum())

    assert yellow() == 0
    person.window.session.choose(active_pane="axial")
    person.key(Qt.Key.Key_K)
    person.qtbot.wait(30)
    assert yellow() > 20
    assert "Holds key images" in panel.tree.topLevelItem(0).child(0).toolTip(0)
    kept_item = panel.tree.topLevelItem(0).child(0)
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.qtbot.wait(30)
    assert panel.tree.topLevelItem(0).child(0) is kept_item  # a measurement lists nothing anew
    person.key(Qt.Key.Key_K)
    person.qtbot.wait(30)
    assert yellow() == 0


def test_a_removed_mask_is_seen_again_and_its_strokes_can_still_be_undone(person: Person) -> None:
    person.key(Qt.Key.Key_B)
    person.drag("axial", (-5, -5, Z), (5, -5, Z))
    pane = person.pane("axial")
    drawn = pixels_of(pane)[120:260, 100:300]
    session = person.window.session
    assert session.scene is not None
    mask = session.scene.segmentation
    assert mask is not None
    session.note_exported(mask, mask.revision)  # no question is asked
    assert undo_text(person) == "Undo: Brush"
    person.window.commands.actions["remove_segmentation"].trigger()
    assert undo_text(person) == "Undo: Remove the segmentation"
    bare = pixels_of(pane)[120:260, 100:300]
    assert not np.array_equal(bare, drawn)
    person.key(Qt.Key.Key_Z, CONTROL)
    assert np.array_equal(pixels_of(pane)[120:260, 100:300], drawn)
    assert undo_text(person) == "Undo: Brush"
    person.key(Qt.Key.Key_Z, CONTROL)
    assert np.array_equal(pixels_of(pane)[120:260, 100:300], bare)
    person.key(Qt.Key.Key_Y, CONTROL)
    person.key(Qt.Key.Key_Y, CONTROL)
    assert np.array_equal(pixels_of(pane)[120:260, 100:300], bare)
    assert session.scene.segmentation is None


def test_spacing_given_by_hand_is_taken_back(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> None:
    write_picture(np.zeros((60, 80, 3), np.uint8), tmp_path / "a.png")
    open_folder(window.session, tmp_path)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()

    def length() -> str:
        """Return what the list says of the line."""
        settle()
        (row,) = window.measurement_panel.list.rows()
        return row.text(VALUE)

    def fills(form: SpacingForm) -> None:
        form.row_mm.setValue(0.5)
        qtbot.keyClick(form.row_mm, Qt.Key.Key_Return)

    pane = window.panes.panes[window.session.active_pane]
    qtbot.keyClick(pane, Qt.Key.Key_D)
    scale = min(pane.width() / 80, pane.height() / 60)
    x, y = pane.width() / 2, pane.height() / 2
    drag(pane, [(x, y), (x + 5 * scale, y), (x + 20 * scale, y)])
    assert length() == "20.0 px"
    when_modal(SpacingForm, fills)
    window.commands.actions["give_spacing"].trigger()
    assert length() == "10.0 mm User"
    window.commands.actions["undo"].trigger()
    assert length() == "20.0 px"
    window.commands.actions["redo"].trigger()
    assert length() == "10.0 mm User"
