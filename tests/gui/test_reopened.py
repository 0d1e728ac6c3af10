"""No pane holds truth: closed and opened again from the session, every pane paints the same pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.panes.layout_widget import LayoutWidget
from medview.gui.screenshot_acts import draw_measurement, draw_path, paint_ball, turn_oblique
from medview.session.open_folder import open_folder
from tests.gui.conftest import write_ct

Settle = Callable[[], None]
Pictures = dict[str, NDArray[np.uint8]]


@pytest.fixture
def opened(window: MainWindow, settle: Settle, tmp_path: Path) -> MainWindow:
    """Return the window with a CT."""
    open_folder(window.session, write_ct(tmp_path / "ct"))
    settle()
    return window


@pytest.fixture
def rest(qtbot: QtBot, settle: Settle) -> Settle:
    """Return a function that waits until nothing is refined any more: the 3D view does it after a moment of rest."""

    def wait() -> None:
        for _ in range(2):
            qtbot.wait(400)
            settle()

    return wait


@pytest.fixture
def again(opened: MainWindow, qtbot: QtBot, rest: Settle) -> Iterator[Callable[[], Pictures]]:
    """Return a function that opens all panes anew and tells what they paint."""
    made: list[LayoutWidget] = []

    def pictures() -> Pictures:
        layout = LayoutWidget(opened.session)
        made.append(layout)
        layout.resize(opened.panes.size())
        layout.show()
        qtbot.waitExposed(layout)
        rest()
        return painted(layout)

    yield pictures
    for layout in made:
        layout.release()
        layout.close()
        layout.deleteLater()


def painted(layout: LayoutWidget) -> Pictures:
    return {name: pane.grab_pixels() for name, pane in layout.panes.items() if pane.isVisible()}


def dress(window: MainWindow, *acts: str | Callable[[MainWindow], object]) -> None:
    """Do what a person would do: commands by their ids, and what is done by the mouse."""
    for act in acts:
        window.commands.actions[act].trigger() if isinstance(act, str) else act(window)


STATES: dict[str, tuple[str | Callable[[MainWindow], object], ...]] = {
    "as opened": (),
    "turned planes with a slab and a mask": (turn_oblique, paint_ball, "slab_20"),
    "one image, turned, mirrored, filtered, coloured, measured": (
        "layout_1x1",
        "turn_right",
        "mirror",
        "filter_sharpen",
        "colours_hot_iron",
        draw_measurement("ellipse"),
        draw_measurement("length"),
    ),
    "a path laid flat": ("layout_mpr_curved", draw_path),
    "3D from above, clipped, as MIP": ("layout_3d_large", "view_from_superior", "clip_box", "look_mip"),
}


@pytest.mark.parametrize("acts", STATES.values(), ids=STATES)
def test_panes_opened_again_paint_the_same(
    acts: tuple[str | Callable[[MainWindow], object], ...],
    opened: MainWindow,
    again: Callable[[], Pictures],
    rest: Settle,
) -> None:
    dress(opened, *acts)
    rest()
    before = painted(opened.panes)
    after = again()
    assert before.keys() == after.keys()
    assert before
    for name, pixels in before.items():
        assert pixels[..., :3].max() > 100, name  # there is something to see
        assert np.array_equal(pixels, after[name]), name
