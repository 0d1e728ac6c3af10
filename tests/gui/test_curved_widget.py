"""A path is drawn by clicks and laid flat: lengths, values, marker and sections in the real window."""

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
from scipy.ndimage import binary_dilation

from medview.files.dicom_write import write_series
from medview.gui.main_window import MainWindow
from medview.gui.panes.curved_widget import CurvedWidget
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.session.finding_view import finding_view
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.session.set_slab import set_slab
from medview.study.finding import Concept, Finding, ScoredBox
from medview.study.geometry import Geometry
from medview.study.measurement import Measurement
from medview.study.segmentation import Source
from medview.study.series import Series, StudyFacts
from medview.view.curved_picture import CurvedPicture
from tests.gui.panes import double_click, drag, pixels_of

SHAPE = (40, 60, 64)  # 2 mm slices of 1.5 mm pixels


def write_tube(folder: Path) -> Path:
    """Write a CT with a bright tube, 5 mm thick, bent in a half circle of 30 mm in an axial plane."""
    geometry = Geometry.from_axes(
        SHAPE, origin=(-48, -45, 0), slice_step=(0, 0, 2), row_step=(0, 1.5, 0), column_step=(1.5, 0, 0)
    )
    places = geometry.to_mm(np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), axis=-1))
    away = np.hypot(np.hypot(places[..., 0], places[..., 1] - 15.0) - 30.0, places[..., 2] - 40.0)
    array = np.where((away < 5.0) & (places[..., 1] < 15.0), 500, -100).astype(np.int16)
    array += (places[..., 2]).astype(np.int16)  # higher towards the head, so that up can be told
    series = Series("", "", modality="CT", series_number=1, windows=((200.0, 800.0),))
    write_series(array, geometry, series, StudyFacts("", study_date="20240229"), folder)
    return folder


@pytest.fixture
def opened(window: MainWindow, tmp_path: Path, qtbot: QtBot, settle: Callable[[], None]) -> MainWindow:
    """Return the window with the tube in three planes and a curved pane, at the tube's slice."""
    open_folder(window.session, write_tube(tmp_path / "tube"))
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=20_000)
    window.session.set_layout(shipped_layout("mpr_curved"))
    settle()
    scene_of(window).move_cursor((0.0, -15.0, 40.0))
    QApplication.processEvents()
    return window


def scene_of(window: MainWindow) -> Scene:
    assert window.session.scene is not None
    return window.session.scene


def click_at(window: MainWindow, name: str, place_mm: tuple[float, float, float]) -> None:
    pane = window.panes.panes[name]
    assert isinstance(pane, ViewportWidget)
    picture = pane.picture()
    assert picture is not None
    drag(pane, [picture.mm_to_pane(place_mm)])


def on_tube(degrees: float) -> tuple[float, float, float]:
    t = np.deg2rad(degrees)
    return float(30 * np.cos(t)), float(15 - 30 * np.sin(t)), 40.0


def draw_tube(window: MainWindow) -> None:
    """Draw the path along the tube from the patient's left to his right, and end it with a double click."""
    window.commands.actions["draw_path"].trigger()
    for degrees in (0, 30, 60, 90, 120, 150):
        click_at(window, "axial", on_tube(degrees))
    pane = window.panes.panes["axial"]
    assert isinstance(pane, ViewportWidget)
    picture = pane.picture()
    assert picture is not None
    double_click(pane, picture.mm_to_pane(on_tube(180)))


def path_of(window: MainWindow) -> Measurement:
    (path,) = [m for m in scene_of(window).study.measurements if m.kind == "path"]
    return path


def curved(window: MainWindow) -> tuple[CurvedWidget, CurvedPicture]:
    pane = window.panes.panes["curved"]
    assert isinstance(pane, CurvedWidget)
    picture = pane.picture()
    assert picture is not None
    return pane, picture


def test_without_a_path_the_pane_says_how_to_draw_one(opened: MainWindow) -> None:
    pane = opened.panes.panes["curved"]
    assert isinstance(pane, CurvedWidget)
    assert pane.picture() is None
    assert pane.grab_pixels()[..., :3].max() > 150  # the sentence


def test_a_path_of_clicks_is_laid_flat_with_its_true_length(opened: MainWindow) -> None:
    draw_tube(opened)
    assert opened.session.tool == "window_level"  # the double click has ended it
    assert len(path_of(opened).points_mm) == 7
    _, picture = curved(opened)
    assert picture.curve.length_mm == pytest.approx(np.pi * 30, rel=0.01)
    assert not picture.is_upright
    # the tube lies straight along the middle, wherever along the path, 10 mm wide
    bright = picture.values > 300
    middle = bright.shape[0] // 2
    inner = slice(8, -8)
    assert bright[middle, inner].all()
    widths = bright[:, inner].sum(axis=0) * picture.pixel_mm[1]
    assert widths.mean() == pytest.approx(10.0, abs=1.0)
    # patient's right on the left, head up: drawn from left to right, shown from right to left
    assert picture.sheet.to_mm(0, 0)[0] < 0 < picture.sheet.to_mm(picture.sheet.length_mm, 0)[0]
    assert picture.letters[2:] == ("H", "F")
    assert picture.values[2, 40] > picture.values[-3, 40]  # values rise towards the head


