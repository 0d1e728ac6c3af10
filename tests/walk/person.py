"""A person at the window: looks at pixels, clicks, types, drags."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from medview.gui.findings.finding_cell import NAME
from medview.gui.findings.finding_model import FindingModel
from medview.gui.main_window import MainWindow
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.gui.side_tabs import SEGMENTATION
from medview.session.scene import Scene
from medview.study.segmentation import Segmentation
from tests.modal import when_modal

LONG_MS = 120_000


class Person:
    """Somebody who uses the window by mouse and keys only, and sees what is painted."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot
        self.session = window.session

    def waits_until(self, condition: Callable[[], object]) -> None:
        """Wait while the window lives on."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=LONG_MS)

    def drops(self, path: Path) -> None:
        """Drop a folder on the window, and wait until it is on the screen and nothing is going on."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        at = QPoint(self.window.width() // 2, self.window.height() // 2)
        keys = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.window, QDragEnterEvent(at, *keys))
        QApplication.sendEvent(self.window, QDropEvent(QPointF(at), *keys))
        self.waits_until(lambda: self.session.scene is not None and not self.session.jobs.jobs)

    @property
    def scene(self) -> Scene:
        """What is on the screen."""
        assert self.session.scene is not None
        return self.session.scene

    @property
    def mask(self) -> Segmentation:
        """The mask on the screen."""
        assert self.scene.segmentation is not None, self.told()
        return self.scene.segmentation

    def told(self) -> str:
        """Return every notice in one text."""
        return "\n".join(f"{n.level}: {n.message} {n.remedy}" for n in self.session.notices.notices)

    def pane(self, name: str) -> QWidget:
        """Return a pane."""
        return self.window.panes.panes[name]

    def sees(self, name: str) -> NDArray[np.int16]:
        """Return the painted pixels of a pane: (rows, columns, 3), as the screen shows them."""
        image = self.pane(name).grab().toImage()
        image = image.convertToFormat(image.Format.Format_RGB888)
        data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(np.int16)

    def place_of(self, name: str, point_mm: NDArray[np.float64]) -> QPoint:
        """Return where a pane shows an LPS point: found by looking, since the pane tells mm under the mouse."""
        pane = self.pane(name)
        assert isinstance(pane, ViewportWidget)
        origin, right, down = (pane.position_mm(*at) for at in ((0, 0), (1, 0), (0, 1)))
        assert origin is not None
        assert right is not None
        assert down is not None
        steps = np.stack([right - origin, down - origin], axis=1)
        x, y = np.linalg.lstsq(steps, point_mm - origin, rcond=None)[0]
        return QPoint(math.floor(x), math.floor(y))

    def colour_at(self, name: str, point_mm: NDArray[np.float64]) -> tuple[int, int, int]:
        """Return the median colour of the pixels painted round an LPS point."""
        return self.colour_of(name, self.place_of(name, point_mm))

    def colour_of(self, name: str, at: QPoint) -> tuple[int, int, int]:
        """Return the median colour of the 5 x 5 pixels round a point of a pane."""
        patch = self.sees(name)[at.y() - 2 : at.y() + 3, at.x() - 2 : at.x() + 3].reshape(-1, 3)
        red, green, blue = np.median(patch, axis=0)
        return int(red), int(green), int(blue)

    def clicks(self, widget: QWidget) -> None:
        """Click a widget, once it stands where it is seen."""
        self.waits_until(widget.isEnabled)  # what can be pressed follows with the next turn of the event loop
        QApplication.processEvents()
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def presses(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key in the window."""
        QTest.keyClick(self.window, key, modifier)

    def drags(
        self,
        name: str,
        *points: QPoint,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        """Drag the mouse over a pane from point to point."""
        pane = self.pane(name)
        QTest.mousePress(pane, button, Qt.KeyboardModifier.NoModifier, points[0])
        for point in points[1:]:
            QTest.mouseMove(pane, point)
            QApplication.processEvents()
        QTest.mouseRelease(pane, button, Qt.KeyboardModifier.NoModifier, points[-1])

    def scrolls(self, name: str, notches: int) -> None:
        """Turn the wheel over a pane; positive is away from the person."""
        pane = self.pane(name)
        self.qtbot.wait(1)
        for _ in range(abs(notches)):
            _turn_wheel(pane, 120 if notches > 0 else -120)

    def chooses(self, model: str) -> None:
        """Click a model in the list of those offered."""
        panel = self.window.plugin_panel
        self.window.side_tabs.setCurrentIndex(SEGMENTATION)
        self.waits_until(lambda: panel.is_filled)
        (item,) = panel.plugins.findItems(model, Qt.MatchFlag.MatchExactly)
        panel.plugins.scrollToItem(item)
        at = panel.plugins.visualItemRect(item).center()
        self.qtbot.mouseClick(panel.plugins.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert panel.plugins.currentItem().text() == model, item.toolTip()

    def runs_chosen(self) -> None:
        """Click the one button, and wait for the result."""
        self.clicks(self.window.plugin_panel.button)
        self.waits_until(lambda: not self.session.jobs.jobs)
        assert len(self.scene.study.findings), self.told()

    def runs(self, model: str) -> None:
        """Choose a model, run it, and wait for its findings."""
        self.chooses(model)
        self.runs_chosen()

    def picks_finding(self, uid: str) -> None:
        """Click the row of a finding."""
        listed = self.window.finding_panel.list
        row = self._finding_rows.place_of(uid, NAME)
        listed.scrollTo(row)
        self.qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=listed.visualRect(row).center())
        listed.setFocus()
        self.waits_until(lambda: not self.session.jobs.jobs)

    def shown_findings(self) -> list[str]:
        """Return the UIDs of the findings that are listed, from the top down."""
        return [finding.uid for finding in self._finding_rows.in_order()]

    @property
    def _finding_rows(self) -> FindingModel:
        rows = self.window.finding_panel.list.model()
        assert isinstance(rows, FindingModel)
        return rows

    def shows_alone(self, name: str) -> None:
        """Dismiss what the bar above the images says, click into a pane, and let it fill the window."""
        for button in self.window.notice_bar.findChildren(QToolButton, "dismiss"):
            self.clicks(button)
        self.waits_until(lambda: not self.window.notice_bar.isVisible())
        self.clicks(self.pane(name))
        self.presses(Qt.Key.Key_M)
        self.waits_until(lambda: self.pane(name).width() > 0.9 * self.window.panes.width())

    def saves_as(self, command: str, path: Path) -> None:
        """Choose an export command, type the file name into its dialog, and wait for the end."""
        self.saves_by(self.window.commands.actions[command].trigger, path)

    def saves_by(self, asks: Callable[[], None], path: Path) -> None:
        """Do what asks for a file name, type it into the dialog, and wait for the end."""

        def types(dialog: QFileDialog) -> None:
            if not isValid(dialog) or QApplication.activeModalWidget() is not dialog:
                return
            (field,) = dialog.findChildren(QLineEdit, "fileNameEdit")
            field.clear()
            QTest.keyClicks(field, str(path))
            again = QTimer(dialog)  # until it has read its folder it overwrites what is typed
            again.setSingleShot(True)
            again.timeout.connect(lambda: types(dialog))
            again.start(500)
            QTest.keyClick(field, Qt.Key.Key_Return)

        when_modal(QFileDialog, types)
        asks()
        self.window.activateWindow()  # as a window manager does when a dialog has gone
        self.waits_until(self.window.isActiveWindow)
        self.waits_until(lambda: not [job for job in self.session.jobs.jobs if not job.silent])

    def closes_and_answers(self, answer: str) -> None:
        """Close the window and click an answer of the question it asks."""

        def clicks(box: QMessageBox) -> None:
            (button,) = (button for button in box.buttons() if button.text() == answer)
            self.clicks(button)

        when_modal(QMessageBox, clicks)
        self.window.close()


def _turn_wheel(pane: QWidget, angle: int) -> None:
    from PySide6.QtGui import QWheelEvent

    middle = QPointF(pane.width() / 2, pane.height() / 2)
    event = QWheelEvent(
        middle,
        pane.mapToGlobal(middle),
        QPoint(0, 0),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)
