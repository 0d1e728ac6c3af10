"""The main job on a real study, by the session's verbs alone."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from medview.jobs.job import Job
from medview.plugin.discovery import find
from medview.session.close_study import close_study, has_unsaved_edits
from medview.session.edit_mask import clear_segment
from medview.session.export_segmentation import export_segmentation
from medview.session.open_folder import open_folder
from medview.session.run_plugin import offers, run_plugin
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.session.undo import undo
from medview.study.segmentation import Segmentation
from tests.session.waiting import said, wait_idle, wait_until


@pytest.fixture
def head(session: Session, shared_data: Path) -> Session:
    """Return a session with a real T1 head on the screen."""
    open_folder(session, shared_data / "mr_t1_siemens_sagittal")
    wait_until(session, lambda: session.scene is not None and session.scene.is_whole)
    return session


def _brain(session: Session) -> Job:
    job = run_plugin(session, find("brain_extraction", session.plugins), {})
    assert job is not None
    return job


def test_a_folder_is_opened_its_largest_volume_shown_and_what_was_found_is_said(head: Session) -> None:
    (study,) = head.studies
    assert [len(series.instances) for series in study.series] == [192]
    assert head.scene is not None
    assert head.scene.volume.array.shape == (192, 256, 256)
    assert "192 images in 1 series found." in said(head)


def test_opening_the_same_folder_again_adds_nothing(head: Session, shared_data: Path) -> None:
    open_folder(head, shared_data / "mr_t1_siemens_sagittal")
    wait_idle(head)
    assert len(head.studies) == 1
    assert len(head.studies[0].series) == 1


@pytest.mark.slow  # tests/walk/test_main_job.py does the same through the window
def test_the_brain_is_found_corrected_and_exported(head: Session, tmp_path: Path) -> None:
    _brain(head)
    wait_idle(head)
    assert head.scene is not None
    mask = head.scene.segmentation
    assert mask is not None, said(head)
    assert 1300 < mask.volumes_ml()[1] < 1900
    _clear_and_undo(head, mask)
    target = tmp_path / "brain.dcm"
    export_segmentation(head, mask, target, "dicom_seg")
    wait_idle(head)
    assert target.is_file(), said(head)
    assert f"Saved and read back without a difference: {target}" in said(head)


def _clear_and_undo(head: Session, mask: Segmentation) -> None:
    """Take every voxel away and bring it back: of a mask as large as this in a copy, elsewhere."""
    drawn = mask.labels.copy()
    clear_segment(head, 1)
    wait_idle(head)
    assert not mask.labels.any()
    assert has_unsaved_edits(head)
    undo(head)
    wait_idle(head)
    np.testing.assert_array_equal(mask.labels, drawn)
    assert not has_unsaved_edits(head)
    assert mask.revision == 2


@pytest.mark.slow  # tests/walk/test_main_job.py does the same through the window
def test_a_run_is_cancelled_and_the_queued_one_runs(head: Session) -> None:
    first, second = _brain(head), _brain(head)
    wait_until(head, lambda: first.fraction > 0.03)
    assert second.state == "queued"
    start = time.monotonic()
    first.cancel()
    wait_until(head, lambda: first.is_finished, 10)
    assert time.monotonic() - start < 5.0  # a hang; the promised second is measured by tests/benchmarks/bench_cancel.py
    assert first.state == "cancelled"
    wait_until(head, lambda: second.is_finished)
    assert second.state == "done"
    assert len(head.studies[0].segmentations) == 1


def test_closing_the_study_drops_a_late_result(head: Session) -> None:
    (study,) = head.studies
    job = _brain(head)
    wait_until(head, lambda: job.fraction > 0.2)
    close_study(head, study)
    wait_idle(head)
    assert job.state == "cancelled"
    assert head.scene is None
    assert head.studies == ()
    assert study.segmentations == ()


def test_a_result_that_arrives_in_the_moment_of_closing_is_dropped(head: Session) -> None:
    (study,) = head.studies
    job = _brain(head)
    wait_until(head, lambda: job.fraction > 0.9)
    time.sleep(4)  # the worker is done; its answer lies undelivered
    close_study(head, study)
    wait_idle(head)
    assert study.segmentations == ()


def test_a_plugin_that_does_not_fit_says_why_and_does_not_run(session: Session, shared_data: Path) -> None:
    open_folder(session, shared_data / "ct_chest_lungdx_a0002")
    wait_until(session, lambda: session.scene is not None and session.scene.is_whole)
    reasons = {offer.plugin.manifest.id: offer.refusal for offer in offers(session)}  # type: ignore[union-attr]
    assert reasons["body_and_lungs"] is None
    assert "made for MR images; this series is CT" in str(reasons["brain_extraction"])
    assert run_plugin(session, find("brain_extraction", session.plugins), {}) is None
    assert "made for MR images" in said(session)


def test_a_result_stays_with_its_series_when_another_is_shown(session: Session, shared_data: Path) -> None:
    open_folder(session, shared_data / "ct_chest_lungdx_a0002")
    wait_until(session, lambda: session.scene is not None and session.scene.is_whole)
    wait_idle(session)
    assert session.scene is not None
    study, first = session.scene.study, session.scene.series
    (other,) = [series for series in study.series if series is not first]
    job = run_plugin(session, find("body_and_lungs", session.plugins), {})
    assert job is not None
    show_series(session, study, other)
    wait_idle(session)
    assert job.state == "done", said(session)
    assert session.scene.series is other
    assert session.scene.segmentation is None
    (mask,) = study.segmentations
    assert mask.source.series_key == first.key
    show_series(session, study, first)
    wait_idle(session)
    assert session.scene.segmentation is mask
    assert np.any(mask.labels)
