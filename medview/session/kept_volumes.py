"""The volumes of a 4-D series that are at hand without reading, within a limit of memory."""

from __future__ import annotations

from collections.abc import Sequence

from medview.study.series import Series
from medview.study.volume import Volume

_MOST_BYTES = 1 << 30
Window = tuple[float, float]


class KeptVolumes:
    """Volumes of the places of one 4-D series, each with its default window.

    Parameters
    ----------
    most_bytes
        What all of them may take together; those farthest from the place looked at go first.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._group: tuple[str, str] | None = None
        self._kept: dict[Series, tuple[Volume, Window]] = {}

    def follow(self, shown: Sequence[Series]) -> None:
        """Forget everything unless one of the series shown is a place of the 4-D series whose volumes are kept."""
        groups = [group for series in shown if (group := _group(series)) is not None]
        if self._group not in groups:
            self._kept.clear()
            self._group = groups[0] if groups else None

    def find(self, series: Series) -> tuple[Volume, Window] | None:
        """Return a place's volume and default window where they are at hand."""
        return self._kept.get(series)

    def keep(self, volume: Volume, window: Window, number: int) -> None:
        """Keep a volume for as long as there is room; `number` is the place looked at now."""
        if volume.series.axis is None or _group(volume.series) != self._group:
            return
        self._kept[volume.series] = volume, window
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            del self._kept[max(self._kept, key=lambda series: _distance(series, number))]

    def next_to_read(self, along: Sequence[Series], number: int) -> Series | None:
        """Return the nearest place that is not at hand and for which there is room, the following one first."""
        if self._kept and self._bytes + self._bytes / len(self._kept) > self._most_bytes:
            return None
        missing = [s for s in along if s not in self._kept and s.axis is not None and s.refusal is None]
        ahead = [s for s in missing if s.axis is not None and s.axis.number > number]
        return min(missing, key=lambda s: (_distance(s, number), s not in ahead), default=None)

    @property
    def _bytes(self) -> int:
        return sum(volume.array.nbytes for volume, _ in self._kept.values())


def _group(series: Series) -> tuple[str, str] | None:
    return None if series.axis is None else (series.study_instance_uid, series.axis.group)


def _distance(series: Series, number: int) -> int:
    return abs(series.axis.number - number) if series.axis is not None else 0
