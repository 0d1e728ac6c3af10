"""The header as a tree of rows: the same as pydicom reads, and nothing that a hostile file says can run away."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from medview.errors import MedViewError
from medview.files.headers.dicom_file import looks_like_dicom
from medview.files.tags.compare_tags import compare_tags
from medview.files.tags.dicom_tags import DEEPEST, MOST_ROWS, read_tags
from medview.files.tags.tag_row import TagRow, TagTree, chosen_rows
from medview.progress import Cancelled
from tests.files.make_dicom import image, write


def rows(tree: TagTree) -> dict[str, TagRow]:
    """Return the rows by path, written as "(0008,1115)/1/(0010,0010)"."""
    return {"/".join(r.label if not r.is_item else str(r.number) for r in _line(row)): row for row in tree.root.walk()}


def _line(row: TagRow) -> list[TagRow]:
    line = [row]
    while (above := line[0].parent) is not None and above.parent is not None:
        line.insert(0, above)
    return line


def find(tree: TagTree, label: str) -> TagRow:
    return rows(tree)[label]


def search(tree: TagTree, text: str, *, only_differences: bool = False) -> list[str]:
    found = chosen_rows(tree, text, only_differences=only_differences, check=lambda: None)
    return list(rows(found))


def test_an_element_is_told_with_tag_vr_name_and_value(tmp_path: Path) -> None:
    tree = read_tags(write(image(PatientName="王^小明"), tmp_path / "a"))
    row = find(tree, "(0010,0010)")
    assert (row.vr, row.name, row.keyword, row.text) == ("PN", "Patient's Name", "PatientName", "王^小明")
    assert find(tree, "(0008,0016)").meaning == "CT Image Storage"
    assert find(tree, "(0002,0010)").meaning == "Explicit VR Little Endian"
    assert find(tree, "(0028,0030)").text == "0.5\\0.75"
    assert find(tree, "(0028,0010)").text == "6"
    assert tree.remarks == ()


def test_pixels_are_their_length_and_first_bytes(tmp_path: Path) -> None:
    row = find(read_tags(write(image(), tmp_path / "a")), "(7FE0,0010)")
    assert (row.is_binary, row.is_cut, row.length) == (True, True, 96)
    assert row.text.startswith("e8 03 e8 03")


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_encodings_read_the_same(tmp_path: Path, syntax: str) -> None:
    plain = rows(read_tags(write(image(), tmp_path / "a")))
    other = rows(read_tags(write(image(), tmp_path / "b", syntax)))
    different = {k for k in plain.keys() | other.keys() if plain[k].text != other[k].text or plain[k].vr != other[k].vr}
    assert {k for k in different if not k.startswith("(0002,")} == set()


def test_private_elements_carry_the_name_their_maker_gave_them(tmp_path: Path) -> None:
    dataset = image()
    dataset.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
    dataset.add_new(0x0019100C, "IS", "1000")
    dataset.add_new(0x00210010, "LO", "NOBODY KNOWS")
    dataset.add_new(0x00211001, "LO", "secret")
    tree = read_tags(write(dataset, tmp_path / "a"))
    assert find(tree, "(0019,0010)").name == "Private Creator"
    assert find(tree, "(0019,100C)").name == "[SIEMENS MR HEADER] B_value"
    assert find(tree, "(0021,1001)").name == "[NOBODY KNOWS]"
    assert search(tree, "b_value") == ["(0019,100C)"]
    assert search(tree, "nobody SECRET") == ["(0021,1001)"]


def nested(depth: int) -> bytes:
    """Return sequences one in the other."""
    inner = b""
    for _ in range(depth):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
        inner = struct.pack("<HH2sHI", 0x0008, 0x1115, b"SQ", 0, len(item)) + item
    return inner


def open_ended(depth: int) -> bytes:
    """Return sequences one in the other, whose lengths are not defined."""
    head = struct.pack("<HH2sHI", 0x0008, 0x1115, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    tail = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return head * depth + tail * depth


def with_more(path: Path, more: bytes) -> Path:
    """Add bytes to the end of a small file without pixels."""
    write(image(PixelData=None), path)
    path.write_bytes(path.read_bytes() + more)
    return path


@pytest.mark.parametrize("make", [nested, open_ended])
def test_five_thousand_sequences_in_one_another_end_at_a_remark(tmp_path: Path, make: object) -> None:
    tree = read_tags(with_more(tmp_path / "a", make(5000) + b"\x10\x00\x10\x00LO\x02\x00ab"))
    assert max(len(row.path) for row in tree.root.walk()) == DEEPEST * 2 + 1
    assert [str(r) for r in tree.remarks] == [f"Sequences nested deeper than {DEEPEST} levels are not listed."]
    assert tree.root.children[-1].text == "ab"


def test_ten_thousand_private_elements_are_listed(tmp_path: Path) -> None:
    elements = b"".join(
        struct.pack("<HH2sH", 0x0031 + 2 * (n // 200), 0x1000 + n % 200, b"LO", 6) + b"%06d" % n for n in range(10_000)
    )
    tree = read_tags(with_more(tmp_path / "a", elements))
    assert tree.root.children[-1].text == "009999"
    assert search(tree, "009998") == [tree.root.children[-2].label]


def test_too_many_rows_end_at_a_remark(tmp_path: Path) -> None:
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    sequence = struct.pack("<HH2sHI", 0x0008, 0x1115, b"SQ", 0, 0xFFFFFFFF) + item * (MOST_ROWS + 5)
    tree = read_tags(with_more(tmp_path / "a", sequence))
    assert tree.count == MOST_ROWS
    assert f"Only the first {MOST_ROWS} rows are listed." in [str(r) for r in tree.remarks]


def test_a_file_that_ends_early_shows_what_is_there(tmp_path: Path) -> None:
    path = write(image(), tmp_path / "a")
    path.write_bytes(path.read_bytes()[:-40])
    tree = read_tags(path)
    assert find(tree, "(7FE0,0010)").length == 96
    assert [str(r) for r in tree.remarks] == ["The file ends in the middle of an element."]


def test_bytes_that_are_no_element_end_the_list(tmp_path: Path) -> None:
    tree = read_tags(with_more(tmp_path / "a", b"\xde\xad\xbe\xef" * 64))
    assert find(tree, "(0010,0020)").text == "T1"
    assert [str(r) for r in tree.remarks] == ["What follows the last row is no DICOM element."]


def test_a_file_that_is_no_dicom_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"<html>")
    with pytest.raises(MedViewError, match="This file is not DICOM"):
        read_tags(tmp_path / "a")


def test_reading_stops_when_it_is_no_longer_wanted(tmp_path: Path) -> None:
    def stop(fraction: float, text: str = "") -> None:
        raise Cancelled

    path = with_more(tmp_path / "a", nested(40) * 100)
    with pytest.raises(Cancelled):
        read_tags(path, stop)


def test_a_search_shows_the_way_to_what_is_found_and_what_is_below(tmp_path: Path) -> None:
    dataset = image()
    item = Dataset()
    item.PatientID, item.Modality = "needle", "OT"
    dataset.ReferencedSeriesSequence = Sequence([Dataset(), item])
    tree = read_tags(write(dataset, tmp_path / "a"))
    assert search(tree, "NEEDLE") == ["(0008,1115)", "(0008,1115)/2", "(0008,1115)/2/(0010,0020)"]
    assert len(search(tree, "ReferencedSeriesSequence")) == 5
    assert search(tree, "(0010,0010)") == search(tree, "00100010") == ["(0010,0010)"]
    assert search(tree, "no such thing") == []


def test_two_images_are_compared_value_by_value(tmp_path: Path) -> None:
    one = write(image(0), tmp_path / "a")
    other = write(image(1, Laterality="L", PatientName=None), tmp_path / "b", ImplicitVRLittleEndian)
    tree = compare_tags(one, other)
    found = {label: row for label, row in rows(tree).items() if row.differs}
    assert set(found) == {
        "(0002,0003)", "(0002,0010)", "(0008,0018)", "(0010,0010)", "(0020,0013)", "(0020,0032)", "(0020,0060)",
        "(7FE0,0010)",
    }  # fmt: skip
    assert (found["(0020,0013)"].text, found["(0020,0013)"].other) == ("1", "2")
    assert found["(0020,0060)"].is_missing
    assert found["(0020,0060)"].other == "L"
    assert found["(0010,0010)"].other is None
    assert tree.differences == 8
    assert search(tree, "", only_differences=True) == list(found)
    assert search(tree, "instance", only_differences=True) == ["(0002,0003)", "(0008,0018)", "(0020,0013)"]


def test_long_values_are_compared_to_their_ends(tmp_path: Path) -> None:
    pixels = bytearray(image().PixelData)
    pixels[-1] = 77
    one, other = write(image(), tmp_path / "a"), write(image(PixelData=bytes(pixels)), tmp_path / "b")
    deflated = write(image(PixelData=bytes(pixels)), tmp_path / "c", DeflatedExplicitVRLittleEndian)
    assert rows(compare_tags(one, other))["(7FE0,0010)"].differs
    assert rows(compare_tags(one, deflated))["(7FE0,0010)"].differs
    assert not rows(compare_tags(other, deflated))["(7FE0,0010)"].differs


# against pydicom, on every shared file


def _pydicom_rows(path: Path) -> dict[str, DataElement]:
    dataset = dcmread(path, force=True)
    found: dict[str, DataElement] = {}
    waiting = [("", dataset)] + ([("", dataset.file_meta)] if getattr(dataset, "file_meta", None) else [])
    while waiting:
        prefix, items = waiting.pop()
        for tag in items.keys():  # noqa: SIM118  the elements as they are in the file
            element = items[tag]
            name = f"{prefix}({tag.group:04X},{tag.element:04X})"
            found[name] = element
            if element.VR == "SQ":
                found |= {f"{name}/{n}": element for n in range(1, len(element.value) + 1)}
                waiting += [(f"{name}/{n}/", item) for n, item in enumerate(element.value, 1)]
    return found


def _text(element: DataElement) -> str | None:
    """Return what pydicom reads where it can be held against ours: texts and whole numbers."""
    if element.VR not in ("PN", "LO", "SH", "CS", "UI", "DA", "TM", "AE", "AS", "US", "SS", "UL", "SL"):
        return None
    value = element.value
    values = [] if value is None else list(value) if element.VM > 1 else [value]
    return "\\".join(str(v).strip(" \0") for v in values)


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's own remarks on damaged files
def test_every_shared_header_reads_as_pydicom_reads_it(shared_data: Path) -> None:
    files = [p for folder in sorted(shared_data.iterdir()) if folder.is_dir() for p in _some(folder)]
    wrong = {}
    compared = 0
    for path in files:
        if not looks_like_dicom(path.read_bytes()[:4096]):
            continue
        try:
            expected = _pydicom_rows(path)
        except Exception:  # damaged on purpose: there is nothing to hold ours against
            continue
        ours = {k: r for k, r in rows(read_tags(path)).items() if "7FE0,0010)/" not in k}
        if set(ours) != set(expected):
            wrong[path.name] = sorted(set(ours) ^ set(expected))[:5]
        for key in ours.keys() & expected.keys():
            text = None if ours[key].is_item else _text(expected[key])
            if text is not None and ours[key].vr == expected[key].VR and not ours[key].is_cut:
                compared += 1
                if ours[key].text.rstrip("=") != text.rstrip("="):  # pydicom drops empty groups of a name
                    wrong[f"{path.name} {key}"] = [ours[key].text, text]
    assert compared > 10_000
    assert wrong == {}


def _some(folder: Path) -> list[Path]:
    """Return DICOM files of a folder, three of each subfolder."""
    found = []
    for sub in [folder, *sorted(p for p in folder.rglob("*") if p.is_dir())]:
        files = [p for p in sorted(sub.iterdir()) if p.is_file() and p.suffix not in (".md", ".txt", ".tsv", ".gz")]
        dicom = [
            p for p in files if p.stat().st_size > 200 and (b"DICM" in p.open("rb").read(132) or p.suffix == ".dcm")
        ]
        found += dicom if len(dicom) < 20 else dicom[:: max(1, len(dicom) // 3)]
    return found
