"""Every command with its keys, to be looked up and changed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medview.gui.command import MENUS, Command
from medview.gui.commands.command_table import COMMANDS
from medview.gui.commands.keymap import Keymap, key_sets, native, plain
from medview.gui.language import tr
from medview.session.settings import Settings

_ID = Qt.ItemDataRole.UserRole


class ShortcutForm(QDialog):
    """Changes keys at once; a key that another command has is taken from it only when the person says so."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Change shortcuts"))
        self._settings = settings
        self.keymap = Keymap(COMMANDS, settings)
        self._commands = {command.id: command for command in COMMANDS}
        layout = QVBoxLayout(self)
        layout.addLayout(self._make_head())
        self._groups: list[QTreeWidgetItem] = []
        self.table = self._make_table()
        layout.addWidget(self.table, 1)
        layout.addLayout(self._make_editor())
        self.told = QLabel(self)
        self.told.setObjectName("reason")
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self.told)
        buttons = QDialogButtonBox(self)
        everything = buttons.addButton(tr("Reset all"), QDialogButtonBox.ButtonRole.ResetRole)
        everything.clicked.connect(self._reset_all)
        close = buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.resize(640, 620)
        self._fill()
        self._choose()

    def _make_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText(tr("Find a command or a key"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._sift)
        self.sets = QComboBox(self)
        for one in key_sets():
            self.sets.addItem(tr(one.title), one.id)
        self.sets.setCurrentIndex(max(self.sets.findData(self._settings["keymap"]), 0))
        self.sets.currentIndexChanged.connect(self._take_set)
        head.addWidget(self.filter, 1)
        head.addWidget(QLabel(tr("Keys as in"), self))
        head.addWidget(self.sets)
        return head

    def _make_table(self) -> QTreeWidget:
        table = QTreeWidget(self)
        table.setColumnCount(2)
        table.setHeaderLabels([tr("Command"), tr("Keys")])
        table.setUniformRowHeights(True)
        table.setColumnWidth(0, 400)
        table.itemSelectionChanged.connect(self._choose)
        return table

    def _make_editor(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.editor = QKeySequenceEdit(self)
        self.editor.setMaximumSequenceLength(1)
        self.editor.setClearButtonEnabled(True)
        self.editor.keySequenceChanged.connect(self._look)
        self.give = QPushButton(tr("Set"), self)
        self.give.clicked.connect(self._give)
        self.none = QPushButton(tr("No key"), self)
        self.none.clicked.connect(lambda: self._set(()))
        self.reset = QPushButton(tr("Reset"), self)
        self.reset.clicked.connect(self._reset)
        row.addWidget(QLabel(tr("New key"), self))
        row.addWidget(self.editor, 1)
        for button in (self.give, self.none, self.reset):
            button.setAutoDefault(False)
            row.addWidget(button)
        return row

    def _fill(self) -> None:
        """List the commands by menu."""
        for menu in MENUS:
            commands = [command for command in COMMANDS if command.menu == menu]
            if not commands:
                continue
            group = QTreeWidgetItem([tr(menu), ""])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.table.addTopLevelItem(group)
            self._groups.append(group)
            for command in commands:
                row = QTreeWidgetItem(group, [tr(command.title).rstrip("…"), ""])
                row.setData(0, _ID, command.id)
            group.setExpanded(True)
        self._refresh()

    def _refresh(self) -> None:
        """Write the keys of now; a person's own are bold."""
        for row in self.rows():
            command = self._commands[row.data(0, _ID)]
            row.setText(1, native(self.keymap.keys(command)))
            font = row.font(1)
            font.setBold(self.keymap.own(command) is not None)
            row.setFont(1, font)
        self._sift()

    def rows(self) -> list[QTreeWidgetItem]:
        """Return the rows of commands."""
        return [row for group in self._groups for row in _children(group)]

    def command(self) -> Command | None:
        """Return the command that is chosen."""
        chosen = [row for row in self.table.selectedItems() if row.data(0, _ID)]
        return self._commands[chosen[0].data(0, _ID)] if chosen else None

    def _sift(self) -> None:
        """Show the rows in which the words are found."""
        words = self.filter.text().casefold().split()
        for row in self.rows():
            command = self._commands[row.data(0, _ID)]
            text = " ".join((row.text(0), row.text(1), command.title, *command.other_names)).casefold()
            row.setHidden(not all(word in text for word in words))
        for group in self._groups:
            group.setHidden(all(row.isHidden() for row in _children(group)))

    def _choose(self) -> None:
        command = self.command()
        for widget in (self.editor, self.give, self.none):
            widget.setEnabled(command is not None)
        self.reset.setEnabled(command is not None and self.keymap.own(command) is not None)
        self.editor.clear()
        self._look()

    def _key(self) -> str:
        return self.editor.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _look(self) -> None:
        """Say who has the key that was pressed."""
        key, command = self._key(), self.command()
        self.give.setEnabled(bool(key) and command is not None)
        owner = self.keymap.owner(key) if plain(key) else None
        if owner is not None and owner is not command:
            self.told.setText(
                tr(
                    "{key} belongs to: {title}. Setting it takes it away there.",
                    key=native([key]),
                    title=tr(owner.title).rstrip("…"),
                )
            )
        else:
            self.told.setText("" if command is not None else tr("Choose a command to change its keys."))

    def _give(self) -> None:
        self._set((self._key(),))

    def _set(self, keys: tuple[str, ...]) -> None:
        command = self.command()
        if command is not None:
            self.keymap.give(command, keys)
            self._refresh()
            self._choose()

    def _reset(self) -> None:
        command = self.command()
        if command is not None:
            self.keymap.forget(command)
            self._refresh()
            self._choose()

    def _reset_all(self) -> None:
        self.keymap.forget()
        self._refresh()
        self._choose()

    def _take_set(self) -> None:
        self._settings["keymap"] = self.sets.currentData()
        self._refresh()
        self._look()


def _children(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [row for number in range(group.childCount()) if (row := group.child(number)) is not None]