def test_each_point_of_a_path_is_a_step_to_undo(opened: MainWindow, qtbot: QtBot) -> None:
    draw_tube(opened)
    undo = opened.commands.actions["undo"]
    for left in (6, 5):
        qtbot.waitUntil(undo.isEnabled)
        QTest.keyClick(opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert len(path_of(opened).points_mm) == left


def test_points_may_lie_on_different_slices_and_in_different_planes(opened: MainWindow) -> None:
    opened.commands.actions["draw_path"].trigger()
    click_at(opened, "axial", (0.0, 0.0, 40.0))
    scene_of(opened).move_cursor((0.0, -15.0, 60.0))
    QApplication.processEvents()
    click_at(opened, "axial", (6.0, 0.0, 60.0))
    click_at(opened, "coronal", (0.0, -15.0, 20.0))
    QTest.keyClick(opened.panes.panes["coronal"], Qt.Key.Key_Return)
    points = path_of(opened).points_mm
    assert points[:, 2] == pytest.approx((40.0, 60.0, 20.0), abs=1.0)
    assert points[2, 1] == pytest.approx(-15.0, abs=0.8)


def test_the_marker_follows_the_crosshair_and_the_crosshair_the_marker(opened: MainWindow) -> None:
    draw_tube(opened)
    scene = scene_of(opened)
    scene.move_cursor(on_tube(90))
    pane, picture = curved(opened)
    assert picture.arc_mm == pytest.approx(np.pi * 15, abs=1.0)  # half way
    assert picture.away_mm < 1.0
    x0, y0, x1, y1 = picture.marker(picture.arc_mm)
    start = ((x0 + x1) / 2, (y0 + y1) / 2)
    end = (picture.marker(20.0)[0], start[1])
    drag(pane, [start, ((start[0] + end[0]) / 2, start[1]), end])
    # 20 mm from the right end
    assert scene.cursor_mm == pytest.approx(on_tube(180 - np.rad2deg(20 / 30)), abs=1.1)
    assert scene.window == scene.default_window
    none = Qt.MouseButton.NoButton
    at = QPointF(*start)
    for _ in range(10):
        event = QWheelEvent(
            at,
            pane.mapToGlobal(at),
            QPoint(),
            QPoint(0, -120),
            none,
            Qt.KeyboardModifier.ShiftModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(pane, event)
    assert curved(opened)[1].arc_mm == pytest.approx(np.pi * 30, abs=1.0)  # the end stops it


def test_sections_are_perpendicular_to_the_path_and_5_mm_apart(opened: MainWindow) -> None:
    draw_tube(opened)
    scene_of(opened).move_cursor(on_tube(90))
    _, picture = curved(opened)
    arcs = [section.arc_mm for section in picture.sections]
    assert np.diff(arcs) == pytest.approx((5.0, 5.0))
    for section in picture.sections:
        angle = np.pi - section.arc_mm / 30.0
        tangent = np.array([np.sin(angle), np.cos(angle), 0.0])
        assert abs(section.grid.normal @ tangent) == pytest.approx(1.0, abs=0.01)
        assert section.letters[1] == "H"
        left, top, width, height = section.rect
        centre = section.pane_to_mm(left + width / 2, top + height / 2)
        assert centre is not None
        assert np.hypot(centre[0], centre[1] - 15.0) == pytest.approx(30.0, abs=0.4)


def test_stretched_keeps_the_patient_s_axis_upright_and_turning_tilts_the_surface(
    opened: MainWindow, qtbot: QtBot
) -> None:
    draw_tube(opened)
    opened.session.choose(active_pane="curved")
    qtbot.waitUntil(opened.commands.actions["curve_stretched"].isEnabled)
    opened.commands.actions["curve_stretched"].trigger()
    _, picture = curved(opened)
    assert np.abs(picture.sheet.across @ (0, 0, -1)) == pytest.approx(np.ones(len(picture.sheet.across)))
    assert picture.letters[2:] == ("H", "F")
    opened.commands.actions["curve_straightened"].trigger()
    pane, _ = curved(opened)
    drag(pane, [(100.0, 150.0), (280.0, 150.0)], keys=Qt.KeyboardModifier.ShiftModifier)
    assert opened.session.viewports["curved"].curve_angle_deg == pytest.approx(90.0)
    _, turned = curved(opened)
    assert np.abs(turned.sheet.across @ (0, 0, 1)).max() < 0.05  # now in the plane of the bend


def test_a_thick_slab_is_coarse_at_first_and_then_in_full(opened: MainWindow, qtbot: QtBot) -> None:
    draw_tube(opened)
    pane, thin = curved(opened)
    set_slab(opened.session, "curved", 30.0, "max")
    qtbot.waitUntil(lambda: not curved(opened)[1].is_coarse, timeout=20_000)
    _, thick = curved(opened)
    assert thick.values.shape == thin.values.shape
    assert (thick.values >= thin.values)[thin.values != 0].all()  # 0 is outside the volume
    made = CurvedWidget(opened.session, "curved")
    made.resize(pane.size())
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: not _coarse(made), timeout=20_000)
    assert np.array_equal(made.grab_pixels(), pane.grab_pixels())
    made.release()


def _coarse(pane: CurvedWidget) -> bool:
    picture = pane.picture()
    return picture is None or picture.is_coarse


def test_moving_a_handle_of_the_path_lays_it_out_anew(opened: MainWindow) -> None:
    draw_tube(opened)
    before = curved(opened)[1].curve.length_mm
    scene_of(opened).move_cursor((0.0, -10.0, 40.0))
    axial = opened.panes.panes["axial"]
    assert isinstance(axial, ViewportWidget)
    picture = axial.picture()
    assert picture is not None
    start, end = picture.mm_to_pane(on_tube(0)), picture.mm_to_pane((30.0, 35.0, 40.0))
    drag(axial, [start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end])
    assert curved(opened)[1].curve.length_mm == pytest.approx(before + 20.0, abs=1.5)


def test_the_planes_are_turned_across_the_path(opened: MainWindow, qtbot: QtBot) -> None:
    draw_tube(opened)
    scene = scene_of(opened)
    scene.move_cursor(on_tube(60))
    qtbot.waitUntil(opened.commands.actions["planes_across_path"].isEnabled)
    opened.commands.actions["planes_across_path"].trigger()
    normal = np.cross(*scene.plane_axes("axial"))
    t = np.deg2rad(60.0)
    assert abs(normal @ (np.sin(t), np.cos(t), 0.0)) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("mode", "slab_mm"), [("straightened", 0.0), ("stretched", 0.0), ("stretched", 12.0)])
