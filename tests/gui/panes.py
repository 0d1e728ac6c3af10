"""A session on the screen: a queue that wakes the event loop, and panes that show a scene."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from medview.app import Doorbell
from medview.jobs.job_queue import JobQueue
from medview.session.session import Session
from medview.session.settings import Settings


@contextmanager
def open_session() -> Iterator[Session]:
    """Give a session whose jobs are delivered by Qt's event loop, and end its threads afterwards."""
    jobs = JobQueue(worker_process=False)
    bell = Doorbell()
    bell.attach(jobs)
    try:
        yield Session(jobs, Settings())
    finally:
        jobs.stop()
        bell.deleteLater()


def drag(
    widget: QWidget,
    points: list[tuple[float, float]],
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press at the first point, move over the others, let go at the last; fractions of pixels are kept."""
    nothing = Qt.MouseButton.NoButton
    kinds = [QEvent.Type.MouseButtonPress] + [QEvent.Type.MouseMove] * (len(points) - 1)
    for kind, point in zip(kinds, points, strict=True):
        _send(widget, kind, point, button if kind == QEvent.Type.MouseButtonPress else nothing, button, keys)
    _send(widget, QEvent.Type.MouseButtonRelease, points[-1], button, nothing, keys)


def hover(widget: QWidget, point: tuple[float, float]) -> None:
    """Move the mouse over a pane without a button."""
    nothing = Qt.MouseButton.NoButton
    _send(widget, QEvent.Type.MouseMove, point, nothing, nothing, Qt.KeyboardModifier.NoModifier)


def double_click(widget: QWidget, point: tuple[float, float]) -> None:
    """Click twice with the left button, as a window system tells it."""
    left, nothing = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    none = Qt.KeyboardModifier.NoModifier
    drag(widget, [point])
    _send(widget, QEvent.Type.MouseButtonDblClick, point, left, left, none)
    _send(widget, QEvent.Type.MouseButtonRelease, point, left, nothing, none)


def _send(
    widget: QWidget,
    kind: QEvent.Type,
    point: tuple[float, float],
    button: Qt.MouseButton,
    buttons: Qt.MouseButton,
    keys: Qt.KeyboardModifier,
) -> None:
    at = QPointF(*point)
    screen = QPointF(widget.mapToGlobal(QPoint(0, 0))) + at
    QApplication.sendEvent(widget, QMouseEvent(kind, at, screen, button, buttons, keys))


def pixels_of(widget: QWidget) -> NDArray[np.uint8]:
    """Return what a widget shows on the screen, (height, width, 3) in device pixels."""
    from PySide6.QtGui import QImage

    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
