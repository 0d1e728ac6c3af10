"""What is opened joins the library as the setting says, without a person noticing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medview.library.library import Library
from medview.session.close_study import close_study
from medview.session.import_studies import import_open_study, import_studies
from medview.session.open_folder import open_folder
from medview.session.open_from_library import open_from_library
from medview.session.session import Session
from medview.session.use_library import use_library
from tests.library.studies import write_study
from tests.session.waiting import said, wait_idle


def opened(session: Session, path: Path) -> Library:
    open_folder(session, path)
    wait_idle(session)
    assert session.library is not None
    return session.library


@pytest.mark.parametrize(("setting", "where"), [("link", ["linked"]), ("copy", ["copied"]), ("no", [])])
def test_what_is_opened_joins_the_library(session: Session, tmp_path: Path, setting: str, where: list[str]) -> None:
    session.settings["library_add"] = setting
    folder = write_study(tmp_path / "in")
    open_folder(session, folder)
    wait_idle(session)
    listed = session.library.search() if session.library is not None else ()
    assert [row.where for row in listed] == where
    assert [n.level for n in session.notices.notices if n.level != "info"] == []


def test_what_an_archive_held_is_copied_or_left_out(session: Session, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", write_study(tmp_path / "in")))
    open_folder(session, archive)
    wait_idle(session)
    assert len(session.studies) == 1
    assert session.library is None
    session.settings["library_add"] = "copy"
    library = opened(session, archive)
    assert [row.where for row in library.search()] == ["copied"]
    assert library.verify().is_whole


def test_a_library_that_cannot_be_opened_stops_nobody(session: Session, tmp_path: Path, medview_home: Path) -> None:
    (medview_home / "library").write_text("in the way")
    open_folder(session, write_study(tmp_path / "in"))
    wait_idle(session)
    assert len(session.studies) == 1
    assert "What was opened is not on the library's list" in said(session)
    assert {n.level for n in session.notices.notices} == {"info"}


def test_images_that_are_gone_are_told_when_a_study_is_opened_from_the_list(session: Session, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", count=6)
    (row,) = opened(session, folder).search()
    close_study(session, session.studies[0])
    (folder / "005.dcm").unlink()  # at the end: no gap tells of it
    open_from_library(session, [row.id])
    wait_idle(session)
    assert len(session.studies[0].series[0].instances) == 5
    assert "Files that are not where they were: 1. What they hold is not shown." in said(session)


def test_a_damaged_library_is_rebuilt_by_itself(session: Session, tmp_path: Path, medview_home: Path) -> None:
    library = Library(medview_home / "library")
    library.rescan(write_study(tmp_path / "in"))
    library.close()
    (medview_home / "library" / "index.sqlite").write_bytes(b"nothing of it" * 1000)
    use_library(session, lambda library, _: library.count())
    wait_idle(session)
    assert "was damaged and has been set aside" in said(session)
    assert session.library is not None
    assert session.library.count() == 1
    assert not session.library.needs_rebuild


def test_a_quota_frees_what_was_not_opened_for_longest(session: Session, tmp_path: Path, medview_home: Path) -> None:
    session.settings["library_add"] = "copy"
    library = opened(session, write_study(tmp_path / "1", 1))
    library.quota_bytes = library.usage().copied_bytes + 10
    opened(session, write_study(tmp_path / "2", 2))
    assert [row.facts.patient.patient_id for row in library.search()] == ["ID2"]
    assert "the copies of the studies longest unopened are gone (1)" in said(session)


def test_an_import_keeps_the_quota_too(session: Session, tmp_path: Path) -> None:
    session.settings["library_add"] = "copy"
    library = opened(session, write_study(tmp_path / "1", 1))
    library.quota_bytes = library.usage().copied_bytes + 10
    import_studies(session, [write_study(tmp_path / "2", 2)], copy=True)
    wait_idle(session)
    assert [row.facts.patient.patient_id for row in library.search()] == ["ID2"]
    assert "the copies of the studies longest unopened are gone (1)" in said(session)
    library.quota_bytes = 1
    library.set_kept([row.id for row in library.search()], kept=True)
    import_studies(session, [write_study(tmp_path / "2", 2)], copy=True)
    wait_idle(session)
    assert "The library still takes more room than its quota." in said(session)


def test_what_the_library_can_only_link_to_is_told_and_not_taken_out_of_an_archive(
    session: Session, shared_data: Path, tmp_path: Path
) -> None:
    folder = write_study(tmp_path / "in")
    shutil.copy(shared_data / "nifti_misc" / "CT_pitch.nii.gz", folder)
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder))
    session.settings["library_add"] = "copy"
    library = opened(session, archive)
    assert [row.where for row in library.search()] == ["copied"]
    picture = next(study for study in session.studies if study.series[0].file_format == "NIfTI")
    import_open_study(session, picture, copy=False)
    import_studies(session, [archive], copy=True)
    wait_idle(session)
    assert [row.where for row in library.search()] == ["copied"]
    assert library.verify().is_whole
    assert {path.name for path, _ in session.rejected} == {"CT_pitch.nii.gz"}
    import_studies(session, [folder], copy=True)
    wait_idle(session)
    assert sorted(row.where for row in library.search()) == ["copied", "linked"]
    assert "not copied: 1 stay linked" in said(session)
