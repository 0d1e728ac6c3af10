"""Sections 1 to 3 of the viewer conventions, line by line, with mouse and keys: what is painted and written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.gui.commands.shortcut_sheet import ShortcutSheet
from medview.gui.forms.reading_form import ReadingForm
from medview.gui.main_window import MainWindow
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.session.open_folder import open_folder
from tests.gui.conftest import WAIT_MS
from tests.gui.measured import Person
from tests.gui.panes import double_click, drag, pixels_of
from tests.gui.seen import place_of_text, reads
from tests.gui.test_layouts import write_z

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
K = Qt.Key


class Reader(Person):
    """Reads the CT of 24 slices, or series whose grey tells the place of the slice."""

    @property
    def only(self) -> ViewportWidget:
        pane = self.window.panes.panes[self.window.session.active_pane]
        assert isinstance(pane, ViewportWidget)
        return pane

    def wheel(self, notches: int, keys: Qt.KeyboardModifier = NONE, pane: str = "") -> None:
        """Turn the wheel over a pane; positive is towards the person."""
        widget = self.pane(pane) if pane else self.only
        at, sideways = QPointF(60, 200), keys == SHIFT
        turned = QPoint(-120 * notches, 0) if sideways else QPoint(0, -120 * notches)  # as window systems do
        event = QWheelEvent(
            at, widget.mapToGlobal(at), QPoint(), turned, Qt.MouseButton.NoButton, keys,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
        self.qtbot.wait(10)

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.only, key, keys)
        self.qtbot.wait(20)

    def grey(self, point: tuple[float, float, float], pane: str = "axial") -> int:
        """Return what is painted at a point of the patient."""
        x, y = (int(n) for n in self.at(pane, point))
        return int(np.median(pixels_of(self.pane(pane))[y - 2 : y + 3, x - 2 : x + 3]))

    def says(self, text: str, *, bold: bool = False, pane: str = "axial") -> bool:
        return reads(self.pane(pane), text, bold=bold)


def shown_grey(value: float, level: float, width: float) -> float:
    """Return the grey of a value by PS3.3 C.11.2.1.2.1, LINEAR."""
    return float(np.clip((value - (level - 0.5)) / (width - 1) + 0.5, 0, 1) * 255)


@pytest.fixture
def reader(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> Reader:
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    found = Reader(window, qtbot)
    found.press(K.Key_3, CONTROL)
    found.press(K.Key_X, SHIFT)  # no lines over the pixels that are looked at
    for notice in window.session.notices.notices:  # what goes by itself later would make the panes larger
        window.session.notices.dismiss(notice)
    found.pane("axial").setFocus()
    window.session.choose(active_pane="axial")
    qtbot.wait(30)
    return found


@pytest.fixture
def stacks(window: MainWindow, tmp_path: Path, qtbot: QtBot, settle: Callable[[], None]) -> Reader:
    """Return a person with one pane and two series: 25 slices 2 mm apart on the screen, and 7 slices 8 mm apart."""
    write_z(tmp_path / "study" / "thin", 2.0)
    write_z(tmp_path / "study" / "thick", 8.0)
    open_folder(window.session, tmp_path / "study")
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    found = Reader(window, qtbot)
    found.press(K.Key_1, CONTROL)
    found.only.setFocus()
    if window.session.scene.series.series_description != "Every 2 mm":
        found.press(K.Key_PageUp)
        settle()
    found.press(K.Key_X, SHIFT)
    return found


def z_of(reader: Reader) -> int:
    """Return the place of the slice that is painted, by its grey."""
    seen = pixels_of(reader.only)
    return round((float(np.median(seen[seen.shape[0] // 3, seen.shape[1] // 3])) - 20) / 4)


def test_left_drag_changes_the_window_by_an_80th_of_the_width_a_pixel(reader: Reader) -> None:
    """F65, conventions 1: right widens, down brightens, and one preference turns the brightness."""
    soft = (4.0, 4.0, 124.0)
    assert reader.says("W 400  L 40")
    assert reader.grey(soft) == pytest.approx(shown_grey(40, 40, 400), abs=1)
    pane = reader.pane("axial")
    drag(pane, [(60, 120), (68, 120)])
    assert reader.says("W 440  L 40")
    drag(pane, [(60, 120), (60, 140)])
    assert reader.says("W 440  L -70")  # 20 pixels of 440 / 80
    assert reader.grey(soft) == pytest.approx(shown_grey(40, -70, 440), abs=1)
    assert reader.grey(soft) > 150
    reader.window.commands.actions["reading_form"].trigger()
    form = next(w for w in QApplication.topLevelWidgets() if isinstance(w, ReadingForm) and w.isVisible())
    QTest.mouseClick(form.box("window_drag_inverted"), Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    QTest.mouseClick(form.buttons.button(form.buttons.StandardButton.Ok), Qt.MouseButton.LeftButton)
    drag(pane, [(60, 120), (60, 140)])
    assert reader.says("W 440  L 40")
    drag(pane, [(300, 120), (220, 120)])  # 80 pixels in one event, as of a machine that is busy
    assert reader.says("W 220  L 40")
    drag(pane, [(220, 120), (300, 120)])
    assert reader.says("W 440  L 40"), "and back"


def test_the_wheel_steps_one_image_ten_with_shift_and_zooms_with_control(stacks: Reader) -> None:
    stacks.press(K.Key_Home)
    assert z_of(stacks) == 0
    stacks.wheel(1)
    assert z_of(stacks) == 2
    stacks.wheel(1, SHIFT)
    assert z_of(stacks) == 22
    stacks.wheel(-1)
    assert z_of(stacks) == 20
    assert reads(stacks.only, "Slice 11/25")
    before = lit_width(stacks)
    stacks.wheel(3, CONTROL)
    assert reads(stacks.only, "Slice 11/25")
    assert lit_width(stacks) < 0.7 * before
    stacks.wheel(-3, CONTROL)
    assert lit_width(stacks) == pytest.approx(before, abs=2)


def lit_width(reader: Reader) -> int:
    """Return how many pixels wide the image is painted."""
    row = pixels_of(reader.only)[reader.only.height() // 3, 16:-16].max(axis=1)
    return int((row > 60).sum())


def test_arrows_pages_and_ends_go_through_images_and_series(stacks: Reader, settle: Callable[[], None]) -> None:
    """Conventions 3: up and down the image, left and right and the pages the series, Home and End the ends."""
    for key, z in ((K.Key_Home, 0), (K.Key_Down, 2), (K.Key_Down, 4), (K.Key_Up, 2), (K.Key_End, 48)):
        stacks.press(key)
        assert z_of(stacks) == z, key
    for key, title in (
        (K.Key_PageDown, "Every 8 mm"), (K.Key_PageUp, "Every 2 mm"), (K.Key_Right, "Every 8 mm"),
        (K.Key_Left, "Every 2 mm"),
    ):  # fmt: skip
        stacks.press(key)
        settle()
        stacks.press(K.Key_Home)  # the first image is dark
        assert reads(stacks.only, title), key


def test_the_presets_of_the_page_lie_on_the_number_keys(reader: Reader, qtbot: QtBot) -> None:
    """F66, conventions 2: 0 automatic, 1 that of the images, 2 to 9 the presets, as they are painted."""
    presets = {
        2: ("Soft tissue", 400, 40), 3: ("Lung", 1500, -600), 4: ("Mediastinum", 350, 50), 5: ("Bone", 2000, 400),
        6: ("Brain", 80, 40), 7: ("Stroke", 40, 40), 8: ("Liver", 150, 90), 9: ("Angio", 600, 200),
    }  # fmt: skip
    for number, (title, width, level) in presets.items():
        reader.press(K(K.Key_0.value + number))
        assert reader.says(f"W {width}  L {level}"), title
        assert reader.window.commands.actions[f"preset_{number}"].text().startswith(title)
        for value, point in ((40, (4.0, 4.0, 124.0)), (700, (-6.5, -5.5, 124.0)), (-1000, (-20.0, -16.0, 124.0))):
            assert reader.grey(point) == pytest.approx(shown_grey(value, level, width), abs=1), (title, value)
    reader.press(K.Key_1)
    assert reader.says("W 400  L 40")
    reader.press(K.Key_0)
    values = np.full((24, 40, 48), -1000)  # percentiles of all that was written, PS3.3 knows no automatic window
    values[:, 10:30, 12:36] = 40
    values[:, 12:17, 15:21] = 700
    low, high = np.percentile(values, (0.1, 99.9))
    assert reader.window.session.scene.window == pytest.approx(((low + high) / 2, high - low), abs=1.0)
    assert reader.grey((-6.5, -5.5, 124.0)) > 250
    assert reader.grey((-20.0, -16.0, 124.0)) < 3


def test_letters_choose_what_the_left_button_does(reader: Reader) -> None:
    """F69, conventions 3: P and T pan, Z zooms, S scrolls, W is back; the middle and right buttons always do theirs."""
    pane = reader.pane("axial")

    def middle() -> tuple[float, float]:
        """Return where the middle of the bone is painted."""
        seen = pixels_of(pane)[90:-90, 60:-60, 0]
        y, x = np.nonzero(seen > 250)
        return float(x.mean()) + 60, float(y.mean()) + 90

    start = middle()
    for key in (K.Key_P, K.Key_T):
        reader.press(key)
        drag(pane, [(60, 160), (70, 165), (81, 173)])
        assert middle() == pytest.approx((start[0] + 21, start[1] + 13), abs=1)
        reader.press(K.Key_Space)
        assert middle() == pytest.approx(start, abs=0.1)
    drag(pane, [(60, 160), (81, 173)], Qt.MouseButton.MiddleButton)
    assert middle() == pytest.approx((start[0] + 21, start[1] + 13), abs=1)
    reader.press(K.Key_Space)
    size = int((pixels_of(pane)[90:-90, 60:-60, 0] > 250).sum())
    reader.press(K.Key_Z)
    for button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
        drag(pane, [start, (start[0], start[1] - 30)], button)
        assert int((pixels_of(pane)[90:-90, 60:-60, 0] > 250).sum()) > 1.3 * size
        reader.press(K.Key_Space)
    reader.press(K.Key_S)
    assert reader.says("Slice 13/24")
    step = max(3.0, 0.75 * pane.height() / 24)
    drag(pane, [(60, 120), (60, 120 + 2 * step + 1)])
    assert reader.says("Slice 15/24")
    reader.press(K.Key_W)
    drag(pane, [(60, 120), (68, 120)])
    assert reader.says("W 440  L 40")
    reader.press(K.Key_B)
    reader.press(K.Key_Escape)
    drag(pane, [(60, 120), (60, 120 + 16)])
    assert reader.says("W 440  L -48"), "Esc goes back to the window"


def test_d_and_l_both_measure_and_a_measures_an_angle(reader: Reader) -> None:
    for key, row in ((K.Key_D, -8.0), (K.Key_L, 8.0)):
        reader.press(key)
        reader.drag("axial", (-12, row, 124.0), (12, row + 7, 124.0))
        reader.press(K.Key_Escape)
    assert reader.listed() == [("Length", "25.0 mm")] * 2
    assert reads(reader.pane("axial"), "25.0 mm")
    reader.press(K.Key_A)
    reader.drag("axial", (-10, 0, 124.0), (0, 0, 124.0))
    reader.click("axial", (0, 9, 124.0))
    assert reader.listed()[-1] == ("Angle", "90.0°")
    assert reads(reader.pane("axial"), "90.0°")


def test_turning_mirroring_and_inverting_by_keys_and_space_puts_it_back(reader: Reader) -> None:
    """F70: R, H, V and I, seen in the pixels and in the letters."""
    pane = reader.pane("axial")
    before = pixels_of(pane).astype(int)
    inner = np.s_[100:-100, 80:-80]
    reader.press(K.Key_H)
    mirrored = pixels_of(pane).astype(int)
    assert np.abs(mirrored[inner] - before[:, ::-1][inner]).mean() < 2
    left = place_of_text(pane, "L", bold=True, pixel_size=letter_size(pane))
    assert left is not None
    assert left[0] < pane.width() / 2, "the patient's left is on the left of a mirrored image"
    reader.press(K.Key_H)
    reader.press(K.Key_V)
    assert np.abs(pixels_of(pane).astype(int)[inner] - before[::-1][inner]).mean() < 2
    reader.press(K.Key_Space)
    assert np.array_equal(pixels_of(pane), before)
    reader.press(K.Key_I)
    assert reader.grey((-20.0, -16.0, 124.0)) == 255
    assert reader.grey((-6.5, -5.5, 124.0)) == 0
    reader.press(K.Key_I)
    assert np.array_equal(pixels_of(pane), before)


def letter_size(pane: ViewportWidget) -> int:
    """Return the height of the large orientation letters."""
    return round(pane.fontMetrics().height() * 1.15)


def test_the_mask_is_drawn_erased_hidden_and_undone_by_keys(reader: Reader) -> None:
    """B, E, G, [ and ], Ctrl+Z and Ctrl+Y."""
    point, pane = (4.0, 4.0, 124.0), reader.pane("axial")

    def coloured() -> int:
        seen = pixels_of(pane).astype(int)[100:-100, 80:-80]
        return int((np.ptp(seen, axis=2) > 25).sum())

    assert coloured() == 0
    reader.press(K.Key_B)
    before = reader.window.session.settings["brush_radius_mm"]
    reader.press(K.Key_BracketLeft)
    reader.press(K.Key_BracketLeft)
    assert reader.window.session.settings["brush_radius_mm"] == pytest.approx(before / 1.25**2)
    reader.press(K.Key_BracketRight)
    reader.press(K.Key_BracketRight)
    reader.drag("axial", point, (6.0, 4.0, 124.0))
    drag(pane, [(5.0, 200.0)], Qt.MouseButton.MiddleButton)  # the ring of the brush goes elsewhere
    painted = coloured()
    assert painted > 50
    reader.qtbot.waitUntil(reader.window.commands.actions["mask_visible"].isEnabled, timeout=WAIT_MS)
    reader.press(K.Key_G)
    assert coloured() == 0
    reader.press(K.Key_G)
    assert coloured() == painted
    reader.press(K.Key_E)
    reader.drag("axial", point, (6.0, 4.0, 124.0))
    assert coloured() < painted / 4
    reader.press(K.Key_Z, CONTROL)
    assert coloured() == painted
    reader.press(K.Key_Z, CONTROL)
    assert coloured() == 0
    reader.press(K.Key_Y, CONTROL)
    assert coloured() == painted


def test_a_double_click_tab_m_and_f11_make_panes_and_the_window_large(reader: Reader, qtbot: QtBot) -> None:
    """F91 and conventions 1 and 3."""
    panes = reader.window.panes.panes

    def visible() -> list[str]:
        qtbot.wait(20)
        return [name for name, pane in panes.items() if pane.isVisible()]

    assert len(visible()) == 4
    double_click(panes["axial"], (60, 120))
    assert visible() == ["axial"]
    QTest.keyClick(panes["axial"], K.Key_Tab)
    (other,) = visible()
    assert other != "axial"
    double_click(panes[other], (60, 120))
    assert len(visible()) == 4
    QTest.keyClick(panes["axial"], K.Key_M)
    assert len(visible()) == 1
    QTest.keyClick(panes[visible()[0]], K.Key_M)
    assert len(visible()) == 4
    QTest.keyClick(reader.window, K.Key_F11)
    qtbot.waitUntil(reader.window.isFullScreen, timeout=WAIT_MS)
    QTest.keyClick(reader.window, K.Key_F11)
    qtbot.waitUntil(lambda: not reader.window.isFullScreen(), timeout=WAIT_MS)


def test_delete_takes_away_what_is_selected_and_nothing_else(reader: Reader, qtbot: QtBot) -> None:
    reader.press(K.Key_D)
    reader.drag("axial", (-12, -8, 124.0), (12, -1, 124.0))
    reader.press(K.Key_Escape)
    reader.click("axial", (0, 15, 124.0))
    reader.press(K.Key_Delete)
    assert reads(reader.pane("axial"), "25.0 mm"), "nothing was selected"
    reader.click("axial", (0, -4.5, 124.0))
    reader.press(K.Key_Delete)
    qtbot.waitUntil(lambda: not reads(reader.pane("axial"), "25.0 mm"), timeout=WAIT_MS)
    reader.press(K.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: reads(reader.pane("axial"), "25.0 mm"), timeout=WAIT_MS)


def test_the_question_mark_shows_the_sheet(reader: Reader, qtbot: QtBot) -> None:
    QTest.keyClick(reader.window, "?")
    sheet = reader.window.findChild(ShortcutSheet)
    assert sheet is not None
    qtbot.waitUntil(sheet.isVisible, timeout=WAIT_MS)
    told = {label.text() for label in sheet.findChildren(object, "key")}
    assert {"D, L", "A", "K", "Space", "G", "F11"} <= told
    sheet.close()
