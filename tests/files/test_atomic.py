"""A file is there whole or not at all, and the person learns why not."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.files.atomic import write_error, written_whole
from tests.files.full_disk import limited_file_size
from tests.files.make_dicom import image, write


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_the_target_is_replaced_when_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    target.write_text("old")
    with written_whole(target) as beside:
        beside.write_text("new")
        assert target.read_text() == "old"
        assert beside.suffix == ".json"
    assert (target.read_text(), left(tmp_path)) == ("new", ["result.json"])


def test_what_fails_inside_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "x.stl"
    target.write_text("old")

    def write_half(beside: Path) -> None:
        beside.write_text("half")
        raise RuntimeError("differs")

    with pytest.raises(RuntimeError, match="differs"), written_whole(target) as beside:
        write_half(beside)
    assert (target.read_text(), left(tmp_path)) == ("old", ["x.stl"])


def test_a_file_is_readable_as_any_other_of_its_owner(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with written_whole(tmp_path / "made") as beside:
        beside.write_text("x")
    assert (tmp_path / "made").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with (
        limited_file_size(1000),
        pytest.raises(MedViewError, match=r"The disk is full: big could not be written\. Free some space"),
        written_whole(tmp_path / "big") as beside,
    ):
        beside.write_bytes(bytes(100_000))
    assert left(tmp_path) == []


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield the folder of a disk of 64 kB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_really_full_disk_is_told(tiny_disk: Path) -> None:
    with pytest.raises(MedViewError, match=r"The disk is full"), written_whole(tiny_disk / "big") as beside:
        beside.write_bytes(bytes(1_000_000))
    assert left(tiny_disk) == []


def test_a_disk_that_may_only_be_read_is_told(tiny_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    told = pytest.raises(MedViewError, match=r"may not be written to\. Choose another folder")
    with told, written_whole(tiny_disk / "x"):
        pass


def test_a_full_disk_is_known_by_words_where_the_number_is_lost(tmp_path: Path) -> None:
    inner = OSError(errno.ENOSPC, "No space left on device")
    outer = OSError("could not write the element")
    outer.__cause__ = inner
    for error in (outer, OSError("[Errno 28] No space left on device"), RuntimeError("write: No space left on device")):
        assert "The disk is full" in str(write_error(error, tmp_path / "x"))


def test_a_missing_folder_and_a_long_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(MedViewError, match=r"The folder .*none does not exist"), written_whole(tmp_path / "none" / "x"):
        pass
    with pytest.raises(MedViewError, match=r"The name a+ is too long"), written_whole(tmp_path / ("a" * 300)):
        pass


def test_a_read_only_target_and_a_folder_are_told(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    target.write_text("kept")
    target.chmod(0o444)
    with pytest.raises(MedViewError, match=r"kept is read-only"), written_whole(target):
        pass
    with pytest.raises(MedViewError, match=r"is a folder"), written_whole(tmp_path):
        pass
    assert target.read_text() == "kept"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(MedViewError, match=r"may not be written to"), written_whole(tmp_path / "x"):
        pass


def test_a_dicom_file_is_replaced_only_by_leave(tmp_path: Path) -> None:
    target = write(image(), tmp_path / "image.dcm")
    before = target.read_bytes()
    with pytest.raises(MedViewError, match=r"image\.dcm is a DICOM file that was not made here"), written_whole(target):
        pass
    assert target.read_bytes() == before
    with written_whole(target, may_replace=lambda path: path == target) as beside:
        beside.write_text("replaced")
    assert target.read_text() == "replaced"


def test_an_image_without_preamble_is_not_replaced_either(tmp_path: Path) -> None:
    target = tmp_path / "image.dcm"
    image().save_as(target, implicit_vr=True, little_endian=True)
    before = target.read_bytes()
    assert before[128:132] != b"DICM"
    with pytest.raises(MedViewError, match=r"image\.dcm is a DICOM file that was not made here"), written_whole(target):
        pass
    assert target.read_bytes() == before
