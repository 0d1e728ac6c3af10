"""The standard's names of elements and of SOP classes (PS3.6 6, A), out of pydicom's tables without pydicom itself.

A scan asks for a hundred keywords; importing pydicom for that takes a quarter of a second, a fifth of what a person
waits for the first image. Its tables are two files that import nothing.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location  # noqa: TID251  two files of pydicom's
from pathlib import Path
from typing import Any


@cache
def element_tag(keyword: str) -> int | None:
    """Return the tag of a keyword; None where the standard has none."""
    return _tags().get(keyword)


@cache
def element_vr(tag: int) -> str | None:
    """Return the VR of an element, "US or SS" and the like where it may be one of several; None where it is unknown."""
    row = _table("_dicom_dict", "DicomDictionary").get(tag)
    return None if row is None else row[0]


def uid_name(uid: str) -> str:
    """Return the standard's name of a UID; "" where it has none."""
    row = _table("_uid_dict", "UID_dictionary").get(uid)
    return "" if row is None else row[0]


@cache
def _tags() -> dict[str, int]:
    return {row[4]: tag for tag, row in _table("_dicom_dict", "DicomDictionary").items()}


@cache
def _table(module: str, name: str) -> dict[Any, tuple[str, ...]]:
    """Return a table of pydicom's."""
    found = find_spec("pydicom")  # looks for it without importing it
    assert found is not None
    assert found.origin is not None
    spec = spec_from_file_location(f"medview_{module}", Path(found.origin).parent / f"{module}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    table: dict[Any, tuple[str, ...]] = getattr(loaded, name)
    return table
