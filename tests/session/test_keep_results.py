"""Masks made here are results on the list of studies, and protect the copies they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from medview.library.library import Library
from medview.session.close_study import close_study
from medview.session.edit_mask import new_segmentation, remove_segmentation
from medview.session.export_segmentation import export_segmentation
from medview.session.keep_journal import KeptJournals
from medview.session.keep_results import KeptResults
from medview.session.open_folder import open_folder
from medview.session.session import Session
from medview.session.tend_library import delete_copies
from medview.study.history import Edit
from medview.study.segmentation import Segment, Segmentation, Source
from tests.library.studies import write_study
from tests.session.waiting import said, wait_idle

UNSENT = "Results made from this study have been neither exported nor sent."


@pytest.fixture
def journals(session: Session) -> Iterator[KeptJournals]:
    kept = KeptJournals(session)
    yield kept
    session.jobs.stop()
    kept.close()


@pytest.fixture
def kept(session: Session, journals: KeptJournals) -> KeptResults:
    return KeptResults(session, journals)


def opened(session: Session, folder: Path) -> Library:
    session.settings["library_add"] = "copy"
    open_folder(session, write_study(folder))
    wait_idle(session)
    assert session.library is not None
    return session.library


def paint(session: Session, mask: Segmentation, value: int = 1) -> None:
    assert session.scene is not None
    box = (slice(0, 1), slice(0, 2), slice(0, 2))
    before = mask.labels[box].copy()
    session.scene.study.history.do(Edit(mask, box, before, np.full_like(before, value), "Brush"))
    wait_idle(session)


def computed(session: Session) -> Segmentation:
    """Add what a model has found."""
    assert session.scene is not None
    scene = session.scene
    labels = np.ones(scene.volume.geometry.shape, np.uint8)
    mask = Segmentation(
        labels, scene.volume.geometry, Source.of(scene.series), (Segment(1, "Body"),), "Body", {"plugin": "one"}
    )
    scene.study.add(mask)
    wait_idle(session)
    return mask


def noted(library: Library) -> list[tuple[str, bool]]:
    (row,) = library.search()
    return [(result.name, result.sent) for result in library.results(row.id)]


def test_a_mask_made_here_protects_its_study_until_it_is_exported(
    session: Session, kept: KeptResults, tmp_path: Path
) -> None:
    library = opened(session, tmp_path / "in")
    computed(session)
    assert noted(library) == [("Body", False)]
    (row,) = library.search()
    delete_copies(session, [row.id])
    wait_idle(session)
    assert UNSENT in said(session)
    assert library.verify().is_whole
    mask = session.studies[0].segmentations[0]
    export_segmentation(session, mask, tmp_path / "body.nii.gz", "nifti")
    wait_idle(session)
    assert noted(library) == [("Body", True)]
    paint(session, mask, 0)
    assert noted(library) == [("Body", False)]
    export_segmentation(session, mask, tmp_path / "body2.nii.gz", "nifti")
    wait_idle(session)
    delete_copies(session, [row.id])
    wait_idle(session)
    assert library.count() == 0


def test_a_removed_mask_and_an_empty_one_are_no_results(session: Session, kept: KeptResults, tmp_path: Path) -> None:
    library = opened(session, tmp_path / "in")
    mask = new_segmentation(session)
    wait_idle(session)
    assert noted(library) == []
    paint(session, mask)
    assert noted(library) == [("Manual segmentation", False)]
    remove_segmentation(session, mask)
    wait_idle(session)
    assert noted(library) == []
    computed(session)
    close_study(session, session.studies[0])
    wait_idle(session)
    assert noted(library) == []


def test_a_mask_that_was_only_read_is_no_result(session: Session, kept: KeptResults, tmp_path: Path) -> None:
    library = opened(session, tmp_path / "in")
    mask = computed(session)
    remove_segmentation(session, mask)
    mask.provenance["sop_instance_uid"] = "2.25.1"
    session.studies[0].add(mask)
    wait_idle(session)
    assert noted(library) == []
    paint(session, mask, 0)
    assert noted(library) == [("Body", False)]


def test_a_study_that_comes_onto_the_list_later_is_protected_then(
    session: Session, kept: KeptResults, tmp_path: Path
) -> None:
    library = opened(session, tmp_path / "other")
    library.forget([row.id for row in library.search()])
    session.settings["library_add"] = "no"
    computed(session)
    session.settings["library_add"] = "link"
    open_folder(session, tmp_path / "other")
    wait_idle(session)
    assert noted(library) == [("Body", False)]


def test_what_a_crash_left_noted_is_forgotten_unless_another_program_runs(
    session: Session, journals: KeptJournals, tmp_path: Path, medview_home: Path
) -> None:
    library = opened(session, tmp_path / "in")
    (row,) = library.search()
    library.note_result(row.id, "mask", "Lost")
    library.note_result(row.id, "mask", "Saved", sent=True)
    other = KeptJournals(session)
    KeptResults(session, journals)
    wait_idle(session)
    assert len(noted(library)) == 2
    other.close()
    kept = KeptResults(session, journals)
    wait_idle(session)
    assert noted(library) == [("Saved", True)]
    computed(session)
    session.jobs.stop()
    kept.close()
    assert noted(library) == [("Saved", True)]
