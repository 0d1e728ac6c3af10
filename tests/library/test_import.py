"""Studies join the list by link or copy; what is known is not taken twice, and no original is touched."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.files.scanning.dicom_scan import scan
from medview.library.library import Library
from medview.library.study_row import StudyRow
from medview.progress import Cancelled
from medview.study.series import Series
from tests.files.full_disk import limited_file_size
from tests.files.make_dicom import COLUMNS, ROWS
from tests.library.same import assert_same
from tests.library.studies import add_folder, content, digests, files_opened, write_study


def only(library: Library) -> StudyRow:
    (row,) = library.search()
    return row


def paths(series: Series) -> list[str]:
    return [instance.path.name for instance in series.instances]


def stored_files(library: Library) -> dict[str, tuple[str, int]]:
    """Return every file of the store but the locks."""
    return {name: facts for name, facts in digests(library.folder / "store").items() if not name.endswith(".lock")}


def test_a_linked_study_is_listed_with_its_facts(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", 1, StudyDescription="Thorax", InstitutionName="Klinik")
    before = digests(folder)
    report = scan(folder)
    added = library.add(report)
    row = only(library)
    assert (added.study_ids, added.new_files, added.known_files, added.apart) == ((row.id,), 3, 0, ())
    assert row.facts == report.studies[0].facts
    assert (row.modalities, row.series_count, row.image_count, row.object_count) == (("CT",), 1, 3, 0)
    assert (row.where, row.copied_bytes, row.files_missing, row.status) == ("linked", 0, 0, "unread")
    assert row.size_bytes == sum(path.stat().st_size for path in folder.iterdir())
    (series,) = library.series(row.id)
    assert (series.key, series.image_count, series.badge_kind) == ("2.25.711", 3, "uniform")
    assert str(series.badge) == "even, 2.50 mm"
    assert digests(folder) == before


def test_a_copied_study_lies_in_the_store_under_names_of_its_own(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", 1)
    before = digests(folder)
    report = add_folder(library, folder, copy=True)
    row = only(library)
    assert (row.where, row.copied_bytes) == ("copied", row.size_bytes)
    shutil.rmtree(folder)
    study = library.open_study(row.id)
    (series,) = study.series
    stored = stored_files(library)
    assert sorted(digest for digest, _ in stored.values()) == sorted(digest for digest, _ in before.values())
    assert not any("2.25" in name or "Test" in name for name in stored)
    assert [i.sop_instance_uid for i in series.instances] == [
        i.sop_instance_uid for i in report.studies[0].series[0].instances
    ]
    assert scan(series.instances[0].path.parent).studies[0].facts == study.facts


def test_an_unchanged_study_opens_without_reading_a_file(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    with files_opened(folder) as read:
        report = add_folder(library, folder)
    assert {Path(path).name for path in read} >= {"000.dcm", "001.dcm", "002.dcm"}
    assert only(library).opened_s is None
    with files_opened(folder) as read:
        assert_same(report.studies[0], library.open_study(only(library).id))
    assert read == []
    assert only(library).opened_s is not None


def test_another_file_of_the_same_name_size_and_time_is_read(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", SeriesDescription="First")
    add_folder(library, folder)
    for path in write_study(tmp_path / "other", SeriesDescription="Other").iterdir():
        facts = (folder / path.name).stat()
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        shutil.copy2(path, folder / path.name)  # as an archive is unpacked over another of the same times
        assert (folder / path.name).stat().st_size == facts.st_size
    (series,) = library.open_study(only(library).id).series
    assert series.series_description == "Other"
    assert library.rescan(folder).unchanged == 3


def test_the_picture_of_a_series_goes_when_other_pixels_bear_its_identifiers(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    (series,) = add_folder(library, folder).studies[0].series
    library.set_thumbnail(only(library).id, series.key, b"picture")
    assert library.thumbnail(only(library).id, series.key) == b"picture"
    pixels = np.full((ROWS, COLUMNS), 7, "<u2").tobytes()
    write_study(folder, PixelData=pixels)
    add_folder(library, folder)
    assert library.thumbnail(only(library).id, series.key) is None
    library.set_thumbnail(only(library).id, series.key, b"other")
    write_study(folder)
    library.open_study(only(library).id)
    assert library.thumbnail(only(library).id, series.key) is None


def test_a_changed_file_is_read_again(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    add_folder(library, folder)
    write_study(folder, ImagePositionPatient=None, SeriesDescription="Changed since")
    (series,) = library.open_study(only(library).id).series
    assert series.series_description == "Changed since"
    assert_same(scan(folder).studies[0], library.open_study(only(library).id))
    assert library.series(only(library).id)[0].series_description == "Changed since"
    assert only(library).files_changed == 0


def test_importing_again_adds_nothing(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    report = add_folder(library, folder)
    again = library.add(report)
    assert (again.new_files, again.known_files) == (0, 3)
    library.add(report, copy=True)
    copied = library.add(report, copy=True)
    assert (copied.new_files, copied.known_files) == (0, 3)
    assert only(library).image_count == 3
    assert len(stored_files(library)) == 3


def test_the_same_files_elsewhere_are_known(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    report = add_folder(library, folder)
    added = library.add(scan(Path(shutil.copytree(folder, tmp_path / "twin"))))
    assert (added.new_files, added.known_files) == (0, 3)
    assert_same(report.studies[0], library.open_study(only(library).id))
    rescan = library.rescan(tmp_path / "twin")
    assert (rescan.unchanged, rescan.new) == (3, 0)
    assert {str(what) for _, what in rescan.other} == {"copy of another file"}


def test_other_bytes_under_the_same_identifier_are_kept_apart_and_told(library: Library, tmp_path: Path) -> None:
    add_folder(library, write_study(tmp_path / "in"))
    other = write_study(tmp_path / "other", count=1, SeriesDescription="Not the same", InstanceNumber=77)
    added = library.add(scan(other))
    assert (added.new_files, added.apart) == (1, (other / "000.dcm",))
    study = library.open_study(only(library).id)
    assert sum(len(series.instances) for series in study.series) == 4
    assert any("same identifier" in str(w) for series in study.series for w in series.warnings)
    copied = library.add(scan([tmp_path / "in", other]), copy=True)
    assert len(copied.apart) == 2  # both bear it
    assert sum(len(series.instances) for series in library.open_study(only(library).id).series) == 4
    assert only(library).where == "copied"


def test_the_same_identifier_in_another_patient_is_told(library: Library, tmp_path: Path) -> None:
    add_folder(library, write_study(tmp_path / "in"))
    added = library.add(scan(write_study(tmp_path / "b", PatientName="Other^Person", PatientID="X")))
    assert len(added.apart) == 3
    assert library.count() == 2


def test_halves_of_a_study_become_one(library: Library, tmp_path: Path) -> None:
    whole = write_study(tmp_path / "whole", count=6)
    for half, names in (("a", ("000", "002", "004")), ("b", ("001", "003", "005"))):
        (tmp_path / half).mkdir()
        for name in names:
            shutil.copy(whole / f"{name}.dcm", tmp_path / half)
    add_folder(library, tmp_path / "a")
    assert library.series(only(library).id)[0].image_count == 3
    add_folder(library, tmp_path / "b")
    (series,) = library.open_study(only(library).id).series
    assert paths(series) == [f"{n:03d}.dcm" for n in range(6)]
    assert series.geometry is not None
    assert series.geometry.spacing_mm == (2.5, 0.5, 0.75)
    assert only(library).image_count == 6


def test_another_series_of_a_study_joins_it_without_reading_the_first_again(library: Library, tmp_path: Path) -> None:
    first = write_study(tmp_path / "a")
    add_folder(library, first)
    second = write_study(tmp_path / "b", SeriesInstanceUID="2.25.99", SeriesNumber=1, SOPInstanceUID=None)
    with files_opened(first) as read:
        add_folder(library, second)
        assert [row.series_number for row in library.series(only(library).id)] == [1, 4]
        assert len(library.open_study(only(library).id).series) == 2
    assert read == []


def test_missing_files_are_told_and_the_rest_opens(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in", count=4)
    report = add_folder(library, folder)
    away = tmp_path / "away.dcm"
    (folder / "003.dcm").rename(away)
    (series,) = library.open_study(only(library).id).series
    assert paths(series) == ["000.dcm", "001.dcm", "002.dcm"]
    assert only(library).files_missing == 1
    away.rename(folder / "003.dcm")
    assert_same(report.studies[0], library.open_study(only(library).id))
    assert only(library).files_missing == 0


def test_a_study_that_is_nowhere_says_so(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    report = add_folder(library, folder)
    number = only(library).id
    folder.rename(tmp_path / "moved")
    with pytest.raises(MedViewError, match="3 files of this study: none is where it was"):
        library.open_study(number)
    assert only(library).files_missing == 3
    (tmp_path / "moved").rename(folder)
    assert_same(report.studies[0], library.open_study(number))
    library.forget([number])
    with pytest.raises(MedViewError, match="no longer on the list"):
        library.open_study(number)


def test_cancelling_a_copy_leaves_nothing_half(library: Library, tmp_path: Path) -> None:
    for number in range(3):
        write_study(tmp_path / "in" / str(number), number)
    before = digests(tmp_path / "in")
    report = scan(tmp_path / "in")

    class Stop:
        """Asks to stop at the nth call."""

        def __init__(self, calls: int) -> None:
            self.left = calls

        def __call__(self, fraction: float, text: str = "") -> None:
            self.left -= 1
            if self.left < 0:
                raise Cancelled

    cancelled = 0
    for calls in range(0, 60, 4):
        with contextlib.suppress(Cancelled):
            library.add(report, copy=True, progress=Stop(calls))
            break
        cancelled += 1
        listed = sum(row.image_count for row in library.search())
        stored = [p for p in (library.folder / "store").rglob("*") if p.suffix == ".dcm"]
        assert len(stored) == listed
        assert library.verify().is_whole
    assert cancelled > 5
    assert sum(row.image_count for row in library.search()) == 9
    assert digests(tmp_path / "in") == before


def test_a_full_disk_leaves_a_library_in_order(library: Library, tmp_path: Path) -> None:
    add_folder(library, write_study(tmp_path / "first", 1), copy=True)
    before = content(library)
    big = write_study(tmp_path / "in", 2, Rows=600, Columns=600, PixelData=b"\0" * 720000)
    report = scan(big)
    with limited_file_size(500_000), pytest.raises(MedViewError, match="The disk is full"):
        library.add(report, copy=True)
    assert content(library) == before
    assert library.verify().is_whole
    assert len(stored_files(library)) == 3
    library.add(report, copy=True)
    assert library.count() == 2


def test_a_file_that_changes_while_it_is_copied_is_left_out(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    report = scan(folder)
    write_study(folder, count=1, SeriesDescription="Changed after the scan")
    (folder / "001.dcm").unlink()
    added = library.add(report, copy=True)
    assert {path.name: str(why) for path, why in added.left_out} == {
        "000.dcm": "The file changed while it was imported: import it again.",
        "001.dcm": "The file was no longer there.",
    }
    assert [len(s.instances) for s in library.open_study(only(library).id).series] == [1]
    assert library.verify().is_whole


def test_paths_need_not_be_absolute(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_study(tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    library.add(scan(Path("in")))
    monkeypatch.chdir("/")
    (series,) = library.open_study(only(library).id).series
    assert series.instances[0].path == tmp_path / "in" / "000.dcm"


def test_names_that_are_no_text_are_kept(library: Library, tmp_path: Path) -> None:
    try:
        folder = write_study(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")))
    except OSError:
        pytest.skip("this file system takes only text as names")
    report = add_folder(library, folder)
    assert_same(report.studies[0], library.open_study(only(library).id))
    assert library.rescan(folder).unchanged == 3


def test_other_formats_stay_where_they_are(library: Library, shared_data: Path) -> None:
    report = scan(shared_data / "nifti_misc")
    library.add(report, copy=True)
    assert {row.where for row in library.search()} == {"linked"}
    for study in report.studies:
        assert_same(study, library.open_study(library.study_of(study).id))  # type: ignore[union-attr]


def test_thumbnails_are_of_these_very_images(library: Library, tmp_path: Path) -> None:
    folder = write_study(tmp_path / "in")
    add_folder(library, folder)
    number, key = only(library).id, library.series(only(library).id)[0].key
    assert library.thumbnail(number, key) is None
    library.set_thumbnail(number, key, b"picture")
    library.set_thumbnail(number, "no such series", b"picture")
    assert library.thumbnail(number, key) == b"picture"
    assert library.series(number)[0].has_thumbnail
    write_study(folder, count=4)
    library.rescan(folder)
    assert library.thumbnail(number, key) is None
    assert not library.series(number)[0].has_thumbnail
