"""The registrations of a study, in the order they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psygnal import Signal

from medview.study.registration import Registration
from medview.study.series import Series
from medview.study.spatial_transform import SpatialTransform


class RegistrationList:
    """Registrations that lay other images on those of a study; changed through the study's history."""

    changed = Signal()

    def __init__(self) -> None:
        self._all: tuple[Registration, ...] = ()

    def __iter__(self) -> Iterator[Registration]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def set(self, registrations: Iterable[Registration]) -> None:
        """Hold these and no others."""
        self._all = tuple(registrations)
        self.changed.emit()

    def find(self, shown: Series, second: Series) -> tuple[Registration, SpatialTransform] | None:
        """Return the newest registration that joins two series, and the way from the first to the second."""
        for registration in reversed(self._all):
            transform = registration.between(shown, second)
            if transform is not None:
                return registration, transform
        return None
