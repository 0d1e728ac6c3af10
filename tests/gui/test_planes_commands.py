"""Slabs, turned planes and their commands in the real window, by mouse, keys and menus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from scipy.ndimage import map_coordinates

from medview.gui.forms.planes_form import PlanesForm
from medview.gui.main_window import MainWindow
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.imaging.crosshair_handles import handle_places
from medview.imaging.window import grey
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.session.viewport import SlabMode
from medview.view.corner_line import CornerLine
from medview.view.corner_text import corner_text
from tests.gui.panes import drag, hover, pixels_of


@pytest.fixture
def opened(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> MainWindow:
    """Return the window with a CT in three planes: 24 slices of 2 mm, 40 rows and 48 columns of 1 mm."""
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=20_000)
    window.session.set_layout(shipped_layout("mpr"))
    settle()
    return window


def scene_of(window: MainWindow) -> Scene:
    assert window.session.scene is not None
    return window.session.scene


def pane_of(window: MainWindow, name: str) -> ViewportWidget:
    pane = window.panes.panes[name]
    assert isinstance(pane, ViewportWidget)
    return pane


def chosen(window: MainWindow, title: str) -> QAction:
    """Choose an entry of the menu Planes, or of a menu within it, by the title a person reads."""
    (menu,) = (action.menu() for action in window.menuBar().actions() if action.text() == "Planes")
    entries = list(menu.actions())
    for action in menu.actions():
        if isinstance(action.menu(), QMenu):
            entries += action.menu().actions()
    (entry,) = (action for action in entries if action.text() == title and action.isVisible())
    assert entry.isEnabled(), entry.toolTip()
    entry.trigger()
    return entry


def corner(window: MainWindow, name: str) -> str:
    """Return what stands in the corners of a pane, in one text."""
    pane = pane_of(window, name)
    picture = pane.picture()
    assert picture is not None
    found = corner_text(scene_of(window), pane.viewport, picture, (pane.width(), pane.height()))
    lines: list[CornerLine] = [*found.top_left, *found.bottom_left, *found.bottom_right]
    return "\n".join(str(line.text) for line in lines)


def handle(window: MainWindow, name: str, along: tuple[float, float]) -> np.ndarray:
    """Return where the handle of the line with a direction on the screen is drawn."""
    pane = pane_of(window, name)
    picture = pane.picture()
    assert picture is not None
    middle = np.array(picture.mm_to_pane(scene_of(window).cursor_mm))
    return handle_places(middle, np.array(along), (pane.width(), pane.height()))[0]


def wheel(window: MainWindow, name: str, notches: int, keys: Qt.KeyboardModifier) -> None:
    pane = pane_of(window, name)
    at = QPointF(pane.width() / 2, pane.height() / 2)
    none = Qt.MouseButton.NoButton
    event = QWheelEvent(
        at, pane.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), none, keys, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(pane, event)


@pytest.mark.parametrize(
    ("title", "mode", "projected"),
    [("Maximum (MIP)", "max", np.max), ("Minimum (MinIP)", "min", np.min), ("Mean", "mean", np.mean)],
)
def test_a_slab_shows_the_projection_of_the_slices_within_it(
    opened: MainWindow, title: str, mode: SlabMode, projected: Callable[..., np.ndarray]
) -> None:
    opened.session.choose(active_pane="coronal")
    scene = scene_of(opened)
    scene.move_cursor(scene.volume.geometry.to_mm((12, 14, 20)))  # in the bone, near the front of the body
    chosen(opened, title)
    chosen(opened, "Slab of 10 mm")
    picture = pane_of(opened, "coronal").picture()
    assert picture is not None
    # 1 mm rows, 5 on each side of row 14; the coronal picture has the head, the last slice, on top
    expected = np.rint(projected(scene.volume.array[:, 9:20, :], axis=1))[::-1].astype(np.int16)
    np.testing.assert_array_equal(picture.grey, grey(expected, scene.window, "LINEAR", inverted=False))
    name = {"max": "MIP", "min": "MinIP", "mean": "Mean"}[mode]
    assert f"{name}, slab of 10 mm" in corner(opened, "coronal")
    assert opened.session.viewports["axial"].slab_mm == 0
    chosen(opened, "One slice")
    assert opened.session.viewports["coronal"].slab_mm == 0


def test_the_wheel_with_control_and_shift_thickens_the_slab_under_the_mouse(opened: MainWindow) -> None:
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    before = pane_of(opened, "sagittal").picture()
    wheel(opened, "sagittal", 7, keys)
    assert opened.session.viewports["sagittal"].slab_mm == 7.0
    assert "MIP, slab of 7 mm" in corner(opened, "sagittal")
    after = pane_of(opened, "sagittal").picture()
    assert before is not None
    assert after is not None
    assert after.transform == before.transform  # neither zoomed nor scrolled
    wheel(opened, "sagittal", -9, keys)
    assert opened.session.viewports["sagittal"].slab_mm == 0.0


def test_a_thickness_of_any_kind_is_typed_and_slid(opened: MainWindow, qtbot: QtBot) -> None:
    opened.session.choose(active_pane="axial")
    chosen(opened, "Slab and angles…")
    form = opened.findChild(PlanesForm)
    assert form is not None
    form.thickness.lineEdit().selectAll()
    QTest.keyClicks(form.thickness.lineEdit(), "7.3")
    QTest.keyClick(form.thickness.lineEdit(), Qt.Key.Key_Return)
    assert opened.session.viewports["axial"].slab_mm == 7.3
    assert form.isVisible()  # Return gives the number, and does not close
    form.slider.setValue(16)
    assert opened.session.viewports["axial"].slab_mm == 16.0
    assert form.thickness.value() == 16.0
    picture = pane_of(opened, "axial").picture()
    assert picture is not None
    scene = scene_of(opened)
    middle = scene.cursor_index[0]
    expected = scene.volume.array[middle - 4 : middle + 5].max(axis=0)  # 2 mm apart, 8 mm to either side
    assert np.array_equal(picture.values, expected)
    form.close()


def test_the_3d_pane_has_no_slab_and_says_so(opened: MainWindow) -> None:
    opened.session.choose(active_pane="volume")
    action = opened.commands.actions["slab_10"]
    opened.commands.refresh()
    assert not action.isEnabled()
    assert "choose another pane" in action.toolTip()


def test_a_handle_turns_the_other_two_planes_and_the_turn_can_be_undone(opened: MainWindow, qtbot: QtBot) -> None:
    scene = scene_of(opened)
    axial = pane_of(opened, "axial")
    start = handle(opened, "axial", (1.0, 0.0))
    straight = axial.grab_pixels()
    picture = axial.picture()
    assert picture is not None
    middle = np.array(picture.mm_to_pane(scene.cursor_mm))
    angle = np.deg2rad(30.0)
    reach = start[0] - middle[0]
    end = middle + reach * np.array([np.cos(angle), np.sin(angle)])
    hover(axial, (float(start[0]), float(start[1])))
    assert axial.cursor().shape() == Qt.CursorShape.PointingHandCursor
    drag(axial, [tuple(start), tuple((start + end) / 2), tuple(end)])
    assert scene.turned_planes is not None
    # clockwise on the screen, patient's left on the right: the right end of the line goes to the back
    right, down = scene.plane_axes("coronal")
    assert right == pytest.approx((np.cos(angle), np.sin(angle), 0.0), abs=0.01)
    assert down == pytest.approx((0, 0, -1), abs=1e-9)
    assert scene.plane_axes("axial")[0] == pytest.approx((1, 0, 0), abs=1e-6)
    coronal = pane_of(opened, "coronal").picture()
    assert coronal is not None
    assert coronal.letters == ("RA", "LP", "H", "F")
    told = corner(opened, "coronal")
    assert "Interpolated: the planes are turned" in told
    assert "Cor > Sag -30" in told
    # the values of the turned plane are those of the volume there
    columns, rows = np.meshgrid(np.arange(coronal.grid.size[0]), np.arange(coronal.grid.size[1]))
    points = np.array([coronal.grid.to_mm(c + 0.5, r + 0.5) for c, r in zip(columns.flat, rows.flat, strict=True)])
    index = scene.volume.geometry.to_index(points)
    within = ((index >= 0) & (index <= np.array(scene.volume.array.shape) - 1)).all(axis=1)
    expected = map_coordinates(scene.volume.array.astype(float), index[within].T, order=1)
    assert np.abs(coronal.values.ravel()[within] - expected).max() <= 0.51
    qtbot.waitUntil(opened.commands.actions["undo"].isEnabled)
    QTest.keyClick(opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert scene.turned_planes is None
    assert np.array_equal(axial.grab_pixels(), straight)
    qtbot.waitUntil(opened.commands.actions["redo"].isEnabled)
    QTest.keyClick(opened, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert scene.turned_planes is not None


def test_double_oblique_follows_from_turning_in_two_panes_and_reset_puts_it_back(
    opened: MainWindow, qtbot: QtBot
) -> None:
    scene = scene_of(opened)
    for name in ("axial", "sagittal"):
        start = handle(opened, name, (1.0, 0.0))
        drag(pane_of(opened, name), [tuple(start), tuple(start + (-5.0, 30.0))])
    normals = [np.cross(*scene.plane_axes(plane)) for plane in ("axial", "coronal", "sagittal")]
    assert np.abs(np.array(normals) @ np.array(normals).T - np.eye(3)).max() < 1e-9
    coronal = pane_of(opened, "coronal").picture()
    assert coronal is not None
    assert [len(edge) for edge in coronal.letters] != [1, 1, 1, 1]
    qtbot.waitUntil(opened.commands.actions["reset_planes"].isEnabled)
    chosen(opened, "Reset the planes")
    assert scene.turned_planes is None
    picture = pane_of(opened, "axial").picture()
    assert picture is not None
    assert picture.is_acquired
    assert np.shares_memory(picture.values, scene.volume.array)  # native pixels again


def test_a_line_is_dragged_and_moves_its_plane_in_parallel(opened: MainWindow) -> None:
    scene = scene_of(opened)
    axial = pane_of(opened, "axial")
    picture = axial.picture()
    assert picture is not None
    before = scene.cursor_index
    x, y = picture.mm_to_pane(scene.cursor_mm)
    px_per_mm = picture.transform.scale_x
    on_line = (x + 25.0 * px_per_mm / 4, y)
    hover(axial, on_line)
    assert axial.cursor().shape() == Qt.CursorShape.SizeAllCursor
    drag(axial, [on_line, (on_line[0] + 3.0, y - 6 * px_per_mm)])
    assert scene.cursor_index == (before[0], before[1] - 6, before[2])  # 6 mm to the front, and nowhere else
    assert scene.window == scene.default_window  # the tool of the left button has done nothing


def test_the_faces_of_a_slab_are_dragged(opened: MainWindow) -> None:
    opened.session.choose(active_pane="coronal")
    chosen(opened, "Slab of 10 mm")
    axial = pane_of(opened, "axial")
    picture = axial.picture()
    assert picture is not None
    x, y = picture.mm_to_pane(scene_of(opened).cursor_mm)
    px_per_mm = picture.transform.scale_y
    face = (x + 60.0, y + 5.0 * px_per_mm)
    drag(axial, [face, (face[0], face[1] + 4.0 * px_per_mm)])
    assert opened.session.viewports["coronal"].slab_mm == pytest.approx(18.0, abs=0.2)
    assert "slab of 18" in corner(opened, "coronal")


def test_handles_come_with_the_mouse_and_are_not_in_a_saved_picture(opened: MainWindow) -> None:
    axial = pane_of(opened, "axial")
    place = handle(opened, "axial", (0.0, 1.0)).round().astype(int)
    hover(axial, (5.0, 5.0))
    around = np.s_[place[1] - 7 : place[1] + 8, place[0] - 7 : place[0] + 8]
    with_mouse = pixels_of(axial)[around]
    saved = axial.grab_pixels()[..., :3][around]
    assert not np.array_equal(with_mouse, saved)


def test_angles_are_typed(opened: MainWindow) -> None:
    chosen(opened, "Slab and angles…")
    form = opened.findChild(PlanesForm)
    assert form is not None
    box = form.angles[0].lineEdit()
    box.selectAll()
    QTest.keyClicks(box, "20")
    QTest.keyClick(box, Qt.Key.Key_Return)
    scene = scene_of(opened)
    right, down = scene.plane_axes("axial")
    assert right == pytest.approx((1, 0, 0), abs=1e-9)
    assert down == pytest.approx((0, np.cos(np.deg2rad(20)), np.sin(np.deg2rad(20))), abs=1e-9)
    assert "Ax > Cor -20.0" in corner(opened, "axial")
    form.close()


def test_the_wheel_steps_a_turned_plane_along_its_normal_by_the_finest_voxel(opened: MainWindow) -> None:
    scene = scene_of(opened)
    start = handle(opened, "sagittal", (1.0, 0.0))
    drag(pane_of(opened, "sagittal"), [tuple(start), tuple(start + (-5.0, 40.0))])
    normal = np.cross(*scene.plane_axes("axial"))
    before, number = scene.cursor_mm, pane_of(opened, "axial").picture()
    wheel(opened, "axial", -3, Qt.KeyboardModifier.NoModifier)
    moved = scene.cursor_mm - before
    assert abs(moved @ normal) == pytest.approx(3.0, abs=1e-6)  # voxels are 1 x 1 x 2 mm
    after = pane_of(opened, "axial").picture()
    assert number is not None
    assert after is not None
    assert after.slice_index == number.slice_index + 3
    assert f"Plane {after.slice_index + 1}/{after.slice_count}, 1.00 mm" in corner(opened, "axial")


def test_the_brush_refuses_turned_planes_with_a_sentence(opened: MainWindow) -> None:
    scene = scene_of(opened)
    start = handle(opened, "axial", (1.0, 0.0))
    drag(pane_of(opened, "axial"), [tuple(start), tuple(start + (-5.0, 30.0))])
    opened.session.choose(tool="brush")
    drag(pane_of(opened, "coronal"), [(100.0, 100.0), (110.0, 100.0)])
    assert scene.segmentation is None or not scene.segmentation.labels.any()
    assert any("cannot be painted on" in str(n.message) for n in opened.session.notices.notices)


def test_panes_made_anew_show_the_same_turned_pixels(opened: MainWindow, settle: Callable[[], None]) -> None:
    start = handle(opened, "axial", (1.0, 0.0))
    drag(pane_of(opened, "axial"), [tuple(start), tuple(start + (-5.0, 30.0))])
    opened.session.choose(active_pane="coronal")
    chosen(opened, "Slab of 20 mm")
    names = ("axial", "coronal", "sagittal")
    before = {name: pane_of(opened, name).grab_pixels() for name in names}
    sizes = {name: pane_of(opened, name).size() for name in names}
    for name in names:
        made = ViewportWidget(opened.session, name)
        made.resize(sizes[name])
        assert np.array_equal(made.grab_pixels(), before[name]), name
        made.release()
        made.deleteLater()


def test_a_click_with_the_crosshair_tool_goes_to_its_place_also_on_a_line(opened: MainWindow) -> None:
    scene = scene_of(opened)
    opened.session.choose(tool="crosshair")
    axial = pane_of(opened, "axial")
    picture = axial.picture()
    assert picture is not None
    before = scene.cursor_index
    x, y = picture.mm_to_pane(scene.cursor_mm)
    drag(axial, [(x + 10 * picture.transform.scale_x, y)])
    assert scene.cursor_index == (before[0], before[1], before[2] + 10)
