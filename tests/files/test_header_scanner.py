"""The fast scanner of headers against pydicom: whatever either reads, they must read the same."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_file import DicomFile, read_dicom_file
from medview.files.headers.dicom_header import read_header
from medview.files.headers.dicom_values import Values
from medview.files.headers.header_pattern import Header, Pattern, Patterns
from medview.files.headers.header_scanner import Cut, Unusual, walk, walk_meta
from medview.files.headers.scanned_values import ScannedValues
from tests.benchmarks.many_files import write_many
from tests.files.make_dicom import image, mr_image, write, write_stack

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
_DEEPEST = 20


def files_in(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (path for name in sorted(names) if (path := Path(place) / name).is_file())


def facts(thing: Any) -> Any:
    """Return a value as something that is equal where all its parts are."""
    if isinstance(thing, Sentence):
        return thing.text()
    if isinstance(thing, MedViewError):
        return str(thing)
    if is_dataclass(thing):
        return type(thing).__name__, {name: facts(value) for name, value in vars(thing).items()}
    if isinstance(thing, tuple):
        return [facts(part) for part in thing]
    return thing


def header(path: Path, *, with_pydicom: bool) -> Any:
    try:
        return facts(read_header(path, with_pydicom=with_pydicom))
    except MedViewError as error:
        return str(error)


def count_equal(fast: Values, slow: Values, depth: int = 0) -> int:
    """Return the number of elements compared, in items of sequences too."""
    assert isinstance(fast, ScannedValues)
    assert set(fast.keys) == {int(tag) for tag in slow.dataset.keys()}  # noqa: SIM118  keys of a dataset are its tags
    count = len(fast.keys)
    for tag in fast.keys:
        assert fast.texts(tag) == slow.texts(tag), hex(tag)
        assert fast.numbers(tag) == slow.numbers(tag), hex(tag)
        pairs = list(zip(fast.items(tag), slow.items(tag), strict=True)) if depth < _DEEPEST else []
        count += sum(count_equal(*pair, depth + 1) for pair in pairs if isinstance(pair[0], ScannedValues))
    return count


def opened(path: Path, *, with_pydicom: bool) -> DicomFile | str | None:
    try:
        return read_dicom_file(path, with_pydicom=with_pydicom)
    except MedViewError as error:
        return str(error)


def compare(path: Path) -> tuple[bool, int]:
    """Return whether a file was scanned without pydicom, and how many elements were compared."""
    fast, slow = opened(path, with_pydicom=False), opened(path, with_pydicom=True)
    if not isinstance(fast, DicomFile) or not isinstance(slow, DicomFile):
        assert fast == slow
        return False, 0
    assert facts(fast.pixel_element) == facts(slow.pixel_element)
    for name in ("transfer_syntax_uid", "size", "file_size", "file_mtime_ns", "preamble", "meta_end"):
        assert getattr(fast, name) == getattr(slow, name), name
    if not isinstance(fast.values, ScannedValues):
        return False, 0
    return True, count_equal(fast.values, slow.values) + count_equal(fast.meta, slow.meta)


def test_both_readers_agree_on_every_element_of_every_shared_file(shared_data: Path) -> None:
    scanned, elements = 0, 0
    for path in files_in(shared_data):
        was_scanned, count = compare(path)
        scanned, elements = scanned + was_scanned, elements + count
    assert scanned > 700
    assert elements > 140_000


def test_both_readers_find_the_same_images_in_every_shared_file(shared_data: Path) -> None:
    for path in files_in(shared_data):
        assert header(path, with_pydicom=False) == header(path, with_pydicom=True), path


def test_both_readers_agree_on_hostile_files(shared_data: Path, tmp_path: Path) -> None:
    maker = shared_data.parent / "tools" / "make_hostile.py"
    subprocess.run([sys.executable, str(maker), str(tmp_path / "h"), "--no-big"], check=True, capture_output=True)
    elements = 0
    for path in files_in(tmp_path / "h"):
        if "3000" in path.parent.name:
            continue
        if "nest_5000" not in path.parent.name:  # the scanner refuses it, pydicom does not look
            elements += compare(path)[1]
            assert header(path, with_pydicom=False) == header(path, with_pydicom=True), path
    assert elements > 20_000


@pytest.mark.parametrize("implicit", [False, True])
def test_what_changes_from_file_to_file_is_read_from_each(tmp_path: Path, implicit: bool) -> None:
    paths = write_many(tmp_path, 60, slices=15, implicit=implicit)
    places = set()
    for path in [*paths, *reversed(paths)]:
        fast, slow = read_header(path), read_header(path, with_pydicom=True)
        assert isinstance(fast, tuple)
        assert facts(fast) == facts(slow)
        places.add((fast[0].instance.sop_instance_uid, fast[0].frame.position))
    assert len(places) == 60


def test_an_element_that_was_the_same_for_long_may_change(tmp_path: Path) -> None:
    for index in range(12):
        tilt = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0] if index < 8 else [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]
        changes: dict[str, Any] = {"PixelSpacing": [0.5, 0.5]} if index == 10 else {}
        if index == 11:
            changes["RescaleSlope"], changes["PatientName"] = "2.5", "Another^Name"
        path = write(image(index, ImageOrientationPatient=tilt, **changes), tmp_path / str(index))
        (found,) = read_header(path)  # type: ignore[misc]
        assert facts((found,)) == facts(read_header(path, with_pydicom=True))
        assert found.frame.orientation == tuple(tilt)
    assert found.study.patient.patient_name == "Another^Name"
    assert found.instance.rescale_slope == 2.5


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("make", [image, mr_image])
def test_headers_longer_than_the_first_read_are_scanned_to_their_end(tmp_path: Path, syntax: str, make: Any) -> None:
    for index in range(3):
        dataset = make(index)
        dataset.private_block(0x0029, "LONG", create=True).add_new(1, "OB", bytes(90_000 + 2 * index))
        path = write(dataset, tmp_path / str(index), syntax)
        was_scanned, _ = compare(path)
        assert was_scanned
        assert header(path, with_pydicom=False) == header(path, with_pydicom=True)


def test_sequences_of_every_length_are_walked(tmp_path: Path) -> None:
    inner = Dataset()
    inner.CodeValue, inner.CodeMeaning = "T-1", "Leber \\ Herz"
    outer = Dataset()
    outer.ConceptCodeSequence = [inner, inner]
    for number, (undefined, undefined_items) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        dataset = image(number, AnatomicRegionSequence=[outer, Dataset()])
        sequence = dataset["AnatomicRegionSequence"]
        sequence.is_undefined_length = bool(undefined)
        for item in sequence.value:
            item.is_undefined_length_sequence_item = bool(undefined_items)
        for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
            path = write(dataset, tmp_path / f"{number}{syntax}", syntax)
            was_scanned, _ = compare(path)
            assert was_scanned
            file = read_dicom_file(path)
            assert file is not None
            first, second = file.values.items("AnatomicRegionSequence")
            assert [i.text("CodeValue") for i in first.items("ConceptCodeSequence")] == ["T-1", "T-1"]
            assert second.is_empty()


def test_an_icon_within_the_header_is_not_taken_for_the_image(tmp_path: Path) -> None:
    icon = Dataset()
    icon.Rows, icon.Columns, icon.PixelData = 2, 2, b"\1\2\3\4"
    icon["PixelData"].VR = "OB"
    path = write(image(0, IconImageSequence=[icon]), tmp_path / "icon")
    file = read_dicom_file(path)
    assert file is not None
    assert file.pixel_element is not None
    assert file.pixel_element.length == 96
    assert file.values.integer("Rows") == 6


@pytest.mark.parametrize("cut", range(200, 1400, 37))
def test_a_file_cut_anywhere_is_read_by_both_alike(tmp_path: Path, cut: int) -> None:
    whole = write(image(), tmp_path / "whole").read_bytes()
    path = tmp_path / "cut"
    path.write_bytes(whole[:cut])
    assert header(path, with_pydicom=False) == header(path, with_pydicom=True)


@pytest.mark.parametrize("seed", range(40))
def test_a_file_with_wrong_bytes_is_read_by_both_alike(tmp_path: Path, seed: int) -> None:
    import random

    dice = random.Random(seed)
    data = bytearray(write(image(AnatomicRegionSequence=[Dataset()]), tmp_path / "whole").read_bytes())
    for _ in range(3):
        data[dice.randrange(132, len(data) - 96)] = dice.randrange(256)
    path = tmp_path / "wrong"
    path.write_bytes(bytes(data))
    assert header(path, with_pydicom=False) == header(path, with_pydicom=True)


def test_the_walk_says_what_it_cannot_do() -> None:
    element = b"\x10\x00\x10\x00PN\x04\x00A^B "
    with pytest.raises(Cut):
        walk(element[:-2], 0, False)
    with pytest.raises(Unusual):
        walk(element[:-2], 0, False, whole=True)
    with pytest.raises(Unusual):
        walk(element.replace(b"PN", b"ZZ"), 0, False, whole=True)
    deep = struct.pack("<HHI", 0x0040, 0xA730, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    with pytest.raises(Unusual):
        walk(deep * 100, 0, True, whole=True)


def test_a_stack_read_in_turn_with_another_is_read_right(tmp_path: Path) -> None:
    write_stack(tmp_path / "a", 6)
    write_stack(tmp_path / "b", 6, mr_image, SeriesInstanceUID="2.25.5", PixelSpacing=[0.9, 0.9])
    pairs = zip(files_in(tmp_path / "a"), files_in(tmp_path / "b"), strict=True)
    for path in (path for pair in pairs for path in pair):
        assert header(path, with_pydicom=False) == header(path, with_pydicom=True)


def test_threads_that_read_at_the_same_time_never_share_a_patient(tmp_path: Path) -> None:
    paths: dict[int, list[Path]] = {}
    words = ("AccessionNumber", "StationName", "OperatorsName", "ProtocolName", "BodyPartExamined")
    for who in range(6):
        uids = {"StudyInstanceUID": f"1.2.{who}", "SeriesInstanceUID": f"1.2.3.{who}", "PatientID": str(who)}
        made = [image(k, **uids, **dict.fromkeys(words[: k % 6], "x")) for k in range(12)]
        paths[who] = [write(one, tmp_path / f"{who}_{k}") for k, one in enumerate(made)]
    wrong: list[object] = []

    def read(who: int) -> None:
        try:
            for path in paths[who] * 25:
                (found,) = read_header(path)  # type: ignore[misc]
                if (found.study.patient.patient_id, found.series.series_instance_uid) != (str(who), f"1.2.3.{who}"):
                    wrong.append(found.study)
        except Exception as error:  # a thread's own would be lost
            wrong.append(error)

    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=read, args=(who,)) for who in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(often)
    assert not wrong


class Interrupted(Patterns):
    """Patterns among which another thread puts its own in the moment in which one is learnt."""

    def __init__(self, other: Pattern) -> None:
        super().__init__()
        self._other = other

    def _put_first(self, pattern: Pattern, instead_of: Pattern | None) -> None:
        super()._put_first(pattern, instead_of)
        super()._put_first(self._other, None)


def test_a_header_keeps_its_own_pattern_whatever_other_threads_learn(tmp_path: Path) -> None:
    mine, theirs = (scanned(write(image(0, PatientID=who), tmp_path / who)) for who in ("mine", "theirs"))
    other = Pattern(theirs, frozenset(), frozenset())
    Interrupted(other).learn(mine)
    assert mine.pattern is not None
    assert mine.pattern.header is mine


def scanned(path: Path) -> Header:
    data = path.read_bytes()
    meta, start = walk_meta(data)
    cells, end = walk(data, start, implicit=False)
    return Header(data, meta, cells, start, end, implicit=False)
