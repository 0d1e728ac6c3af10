"""Real headers damaged at random: both readers say the same, or the file is refused with a sentence; neither breaks.

A short slice of many thousands of cases. The scanner may read on where pydicom refuses a whole file for the length of
one element; it never gives another value than pydicom.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from medview.errors import MedViewError
from medview.files.headers.dicom_file import read_dicom_file
from medview.files.headers.dicom_header import read_header
from medview.files.headers.scanned_values import ScannedValues
from tests.files.test_header_scanner import facts, files_in

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
_CASES = 60
_LARGEST = 300_000
_VRS = b"OB UN SQ US SS DS IS FD FL UT LT PN zz UL AT OW CS SV UV UC UR OF TM DA".split()
_LENGTHS = (0, 1, 2, 3, 7, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)

Elements = list[tuple[int, int]]
"""Where each element begins and ends."""


def flipped(data: bytearray, elements: Elements, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 4)):
        data[dice.randrange(128, elements[-1][1])] = dice.randrange(256)


def cut(data: bytearray, elements: Elements, dice: random.Random) -> None:
    del data[dice.randrange(132, elements[-1][1]) :]


def of_another_length(data: bytearray, elements: Elements, dice: random.Random) -> None:
    start, end = dice.choice(elements)
    place, size = start + dice.choice((4, 6, 8)), dice.choice((2, 4))
    length = dice.choice((*_LENGTHS, end - start - 8 + dice.choice((-2, -1, 1, 2))))
    data[place : place + size] = (length % (1 << 8 * size)).to_bytes(size, "little")


def of_another_vr(data: bytearray, elements: Elements, dice: random.Random) -> None:
    start, _ = dice.choice(elements)
    data[start + 4 : start + 6] = dice.choice(_VRS)


def misspelt(data: bytearray, elements: Elements, dice: random.Random) -> None:
    start, end = dice.choice([e for e in elements if e[1] - e[0] > 8])
    data[dice.randrange(start + 8, end)] = dice.choice(b"\\-+.eE0129 \0\xff^=\x1b/A,")


def shifted(data: bytearray, elements: Elements, dice: random.Random) -> None:
    place, count = dice.randrange(132, elements[-1][1]), dice.randint(1, 9)
    data[place : place + dice.choice((0, count))] = bytes(dice.choice((0, count)))


def moved(data: bytearray, elements: Elements, dice: random.Random) -> None:
    start, end = dice.choice(elements)
    element = data[start:end]
    if dice.random() < 0.5:
        del data[start:end]
    place, _ = dice.choice(elements)
    data[place:place] = element


def originals(shared_data: Path) -> list[tuple[bytes, Elements]]:
    """Return small files that are scanned without pydicom, one a folder, with where their elements lie."""
    found: dict[Path, tuple[bytes, Elements]] = {}
    for path in files_in(shared_data):
        if path.parent in found or path.stat().st_size > _LARGEST:
            continue
        try:
            file = read_dicom_file(path)
        except MedViewError:
            continue
        if file is not None and isinstance(file.values, ScannedValues) and isinstance(file.meta, ScannedValues):
            elements, position = [], 132
            for cell in (*file.meta._cells.values(), *file.values._cells.values()):
                elements.append((position, position + 4 + len(cell)))
                position = elements[-1][1]
            found[path.parent] = path.read_bytes(), elements
    return list(found.values())


def told(path: Path, *, with_pydicom: bool) -> object:
    """Return what a file's header says, None where it is refused with a sentence."""
    try:
        return facts(read_header(path, with_pydicom=with_pydicom))
    except MedViewError:
        return None


@pytest.mark.parametrize("damage", [flipped, cut, of_another_length, of_another_vr, misspelt, shifted, moved])
def test_a_damaged_header_is_read_as_pydicom_reads_it_or_refused(
    shared_data: Path, tmp_path: Path, damage: Callable[[bytearray, Elements, random.Random], None]
) -> None:
    dice, files, alike = random.Random(damage.__name__), originals(shared_data), 0
    for _ in range(_CASES):
        original, elements = dice.choice(files)
        data = bytearray(original)
        damage(data, elements, dice)
        path = tmp_path / "damaged.dcm"
        path.write_bytes(data)
        fast, slow = told(path, with_pydicom=False), told(path, with_pydicom=True)
        assert slow is None or fast == slow
        alike += fast == slow
    assert alike >= _CASES - 2
