"""Every command by its name: type a few letters, press Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from medview.gui.command import Command
from medview.gui.commands.command_set import CommandSet
from medview.gui.commands.command_table import COMMANDS
from medview.gui.language import tr

_ID = Qt.ItemDataRole.UserRole
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CommandPalette(QDialog):
    """Lists the commands that can be done now first; what cannot be says why in its tool tip."""

    def __init__(self, commands: CommandSet, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("palette")
        self._commands = commands
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        self.words = QLineEdit(self)
        self.words.setPlaceholderText(tr("Find a command"))
        self.words.textChanged.connect(self._sift)
        self.words.installEventFilter(self)
        self.list = QListWidget(self)
        self.list.setUniformItemSizes(True)
        self.list.itemActivated.connect(self._run)
        self.list.itemClicked.connect(self._run)
        layout.addWidget(self.words)
        layout.addWidget(self.list, 1)
        self.resize(560, 420)
        self._sift()
        self.words.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys move in the list while words are typed, and Enter run."""
        if watched is self.words and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self.list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _sift(self) -> None:
        """List what has the letters in its title, in their order; nearer ones first."""
        letters = self.words.text().casefold().strip()
        scored = []
        for place, command in enumerate(COMMANDS):
            action = self._commands.actions[command.id]
            others = [name for title in command.other_names for name in (title, tr(title))]
            distance = _distance(letters, action.text(), command.title, *others)
            if action.isVisible() and distance is not None and command.id != "command_palette":
                scored.append(((not action.isEnabled(), distance, place), command, action))
        self.list.clear()
        for _, command, action in sorted(scored, key=lambda row: row[0]):
            self.list.addItem(self._row(command, action))
        self.list.setCurrentRow(0)

    def _row(self, command: Command, action: QAction) -> QListWidgetItem:
        keys = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
        place = f"{tr(command.menu)} › {action.text().rstrip('…')}"
        icon = _no_icon() if action.icon().isNull() else action.icon()
        row = QListWidgetItem(icon, f"{place}    {keys}" if keys else place)
        row.setData(_ID, command.id)
        row.setToolTip(action.toolTip())
        if not action.isEnabled():
            row.setFlags(Qt.ItemFlag.NoItemFlags)
        return row

    def _run(self, row: QListWidgetItem | None) -> None:
        if row is None or not row.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        action = self._commands.actions[row.data(_ID)]
        self.accept()
        action.trigger()


def _no_icon() -> QIcon:
    """Return a clear icon, so that all names begin below each other."""
    clear = QPixmap(64, 64)
    clear.fill(Qt.GlobalColor.transparent)
    return QIcon(clear)


def _distance(letters: str, *titles: str) -> int | None:
    """Return how far letters lie apart in the best of the titles; None where they are in none, in this order."""
    found = [score for title in titles if (score := _apart(letters, title.casefold())) is not None]
    return min(found, default=None)


def _apart(letters: str, title: str) -> int | None:
    if letters in title:
        return title.index(letters)
    place, score = -1, len(title)
    for letter in letters.replace(" ", ""):
        following = title.find(letter, place + 1)
        if following < 0:
            return None
        score += following - place
        place = following
    return score
