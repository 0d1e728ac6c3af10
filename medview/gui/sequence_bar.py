"""The bar below the images of a recording or a 4-D series: play, a slider, and where it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.gui.session_watch import SessionWatch
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.step_place import go_to_place, places
from medview.view.state_lines import axis_lines

_LABEL_DIGITS = 26


class SequenceBar(QWidget):
    """Steps through frames, or through the places of a 4-D series; hidden where there is neither.

    The label tells what is on the screen, never what is still being read.
    """

    def __init__(self, session: Session, watch: SessionWatch, play: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 3, 8, 3)
        self.button = QToolButton(self)
        self.button.setDefaultAction(play)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys are the panes'
        self.slider.setPageStep(1)
        self.slider.setAccessibleName(tr("Frame, time, b-value or echo"))
        self.slider.valueChanged.connect(self._go)
        self.label = QLabel(self)
        self.label.setMinimumWidth(_LABEL_DIGITS * self.fontMetrics().horizontalAdvance("0"))
        layout.addWidget(self.button)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.label)
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is to step through, and where it is."""
        scene = self._session.scene
        count, number = _steps(self._session)
        self.setVisible(count > 1)
        if scene is None or count <= 1:
            return
        self.slider.blockSignals(True)
        self.slider.setRange(0, count - 1)
        if not self.slider.isSliderDown():
            self.slider.setValue(number)
        self.slider.blockSignals(False)
        self.label.setText(" ".join(_said(scene, number, count)))

    def _go(self, number: int) -> None:
        scene = self._session.scene
        if scene is not None and scene.is_recording:
            scene.move_cursor(scene.volume.geometry.to_mm((number, *scene.cursor_index[1:])))
        else:
            go_to_place(self._session, number)

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "cursor", "studies"}:
            self.refresh()


def _steps(session: Session) -> tuple[int, int]:
    """Return how many frames or places there are, and which is shown."""
    scene = session.scene
    if scene is None:
        return 0, 0
    if scene.is_recording:
        return scene.volume.geometry.shape[0], scene.cursor_index[0]
    along = places(session)
    return len(along), along.index(scene.series) if scene.series in along else 0


def _said(scene: Scene, number: int, count: int) -> list[str]:
    if scene.is_recording:
        return [say(Sentence("Frame {index}/{count}", {"index": number + 1, "count": count}))]
    return [say(line.text) if isinstance(line.text, Sentence) else line.text for line in axis_lines(scene)]
