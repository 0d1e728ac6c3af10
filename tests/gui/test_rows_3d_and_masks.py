"""Projections, limits and no OpenGL in 3D; masks by whom, in what colour; images that are half read: as painted."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QColorDialog
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.panes.volume_widget import VolumeWidget
from medview.gui.segmenting.segment_list import SWATCH
from medview.session.loading import Loading
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.view.volume_limit import VolumeLimit
from tests.gui.conftest import WAIT_MS
from tests.gui.measured import Person
from tests.gui.panes import pixels_of
from tests.gui.seen import reads
from tests.gui.test_what_was_acquired import shown
from tests.view.scenes import AXIAL, scene_of

K, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier
Settle = Callable[[], None]


@pytest.fixture
def opens(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Settle) -> Callable[[], Person]:
    """Return a function that opens a CT in three planes and 3D."""

    def open_it() -> Person:
        open_folder(window.session, ct_folder)
        qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
        settle()
        QTest.keyClick(window, K.Key_3, CONTROL)
        assert window.session.scene is not None
        window.session.scene.update(crosshair_visible=False)
        qtbot.wait(30)
        return Person(window, qtbot)

    return open_it


@pytest.fixture
def person(opens: Callable[[], Person]) -> Person:
    """Return a person with a CT in three planes and 3D."""
    return opens()


def made(person: Person) -> np.ndarray:
    """Wait until the 3D pane has its full picture, and return it without letters and texts."""
    quiet = 0
    for _ in range(400):
        person.qtbot.wait(25)
        quiet = quiet + 1 if not person.window.session.jobs.jobs else 0
        if quiet > 12:
            break
    seen = pixels_of(person.pane("volume")).astype(int)
    height, width = seen.shape[:2]
    return seen[height // 4 : -height // 4, width // 4 : -width // 4]


def test_projections_in_3d_are_the_brightest_and_the_darkest_of_each_ray(person: Person) -> None:
    """F104: from the front, bone shines through soft tissue in a MIP, and air is what is left of a MinIP."""
    actions, pane = person.window.commands.actions, person.pane("volume")
    assert isinstance(pane, VolumeWidget)
    QTest.keyClick(person.window, K.Key_W)
    actions["preset_5"].trigger()  # the bone window, 2000 / 400
    actions["look_mip"].trigger()
    seen = made(person)
    assert reads(pane, "Maximum intensity (MIP)")
    # of 48 columns the bone has 15 to 20, the body 12 to 35; the whole height of the volume: 48 mm by 48 mm
    size = (pane.width(), pane.height())
    camera = pane._camera(person.window.session.scene)
    geometry = person.window.session.scene.volume.geometry

    def light(column: float) -> int:
        x, y = (round(n) for n in camera.to_picture(geometry.to_mm((11.5, 14.0, column)), size))
        return int(np.median(pixels_of(pane)[y - 2 : y + 3, x - 2 : x + 3]))

    bone, soft, air = light(17.5), light(28.0), light(5.0)
    for value, grey in ((700, bone), (40, soft), (-1000, air)):
        assert grey == pytest.approx(np.clip((value - 399.5) / 1999 + 0.5, 0, 1) * 255, abs=6), value
    assert seen.max() >= bone - 2
    actions["look_minip"].trigger()
    made(person)
    assert reads(pane, "Minimum intensity (MinIP)")
    assert light(17.5) == pytest.approx(light(5.0), abs=3), "there is air before and behind the body"


def test_3d_is_coarse_while_it_is_turned_and_fine_when_still(person: Person) -> None:
    """F107: at the same place of the camera, while the mouse is down and some time after."""
    pane = person.pane("volume")
    fine = made(person)
    middle = pane.rect().center()
    coarse = []
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=middle)
    for _ in range(6):
        for right in (40, 0):
            QTest.mouseMove(pane, middle + QPoint(right, 0))
            person.qtbot.wait(30)
        seen = pixels_of(pane).astype(int)
        height, width = seen.shape[:2]
        coarse.append(seen[height // 4 : -height // 4, width // 4 : -width // 4])
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=middle)

    def edges(seen: np.ndarray) -> float:
        """Return how sharp a picture is: the mean of squared differences between neighbours."""
        return float((np.diff(seen, axis=1) ** 2).mean())

    assert min(map(edges, coarse)) < 0.9 * edges(fine)
    assert np.abs(made(person) - fine).mean() < 1.0, "and then as it was"


def test_a_volume_beyond_the_card_says_by_how_much_it_is_decimated(
    opens: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F109: 48 columns and 40 rows on a card that takes 24."""
    monkeypatch.setattr("medview.view.volume_view.is_software", lambda name: False)
    monkeypatch.setattr("medview.view.volume_view.volume_limit", lambda window: VolumeLimit(24, 2**40))
    person = opens()
    assert made(person).max() > 60
    assert reads(person.pane("volume"), "Decimated 2x2x1")


