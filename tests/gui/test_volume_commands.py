"""3D in the window: looks, curves, clipping, picking and views, by menu, mouse and keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QColorDialog, QSlider
from pytestqt.qtbot import QtBot

from medview.gui.looks.curve_item import CurveHandle
from medview.gui.looks.look_window import LookWindow
from medview.gui.main_window import MainWindow
from medview.gui.panes.volume_painter import cube_place
from medview.gui.panes.volume_widget import VolumeWidget
from medview.imaging.clip_handles import clip_handles
from medview.imaging.volume_look import VolumeLook
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.session.volume_camera import volume_camera
from tests.gui.panes import double_click, drag, hover, pixels_of


@pytest.fixture
def opened(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> MainWindow:
    """Return the window with a CT on the screen: air, a block of soft tissue, and bone in it."""
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=20_000)
    window.session.set_layout(shipped_layout("mpr"))
    window.session.maximise("volume")
    window.session.choose(active_pane="volume")
    settle()
    return window


def scene_of(window: MainWindow) -> Scene:
    assert window.session.scene is not None
    return window.session.scene


def viewport_of(window: MainWindow) -> Viewport:
    return window.session.viewports["volume"]


def pane_of(window: MainWindow) -> VolumeWidget:
    pane = window.panes.panes["volume"]
    assert isinstance(pane, VolumeWidget)
    return pane


def picture_of(window: MainWindow, qtbot: QtBot) -> np.ndarray:
    """Wait until the full picture is there and return what the pane shows, without letters and texts at the edges."""
    quiet = 0
    for _ in range(400):
        qtbot.wait(25)
        quiet = quiet + 1 if not window.session.jobs.jobs else 0
        if quiet > 9:  # longer than the rest before the full picture
            break
    shown = pixels_of(pane_of(window)).astype(int)
    height, width = shown.shape[:2]
    return shown[height // 6 : -height // 4, width // 6 : -width // 6]


def chosen(window: MainWindow, command: str) -> None:
    window.commands.refresh()
    action = window.commands.actions[command]
    assert action.isEnabled(), action.toolTip()
    action.trigger()


def at(window: MainWindow, index: tuple[float, float, float]) -> tuple[float, float]:
    """Return where a voxel is seen in the pane."""
    pane, geometry = pane_of(window), scene_of(window).volume.geometry
    size = (pane.width(), pane.height())
    return volume_camera(viewport_of(window), geometry, size).to_picture(geometry.to_mm(index), size)


def window_of_looks(window: MainWindow, settle: Callable[[], None]) -> LookWindow:
    chosen(window, "look_window")
    settle()
    (looks,) = window.findChildren(LookWindow)
    return looks


def test_a_look_is_chosen_by_its_key_and_marked(opened: MainWindow, qtbot: QtBot) -> None:
    bone = picture_of(opened, qtbot)
    assert opened.commands.actions["look_1"].text() == "Bone"
    assert opened.commands.actions["look_1"].isChecked()
    pane_of(opened).setFocus()
    QTest.keyClick(pane_of(opened), Qt.Key.Key_2, Qt.KeyboardModifier.ShiftModifier)
    assert viewport_of(opened).look.preset == "ct_soft_tissue"
    assert not opened.commands.actions["look_1"].isChecked()
    assert np.abs(picture_of(opened, qtbot) - bone).max() > 60
    shown = [a.text() for a in opened.commands.actions.values() if a.isVisible() and a.objectName().startswith("look_")]
    assert "Airways and surface of the lungs" in shown
    assert "Head, T1" not in shown  # of MR
    chosen(opened, "undo")
    assert np.abs(picture_of(opened, qtbot) - bone).max() == 0


def test_the_patient_is_seen_from_each_side_by_a_key(opened: MainWindow) -> None:
    geometry = scene_of(opened).volume.geometry
    pane_of(opened).setFocus()
    for key, letters in (
        (Qt.Key.Key_1, ("R", "L", "H", "F")),
        (Qt.Key.Key_2, ("L", "R", "H", "F")),
        (Qt.Key.Key_3, ("A", "P", "H", "F")),
        (Qt.Key.Key_4, ("P", "A", "H", "F")),
        (Qt.Key.Key_5, ("R", "L", "P", "A")),
        (Qt.Key.Key_6, ("R", "L", "A", "P")),
    ):
        viewport_of(opened).update(azimuth_deg=33.0, elevation_deg=21.0, roll_deg=7.0)
        QTest.keyClick(pane_of(opened), key, Qt.KeyboardModifier.AltModifier)
        assert volume_camera(viewport_of(opened), geometry, (100, 100)).edge_letters() == letters
    viewport_of(opened).update(azimuth_deg=40.0, zoom=3.0, look=VolumeLook(preset="ct_muscle"))
    chosen(opened, "reset_view")
    viewport = viewport_of(opened)
    assert (viewport.zoom, viewport.azimuth_deg, viewport.look.preset) == (1.0, 0.0, "ct_muscle")
    opened.session.set_layout(shipped_layout("1x1"))
    opened.commands.refresh()
    action = opened.commands.actions["look_window"]
    assert not action.isEnabled()
    assert "no 3D pane" in action.toolTip()


def test_the_cube_shows_a_side_and_looks_from_it_when_pressed(opened: MainWindow, qtbot: QtBot) -> None:
    pane = pane_of(opened)
    viewport_of(opened).update(azimuth_deg=60.0)  # the left side is seen more than the front
    picture_of(opened, qtbot)
    middle = cube_place(pane.width(), pane.height())
    assert middle is not None
    cube = pixels_of(pane)[int(middle[1]) - 15 : int(middle[1]) + 15, int(middle[0]) - 15 : int(middle[0]) + 15]
    assert cube.max() > 150  # its letters
    drag(pane, [(middle[0] + 6.0, middle[1])])
    assert (viewport_of(opened).azimuth_deg, viewport_of(opened).elevation_deg) == (90.0, 0.0)


def test_a_click_moves_the_crosshair_to_the_bone_and_a_drag_does_not(opened: MainWindow, qtbot: QtBot) -> None:
    scene, pane = scene_of(opened), pane_of(opened)
    picture_of(opened, qtbot)
    # the bone's rows 12 to 16, columns 15 to 20: seen from the front, its first row is met
    drag(pane, [at(opened, (11.6, 14.0, 17.2))])
    assert abs(scene.cursor_index[1] - 12) <= 1
    assert (scene.cursor_index[0], scene.cursor_index[2]) == (12, 17)
    before = scene.cursor_index
    drag(pane, [(200.0, 200.0), (240.0, 200.0)])
    assert scene.cursor_index == before
    drag(pane, [(30.0, 120.0)])  # beside the body
    assert scene.cursor_index == before
    viewport_of(opened).reset(keep_look=True)
    double_click(pane, at(opened, (4.0, 14.0, 19.0)))
    assert scene.cursor_index == before, "making a pane large moves nothing"
    assert opened.session.maximised is None


def test_the_clip_box_is_pulled_with_the_mouse_and_by_a_slider_and_undone(
    opened: MainWindow, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    scene, pane, viewport = scene_of(opened), pane_of(opened), viewport_of(opened)
    whole = picture_of(opened, qtbot)
    chosen(opened, "clip_box")
    geometry, size = scene.volume.geometry, (pane.width(), pane.height())
    assert viewport.look.clipping is not None
    handles = clip_handles(viewport.look.clipping, geometry, volume_camera(viewport, geometry, size), size)
    head = next(h for h in handles if (h.axis, h.end) == (0, 1))
    picture_of(opened, qtbot)
    x, y = (int(value) for value in at(opened, (23.5, 19.5, 23.5)))
    amber = pixels_of(pane)[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).mean(axis=0)
    saved = pane.grab_pixels()[y - 2 : y + 3, x - 2 : x + 3, :3].reshape(-1, 3).mean(axis=0)
    assert amber[0] > 200 > amber[2] + 50
    assert saved[0] < 120, "handles are not in a saved picture"
    x, y = head.at_px
    hover(pane, (x, y))
    assert pane.cursor().shape() == Qt.CursorShape.PointingHandCursor
    hover(pane, (x + 30.0, y))
    assert pane.cursor().shape() == Qt.CursorShape.ArrowCursor
    down = at(opened, (11.5, 20, 24))[1] - y  # half of the slices
    drag(pane, [(x, y), (x, y + down / 2), (x, y + down)])
    assert viewport.look.clipping is not None
    assert viewport.look.clipping.box[0] == pytest.approx((-0.5, 11.5), abs=0.2)
    clipped = picture_of(opened, qtbot)
    top, bottom = at(opened, (17, 14, 17)), at(opened, (5, 14, 17))
    shown = pixels_of(pane)
    assert shown[int(top[1]), int(top[0])].max() < 30
    assert shown[int(bottom[1]), int(bottom[0])].max() > 60
    assert np.abs(clipped - whole).max() > 60
    looks = window_of_looks(opened, settle)
    slider: QSlider = looks.clip.faces[2, 0]
    slider.setValue(500)  # half of the columns, from the patient's right
    assert viewport.look.clipping.box[2][0] == pytest.approx(47 / 2, abs=0.6)
    looks.close()
    for _ in range(3):
        chosen(opened, "undo")
    assert viewport.look == VolumeLook()
    assert np.array_equal(picture_of(opened, qtbot), whole)
    for _ in range(3):
        chosen(opened, "redo")
    chosen(opened, "reset_clipping")
    assert np.array_equal(picture_of(opened, qtbot), whole)


def test_the_clip_plane_faces_the_eye_and_is_pulled_along_its_normal(opened: MainWindow, qtbot: QtBot) -> None:
    viewport, pane, scene = viewport_of(opened), pane_of(opened), scene_of(opened)
    chosen(opened, "clip_plane")
    assert viewport.look.clipping is not None
    plane = viewport.look.clipping.plane
    assert plane is not None
    assert plane.normal == pytest.approx((0.0, -1.0, 0.0))  # towards the eye, in front of the patient
    assert plane.point_mm == pytest.approx(tuple(scene.cursor_mm))
    viewport.update(azimuth_deg=90.0)  # seen from the left, its normal goes to the left of the screen
    geometry, size = scene.volume.geometry, (pane.width(), pane.height())
    camera = volume_camera(viewport, geometry, size)
    handle = next(h for h in clip_handles(viewport.look.clipping, geometry, camera, size) if h.kind == "plane")
    step = 5.0 * camera.px_per_mm(size)
    x, y = handle.at_px
    drag(pane, [(x, y), (x - step, y)])
    assert viewport.look.clipping.plane is not None
    assert viewport.look.clipping.plane.point_mm[1] == pytest.approx(plane.point_mm[1] - 5.0, abs=0.01)
    chosen(opened, "clip_plane")
    assert viewport.look.clipping is None or viewport.look.clipping.plane is None


def test_shift_and_drag_moves_the_whole_function_as_one_step(opened: MainWindow, qtbot: QtBot) -> None:
    viewport, pane = viewport_of(opened), pane_of(opened)
    before = picture_of(opened, qtbot)
    drag(pane, [(300.0, 300.0), (260.0, 300.0), (220.0, 300.0)], keys=Qt.KeyboardModifier.ShiftModifier)
    function = viewport.look.function
    assert function is not None
    # the bone look reaches from 140 to 2000 HU: 80 px of 400 are a fifth of that
    assert function.opacity[0][0] == pytest.approx(140 - 1860 * 80 / 400)
    assert np.abs(picture_of(opened, qtbot) - before).max() > 40
    chosen(opened, "undo")
    assert viewport.look.function is None
    assert np.array_equal(picture_of(opened, qtbot), before)


def test_points_of_the_curve_are_dragged_added_recoloured_and_deleted(
    opened: MainWindow, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    viewport = viewport_of(opened)
    before = picture_of(opened, qtbot)
    looks = window_of_looks(opened, settle)
    editor = looks.function.editor
    qtbot.waitExposed(looks)
    curve, plot = editor.curve, editor.plot.viewport()

    def on_plot(place: QPointF) -> tuple[float, float]:
        point = editor.plot.mapFromScene(curve.mapToScene(place))
        return float(point.x()), float(point.y())

    # the histogram has the three values of the block: air, soft tissue, bone
    heights = editor._bars.getData()[1]
    assert np.count_nonzero(heights) == 3
    first = curve.places()[CurveHandle("opacity", 0)]
    assert (first.x(), first.y()) == (140.0, 0.0)
    target = QPointF(10.0, 0.8)  # soft tissue becomes opaque
    drag(plot, [on_plot(first), on_plot((first + target) / 2), on_plot(target)])
    function = viewport.look.function
    assert function is not None
    assert function.opacity[0][0] == pytest.approx(10.0, abs=10.0)  # a pixel is 7 HU wide
    assert function.opacity[0][1] == pytest.approx(0.64, abs=0.02)
    changed = picture_of(opened, qtbot)
    assert np.abs(changed - before).max() > 40
    double_click(plot, on_plot(QPointF(1500.0, 0.3)))
    assert viewport.look.function is not None
    assert len(viewport.look.function.opacity) == len(function.opacity) + 1
    place = next(k for k, (value, _) in enumerate(viewport.look.function.opacity) if abs(value - 1500) < 20)
    curve.delete(CurveHandle("opacity", place))
    assert viewport.look.function == function
    editor.ask_colour(CurveHandle("colour", 0))
    dialog = editor.findChild(QColorDialog)
    assert dialog is not None
    dialog.setCurrentColor(Qt.GlobalColor.green)
    dialog.accept()
    assert viewport.look.function is not None
    assert viewport.look.function.colours[0][1:] == (0.0, 255.0, 0.0)
    green = picture_of(opened, qtbot)
    assert int((green[..., 1] - green[..., 0]).max()) > 40
    for _ in range(4):
        looks.function.undo_button.click()
    assert viewport.look.function is None
    assert np.array_equal(picture_of(opened, qtbot), before)
    looks.close()


def test_an_own_look_is_kept_offered_and_deleted_and_both_are_undone(
    opened: MainWindow, medview_home: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    viewport = viewport_of(opened)
    looks = window_of_looks(opened, settle)
    looks.function.lights["diffuse"].setValue(10)
    dark = viewport.look.function
    assert dark is not None
    assert dark.diffuse == 0.1
    looks.keep("  Dark   bone ")
    titles = [looks.list.item(row).text() for row in range(looks.list.count())]
    assert titles[-1] == "Dark bone"
    assert viewport.look.function is None
    kept = json.loads((medview_home / "volume_looks.json").read_text(encoding="utf-8"))
    assert kept["looks"][0]["title"] == "Dark bone"
    assert "Testmann" not in json.dumps(kept)
    looks._delete.click()
    assert "Dark bone" not in [looks.list.item(row).text() for row in range(looks.list.count())]
    assert viewport.look.function == dark, "what is seen stays"
    chosen(opened, "undo")
    assert "Dark bone" in [looks.list.item(row).text() for row in range(looks.list.count())]
    looks.keep("")
    assert "1 to 60 letters" in str(opened.session.notices.notices[-1].message)
    (medview_home / "volume_looks.json").write_text('{"looks": [{"title": 3}, 7]}', encoding="utf-8")
    opened.session.maximise(None)  # the window looks again
    assert looks.list.count() > 10
    looks.close()


def test_each_look_has_a_picture_of_the_volume_in_the_window(
    opened: MainWindow, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    looks = window_of_looks(opened, settle)

    def brightest(row: int) -> int:
        image = looks.list.item(row).icon().pixmap(looks.list.iconSize()).toImage()
        return max(image.pixelColor(x, y).lightness() for x in range(4, 108, 8) for y in range(4, 84, 8))

    qtbot.waitUntil(lambda: all(brightest(row) > 40 for row in (0, 1)), timeout=20_000)
    item = looks.list.item(1)
    QTest.mouseClick(looks.list.viewport(), Qt.MouseButton.LeftButton, pos=looks.list.visualItemRect(item).center())
    assert viewport_of(opened).look.preset == "ct_soft_tissue"
    opened.hide()
    qtbot.waitUntil(lambda: opened.findChildren(LookWindow) == [])  # it goes with the window of the images


def test_closing_and_opening_the_pane_from_the_session_gives_the_same_pixels(opened: MainWindow, qtbot: QtBot) -> None:
    viewport = viewport_of(opened)
    chosen(opened, "look_ct_muscle")
    chosen(opened, "clip_plane")
    viewport.update(azimuth_deg=40.0, elevation_deg=-70.0, roll_deg=30.0, zoom=1.4, pan_px=(12.0, -7.0))
    before = picture_of(opened, qtbot)
    other = VolumeWidget(opened.session, "volume")
    qtbot.addWidget(other, before_close_func=lambda widget: widget.release())
    other.resize(pane_of(opened).size())
    other.show()
    qtbot.waitUntil(lambda: other._picture is not None, timeout=20_000)
    qtbot.wait(400)
    qtbot.waitUntil(lambda: not opened.session.jobs.jobs, timeout=20_000)
    shown = pixels_of(other).astype(int)
    height, width = shown.shape[:2]
    again = shown[height // 6 : -height // 4, width // 6 : -width // 6]
    assert np.array_equal(again, before)


def test_a_surface_becomes_translucent_by_its_slider_and_is_smoothed_less(
    opened: MainWindow, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    viewport, scene = viewport_of(opened), scene_of(opened)
    chosen(opened, "new_segmentation")
    settle()
    assert scene.segmentation is not None
    number = scene.segmentation.segments[0].number
    labels = np.ones((8, 12, 12), dtype=scene.segmentation.labels.dtype) * number
    scene.segmentation.write((slice(8, 16), slice(14, 26), slice(18, 30)), labels, 1)
    viewport.update(look=VolumeLook(tissue_visible=False))
    opaque = picture_of(opened, qtbot)
    assert opaque.max() > 60
    looks = window_of_looks(opened, settle)
    looks.surfaces.sliders[number].setValue(25)
    assert viewport.look.opacity_of(number) == 0.25
    faint = picture_of(opened, qtbot)
    assert faint.sum() < 0.6 * opaque.sum()
    looks.surfaces.sliders[number].setValue(100)
    looks.surfaces.smoothing.setCurrentIndex(0)
    stepped = picture_of(opened, qtbot)
    assert viewport.look.smoothing == "none"
    assert np.abs(stepped - opaque).max() > 20
    looks.surfaces.tissue.click()
    assert np.abs(picture_of(opened, qtbot) - stepped).max() > 10
    looks.close()


def test_a_loop_cuts_tissue_away_and_is_undone(opened: MainWindow, qtbot: QtBot) -> None:
    viewport, pane = viewport_of(opened), pane_of(opened)
    whole = picture_of(opened, qtbot)
    x, y = at(opened, (11.5, 14.0, 17.5))  # in the middle of the bone, seen from the front
    assert pixels_of(pane)[int(y) + 15, int(x) + 15].max() > 60
    pane.setFocus()
    QTest.keyClick(pane, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    assert opened.commands.actions["cut_loop"].isChecked()
    loop = [(x - 25, y - 25), (x + 25, y - 25), (x + 25, y + 25), (x - 25, y + 25), (x - 25, y - 20)]
    drag(pane, loop)
    assert (viewport.azimuth_deg, viewport.loop) == (0.0, None)
    cut = picture_of(opened, qtbot)
    assert np.abs(cut - whole).max() > 40
    assert pixels_of(pane)[int(y) + 15, int(x) + 15].max() < 30
    before = scene_of(opened).cursor_index
    drag(pane, [(x + 15, y + 15)])  # nothing is left to be picked there
    assert scene_of(opened).cursor_index == before
    chosen(opened, "undo")
    assert np.array_equal(picture_of(opened, qtbot), whole)
    drag(pane, [(x + 15, y + 15), (x + 55, y + 15)])
    assert viewport.azimuth_deg != 0.0, "the next drag turns again"
