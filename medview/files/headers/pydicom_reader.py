"""What is left to pydicom: headers that the scanner does not read, and single elements in unusual forms.

Importing pydicom takes a quarter of a second. An ordinary header can do without, so this module is imported within
functions, where one turns up that cannot.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from pydicom import config, dcmread
from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR, private_dictionary_VR
from pydicom.dataelem import RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_preamble
from pydicom.tag import BaseTag
from pydicom.values import convert_SQ

# A viewer reads what is there and says itself what is odd.
config.settings.reading_validation_mode = config.IGNORE

_LONG_VALUE = 2**20  # longer values are passed over until somebody asks for them
_PIXEL_TAGS = {0x7FE00008, 0x7FE00009, 0x7FE00010}


def read_plain(file: BinaryIO) -> Dataset:
    """Read a file up to its pixel data."""
    return dcmread(file, stop_before_pixels=True, force=True, defer_size=_LONG_VALUE)


def read_meta(file: BinaryIO) -> Dataset:
    """Read the file meta information (PS3.10 7.1) and leave the file at its end."""
    read_preamble(file, force=False)
    return read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag.group != 2)


def read_inflated(stream: BinaryIO) -> Dataset:
    """Read a dataset that was deflated up to its pixel data."""
    return read_dataset(stream, False, True, stop_when=_at_pixels)


def element_value(tag: int, vr: str, value: bytes, *, implicit: bool, character_sets: tuple[str, ...]) -> Any:
    """Return what pydicom makes of one little endian element; raises nearly anything where it is damaged."""
    encodings = convert_encodings(list(character_sets) or "")
    if vr == "SQ":  # not through an element: pydicom would want one of a VR that is known
        return convert_SQ(value, implicit, True, encodings)
    element = RawDataElement(BaseTag(tag), vr, len(value), value, 0, implicit, True)
    return convert_raw_data_element(element, encoding=encodings).value


def private_vr(tag: int, creator: str) -> str:
    """Return the VR of a private element of a creator; KeyError where it is not known."""
    return private_dictionary_VR(tag, creator)


def standard_vr(tag: int) -> str:
    """Return the VR of the standard's, of a repeating group (60xx), too; KeyError where it is not known."""
    return dictionary_VR(tag)


def _at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag in _PIXEL_TAGS
