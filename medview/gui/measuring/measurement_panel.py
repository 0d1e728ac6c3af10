"""The panel of measurements and key images at the right of the window."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from medview.gui.dim_label import dim_label
from medview.gui.language import tr
from medview.gui.measuring.measurement_list_view import MeasurementListView
from medview.gui.measuring.measurement_menu import measurement_menu
from medview.gui.panel_heading import panel_heading
from medview.gui.session_watch import SessionWatch
from medview.session.session import Session

_BUTTONS = ("copy_measurements", "export_measurements", "measurements_visible")


class MeasurementPanel(QWidget):
    """The list, what can be done with all of it, and a hint while there is nothing.

    Parameters
    ----------
    actions
        The window's actions by command id; buttons and menu are theirs.
    """

    def __init__(
        self, session: Session, watch: SessionWatch, actions: dict[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self._session = session
        self._actions = actions
        self.list = MeasurementListView(session, watch, self)
        self.empty = dim_label(
            tr("Nothing measured yet. D and a drag over an image measure a length, A an angle; K marks a key image."),
            self,
        )
        self._build()
        watch.changed.connect(self._follow)
        self._refresh()

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        layout.addLayout(self._heading())
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addStretch(0)
        self.list.menu_wanted.connect(self._show_menu)
        for keys, act in (("Delete", self.list.remove_current), ("F2", self.list.rename_current)):
            shortcut = QShortcut(QKeySequence(keys), self.list)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)

    def _heading(self) -> QHBoxLayout:
        buttons = []
        for name in _BUTTONS:
            button = QToolButton(self)
            button.setDefaultAction(self._actions[name])
            button.setObjectName(f"panel_{name}")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            buttons.append(button)
        return panel_heading(tr("Measurements"), buttons, self)

    def _refresh(self) -> None:
        has_rows = self.list.topLevelItemCount() > 0
        self.list.setVisible(has_rows)
        self.empty.setVisible(not has_rows)

    def _show_menu(self, at: QPoint) -> None:
        measurement_menu(self, self._actions).popup(at)

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "studies", "measurements"}:
            self._refresh()
