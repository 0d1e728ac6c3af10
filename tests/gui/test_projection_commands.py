"""Slabs and looks of the volume, chosen from the menu, change what is painted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.viewport_widget import ViewportWidget
from medview.imaging.window import grey
from medview.session.open_folder import open_folder
from medview.session.viewport import SlabMode


@pytest.fixture
def opened(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> MainWindow:
    """Return the window with a CT on the screen."""
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=20_000)
    settle()
    return window


def _chosen(window: MainWindow, title: str) -> QAction:
    """Choose an entry of the menu by the title a person reads."""
    (menu,) = (action.menu() for action in window.menuBar().actions() if action.text() == "Planes")
    (entry,) = (action for action in menu.actions() if action.text() == title and action.isVisible())
    assert entry.isEnabled()
    entry.trigger()
    return entry


@pytest.mark.parametrize(
    ("title", "mode", "projected"),
    [("Maximum (MIP)", "max", np.max), ("Minimum (MinIP)", "min", np.min), ("Mean", "mean", np.mean)],
)
def test_a_slab_shows_the_projection_of_the_slices_within_it(
    opened: MainWindow, title: str, mode: SlabMode, projected: Callable[..., np.ndarray]
) -> None:
    opened.session.choose(active_pane="coronal")
    scene = opened.session.scene
    assert scene is not None
    scene.move_cursor(scene.volume.geometry.to_mm((12, 14, 20)))  # in the bone, near the front of the body
    _chosen(opened, title)
    entry = _chosen(opened, "Slab of 10 mm")
    assert entry.isChecked()
    pane = opened.panes.panes["coronal"]
    assert isinstance(pane, ViewportWidget)
    picture = pane.picture()
    assert picture is not None
    # 1 mm rows, 5 on each side of row 14; the coronal picture has the head, the last slice, on top
    expected = np.rint(projected(scene.volume.array[:, 9:20, :], axis=1))[::-1].astype(np.int16)
    np.testing.assert_array_equal(picture.grey, grey(expected, scene.window, "LINEAR", inverted=False))
    assert opened.session.viewports["axial"].slab_mm == 0
    _chosen(opened, "One slice")
    assert opened.session.viewports["coronal"].slab_mm == 0


def test_the_3d_pane_has_no_slab_and_says_so(opened: MainWindow) -> None:
    opened.session.choose(active_pane="volume")
    action = opened.commands.actions["slab_10"]
    opened.commands.refresh()
    assert not action.isEnabled()
    assert "choose another pane" in action.toolTip()
