"""Archives of foreign origin: what is in them is unpacked, and nothing lands anywhere else."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.files.scanning import zip_archive
from medview.files.scanning.dicom_scan import scan
from medview.files.scanning.zip_archive import is_zip, unpack
from medview.progress import Cancelled
from tests.files.make_dicom import image, write


def archive(path: Path, entries: dict[str, bytes], *, modes: dict[str, int] | None = None) -> Path:
    """Write a ZIP archive whose names are exactly as given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            entry = zipfile.ZipInfo("x")
            entry.filename = name
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (modes or {}).get(name, 0) << 16
            made.writestr(entry, data)
    return path


def files_in(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder).as_posix()): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def dicom(index: int, folder: Path) -> bytes:
    return write(image(index), folder / "source" / str(index)).read_bytes()


def test_an_archive_is_opened_like_a_folder(tmp_path: Path) -> None:
    entries = {f"disc/series/IM{n}": dicom(n, tmp_path) for n in range(4)} | {"disc/readme.txt": b"x" * 50}
    path = archive(tmp_path / "study.any", entries)
    assert is_zip(path)
    report = scan(path, unpack_into=tmp_path / "out")
    assert (report.images, report.found, report.remarks) == (4, 5, ())
    (series,) = report.studies[0].series
    assert len(series.instances) == 4
    assert all(tmp_path / "out" in instance.path.parents for instance in series.instances)


def test_an_archive_without_a_place_to_unpack_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"x": b"1"})
    with pytest.raises(MedViewError, match=r"a\.zip is an archive\. Unpack it"):
        scan(path)


@pytest.mark.parametrize(
    "name",
    ["../out.dcm", "a/../../out.dcm", "/out.dcm", "..\\out.dcm", "a\\..\\..\\out.dcm", "C:out.dcm", "C:/out.dcm",
     "\\\\host\\share\\out.dcm", "a/" * 40 + "out.dcm"],
)  # fmt: skip
def test_an_entry_that_leads_out_of_the_archive_is_left_out_and_told(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "a.zip", {name: dicom(0, tmp_path), "good": dicom(1, tmp_path)})
    before = files_in(tmp_path)
    report = scan(path, unpack_into=tmp_path / "deep" / "er" / "out")
    assert report.images == 1
    assert "1 entry of the archive a.zip was left out: its name leads out of it, or it is no file (" in str(
        report.remarks[0]
    )
    assert set(files_in(tmp_path)) - set(before) == {"deep/er/out/000/good"}


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_special_files_are_never_made(tmp_path: Path, mode: int) -> None:
    path = archive(tmp_path / "a.zip", {"l": b"/etc", "good": dicom(1, tmp_path)}, modes={"l": mode | 0o777})
    report = scan(path, unpack_into=tmp_path / "out")
    assert (report.images, len(report.remarks)) == (1, 1)
    assert set(files_in(tmp_path / "out")) == {"000/good"}
    assert not any(p.is_symlink() for p in (tmp_path / "out").rglob("*"))


def test_an_archive_of_nothing_but_unsafe_entries_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"../a": b"1", "/b": b"2"})
    with pytest.raises(MedViewError, match=r"Nothing in .*a\.zip can be opened\. 2 entries .* were left out"):
        scan(path, unpack_into=tmp_path / "out")


def test_names_that_differ_in_case_only_do_not_overwrite_each_other(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"IM1": dicom(0, tmp_path), "im1": dicom(1, tmp_path), "a/IM1": b"3"})
    unpack(path, tmp_path / "out")
    assert len(files_in(tmp_path / "out")) == 3


def test_the_same_name_twice_gives_two_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("x", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr("x", b"22")
    unpack(tmp_path / "a.zip", tmp_path / "out")
    assert sorted(files_in(tmp_path / "out").values()) == [1, 2]


def test_names_no_file_system_takes_are_changed(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"con.dcm": b"1", 'a<b>"?': b"2", "dot. ": b"3", "n" * 300: b"4", "a\nb": b"5"})
    unpack(path, tmp_path / "out")
    assert set(files_in(tmp_path / "out")) == {"_con.dcm", "a_b___", "dot", "n" * 200, "a_b"}


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_archive, "_SMALL", 100_000)
    path = archive(tmp_path / "a.zip", {"bomb": bytes(3_000_000)})
    with pytest.raises(MedViewError, match="unpacks to far more than it should"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_entry_that_is_longer_than_it_says_is_no_way_around_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_archive, "_SMALL", 100_000)
    path = archive(tmp_path / "a.zip", {"bomb": bytes(3_000_000)})
    lie = (1000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace((3_000_000).to_bytes(4, "little"), lie))
    with pytest.raises(MedViewError, match=r"far more than it should|damaged"):
        unpack(path, tmp_path / "out")
    assert sum(files_in(tmp_path / "out").values() if (tmp_path / "out").exists() else []) <= 2_000_000


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "_MOST_ENTRIES", 3)
    path = archive(tmp_path / "a.zip", {str(n): b"" for n in range(4)})
    with pytest.raises(MedViewError, match="unpacks to far more"):
        unpack(path, tmp_path / "out")


def test_an_archive_with_a_password_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"x": b"1"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # general purpose bit 0 of the central directory
    path.write_bytes(bytes(data))
    with pytest.raises(MedViewError, match=r"has a password\. Unpack it with the password"):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize("cut", [10, 60, 200, -30])
def test_a_damaged_archive_is_refused_with_a_sentence(tmp_path: Path, cut: int) -> None:
    path = archive(tmp_path / "a.zip", {"x": os.urandom(3000)})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(MedViewError, match="damaged or of an unknown kind"):
        unpack(path, tmp_path / "out")


def test_damaged_contents_are_refused_with_a_sentence(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"x": os.urandom(3000)})
    data = bytearray(path.read_bytes())
    data[1000] ^= 255
    path.write_bytes(bytes(data))
    with pytest.raises(MedViewError, match="damaged"):
        unpack(path, tmp_path / "out")


def test_unpacking_can_be_cancelled(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {str(n): b"x" for n in range(50)})
    calls = []

    def progress(fraction: float, text: str = "") -> None:
        calls.append(fraction)
        if len(calls) == 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        unpack(path, tmp_path / "out", progress)
    assert len(files_in(tmp_path / "out")) < 20


def test_other_files_are_no_archives(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"PK but no more")
    (tmp_path / "empty").write_bytes(b"")
    assert not any(is_zip(tmp_path / name) for name in ("text", "empty", "nowhere", "."))
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    (tmp_path / "void").write_bytes(buffer.getvalue())
    assert is_zip(tmp_path / "void")