def test_a_models_box_is_drawn_where_the_surface_and_the_sections_cut_it(
    opened: MainWindow, mode: str, slab_mm: float, settle: Callable[[], None]
) -> None:
    draw_tube(opened)
    scene = scene_of(opened)
    opened.session.viewports["curved"].update(curve_mode=mode, slab_mm=slab_mm)
    scene.move_cursor(on_tube(60))
    low, high = (17.5, 19.2, 38.3), (23.5, 27.1, 46.2)  # about the tube there
    box = ScoredBox(Concept("nodule", "Nodule", (255, 0, 255)), 0.9, low, high)
    made = Finding("2.25.1", "2.25.2", "Test", box, scene.volume.geometry, Source.of(scene.series), {}, "accepted")
    scene.study.findings.set([made])
    settle()
    pane, picture = curved(opened)
    inside = _inside(picture, pane, low, high, slab_mm)
    seen = np.abs(pixels_of(pane).astype(int) - (255, 0, 255)).max(axis=2) < 60
    edge = binary_dilation(inside, iterations=3) & ~inside
    assert inside.sum() > 500
    assert (binary_dilation(seen, iterations=5) & edge).sum() > 0.95 * edge.sum()
    assert (seen & ~binary_dilation(edge, iterations=6)).sum() <= 4
    left, top, width, height = (round(side) for side in picture.area)
    inside[:, :left], inside[:, left + width :], inside[:top], inside[top + height :] = False, False, False, False
    y, x = np.argwhere(inside)[inside.sum() // 2]
    drag(pane, [(float(x), float(y))])
    settle()
    assert finding_view(scene.study).selected_uid == "2.25.1"


def _inside(
    picture: CurvedPicture, pane: CurvedWidget, low: tuple[float, ...], high: tuple[float, ...], slab_mm: float
) -> NDArray[np.bool_]:
    """Return which pixels show voxels of a box, by the mm of every third pixel and the grid of `write_tube`."""
    found = np.zeros((pane.height() // 3 + 1, pane.width() // 3 + 1), bool)
    for row, column in np.ndindex(*found.shape):
        x, y = 3 * column + 1.5, 3 * row + 1.5
        point = picture.pane_to_mm(x, y)
        is_section = any(section.pane_to_mm(x, y) is not None for section in picture.sections)
        if point is not None:
            line = round(
                float(np.clip(picture.to_sheet(x, y)[0] / picture.sheet.step_mm, 0, len(picture.sheet.through) - 1))
            )
            reach = 0.0 if is_section else slab_mm / 2.0
            layers = np.linspace(-reach, reach, 25)[:, None] * picture.sheet.through[line]
            index = ((point + layers - (-48, -45, 0)) / (1.5, 1.5, 2.0))[:, ::-1]
            found[row, column] = np.any(np.all((index > low) & (index < high), axis=1))
    return found.repeat(3, axis=0).repeat(3, axis=1)[: pane.height(), : pane.width()]
