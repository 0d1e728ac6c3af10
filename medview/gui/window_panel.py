"""Window presets and the two numbers of the window, in the toolbar."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from medview.gui.language import tr
from medview.gui.session_watch import SessionWatch
from medview.session import choose_window
from medview.session.session import Session

_FINE_BELOW = 20.0  # windows narrower than this are of images with fractional values


class WindowPanel(QWidget):
    """A menu of presets, and level and width to read or type.

    Parameters
    ----------
    preset_actions
        Those that choose a window, in the order of the menu.
    """

    def __init__(
        self, session: Session, watch: SessionWatch, preset_actions: list[QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(6)
        self.presets = QToolButton(self)
        self.presets.setObjectName("presets")
        self.presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.presets.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.presets.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = QMenu(self.presets)
        menu.addActions(preset_actions)
        self.presets.setMenu(menu)
        layout.addWidget(self.presets)
        self.width_box = self._box("W", tr("Window width"), layout)
        self.level_box = self._box("L", tr("Window level: the value shown in middle grey"), layout)
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Show the window of now."""
        scene = self._session.scene
        self.setEnabled(scene is not None)
        self.presets.setText(self._preset_title())
        if scene is None:
            for box in (self.level_box, self.width_box):
                box.clear()
            return
        centre, width = scene.window
        for box, value in ((self.level_box, centre), (self.width_box, width)):
            if not box.hasFocus():
                box.blockSignals(True)
                box.setDecimals(3 if width < _FINE_BELOW else 0)
                box.setSingleStep(max(width / 50, 1e-3 if width < _FINE_BELOW else 1))
                box.setValue(value)
                box.blockSignals(False)

    def _box(self, letter: str, tip: str, layout: QHBoxLayout) -> QDoubleSpinBox:
        label = QLabel(letter, self)
        label.setObjectName("dim")
        box = QDoubleSpinBox(self)
        box.setRange(1e-3 if letter == "W" else -1e6, 1e6)
        box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        box.setAlignment(Qt.AlignmentFlag.AlignRight)
        box.setFixedSize(self.fontMetrics().horizontalAdvance("-10000.00") + 14, self.fontMetrics().height() + 12)
        box.setKeyboardTracking(False)
        box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        for widget in (label, box):
            widget.setToolTip(tip)
        box.setAccessibleName(tip)
        box.editingFinished.connect(self._typed)
        layout.addWidget(label)
        layout.addWidget(box)
        return box

    def _typed(self) -> None:
        scene = self._session.scene
        if scene is None:
            return
        shown = (self.level_box.value(), self.width_box.value())
        # the boxes round what they show: a window is changed only where a person has typed another number
        boxes = zip((self.level_box, self.width_box), scene.window, strict=True)
        before = tuple(box.valueFromText(box.textFromValue(value)) for box, value in boxes)
        if shown != before:
            choose_window.set_window(self._session, *shown)

    def _preset_title(self) -> str:
        scene = self._session.scene
        if scene is None:
            return tr("Window")
        if scene.volume.is_colour:
            return tr("Colours as stored") if scene.is_own_look else tr("Own window")
        for preset in choose_window.presets(self._session):
            if preset.window == scene.window:
                return tr(preset.title)
        if scene.voi_lut is not None and scene.voi_lut.name:
            return scene.voi_lut.name
        return tr("Window of the images") if scene.is_own_look else tr("Own window")

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "display"}:
            self.refresh()
