"""The command table as Qt actions of one window: menus, toolbar, context menu, shortcuts and tooltips."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar, QToolButton, QWidget

from medview.errors import MedViewError, Sentence
from medview.gui.command import MENUS, Command, MenuName, Shell, ToolbarGroup
from medview.gui.commands.command_table import COMMANDS
from medview.gui.commands.keymap import Keymap
from medview.gui.icon import icon
from medview.gui.language import say, tr


class CommandSet(QObject):
    """Makes one QAction of each command and keeps it enabled, checked and told why not.

    Parameters
    ----------
    panes
        The widget within which shortcuts of panes (arrows, Space, Home) work.
    """

    def __init__(self, shell: Shell, window: QMainWindow, panes: QWidget) -> None:
        super().__init__(window)
        self._shell = shell
        self._window = window
        self.actions: dict[str, QAction] = {}
        self.keymap = Keymap(COMMANDS, shell.session.settings)
        # title, refusal and what it acts on, by command
        self._told: dict[str, tuple[str | None, Sentence | None, str | None]] = {}
        for command in COMMANDS:
            action = self._made(command)
            (panes if command.in_panes else window).addAction(action)
            self.actions[command.id] = action
        self.refresh()

    def refresh(self) -> None:
        """Hold every action against the session."""
        session = self._shell.session
        for command in COMMANDS:
            action = self.actions[command.id]
            refusal = command.when(session)
            title = command.title if command.current_title is None else command.current_title(session)
            if command.checked is not None:
                action.setChecked(command.checked(session))
            thing = command.acts_on(session) if command.acts_on is not None else None
            if self._told.get(command.id) != (title, refusal, thing):
                self._told[command.id] = title, refusal, thing
                self._tell(command, title, refusal, thing)

    def refresh_keys(self) -> None:
        """Give the actions the keys that the settings say, and their tool tips."""
        for command in COMMANDS:
            keys = [QKeySequence(key) for key in self.keymap.keys(command)]
            if self.actions[command.id].shortcuts() != keys:
                self.actions[command.id].setShortcuts(keys)
                self._told.pop(command.id, None)
        self.refresh()

    def _tell(self, command: Command, title: str | None, refusal: Sentence | None, thing: str | None) -> None:
        action = self.actions[command.id]
        action.setVisible(title is not None)
        # a hidden or greyed action swallows no key, so that other widgets still get it
        action.setEnabled(refusal is None and title is not None)
        name = tr(title or command.title)
        action.setText(name if thing is None else tr("{command}: {thing}", command=name, thing=tr(thing)))
        action.setToolTip(_tool_tip(action, say(refusal) if refusal is not None else ""))

    def fill_menu_bar(self) -> dict[MenuName, QMenu]:
        """Fill the window's menu bar and return its menus."""
        bar = self._window.menuBar()
        bar.clear()
        menus = {}
        for name in MENUS:
            menu = bar.addMenu(tr(name))
            menu.setToolTipsVisible(True)
            for command in COMMANDS:
                if command.menu == name:
                    self._add(menu, command, command.submenu)
            menu.menuAction().setVisible(not menu.isEmpty())
            menus[name] = menu
        return menus

    def fill_tool_bar(self, bar: QToolBar, *groups: ToolbarGroup) -> None:
        """Add the commands of toolbar groups, a line between two groups."""
        for place, group in enumerate(groups):
            if place:
                bar.addSeparator()
            for command in COMMANDS:
                if command.group == group:
                    bar.addAction(self.actions[command.id])
                    button = bar.widgetForAction(self.actions[command.id])
                    if isinstance(button, QToolButton):
                        button.setObjectName(command.id)
                        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def window_actions(self) -> list[QAction]:
        """Return what chooses a window: automatic, that of the images, presets, inverted."""
        named = ("auto_window", "default_window", "invert")
        return [self.actions[c.id] for c in COMMANDS if c.id in named or c.id.startswith(("preset_", "image_window_"))]

    def layout_actions(self) -> list[QAction]:
        """Return what chooses a named layout."""
        return [self.actions[c.id] for c in COMMANDS if c.id.startswith("layout_")]

    def context_menu(self) -> QMenu:
        """Return the menu of the right mouse button over a pane."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        offered = [command for command in COMMANDS if command.in_context]
        first = [command for command in offered if command.context_submenu]
        last = [command for command in offered if command.menu == "File"]
        for group in (first, [c for c in offered if c not in first and c not in last], last):
            menu.addSeparator()
            for command in group:
                self._add(menu, command, command.context_submenu or command.submenu)
        return menu

    def release(self) -> None:
        """Take the actions off the window, which is being furnished anew."""
        for action in self.actions.values():
            action.deleteLater()
        self.actions.clear()

    def _made(self, command: Command) -> QAction:
        action = QAction(tr(command.title), self)
        action.setObjectName(command.id)
        action.setShortcuts([QKeySequence(keys) for keys in self.keymap.keys(command)])
        action.setAutoRepeat(command.in_panes)
        action.setCheckable(command.checked is not None)
        if command.in_panes:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        if command.icon:
            action.setIcon(icon(command.icon))
        if command.short_title:
            action.setIconText(tr(command.short_title))
        action.triggered.connect(partial(self._run, command))
        return action

    def _run(self, command: Command, _checked: bool = False) -> None:
        try:
            command.run(self._shell)
        except MedViewError as error:
            self._shell.session.notices.add_error(error)
        self.refresh()

    def _add(self, menu: QMenu, command: Command, submenu: str) -> None:
        if submenu:
            menu = self._submenu(menu, submenu)
        if command.separator:
            menu.addSeparator()
        menu.addAction(self.actions[command.id])

    @staticmethod
    def _submenu(menu: QMenu, title: str) -> QMenu:
        """Return the menu of a title within a menu, made at its first command."""
        found = menu.findChild(QMenu, title, Qt.FindChildOption.FindDirectChildrenOnly)
        if found is not None:
            return found
        made = menu.addMenu(tr(title))
        made.setObjectName(title)
        made.setToolTipsVisible(True)
        return made


def _tool_tip(action: QAction, refusal: str) -> str:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    title = action.text().rstrip("…")
    first = f"{title} ({keys})" if keys else title
    return f"{first}\n{refusal}" if refusal else first
