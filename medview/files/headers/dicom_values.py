"""The values of a DICOM dataset as plain Python, whatever state they are in."""

from __future__ import annotations

import logging
import math
import re
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from medview.files.headers.header_pattern import Pattern

# the libraries' own remarks quote values, and so patients: they must reach no log
warnings.filterwarnings("ignore", module=r"(pydicom|highdicom)\b")
for _name in ("pydicom", "highdicom"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_NO_ASCII = re.compile("[^\0-\x7f]")
_CHINESE = "\x1b$)A"  # the escape into ISO-IR 58, which pydicom leaves in the text
_CHARACTER_SETS = {"", "ISO_IR 6", "ISO_IR 100", "ISO_IR 144", "ISO_IR 192", "GB18030"}  # the usual; pydicom knows more
LONGEST_TEXT = 1024  # a person reads no more; a five megabyte name is an attack


class Values:
    """Read access to a dataset that never raises: a missing or damaged element is "", (), or None.

    An item of a sequence has a `holder`, whose character set is its own where it names none. `ScannedValues` is the
    same over a header that was scanned without pydicom; both give equal answers. `pattern` is what the header has in
    common with others, None where nothing is known of that.
    """

    __slots__ = ("_dataset", "_holder", "pattern")

    def __init__(self, dataset: Dataset, holder: Values | None = None) -> None:
        self._dataset = dataset
        self._holder = holder
        self.pattern: Pattern | None = None

    @property
    def dataset(self) -> Dataset:
        """Return the dataset that is read."""
        return self._dataset

    def has(self, key: str | int) -> bool:
        """Whether the element is there, empty or not."""
        return key in self._dataset

    def text(self, key: str | int) -> str:
        """Return the value as text, several values joined by a backslash."""
        return "\\".join(self.texts(key))

    def texts(self, key: str | int) -> tuple[str, ...]:
        """Return the values as texts, cut at a readable length, without padding."""
        return self._marked(as_texts(self._values(key)))

    def binary(self, key: str | int) -> bytes:
        """Return the bytes of a binary value, b"" where it is none."""
        try:
            value = self._dataset[key].value
        except KeyError:
            return b""
        except Exception:  # pydicom raises nearly anything on a damaged element; the rest of the file is still good
            return b""
        return value if isinstance(value, bytes) else b""

    def integer(self, key: str | int) -> int | None:
        """Return the value where it is one whole number that fits 64 bits."""
        number = self.number(key)
        return int(number) if number is not None and number == int(number) and abs(number) < 2**63 else None

    def number(self, key: str | int) -> float | None:
        """Return the first value where it is a finite number."""
        numbers = self.numbers(key)
        return numbers[0] if numbers else None

    def numbers(self, key: str | int) -> tuple[float, ...]:
        """Return the values where all of them are finite numbers, else ()."""
        return as_numbers(self._values(key))

    def items(self, key: str | int) -> tuple[Values, ...]:
        """Return the items of a sequence."""
        return tuple(Values(item, self) for item in self._values(key) if is_item(item))

    def item(self, key: str | int) -> Values:
        """Return the first item of a sequence, an empty one where there is none."""
        from pydicom.dataset import Dataset

        found = self.items(key)
        return found[0] if found else Values(Dataset())

    def length(self, key: str | int) -> int:
        """Return the length of the value in bytes, 0 where nobody knows it."""
        try:
            value: Any = getattr(self._dataset.get_item(key), "value", None)
        except Exception:  # as in _values
            return 0
        return len(value) if isinstance(value, bytes) else 0

    def is_empty(self) -> bool:
        """Whether there is no element at all."""
        return not len(self._dataset)

    def _marked(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return texts with a mark for each letter of a character set that nobody knows, instead of another letter."""
        if any("\x1b" in text for text in texts):
            texts = tuple(text.replace(_CHINESE, "") for text in texts)
        if all(map(str.isascii, texts)) or not self._has_unknown_letters():
            return texts
        return tuple(_NO_ASCII.sub(REPLACEMENT, text) for text in texts)

    def _has_unknown_letters(self) -> bool:
        """Whether the character set in force, this dataset's own or that of those it lies in, is unknown."""
        found: Values | None = self
        while found is not None and not found.has("SpecificCharacterSet"):
            found = found._holder
        names = () if found is None else as_texts(found._values("SpecificCharacterSet"))
        return bool(names and unknown_character_sets(names[:1]))

    def _values(self, key: str | int) -> tuple[Any, ...]:
        try:
            element = self._dataset[key]
            value = element.value
        except KeyError:
            return ()
        except Exception:  # pydicom raises nearly anything on a damaged element; the rest of the file is still good
            return ()
        return as_tuple(value)


def as_tuple(value: Any) -> tuple[Any, ...]:
    """Return what pydicom makes of an element as a tuple, however many values it has."""
    if value is None or value == "" or value == b"":
        return ()
    if isinstance(value, Iterable) and not _is_single(value):
        return tuple(value)
    return (value.decode("latin-1") if isinstance(value, bytes) else value,)


def as_texts(values: tuple[Any, ...]) -> tuple[str, ...]:
    """Return pydicom's values as texts of readable length, without padding; the items of a sequence are no texts."""
    return tuple(str(v)[:LONGEST_TEXT].strip(" \0") for v in values if not is_item(v))


def as_numbers(values: tuple[Any, ...]) -> tuple[float, ...]:
    """Return values where all of them are finite numbers, else ()."""
    try:
        numbers = tuple(float(v) for v in values)
    except (TypeError, ValueError, OverflowError):
        return ()
    return numbers if all(map(math.isfinite, numbers)) else ()


def unknown_character_sets(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of some values of Specific Character Set (0008,0005) that nobody can read."""
    return tuple(name for name in names if name not in _CHARACTER_SETS and not _is_known(name))


def is_item(value: object) -> bool:
    """Whether a value is an item of a sequence, read by pydicom."""
    from pydicom.dataset import Dataset

    return isinstance(value, Dataset)


def _is_known(character_set: str) -> bool:
    from pydicom.charset import convert_encodings, python_encoding

    try:
        return character_set in python_encoding or bool(convert_encodings(character_set) != ["iso8859"])
    except ValueError:  # a zero byte within the name
        return False


def _is_single(value: Any) -> bool:
    """Whether an iterable is one value all the same: text, bytes, or a person name."""
    return isinstance(value, str | bytes) or type(value).__name__ == "PersonName"
