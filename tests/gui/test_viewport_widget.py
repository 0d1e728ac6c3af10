"""The 2D pane on a real screen: what lights up, what the mouse does, what is painted anew."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.gui.panes.pane_painter import PANE_COLOURS
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.imaging.plane import PlaneName
from medview.session.session import Session
from medview.session.viewport import PLANES
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment
from tests.gui.panes import double_click, drag, hover, open_session, pixels_of
from tests.view.scenes import GRIDS, draw, lit, scene_of, screen_axes, tilted

SIZE = (420, 360)
SHAPE = (40, 48, 56)
INDEX = (28, 15, 40)


@pytest.fixture
def session() -> Iterator[Session]:
    with open_session() as session:
        yield session


def pane_of(session: Session, plane: PlaneName, qtbot: QtBot) -> ViewportWidget:
    pane = ViewportWidget(session, plane)
    qtbot.addWidget(pane)
    pane.resize(*SIZE)
    pane.show()
    qtbot.waitExposed(pane)
    return pane


def grid_of(name: str) -> Geometry:
    return Geometry(SHAPE, GRIDS[name].affine)


def centroid(weights: np.ndarray) -> tuple[float, float]:
    y, x = np.nonzero(weights)
    w = weights[y, x].astype(float)
    return float((x * w).sum() / w.sum()) + 0.5, float((y * w).sum() / w.sum()) + 0.5


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("name", GRIDS)
def test_the_pixel_of_a_voxel_lights_up_where_the_patient_says(
    name: str, plane: PlaneName, session: Session, qtbot: QtBot
) -> None:
    geometry = grid_of(name)
    scene = scene_of(lit(geometry, INDEX), geometry, (500.0, 1000.0))
    scene.move_cursor(geometry.to_mm(INDEX))
    scene.update(crosshair_visible=False)
    session.show(scene)
    pane = pane_of(session, plane, qtbot)
    right, down = screen_axes(geometry, plane)
    extent = np.abs(np.stack([right, down]) @ geometry.affine[:3, :3] * SHAPE).max(axis=1)
    scale = min(SIZE[0] / extent[0], SIZE[1] / extent[1])
    offset = geometry.to_mm(INDEX) - geometry.centre_mm
    expected = SIZE[0] / 2 + scale * offset @ right, SIZE[1] / 2 + scale * offset @ down
    shown = pixels_of(pane)[..., 0].astype(int)
    around = np.zeros_like(shown)
    x, y = (round(n) for n in expected)
    around[max(y - 30, 0) : y + 30, max(x - 30, 0) : x + 30] = 1
    assert centroid(shown * around) == pytest.approx(expected, abs=0.75)
    assert shown[int(expected[1]), int(expected[0])] > 150


@pytest.mark.parametrize("ratio", ["1", "1.5", "2"])
def test_the_same_picture_on_a_fine_screen(ratio: str, tmp_path: Path) -> None:
    """Run in a process of its own: the factor is fixed when Qt starts."""
    seen = _run_elsewhere(tmp_path, QT_QPA_PLATFORM="offscreen", QT_SCALE_FACTOR=ratio)
    assert seen["ratio"] == float(ratio)
    assert seen["shape"] == tuple(round(n * float(ratio)) for n in (360, 420))
    assert seen["at"] == pytest.approx(tuple(n * float(ratio) for n in seen["expected"]), abs=1.0)


def test_the_same_picture_without_a_screen(tmp_path: Path) -> None:
    seen = _run_elsewhere(tmp_path, QT_QPA_PLATFORM="offscreen", DISPLAY="")
    assert seen["platform"] == "offscreen"
    assert seen["at"] == pytest.approx(seen["expected"], abs=0.75)


def test_the_same_picture_under_wayland(tmp_path: Path) -> None:
    weston = shutil.which("weston")
    if weston is None:
        pytest.skip("weston is not installed")
    with tempfile.TemporaryDirectory() as runtime:
        os.chmod(runtime, 0o700)
        ways = {**os.environ, "XDG_RUNTIME_DIR": runtime}
        server = subprocess.Popen(
            [weston, "--backend=headless-backend.so", "--socket=medview-test", "--idle-time=0"],
            env=ways,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(100):
                if Path(runtime, "medview-test").exists():
                    break
                time.sleep(0.1)
            seen = _run_elsewhere(
                tmp_path,
                QT_QPA_PLATFORM="wayland",
                XDG_RUNTIME_DIR=runtime,
                WAYLAND_DISPLAY="medview-test",
                DISPLAY="",
            )
        finally:
            server.terminate()
            server.wait(10)
    assert seen["platform"] == "wayland"
    assert seen["at"] == pytest.approx(seen["expected"], abs=0.75)


_ELSEWHERE = """
import json, sys
from PySide6.QtWidgets import QApplication
application = QApplication([])
from medview.gui.panes.viewport_widget import ViewportWidget
from tests.gui.panes import open_session, pixels_of
from tests.gui.test_viewport_widget import INDEX, SIZE, centroid, grid_of
from tests.view.scenes import lit, scene_of
geometry = grid_of("double oblique sagittal")
with open_session() as session:
    scene = scene_of(lit(geometry, INDEX), geometry, (500.0, 1000.0))
    scene.move_cursor(geometry.to_mm(INDEX))
    scene.update(crosshair_visible=False)
    session.show(scene)
    pane = ViewportWidget(session, "coronal")
    pane.resize(*SIZE)
    pane.show()
    application.processEvents()
    shown = pixels_of(pane)[..., 0].astype(int)
    expected = pane.picture().mm_to_pane(geometry.to_mm(INDEX))
    ratio = pane.devicePixelRatioF()
    x, y = (round(n * ratio) for n in expected)
    shown[: y - 20] = 0
    shown[y + 20 :] = 0
    shown[:, : x - 20] = 0
    shown[:, x + 20 :] = 0
    print(json.dumps({"platform": application.platformName(), "ratio": ratio, "shape": shown.shape,
                      "expected": expected, "at": centroid(shown)}))
    pane.release()
