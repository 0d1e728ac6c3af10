"""What was made of the same bytes before: the files of one series say most things in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from medview.files.dicom_values import Values
from medview.files.scanned_values import ScannedValues, stored_tag

T = TypeVar("T")
_MOST = 2000


class Remembered(Generic[T]):
    """A function of some elements of a header, which is called once for the same bytes.

    Parameters
    ----------
    make
        Is given no other elements than `keywords`, so what it returns can depend on nothing else.
    keywords
        Keywords or tags; Specific Character Set always is among them.
    """

    def __init__(self, make: Callable[[Values], T], keywords: Iterable[str | int]) -> None:
        self._make = make
        self._tags = tuple(stored_tag(keyword) for keyword in keywords)
        self._known: dict[tuple[bytes | bool | None, ...], T] = {}

    def __call__(self, values: Values) -> T:
        """Return what `make` makes of a header; raises what it raises, each time anew."""
        if not isinstance(values, ScannedValues):
            return self._make(values)
        raw = values.raw(self._tags)
        found = self._known.get(raw)
        if found is None:
            found = self._make(values.limited_to(self._tags))
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[raw] = found
        return found
