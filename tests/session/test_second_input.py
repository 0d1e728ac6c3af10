"""A second series for a plugin, without a window: which is offered, read, refused; and what is dropped when it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medview.jobs.job_queue import JobQueue
from medview.plugin.discovery import Plugin, find
from medview.session.close_study import close_study
from medview.session.export_registration import export_registration
from medview.session.further_inputs import Candidate, candidates, obvious_inputs
from medview.session.fuse import fuse
from medview.session.open_folder import open_folder
from medview.session.open_object import open_object
from medview.session.run_plugin import offers, run_plugin
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.show_series import show_series
from medview.session.undo import redo, undo
from medview.study.changed import changed
from medview.study.series import Series
from medview.study.spatial_transform import SpatialTransform
from medview.study.study import Study
from medview.view.fusion_lines import fusion_lines
from tests.files.make_pet_ct import pet_grid, write_ct, write_pet
from tests.plugin.registering import TRUE_WAY, write_second_input_plugin, write_told_plugin, write_two_scans
from tests.session.waiting import said, wait_idle, wait_until


@pytest.fixture
def session(medview_home: Path) -> Iterator[Session]:
    """Return a session whose runs are on a thread: the window's test has the worker process."""
    jobs = JobQueue(worker_process=False)
    yield Session(jobs, Settings())
    jobs.stop()


def opened(
    session: Session, folder: Path, home: Path, task: str = "register", way: SpatialTransform = TRUE_WAY
) -> tuple[Scene, Plugin]:
    """Open a folder, show the CT of today, and return the plugin of a task that has its answer ready."""
    if task == "register":
        write_told_plugin(home / "plugins", way.matrix)
    else:
        write_second_input_plugin(home / "plugins", task)
    open_folder(session, folder)
    wait_idle(session)
    study, series = one(session, "CT thin")
    show_series(session, study, series, session.active_slot)
    wait_idle(session)
    assert session.scene is not None
    session.scene.update(fusion=None)
    return session.scene, find(task, session.plugins)


def one(session: Session, description: str) -> tuple[Study, Series]:
    return next((st, s) for st in session.studies for s in st.series if s.series_description == description)


def candidate(session: Session, description: str) -> Candidate:
    return Candidate(*one(session, description))


def names(found: tuple[Candidate, ...]) -> list[tuple[str, str]]:
    return [(one.series.series_description, str(one.refusal or "")) for one in found]


def test_the_prior_is_offered_first_and_what_lies_over_the_images_before_it(
    session: Session, tmp_path: Path, medview_home: Path
) -> None:
    write_two_scans(tmp_path)
    write_ct(tmp_path / "again", SeriesInstanceUID="2.25.5009", SeriesDescription="CT again", SeriesNumber=8)
    write_pet(tmp_path / "pet", pet_grid())
    write_ct(tmp_path / "else", SeriesInstanceUID="2.25.9", StudyInstanceUID="2.25.99", SeriesDescription="CT else",
             PatientID="T2", PatientName="Else^Somebody")  # fmt: skip
    scene, plugin = opened(session, tmp_path, medview_home)
    record = plugin.manifest.inputs[1]
    offered = names(candidates(session, plugin, record))
    assert offered[:2] == [("CT prior", ""), ("CT again", "")]
    assert dict(offered[2:]) == {
        "CT thin": "It is in view already.",
        "CT else": "It is of another patient.",
        "PET WB": "Register is made for CT images; this series is PT.",
    }
    fuse(session, *one(session, "CT again"))
    wait_until(session, lambda: scene.fusion is not None)
    assert obvious_inputs(session, plugin)["moving"].series.series_description == "CT again"
    assert run_plugin(session, plugin, {}, {"moving": candidate(session, "CT else")}) is None
    assert "It is of another patient." in said(session)
    assert run_plugin(session, plugin, {}, {"moving": candidate(session, "CT thin")}) is None
    assert not session.jobs.jobs


def test_the_second_series_is_read_before_the_run_and_laid_over_undone_and_done_again(
    session: Session, tmp_path: Path, medview_home: Path
) -> None:
    scene, plugin = opened(session, write_two_scans(tmp_path), medview_home)
    jobs: list[Any] = []
    first = run_plugin(session, plugin, {}, begun=jobs.append)
    assert first is not None
    assert [str(job.title) for job in jobs] == ["Reading CT prior"]
    wait_until(session, lambda: len(jobs) == 2)
    wait_idle(session)
    assert str(jobs[1].title) == "Register"
    (made,) = scene.study.registrations
    assert made.kind == "model"
    assert np.allclose(made.transform.matrix, TRUE_WAY.matrix)
    assert not made.is_worse
    assert scene.fusion is not None
    assert (scene.fusion.mode, scene.fusion.volume.series.series_description) == ("checkerboard", "CT prior")
    point = np.array([12.0, -7.0, 40.0])
    index = scene.fusion.volume.geometry.to_index(TRUE_WAY.to_other(point))
    assert scene.fusion.placed.geometry.to_mm(index) == pytest.approx(point, abs=1e-6)
    undo(session)
    assert len(scene.study.registrations) == 0
    assert scene.fusion.placed is scene.fusion.volume
    redo(session)
    assert scene.fusion.placed.geometry.to_mm(index) == pytest.approx(point, abs=1e-6)
    # what lies over the images is at hand: nothing is read for a second run
    jobs.clear()
    run_plugin(session, plugin, {}, begun=jobs.append)
    assert [str(job.title) for job in jobs] == ["Register"]
    wait_idle(session)
    assert len(scene.study.registrations) == 2