"""


def _run_elsewhere(folder: Path, **ways: str) -> dict[str, Any]:
    """Show a pane in another process and return what it saw."""
    environment = {**os.environ, **ways, "MEDVIEW_HOME": str(folder)}
    if not ways.get("DISPLAY", "x"):
        environment.pop("DISPLAY", None)
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE],
        cwd=root,
        env={**environment, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {key: tuple(value) if isinstance(value, list) else value for key, value in answer.items()}


def test_the_mouse_tells_the_point_under_it_in_patient_millimetres(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("oblique")
    session.show(scene_of(lit(geometry, INDEX), geometry))
    pane = pane_of(session, "sagittal", qtbot)
    told: list[tuple[str, Any]] = []
    pane.pointer_moved.connect(lambda name, mm: told.append((name, mm)))
    hover(pane, (300.0, 100.0))
    right, down = screen_axes(geometry, "sagittal")
    extent = np.abs(np.stack([right, down]) @ geometry.affine[:3, :3] * SHAPE).max(axis=1)
    scale = min(SIZE[0] / extent[0], SIZE[1] / extent[1])
    # the slice shown is the one whose voxel centres are nearest to the middle of the grid
    through = session.scene.cursor_mm if session.scene is not None else None
    assert through is not None
    normal = np.cross(right, down)
    expected = geometry.centre_mm + right * (300 - SIZE[0] / 2) / scale + down * (100 - SIZE[1] / 2) / scale
    expected = expected + normal * float(normal @ (through - expected))
    assert told[-1][0] == "sagittal"
    assert told[-1][1] == pytest.approx(expected, abs=1e-6)
    QApplication.sendEvent(pane, QEvent(QEvent.Type.Leave))
    assert told[-1] == ("sagittal", None)


@pytest.mark.parametrize("plane", PLANES)
def test_a_brush_stroke_marks_the_voxels_under_the_mouse_and_shows_them(
    plane: PlaneName, session: Session, qtbot: QtBot
) -> None:
    geometry = grid_of("double oblique sagittal")
    scene = scene_of(np.zeros(SHAPE, np.int16), geometry)
    scene.update(crosshair_visible=False)
    session.show(scene)
    mask = draw(scene, np.zeros(SHAPE, np.uint8), Segment(1, "Lesion", (0, 255, 0)))
    scene.update(mask_opacity=1.0)
    session.choose(tool="brush")
    session.settings["brush_radius_mm"] = 3.0
    pane = pane_of(session, plane, qtbot)
    picture = pane.picture()
    assert picture is not None
    target = scene.cursor_mm + 4.0 * picture.grid.x_step_mm - 3.0 * picture.grid.y_step_mm
    drag(pane, [picture.mm_to_pane(target)])
    marked = np.argwhere(mask.labels == 1)
    assert len(marked) > 5
    distance = np.linalg.norm(geometry.to_mm(marked) - target, axis=1)
    assert distance.max() < 3.0 + 0.5 * np.linalg.norm(geometry.spacing_mm)
    assert geometry.to_mm(marked).mean(axis=0) == pytest.approx(target, abs=0.7)
    hover(pane, (5.0, 200.0))
    shown = pixels_of(pane).astype(int)
    green = (shown[..., 1] > 200) & (shown[..., 0] < 60)
    assert centroid(green) == pytest.approx(picture.mm_to_pane(target), abs=picture.transform.scale_x * 0.75)
    scene.study.history.undo()
    shown = pixels_of(pane).astype(int)
    assert not ((shown[..., 1] > 200) & (shown[..., 0] < 60))[60:300, 60:360].any()


class Watched(ViewportWidget):
    """Remembers what Qt asked it to paint."""

    def __init__(self, *args: Any) -> None:
        self.painted: list[Any] = []
        super().__init__(*args)

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted.append(event.region().boundingRect())
        super().paintEvent(event)


@pytest.fixture
def watched(session: Session, qtbot: QtBot) -> Watched:
    geometry = grid_of("axial, thick slices")
    scene = scene_of(np.zeros(SHAPE, np.int16), geometry)
    session.show(scene)
    draw(scene, np.zeros(SHAPE, np.uint8))
    pane = Watched(session, "axial")
    qtbot.addWidget(pane)
    pane.resize(*SIZE)
    pane.show()
    qtbot.waitExposed(pane)
    QApplication.processEvents()
    pane.painted.clear()
    return pane


def test_an_edit_paints_only_its_place_anew(watched: Watched, session: Session) -> None:
    assert session.scene is not None
    assert session.scene.segmentation is not None
    slice_ = session.scene.cursor_index[0]
    mask = session.scene.segmentation
    mask.write((slice(slice_, slice_ + 1), slice(10, 14), slice(20, 26)), np.ones((1, 4, 6), np.uint8), 0)
    QApplication.processEvents()
    (rect,) = watched.painted
    picture = watched.picture()
    assert picture is not None
    assert rect.width() < 6 * picture.transform.scale_x + 10
    assert rect.height() < 4 * picture.transform.scale_y + 10
    assert rect.contains(QPoint(*(round(n) for n in picture.transform.to_pane(23, 12))))
    watched.painted.clear()
    mask.write((slice(0, 1), slice(0, 4), slice(0, 4)), np.ones((1, 4, 4), np.uint8), 0)
    QApplication.processEvents()
    assert watched.painted == []


def test_it_paints_when_the_session_changes_and_not_otherwise(watched: Watched, session: Session) -> None:
    QApplication.processEvents()
    assert watched.painted == []
    scene = session.scene
    assert scene is not None
    for change in (
        lambda: scene.move_cursor(scene.volume.geometry.to_mm((3, 3, 3))),
        lambda: scene.update(window=(10.0, 20.0)),
        lambda: session.viewports["axial"].update(zoom=2.0),
        lambda: session.choose(active_pane="coronal"),
    ):
        watched.painted.clear()
        change()
        QApplication.processEvents()
        assert watched.painted, change
    watched.painted.clear()
    session.viewports["coronal"].update(zoom=2.0)
    QApplication.processEvents()
    assert watched.painted == []


def test_a_pane_that_is_gone_is_let_go_of(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("coronal")
    scene = scene_of(lit(geometry, INDEX), geometry)
    session.show(scene)
    mask = draw(scene, np.zeros(SHAPE, np.uint8))
    signals = (
        session.scene_changed,
        session.display_changed,
        session.settings.changed,
        session.viewports["axial"].changed,
        scene.cursor_changed,
        scene.display_changed,
        scene.segmentation_changed,
        mask.changed,
        mask.segments_changed,
    )
    before = [len(signal) for signal in signals]
    pane = ViewportWidget(session, "axial")
    assert all(len(signal) > count for signal, count in zip(signals, before, strict=True))
    pane.deleteLater()
    qtbot.waitUntil(lambda: [len(signal) for signal in signals] == before)
    scene.update(window=(1.0, 2.0))


def test_a_scene_that_is_left_is_let_go_of(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("coronal")
    first, second = (scene_of(lit(geometry, INDEX), geometry) for _ in range(2))
    session.show(first)
    pane = pane_of(session, "axial", qtbot)
    session.show(second)
    assert [len(s) for s in (first.cursor_changed, first.display_changed, first.segmentation_changed)] == [0, 0, 0]
    session.show(None)
    assert pane.picture() is None
    assert pane.position_mm(5, 5) is None
    pane.grab()


def test_left_drag_changes_the_window_right_drag_zooms_middle_drag_pans(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("axial, thick slices")
    scene = scene_of(lit(geometry, INDEX), geometry, (100.0, 400.0))
    session.show(scene)
    pane = pane_of(session, "axial", qtbot)
    drag(pane, [(100, 100), (150, 100), (180, 100)])
    assert scene.window[1] > 400.0
    drag(pane, [(100, 100), (120, 130)], Qt.MouseButton.MiddleButton)
    assert session.viewports["axial"].pan_px == (20.0, 30.0)
    drag(pane, [(100, 100), (100, 40)], Qt.MouseButton.RightButton)
    assert session.viewports["axial"].zoom > 1.2


def test_a_right_click_asks_for_the_menu_and_a_right_drag_does_not(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("axial, thick slices")
    session.show(scene_of(lit(geometry, INDEX), geometry))
    pane = pane_of(session, "axial", qtbot)
    asked: list[tuple[str, QPoint]] = []
    pane.context_menu_requested.connect(lambda name, at: asked.append((name, at)))
    drag(pane, [(100, 100), (101, 101)], Qt.MouseButton.RightButton)
    assert asked == [("axial", pane.mapToGlobal(QPoint(101, 101)))]
    assert session.viewports["axial"].zoom == 1.0
    drag(pane, [(100, 100), (100, 60)], Qt.MouseButton.RightButton)
    assert len(asked) == 1


def test_a_double_click_fills_the_window_and_gives_it_back(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("axial, thick slices")
    session.show(scene_of(lit(geometry, INDEX), geometry))
    pane = pane_of(session, "coronal", qtbot)
    double_click(pane, (200, 200))
    assert session.maximised == "coronal"
    double_click(pane, (200, 200))
    assert session.maximised is None
    session.choose(tool="brush")
    double_click(pane, (200, 200))
    assert session.maximised is None


def test_the_wheel_scrolls_whole_slices_however_fine_it_is(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("axial, thick slices")
    scene = scene_of(lit(geometry, INDEX), geometry)
    session.show(scene)
    pane = pane_of(session, "axial", qtbot)
    before = scene.cursor_index[0]
    _wheel(pane, -120)
    assert scene.cursor_index[0] == before + 1
    for _ in range(8):
        _wheel(pane, -30)
    assert scene.cursor_index[0] == before + 3
    _wheel(pane, 120, Qt.KeyboardModifier.ControlModifier)
    assert session.viewports["axial"].zoom > 1.0


def _wheel(pane: ViewportWidget, angle: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    at = QPointF(200, 200)
    nothing, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, at, QPoint(), QPoint(0, angle), nothing, keys, phase, False)
    QApplication.sendEvent(pane, event)


def test_the_picture_that_is_saved_may_go_without_the_patient_s_name(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("axial, thick slices")
    session.show(scene_of(lit(geometry, INDEX), geometry))
    pane = pane_of(session, "axial", qtbot)
    named, nameless = pane.grab_pixels(), pane.grab_pixels(hide_patient_text=True)
    assert named.shape == (SIZE[1], SIZE[0], 4)
    assert np.all(named[..., 3] == 255)
    # lines 2 to 4 on the left hold name, birth date and ID, or line 2 how true the image is; the right the examination
    line = pane.fontMetrics().height()
    patient = (slice(8 + 2 * line, 8 + 4 * line), slice(0, 170))
    examination = (slice(8, 8 + 3 * line), slice(250, SIZE[0]))
    for place in (patient, examination):
        assert named[place][..., :3].max() > 200
        assert nameless[place][..., :3].max() < 10
    session.settings["patient_text_visible"] = False
    assert np.array_equal(pane.grab_pixels(), nameless)


def test_each_pane_has_a_frame_in_its_colour_and_the_active_one_stands_out(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("axial, thick slices")
    session.show(scene_of(np.zeros(SHAPE, np.int16), geometry, (5000.0, 10.0)))
    panes = {plane: pane_of(session, plane, qtbot) for plane in PLANES}  # a window nobody holds ends while it is shown
    for plane, pane in panes.items():
        colour = np.array(PANE_COLOURS[plane].getRgb()[:3])
        session.choose(active_pane=plane)
        assert np.abs(pixels_of(pane)[200, 0] - colour).max() < 12
        session.choose(active_pane="volume")
        assert pixels_of(pane)[200, 0].astype(int).sum() < 0.6 * colour.sum()


def test_the_mask_is_seen_in_its_colour_filled_or_as_an_outline(session: Session, qtbot: QtBot) -> None:
    geometry = grid_of("axial, thick slices")
    scene = scene_of(np.zeros(SHAPE, np.int16), geometry, (5000.0, 10.0))
    scene.update(crosshair_visible=False)
    session.show(scene)
    labels = np.zeros(SHAPE, np.uint8)
    labels[:, 15:30, 15:40] = 1
    draw(scene, labels, Segment(1, "Organ", (250, 0, 250)))
    scene.update(mask_opacity=0.5)
    pane = pane_of(session, "axial", qtbot)
    picture = pane.picture()
    assert picture is not None
    x, y = (round(n) for n in picture.transform.to_pane(30, 20))
    assert pixels_of(pane)[y, x].tolist() == pytest.approx([125, 0, 125], abs=3)
    scene.update(hidden_segments=frozenset({1}))
    assert pixels_of(pane)[y, x].tolist() == [0, 0, 0]
    scene.update(hidden_segments=frozenset(), mask_outline=True)
    shown = pixels_of(pane)
    assert shown[y, x].tolist() == [0, 0, 0]
    edge, _ = picture.transform.to_pane(15, 20)
    assert shown[y, round(edge) - 1 : round(edge) + 2, 0].max() > 180


def test_a_tilted_volume_is_drawn_upright(session: Session, qtbot: QtBot) -> None:
    geometry = tilted(18.5, SHAPE)
    array = np.zeros(SHAPE, np.int16)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), axis=-1)
    # a rod along the patient's long axis
    x, y, _ = np.moveaxis(geometry.to_mm(index) - geometry.centre_mm, -1, 0)
    array[np.hypot(x, y) < 3] = 1000
    scene = scene_of(array, geometry, (500.0, 1000.0))
    scene.update(crosshair_visible=False)
    session.show(scene)
    pane = pane_of(session, "sagittal", qtbot)
    shown = pixels_of(pane)[..., 0] > 200
    middle = [np.flatnonzero(shown[row, 150:270]).mean() for row in (120, 180, 240)]
    assert np.ptp(middle) < 1.0
