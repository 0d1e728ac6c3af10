"""Which series a person has had on the screen."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from medview.study.series import Series
from medview.study.study import Study


class ViewedSeries:
    """The series of open studies that have been on the screen since the study was opened."""

    def __init__(self) -> None:
        self._keys: WeakKeyDictionary[Study, set[str]] = WeakKeyDictionary()

    def add(self, study: Study, series: Series) -> None:
        """Note that a series is on the screen."""
        self._keys.setdefault(study, set()).add(series.key)

    def holds(self, study: Study, series: Series) -> bool:
        """Whether a series has been on the screen."""
        return series.key in self._keys.get(study, ())
