"""The edits to a study's segmentations, in order, each of which can be undone and done again."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medview.study.segmentation import Box, Segmentation


@dataclass(frozen=True, eq=False)
class Edit:
    """One stroke or operation: the labels of a box before and after it."""

    target: Segmentation
    box: Box
    before: NDArray[Any]
    after: NDArray[Any]
    title: str


@dataclass(frozen=True, eq=False)
class _Packed:
    """An edit as it is kept: the labels deflated, since a stroke's box is mostly one value."""

    target: Segmentation
    box: Box
    shape: tuple[int, ...]
    before: bytes
    after: bytes
    title: str

    @property
    def size(self) -> int:
        return len(self.before) + len(self.after)

    def unpack(self, data: bytes) -> NDArray[Any]:
        return np.frombuffer(zlib.decompress(data), dtype=self.target.labels.dtype).reshape(self.shape)


def _pack(edit: Edit) -> _Packed:
    before, after = (zlib.compress(np.ascontiguousarray(a).tobytes(), 1) for a in (edit.before, edit.after))
    return _Packed(edit.target, edit.box, edit.before.shape, before, after, edit.title)


class History:
    """Undo and redo for one study.

    Parameters
    ----------
    ceiling_bytes
        How much the kept edits may weigh; the oldest are forgotten first, never the newest.
    """

    changed = Signal()
    written = Signal(
        Segmentation, object
    )  # with the box: a stroke done, undone or done again, but not while it is drawn

    def __init__(self, ceiling_bytes: int = 256 * 2**20) -> None:
        self._ceiling_bytes = ceiling_bytes
        self._done: list[_Packed] = []
        self._undone: list[_Packed] = []

    def do(self, edit: Edit, *, already_written: bool = False) -> None:
        """Make an edit and remember it. `already_written`: the tool has drawn it while the mouse moved."""
        if edit.before.shape != edit.after.shape or np.array_equal(edit.before, edit.after):
            return
        if not already_written:
            edit.target.write(edit.box, edit.after, 0)
        edit.target.edits += 1
        self._done.append(_pack(edit))
        self._undone.clear()
        while len(self._done) > 1 and sum(e.size for e in self._done) > self._ceiling_bytes:
            del self._done[0]
        self._tell(edit.target, edit.box)

    def undo(self) -> str | None:
        """Take the newest edit back and return its title, or None where there is none."""
        if not self._done:
            return None
        edit = self._done.pop()
        self._undone.append(edit)
        edit.target.write(edit.box, edit.unpack(edit.before), -1)
        self._tell(edit.target, edit.box)
        return edit.title

    def redo(self) -> str | None:
        """Do the newest undone edit again and return its title, or None where there is none."""
        if not self._undone:
            return None
        edit = self._undone.pop()
        self._done.append(edit)
        edit.target.write(edit.box, edit.unpack(edit.after), 1)
        self._tell(edit.target, edit.box)
        return edit.title

    @property
    def undo_title(self) -> str | None:
        """Title of what `undo` would take back."""
        return self._done[-1].title if self._done else None

    @property
    def redo_title(self) -> str | None:
        """Title of what `redo` would do again."""
        return self._undone[-1].title if self._undone else None

    @property
    def undo_target(self) -> Segmentation | None:
        """The mask that `undo` would change."""
        return self._done[-1].target if self._done else None

    @property
    def redo_target(self) -> Segmentation | None:
        """The mask that `redo` would change."""
        return self._undone[-1].target if self._undone else None

    def forget(self, target: Segmentation) -> None:
        """Drop the edits of a segmentation that has been removed."""
        self._done = [edit for edit in self._done if edit.target is not target]
        self._undone = [edit for edit in self._undone if edit.target is not target]
        self.changed.emit()

    def _tell(self, target: Segmentation, box: Box) -> None:
        self.written.emit(target, box)
        self.changed.emit()
