"""The toolbar's button of the measuring tools: the one used last, and a menu of all."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from medview.gui.session_watch import SessionWatch
from medview.session.session import Session
from medview.tools.measuring import MEASURE_TOOLS


class MeasureButton(QToolButton):
    """Pressed it takes the tool it shows; its arrow opens the menu.

    Parameters
    ----------
    actions
        The window's actions by command id.
    """

    def __init__(self, session: Session, watch: SessionWatch, actions: dict[str, QAction], parent: QToolBar) -> None:
        super().__init__(parent)
        parent.toolButtonStyleChanged.connect(self.setToolButtonStyle)  # its own actions it dresses by itself
        self.setToolButtonStyle(parent.toolButtonStyle())
        self.setIconSize(parent.iconSize())
        self._session = session
        self._actions = actions
        self.setObjectName("measure")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = QMenu(self)
        menu.addActions([actions[tool] for tool in MEASURE_TOOLS])
        self.setMenu(menu)
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Show the tool used last."""
        tool = str(self._session.settings["measure_tool"])
        action = self._actions[tool if tool in MEASURE_TOOLS else "measure_length"]
        if self.defaultAction() is not action:
            self.setDefaultAction(action)

    def _follow(self, topics: frozenset[str]) -> None:
        if "settings" in topics and self._actions:  # there are none while the window is furnished anew
            self.refresh()
