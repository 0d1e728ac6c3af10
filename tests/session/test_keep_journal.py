"""No stroke is lost, whatever ends the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medview.files.edit_journal import JournalHead, append, begin, read_journal
from medview.files.journal_shelf import JournalShelf
from medview.session.edit_mask import new_segmentation, remove_segmentation
from medview.session.keep_journal import KeptJournals
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.undo import redo, undo
from medview.study.geometry import Geometry
from medview.study.history import Edit
from medview.study.segmentation import Box, Segment, Segmentation
from medview.study.series import Instance, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume
from tests.files.full_disk import limited_file_size
from tests.session.waiting import said, wait_idle, wait_until
from tests.tools.test_toolbox import GEOMETRY

ROOT = Path(__file__).resolve().parents[2]
FIRST: Box = (slice(1, 3), slice(2, 9), slice(4, 6))
SECOND: Box = (slice(0, 10), slice(0, 3), slice(5, 30))


def open_phantom(session: Session, geometry: Geometry = GEOMETRY) -> Scene:
    """Put a small volume on the screen, the same in every process."""
    instances = tuple(Instance(Path(f"{n}.dcm"), f"1.2.{n}") for n in range(10))
    series = Series("1.2", "1.1", instances=instances, geometry=geometry)
    study = Study(StudyFacts("1.1"), (series,))
    session.add_study(study)
    scene = Scene(study, Volume(np.zeros(geometry.shape, np.int16), geometry, series), (0.0, 1.0))
    session.show(scene)
    return scene


def paint(scene: Scene, mask: Segmentation, box: Box, value: int = 1) -> None:
    """Make one edit."""
    before = mask.labels[box].copy()
    scene.study.history.do(Edit(mask, box, before, np.full_like(before, value), "Brush"))


def test_strokes_of_a_killed_program_come_back_with_its_images(session: Session, medview_home: Path) -> None:
    script = textwrap.dedent(
        """
        import os, signal
        from tests.session.test_keep_journal import FIRST, SECOND, open_phantom, paint
        from tests.session.waiting import wait_idle
        from medview.jobs.job_queue import JobQueue
        from medview.session.edit_mask import new_segmentation
        from medview.session.keep_journal import KeptJournals
        from medview.session.session import Session
        from medview.session.settings import Settings

        session = Session(JobQueue(), Settings())
        journals = KeptJournals(session)
        session.settings["reader_name"] = "Doe^Jane"
        scene = open_phantom(session)
        mask = new_segmentation(session)
        paint(scene, mask, FIRST)
        paint(scene, mask, SECOND)
        paint(scene, mask, FIRST, 0)
        scene.study.history.undo()
        wait_idle(session)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    journals = KeptJournals(session)
    scene = open_phantom(session)
    wait_idle(session)
    assert scene.segmentation is not None
    expected = np.zeros(GEOMETRY.shape, np.uint8)
    expected[FIRST] = expected[SECOND] = 1
    np.testing.assert_array_equal(scene.segmentation.labels, expected)
    assert not session.is_saved(scene.segmentation)
    assert "Corrections of Manual segmentation that were never exported have been brought back." in said(session)
    assert (scene.segmentation.edited_by, scene.segmentation.edited_at[:2]) == ("Doe^Jane", "20")
    assert scene.segmentation.provenance == {}
    remove_segmentation(session, scene.segmentation)
    wait_idle(session)
    journals.close()
    assert list((medview_home / "journals").iterdir()) == []


def test_an_exported_mask_leaves_no_journal(session: Session, medview_home: Path) -> None:
    journals = KeptJournals(session)
    scene = open_phantom(session)
    mask = new_segmentation(session)
    paint(scene, mask, FIRST)
    wait_idle(session)
    assert len(list((medview_home / "journals").rglob("*.journal"))) == 1
    session.note_exported(mask, mask.revision)
    session.jobs.wait(session.jobs.submit("Exporting", lambda progress: None))
    wait_until(session, lambda: not list((medview_home / "journals").rglob("*.journal")))
    journals.close()


def test_a_removed_mask_comes_back_whole_and_is_kept_from_a_crash_again(session: Session, medview_home: Path) -> None:
    def kept() -> list[Path]:
        wait_idle(session)
        return sorted((medview_home / "journals").rglob("*.journal"))

    journals = KeptJournals(session)
    scene = open_phantom(session)
    mask = new_segmentation(session)
    other = new_segmentation(session)
    scene.show_segmentation(mask)
    paint(scene, mask, FIRST)
    paint(scene, mask, SECOND, 1)
    drawn, history = mask.labels.copy(), scene.study.history
    assert len(kept()) == 1
    remove_segmentation(session, mask)
    assert kept() == []
    assert (scene.study.segmentations, scene.segmentation) == ((other,), other)
    assert history.undo_title == "Remove the segmentation"
    undo(session)
    assert (scene.study.segmentations, scene.segmentation) == ((mask, other), mask)
    np.testing.assert_array_equal(mask.labels, drawn)
    (path,) = kept()
    journal = read_journal(path)
    assert journal is not None
    np.testing.assert_array_equal(journal.labels, drawn)
    assert journal.head.edits + journal.strokes == 2
    undo(session)  # the strokes before it, too
    assert mask.labels.sum() == mask.labels[FIRST].size
    redo(session)
    np.testing.assert_array_equal(mask.labels, drawn)
    redo(session)
    assert kept() == []
    assert scene.study.segmentations == (other,)
    journals.close()


