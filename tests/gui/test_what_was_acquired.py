"""Colours, recordings, uneven stacks, 4-D series and volumes that are still being read, as a person sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.errors import Sentence
from medview.gui.main_window import MainWindow
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.session import choose_window
from medview.session.loading import Loading
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment
from medview.study.series import GuardKind, GuardLine
from tests.files.make_dicom import image, write
from tests.files.test_dicom_suv import pet
from tests.gui.panes import hover, pixels_of
from tests.session.moments import write_moments
from tests.view.scenes import AXIAL, draw, scene_of

FLAT = Geometry(AXIAL.shape, AXIAL.affine, has_depth=False)
HATCH = np.array([[24, 34, 52], [66, 92, 138]])


def guard(kind: GuardKind, text: str = "badge") -> GuardLine:
    return GuardLine(kind, Sentence(text), Sentence("meaning"))


def shown(window: MainWindow, scene: Scene) -> Scene:
    """Put a scene on the screen as an opened study would be."""
    scene.update(crosshair_visible=False)
    window.session.add_study(scene.study)
    window.session.show(scene)
    return scene


def pane(window: MainWindow, name: Any = "axial") -> ViewportWidget:
    found = window.panes.panes[name]
    assert isinstance(found, ViewportWidget)
    return found


def visible(window: MainWindow) -> list[str]:
    return [name for name, widget in window.panes.panes.items() if widget.isVisible()]


def at(window: MainWindow, point_mm: NDArray[np.float64], name: Any = "axial") -> list[int]:
    """Return the painted colour of an LPS point."""
    picture = pane(window, name).picture()
    assert picture is not None
    x, y = (round(n) for n in picture.mm_to_pane(point_mm))
    return [int(n) for n in pixels_of(pane(window, name))[y, x]]


def is_hatched(colour: list[int]) -> bool:
    return bool((np.abs(HATCH - colour).max(axis=1) < 8).any())


def turn_wheel(widget: ViewportWidget, notches: int) -> None:
    middle = QPointF(widget.width() / 2, widget.height() / 2)
    keys = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(widget, QWheelEvent(middle, middle, QPoint(), QPoint(0, -120 * notches), *keys))


@pytest.fixture
def half_read(window: MainWindow) -> Scene:
    """Return a scene of which the slices 2 to 4 of 7 have been read."""
    array = np.full(AXIAL.shape, 500, np.int16)
    whole = scene_of(array, AXIAL, (500.0, 1000.0))
    loading = Loading(7)
    for index in (2, 3, 4):
        loading.mark(index)
    return shown(window, Scene(whole.study, whole.volume, whole.window, loading))


def test_what_is_there_is_seen_and_what_is_not_is_hatched_in_every_plane(
    half_read: Scene, window: MainWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: visible(window) == ["axial", "sagittal", "coronal", "volume"])
    aside = AXIAL.to_mm((3, 2, 2))
    assert at(window, aside)[0] == pytest.approx(128, abs=3)
    for name in ("coronal", "sagittal"):
        assert at(window, AXIAL.to_mm((3, 4, 2 if name == "coronal" else 5)), name)[0] == pytest.approx(128, abs=3)
        assert is_hatched(at(window, AXIAL.to_mm((6, 2, 2)), name)), name
    half_read.move_cursor(AXIAL.to_mm((5, 4, 5)))
    assert is_hatched(at(window, AXIAL.to_mm((5, 2, 2))))
    hover(pane(window), (200.0, 200.0))
    assert "not read yet" in window.readout.text()


def test_an_image_that_arrives_is_painted_at_once(half_read: Scene, window: MainWindow, qtbot: QtBot) -> None:
    half_read.move_cursor(AXIAL.to_mm((5, 4, 5)))
    point = AXIAL.to_mm((5, 2, 2))
    assert is_hatched(at(window, point))
    assert half_read.loading is not None
    half_read.loading.mark(5)
    half_read.loading.changed.emit()
    assert at(window, point)[0] == pytest.approx(128, abs=3)


def test_nothing_is_made_from_a_part(half_read: Scene, window: MainWindow, qtbot: QtBot) -> None:
    actions = window.commands.actions
    for name in ("new_segmentation", "auto_window"):
        qtbot.waitUntil(lambda action=actions[name]: "still being read" in action.toolTip())
    assert not any(actions[name].isEnabled() for name in ("run_segmentation", "new_segmentation", "auto_window"))
    window.session.choose(tool="brush")
    QTest.mouseClick(pane(window), Qt.MouseButton.LeftButton, pos=QPoint(150, 150))
    assert half_read.study.segmentations == ()
    assert "nothing can be drawn" in str(window.session.notices.notices[-1].message)
    half_read.move_cursor(AXIAL.to_mm((6, 4, 5)))
    qtbot.waitUntil(lambda: "not read yet" in window.readout.text())
    half_read.complete(half_read.volume, (500.0, 1000.0))
    qtbot.waitUntil(lambda: window.readout.text().endswith("500 HU"))
    qtbot.waitUntil(actions["new_segmentation"].isEnabled)


def test_a_reading_that_ended_early_stays_marked(half_read: Scene, window: MainWindow, qtbot: QtBot) -> None:
    assert half_read.loading is not None
    half_read.loading.stop()
    action = window.commands.actions["new_segmentation"]
    qtbot.waitUntil(lambda: "Not all images were read" in action.toolTip())
    assert not action.isEnabled()


def test_colours_fill_the_window_are_seen_as_they_are_and_can_be_drawn_on(window: MainWindow, qtbot: QtBot) -> None:
    array = np.zeros((*AXIAL.shape, 3), np.uint8)
    array[..., 0], array[..., 2] = 200, 40
    scene = scene_of(array, AXIAL, (128.0, 256.0), photometric_interpretation="RGB", modality="XC")
    shown(window, scene)
    qtbot.waitUntil(lambda: visible(window) == ["axial"])
    point = AXIAL.to_mm((3, 2, 2))
    assert at(window, point) == pytest.approx([200, 0, 40], abs=2)
    actions = window.commands.actions
    qtbot.waitUntil(lambda: not actions["auto_window"].isEnabled())
    assert "drag for brightness and contrast" in actions["auto_window"].toolTip()
    assert window.tool_bar.window_panel.presets.text() == "Colours as stored"
    assert "R 200  G 0  B 40" in window.readout.text()
    labels = np.zeros(AXIAL.shape, np.uint8)
    labels[3, 2, 2] = 1
    draw(scene, labels, Segment(1, "Spot", (0, 250, 0)))
    scene.update(mask_opacity=1.0)
    assert at(window, point) == pytest.approx([0, 250, 0], abs=2)


def test_a_recording_is_stepped_through_by_wheel_and_slider_and_played(window: MainWindow, qtbot: QtBot) -> None:
    array = np.zeros(AXIAL.shape, np.int16)
    array += np.arange(7, dtype=np.int16)[:, None, None] * 100
    scene = shown(window, scene_of(array, FLAT, (300.0, 600.0), guard=(guard("cine"),), frame_time_ms=20.0))
    bar = window.sequence_bar
    qtbot.waitUntil(bar.isVisible)
    assert visible(window) == ["axial"]
    assert bar.label.text() == "Frame 1/7"
    turn_wheel(pane(window), 1)
    qtbot.waitUntil(lambda: bar.label.text() == "Frame 2/7")
    bar.slider.setValue(4)
    assert scene.cursor_index[0] == 4
    assert at(window, FLAT.to_mm((4, 2, 2)))[0] == pytest.approx(400 * 255 / 599, abs=2)
    window.commands.actions["play"].trigger()
    seen: set[int] = set()
    scene.cursor_changed.connect(lambda: seen.add(scene.cursor_index[0]))
    qtbot.waitUntil(lambda: len(seen) == 7)
    assert window.commands.actions["play"].isChecked()
    window.commands.actions["play"].trigger()
    qtbot.wait(60)
    still = scene.cursor_index
    qtbot.wait(80)
    assert scene.cursor_index == still


def test_an_uneven_stack_is_shown_slice_by_slice_in_its_own_plane_alone(window: MainWindow, qtbot: QtBot) -> None:
    scene = scene_of(np.zeros(AXIAL.shape, np.int16), FLAT, guard=(guard("missing", "slice 4 missing"),))
    shown(window, scene)
    qtbot.waitUntil(lambda: visible(window) == ["axial"])
    assert window.sequence_bar.isHidden()
    action = window.commands.actions["maximise"]
    qtbot.waitUntil(lambda: not action.isEnabled())
    assert "not even" in action.toolTip()
    turn_wheel(pane(window), 2)
    assert scene.cursor_index[0] == 5


def test_a_stack_with_a_gap_says_so_and_is_seen_in_every_plane_once_it_is_resampled(
    window: MainWindow, qtbot: QtBot, settle: Callable[[], None], tmp_path: Path
) -> None:
    for index in (0, 1, 2, 3, 5, 6, 7):
        write(image(index), tmp_path / "gap" / f"{index}.dcm")
    open_folder(window.session, tmp_path / "gap")
    settle()
    qtbot.waitUntil(lambda: visible(window) == ["axial"])
    assert any("gap" in str(notice.message) for notice in window.session.notices.notices)
    assert "H 7.5 mm" in window.readout.text()
    turn_wheel(pane(window), 1)
    qtbot.waitUntil(lambda: "H 12.5 mm" in window.readout.text())  # beyond the gap
    window.commands.actions["regularise"].trigger()
    settle()
    qtbot.waitUntil(lambda: visible(window) == ["axial", "sagittal", "coronal", "volume"])
    scene = window.session.scene
    assert scene is not None
    assert scene.series.resampled_from is window.session.studies[0].series[0]
    assert not window.commands.actions["regularise"].isEnabled()


def test_moments_are_stepped_through_by_keys_and_slider_and_said_in_every_corner(
    window: MainWindow, qtbot: QtBot, settle: Callable[[], None], tmp_path: Path
) -> None:
    open_folder(window.session, write_moments(tmp_path / "4d"))
    settle()
    bar = window.sequence_bar
    qtbot.waitUntil(bar.isVisible)
    assert bar.label.text().startswith("Time 1/5")
    assert window.readout.text().endswith(" 2")
    pane(window).setFocus()
    QTest.keyClick(pane(window), Qt.Key.Key_Right)
    settle()
    assert bar.label.text().startswith("Time 2/5")
    assert bar.slider.value() == 1
    assert window.readout.text().endswith(" 102")
    bar.slider.setValue(4)
    settle()
    assert bar.label.text().startswith("Time 5/5")
    assert window.readout.text().endswith(" 402")
    for name in ("axial", "coronal", "sagittal"):
        picture = pane(window, name).picture()
        assert picture is not None
        assert picture.values.max() // 100 == 4
    QTest.keyClick(pane(window), Qt.Key.Key_Right)
    settle()
    assert bar.label.text().startswith("Time 5/5")
    QTest.keyClick(pane(window), Qt.Key.Key_Left)
    settle()
    assert bar.label.text().startswith("Time 4/5")


def test_pet_begins_dark_on_white_from_suv_0_to_6_and_tells_suv_beside_the_activity(
    window: MainWindow, qtbot: QtBot, settle: Callable[[], None], tmp_path: Path
) -> None:
    for index in range(4):
        write(pet(index), tmp_path / "pet" / f"{index}.dcm")
    open_folder(window.session, tmp_path / "pet")
    settle()
    scene = window.session.scene
    assert scene is not None
    factor = 70_000 / 253.3137e6
    assert scene.window == pytest.approx((3 / factor, 6 / factor), rel=1e-4)
    assert scene.inverted
    activity = 0.5 * (1000 + scene.cursor_index[0])
    assert f"SUVbw {activity * factor:.2f} g/ml  ({activity:.0f} Bq/ml)" in window.readout.text()
    assert at(window, scene.volume.geometry.to_mm((2, 1, 1)))[0] == pytest.approx(
        255 * (1 - activity * factor / 6), abs=2
    )
    presets = [preset.title for preset in choose_window.presets(window.session)]
    assert presets == ["SUV 0 to 5", "SUV 0 to 7", "SUV 0 to 10", "SUV 0 to 15"]
    window.commands.actions["preset_2"].trigger()
    assert scene.window == pytest.approx((2.5 / factor, 5 / factor), rel=1e-4)
