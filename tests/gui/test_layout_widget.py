"""Four panes, or one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from medview.gui.panes.layout_widget import LayoutWidget
from medview.session.session import Session
from medview.study.geometry import Geometry
from tests.gui.panes import double_click, hover, open_session
from tests.view.scenes import GRIDS, lit, scene_of

PANES = ("axial", "coronal", "sagittal", "volume")
SHAPE = (30, 40, 50)


@pytest.fixture
def session() -> Iterator[Session]:
    with open_session() as session:
        yield session


@pytest.fixture
def layout(session: Session, qtbot: QtBot) -> LayoutWidget:
    layout = LayoutWidget(session)
    qtbot.addWidget(layout, before_close_func=lambda widget: widget.release())
    layout.resize(902, 702)
    layout.show()
    qtbot.waitExposed(layout)
    return layout


def show(session: Session) -> None:
    geometry = Geometry(SHAPE, GRIDS["axial, thick slices"].affine)
    session.show(scene_of(lit(geometry, (3, 4, 5)), geometry))


def test_four_panes_of_the_same_size_with_axial_above_coronal(layout: LayoutWidget, session: Session) -> None:
    show(session)
    sizes = {(pane.width(), pane.height()) for pane in layout.panes.values()}
    assert sizes == {(450, 350)}
    corners = {name: (pane.x(), pane.y()) for name, pane in layout.panes.items()}
    assert corners == {"axial": (0, 0), "sagittal": (452, 0), "coronal": (0, 352), "volume": (452, 352)}


@pytest.mark.parametrize("name", PANES)
def test_a_double_click_lets_a_pane_fill_the_window(
    name: str, layout: LayoutWidget, session: Session, qtbot: QtBot
) -> None:
    show(session)
    pane = layout.panes[name]
    double_click(pane, (200, 150))
    assert [n for n, p in layout.panes.items() if p.isVisible()] == [name]
    qtbot.waitUntil(lambda: (pane.width(), pane.height()) == (902, 702))
    double_click(pane, (200, 150))
    assert all(p.isVisible() for p in layout.panes.values())


def test_the_layout_hands_on_what_its_panes_tell(layout: LayoutWidget, session: Session) -> None:
    show(session)
    told: list[tuple[str, object]] = []
    layout.pointer_moved.connect(lambda pane, mm: told.append((pane, mm)))
    hover(layout.panes["coronal"], (200, 150))
    assert told[-1][0] == "coronal"
    assert np.shape(told[-1][1]) == (3,)


def test_the_active_pane_is_the_one_that_is_saved(layout: LayoutWidget, session: Session) -> None:
    show(session)
    session.choose(active_pane="sagittal")
    assert np.array_equal(layout.grab_pixels(), layout.panes["sagittal"].grab_pixels())
    assert layout.grab_pixels("axial").shape == (350, 450, 4)


def test_a_closed_layout_lets_go_of_the_session(session: Session, qtbot: QtBot) -> None:
    signals = (session.scene_changed, session.display_changed, session.settings.changed)
    before = [len(signal) for signal in signals]
    layout = LayoutWidget(session)
    layout.release()
    assert [len(signal) for signal in signals] == before
    layout.deleteLater()
