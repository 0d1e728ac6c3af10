"""Layouts, comparing and further windows, as a person uses them: by mouse and keys, looking at what is painted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QTreeWidgetItem, QWidget
from pytestqt.qtbot import QtBot

from medview.files.dicom_write import write_series
from medview.gui.dragged import SERIES_MIME, pane_data
from medview.gui.main_window import MainWindow
from medview.gui.panes.pane_grip import PaneGrip
from medview.gui.studies.study_card import CardRole
from medview.session.saved_layouts import SavedLayouts
from medview.session.session import Session
from medview.study.geometry import Geometry
from medview.study.series import Patient, Series, StudyFacts
from medview.view.comparison_lines import comparison_lines
from tests.gui.panes import double_click, drag, pixels_of
from tests.walk.person import Person, _turn_wheel

LEFT = Qt.MouseButton.LeftButton
SIZE = 40  # mm and pixels of the images


def grey_of(z: float) -> int:
    """Return the value of every pixel of a slice: its place in the patient can be seen on the screen."""
    return round(z * 4) + 20


def write_z(folder: Path, step: float, *, uid: str = "2.25.500", **facts: str) -> Path:
    """Write axial slices from z = 0 to 48 mm whose grey tells z."""
    count = int(48 / step) + 1
    z = np.arange(count) * step
    array = np.empty((count, SIZE, SIZE), np.int16)
    array[:] = (np.round(z * 4) + 20)[:, None, None]
    geometry = Geometry.from_axes(
        array.shape, origin=(-20, -20, 0), slice_step=(0, 0, step), row_step=(0, 1, 0), column_step=(1, 0, 0),
        frame_of_reference_uid=uid,
    )  # fmt: skip
    told = {"patient_id": "L-1", "patient_name": "Layout^Lea", "study_date": "20240229", **facts}
    patient = Patient(told["patient_name"], told["patient_id"], "19700101", "F")
    study = StudyFacts("2.25.7" + told["study_date"], told["study_date"], study_description="Chest", patient=patient)
    series = Series(
        "", study.study_instance_uid, modality="CT", series_description=f"Every {step:g} mm",
        body_part_examined="CHEST", windows=((127.5, 255.0),), voi_lut_function="LINEAR_EXACT",
    )  # fmt: skip
    write_series(array, geometry, series, study, folder)
    return folder


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]) -> Person:
    """Return a person who has opened a study of two series: every 2 mm and every 8 mm."""
    write_z(tmp_path / "study" / "thin", 2.0)
    write_z(tmp_path / "study" / "thick", 8.0)
    found = Person(window, qtbot)
    found.drops(tmp_path / "study")
    settle()
    return found


def choose(person: Person, rows: int, columns: int) -> None:
    """Open the menu of layouts, and click a cell of the grid in it."""
    button = person.window.tool_bar.layout_button
    button.menu().popup(button.mapToGlobal(QPoint(0, button.height())))
    person.qtbot.waitExposed(button.menu())
    cell = button.grid.cell_rect(rows - 1, columns - 1).center()
    QTest.mouseMove(button.grid, cell)
    QTest.mouseClick(button.grid, LEFT, Qt.KeyboardModifier.NoModifier, cell)
    person.waits_until(lambda: not button.menu().isVisible())
    person.waits_until(lambda: not person.session.jobs.jobs)
    person.qtbot.wait(20)


def item(person: Person, description: str) -> QTreeWidgetItem:
    """Return the row of a series in the study list."""
    tree = person.window.study_panel.tree
    for study in (tree.topLevelItem(n) for n in range(tree.topLevelItemCount())):
        assert study is not None
        for series in (study.child(n) for n in range(study.childCount())):
            assert series is not None
            if series.data(0, CardRole.CARD).title == description:
                return series
    raise AssertionError(description)


def drop(person: Person, pane: QWidget, data: QMimeData) -> bool:
    """Drag something over a pane and let it go there; return whether the pane would take it."""
    at = QPoint(pane.width() // 2, pane.height() // 2)
    keys = (Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(at, *keys)
    enter.ignore()
    QApplication.sendEvent(pane, enter)
    if enter.isAccepted():
        QApplication.sendEvent(pane, QDropEvent(QPointF(at), *keys))
    person.waits_until(lambda: not person.session.jobs.jobs)
    person.qtbot.wait(30)
    return enter.isAccepted()


def series_dragged(person: Person, description: str) -> QMimeData:
    found = person.window.study_panel.tree.drag_of(item(person, description))
    assert found is not None
    return found.mimeData()


def z_seen(person: Person, pane: str) -> float:
    """Return the place of the slice that is painted, by its grey."""
    widget = person.window.further.find(pane)
    assert widget is not None
    seen = pixels_of(widget)
    return float(round((float(np.median(seen[seen.shape[0] // 3, seen.shape[1] // 3])) - 20) / 4))


def wheel(person: Person, pane: str, notches: int) -> None:
    """Turn the wheel over a pane in any window; positive is towards the person."""
    widget = person.window.further.find(pane)
    assert widget is not None
    for _ in range(abs(notches)):
        _turn_wheel(widget, -120 if notches > 0 else 120)
    person.qtbot.wait(20)


def beside(person: Person) -> Session:
    """Show the thin series left and the thick one right."""
    choose(person, 1, 2)
    drop(person, person.window.panes.panes["1"], series_dragged(person, "Every 2 mm"))
    drop(person, person.window.panes.panes["2"], series_dragged(person, "Every 8 mm"))
    return person.session


def redness(person: Person, pane: str) -> np.ndarray:
    """Return how much more red than blue each row of a pane is."""
    seen = pixels_of(person.window.panes.panes[pane]).astype(int)[:, 60:-60]
    return np.asarray(np.median(seen[..., 0] - seen[..., 2], axis=1))


def texts(person: Person, pane: str) -> list[str]:
    return [str(line.text) for line in comparison_lines(person.session, pane)]


def test_a_series_is_dragged_beside_another_and_both_show_the_same_place(person: Person) -> None:
    session = beside(person)
    assert [scene.series.series_description for scene in session.scenes.values()] == ["Every 2 mm", "Every 8 mm"]
    assert session.active_pane == "2"
    wheel(person, "1", 100)
    wheel(person, "1", -7)  # z = 34: the nearest thick slice lies at 32
    assert (z_seen(person, "1"), z_seen(person, "2")) == (34.0, 32.0)
    wheel(person, "2", -1)
    assert (z_seen(person, "1"), z_seen(person, "2")) == (24.0, 24.0)


def test_no_pane_is_painted_at_another_place_than_the_one_it_follows(person: Person) -> None:
    session = beside(person)
    painted: list[tuple[float, ...]] = []
    for pane in ("1", "2"):
        widget = person.window.panes.panes[pane]
        draw = widget.draw

        def seen(*args: object, draw: Callable[..., None] = draw, **kinds: object) -> None:
            painted.append(tuple(float(scene.cursor_mm[2]) for scene in session.scenes.values()))
            draw(*args, **kinds)

        widget.draw = seen  # type: ignore[method-assign]
    for _ in range(12):
        wheel(person, "1", -2)
    assert len(painted) > 12
    assert all(thick == 8 * round(thin / 8) or abs(thick - thin) == 4 for thin, thick in painted)


def test_the_key_y_turns_following_off(person: Person) -> None:
    beside(person)
    wheel(person, "1", 100)
    before = z_seen(person, "2")
    person.presses(Qt.Key.Key_Y)
    wheel(person, "1", -12)
    assert (z_seen(person, "1"), z_seen(person, "2")) == (24.0, before)
    person.presses(Qt.Key.Key_Y)
    wheel(person, "1", -1)
    assert z_seen(person, "2") == 24.0


def test_other_places_are_linked_as_they_lie_and_say_so(person: Person, tmp_path: Path) -> None:
    write_z(tmp_path / "far", 4.0, uid="2.25.501", study_date="20211125")
    person.drops(tmp_path / "far")
    person.waits_until(lambda: len(person.session.studies) == 2)
    choose(person, 1, 2)
    drop(person, person.window.panes.panes["1"], series_dragged(person, "Every 2 mm"))
    drop(person, person.window.panes.panes["2"], series_dragged(person, "Every 4 mm"))
    wheel(person, "1", -100)
    wheel(person, "2", -100)
    wheel(person, "1", 5)
    wheel(person, "2", 6)
    assert (z_seen(person, "1"), z_seen(person, "2")) == (10.0, 24.0)
    person.clicks(person.window.panes.panes["1"])
    person.presses(Qt.Key.Key_Y, Qt.KeyboardModifier.ShiftModifier)
    assert "⛓ Linked by hand, H 14.0 mm" in texts(person, "2")
    wheel(person, "1", 4)
    assert (z_seen(person, "1"), z_seen(person, "2")) == (18.0, 32.0)
    person.window.commands.actions["unlink"].trigger()
    wheel(person, "1", 4)
    assert z_seen(person, "2") == 32.0


def test_a_prior_says_how_old_it_is_and_the_other_that_it_is_the_current_one(person: Person, tmp_path: Path) -> None:
    write_z(tmp_path / "prior", 4.0, uid="2.25.501", study_date="20211125")
    person.drops(tmp_path / "prior")
    person.waits_until(lambda: len(person.session.studies) == 2 and not person.session.jobs.jobs)
    choose(person, 1, 2)
    drop(person, person.window.panes.panes["1"], series_dragged(person, "Every 2 mm"))
    drop(person, person.window.panes.panes["2"], series_dragged(person, "Every 4 mm"))
    assert texts(person, "1") == ["Current · 2024-02-29"]
    assert texts(person, "2") == ["PRIOR 2 y 3 mo · 2021-11-25"]  # 29 February is after 25 November by 3 months
    for pane, is_there in (("1", False), ("2", True)):
        seen = pixels_of(person.window.panes.panes[pane])[:120, :260].astype(int)
        amber = (seen[..., 0] > 220) & (np.abs(seen[..., 1] - 180) < 25) & (seen[..., 2] < 110)
        assert bool(amber.any()) is is_there


def test_two_patients_side_by_side_are_told_in_both_panes(person: Person, tmp_path: Path) -> None:
    write_z(tmp_path / "other", 4.0, patient_id="L-2")
    person.drops(tmp_path / "other")
    person.waits_until(lambda: len(person.session.studies) == 2 and not person.session.jobs.jobs)
    choose(person, 1, 2)
    drop(person, person.window.panes.panes["1"], series_dragged(person, "Every 2 mm"))
    drop(person, person.window.panes.panes["2"], series_dragged(person, "Every 4 mm"))
    assert texts(person, "1") == texts(person, "2") == ["DIFFERENT PATIENTS"]
    wheel(person, "1", -100)
    before = z_seen(person, "2")
    wheel(person, "1", 3)  # one frame of reference UID, but not one patient
    assert z_seen(person, "2") == before
    choose(person, 1, 1)
    assert texts(person, "1") == []


def test_panes_change_places_when_one_is_dragged_onto_the_other(person: Person) -> None:
    session = beside(person)
    left, right = session.scenes[0], session.scenes[1]
    panes = person.window.panes.panes
    assert drop(person, panes["2"], pane_data("1"))
    assert (session.scenes[0], session.scenes[1]) == (right, left)
    assert not drop(person, panes["2"], pane_data("2"))  # onto itself
    assert (session.scenes[0], session.scenes[1]) == (right, left)
    assert [grip.isVisible() for grip in panes["1"].findChildren(PaneGrip)] == [True]


def test_a_drag_carries_no_patients_data_and_another_programs_is_not_taken(person: Person) -> None:
    choose(person, 1, 2)
    data = series_dragged(person, "Every 2 mm")
    assert data.formats() == [SERIES_MIME]
    content = bytes(data.data(SERIES_MIME).data()).decode()
    study = person.session.studies[0]
    for text in ("Lea", "L-1", study.facts.study_instance_uid, study.series[0].series_instance_uid):
        assert text not in content
    foreign = QMimeData()
    foreign.setData(SERIES_MIME, content.replace('"process": ', '"process": 9').encode())
    assert not drop(person, person.window.panes.panes["2"], foreign)
    assert list(person.session.scenes) == [0]


def test_an_empty_pane_says_what_to_do_and_a_double_click_in_the_list_goes_to_the_active_one(person: Person) -> None:
    choose(person, 1, 2)
    empty = pixels_of(person.window.panes.panes["2"])
    middle = empty[empty.shape[0] // 2 - 40 : empty.shape[0] // 2 + 40]
    assert (middle.min(axis=2) > 200).any(), "there are words"
    person.clicks(person.window.panes.panes["2"])
    assert person.session.active_pane == "2"
    tree = person.window.study_panel.tree
    tree.setCurrentItem(item(person, "Every 8 mm"))
    QTest.keyClick(tree, Qt.Key.Key_Return)
    person.waits_until(lambda: 1 in person.session.scenes and not person.session.jobs.jobs)
    assert person.session.scenes[1].series.series_description == "Every 8 mm"


def test_what_has_been_on_the_screen_is_marked_in_the_list(person: Person) -> None:
    choose(person, 1, 2)
    thin, thick = (item(person, f"Every {step} mm").data(0, CardRole.CARD) for step in (2, 8))
    assert (thin.viewed, thick.viewed) == (True, False)
    drop(person, person.window.panes.panes["2"], series_dragged(person, "Every 8 mm"))
    assert item(person, "Every 8 mm").data(0, CardRole.CARD).viewed


def test_a_double_click_maximises_in_a_grid_too_and_tab_goes_on(person: Person) -> None:
    beside(person)
    panes = person.window.panes.panes
    double_click(panes["2"], (60, 200))
    assert [name for name, pane in panes.items() if pane.isVisible()] == ["2"]
    QTest.keyClick(panes["2"], Qt.Key.Key_Tab)
    assert [name for name, pane in panes.items() if pane.isVisible()] == ["1"]
    double_click(panes["1"], (60, 200))
    assert all(pane.isVisible() for pane in panes.values())


def test_a_smaller_layout_and_back_shows_the_same_picture(person: Person) -> None:
    beside(person)
    wheel(person, "2", -1)
    drag(person.window.panes.panes["2"], [(100, 100), (160, 150)], Qt.MouseButton.MiddleButton)
    person.qtbot.wait(30)
    before = person.window.panes.panes["2"].grab_pixels()
    choose(person, 1, 1)
    assert list(person.window.panes.panes) == ["1"]
    choose(person, 1, 2)
    person.waits_until(lambda: person.window.panes.panes["2"].width() == before.shape[1])
    assert np.array_equal(person.window.panes.panes["2"].grab_pixels(), before)


def test_a_pane_shows_another_plane_of_its_images(person: Person) -> None:
    beside(person)
    person.clicks(person.window.panes.panes["2"])
    person.window.commands.actions["show_coronal"].trigger()
    person.qtbot.wait(30)
    picture = person.window.panes.panes["2"].picture()
    assert picture is not None
    assert (picture.plane, picture.letters) == ("coronal", ("R", "L", "H", "F"))
    # the axial slice of the other pane is drawn in it as a red line at its place
    person.clicks(person.window.panes.panes["1"])
    wheel(person, "1", -100)
    wheel(person, "1", 5)
    _, y = picture.mm_to_pane((0.0, 0.0, 10.0))
    assert redness(person, "2")[round(y) - 1 : round(y) + 2].max() > 100
    assert redness(person, "2")[round(y) + 4 : round(y) + 30].max() < 10
    person.window.commands.actions["reference_lines_off"].trigger()
    person.qtbot.wait(30)
    assert redness(person, "2")[round(y) - 1 : round(y) + 2].max() < 10


def test_a_click_with_the_crosshair_brings_the_other_pane_there(person: Person) -> None:
    session = beside(person)
    person.clicks(person.window.panes.panes["2"])
    person.window.commands.actions["show_coronal"].trigger()
    person.presses(Qt.Key.Key_Y)  # also where scrolling is not linked
    person.presses(Qt.Key.Key_X)
    pane = person.window.panes.panes["2"]
    picture = pane.picture()
    assert picture is not None
    x, y = picture.mm_to_pane((6.0, 0.0, 32.0))
    drag(pane, [(x, y)])
    assert z_seen(person, "1") == 32.0
    thin = session.scenes[0].cursor_mm
    assert (abs(thin[0] - 6.0) <= 0.5, thin[2]) == (True, 32.0)
    seen = pixels_of(person.window.panes.panes["1"]).astype(int)
    other = person.window.panes.panes["1"].picture()
    assert other is not None
    at = other.mm_to_pane((float(session.scenes[1].cursor_mm[0]), float(session.scenes[1].cursor_mm[1]), 32.0))
    column, row = round(at[0]), round(at[1])
    assert seen[row - 1 : row + 2, column + 8 : column + 14].min(axis=2).max() > 190, "the arm of a white cross"


def test_a_further_window_shows_series_follows_and_is_put_away_without_loss(person: Person) -> None:
    session = person.session
    choose(person, 1, 1)
    person.presses(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    (window,) = person.window.further.windows.values()
    person.qtbot.waitExposed(window)
    (name,) = window.panes.panes
    assert session.active_pane == name
    assert drop(person, window.panes.panes[name], series_dragged(person, "Every 8 mm"))
    wheel(person, "1", -100)
    wheel(person, "1", 8)
    assert (z_seen(person, "1"), z_seen(person, name)) == (16.0, 16.0)
    person.clicks(person.window.panes.panes["1"])
    person.window.activateWindow()
    person.qtbot.waitUntil(person.window.isActiveWindow)
    QTest.keyClick(person.window.panes.panes["1"], Qt.Key.Key_Tab)  # to the next pane, wherever it is
    person.qtbot.waitUntil(window.isActiveWindow)
    assert session.active_pane == name
    QTest.keyClick(window, Qt.Key.Key_I)  # keys of commands work there, too
    assert session.scene_in(name).inverted  # type: ignore[union-attr]
    QTest.keyClick(window, Qt.Key.Key_F11)
    person.waits_until(window.isFullScreen)
    assert not person.window.isFullScreen()
    QTest.keyClick(window, Qt.Key.Key_F11)
    person.waits_until(lambda: not window.isFullScreen())
    scene = session.scene_in(name)
    window.close()
    person.waits_until(lambda: not person.window.further.windows)
    assert session.active_pane == "1"
    person.window.activateWindow()
    person.qtbot.waitUntil(person.window.isActiveWindow)
    person.window.commands.actions["new_window"].trigger()
    assert session.scene_in(name) is scene, "what it showed comes back"
    assert session.scene_in(name).inverted  # type: ignore[union-attr]


def test_layouts_are_saved_under_a_name_with_their_windows(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(person, 2, 3)
    person.window.commands.actions["new_window"].trigger()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ('Two "screens"', True))
    person.window.commands.actions["save_layout"].trigger()
    cells = person.session.layout.cells
    person.clicks(person.window.panes.panes["1"])
    person.window.commands.actions["layout_1x1"].trigger()
    person.window.further.windows[1].close()
    assert len(person.session.layout.cells) == 1
    saved = person.window.commands.actions["saved_layout_1"]
    assert (saved.text(), saved.isVisible()) == ('Two "screens"', True)
    saved.trigger()
    assert person.session.layout.cells == cells
    assert list(person.window.further.windows) == [1]
    assert SavedLayouts().layouts[0].cells == cells, "it is in the file"
    assert "Lea" not in SavedLayouts().path.read_text(encoding="utf-8")
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_, **__: ('Two "screens"', True))
    person.window.commands.actions["delete_layout"].trigger()
    assert SavedLayouts().layouts == ()
    assert not person.window.commands.actions["saved_layout_1"].isVisible()


def test_panes_and_windows_that_are_closed_leave_no_widget(person: Person) -> None:
    def widgets() -> int:
        person.qtbot.wait(20)
        return len(QApplication.allWidgets())

    def round_trip() -> None:
        beside(person)
        person.window.commands.actions["layout_mpr"].trigger()
        person.window.commands.actions["new_window"].trigger()
        person.window.commands.actions["close_window"].trigger()
        person.waits_until(lambda: not person.session.jobs.jobs)
        choose(person, 1, 1)

    round_trip()
    before, signals = widgets(), len(person.session.scene_changed)
    for _ in range(4):
        round_trip()
    assert (widgets(), len(person.session.scene_changed)) == (before, signals)