def test_without_opengl_everything_works_and_3d_says_who_draws(
    opens: Callable[[], Person], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F110: planes, slabs, turned planes, windows and measurements; the volume is drawn by the processor."""

    def no_library(name: str, *args: object) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    person = opens()
    picture = made(person)
    monkeypatch.undo()
    assert picture.max() > 60
    assert reads(person.pane("volume"), "No OpenGL: drawn by the processor")
    person.key(K.Key_3)
    assert reads(person.pane("axial"), "W 1500  L -600")
    person.window.session.choose(active_pane="coronal")
    person.window.commands.actions["slab_10"].trigger()
    qtbot.wait(30)
    assert reads(person.pane("coronal"), "MIP, slab of 10 mm")
    person.key(K.Key_2)
    person.key(K.Key_D)
    person.drag("axial", (-12, -8, 124.0), (12, -1, 124.0))
    assert person.listed() == [("Length", "25.0 mm")]


def test_a_mask_says_by_what_it_was_made_and_its_colour_is_a_step_to_undo(
    person: Person, qtbot: QtBot, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provenance badge, after Run and after the brush, and a colour that is taken back."""
    window, pane = person.window, person.pane("axial")
    person.key(K.Key_3)
    qtbot.mouseClick(window.plugin_panel.button, Qt.MouseButton.LeftButton)
    settle()
    assert reads(pane, "Computed: body_and_lungs 1.0.0")
    person.key(K.Key_B)
    person.drag("axial", (20, 16, 124.0), (22, 16, 124.0))
    qtbot.wait(30)
    assert reads(pane, "Computed: body_and_lungs 1.0.0, edited")
    segments = window.segment_panel.segments
    item = segments.topLevelItem(0)
    before = window.session.scene.segmentation.segments[0].colour  # type: ignore[union-attr]
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor(255, 0, 255))
    place = segments.visualItemRect(item)
    x = segments.columnViewportPosition(SWATCH) + segments.columnWidth(SWATCH) // 2
    purple = person.coloured("axial", (255, 0, 255)).sum()
    window.segment_panel.opacity.setValue(100)
    QTest.mouseClick(segments.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, place.center().y()))
    qtbot.wait(40)
    assert person.coloured("axial", (255, 0, 255)).sum() > purple + 500
    assert window.commands.actions["undo"].text() == "Undo: Change the colour"
    person.key(K.Key_Z, CONTROL)
    assert person.coloured("axial", (255, 0, 255)).sum() == purple
    assert person.coloured("axial", before).sum() > 500
    person.key(K.Key_Y, CONTROL)
    assert person.coloured("axial", (255, 0, 255)).sum() > purple + 500


def test_images_that_are_half_read_say_so_and_when_they_stay_so_in_red(window: MainWindow, qtbot: QtBot) -> None:
    """The badge of what is partial, while it is read and after it broke off."""
    whole = scene_of(np.zeros(AXIAL.shape, np.int16), AXIAL, (500.0, 1000.0))
    loading = Loading(7)
    for index in (2, 3, 4):
        loading.mark(index)
    shown(window, Scene(whole.study, whole.volume, whole.window, loading))
    qtbot.waitUntil(lambda: reads(window.panes.panes["axial"], "Reading: 3 of 7 images"), timeout=WAIT_MS)
    loading.stop()
    qtbot.wait(30)
    assert reads(window.panes.panes["axial"], "Not whole: 3 of 7 images were read", bold=True)
