"""The 3D pane: pictures come from the render thread, the newest wish wins, the window never waits."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from medview.errors import Sentence
from medview.gui.main_window import MainWindow
from medview.gui.panes.volume_widget import VolumeWidget
from medview.imaging.clipping import Clipping
from medview.imaging.volume_look import VolumeLook
from medview.session.open_folder import open_folder
from medview.session.session import Session
from medview.study.geometry import Geometry
from medview.study.history import Edit
from medview.study.segmentation import Segment
from medview.view.corner_text import volume_corner_text
from tests.gui.conftest import WAIT_MS
from tests.gui.panes import drag, open_session, pixels_of
from tests.view.scenes import GRIDS, draw, scene_of

SIZE = (320, 260)
SHAPE = (30, 40, 50)


@pytest.fixture
def session() -> Iterator[Session]:
    with open_session() as session:
        yield session


@pytest.fixture
def pane(session: Session, qtbot: QtBot) -> VolumeWidget:
    pane = VolumeWidget(session, "volume")
    qtbot.addWidget(pane, before_close_func=lambda widget: widget.release())
    pane.resize(*SIZE)
    pane.show()
    qtbot.waitExposed(pane)
    return pane


def block(geometry: Geometry) -> np.ndarray:
    array = np.full(geometry.shape, -1000, dtype=np.int16)
    array[8:22, 10:30, 10:40] = 1200
    return array


def settle(pane: VolumeWidget, qtbot: QtBot) -> np.ndarray:
    """Wait until nothing is being made any more and return the pixels."""
    jobs = pane.session.jobs
    quiet = 0
    for _ in range(400):
        qtbot.wait(25)
        quiet = quiet + 1 if not jobs.jobs else 0
        if quiet > 16:  # longer than the rest before the full picture
            break
    return pixels_of(pane)


def test_the_volume_appears_and_turns_with_the_mouse(pane: VolumeWidget, session: Session, qtbot: QtBot) -> None:
    geometry = Geometry(SHAPE, GRIDS["axial, thick slices"].affine)
    session.show(scene_of(block(geometry), geometry))
    front = settle(pane, qtbot)
    middle = (slice(90, 170), slice(110, 210))
    assert front[middle].max() > 100
    drag(pane, [(100, 130), (160, 130), (220, 130)])
    assert session.viewports["volume"].azimuth_deg == 300.0
    turned = settle(pane, qtbot)
    assert np.abs(turned.astype(int) - front).max() > 50
    drag(pane, [(100, 130), (130, 130)], Qt.MouseButton.MiddleButton)
    assert session.viewports["volume"].pan_px == (30.0, 0.0)


def test_many_movements_make_few_pictures_and_the_last_is_the_one_shown(
    pane: VolumeWidget, session: Session, qtbot: QtBot
) -> None:
    geometry = Geometry(SHAPE, GRIDS["oblique"].affine)
    session.show(scene_of(block(geometry), geometry))
    settle(pane, qtbot)
    made = []
    session.jobs.finished.connect(made.append)
    for step in range(300):
        session.viewports["volume"].update(azimuth_deg=float(step))
    after = settle(pane, qtbot)
    assert 2 <= len(made) < 20
    session.viewports["volume"].update(azimuth_deg=120.0)
    settle(pane, qtbot)
    session.viewports["volume"].update(azimuth_deg=299.0)
    assert np.array_equal(settle(pane, qtbot), after)


def test_letters_and_cube_belong_to_the_picture_that_is_seen(
    pane: VolumeWidget, session: Session, qtbot: QtBot
) -> None:
    """Seen from behind, left and right change sides: not before the picture does, which may take seconds."""
    geometry = Geometry(SHAPE, GRIDS["axial, thick slices"].affine)
    session.show(scene_of(block(geometry), geometry))
    settle(pane, qtbot)
    front = pane.grab_pixels()
    session.viewports["volume"].update(azimuth_deg=180.0)
    assert np.array_equal(pane.grab_pixels(), front)  # as it would be saved now
    before = pane._picture
    qtbot.waitUntil(lambda: pane._picture is not before, timeout=WAIT_MS)
    behind = pane.grab_pixels()
    letters = (slice(100, 160), slice(0, 40)), (slice(100, 160), slice(-40, None))
    assert all(np.abs(behind[place].astype(int) - front[place]).max() > 100 for place in letters)


def test_that_a_part_is_left_out_is_said_until_it_is_seen_again(
    pane: VolumeWidget, session: Session, qtbot: QtBot
) -> None:
    geometry = Geometry(SHAPE, GRIDS["axial, thick slices"].affine)
    scene = scene_of(block(geometry), geometry)
    session.show(scene)
    viewport = session.viewports["volume"]
    viewport.update(look=replace(viewport.look, clipping=Clipping.whole(geometry)))
    settle(pane, qtbot)

    def said() -> list[str]:
        preset = pane.preset()
        assert preset is not None
        told = volume_corner_text(scene, preset, viewport.look, pane._picture, SIZE)
        return [str(line.text) for line in told.top_left]

    assert "Clipped" in said()
    viewport.update(look=replace(viewport.look, clipping=None))
    assert "Clipped" in said()
    qtbot.waitUntil(lambda: "Clipped" not in said(), timeout=WAIT_MS)


def test_what_does_not_change_the_picture_makes_none(pane: VolumeWidget, session: Session, qtbot: QtBot) -> None:
    geometry = Geometry(SHAPE, GRIDS["coronal"].affine)
    scene = scene_of(block(geometry), geometry)
    session.show(scene)
    settle(pane, qtbot)
    made = []
    session.jobs.added.connect(made.append)
    scene.update(window=(1.0, 2.0))  # the preset for CT is in Hounsfield units
    scene.move_cursor(geometry.to_mm((1, 1, 1)))
    session.choose(tool="brush")
    settle(pane, qtbot)
    assert made == []
    session.viewports["volume"].update(look=VolumeLook(preset="mip"))
    settle(pane, qtbot)
    assert made
    made.clear()
    scene.update(window=(100.0, 3000.0))
    settle(pane, qtbot)
    assert made


def test_the_mask_is_seen_as_a_surface_and_follows_the_brush(
    pane: VolumeWidget, session: Session, qtbot: QtBot
) -> None:
    geometry = Geometry(SHAPE, GRIDS["sagittal"].affine)
    scene = scene_of(np.full(SHAPE, -1000, np.int16), geometry)
    session.show(scene)
    labels = np.zeros(SHAPE, np.uint8)
    labels[10:20, 15:25, 20:30] = 1
    mask = draw(scene, labels, Segment(1, "Organ", (30, 230, 60)))
    few = green(settle(pane, qtbot))
    assert few > 100
    box = (slice(5, 25), slice(5, 35), slice(10, 40))
    before = mask.labels[box].copy()
    scene.study.history.do(Edit(mask, box, before, np.ones_like(before), "Brush"))
    assert green(settle(pane, qtbot)) > 2 * few
    scene.update(mask_visible=False)
    assert green(settle(pane, qtbot)) == 0
    scene.update(mask_visible=True, hidden_segments=frozenset({1}))
    assert green(settle(pane, qtbot)) == 0
    scene.update(hidden_segments=frozenset())
    mask.recolour(1, (230, 30, 60))
    shown = settle(pane, qtbot)
    assert green(shown) == 0
    assert np.count_nonzero((shown[..., 0] > 80) & (shown[..., 1] < 40)) > 2 * few


def green(shown: np.ndarray) -> int:
    inner = shown[40:220, 40:280].astype(int)
    return int(np.count_nonzero((inner[..., 1] > 60) & (inner[..., 1] > 2 * inner[..., 0])))


def test_another_volume_takes_the_place_of_the_first(pane: VolumeWidget, session: Session, qtbot: QtBot) -> None:
    geometry = Geometry(SHAPE, GRIDS["axial, thick slices"].affine)
    session.show(scene_of(block(geometry), geometry))
    settle(pane, qtbot)
    session.show(scene_of(np.full(SHAPE, -1000, np.int16), geometry))
    hint = settle(pane, qtbot)
    assert pane._picture.pixels[..., :3].max() < 20
    assert hint[90:170, 110:210].max() > 200, "a pane without anything to see does not say so"
    session.show(None)
    settle(pane, qtbot)
    assert pane._picture is None


def test_without_opengl_the_processor_draws_and_the_pane_says_so(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_library(name: str, *args: object) -> None:
        raise OSError(name)

    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", no_library)
    pane = VolumeWidget(session, "volume")
    qtbot.addWidget(pane, before_close_func=lambda widget: widget.release())
    pane.resize(*SIZE)
    geometry = Geometry(SHAPE, GRIDS["axial, thick slices"].affine)
    session.show(scene_of(block(geometry), geometry))
    pane.show()
    settle(pane, qtbot)
    monkeypatch.undo()
    assert pane._picture is not None
    shown = pane._picture.pixels[..., :3].max(axis=2) > 60
    expected = pane._camera(session.scene).to_picture(geometry.to_mm((14.5, 19.5, 24.5)), SIZE)
    rows, columns = np.nonzero(shown)
    scale = SIZE[0] / shown.shape[1]
    assert (columns.mean() * scale, rows.mean() * scale) == pytest.approx(expected, abs=2.5)
    assert pane._picture.without_opengl
    texts = volume_corner_text(session.scene, pane.preset(), pane.viewport.look, pane._picture, SIZE)
    assert Sentence("No OpenGL: drawn by the processor") in [line.text for line in texts.top_left]


def render_windows() -> int:
    """Return how many windows of VTK there are in this process."""
    return sum(type(thing).__name__.endswith("RenderWindow") for thing in gc.get_objects())


def test_what_opengl_holds_is_freed_on_its_thread_also_while_everything_is_cancelled(
    window: MainWindow, ct_folder: Path, qtbot: QtBot
) -> None:
    # freed later, by whatever thread collects garbage, it has taken the program with it in the middle of a picture
    gc.collect()
    before = render_windows()
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: render_windows() > before, timeout=WAIT_MS)
    window.close()
    window.session.jobs.stop()
    gc.collect()
    assert render_windows() == before


def test_a_picture_on_its_way_to_a_pane_that_qt_has_deleted_reaches_nobody(session: Session, qtbot: QtBot) -> None:
    geometry = Geometry(SHAPE, GRIDS["axial, thick slices"].affine)
    holder = QWidget()
    qtbot.addWidget(holder)
    pane = VolumeWidget(session, "volume", holder)
    holder.show()
    qtbot.waitExposed(holder)
    scene = scene_of(block(geometry), geometry)
    draw(scene, (block(geometry) > 0).astype(np.uint8), Segment(1, "Bone", (255, 0, 0)))
    session.show(scene)
    titles = {str(job.title) for job in session.jobs.jobs}
    assert {"3D view", "Surfaces"} <= titles
    shiboken6.delete(holder)  # as Qt does with a parent, or Python with garbage: nobody has released the pane
    assert not shiboken6.isValid(pane)
    assert "Closing the 3D view" in {str(job.title) for job in session.jobs.jobs}  # OpenGL is not left open
    qtbot.waitUntil(lambda: not session.jobs.jobs, timeout=WAIT_MS)
    assert not session.notices.notices
