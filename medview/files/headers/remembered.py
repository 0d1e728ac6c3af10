"""What a function made of the same elements before: the files of one series say most things in the same words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from medview.files.headers.dicom_values import Values
from medview.files.headers.header_pattern import CHANGES
from medview.files.headers.scanned_values import WatchedValues

T = TypeVar("T")


def remembered(make: Callable[[Values], T]) -> Callable[[Values], T]:
    """Return a function of a header that is called once for the headers of one pattern, where that gives the same.

    Which elements it reads is watched in the first call. Where one of them changes from file to file it is called
    every time. `make` must depend on nothing but the values that it reads.
    """

    @wraps(make)
    def ask(values: Values) -> T:
        pattern = values.pattern
        if pattern is None:
            return make(values)
        known = pattern.results.get(make)
        if known is None:
            watched = WatchedValues.of(values)
            made = make(watched)
            pattern.results[make] = CHANGES if watched.read & pattern.changing else made, frozenset(watched.read)
            return made
        found: Any = known[0]
        if found is CHANGES:
            return make(values)
        remembered_value: T = found
        return remembered_value

    return ask
