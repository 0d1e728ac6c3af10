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
class PackedEdit:
    """An edit as it is kept: the labels deflated, since a stroke's box is mostly one value."""

    target: Segmentation
    box: Box
    shape: tuple[int, ...]
    before: bytes
    after: bytes
    title: str

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return len(self.before) + len(self.after)

    @property
    def voxels(self) -> int:
        """How many voxels its box has."""
        return int(np.prod(self.shape))

    def unpack(self, *, undone: bool) -> NDArray[Any]:
        """Return the labels of the box before it, or after it."""
        data = zlib.decompress(self.before if undone else self.after)
        return np.frombuffer(data, dtype=self.target.labels.dtype).reshape(self.shape)


def pack(edit: Edit) -> PackedEdit:
    """Return an edit as it is kept."""
    # the arrays themselves: tobytes() would hold the interpreter
    before, after = (zlib.compress(np.ascontiguousarray(a).data, 1) for a in (edit.before, edit.after))
    return PackedEdit(edit.target, edit.box, edit.before.shape, before, after, edit.title)


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
        self._done: list[PackedEdit] = []
        self._undone: list[PackedEdit] = []

    def do(self, edit: Edit, *, already_written: bool = False) -> None:
        """Make an edit and remember it. `already_written`: the tool has drawn it while the mouse moved."""
        if edit.before.shape != edit.after.shape or np.array_equal(edit.before, edit.after):
            return
        if not already_written:
            edit.target.write(edit.box, edit.after, 0)
        edit.target.edits += 1
        self._remember(pack(edit))

    def do_packed(self, edit: PackedEdit, labels: NDArray[Any]) -> None:
        """Make and remember an edit that has been worked out elsewhere; `labels` are all labels after it."""
        edit.target.exchange(labels, edit.box, 1)
        self._remember(edit)

    def undo(self, labels: NDArray[Any] | None = None) -> str | None:
        """Take the newest edit back and return its title, or None where there is none.

        `labels` are all labels after that, where they have been worked out elsewhere.
        """
        if not self._done:
            return None
        edit = self._done.pop()
        self._undone.append(edit)
        self._write(edit, labels, undone=True)
        return edit.title

    def redo(self, labels: NDArray[Any] | None = None) -> str | None:
        """Do the newest undone edit again and return its title, or None where there is none; `labels` as in `undo`."""
        if not self._undone:
            return None
        edit = self._undone.pop()
        self._done.append(edit)
        self._write(edit, labels, undone=False)
        return edit.title

    def newest(self, *, undone: bool) -> PackedEdit | None:
        """Return the edit that `redo` (undone) or `undo` (not undone) would act on."""
        edits = self._undone if undone else self._done
        return edits[-1] if edits else None

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
        edit = self.newest(undone=False)
        return edit.target if edit is not None else None

    @property
    def redo_target(self) -> Segmentation | None:
        """The mask that `redo` would change."""
        edit = self.newest(undone=True)
        return edit.target if edit is not None else None

    def forget(self, target: Segmentation) -> None:
        """Drop the edits of a segmentation that has been removed."""
        self._done = [edit for edit in self._done if edit.target is not target]
        self._undone = [edit for edit in self._undone if edit.target is not target]
        self.changed.emit()

    def _remember(self, edit: PackedEdit) -> None:
        self._done.append(edit)
        self._undone.clear()
        while len(self._done) > 1 and sum(e.size for e in self._done) > self._ceiling_bytes:
            del self._done[0]
        self._tell(edit.target, edit.box)

    def _write(self, edit: PackedEdit, labels: NDArray[Any] | None, *, undone: bool) -> None:
        if labels is None:
            edit.target.write(edit.box, edit.unpack(undone=undone), -1 if undone else 1)
        else:
            edit.target.exchange(labels, edit.box, -1 if undone else 1)
        self._tell(edit.target, edit.box)

    def _tell(self, target: Segmentation, box: Box) -> None:
        self.written.emit(target, box)
        self.changed.emit()
