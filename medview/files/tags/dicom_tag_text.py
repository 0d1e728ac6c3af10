"""The value of one element as text for a reader (PS3.5 6.2)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from pydicom.charset import convert_encodings, decode_bytes, default_encoding
from pydicom.uid import UID

from medview.files.headers import dicom_values  # noqa: F401  silences pydicom, whose warnings quote values

LONGEST_VALUE = 2**20  # bytes of a value that are read; nobody reads more
_HEX_BYTES = 24  # of a binary value
_MOST_NUMBERS = 4096
_CODED_TEXT = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}  # whose letters Specific Character Set (0008,0005) tells
_PLAIN_TEXT = {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"}
_KEEPS_LEADING_SPACE = {"LT", "ST", "UT", "UC"}
_NUMBERS = {"US": "u2", "SS": "i2", "UL": "u4", "SL": "i4", "UV": "u8", "SV": "i8", "FL": "f4", "FD": "f8", "AT": "u2"}
_RESETS = {ord(c) for c in "\\\r\n\f\t^="}  # after each of these the first character set holds again (PS3.5 6.1.2.5.3)


def is_binary(vr: str) -> bool:
    """Whether values of a VR mean nothing to a reader."""
    return vr not in _CODED_TEXT | _PLAIN_TEXT and vr not in _NUMBERS


def wanted_bytes(vr: str) -> int:
    """Return how many bytes of a value are needed for its text."""
    if vr in _NUMBERS:
        return _MOST_NUMBERS * int(_NUMBERS[vr][1])
    return _HEX_BYTES if is_binary(vr) else LONGEST_VALUE


def value_text(vr: str, data: bytes, order: str, encodings: tuple[str, ...]) -> str:
    """Return the text of a value, or of its beginning.

    Parameters
    ----------
    order
        "<" or ">".
    encodings
        As `python_encodings` returns them.
    """
    if vr in _CODED_TEXT:
        return _trimmed(_decoded(data, encodings), vr)
    if vr in _PLAIN_TEXT:
        return _trimmed(data.decode("latin-1"), vr)
    if vr == "AT":
        pairs = _numbers(data, order, "u2").reshape(-1, 2) if len(data) % 4 == 0 else np.empty((0, 2), np.uint16)
        return "\\".join(f"({group:04X},{element:04X})" for group, element in pairs)
    if vr in _NUMBERS:
        # ten digits tell a float32 from its neighbours, seventeen a float64
        digits = {"FL": ".9g", "FD": ".17g"}.get(vr)
        numbers = _numbers(data, order, _NUMBERS[vr]).tolist()
        return "\\".join(_shortest(n, vr) if digits else str(n) for n in numbers)
    return data[:_HEX_BYTES].hex(" ")


def python_encodings(character_sets: str) -> tuple[str, ...]:
    """Return Python's names of what Specific Character Set (0008,0005) says; unknown ones read as ISO 8859-1."""
    return _encodings(character_sets)


def uid_name(text: str) -> str:
    """Return what a unique identifier of the standard stands for (PS3.6 A), "" for any other."""
    name = str(UID(text).name) if text.startswith("1.2.840.10008.") else ""
    return name if name != text else ""


@lru_cache(maxsize=64)
def _encodings(character_sets: str) -> tuple[str, ...]:
    try:
        return tuple(convert_encodings([part.strip() for part in character_sets.split("\\")]))
    except LookupError:
        return (default_encoding,)


def _decoded(data: bytes, encodings: tuple[str, ...]) -> str:
    try:
        return str(decode_bytes(data, encodings, _RESETS))
    except (LookupError, ValueError):  # a set that Python has no name for
        return data.decode("latin-1")


def _trimmed(text: str, vr: str) -> str:
    """Take away padding (PS3.5 6.2): at the end of each value, and at its beginning where that means nothing."""
    if vr in _KEEPS_LEADING_SPACE:
        return text.rstrip(" \0")
    return "\\".join(part.strip(" \0") for part in text.split("\\"))


def _numbers(data: bytes, order: str, kind: str) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
    whole = len(data) // int(kind[1]) * int(kind[1])
    return np.frombuffer(data[:whole], order + kind)


def _shortest(number: float, vr: str) -> str:
    return str(np.float32(number)) if vr == "FL" else repr(number)
