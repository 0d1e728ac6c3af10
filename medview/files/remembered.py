"""What a function made of the same elements before: the files of one series say most things in the same words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from medview.files.dicom_values import Values
from medview.files.scanned_values import WatchedValues

T = TypeVar("T")
_CHANGES, _UNKNOWN = object(), object()


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
        found: Any = pattern.results.get(make, _UNKNOWN)
        if found is _CHANGES:
            return make(values)
        if found is _UNKNOWN:
            watched = WatchedValues.of(values)
            found = make(watched)
            pattern.results[make] = _CHANGES if watched.read & pattern.changing else found
        made: T = found
        return made

    return ask
