"""Tables that stored values are looked up in: modality values (PS3.3 C.11.1) and colours (C.7.6.3.1.5, C.7.9.2)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_COLOURS = ("Red", "Green", "Blue")
_MOST_ENTRIES = 65536


@dataclass(frozen=True, eq=False)
class LookUpTable:
    """What stored values become.

    Attributes
    ----------
    first
        The stored value of the first entry; smaller values take it too, and larger than the last take the last.
    entries
        (entries,) modality values, or (entries, 3) uint8 red, green, blue.
    meaning
        Modality LUT Type (0028,3004), "" for colours.
    """

    first: int
    entries: NDArray[Any]
    meaning: str = ""

    def applied(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the entries for stored values (with sign)."""
        index = np.clip(values.astype(np.int64) - self.first, 0, len(self.entries) - 1)
        return self.entries[index]


def read_modality_lut(dataset: Dataset) -> LookUpTable:
    """Return the table of Modality LUT Sequence (0028,3000).

    Raises
    ------
    MedViewError
        It is missing or contradicts itself.
    """
    try:
        item = dataset.ModalityLUTSequence[0]
        count, first, bits = _descriptor(item.LUTDescriptor, dataset)
        entries = _words(item["LUTData"].value, count, bits, dataset)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, struct.error) as error:
        raise MedViewError("The look-up table of the stored values (Modality LUT) is damaged.") from error
    return LookUpTable(first, entries, str(item.get("ModalityLUTType", "") or ""))


def read_palette(dataset: Dataset) -> LookUpTable:
    """Return the colours of a PALETTE COLOR image, brought to 8 bits.

    Raises
    ------
    MedViewError
        A table is missing or contradicts itself.
    """
    try:
        count, first, _ = _descriptor(dataset.RedPaletteColorLookupTableDescriptor, dataset)
        tables = [_colour_table(dataset, colour) for colour in _COLOURS]
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, struct.error) as error:
        raise MedViewError("The colour palette of the image is missing or damaged.") from error
    length = min(count, *(len(table) for table in tables))
    if not length:
        raise MedViewError("The colour palette of the image is missing or damaged.")
    return LookUpTable(first, np.stack([table[:length] for table in tables], axis=-1))


def lut_entries(item: Dataset, *, is_signed: bool) -> tuple[int, NDArray[np.uint16], int]:
    """Return first value, entries and bits of an entry of an item with LUT Descriptor and LUT Data (C.11.1.1).

    Raises
    ------
    AttributeError, KeyError, IndexError, TypeError, ValueError or struct.error
        It contradicts itself.
    """
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    count = count if count > 0 else 65536 + count
    first = first - 65536 if is_signed and first > 32767 else first + 65536 if not is_signed and first < 0 else first
    if not 1 <= bits <= 16:
        raise ValueError("impossible bits")
    return first, _words(item["LUTData"].value, count, bits, item), bits


def _descriptor(value: Sequence[int], dataset: Dataset) -> tuple[int, int, int]:
    """Return number of entries, first stored value and bits of an entry (C.11.1.1)."""
    count, first, bits = (int(number) for number in value)
    if dataset.get("PixelRepresentation") == 1 and first > 32767:
        first -= 65536  # its VR follows the sign of the pixels, which writers forget
    elif dataset.get("PixelRepresentation") != 1 and first < 0:
        first += 65536
    return (count if count > 0 else 65536 + count), first, bits


def _colour_table(dataset: Dataset, colour: str) -> NDArray[np.uint8]:
    count, _, bits = _descriptor(dataset[f"{colour}PaletteColorLookupTableDescriptor"].value, dataset)
    segmented = f"Segmented{colour}PaletteColorLookupTableData"
    if segmented in dataset:
        numbers = _raw_words(dataset[segmented].value, bits, dataset).tolist()
        entries = _Expansion(numbers, is_wide=bits > 8).expand(count)
    else:
        entries = _words(dataset[f"{colour}PaletteColorLookupTableData"].value, count, bits, dataset)
    if bits > 8 and entries.size and entries.max() > 255:  # writers say 16 bits and fill 8
        return (entries >> 8).astype(np.uint8)
    return np.minimum(entries, 255).astype(np.uint8)


def _words(value: Any, count: int, bits: int, dataset: Dataset) -> NDArray[np.uint16]:
    """Return `count` entries, whether they are stored in a byte or in two."""
    if isinstance(value, bytes | bytearray) and bits <= 8 and count <= len(value) < 2 * count:
        return np.frombuffer(value, np.uint8, count).astype(np.uint16)
    found = _raw_words(value, 16, dataset)
    if len(found) < count:
        raise ValueError("fewer entries than said")
    return found[:count]


def _raw_words(value: Any, bits: int, dataset: Dataset) -> NDArray[np.uint16]:
    if isinstance(value, bytes | bytearray):
        order = "<" if dataset.original_encoding[1] is not False else ">"
        dtype = np.dtype(np.uint8) if bits <= 8 else np.dtype(f"{order}u2")
        return np.frombuffer(value, dtype, len(value) // dtype.itemsize).astype(np.uint16)
    numbers = [value] if isinstance(value, int) else list(value)
    return np.array(numbers, np.int64).astype(np.uint16)


class _Expansion:
    """Entries of segmented data (PS3.3 C.7.9.2): given ones, straight lines, and repetitions."""

    def __init__(self, numbers: list[int], is_wide: bool) -> None:
        self.numbers = numbers
        self.found: list[int] = []
        self._is_wide = is_wide
        self._starts: set[int] = set()

    def expand(self, count: int) -> NDArray[np.uint16]:
        position = 0
        while position + 1 < len(self.numbers) and len(self.found) < count:
            self._starts.add(position)
            position = self._segment(position)
        if len(self.found) < count:
            raise ValueError("fewer entries than said")
        return np.array(self.found[:count], np.uint16)

    def _segment(self, position: int) -> int:
        """Append one segment's entries; return where the next begins."""
        kind, length = self.numbers[position : position + 2]
        if kind == 0:
            self.found += self.numbers[position + 2 : position + 2 + length]
            return position + 2 + length
        if kind == 1:
            start, end = self.found[-1], self.numbers[position + 2]
            self.found += [round(start + (end - start) * step / length) for step in range(1, length + 1)]
            return position + 3
        if kind != 2:
            raise ValueError("unknown kind of segment")
        width = 2 if self._is_wide else 4
        place = self.numbers[position + 2 : position + 2 + width]
        offset = sum(number << (16 if self._is_wide else 8) * power for power, number in enumerate(place))
        self._repeat(self._start(offset), length)
        return position + 2 + width

    def _start(self, offset: int) -> int:
        """Return the segment that an offset means: in bytes by the standard, in entries by some writers."""
        in_bytes = offset // 2 if self._is_wide else offset
        for place in (in_bytes, offset):
            if place in self._starts:
                return place
        raise ValueError("a repetition of no segment")

    def _repeat(self, position: int, count: int) -> None:
        """Append earlier segments again; a repetition of repetitions is not allowed, and would not end."""
        for _ in range(count):
            if self.numbers[position] not in (0, 1) or len(self.found) > _MOST_ENTRIES:
                raise ValueError("a repetition of a repetition, or of too much")
            position = self._segment(position)
