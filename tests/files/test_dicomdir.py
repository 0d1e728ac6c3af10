"""A DICOMDIR lists files; what it lists is held against what is there, and leads nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medview.files.scanning.dicom_scan import scan
from medview.files.scanning.dicomdir import remarks_on
from tests.files.make_dicom import image, write, write_stack


def directory(folder: Path, *listed: list[str], syntax: str = ExplicitVRLittleEndian, **uids: str) -> Path:
    """Write a DICOMDIR with one record for each file that is listed."""
    records = []
    for parts in listed:
        record = Dataset()
        record.OffsetOfTheNextDirectoryRecord = 0
        record.RecordInUseFlag = 0xFFFF
        record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = parts
        record.ReferencedSOPInstanceUIDInFile = uids.get(parts[-1])
        records.append(record)
    dataset = Dataset()
    dataset.SOPClassUID = UID("1.2.840.10008.1.3.10")
    dataset.SOPInstanceUID = "2.25.1"
    dataset.FileSetID = "TEST"
    dataset.DirectoryRecordSequence = records
    return write(dataset, folder / "DICOMDIR", syntax)


def test_a_dicomdir_stands_for_the_folder_it_lies_in(shared_data: Path) -> None:
    folder = shared_data / "odd_files" / "dicomdir_tree"
    by_directory, by_folder = scan(folder / "DICOMDIR"), scan(folder)
    assert by_directory.images == by_folder.images == 31
    assert by_directory.found == by_folder.found
    kinds = [str(what) for path, what in by_directory.other if path.name.startswith("DICOMDIR")]
    assert kinds.count("Media Storage Directory") == len(kinds) > 6


def test_nothing_is_said_of_a_complete_dicomdir(tmp_path: Path) -> None:
    write_stack(tmp_path / "A", 3)
    path = directory(tmp_path, *(["A", file.name] for file in (tmp_path / "A").iterdir()))
    assert remarks_on(path) == []
    assert scan(path).remarks == ()


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_missing_files_are_told(tmp_path: Path, syntax: str) -> None:
    write(image(), tmp_path / "A" / "IM1")
    path = directory(tmp_path, ["A", "IM1"], ["A", "IM2"], ["A", "IM3"], syntax=syntax)
    report = scan(path)
    assert report.images == 1
    assert str(report.remarks[0]) == f"The DICOMDIR in {tmp_path.name} lists 2 files that are missing, such as A/IM2."


def test_a_file_that_was_moved_is_not_called_missing(tmp_path: Path) -> None:
    """A folder copied out of a disc, with a copy of the disc's DICOMDIR in it, lists paths that lead nowhere."""
    moved = image()
    write(moved, tmp_path / "elsewhere")
    path = directory(tmp_path, ["A", "IM1"], ["A", "IM2"], IM1=moved.SOPInstanceUID, IM2="2.25.77")
    (remark,) = scan(path).remarks
    assert "lists 1 file that is missing, such as A/IM2" in str(remark)


def test_a_file_under_another_name_is_told_where_others_are_in_their_places(tmp_path: Path) -> None:
    paths = write_stack(tmp_path / "A", 2)
    first, second = sorted(paths.iterdir())
    path = directory(tmp_path, ["A", "GONE"], ["A", second.name], GONE=dcmread(first).SOPInstanceUID)
    (remark,) = scan(path).remarks
    assert "1 file that is missing, such as A/GONE; its images were found under other names." in str(remark)


@pytest.mark.parametrize(
    "parts",
    [["..", "secret"], ["A", "..", "..", "secret"], ["/etc", "passwd"], ["", "etc"], ["C:", "x"], ["A/../../x"]],
)
def test_files_outside_the_folder_are_told_and_not_looked_at(tmp_path: Path, parts: list[str]) -> None:
    write(image(5, SeriesInstanceUID="2.25.55"), tmp_path / "secret")
    write(image(), tmp_path / "disc" / "A" / "IM1")
    path = directory(tmp_path / "disc", parts, ["A", "IM1"])
    report = scan(path)
    assert report.images == 1
    assert "lists 1 file outside its folder" in str(report.remarks[0])


def test_names_changed_by_a_disc_are_found(tmp_path: Path) -> None:
    write(image(), tmp_path / "a" / "im1.;1")
    assert remarks_on(directory(tmp_path, ["A", "IM1"])) == []


def test_a_dicomdir_within_a_folder_that_it_lists_finds_its_files(tmp_path: Path, shared_data: Path) -> None:
    write(image(), tmp_path / "S1" / "S10" / "I1")
    assert remarks_on(directory(tmp_path / "S1" / "S10", ["S1", "S10", "I1"])) == []
    assert len(remarks_on(directory(tmp_path / "S1" / "S10", ["S1", "S11", "I1"]))) == 1
    assert scan(shared_data / "ct_head_phantom_mixed").remarks == ()


def test_a_record_that_is_not_in_use_is_passed_over(tmp_path: Path) -> None:
    path = directory(tmp_path, ["A", "GONE"])
    path.write_bytes(
        path.read_bytes().replace(b"\x04\x00\x10\x14US\x02\x00\xff\xff", b"\x04\x00\x10\x14US\x02\x00\0\0")
    )
    assert remarks_on(path) == []


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_a_damaged_dicomdir_harms_nothing(tmp_path: Path) -> None:
    write(image(), tmp_path / "IM1")
    path = directory(tmp_path, ["IM1"], ["IM2"])
    for cut in range(140, path.stat().st_size, 11):
        path.write_bytes(path.read_bytes()[:cut] + b"\xff" * 7)
        remarks_on(path)
        assert scan(path).images == 1
        path = directory(tmp_path, ["IM1"], ["IM2"])
