"""Every edit can be undone and done again, exactly."""

from __future__ import annotations

import numpy as np
import pytest

from medview.study.geometry import Geometry
from medview.study.history import Edit, History
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
