"""Measuring in the window: what is drawn with the mouse, what is read, what can be taken back."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.panes.measurement_entry import MeasurementEntry
from medview.imaging.turned_planes import TurnedPlanes
from medview.session.close_study import close_study
from medview.session.open_folder import open_folder
from medview.session.turn_planes import turn_planes
from medview.study.measurement import DEFAULT_COLOUR
from tests.gui.conftest import WAIT_MS
from tests.gui.measured import Person
from tests.gui.panes import double_click, drag, hover, pixels_of

Z = 124.0  # of the slice that is seen first: number 12 of 24, 2 mm apart from 100 on


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot, ct_folder: Path, settle: Callable[[], None]) -> Person:
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    window.session.scene.update(crosshair_visible=False)
    assert window.session.scene.cursor_mm[2] == Z
    return Person(window, qtbot)


def soft_tissue() -> np.ndarray:
    """Return the slice seen first, as it was written."""
    array = np.full((40, 48), -1000.0)
    array[10:30, 12:36] = 40
    array[12:17, 15:21] = 700
    return array


def test_a_length_is_dragged_and_read_in_mm(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    assert person.window.session.tool == "measure_length"
    person.drag("axial", (-12, -8, Z), (12, -1, Z))  # 24 and 7 mm: 25
    assert person.listed() == [("Length", "25.0 mm")]
    assert person.texts("axial") == {"25.0 mm"}
    assert person.is_drawn_at("axial", (0, -4.5, Z))
    assert person.measured()[0].image is not None


def test_two_clicks_measure_the_same(person: Person) -> None:
    person.key(Qt.Key.Key_L)
    person.click("axial", (-12, -8, Z))
    person.hover("axial", (4, 4, Z))
    assert person.texts("axial") == {"20.0 mm"}  # 16 and 12: while the mouse moves
    assert person.measured() == ()
    person.click("axial", (12, -1, Z))
    assert person.listed() == [("Length", "25.0 mm")]


def test_one_step_takes_a_measurement_back_and_the_menu_says_which(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.qtbot.wait(30)
    assert "Length" in person.window.commands.actions["undo"].text()
    person.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert person.listed() == []
    assert not person.coloured("axial").any()
    person.key(Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert person.listed() == [("Length", "25.0 mm")]


def test_what_is_measured_near_a_corner_is_written_clear_of_the_corner_and_the_letter(person: Person) -> None:
    for kind, start, end in (("ellipse", (14, -17, Z), (20, -12, Z)), ("rectangle", (-2, -18, Z), (4, -13, Z))):
        person.window.commands.actions[f"measure_{kind}"].trigger()
        person.drag("axial", start, end)
    pane = person.pane("axial")
    pane.grab()
    written = pane._measurements._painter.texts.values()  # type: ignore[attr-defined]
    corner, middle = QRectF(pane.width() - 150, 0, 150, 40), QRectF(pane.width() / 2 - 10, 0, 20, 28)
    assert len(written) == 2
    assert not any(area.intersects(other) for area in written for other in (corner, middle))


def test_escape_gives_up_what_is_drawn_and_then_the_tool(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    person.click("axial", (-12, -8, Z))
    person.hover("axial", (4, 4, Z))
    person.key(Qt.Key.Key_Escape)
    assert person.texts("axial") == set()
    assert person.window.session.tool == "measure_length"
    person.key(Qt.Key.Key_Escape)
    assert person.window.session.tool == "window_level"
    assert person.measured() == ()


def test_another_tool_gives_up_what_is_drawn(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    person.click("axial", (-12, -8, Z))
    person.key(Qt.Key.Key_A)
    assert person.texts("axial") == set()


def test_an_angle_of_a_drag_and_a_click(person: Person) -> None:
    person.key(Qt.Key.Key_A)
    person.drag("axial", (-10, 0, Z), (0, 0, Z))
    person.hover("axial", (5, -5, Z))
    person.click("axial", (6, -6, Z))
    # from the vertex one arm runs straight to the left, the other up and right
    assert person.listed() == [("Angle", "135.0°")]


def test_a_cobb_angle_of_two_lines(person: Person) -> None:
    person.window.commands.actions["measure_cobb"].trigger()
    person.drag("axial", (-12, -10, Z), (12, -10, Z))
    person.drag("axial", (-12, 0, Z), (12, 24 * np.tan(np.deg2rad(30)), Z))
    assert person.listed() == [("Cobb angle", "30.0°")]


def test_two_diameters_stay_at_right_angles(person: Person) -> None:
    person.window.commands.actions["measure_bidirectional"].trigger()
    person.drag("axial", (-12, 0, Z), (12, 0, Z))
    assert person.listed() == [("Bidirectional", "24.0 × 12.0 mm")]
    person.drag("axial", (0, -6, Z), (4, -9, Z))  # an end of the short one: along and out
    assert person.listed() == [("Bidirectional", "24.0 × 15.0 mm")]
    points = person.measured()[0].points_mm
    assert np.dot(points[1] - points[0], points[3] - points[2]) == pytest.approx(0.0, abs=1e-6)
    person.drag("axial", (12, 0, Z), (12, 7, Z))  # an end of the long one turns both
    points = person.measured()[0].points_mm
    assert np.dot(points[1] - points[0], points[3] - points[2]) == pytest.approx(0.0, abs=1e-6)
    assert np.linalg.norm(points[1] - points[0]) == pytest.approx(25.0, abs=0.05)


@pytest.mark.parametrize("kind", ["ellipse", "rectangle"])
def test_a_region_tells_the_values_inside(kind: str, person: Person) -> None:
    person.window.commands.actions[f"measure_{kind}"].trigger()
    low, high = np.array([-14.2, -13.2]), np.array([3.7, 4.8])
    person.drag("axial", (*low, Z), (*high, Z))
    rows, columns = np.mgrid[0:40, 0:48]
    x, y = columns - 24.0, rows - 20.0  # the centres of the pixels, mm
    if kind == "ellipse":
        middle, half = (low + high) / 2, (high - low) / 2
        inside = ((x - middle[0]) / half[0]) ** 2 + ((y - middle[1]) / half[1]) ** 2 <= 1
        area = np.pi * half[0] * half[1]
    else:
        inside = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
        area = np.prod(high - low)
    values = soft_tissue()[inside]
    spread = f"{values.mean():.1f} ± {values.std():.1f} HU"
    assert person.texts("axial") == {f"{area:.1f} mm²", spread, f"min {values.min():.0f}  max {values.max():.0f}"}
    assert person.listed()[0][1] == f"{area:.1f} mm²\n{spread}"


def test_a_polygon_is_closed_by_enter_and_a_corner_taken_back(person: Person) -> None:
    person.window.commands.actions["measure_polygon"].trigger()
    for corner in ((-10, -10), (10, -10), (17, 17)):
        person.click("axial", (*corner, Z))
    person.key(Qt.Key.Key_Backspace)
    person.click("axial", (10, 5, Z))
    person.click("axial", (-10, 5, Z))
    person.key(Qt.Key.Key_Return)
    assert person.listed()[0][1].split("\n")[0] == "300.0 mm²"


def test_a_polygon_is_closed_by_a_double_click_and_by_its_first_corner(person: Person) -> None:
    person.window.commands.actions["measure_polygon"].trigger()
    for corner in ((-10, -10), (10, -10), (10, 0)):
        person.click("axial", (*corner, Z))
    double_click(person.pane("axial"), person.at("axial", (-10, 0, Z)))
    assert person.listed()[0][1].split("\n")[0] == "200.0 mm²"
    assert person.window.session.maximised is None
    for corner in ((-20, 5), (-15, 5), (-15, 10), (-20, 10), (-20, 5)):
        person.click("axial", (*corner, Z))
    assert person.listed()[1][1].split("\n")[0] == "25.0 mm²"


def test_a_freehand_region_of_one_drag(person: Person) -> None:
    person.window.commands.actions["measure_freehand"].trigger()
    around = np.deg2rad(np.arange(0, 360, 3))
    ring = [person.at("axial", (10 * np.cos(a), 10 * np.sin(a), Z)) for a in around]
    drag(person.pane("axial"), ring)
    area = float(person.listed()[0][1].split(" mm²")[0])
    assert area == pytest.approx(np.pi * 100, rel=0.02)


def test_a_probe_reads_the_voxel(person: Person) -> None:
    person.window.commands.actions["measure_probe"].trigger()
    person.click("axial", (-6, -6, Z))  # column 18, row 14: bone
    person.click("axial", (5, 5, Z))
    person.click("axial", (-20, -15, Z))
    assert [value for _, value in person.listed()] == ["700 HU", "40 HU", "-1000 HU"]


def test_a_text_is_typed_where_it_stands(person: Person) -> None:
    person.window.commands.actions["measure_text"].trigger()
    person.click("axial", (0, 0, Z))
    entry = person.pane("axial").findChild(MeasurementEntry)
    assert entry is not None
    assert entry.hasFocus()
    person.qtbot.keyClicks(entry, "lesion d")  # letters that are keys of tools elsewhere
    person.qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert person.texts("axial") == {"lesion d"}
    assert person.window.session.tool == "measure_text"
    person.click("axial", (10, 10, Z))
    person.qtbot.keyClick(person.pane("axial").findChildren(MeasurementEntry)[-1], Qt.Key.Key_Escape)
    assert len(person.measured()) == 1
    assert person.texts("axial") == {"lesion d"}
    area = next(iter(person.pane("axial")._measurements._painter.texts.values()))
    x, y = area.center().x(), area.center().y()
    drag(person.pane("axial"), [(x, y), (x + 20, y), (x + 4 * person.scale("axial"), y)])  # it is dragged by its words
    np.testing.assert_allclose(person.measured()[0].points_mm, [(4, 0, Z)], atol=0.2)


def test_numbers_are_shown_on_their_own_image_alone(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.key(Qt.Key.Key_Escape)
    assert person.texts("axial") == {"25.0 mm"}
    person.key(Qt.Key.Key_Down)
    assert person.texts("axial") == set()
    assert not person.coloured("axial").any()
    person.key(Qt.Key.Key_Up)
    assert person.texts("axial") == {"25.0 mm"}


def test_a_length_in_a_cut_plane_counts_slices_in_mm(person: Person) -> None:
    y = person.window.session.scene.cursor_mm[1]
    person.key(Qt.Key.Key_D)
    person.drag("coronal", (-9, y, 110), (9, y, 134))  # 18 and 24 mm
    assert person.listed() == [("Length", "30.0 mm")]
    assert person.texts("coronal") == {"30.0 mm"}
    assert person.measured()[0].image is None
    # the axial slice at 124 is pierced at 14 of 24 mm: a mark there, but no number
    assert person.texts("axial") == set()
    assert person.is_drawn_at("axial", (-9 + 18 * 14 / 24, y, Z), reach=3)


def test_a_handle_is_dragged_out_of_its_image_in_another_plane(person: Person) -> None:
    y = person.window.session.scene.cursor_mm[1]
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, y, Z), (12, y, Z))
    person.key(Qt.Key.Key_Escape)
    assert person.texts("coronal") == {"24.0 mm"}  # it lies in this plane as a whole
    person.drag("coronal", (12, y, Z), (12, y, Z + 10))
    assert person.listed() == [("Length", "26.0 mm")]
    assert person.measured()[0].image is None
    np.testing.assert_allclose(person.measured()[0].points_mm, [(-12, y, Z), (12, y, Z + 10)], atol=0.2)
    person.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert person.listed() == [("Length", "24.0 mm")]
    assert person.measured()[0].image is not None


def test_a_region_goes_to_another_image_in_another_plane(person: Person) -> None:
    y = person.window.session.scene.cursor_mm[1]
    person.window.commands.actions["measure_rectangle"].trigger()
    person.drag("axial", (-10, y - 8, Z), (10, y + 8, Z))
    person.key(Qt.Key.Key_Escape)
    before = person.listed()
    assert person.is_drawn_at("coronal", (3, y, Z))  # where the plane cuts it
    assert person.texts("coronal") == set()
    person.drag("coronal", (0, y, Z), (0, y, Z + 6.3))  # three slices and a bit: the nearest image
    assert person.texts("axial") == set()
    assert person.listed() == before  # the block is the same there
    np.testing.assert_allclose(person.measured()[0].points_mm[:, 2], Z + 6)
    person.window.session.choose(active_pane="axial")
    for _ in range(3):
        person.key(Qt.Key.Key_Down)
    assert len(person.texts("axial")) == 3


def test_the_body_is_dragged_with_any_tool_and_deleted_only_when_selected(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.key(Qt.Key.Key_Escape)
    person.click("axial", (0, 15, Z))  # beside it: nothing is selected
    window = person.window.session.scene.window
    person.key(Qt.Key.Key_Delete)
    assert len(person.measured()) == 1
    person.drag("axial", (0, -4.5, Z), (3, 1.5, Z))
    assert person.window.session.scene.window == window  # the window tool did not act
    np.testing.assert_allclose(person.measured()[0].points_mm[:, :2], [(-9, -2), (15, 5)], atol=0.15)
    assert person.listed() == [("Length", "25.0 mm")]
    person.key(Qt.Key.Key_Delete)
    assert person.measured() == ()
    person.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert person.listed() == [("Length", "25.0 mm")]


def test_what_lies_under_the_mouse_is_pointed_out(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.key(Qt.Key.Key_Escape)
    person.click("axial", (0, 15, Z))
    person.hover("axial", (0, 15, Z))
    thin = int(person.coloured("axial").sum())
    person.hover("axial", (0, -4.5, Z))
    assert person.coloured("axial").sum() > 1.15 * thin


def test_the_text_is_dragged_away_and_follows(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.key(Qt.Key.Key_Escape)
    person.texts("axial")
    pane = person.pane("axial")
    area = next(iter(pane._measurements._painter.texts.values()))
    start = area.center().x(), area.center().y()
    drag(pane, [start, (start[0] - 40, start[1] + 50), (start[0] - 80, start[1] + 90)])
    person.texts("axial")
    moved = next(iter(pane._measurements._painter.texts.values()))
    assert moved.center().x() - start[0] == pytest.approx(-80, abs=1.5)
    assert moved.center().y() - start[1] == pytest.approx(90, abs=1.5)
    assert person.listed() == [("Length", "25.0 mm")]
    assert "Move text" in person.window.commands.actions["undo"].text()
    # with the image magnified it keeps its place beside the shape
    assert person.measured()[0].text_offset_mm is not None


def test_a_double_click_gives_a_name(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.key(Qt.Key.Key_Escape)
    double_click(person.pane("axial"), person.at("axial", (0, -4.5, Z)))
    entry = person.pane("axial").findChild(MeasurementEntry)
    assert entry is not None
    person.qtbot.keyClicks(entry, "Aorta")
    person.qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert person.texts("axial") == {"Aorta", "25.0 mm"}
    assert person.listed() == [("Aorta", "25.0 mm")]


def test_values_are_not_measured_on_a_slab(person: Person) -> None:
    person.window.session.viewports["axial"].update(slab_mm=10.0)
    person.window.commands.actions["measure_ellipse"].trigger()
    person.drag("axial", (-10, -10, Z), (10, 10, Z))
    assert person.measured() == ()
    assert any("slab" in str(notice.message) for notice in person.window.session.notices.notices)


def test_what_was_measured_on_a_slice_says_on_a_slab_that_it_is_of_the_slice(person: Person) -> None:
    person.window.commands.actions["measure_ellipse"].trigger()
    person.drag("axial", (-10, -10, Z), (10, 10, Z))
    assert "values of one slice, not of the slab" not in person.texts("axial")
    person.window.session.viewports["axial"].update(slab_mm=10.0)
    assert "values of one slice, not of the slab" in person.texts("axial")


def test_the_tool_gives_way_where_a_person_wants_that(person: Person) -> None:
    person.window.commands.actions["measure_tool_stays"].trigger()
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    assert person.window.session.tool == "window_level"


def test_a_measurement_in_a_mirrored_and_turned_pane(person: Person) -> None:
    person.window.session.viewports["axial"].update(turn_deg=90, is_mirrored=True)
    person.key(Qt.Key.Key_D)
    pane = person.pane("axial")
    scale = min(pane.width() / 40, pane.height() / 48)
    x, y = pane.width() / 2, pane.height() / 2
    drag(pane, [(x - 5 * scale, y), (x, y + 3 * scale), (x + 5 * scale, y + 5 * scale)])
    assert person.listed()[0][1] == f"{np.hypot(10, 5):.1f} mm"
    hover(pane, (x, y + 100))


def test_a_length_in_a_turned_plane_lies_where_that_plane_lies(person: Person) -> None:
    scene = person.window.session.scene
    turn = np.deg2rad(30)
    about_x = np.array([[1, 0, 0], [0, np.cos(turn), -np.sin(turn)], [0, np.sin(turn), np.cos(turn)]])
    turn_planes(scene, TurnedPlanes(about_x), "Turn the planes")
    person.qtbot.wait(30)
    pane = person.pane("axial")
    picture = pane.picture()
    px_per_mm = picture.transform.scale_x / picture.grid.pixel_mm[0]
    x, y = picture.mm_to_pane(scene.cursor_mm)
    person.key(Qt.Key.Key_D)
    drag(pane, [(x + 3, y + 4), (x + 3 + 4 * px_per_mm, y), (x + 3 + 8 * px_per_mm, y + 4 + 6 * px_per_mm)])
    person.key(Qt.Key.Key_Escape)
    assert person.texts("axial") == {"10.0 mm"}
    line = np.diff(person.measured()[0].points_mm, axis=0)[0]
    np.testing.assert_allclose(line, (8, 6 * np.cos(turn), 6 * np.sin(turn)), atol=0.05)
    assert person.measured()[0].image is None
    turn_planes(scene, None, "Reset the planes")
    person.qtbot.wait(30)
    assert person.texts("axial") == set()  # it leaves the upright plane: only where it lies there is a mark


def test_what_is_written_at_the_mouse_is_what_a_probe_reads(person: Person) -> None:
    person.hover("axial", (-6, -6, Z))
    person.qtbot.wait(30)
    assert person.window.readout.text() == f"Mouse   R 6.0  A 6.0  H {Z:.1f} mm   700 HU"
    person.window.commands.actions["measure_probe"].trigger()
    person.click("axial", (-6, -6, Z))
    assert person.listed() == [("Probe", "700 HU")]


def test_a_study_that_has_been_measured_is_free_to_go(person: Person) -> None:
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-12, -8, Z), (12, -1, Z))
    person.click("axial", (5, 5, Z))  # one more is begun
    volume = weakref.ref(person.window.session.scene.volume)
    close_study(person.window.session, person.window.session.scene.study)
    person.qtbot.wait(50)
    gc.collect()
    assert volume() is None


def test_the_magnifier_shows_lines_and_mask_larger_at_their_places(person: Person, qtbot: QtBot) -> None:
    pane, session = person.pane("axial"), person.window.session
    x, y = (round(n) for n in person.at("axial", (0.0, 0.0, Z)))
    person.key(Qt.Key.Key_B)
    drag(pane, [(x - 20.0, y + 12.0), (x - 14.0, y + 12.0)])
    person.key(Qt.Key.Key_D)
    drag(pane, [(x - 60.0, y - 10.0), (x - 20.0, y - 10.0), (x + 16.0, y - 10.0)])
    session.choose(tool="magnify")
    session.focus.select("")
    hover(pane, (x + 60.0, y + 60.0))
    plain = pixels_of(pane).astype(int)

    def is_line(seen: NDArray[np.int_], right: int, down: int) -> bool:
        """Whether the colour of measurements is painted at a place beside the middle of the lens."""
        near = seen[y + down - 1 : y + down + 2, x + right - 1 : x + right + 2]
        return bool((np.abs(near - DEFAULT_COLOUR).max(axis=2) < 80).any())

    assert is_line(plain, 12, -10)
    assert not is_line(plain, 26, -20)
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
    held = pixels_of(pane).astype(int)
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
    assert is_line(held, 26, -20), "twice as far from the middle"
    assert not is_line(held, 40, -20), "and it ends at 32"
    assert not is_line(held, 12, -10)
    for right, down in ((-28, 24), (-34, 20)):  # in the mask, that lies half as far away
        assert held[y + down, x + right] == pytest.approx(plain[y + down // 2, x + right // 2], abs=3)
        assert np.ptp(held[y + down, x + right]) > 30, "the mask has a colour"
