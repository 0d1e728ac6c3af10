"""Rows of the feature list that were shown inside only: with mouse and keys in the window, by what is painted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.study.segmentation import Segment
from tests.files.make_dicom import write_stack
from tests.gui.conftest import WAIT_MS
from tests.gui.measured import Person
from tests.gui.panes import drag, pixels_of
from tests.gui.seen import reads

K = Qt.Key
Z = 124.0  # of the slice that is seen first


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot, ct_folder: Path, settle: Callable[[], None]) -> Person:
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    assert window.session.scene is not None
    window.session.scene.update(crosshair_visible=False)
    return Person(window, qtbot)


def slice_seen() -> np.ndarray:
    """Return the values of the slice seen first, as it was written."""
    array = np.full((40, 48), -1000.0)
    array[10:30, 12:36] = 40
    array[12:17, 15:21] = 700
    return array


def is_inside(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return which points lie in a polygon: a ray to the right crosses its edges an odd number of times."""
    inside = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    return inside


def test_the_window_of_a_rectangle_leaves_padding_out(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    """F50, F67: of the rectangle half is padding, the rest runs from 110 to 539."""
    stored = np.full((64, 64), -2000, np.int16)
    stored[:, 32:] = np.arange(64, dtype=np.int16)[:, None] * 11
    facts = {"Rows": 64, "Columns": 64, "PixelData": stored.tobytes(), "PixelRepresentation": 1}
    open_folder(window.session, write_stack(tmp_path / "ct", 3, PixelPaddingValue=-2000, **facts))
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    window.session.set_layout(shipped_layout("1x1"))
    settle()
    pane = window.panes.panes[window.session.active_pane]
    picture = pane.picture()
    first, last = (picture.transform.to_pane(column, row) for column, row in ((20.1, 10.1), (43.9, 49.9)))
    drag(pane, [first, last], keys=Qt.KeyboardModifier.ControlModifier)
    settle()
    scene = window.session.scene
    values = scene.volume.array[scene.cursor_index[0], 10:50, 32:44]
    low, high = (round(float(n)) for n in np.percentile(values, (0.1, 99.9)))
    assert high - low == 429
    assert reads(pane, f"W {high - low + 1}  L {(low + high + 1) // 2}")


@pytest.mark.parametrize("kind", ["ellipse", "freehand"])
def test_the_numbers_painted_beside_a_region_are_those_of_its_pixels(person: Person, kind: str) -> None:
    person.window.commands.actions[f"measure_{kind}"].trigger()
    y, x = np.mgrid[0:40, 0:48] - np.array([20.0, 24.0])[:, None, None]  # centres of the pixels, mm
    if kind == "ellipse":
        low, high = np.array([-14.2, -13.2]), np.array([3.7, 4.8])
        person.drag("axial", (*low, Z), (*high, Z))
        middle, half = (low + high) / 2, (high - low) / 2
        inside = ((x - middle[0]) / half[0]) ** 2 + ((y - middle[1]) / half[1]) ** 2 <= 1
    else:
        corners = np.array([(-14.3, -12.4), (-2.2, -13.7), (4.6, 1.3), (-5.8, 6.2), (-13.1, 1.7)])
        drag(person.pane("axial"), [person.at("axial", (a, b, Z)) for a, b in corners])
        inside = is_inside(corners, x, y)
    person.qtbot.wait(30)
    values = slice_seen()[inside]
    assert reads(person.pane("axial"), f"{values.mean():.1f} ± {values.std():.1f} HU")
    assert reads(person.pane("axial"), f"min {values.min():.0f}  max {values.max():.0f}")


def test_the_programs_own_keys_do_what_the_sheet_says(person: Person) -> None:
    """O, N, Shift+N, F7 and F8."""
    window, pane = person.window, person.pane("axial")
    for key, name in ((K.Key_F7, "studies"), (K.Key_F8, "segmentation")):
        side = window.sides[name]
        assert side.isVisible()
        person.key(key)
        assert not side.isVisible()
        person.key(key)
        assert side.isVisible()
    person.key(K.Key_B)
    person.drag("axial", (4.0, 4.0, Z), (6.0, 4.0, Z))
    person.qtbot.waitUntil(window.commands.actions["mask_outline"].isEnabled, timeout=WAIT_MS)

    def coloured() -> int:
        seen = pixels_of(pane).astype(int)[100:-100, 80:-80]
        return int((np.ptp(seen, axis=2) > 25).sum())

    drag(pane, [(5.0, 200.0)], Qt.MouseButton.MiddleButton)  # the ring of the brush goes elsewhere
    filled = coloured()
    person.key(K.Key_O)
    assert 0 < coloured() < filled / 3
    person.key(K.Key_O)
    assert coloured() == filled
    scene = window.session.scene
    assert scene is not None
    mask = scene.segmentation
    assert mask is not None
    mask.segments = (*mask.segments, Segment(2, "Other"))
    for keys in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        person.key(K.Key_N, keys)
        person.drag("axial", (4.0, 4.0, Z), (6.0, 4.0, Z))
        painted = set(np.unique(mask.labels[scene.cursor_index[0]]))
        assert painted == {0, 2 if keys == Qt.KeyboardModifier.NoModifier else 1}
