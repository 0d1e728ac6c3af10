"""The bar below the images that are played: play, a slider, how fast and in which order, and where it is."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
)

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.gui.session_watch import SessionWatch
from medview.session.advance import frames_per_s, play_order
from medview.session.cine import FPS_RANGE, ORDERS
from medview.session.play import change_cine, pause_for
from medview.session.played import played_count, played_number, show_played, what_is_played
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.step_place import go_to_place, places
from medview.view.state_lines import axis_lines

_LABEL_DIGITS = 16
_SPEED_DIGITS = 14
_GAP_PX = 8
_SLIDER_PX = 110  # below this it cannot be aimed at, with the margins of the bar
_RANGE_ACTIONS = ("play_from_here", "play_to_here", "play_all")
ORDER_TITLES = {"loop": Sentence("Over and over"), "swing": Sentence("There and back"), "once": Sentence("Once")}


class SequenceBar(QWidget):
    """Steps through frames, places of a 4-D series, or slices once they have been played; hidden where there are none.

    The label tells what is on the screen, never what is still being read, and the speed is that which is reached.

    Parameters
    ----------
    actions
        The commands "play", "play_from_here", "play_to_here" and "play_all".
    """

    def __init__(
        self, session: Session, watch: SessionWatch, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 3, 8, 3)
        layout.setSpacing(_GAP_PX)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # the images need the room of a small window
        self.button = self._tool_button(actions["play"])
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys are the panes'
        self.slider.setPageStep(1)
        self.slider.setAccessibleName(tr("Frame, time, b-value or echo"))
        self.slider.valueChanged.connect(self._go)
        self.label, self.speed = self._number_label(_LABEL_DIGITS), self._number_label(_SPEED_DIGITS)
        self.fps_box = self._make_fps_box()
        self.order_box = self._make_order_box()
        self.range_button = self._make_range_button(actions)
        for widget in (self.button, self.slider, self.label, self.fps_box, self.speed, self.order_box):
            layout.addWidget(widget, 1 if widget is self.slider else 0)
        layout.addWidget(self.range_button)
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is to step through, where it is, and how it is played."""
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
        self.label.setText(" ".join(_said(self._session, scene, number, count)))
        self._refresh_ways(scene, count)

    def minimumSizeHint(self) -> QSize:
        """Ask for no width: what does not fit is left away."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what fits."""
        super().resizeEvent(event)
        self._fit()

    def show_speed(self, reached: float, left_out: int) -> None:
        """Tell how many pictures a second were shown, and how many came too late to be shown."""
        if left_out:
            said = Sentence("{fps} reached, {count} left out", {"fps": f"{reached:.1f}", "count": left_out})
        else:
            said = Sentence("{fps} reached", {"fps": f"{reached:.1f}"})
        self.speed.setText(say(said))

    def _refresh_ways(self, scene: Scene, count: int) -> None:
        self._fit()
        if not self.fps_box.hasFocus():
            self.fps_box.blockSignals(True)
            self.fps_box.setValue(frames_per_s(self._session))
            self.fps_box.blockSignals(False)
        self.order_box.blockSignals(True)
        self.order_box.setCurrentIndex(ORDERS.index(play_order(self._session)))
        self.order_box.blockSignals(False)
        first, last = scene.cine.range_of(count)
        whole = (first, last) == (0, count - 1)
        self.range_button.setText(tr("All") if whole else f"{first + 1}–{last + 1}")
        if not scene.is_playing:
            self.speed.clear()

    def _fit(self) -> None:
        """Leave away what there is no room for, the slider and its label last."""
        is_along = what_is_played(self._session) != "places"
        wanted = (
            [self.fps_box, self.range_button, self.order_box, self.speed] if is_along else [self.fps_box, self.speed]
        )
        room = self.width() - _SLIDER_PX - self.button.sizeHint().width() - self.label.sizeHint().width()
        for widget in (self.fps_box, self.range_button, self.order_box, self.speed):
            needed = max(widget.sizeHint().width(), widget.minimumWidth()) + _GAP_PX
            room -= needed if widget in wanted else 0
            widget.setVisible(widget in wanted and room > 0)

    def _tool_button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    def _number_label(self, digits: int) -> QLabel:
        label = QLabel(self)
        label.setMinimumWidth(digits * self.fontMetrics().horizontalAdvance("0"))
        return label

    def _make_fps_box(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setRange(*FPS_RANGE)
        box.setDecimals(1)
        box.setSuffix(tr(" per second"))
        box.setKeyboardTracking(False)
        box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        box.setToolTip(tr("Pictures in a second"))
        box.setAccessibleName(tr("Pictures in a second"))
        box.valueChanged.connect(lambda fps: change_cine(self._session, fps=float(fps)))
        return box

    def _make_order_box(self) -> QComboBox:
        box = QComboBox(self)
        for order in ORDERS:
            box.addItem(say(ORDER_TITLES[order]), order)
        box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        box.setAccessibleName(tr("Order in which pictures follow"))
        box.currentIndexChanged.connect(lambda place: change_cine(self._session, order=ORDERS[place], step=1))
        return box

    def _make_range_button(self, actions: Mapping[str, QAction]) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(tr("Which pictures are played"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = QMenu(button)
        menu.addActions([actions[name] for name in _RANGE_ACTIONS])
        button.setMenu(menu)
        return button

    def _go(self, number: int) -> None:
        scene = self._session.scene
        if scene is None:
            return
        if what_is_played(self._session) == "places":
            go_to_place(self._session, number)
        else:
            pause_for(self._session, scene)
            show_played(self._session, scene, number)

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "cursor", "studies", "display", "settings"}:
            self.refresh()


def _steps(session: Session) -> tuple[int, int]:
    """Return how many frames, places or slices there are, and which is shown."""
    scene, played = session.scene, what_is_played(session)
    if scene is None or played is None:
        return 0, 0
    if played == "places":
        along = places(session)
        return len(along), along.index(scene.series) if scene.series in along else 0
    if played == "slices" and not scene.cine.was_played:
        return 0, 0
    return played_count(session, scene), played_number(session, scene)


def _said(session: Session, scene: Scene, number: int, count: int) -> list[str]:
    facts: dict[str, object] = {"index": number + 1, "count": count}
    if scene.is_recording:
        return [say(Sentence("Frame {index}/{count}", facts))]
    if what_is_played(session) == "slices":
        return [say(Sentence("Slice {index}/{count}", facts))]
    return [say(line.text) if isinstance(line.text, Sentence) else line.text for line in axis_lines(scene)]
