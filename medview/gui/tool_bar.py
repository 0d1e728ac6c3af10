"""The bar of tools over the images: what is used most, with words as long as they fit."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from medview.gui.commands.command_set import CommandSet
from medview.gui.language import tr
from medview.gui.layout_chooser import LayoutButton
from medview.gui.measuring.measure_button import MeasureButton
from medview.gui.session_watch import SessionWatch
from medview.gui.window_panel import WindowPanel
from medview.session.session import Session


class ToolBar(QToolBar):
    """The tools, the choice of layouts and the window of grey values."""

    def __init__(self, session: Session, watch: SessionWatch, commands: CommandSet, parent: QWidget) -> None:
        super().__init__(tr("Tools"), parent)
        self.setObjectName("tool_bar")
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(22, 22))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        commands.fill_tool_bar(self, "open", "tools")
        self.addWidget(MeasureButton(session, watch, commands.actions, self))
        self.addSeparator()
        commands.fill_tool_bar(self, "edit", "look")
        self.layout_button = LayoutButton(session, commands.layout_actions(), self)
        self.addWidget(self.layout_button)
        self.addSeparator()
        self.window_panel = WindowPanel(session, watch, commands.window_actions(), self)
        self.addWidget(self.window_panel)

    def fit(self, width: int) -> None:
        """Leave the words below the signs away where they do not fit; the tool tips say them."""
        self._dress(narrow=False)
        if self.sizeHint().width() > width:
            self._dress(narrow=True)

    def _dress(self, *, narrow: bool) -> None:
        styles = Qt.ToolButtonStyle
        self.setToolButtonStyle(styles.ToolButtonIconOnly if narrow else styles.ToolButtonTextUnderIcon)
        for button in self.findChildren(QToolButton, options=Qt.FindChildOption.FindDirectChildrenOnly):
            button.setProperty("narrow", narrow)
            button.style().unpolish(button)
            button.style().polish(button)
