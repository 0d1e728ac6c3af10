"""Every edit can be undone and done again, exactly."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import numpy as np
import pytest

from medview.study.geometry import Geometry
from medview.study.history import Edit, History, pack
from medview.study.segmentation import Box, Segment, Segmentation, Source


@pytest.fixture
def mask() -> Segmentation:
    geometry = Geometry((4, 6, 8), np.eye(4))
    return Segmentation(np.zeros((4, 6, 8), np.uint8), geometry, Source("s", "s", "t", "h"), (Segment(1, "one"),))


def _edit(mask: Segmentation, box: Box, value: int) -> Edit:
    before = mask.labels[box].copy()
    return Edit(mask, box, before, np.full_like(before, value), f"Paint {value}")


BOX: Box = (slice(1, 3), slice(2, 5), slice(0, 4))


def test_undo_and_redo_bring_back_every_voxel_and_tell_the_box(mask: Segmentation) -> None:
    history, boxes = History(), []
    mask.changed.connect(boxes.append)
    history.do(_edit(mask, BOX, 1))
    first = mask.labels.copy()
    history.do(_edit(mask, (slice(0, 4), slice(0, 6), slice(2, 3)), 2))
    second = mask.labels.copy()
    assert history.undo_title == "Paint 2"
    history.undo()
    np.testing.assert_array_equal(mask.labels, first)
    history.undo()
    assert not mask.labels.any()
    assert mask.edits == 0
    assert history.undo() is None
    history.redo()
    history.redo()
    np.testing.assert_array_equal(mask.labels, second)
    assert mask.edits == 2
    assert history.redo() is None
    assert boxes[0] == BOX
    assert len(boxes) == 6


def test_a_new_edit_forgets_what_was_undone(mask: Segmentation) -> None:
    history = History()
    history.do(_edit(mask, BOX, 1))
    history.undo()
    history.do(_edit(mask, BOX, 2))
    assert history.redo_title is None


def test_an_edit_that_changes_nothing_is_not_remembered(mask: Segmentation) -> None:
    history = History()
    history.do(_edit(mask, BOX, 0))
    assert history.undo_title is None
    assert mask.edits == 0


def test_the_oldest_edits_go_first_and_the_newest_never(mask: Segmentation) -> None:
    history = History(ceiling_bytes=1)
    history.do(_edit(mask, BOX, 1))
    history.do(_edit(mask, BOX, 2))
    assert history.undo() == "Paint 2"
    assert history.undo() is None
    assert (mask.labels[BOX] == 1).all()


def test_the_revision_grows_with_undo_too(mask: Segmentation) -> None:
    history = History()
    history.do(_edit(mask, BOX, 1))
    at_export = mask.revision
    history.undo()
    history.do(_edit(mask, BOX, 2))
    assert mask.edits == 1
    assert mask.revision > at_export


def test_volumes_are_counted_in_millilitres_only_where_spacing_is_known(mask: Segmentation) -> None:
    mask.write(BOX, np.ones((2, 3, 4), np.uint8), 0)
    assert mask.voxel_counts() == {1: 24}
    assert mask.volumes_ml() == {1: pytest.approx(0.024)}
    unspaced = Geometry((4, 6, 8), np.eye(4), has_spacing=False)
    assert Segmentation(mask.labels, unspaced, mask.source, mask.segments).volumes_ml() == {}


def test_an_edit_worked_out_elsewhere_is_undone_and_done_again(mask: Segmentation) -> None:
    history, boxes = History(), []
    mask.changed.connect(boxes.append)
    edit = _edit(mask, BOX, 1)
    after = mask.labels.copy()
    after[BOX] = 1
    history.do_packed(pack(edit), after)
    assert mask.labels is after
    assert (mask.edits, mask.revision, history.undo_title) == (1, 1, "Paint 1")
    history.undo(np.zeros_like(after))
    assert (mask.edits, mask.revision, int(mask.labels.sum())) == (0, 2, 0)
    history.redo(after)
    np.testing.assert_array_equal(mask.labels, after)
    assert boxes == [BOX] * 3
    with pytest.raises(ValueError, match="same shape and type"):
        mask.exchange(after.astype(np.uint16), BOX, 1)


def test_a_snapshot_never_holds_half_a_change() -> None:
    shape = (40, 256, 256)
    mask = Segmentation(np.zeros(shape, np.uint8), Geometry(shape, np.eye(4)), Source("s", "s", "t", "h"), ())
    copies: list[Segmentation] = []
    thread = threading.Thread(target=lambda: copies.extend(mask.snapshot() for _ in range(12)))
    thread.start()
    value = 0
    while thread.is_alive():
        value = (value + 1) % 200
        mask.write((slice(0, 40), slice(0, 256), slice(0, 256)), np.full(shape, value, np.uint8), 1)
        thread.join(0.02)
    assert all(copy.labels.min() == copy.labels.max() for copy in copies)
    assert all(copy.labels[0, 0, 0] == copy.revision % 200 for copy in copies)
    assert all(copy.edits == copy.revision for copy in copies)


def test_a_snapshot_within_a_stroke_counts_as_corrected(mask: Segmentation) -> None:
    mask.is_painted = True
    assert (mask.snapshot().edits, mask.snapshot().is_painted) == (1, False)


class Look:
    """Something with a state that can be changed."""

    value = 0


def set_to(value: int) -> Callable[[Look], None]:
    return lambda look: setattr(look, "value", value)


def test_changes_of_every_kind_are_undone_in_the_order_they_were_made(mask: Segmentation) -> None:
    history, look, told = History(), Look(), []
    history.changed.connect(lambda: told.append(history.undo_title))
    history.do_change("Turn", look, set_to(1), set_to(0))
    history.do(_edit(mask, BOX, 1))
    look.value = 2
    history.do_change("Tilt", look, set_to(2), set_to(1), is_done=True)
    assert told == ["Turn", "Paint 1", "Tilt"]
    assert (history.undo(), look.value, bool(mask.labels.any())) == ("Tilt", 1, True)
    assert (history.undo(), look.value, bool(mask.labels.any())) == ("Paint 1", 1, False)
    assert (history.undo(), look.value) == ("Turn", 0)
    assert [history.redo(), history.redo(), history.redo()] == ["Turn", "Paint 1", "Tilt"]
    assert look.value == 2
    assert mask.labels.any()
    history.undo()
    history.do_change("Roll", look, set_to(9), set_to(1))
    assert history.redo_title is None


def test_what_has_gone_takes_its_changes_with_it(mask: Segmentation) -> None:
    history, look = History(), Look()
    history.do(_edit(mask, BOX, 1))
    history.do_change("Turn", look, set_to(1), set_to(0))
    assert history.undo_title == "Turn"
    del look
    gc.collect()
    assert history.undo_title == "Paint 1"
    assert history.undo() == "Paint 1"
    assert not mask.labels.any()
    assert history.undo() is None


def test_only_strokes_are_told_to_the_journal(mask: Segmentation) -> None:
    history, look, written = History(), Look(), []
    history.written.connect(lambda target, box: written.append(box))
    history.do_change("Turn", look, set_to(1), set_to(0))
    history.undo()
    history.redo()
    assert written == []
    history.do(_edit(mask, BOX, 1))
    history.undo()
    assert written == [BOX, BOX]


def test_small_changes_are_bounded_too() -> None:
    history, look = History(ceiling_bytes=10 * 1024), Look()
    for value in range(50):
        history.do_change(f"Turn {value}", look, set_to(value + 1), set_to(value))
    assert [history.undo() for _ in range(11)] == [f"Turn {n}" for n in range(49, 39, -1)] + [None]
    assert look.value == 40
