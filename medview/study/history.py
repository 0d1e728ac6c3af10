"""What a person has changed in a study, in order, each step of which can be undone and done again."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medview.study.now_text import now_text
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


@dataclass(frozen=True, eq=False)
class StateChange:
    """Any other change: two functions that are called with what is changed, which is held weakly."""

    title: str
    reference: ref[Any]
    redo: Callable[[Any], None]
    undo: Callable[[Any], None]
    size: int
    series_key: str = ""

    @property
    def target(self) -> Any:
        """What is changed; None once it has gone."""
        return self.reference()


Step = PackedEdit | StateChange
_LEAST_SIZE = 1024  # bytes: so that the ceiling bounds the number of small steps, too


class History:
    """Undo and redo for one study, over all kinds of changes in the order they were made.

    Parameters
    ----------
    ceiling_bytes
        How much the kept edits may weigh; the oldest are forgotten first, never the newest.

    Attributes
    ----------
    author
        Who makes the changes, for what says later who has made them; "" where nobody has said.
    """

    changed = Signal()
    written = Signal(
        Segmentation, object
    )  # with the box: a stroke done, undone or done again, but not while it is drawn

    def __init__(self, ceiling_bytes: int = 256 * 2**20) -> None:
        self._ceiling_bytes = ceiling_bytes
        self.author = ""
        self._done: list[Step] = []
        self._undone: list[Step] = []

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

    def do_change(
        self,
        title: str,
        target: object,
        redo: Callable[[Any], None],
        undo: Callable[[Any], None],
        *,
        is_done: bool = False,
        size: int = 0,
        series_key: str = "",
    ) -> None:
        """Make any other change, and remember it as one step.

        Parameters
        ----------
        title
            What a person reads behind "Undo": a literal English text, the key of its translation.
        target
            What is changed, such as a list of measurements, a scene or a viewport. It is held weakly: its steps go with
            it, and no volume stays in memory for them.
        redo, undo
            Called with `target`; they must not hold it themselves, nor change the history. What cannot be done now
            raises MedViewError, and the step stays.
        is_done
            The change has been made while the mouse moved: it is only remembered.
        size
            Bytes that the two functions hold.
        series_key
            The series on which it is seen; "" where it is seen anyhow. What changes unseen is told.
        """
        if not is_done:
            redo(target)
        self._remember(StateChange(title, ref(target), redo, undo, max(size, _LEAST_SIZE), series_key))

    def undo(self, labels: NDArray[Any] | None = None) -> str | None:
        """Take the newest step back and return its title, or None where there is none.

        `labels` are all labels after that, where they have been worked out elsewhere.
        """
        return self._turn(self._done, self._undone, labels, undone=True)

    def redo(self, labels: NDArray[Any] | None = None) -> str | None:
        """Do the newest undone step again and return its title, or None where there is none; `labels` as in `undo`."""
        return self._turn(self._undone, self._done, labels, undone=False)

    def newest(self, *, undone: bool) -> Step | None:
        """Return the step that `redo` (undone) or `undo` (not undone) would act on."""
        steps = self._undone if undone else self._done
        return next((step for step in reversed(steps) if step.target is not None), None)

    @property
    def undo_title(self) -> str | None:
        """Title of what `undo` would take back."""
        step = self.newest(undone=False)
        return step.title if step is not None else None

    @property
    def redo_title(self) -> str | None:
        """Title of what `redo` would do again."""
        step = self.newest(undone=True)
        return step.title if step is not None else None

    def _remember(self, step: Step) -> None:
        if isinstance(step, PackedEdit):
            step.target.edited_by, step.target.edited_at = self.author, now_text()
        self._done.append(step)
        self._undone.clear()
        while len(self._done) > 1 and sum(s.size for s in self._done) > self._ceiling_bytes:
            del self._done[0]
        self._tell(step)

    def _turn(self, steps: list[Step], others: list[Step], labels: NDArray[Any] | None, *, undone: bool) -> str | None:
        """Take the newest step from one list, turn it, and put it on the other."""
        while steps:
            step = steps[-1]
            if step.target is not None:
                _apply(step, labels, undone=undone)  # what refuses stays the newest step: none below it may pass it
                steps.pop()
                others.append(step)
                self._tell(step)
                return step.title
            steps.pop()
        return None

    def _tell(self, step: Step) -> None:
        if isinstance(step, PackedEdit):
            self.written.emit(step.target, step.box)
        self.changed.emit()


def _apply(step: Step, labels: NDArray[Any] | None, *, undone: bool) -> None:
    if isinstance(step, StateChange):
        (step.undo if undone else step.redo)(step.target)
    elif labels is None:
        step.target.write(step.box, step.unpack(undone=undone), -1 if undone else 1)
    else:
        step.target.exchange(labels, step.box, -1 if undone else 1)
