"""Whether two values are the same in everything, frozen values of frozen values included."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np


def assert_same(one: Any, other: Any, where: str = "") -> None:
    """Fail where two values differ in type or content anywhere; `where` says the way there."""
    assert type(one) is type(other), (where, one, other)
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), (where, one, other)
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{where}[{number}]")
    elif isinstance(one, dict):
        assert list(one) == list(other), (where, one, other)
        for key in one:
            assert_same(one[key], other[key], f"{where}[{key!r}]")
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        assert one.shape == other.shape, where
        assert one.tobytes() == other.tobytes(), where
        assert one.flags.writeable == other.flags.writeable, where
    elif isinstance(one, Exception):
        assert one.__reduce__() == other.__reduce__(), where
    else:
        assert repr(one) == repr(other), (where, one, other)  # 0.0 and -0.0 are equal, and not the same