def test_a_saved_registration_is_used_when_both_studies_are_opened_again(
    session: Session, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_two_scans(tmp_path)
    scene, plugin = opened(session, folder, medview_home)
    run_plugin(session, plugin, {})
    wait_idle(session)
    assert export_registration(session, folder / "registration.dcm") is not None
    wait_idle(session)
    for study in session.studies:
        close_study(session, study)
    open_folder(session, folder)
    wait_idle(session)
    study, series = one(session, "CT thin")
    show_series(session, study, series, session.active_slot)
    wait_idle(session)
    (saved,) = study.objects
    open_object(session, study, saved)
    wait_idle(session)
    again = session.scene
    assert again is not None
    assert again is not scene
    fuse(session, *one(session, "CT prior"))
    wait_until(session, lambda: again.fusion is not None)
    assert again.fusion is not None
    point = np.array([12.0, -7.0, 40.0])
    index = again.fusion.volume.geometry.to_index(TRUE_WAY.to_other(point))
    assert again.fusion.placed.geometry.to_mm(index) == pytest.approx(point, abs=1e-6)
    assert "AI: registered by register, from a file" in [str(line.text) for line in fusion_lines(again)]


def test_images_that_agree_less_than_before_are_marked(session: Session, tmp_path: Path, medview_home: Path) -> None:
    scene, plugin = opened(session, write_two_scans(tmp_path), medview_home, way=TRUE_WAY.inverse())
    run_plugin(session, plugin, {})
    wait_idle(session)
    (made,) = scene.study.registrations
    assert made.is_worse
    assert "agree less than they did before" in said(session)
    marks = {str(line.text): line.mark for line in fusion_lines(scene)}
    assert marks["The images agree less than before"] == "warning"
    assert marks["AI: registered by Register"] == "badge"


def test_a_result_is_dropped_where_its_second_series_was_closed_or_has_changed(
    session: Session, tmp_path: Path, medview_home: Path
) -> None:
    scene, plugin = opened(session, write_two_scans(tmp_path), medview_home)
    jobs: list[Any] = []
    run_plugin(session, plugin, {}, begun=jobs.append)
    wait_until(session, lambda: len(jobs) == 2)
    prior, series = one(session, "CT prior")
    prior.replace_series((changed(series, instances=series.instances[:-1]),))  # found anew, with an image less
    wait_idle(session)
    assert "was dropped: the images it was made from have changed." in said(session)
    assert len(scene.study.registrations) == 0
    assert scene.fusion is None
    prior.replace_series((series,))
    run_plugin(session, plugin, {}, begun=jobs.append)
    wait_until(session, lambda: len(jobs) == 4)
    close_study(session, prior)
    for notice in session.notices.notices:
        session.notices.dismiss(notice)
    wait_idle(session)
    assert "was dropped: the images it was made from have changed." in said(session)
    assert len(scene.study.registrations) == 0
    refusal = next(o.refusal for o in offers(session) if o.plugin is plugin)
    assert "needs a second series" in str(refusal.message if refusal is not None else "")
    assert run_plugin(session, plugin, {}) is None


def test_nothing_is_run_where_the_images_go_while_the_second_series_is_read(
    session: Session, tmp_path: Path, medview_home: Path
) -> None:
    scene, plugin = opened(session, write_two_scans(tmp_path), medview_home)
    jobs: list[Any] = []
    run_plugin(session, plugin, {}, begun=jobs.append)
    assert str(jobs[0].title) == "Reading CT prior"
    close_study(session, scene.study)
    wait_idle(session)
    assert len(jobs) == 1
    assert "Nothing was run: the images for it were closed" in said(session)


def test_a_patient_that_the_files_do_not_tell_is_warned_of(
    session: Session, tmp_path: Path, medview_home: Path
) -> None:
    write_two_scans(tmp_path, PatientID=None, PatientName=None)
    write_ct(tmp_path / "again", SeriesInstanceUID="2.25.5009", SeriesDescription="CT again", SeriesNumber=8)
    _, plugin = opened(session, tmp_path, medview_home)
    offered = [
        (one.series.series_description, one.remark is None)
        for one in candidates(session, plugin, plugin.manifest.inputs[1])
    ]
    assert offered[:2] == [("CT again", True), ("CT prior", False)]  # what is known to be of the patient comes first
    run_plugin(session, plugin, {}, {"moving": candidate(session, "CT prior")})
    assert "The files do not tell whether both series are of one patient." in said(session)


def test_a_model_with_two_inputs_gives_a_derived_image(session: Session, tmp_path: Path, medview_home: Path) -> None:
    scene, plugin = opened(session, write_two_scans(tmp_path), medview_home, "translate")
    run_plugin(session, plugin, {})
    wait_idle(session)
    (finding,) = scene.study.findings
    first = scene.volume.array[11, 32, 40]
    # both lie as the files say: by hand, the voxel at (1, 1, 31.5) mm is soft tissue in the prior, too
    assert first == 40
    assert finding.payload.array[11, 32, 40] == pytest.approx((40 + 100) / 2, abs=1.0)
    assert set(finding.provenance["inputs"]) == {"fixed", "prior"}
