"""The reading of one series for the screen: its first image at once, the others as they come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from medview.imaging.window import default_window, percentile_window, value_range
from medview.progress import Progress
from medview.session.loading import Loading
from medview.session.read_voxels import read_voxels
from medview.study.series import Series
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.files.workers import Workers

_TELL_EVERY_S = 0.08  # painting costs the main thread more than an image is worth that nobody looks at
_PATIENCE_S = 0.1
_PAINTING_S = 0.05
Window = tuple[float, float]
Begun = tuple[Volume, Window]


class SeriesReading:
    """What a job reads, and how far it is.

    Attributes
    ----------
    loading
        Which slices are there; the scene shows it and says which is wanted next.
    """

    def __init__(self, series: Series, workers: Workers, on_begun: Callable[[Begun], None]) -> None:
        assert series.geometry is not None
        self.loading = Loading(series.geometry.shape[0], is_recording=series.is_recording)
        self._series = series
        self._workers = workers
        self._on_begun = on_begun
        self._volume: Volume | None = None
        self._told_s = 0.0
        self._is_taken = False

    def work(self, progress: Progress, tell: Callable[[Begun | None], None]) -> Begun:
        """Read the whole series (on a job's thread); tell the volume with its first slice, then that more is there."""

        def begun(volume: Volume) -> None:
            self._volume = volume

        volume = read_voxels(
            self._series,
            progress,
            self._workers,
            wanted=lambda: self.loading.wanted,
            on_begun=begun,
            on_filled=lambda index: self._note(index, tell),
        )
        return with_window(volume)

    def _note(self, index: int, tell: Callable[[Begun | None], None]) -> None:
        """Tell of a slice that is there: the first one, the one that is looked at, and of others now and then."""
        self.loading.mark(index)
        volume, self._volume = self._volume, None
        if volume is not None:
            tell((volume, default_window(volume, index)))
            self._give_way()
            return
        now = time.monotonic()
        if index == self.loading.wanted or now - self._told_s > _TELL_EVERY_S:
            self._told_s = now
            tell(None)

    def _give_way(self) -> None:
        """Leave the processor to the main thread until the first image is painted: it is what a person waits for."""
        end = time.monotonic() + _PATIENCE_S
        while not self._is_taken and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(_PAINTING_S)

    def let_go(self) -> None:
        """Forget whom to tell, once it is over: a closed volume is to be freed at once."""
        self._on_begun = _nobody

    def take(self, told: Begun | None) -> None:
        """Take what the work tells, on the main thread."""
        if told is not None:
            self._on_begun(told)
            self._is_taken = True
        else:
            self.loading.changed.emit()


def _nobody(told: Begun) -> None:
    """Stand where the listener of a reading was that is over."""


def with_window(volume: Volume) -> Begun:
    """Return a volume with its default window, and have ready what panels ask of it at once."""
    value_range(volume)  # remembered with the volume: the window would stand still while it computed them
    if not volume.is_colour:
        percentile_window(volume)
    return volume, default_window(volume)
