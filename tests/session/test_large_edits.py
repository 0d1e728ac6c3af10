"""Edits of large masks are worked out in a copy, and land only on the mask they were worked out for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medview.session.close_study import close_study
from medview.session.edit_mask import clear_segment, new_segmentation
from medview.session.export_segmentation import export_segmentation
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.undo import redo, undo
from medview.study.geometry import Geometry
from medview.study.history import Edit
from medview.study.segmentation import Box, Segmentation
from medview.study.series import Instance, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume
from tests.session.waiting import wait_idle

SHAPE = (20, 250, 250)
BIG: Box = (slice(0, 19), slice(0, 249), slice(1, 250))
SMALL: Box = (slice(3, 4), slice(5, 9), slice(6, 8))


@pytest.fixture
def mask(session: Session) -> Segmentation:
    """Return a mask of two segments on the screen, the first of them large."""
    geometry = Geometry(SHAPE, np.eye(4))
    series = Series("1.2", "1.1", instances=(Instance(Path("1.dcm"), "1.2.1"),), geometry=geometry)
    study = Study(StudyFacts("1.1"), (series,))
    session.add_study(study)
    session.show(Scene(study, Volume(np.zeros(SHAPE, np.int16), geometry, series), (0.0, 1.0)))
    made = new_segmentation(session)
    made.labels[BIG] = 1
    made.labels[SMALL] = 2
    return made


def _paint(session: Session, mask: Segmentation, value: int) -> None:
    assert session.scene is not None
    before = mask.labels[SMALL].copy()
    session.scene.study.history.do(Edit(mask, SMALL, before, np.full_like(before, value), "Brush"))


def test_clearing_leaves_the_other_segments_and_comes_back(session: Session, mask: Segmentation) -> None:
    drawn = mask.labels.copy()
    clear_segment(session, 1)
    np.testing.assert_array_equal(mask.labels, drawn)  # nothing large is done on the main thread
    wait_idle(session)
    np.testing.assert_array_equal(mask.labels, np.where(drawn == 2, 2, 0))
    for verb, expected in ((undo, drawn), (redo, np.where(drawn == 2, 2, 0)), (undo, drawn)):
        verb(session)
        wait_idle(session)
        np.testing.assert_array_equal(mask.labels, expected)
    assert mask.edits == 0


def test_a_stroke_made_meanwhile_is_not_lost(session: Session, mask: Segmentation) -> None:
    clear_segment(session, 1)
    _paint(session, mask, 3)
    wait_idle(session)
    expected = np.zeros(SHAPE, np.uint8)
    expected[SMALL] = 3
    np.testing.assert_array_equal(mask.labels, expected)
    undo(session)  # the clearing, which came last
    wait_idle(session)
    undo(session)
    assert mask.edits == 0
    assert (mask.labels[SMALL] == 2).all()


def test_a_stroke_made_while_a_large_edit_is_undone_stays(session: Session, mask: Segmentation) -> None:
    clear_segment(session, 1)
    wait_idle(session)
    undo(session)
    _paint(session, mask, 3)
    wait_idle(session)
    assert (mask.labels[SMALL] == 3).all()
    assert not mask.labels[0].any()
    assert mask.edits == 2


def test_pressing_undo_twice_undoes_twice_at_most_what_was_done(session: Session, mask: Segmentation) -> None:
    clear_segment(session, 1)
    wait_idle(session)
    undo(session)
    undo(session)
    wait_idle(session)
    assert mask.edits == 0
    assert int((mask.labels == 1).sum()) > 1_000_000


def test_a_large_edit_of_a_closed_study_lands_nowhere(session: Session, mask: Segmentation) -> None:
    clear_segment(session, 1)
    close_study(session, session.studies[0])
    wait_idle(session)
    assert (mask.edits, mask.revision) == (0, 0)


def test_an_export_is_called_saved_only_where_it_holds_the_mask_of_now(
    session: Session, mask: Segmentation, tmp_path: Path
) -> None:
    _paint(session, mask, 3)
    export_segmentation(session, mask, tmp_path / "mask.nii.gz", "nifti")
    wait_idle(session)
    assert session.is_saved(mask)
    _paint(session, mask, 4)
    assert not session.is_saved(mask)
