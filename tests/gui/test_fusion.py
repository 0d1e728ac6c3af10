"""Two volumes in one pane: the real window with a made PET/CT pair, by keys, mouse and what is painted."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.panes.layout_widget import LayoutWidget
from medview.imaging.colour_maps import colour_table
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.session.show_series import show_series
from tests.files.make_pet_ct import LESION_MM, write_pet_ct
from tests.gui.panes import drag, hover, pixels_of

Settle = Callable[[], None]
ELSEWHERE = "2.25.3333"
BLANK_MM = (-40.0, 0.0, 36.0)  # soft tissue, SUV 1, far from lines and letters


@pytest.fixture
def reading(window: MainWindow, settle: Settle, tmp_path: Path) -> Callable[..., Scene]:
    """Return a function that opens a PET/CT pair, and shows the CT alone in a 2 x 2 layout at the lesion."""

    def show(**changes: object) -> Scene:
        session = window.session
        open_folder(session, write_pet_ct(tmp_path / "pet_ct", **changes))
        settle()
        session.set_layout(shipped_layout("mpr"))
        study = session.studies[0]
        show_series(session, study, next(s for s in study.series if s.modality == "CT"), session.active_slot)
        settle()
        scene = session.scene
        assert scene is not None
        scene.update(fusion=None, crosshair_visible=False, window=(40.0, 400.0))
        scene.move_cursor(LESION_MM)
        session.choose(active_pane="axial")
        for notice in session.notices.notices:
            session.notices.dismiss(notice)
        settle()
        return scene

    return show


def colour_at(window: MainWindow, point_mm: object, pane: str = "axial") -> NDArray[np.int64]:
    """Return the median colour painted about an LPS point."""
    x, y = place_of(window, point_mm, pane)
    patch = pixels_of(window.panes.panes[pane])[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
    return np.median(patch, axis=0).astype(np.int64)


def place_of(window: MainWindow, point_mm: object, pane: str = "axial") -> tuple[int, int]:
    picture = window.panes.panes[pane].picture()
    assert picture is not None
    x, y = picture.mm_to_pane(np.asarray(point_mm, dtype=np.float64))
    return round(x), round(y)


def corner(window: MainWindow) -> str:
    """Return what the axial pane says in its corners."""
    from medview.gui.language import say
    from medview.view.overlay_lines import overlay_lines

    pane = window.panes.panes["axial"]
    picture = pane.picture()
    assert picture is not None
    return "\n".join(say(line.text) for line in overlay_lines(pane.scene, picture))


def test_f_lays_the_pet_over_its_ct_half_and_half(
    window: MainWindow, settle: Settle, reading: Callable[..., Scene], qtbot: QtBot
) -> None:
    scene = reading()
    plain = colour_at(window, LESION_MM)
    assert np.ptp(plain) <= 1  # grey
    QTest.keyClick(window.panes.panes["axial"], Qt.Key.Key_F)
    settle()
    assert scene.fusion is not None
    qtbot.waitUntil(window.fusion_bar.isVisible)
    # half the CT's grey and half white, the last colour of hot iron: SUV 8 is beyond 6
    for pane in ("axial", "coronal", "sagittal"):
        before = plain if pane == "axial" else None
        seen = colour_at(window, LESION_MM, pane)
        assert seen.min() > 150, pane
        if before is not None:
            assert np.abs(seen - (before + 255) / 2).max() <= 3
    # SUV 1 of 0 to 6: a sixth of the way through hot iron, again with half the grey of 40 HU
    body = colour_table("hot_iron")[round(255 / 6)].astype(int)
    grey = round(255 * 0.5)
    assert np.abs(colour_at(window, BLANK_MM) - (body + grey) / 2).max() <= 3
    assert "Fused: PET WB" in corner(window)
    assert "Not registered" not in corner(window)
    x, y = place_of(window, LESION_MM)
    hover(window.panes.panes["axial"], (x, y))
    settle()
    qtbot.waitUntil(lambda: "CT 55 HU / PET 8.00 SUVbw" in window.readout.text())
    window.fusion_bar.settings.opacity.setValue(100)
    assert colour_at(window, LESION_MM).tolist() == [255, 255, 255]
    QTest.keyClick(window.panes.panes["axial"], Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    settle()
    assert scene.fusion is None
    assert (colour_at(window, LESION_MM) == plain).all()
    qtbot.waitUntil(lambda: not window.fusion_bar.isVisible())


def test_typing_a_window_and_choosing_colours_changes_what_is_painted(
    window: MainWindow, settle: Settle, reading: Callable[..., Scene], qtbot: QtBot
) -> None:
    reading()
    window.commands.actions["fuse"].trigger()
    settle()
    bar = window.fusion_bar
    bar.settings.opacity.setValue(100)
    bar.colours.high.setFocus()
    bar.colours.high.selectAll()
    qtbot.keyClicks(bar.colours.high, "2")
    qtbot.keyClick(bar.colours.high, Qt.Key.Key_Return)
    settle()
    assert np.abs(colour_at(window, BLANK_MM) - colour_table("hot_iron")[128]).max() <= 3  # SUV 1 of 0 to 2
    bar.colours.maps.setCurrentIndex(bar.colours.maps.findData("pet"))
    bar.colours.maps.activated.emit(bar.colours.maps.currentIndex())
    settle()
    assert np.abs(colour_at(window, BLANK_MM) - colour_table("pet")[128]).max() <= 3
    bar.settings.has_threshold.click()
    settle()
    bar.settings.threshold.setFocus()
    bar.settings.threshold.selectAll()
    qtbot.keyClicks(bar.settings.threshold, "1.5")
    qtbot.keyClick(bar.settings.threshold, Qt.Key.Key_Return)
    settle()
    assert np.ptp(colour_at(window, BLANK_MM)) <= 1  # SUV 1 is left away: the CT's own grey
    assert np.ptp(colour_at(window, LESION_MM)) <= 1  # white is the last colour
    assert colour_at(window, LESION_MM).min() >= 250


def test_a_number_that_is_being_typed_is_not_written_over(
    window: MainWindow, settle: Settle, reading: Callable[..., Scene], qtbot: QtBot
) -> None:
    scene = reading()
    window.commands.actions["fuse"].trigger()
    settle()
    box, bar = window.fusion_bar.colours.high, window.fusion_bar
    box.clearFocus()  # as where another window came to the front while it was typed
    box.selectAll()
    qtbot.keyClicks(box, "2")
    bar.settings.opacity.setValue(35)
    settle()
    assert scene.fusion is not None
    assert scene.fusion.opacity == pytest.approx(0.35)
    assert box.lineEdit().text() == "2"
    qtbot.keyClick(box, Qt.Key.Key_Return)
    settle()
    assert scene.fusion.window[0] + scene.fusion.window[1] / 2 == pytest.approx(2.0 / (scene.fusion.suv_factor or 1.0))
    bar.colours.maps.activated.emit(0)
    settle()
    assert box.lineEdit().text() == "2.00"


def test_the_line_of_a_split_is_dragged_with_the_mouse(
    window: MainWindow, settle: Settle, reading: Callable[..., Scene]
) -> None:
    scene = reading()
    window.commands.actions["fuse"].trigger()
    settle()
    window.commands.actions["fusion_split"].trigger()
    settle()
    pane = window.panes.panes["axial"]
    width, height = pane.width(), pane.height()
    right = LESION_MM  # left of the patient is right on the screen
    assert colour_at(window, right).tolist() == [255, 255, 255]
    assert np.ptp(colour_at(window, BLANK_MM)) <= 1  # the CT on the other side
    y = int(0.8 * height)
    drag(pane, [(width / 2, y), (width / 2 - 20, y), (0.1 * width, y)])
    settle()
    assert scene.fusion is not None
    assert scene.fusion.split_at == pytest.approx(0.1, abs=0.01)
    assert scene.window == (40.0, 400.0)  # the window tool has not been at work
    assert colour_at(window, BLANK_MM)[0] > colour_at(window, BLANK_MM)[1] + 30  # now the PET
    drag(pane, [(0.1 * width, y), (0.95 * width, y)])
    settle()
    assert np.ptp(colour_at(window, right)) <= 1
    assert colour_at(window, right).max() < 200


def test_tiles_a_flicker_and_a_difference_are_painted(
    window: MainWindow, settle: Settle, reading: Callable[..., Scene], qtbot: QtBot
) -> None:
    scene = reading()
    window.commands.actions["fuse"].trigger()
    settle()
    grey = 128  # of 40 HU in a window about 40
    window.commands.actions["fusion_checkerboard"].trigger()
    settle()
    dark = colour_table("hot_iron")[round(255 / 6)].astype(int)
    picture = window.panes.panes["axial"].picture()
    assert picture is not None
    told = []
    # the middles of neighbouring tiles of 30 mm, counted from the patient's origin
    for x, y in ((-45.0, -15.0), (-15.0, -15.0), (-15.0, 15.0), (15.0, 15.0)):
        seen = colour_at(window, (x, y, LESION_MM[2]))
        is_second = (np.floor(x / 30.0) + np.floor(y / 30.0)) % 2 == 1
        told.append(np.abs(seen - (dark if is_second else grey)).max() <= 4)
    assert all(told)
    window.commands.actions["fusion_flicker"].trigger()
    window.fusion_bar.settings.rate.setValue(10.0)
    window.fusion_bar.settings.rate.editingFinished.emit()
    seen_colours = set()

    def both() -> bool:
        seen_colours.add(int(np.ptp(colour_at(window, BLANK_MM))) > 20)
        return len(seen_colours) == 2

    qtbot.waitUntil(both, timeout=10_000)
    window.commands.actions["fusion_flicker_on"].trigger()
    settle()
    assert scene.fusion is not None
    assert not scene.fusion.is_flickering
    still = scene.fusion.shows_second
    qtbot.wait(250)
    assert scene.fusion.shows_second == still
    window.commands.actions["fusion_difference"].trigger()
    settle()
    assert "PET minus CT, by their windows" in corner(window)
    part = 1.0 / 6.0 - 0.5  # SUV 1 of 0 to 6 less 40 HU in a window about 40
    expected = colour_table("cool_warm")[round(255 * (part / 2 + 0.5))].astype(int)
    assert np.abs(colour_at(window, BLANK_MM) - expected).max() <= 4


def test_what_is_not_registered_says_so_and_is_moved_by_keys_until_undone(
    window: MainWindow, settle: Settle, reading: Callable[..., Scene]
) -> None:
    scene = reading(pet_frame=ELSEWHERE)
    window.commands.actions["fuse"].trigger()  # nothing is obvious: the person is asked
    menu = window.findChild(QMenu, "second_series")
    assert menu is not None
    offered = {action.text(): action.isEnabled() for action in menu.actions()}
    assert offered == {"7 PET WB": True, "4 CT thin": False}
    next(action for action in menu.actions() if action.isEnabled()).trigger()
    menu.close()
    settle()
    assert "Not registered:\npositions may not agree" in corner(window)
    assert "positions may not agree" in window.fusion_bar.basis.text()
    window.fusion_bar.settings.opacity.setValue(100)
    settle()
    pane = window.panes.panes["axial"]
    pane.setFocus()
    beside = LESION_MM + (12.0, 0.0, 0.0)  # just out of the lesion
    assert colour_at(window, beside).min() < 100
    for _ in range(6):
        QTest.keyClick(pane, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    settle()
    assert colour_at(window, beside).tolist() == [255, 255, 255]
    assert "Registered: by hand" in corner(window)
    assert not any("not registered" in str(notice.message) for notice in window.session.notices.notices)
    assert len(scene.study.registrations) == 1
    for _ in range(6):
        QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert colour_at(window, beside).min() < 100
    assert "Not registered:\npositions may not agree" in corner(window)


def test_nothing_holds_a_second_volume_that_is_not_shown(
    window: MainWindow, settle: Settle, reading: Callable[..., Scene], qtbot: QtBot
) -> None:
    scene = reading()
    window.commands.actions["fuse"].trigger()
    settle()
    assert scene.fusion is not None
    volume = weakref.ref(scene.fusion.volume)
    window.session.set_layout(shipped_layout("mpr"))
    window.session.scenes = {slot: one for slot, one in window.session.scenes.items() if one is scene}
    window.session.away.clear()  # the PET may have a pane of its own behind this layout
    window.session.kept_volumes.follow([scene.series])
    QTest.keyClick(window.panes.panes["axial"], Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    settle()

    def is_gone() -> bool:
        gc.collect()
        return volume() is None

    qtbot.waitUntil(is_gone, timeout=10_000)


def test_panes_made_anew_from_the_session_show_the_same_pixels(
    window: MainWindow, settle: Settle, reading: Callable[..., Scene], qtbot: QtBot
) -> None:
    reading(turn_deg=12.0)
    window.commands.actions["fuse"].trigger()
    settle()
    window.commands.actions["fusion_checkerboard"].trigger()
    settle()
    size = window.panes.size()
    before = {name: window.panes.grab_pixels(name) for name in ("axial", "coronal", "sagittal")}
    again = LayoutWidget(window.session)
    qtbot.addWidget(again, before_close_func=lambda widget: widget.release())
    again.resize(size)
    again.show()
    qtbot.waitExposed(again)
    for name, pixels in before.items():
        assert np.array_equal(again.grab_pixels(name), pixels), name
