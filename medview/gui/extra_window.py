"""Further windows of the session, each with panes of its own: for a second monitor."""

from __future__ import annotations

from base64 import b64decode, b64encode

from PySide6.QtCore import QByteArray, QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QToolBar

from medview.gui.commands.command_set import CommandSet
from medview.gui.commands.command_table import COMMANDS
from medview.gui.language import tr
from medview.gui.layout_chooser import LayoutButton
from medview.gui.links import Links
from medview.gui.panes.layout_widget import LayoutWidget
from medview.gui.panes.pane_widget import PaneWidget
from medview.session.choose_layout import close_window
from medview.session.session import Session

_SIZE = (1100, 820)


class ExtraWindow(QMainWindow):
    """One further window.

    Parameters
    ----------
    number
        `Cell.window` of its panes.
    """

    def __init__(self, session: Session, number: int) -> None:
        super().__init__()
        self._session = session
        self.number = number
        self._is_released = False
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.panes = LayoutWidget(session, self, window=number)
        self.setCentralWidget(self.panes)
        self._bar: QToolBar | None = None
        self.resize(*_SIZE)
        self._restore_place()

    def furnish(self, commands: CommandSet) -> None:
        """Take the commands, in the language of now: their shortcuts work here as in the main window."""
        self.setWindowTitle(tr("MedView – window {number}", number=self.number + 1))
        if self._bar is not None:
            self.removeToolBar(self._bar)
            self._bar.deleteLater()
        bar = QToolBar(tr("Tools"), self)
        bar.setMovable(False)
        bar.setIconSize(QSize(18, 18))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addWidget(LayoutButton(self._session, [], bar, self.number))
        bar.addAction(commands.actions["full_screen"])
        self.addToolBar(bar)
        self._bar = bar
        for command in COMMANDS:
            (self.panes if command.in_panes else self).addAction(commands.actions[command.id])

    def release(self) -> None:
        """Close without a change of the session: the program ends, or the panes have gone already."""
        self._is_released = True
        self._keep_place()
        self.panes.release()
        self.close()
        self.deleteLater()

    def changeEvent(self, event: QEvent) -> None:
        """Make one of its panes the active one when the window is chosen."""
        super().changeEvent(event)
        names = list(self.panes.panes)
        is_chosen = event.type() == QEvent.Type.ActivationChange and self.isActiveWindow()
        if is_chosen and names and self._session.active_pane not in names and not self._is_released:
            self._session.choose(active_pane=names[0])

    def closeEvent(self, event: QCloseEvent) -> None:
        """Put its panes away."""
        event.accept()
        if not self._is_released:
            close_window(self._session, self.number)

    def _restore_place(self) -> None:
        """Lie where it lay the last time; the first time on another monitor, where there is one."""
        kept = self._session.settings["window_places"].get(str(self.number), "")
        try:
            if kept and self.restoreGeometry(QByteArray(b64decode(kept, validate=True))):
                return
        except ValueError:  # edited by hand
            pass
        screens = QGuiApplication.screens()
        if len(screens) > self.number:
            self.setGeometry(screens[self.number].availableGeometry().adjusted(40, 60, -40, -40))

    def _keep_place(self) -> None:
        place = b64encode(self.saveGeometry().data()).decode("ascii")
        places = self._session.settings["window_places"]
        self._session.settings["window_places"] = {**places, str(self.number): place}


class ExtraWindows(QObject):
    """The further windows that the layout of the session has; they come and go with it.

    Signals as those of `medview.gui.panes.layout_widget.LayoutWidget`, from the panes of any of them.
    """

    context_menu_requested = Signal(str, QPoint)
    pointer_moved = Signal(str, object)

    def __init__(self, session: Session, main: LayoutWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._main = main
        self._commands: CommandSet | None = None
        self._active_pane = session.active_pane
        self._links = Links()
        self.windows: dict[int, ExtraWindow] = {}
        self._links.connect(session.layout_changed, self._follow_layout)
        self._links.connect(session.display_changed, self._follow_active_pane)
        self.destroyed.connect(self._links.end)

    def furnish(self, commands: CommandSet) -> None:
        """Give the windows the commands in the language of now."""
        self._commands = commands
        for window in self.windows.values():
            window.furnish(commands)

    def release(self) -> None:
        """Close them all: the program ends."""
        self._links.end()
        for window in self.windows.values():
            window.release()
        self.windows.clear()

    def find(self, pane: str) -> PaneWidget | None:
        """Return the widget of a pane, in whichever window it is."""
        every = (self._main, *(window.panes for window in self.windows.values()))
        return next((panes.panes[pane] for panes in every if pane in panes.panes), None)

    def active(self) -> ExtraWindow | None:
        """Return the further window that is the active one, None where none is."""
        return next((window for window in self.windows.values() if window.isActiveWindow()), None)

    def _follow_layout(self) -> None:
        wanted = {cell.window for cell in self._session.layout.cells if cell.window > 0}
        for number in [number for number in self.windows if number not in wanted]:
            self.windows.pop(number).release()
        for number in sorted(wanted - set(self.windows)):
            self._open(number)

    def _open(self, number: int) -> None:
        window = ExtraWindow(self._session, number)
        window.panes.context_menu_requested.connect(self.context_menu_requested)
        window.panes.pointer_moved.connect(self.pointer_moved)
        if self._commands is not None:
            window.furnish(self._commands)
        self.windows[number] = window
        window.show()

    def _follow_active_pane(self) -> None:
        """Go to the window of the pane that has become the active one by a key."""
        if self._session.active_pane == self._active_pane:
            return
        self._active_pane = self._session.active_pane
        pane = self.find(self._active_pane)
        ours = {self._main.window(), *self.windows.values()}
        now = QApplication.activeWindow()
        if pane is not None and self.windows and now in ours and pane.window() is not now:
            pane.window().activateWindow()
            pane.setFocus()
