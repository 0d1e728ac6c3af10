"""A second look at a folder reads only what is new or has changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.files.scanning.dicom_scan import scan
from medview.library.library import Library
from tests.files.make_dicom import image, write
from tests.library.same import assert_same
from tests.library.studies import add_folder, files_opened, write_study


def test_a_rescan_accounts_for_every_file_as_a_scan_does(library: Library, shared_data: Path) -> None:
    report = scan(shared_data)
    for unchanged in (0, report.found):
        found = library.rescan(shared_data)
        assert found.unchanged == unchanged
        assert found.unchanged + found.new == report.found
        assert {(path, str(what)) for path, what in found.other} == {(path, str(what)) for path, what in report.other}
        assert {(path, str(why)) for path, why in found.rejected} == {(p, str(why)) for p, why in report.rejected}
        assert len(found.study_ids) == len(report.studies)
        assert found.gone == ()


def test_what_is_unchanged_is_not_read(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    (folder / "notes.txt").write_text("not an image")
    library.rescan(tmp_path)
    with files_opened(folder) as read:
        assert library.rescan(tmp_path).unchanged == 4
    assert read == []


def test_new_changed_and_gone_files_are_told_apart(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", count=4)
    library.rescan(tmp_path)
    write(image(9, StudyInstanceUID="2.25.700", SeriesInstanceUID="2.25.8", PatientID="ID0",
                PatientName="Test^Number0"), folder / "new.dcm")  # fmt: skip
    write_study(folder, count=1, SeriesDescription="Changed")
    (folder / "003.dcm").unlink()
    found = library.rescan(tmp_path)
    assert (found.unchanged, found.new, found.changed, found.gone) == (2, 1, 1, (folder / "003.dcm",))
    (row,) = library.search()
    assert (row.image_count, row.files_missing) == (4, 1)
    study = library.open_study(row.id)
    assert sorted(i.path.name for s in study.series for i in s.instances) == [
        "000.dcm",
        "001.dcm",
        "002.dcm",
        "new.dcm",
    ]


def test_a_file_that_is_no_image_any_more_leaves_its_study(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", count=3)
    library.rescan(tmp_path)
    (folder / "001.dcm").write_text("overwritten with something that is not DICOM at all")
    found = library.rescan(tmp_path)
    assert [(path.name, str(what)) for path, what in found.other] == [("001.dcm", "not DICOM")]
    (row,) = library.search()
    assert (row.image_count, row.files_missing, row.files_changed) == (2, 0, 0)
    assert library.rescan(tmp_path).changed == 0
    assert_same(scan(folder).studies[0], library.open_study(row.id))


def test_a_file_of_another_study_now_is_taken_from_the_first(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", 1, count=3)
    library.rescan(tmp_path)
    shutil.copy(write_study(tmp_path.parent / f"{tmp_path.name}b", 2) / "000.dcm", folder / "001.dcm")
    library.add(scan(folder / "001.dcm"))  # by hand, without a look at the rest of the folder
    sizes = {row.facts.patient.patient_id: row for row in library.search()}
    assert set(sizes) == {"ID1", "ID2"}
    first = library.open_study(sizes["ID1"].id)
    assert sorted(i.path.name for s in first.series for i in s.instances) == ["000.dcm", "002.dcm"]
    assert library.rescan(tmp_path).changed == 0


def test_a_moved_folder_is_found_again(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    add_folder(library, folder)
    (row,) = library.search()
    library.set_comment(row.id, "seen")
    folder.rename(tmp_path / "moved")
    assert library.verify().troubled[0].missing == tuple(folder / f"{n:03d}.dcm" for n in range(3))
    found = library.rescan(tmp_path / "moved")
    assert found.added.found_again == 3
    (row,) = library.search()
    assert (row.files_missing, row.image_count, row.comment) == (0, 3, "seen")
    assert_same(scan(tmp_path / "moved").studies[0], library.open_study(row.id))
    assert library.verify().is_whole


def test_an_unreadable_folder_is_not_gone(library: Library, tmp_path: Path) -> None:
    write_study(tmp_path / "in" / "deep")
    library.rescan(tmp_path)
    (tmp_path / "in" / "deep").chmod(0)
    try:
        if os.access(tmp_path / "in" / "deep", os.R_OK):
            pytest.skip("root may read everything")
        found = library.rescan(tmp_path)
    finally:
        (tmp_path / "in" / "deep").chmod(0o755)
    assert found.gone == ()
    assert [path.name for path, _ in found.rejected] == ["deep"]
    assert library.search()[0].files_missing == 0


def test_a_folder_that_is_gone_makes_its_files_missing(library: Library, tmp_path: Path) -> None:
    write_study(tmp_path / "in" / "a", 1)
    write_study(tmp_path / "in" / "b", 2)
    library.rescan(tmp_path / "in")
    shutil.rmtree(tmp_path / "in" / "b")
    assert len(library.rescan(tmp_path / "in").gone) == 3
    assert {row.facts.patient.patient_id: row.files_missing for row in library.search()} == {"ID1": 0, "ID2": 3}
    write_study(tmp_path / "in" / "b", 2)
    library.rescan(tmp_path / "in")
    assert {row.files_missing for row in library.search()} == {0}


def test_links_in_circles_and_special_files_are_no_trouble(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    (folder / "round").symlink_to(tmp_path / "in")
    (folder / "nothing").symlink_to("nothing")
    os.mkfifo(folder / "pipe")
    for _ in range(2):
        found = library.rescan(tmp_path)
        assert sorted(path.name for path, _ in found.other) == ["nothing", "pipe"]
    assert found.unchanged == 3


def test_an_archive_beside_images_is_a_file(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    shutil.make_archive(str(tmp_path / "in" / "packed"), "zip", folder)
    found = library.rescan(tmp_path)
    assert [path.name for path, _ in found.other] == ["packed.zip"]
    assert library.count() == 1


def test_a_path_that_is_not_there_is_told(library: Library, tmp_path: Path) -> None:
    with pytest.raises(MedViewError, match="does not exist"):
        library.rescan(tmp_path / "nowhere")
