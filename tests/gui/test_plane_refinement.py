"""A thick slab of a turned plane is coarse at once and in full soon after, without holding the window."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from medview.gui.panes.viewport_widget import ViewportWidget
from medview.imaging.turned_planes import TurnedPlanes
from medview.study.geometry import Geometry
from tests.gui.panes import open_session
from tests.view.scenes import scene_of


def test_the_slab_is_made_in_full_when_nothing_has_moved_for_a_moment(qtbot: QtBot) -> None:
    geometry = Geometry((120, 160, 160), np.array([[0, 0, 1.0, 0], [0, 1.0, 0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1]]))
    array = np.random.default_rng(4).integers(0, 1000, geometry.shape).astype(np.int16)
    with open_session() as session:
        session.show(scene_of(array, geometry, (500.0, 1000.0)))
        assert session.scene is not None
        session.viewports["axial"].update(slab_mm=40.0, slab_mode="mean")
        session.scene.turn(TurnedPlanes.of_angles(20.0, 10.0, 0.0))
        pane = ViewportWidget(session, "axial")
        qtbot.addWidget(pane)
        pane.resize(230, 220)
        coarse, full = pane.picture(), pane.picture(coarse=False)
        assert coarse is not None
        assert full is not None
        assert coarse.values.shape < full.values.shape
        other = ViewportWidget(session, "axial")
        qtbot.addWidget(other)
        other.resize(pane.size())
        other.show()

        def is_full() -> bool:
            picture = other.picture()
            return picture is not None and picture.values.shape == full.values.shape

        assert not is_full()
        qtbot.waitUntil(is_full, timeout=20_000)
        shown = other.picture()
        assert shown is not None
        assert np.array_equal(shown.values, full.values)
        session.scene.move_cursor(session.scene.cursor_mm + (0, 0, 3.0))
        assert not is_full()  # another place begins coarse again
        for widget in (pane, other):
            widget.release()
