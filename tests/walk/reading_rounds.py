"""What a person does between opening and closing a study, in every layout: for tests and benchmarks of what is left."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from medview.gui.main_window import MainWindow
from medview.gui.screenshot_acts import draw_measurement, turn_oblique
from medview.session.close_study import close_study
from medview.session.open_folder import open_folder

LAYOUTS = ("mpr", "1x1", "1x2", "2x2", "mpr_row", "3d_large", "mpr_curved", "mpr_compare")
_NOTCHES = 6


def begin(window: MainWindow, folder: Path) -> None:
    """Open a folder; it is on the screen when the jobs have ended."""
    open_folder(window.session, folder)


def read(window: MainWindow, number: int) -> None:
    """Read in the layout that is due: scroll, window, measure, turn the planes, look from above."""
    window.commands.actions[f"layout_{LAYOUTS[number % len(LAYOUTS)]}"].trigger()
    pane = window.panes.panes[window.session.active_pane]
    for notch in range(_NOTCHES):
        wheel(pane, -1 if notch % 2 else 1)
    middle = QPoint(pane.width() // 2, pane.height() // 2)
    QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(pane, middle + QPoint(20, 10))
    QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=middle + QPoint(20, 10))
    draw_measurement("ellipse")(window)
    turn_oblique(window)
    QApplication.processEvents()
    window.commands.actions["view_from_superior"].trigger()
    QApplication.processEvents()


def end(window: MainWindow) -> None:
    """Close every study, and dismiss what was told."""
    for study in window.session.studies:
        close_study(window.session, study)
    for notice in window.session.notices.notices:
        window.session.notices.dismiss(notice)


def wheel(pane: QWidget, notches: int) -> None:
    """Turn the wheel over the middle of a pane."""
    at = QPointF(pane.width() / 2, pane.height() / 2)
    event = QWheelEvent(
        at,
        pane.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)
    QApplication.processEvents()