def test_the_journal_of_a_running_program_is_left_alone(tmp_path: Path) -> None:
    first, second = JournalShelf(tmp_path), JournalShelf(tmp_path)
    path = first.new_path()
    begin(path, _head(), np.zeros((2, 3, 4), np.uint8))
    assert second.claim_orphans() == []
    first.close()
    assert [p.name for p in second.claim_orphans()] == [path.name]
    assert not path.exists()


@pytest.mark.parametrize("lost", [1, 5, 40])
def test_a_torn_last_stroke_costs_that_stroke_alone(tmp_path: Path, lost: int) -> None:
    path, labels = tmp_path / "a.journal", np.zeros((2, 3, 4), np.uint8)
    begin(path, _head(), labels)
    append(path, (slice(0, 1), slice(0, 3), slice(0, 2)), np.ones((1, 3, 2), np.uint8))
    append(path, (slice(1, 2), slice(0, 3), slice(0, 2)), np.ones((1, 3, 2), np.uint8))
    path.write_bytes(path.read_bytes()[:-lost])
    journal = read_journal(path)
    assert journal is not None
    assert journal.strokes == 1
    assert journal.labels.sum() == 6
    assert journal.head == _head()


def test_strokes_after_a_torn_one_are_not_lost(tmp_path: Path) -> None:
    path, labels = tmp_path / "a.journal", np.zeros((2, 3, 4), np.uint8)
    begin(path, _head(), labels)
    append(path, (slice(0, 1), slice(0, 3), slice(0, 2)), np.ones((1, 3, 2), np.uint8))
    path.write_bytes(path.read_bytes()[:-5])  # the power went
    assert read_journal(path) is not None
    append(path, (slice(1, 2), slice(0, 3), slice(0, 2)), np.ones((1, 3, 2), np.uint8))
    journal = read_journal(path)
    assert journal is not None
    assert journal.strokes == 1
    assert journal.labels[1].sum() == 6


def test_a_stroke_that_does_not_fit_on_the_disk_does_not_cost_those_after_it(tmp_path: Path) -> None:
    path, labels = tmp_path / "a.journal", np.zeros((2, 64, 64), np.uint8)
    begin(path, replace(_head(), shape=labels.shape), labels)
    noise = np.random.default_rng(1).integers(0, 2, labels.shape, dtype=np.uint8)
    with limited_file_size(path.stat().st_size + 100), pytest.raises(OSError, match="File too large"):
        append(path, (slice(0, 2), slice(0, 64), slice(0, 64)), noise)
    append(path, (slice(0, 1), slice(0, 3), slice(0, 2)), np.ones((1, 3, 2), np.uint8))
    journal = read_journal(path)
    assert journal is not None
    assert journal.strokes == 1
    assert journal.labels.sum() == 6


def test_a_journal_is_not_brought_back_to_a_grid_that_lies_elsewhere(session: Session, medview_home: Path) -> None:
    """Images that share their identifiers, as careless tools write them, are no reason to draw on another patient."""
    journals = KeptJournals(session)
    scene = open_phantom(session)
    mask = new_segmentation(session)
    paint(scene, mask, FIRST)
    wait_idle(session)
    journals.close()
    session.remove_study(scene.study)
    del mask
    affine = np.array(GEOMETRY.affine)
    affine[:3, 3] += 20.0
    again = KeptJournals(session)
    other = open_phantom(session, Geometry(GEOMETRY.shape, affine))
    wait_idle(session)
    assert other.segmentation is None
    assert other.study.segmentations == ()
    again.close()


def test_a_journal_holds_no_identifier_of_a_patient(session: Session, medview_home: Path) -> None:
    journals = KeptJournals(session)
    scene = open_phantom(session)
    mask = new_segmentation(session)
    paint(scene, mask, FIRST)
    wait_idle(session)
    (path,) = (medview_home / "journals").rglob("*.journal")
    content = path.read_bytes()
    assert b"1.2.3" not in content
    assert scene.series.sop_hash.encode() in content
    journals.close()


def _head() -> JournalHead:
    return JournalHead("abc", "Mask", (Segment(1, "one"),), {"plugin": "x"}, (2, 3, 4), "|u1", 0)
