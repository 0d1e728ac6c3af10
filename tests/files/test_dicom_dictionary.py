"""The tables of pydicom, read without it, held against what pydicom says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import config
from pydicom.charset import python_encoding
from pydicom.datadict import DicomDictionary, dictionary_VR, keyword_dict
from pydicom.uid import UID, UID_dictionary

from medview.files.headers import dicom_values
from medview.files.headers.dicom_dictionary import element_tag, element_vr, uid_name

_READERS = (
    "headers.pydicom_reader",
    "objects.dicom_object",
    "objects.dicom_sources",
)


def test_keywords_and_vrs_are_pydicoms() -> None:
    assert len(keyword_dict) > 4000
    assert all(element_tag(keyword) == tag for keyword, tag in keyword_dict.items())
    assert all(element_vr(tag) == dictionary_VR(tag) for tag in DicomDictionary)


def test_what_is_in_no_table_has_no_tag_and_no_vr() -> None:
    assert element_tag("NoSuchKeyword") is None
    assert element_vr(0x00091001) is None
    assert element_vr(0x60003000) is None  # of a repeating group: pydicom is asked
    assert uid_name("1.2.3") == ""


def test_names_of_uids_are_pydicoms() -> None:
    assert all(uid_name(uid) == UID(uid).name for uid in UID_dictionary)


def test_the_usual_character_sets_are_known_to_pydicom() -> None:
    assert set(python_encoding) >= dicom_values._CHARACTER_SETS
    assert dicom_values.unknown_character_sets(("ISO_IR 166", "ISO 2022 IR 149", "NO SUCH SET")) == ("NO SUCH SET",)


@pytest.mark.parametrize("module", _READERS)
def test_pydicom_does_not_judge_what_is_read(module: str) -> None:
    script = (
        f"import medview.files.{module}; from pydicom import config; print(config.settings.reading_validation_mode)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.split() == [str(config.IGNORE)]


def test_pydicom_is_not_imported_for_an_ordinary_header(tmp_path: Path) -> None:
    from tests.files.make_dicom import write_stack

    folder = write_stack(tmp_path / "ct")
    script = (
        "import sys; from pathlib import Path; from medview.files.headers.dicom_header import read_header; "
        f"print(len(read_header(next(Path({str(folder)!r}).iterdir()))), 'pydicom' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.split() == ["1", "False"]
