"""The sheet of keyboard shortcuts and mouse gestures, made from the command table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from medview.errors import Sentence
from medview.gui.command import MenuName
from medview.gui.commands.command_table import COMMANDS
from medview.gui.commands.keymap import Keymap, native
from medview.gui.language import say, tr

MOUSE: tuple[tuple[Sentence, Sentence], ...] = (
    (Sentence("Left drag"), Sentence("the chosen tool; turns the 3D view")),
    (Sentence("Middle drag"), Sentence("pan")),
    (Sentence("Right drag"), Sentence("zoom")),
    (Sentence("Right click"), Sentence("menu")),
    (Sentence("Wheel"), Sentence("next or previous image")),
    (Sentence("Shift + wheel"), Sentence("ten images")),
    (Sentence("Ctrl + wheel"), Sentence("zoom")),
    (Sentence("Double click"), Sentence("one pane or four")),
    (Sentence("Click on a model's box"), Sentence("choose it; a double click centres it")),
)
# commands whose titles depend on what is open share a row
_BY_MODALITY: dict[MenuName, Sentence] = {
    "Image": Sentence("Windows for this kind of images"),
    "3D": Sentence("3D looks for this kind of images"),
}
_COLUMNS: tuple[tuple[MenuName, ...], ...] = (
    ("File", "Edit", "View", "Layout"),
    ("Image", "Planes", "3D", "Fusion"),
    ("Measure", "Tools", "AI", "Segmentation", "Help"),
)


class ShortcutSheet(QDialog):
    """A page of all keys, in the columns of the menus; any of its own keys or Esc closes it."""

    def __init__(self, keymap: Keymap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self._keymap = keymap
        page = QWidget(self)
        columns = QHBoxLayout(page)
        columns.setSpacing(36)
        for names in _COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(8)
            for name in names:
                self._add_menu(column, name)
            if names == _COLUMNS[-1]:
                _add_table(column, tr("Mouse over an image"), [(say(what), say(does)) for what, does in MOUSE])
            column.addStretch(1)
            columns.addLayout(column)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.addWidget(scroll)
        for keys in ("?", "F1"):
            QShortcut(QKeySequence(keys), self, self.reject)
        hint = page.sizeHint()
        self.resize(hint.width() + 60, min(hint.height() + 40, 820))

    def _add_menu(self, column: QVBoxLayout, name: MenuName) -> None:
        keys = {c: native(self._keymap.keys(c)) for c in COMMANDS if c.menu == name and self._keymap.keys(c)}
        shared = {c for c in keys if c.current_title is not None and name in _BY_MODALITY}
        rows = [(text, tr(c.title).rstrip("…")) for c, text in keys.items() if c not in shared]
        grouped = [keys[c] for c in keys if c in shared]
        if grouped:
            rows.insert(min(2, len(rows)), (f"{grouped[0]} … {grouped[-1]}", say(_BY_MODALITY[name])))
        if rows:
            _add_table(column, tr(name), rows)


def _add_table(column: QVBoxLayout, title: str, rows: list[tuple[str, str]]) -> None:
    heading = QLabel(title)
    heading.setObjectName("subheading")
    column.addWidget(heading)
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(5)
    for row, (keys, text) in enumerate(rows):
        key = QLabel(keys)
        key.setObjectName("key")
        grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(QLabel(text), row, 1)
    grid.setColumnStretch(1, 1)
    column.addLayout(grid)
    column.addSpacing(16)
