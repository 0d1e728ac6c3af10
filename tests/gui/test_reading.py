"""Reading one image with mouse and keys: turned, fitted, magnified, filtered, coloured, written on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from scipy.ndimage import median_filter

from medview.gui.main_window import MainWindow
from medview.gui.panes.screen_size import display_size, screen_name
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.imaging.colour_maps import colour_table
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.view.corner_set import CornerSet
from medview.view.corner_text import corner_text
from tests.gui.conftest import WAIT_MS
from tests.gui.panes import drag, hover, pixels_of

BONE = (slice(12, 17), slice(15, 21))  # rows and columns of the CT that is read
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def pane(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> ViewportWidget:
    """Return the axial pane of four, with the keyboard."""
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    window.session.set_layout(shipped_layout("mpr"))
    window.session.choose(active_pane="axial")
    scene_of(window).update(crosshair_visible=False)
    qtbot.wait(50)
    found = window.panes.panes["axial"]
    assert isinstance(found, ViewportWidget)
    found.setFocus()
    return found


def scene_of(window: MainWindow) -> Scene:
    assert window.session.scene is not None
    return window.session.scene


def press(pane: ViewportWidget, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(pane, key, keys)
    QApplication.processEvents()


def wheel(pane: ViewportWidget, at: tuple[float, float], notches: int, keys: Qt.KeyboardModifier) -> None:
    place = QPointF(*at)
    event = QWheelEvent(
        place, QPointF(pane.mapToGlobal(QPoint(0, 0))) + place, QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(pane, event)


def said(pane: ViewportWidget, *, patient_text: bool = True) -> str:
    """Return every line that stands in the corners."""
    picture, settings = pane.picture(), pane.session.settings
    assert picture is not None
    assert pane.scene is not None
    shown = corner_text(
        pane.scene, pane.viewport, picture, (pane.width(), pane.height()), patient_text=patient_text,
        corners=CornerSet.chosen(settings["corner_text"]), mode=settings["corner_mode"],
    )  # fmt: skip
    lines = (*shown.top_left, *shown.top_right, *shown.bottom_left, *shown.bottom_right)
    return "\n".join(str(line.text) for line in lines)


def bone_at(pane: ViewportWidget) -> tuple[float, float]:
    """Return where the middle of what is whitest lies, from the middle of the pane, in its pixels."""
    shown = pixels_of(pane)[..., 0].astype(float)
    shown[:, :50] = shown[:, -50:] = 0  # rulers, letters and texts are white, too
    shown[:90] = shown[-90:] = 0
    y, x = np.nonzero(shown > 250)
    return float(x.mean()) + 0.5 - pane.width() / 2, float(y.mean()) + 0.5 - pane.height() / 2


def expected_bone(pane: ViewportWidget) -> NDArray[np.float64]:
    """Return where the middle of the bone lies unturned, from the middle of the image in millimetres."""
    return np.array([(15 + 21) / 2 - 24.0, (12 + 17) / 2 - 20.0])


TURNS = [
    ((Qt.Key.Key_R,), [[0, -1], [1, 0]], "Turned 90°", "PARL"),
    ((Qt.Key.Key_R, Qt.Key.Key_R), [[-1, 0], [0, -1]], "Turned 180°", "LRPA"),
    ((Qt.Key.Key_H,), [[-1, 0], [0, 1]], "Mirrored", "LRAP"),
    ((Qt.Key.Key_V,), [[1, 0], [0, -1]], "Mirrored, Turned 180°", "RLPA"),
    ((Qt.Key.Key_H, Qt.Key.Key_R), [[0, -1], [-1, 0]], "Mirrored, Turned 270°", "PALR"),
]


def test_what_is_turned_and_mirrored_moves_letters_and_places(pane: ViewportWidget) -> None:
    for keys, matrix, told, letters in TURNS:
        press(pane, Qt.Key.Key_Space)
        for key in keys:
            press(pane, key)
        wanted = np.array(matrix) @ expected_bone(pane)
        extent = np.abs(np.array(matrix)) @ (48, 40)
        scale = min(pane.width() / extent[0], pane.height() / extent[1])
        assert bone_at(pane) == pytest.approx(tuple(wanted * scale), abs=1.5), told
        assert [line for line in said(pane).splitlines() if "urned" in line or "irrored" in line] == told.split(", ")
        picture = pane.picture()
        assert picture is not None
        assert "".join(letter[0] for letter in picture.letters) == letters
        middle = np.array([pane.width() / 2, pane.height() / 2]) + wanted * scale
        at_mm = pane.position_mm(*middle)
        assert at_mm is not None
        # columns lie from x = -24 mm on, rows from y = -20 mm on, 1 mm apart
        assert at_mm[:2] == pytest.approx((-24 + 17.5, -20 + 14.0), abs=1e-6)


def test_turned_back_it_is_as_before(pane: ViewportWidget) -> None:
    before = pane.grab_pixels()
    for key in (Qt.Key.Key_R, Qt.Key.Key_H, Qt.Key.Key_V):
        press(pane, key)
    assert (pane.viewport.turn_deg, pane.viewport.is_mirrored) == (270, False)
    press(pane, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    assert pane.viewport.turn_deg == 180
    press(pane, Qt.Key.Key_Space)
    assert np.array_equal(pane.grab_pixels(), before)


def test_the_brush_paints_what_lies_under_it_on_a_turned_image(pane: ViewportWidget, window: MainWindow) -> None:
    for key in (Qt.Key.Key_R, Qt.Key.Key_H):
        press(pane, key)
    window.session.settings["brush_radius_mm"] = 0.6
    press(pane, Qt.Key.Key_B)
    picture, scene = pane.picture(), scene_of(window)
    assert picture is not None
    target = scene.volume.geometry.to_mm((scene.cursor_index[0], 14, 20))
    at = picture.mm_to_pane(target)
    drag(pane, [at, at])
    mask = scene.segmentation
    assert mask is not None
    painted = np.argwhere(mask.labels)
    assert painted.tolist() == [[scene.cursor_index[0], 14, 20]]
    shown = pixels_of(pane)[round(at[1]), round(at[0])].astype(int)
    assert shown.max() - shown.min() > 40  # the mask is coloured where it was painted


@pytest.mark.parametrize("by", ["wheel", "right drag"])
def test_zoom_holds_the_point_under_the_mouse(pane: ViewportWidget, by: str) -> None:
    at = (pane.width() * 0.3, pane.height() * 0.6)
    before = pane.position_mm(*at)
    if by == "wheel":
        wheel(pane, at, 4, CTRL)
    else:
        drag(pane, [at, (at[0], at[1] - 40), (at[0] + 5, at[1] - 80)], Qt.MouseButton.RightButton)
    assert pane.viewport.zoom > 1.5
    assert pane.position_mm(*at) == pytest.approx(before, abs=1e-6)


def test_pixel_for_pixel_and_width(pane: ViewportWidget, window: MainWindow) -> None:
    press(pane, Qt.Key.Key_Z, Qt.KeyboardModifier.ShiftModifier)
    picture = pane.picture()
    assert picture is not None
    assert picture.transform.scale_x == pytest.approx(1.0 / pane.devicePixelRatioF())
    assert "Zoom 100 %" in said(pane)
    grey = pane.grab_pixels()[..., 0]
    left, top = round(picture.transform.offset_x), round(picture.transform.offset_y)
    assert np.array_equal(grey[top : top + 40, left : left + 48][12:17, 15:21], np.full((5, 6), 255))
    window.commands.actions["fit_width"].trigger()
    picture = pane.picture()
    assert picture is not None
    assert picture.transform.scale_x * 48 == pytest.approx(pane.width())


def test_true_size_is_as_large_as_the_screen_was_measured(pane: ViewportWidget, window: MainWindow) -> None:
    window.commands.actions["fit_true_size"].trigger()
    assert "True size, in mm: screen not measured" in said(pane)
    window.session.settings["display_px_per_mm"] = {screen_name(pane.screen()): 4.25}
    assert display_size(pane, window.session.settings).is_calibrated
    picture = pane.picture()
    assert picture is not None
    one, other = (picture.mm_to_pane((x, 0.0, 0.0)) for x in (-10.0, 10.0))
    assert (other[0] - one[0]) * pane.devicePixelRatioF() == pytest.approx(20 * 4.25)
    assert "True size, in mm" in said(pane).splitlines()


def test_a_rectangle_gives_the_window_of_its_values(pane: ViewportWidget, window: MainWindow) -> None:
    picture, scene = pane.picture(), scene_of(window)
    assert picture is not None
    # from the outer corner of the voxel in row 8 and column 10 to that of row 14 and column 18, not their centres
    first, last = (picture.transform.to_pane(column, row) for column, row in ((10.1, 8.1), (17.9, 13.9)))
    drag(pane, [first, last], keys=CTRL)
    values = scene.volume.array[scene.cursor_index[0], 8:14, 10:18]
    low, high = (round(float(n)) for n in np.percentile(values, (0.1, 99.9)))
    assert scene.window == ((low + high + 1) / 2, high - low + 1)
    assert pane.viewport.band_px is None
    before = scene.window
    pane.viewport.update(zoom=0.4)
    drag(pane, [(30.0, 30.0), (60.0, 60.0)], keys=CTRL)  # beside the image
    assert scene.window == before


def test_the_rectangle_is_seen_while_it_is_drawn(pane: ViewportWidget) -> None:
    before = pixels_of(pane)
    pane.viewport.update(band_px=(60.0, 60.0, 160.0, 120.0))
    after = pixels_of(pane)
    changed = np.argwhere((before != after).any(axis=2))
    assert changed.min(axis=0) == pytest.approx([60, 60], abs=3)
    assert changed.max(axis=0) == pytest.approx([120, 160], abs=3)


def test_the_magnifier_shows_twice_as_large_what_lies_under_it(pane: ViewportWidget, window: MainWindow) -> None:
    press(pane, Qt.Key.Key_Space)
    window.session.settings["interpolation"] = "nearest"
    picture = pane.picture()
    assert picture is not None
    at = tuple(round(n) for n in picture.transform.to_pane(14.0, 12.0))
    plain = pixels_of(pane)
    window.session.choose(tool="magnify")
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(*at))
    held = pixels_of(pane)
    for right, down in ((20, 14), (24, -16), (-22, 10)):
        near = plain[at[1] + down // 2, at[0] + right // 2]
        assert held[at[1] + down, at[0] + right] == pytest.approx(near, abs=2)
    assert not np.array_equal(held, plain)
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(*at))
    assert np.array_equal(pixels_of(pane)[80:-80, 80:-80], plain[80:-80, 80:-80])


def test_a_held_magnifier_follows_the_mouse_and_is_put_away(pane: ViewportWidget, window: MainWindow) -> None:
    press(pane, Qt.Key.Key_Q)
    assert pane.viewport.lens_px is not None
    hover(pane, (150.0, 130.0))
    assert pane.viewport.lens_px == (150.0, 130.0)
    other = window.panes.panes["coronal"]
    hover(other, (90.0, 80.0))
    assert (pane.viewport.lens_px, other.viewport.lens_px) == (None, (90.0, 80.0))
    press(pane, Qt.Key.Key_Q)
    assert all(viewport.lens_px is None for viewport in window.session.viewports.values())


def test_a_filter_changes_what_is_seen_and_no_value(pane: ViewportWidget, window: MainWindow) -> None:
    scene = scene_of(window)
    values = scene.volume.array[scene.cursor_index[0]].copy()
    window.commands.actions["filter_median"].trigger()
    picture = pane.picture()
    assert picture is not None
    low, high = scene.window[0] - 0.5 - (scene.window[1] - 1) / 2, scene.window[0] - 0.5 + (scene.window[1] - 1) / 2
    wanted = np.clip((median_filter(values, 3, mode="nearest") - low) / (high - low), 0, 1) * 255
    assert picture.grey == pytest.approx(np.rint(wanted), abs=1)
    assert "Filtered: Median of 3 x 3" in said(pane).splitlines()
    at = picture.transform.to_pane(15.5, 12.5)  # a corner of the bone, which the median takes away
    assert picture.value_at_pane(*at) == 700.0
    assert picture.grey[12, 15] < 200
    hover(pane, at)
    assert "700 HU" in window.readout.text()
    window.commands.actions["filter_none"].trigger()
    assert "Filtered" not in said(pane)


def test_colours_are_those_of_the_map_and_the_bar_says_their_values(pane: ViewportWidget, window: MainWindow) -> None:
    scene = scene_of(window)
    window.commands.actions["colours_hot_iron"].trigger()
    scene.update(window=(350.5, 701.0))  # 0 is black and 700 white
    table = colour_table("hot_iron")
    for across, down, level in ((18.0, 14.5, 255), (28.0, 20.5, round(40 / 700 * 255)), (4.0, 20.5, 0)):
        picture = pane.picture()
        assert picture is not None
        x, y = picture.transform.to_pane(across, down)
        assert pixels_of(pane)[int(y), int(x)] == pytest.approx(table[level], abs=4)
    shown = pane.grab_pixels()[..., :3]
    middle, height = shown.shape[0] // 2, round(0.4 * shown.shape[0])
    column = shown[middle - height // 2 + 3 : middle + height // 2 - 3, shown.shape[1] - 38 - 6]
    assert column[0] == pytest.approx(table[255], abs=20)
    assert column[-1] == pytest.approx(table[0], abs=20)
    assert [v.colour_map for v in window.session.of_slot(0) if v.is_flat] == ["hot_iron"] * 3


def test_one_key_shows_less_text_and_then_nobody_s_name(pane: ViewportWidget, window: MainWindow, qtbot: QtBot) -> None:
    settings = window.session.settings
    shift = Qt.KeyboardModifier.ShiftModifier
    full = said(pane)
    assert "Testmann, Erika" in full
    assert "Chest" in full
    press(pane, Qt.Key.Key_I, shift)
    assert "Testmann" not in said(pane)
    assert "Slice 13/24" in said(pane)
    press(pane, Qt.Key.Key_I, shift)
    assert (settings["corner_mode"], settings["patient_text_visible"]) == ("full", False)
    assert "Testmann" not in said(pane, patient_text=False)
    assert "Series 3" in said(pane, patient_text=False)
    qtbot.waitUntil(lambda: "Erika" not in window.windowTitle(), timeout=WAIT_MS)
    press(pane, Qt.Key.Key_H)
    press(pane, Qt.Key.Key_I, shift)
    assert said(pane, patient_text=False).splitlines()[0] == "Mirrored"  # what must not be missed is always there
    press(pane, Qt.Key.Key_I, shift)
    press(pane, Qt.Key.Key_H)
    assert said(pane) == full


def test_pixels_as_squares_have_sharp_edges(pane: ViewportWidget, window: MainWindow) -> None:
    def levels() -> int:
        picture = pane.picture()
        assert picture is not None
        (left, y), (right, _) = picture.transform.to_pane(13.0, 14.5), picture.transform.to_pane(19.0, 14.5)
        return len(np.unique(pixels_of(pane)[int(y), int(left) : int(right), 0]))

    assert levels() > 3
    window.commands.actions["pixels_sharp"].trigger()
    assert levels() == 2


def test_the_bar_at_the_edge_shows_and_takes_the_slice(pane: ViewportWidget, window: MainWindow) -> None:
    scene = scene_of(window)
    right = pane.width() - 3
    drag(pane, [(right, 8.0), (right, pane.height() - 8.0)])
    assert scene.cursor_index[0] == 23
    shown = pixels_of(pane)[:, right].astype(int).min(axis=1)
    assert shown[-14:-8].min() > 180 > shown[: pane.height() // 2].max()
    drag(pane, [(right, 6.0 + 0.5 * (pane.height() - 12))])
    assert scene.cursor_index[0] == 12


def test_buttons_and_wheel_do_what_the_settings_say(pane: ViewportWidget, window: MainWindow) -> None:
    settings = window.session.settings
    settings["mouse_right"], settings["mouse_wheel"] = "pan", "zoom"
    drag(pane, [(100.0, 100.0), (130.0, 90.0)], Qt.MouseButton.RightButton)
    assert pane.viewport.pan_px == (30.0, -10.0)
    index = scene_of(window).cursor_index
    wheel(pane, (50.0, 50.0), 2, Qt.KeyboardModifier.NoModifier)
    assert pane.viewport.zoom > 1.2
    assert scene_of(window).cursor_index == index
    wheel(pane, (50.0, 50.0), -1, CTRL)
    assert scene_of(window).cursor_index[0] == index[0] + 1


def test_after_the_last_image_comes_the_first_where_that_is_wanted(pane: ViewportWidget, window: MainWindow) -> None:
    press(pane, Qt.Key.Key_End)
    press(pane, Qt.Key.Key_Down)
    assert scene_of(window).cursor_index[0] == 23
    window.session.settings["scroll_loops"] = True
    press(pane, Qt.Key.Key_Down)
    assert scene_of(window).cursor_index[0] == 0
