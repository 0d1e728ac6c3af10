"""Names and texts in every script: exactly the letters that were written, or a mark and a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from medview.files.headers.dicom_file import read_dicom_file
from medview.files.headers.dicom_header import Image, read_header
from medview.files.headers.dicom_values import Values
from tests.files.make_dicom import image, write

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def readers(path: Path) -> list[Values]:
    """Return the header as the scanner and as pydicom read it."""
    files = [read_dicom_file(path), read_dicom_file(path, with_pydicom=True)]
    return [file.values for file in files if file is not None]


def with_name(folder: Path, character_set: str, name: bytes) -> Path:
    """Write an image whose Patient's Name is these bytes."""
    path = write(image(SpecificCharacterSet=character_set, PatientName="X" * 8), folder / "x")
    element = b"\x10\x00\x10\x00PN"
    name += b" " * (len(name) % 2)
    made = path.read_bytes().replace(element + b"\x08\x00XXXXXXXX", element + len(name).to_bytes(2, "little") + name)
    path.write_bytes(made)
    return path


def warnings(path: Path) -> str:
    found = read_header(path)
    assert isinstance(found, tuple)
    assert isinstance(found[0], Image)
    return " ".join(map(str, found[0].warnings))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("chrArab.dcm", "قباني^لنزار"),
        ("chrGerm.dcm", "Äneas^Rüdiger"),
        ("chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동"),
        ("chrRuss.dcm", "Люкceмбypг"),
        ("chrX1.dcm", "Wang^XiaoDong=王^小東"),
    ],
)
def test_names_of_real_files_are_read_to_the_letter(shared_data: Path, file: str, name: str) -> None:
    for values in readers(shared_data / "odd_files" / "charsets" / file):
        assert values.text("PatientName") == name


def test_a_sequence_may_have_a_character_set_of_its_own(shared_data: Path) -> None:
    for values in readers(shared_data / "odd_files" / "charsets" / "chrSQEncoding.dcm"):
        assert values.text("SpecificCharacterSet") == "ISO_IR 192"
        item = values.item("RequestedProcedureCodeSequence")
        assert item.text("PatientName") == "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"


@pytest.mark.parametrize(
    ("character_set", "encoding", "name"),
    [
        ("ISO_IR 126", "iso8859_7", "Διονυσιος"),
        ("ISO_IR 144", "iso8859_5", "Лев^Толстой"),
        ("ISO_IR 127", "iso8859_6", "قباني^لنزار"),
        ("ISO_IR 138", "iso8859_8", "שרון^דבורה"),
        ("ISO_IR 166", "iso8859_11", "นามสกุล^ชื่อ"),
        ("ISO_IR 101", "iso8859_2", "Wałęsa^Łucja"),
        ("ISO_IR 13", "shift_jis", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        ("ISO_IR 192", "utf8", "Wang^XiaoDong=王^小東="),
        ("GB18030", "gb18030", "Wang^XiaoDong=王^小东"),
        ("GB18030", "gb18030", "Zhu^Yan=朱^𠮷"),  # of four bytes
        ("GBK", "gbk", "Wang^XiaoDong=王^小东"),
        ("GBK", "gbk", "Liu=刘^乗"),  # whose last byte is that of a backslash
        ("GB18030", "gb18030", "Qiao=乔^俓"),  # whose last byte is that of a caret
    ],
)
def test_a_name_in_one_character_set_is_read_to_the_letter(
    tmp_path: Path, character_set: str, encoding: str, name: str
) -> None:
    path = with_name(tmp_path, character_set, name.encode(encoding))
    for values in readers(path):
        assert values.text("PatientName") == name.rstrip("=")
    assert "letters" not in warnings(path)


@pytest.mark.parametrize(
    ("character_set", "name", "read"),
    [
        (
            "\\ISO 2022 IR 87",
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        (
            "ISO 2022 IR 13\\ISO 2022 IR 87",
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
        ),
        (
            "\\ISO 2022 IR 149",
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        (
            "\\ISO 2022 IR 58",
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab",
            "Zhang^XiaoDong=张^小东",
        ),
        (
            "ISO 2022 IR 100\\ISO 2022 IR 144",
            "Müller^".encode("latin-1") + b"\x1b-L" + "Лев".encode("iso8859_5"),
            "Müller^Лев",
        ),
    ],
)
def test_a_name_that_switches_character_sets_is_read_to_the_letter(
    tmp_path: Path, character_set: str, name: bytes, read: str
) -> None:
    path = with_name(tmp_path, character_set, name)
    for values in readers(path):
        assert values.text("PatientName") == read


def test_bytes_that_are_none_of_the_character_set_are_marked_with_a_warning(tmp_path: Path) -> None:
    path = with_name(tmp_path, "ISO_IR 192", b"M\xfcller^A")
    for values in readers(path):
        assert values.text("PatientName") == "M\N{REPLACEMENT CHARACTER}ller^A"
    assert "what could not be read is marked" in warnings(path)


@pytest.mark.parametrize("character_set", ["ISO_IR 999", "NONSENSE", "ISO 2022 IR 999"])
def test_letters_of_an_unknown_character_set_are_marked_with_a_warning(tmp_path: Path, character_set: str) -> None:
    path = with_name(tmp_path, character_set, "Müller^Ärger".encode())
    for values in readers(path):
        assert values.text("PatientName") == "M\ufffd\ufffdller^\ufffd\ufffdrger"
        assert values.text("Modality") == "CT"
    assert f"The character set {character_set} is not known" in warnings(path)


def test_letters_without_a_character_set_are_told(tmp_path: Path) -> None:
    path = with_name(tmp_path, "ISO_IR 100", "Müller".encode("latin-1"))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100", b""))
    for values in readers(path):
        assert not values.has("SpecificCharacterSet")
        assert values.text("PatientName") == "Müller"
    assert "names no character set" in warnings(path)


@pytest.mark.parametrize("written", ["ISO-IR 100", "ISO IR 100", "latin1"])
def test_a_misspelt_character_set_is_understood(tmp_path: Path, written: str) -> None:
    path = with_name(tmp_path, written, "Müller^Änne".encode("latin-1"))
    for values in readers(path):
        assert values.text("PatientName") == "Müller^Änne"
    assert "character set" not in warnings(path)


def test_an_escape_into_nothing_is_no_error(tmp_path: Path) -> None:
    path = with_name(tmp_path, "\\ISO 2022 IR 87", b"A\x1b$ZB^\x1b")
    scanned, by_pydicom = (values.text("PatientName") for values in readers(path))
    assert scanned == by_pydicom
    assert scanned.startswith("A")
