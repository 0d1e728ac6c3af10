"""The albums of the library: what to look at, at its left side."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from medview.errors import Sentence
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.library.album import Album
from medview.library.query import Query

_QUERY = Qt.ItemDataRole.UserRole
_ALBUM = Qt.ItemDataRole.UserRole + 1
_FIXED: tuple[tuple[Sentence, str, Query], ...] = (
    (Sentence("All studies"), "study", Query()),
    (Sentence("Unread"), "eye", Query(statuses=("unread",))),
    (Sentence("To discuss"), "info", Query(statuses=("to discuss",))),
    (Sentence("Files missing"), "warning", Query(only_missing=True)),
    (Sentence("Results not exported"), "export", Query(only_unsent=True)),
)


class AlbumList(QListWidget):
    """Fixed questions first, then a person's albums; smart ones have a sign of their own."""

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Albums"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.currentItemChanged.connect(self._tell)
        self.show_albums(())

    def show_albums(self, albums: tuple[Album, ...]) -> None:
        """List the albums of now; the one that was chosen stays chosen."""
        before = self.album()
        row = self.currentRow()
        self.blockSignals(True)
        self.clear()
        for title, sign, query in _FIXED:
            self._add(say(title), sign, query, None)
        for album in albums:
            query = album.query if album.query is not None else Query(album=album.id)
            sign = "auto" if album.is_smart else "layout"
            self._add(f"{one_line(album.name)}  ({album.count})", sign, query, album)
        same = [n for n in range(self.count()) if before is not None and self._album(n) == before.id]
        self.setCurrentRow(same[0] if same else row if 0 <= row < len(_FIXED) else 0)
        self.blockSignals(False)

    def query(self) -> Query:
        """Return the question of what is chosen."""
        query: Query = self.currentItem().data(_QUERY) if self.currentRow() >= 0 else Query()
        return query

    def album(self) -> Album | None:
        """Return the album that is chosen, None for a fixed question."""
        found: Album | None = self.currentItem().data(_ALBUM) if self.currentRow() >= 0 else None
        return found

    def _album(self, row: int) -> int | None:
        album: Album | None = self.item(row).data(_ALBUM)
        return album.id if album is not None else None

    def _add(self, text: str, sign: str, query: Query, album: Album | None) -> None:
        item = QListWidgetItem(icon(sign), text, self)
        item.setData(_QUERY, query)
        item.setData(_ALBUM, album)

    def _tell(self) -> None:
        self.chosen.emit()
