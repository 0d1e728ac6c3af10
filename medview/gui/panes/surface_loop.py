"""The surfaces of the mask in view, kept up to date in the background."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from medview.gui.links import Links
from medview.imaging.volume_look import Smoothing
from medview.jobs.job import Job
from medview.jobs.job_queue import JobQueue
from medview.progress import Progress
from medview.study.segmentation import Box, Segmentation
from medview.view.segment_surfaces import segment_surfaces, touched
from medview.view.surface_actor import Surface

_REST_MS = 120  # between two makings while the brush is drawn


class SurfaceLoop(QObject):
    """Makes the surfaces of one segmentation, and after an edit those that it may have changed.

    Attributes
    ----------
    surfaces
        By segment number; those not made yet are missing.
    """

    def __init__(
        self,
        jobs: JobQueue,
        on_changed: Callable[[], None],
        on_failed: Callable[[BaseException], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._on_changed = on_changed
        self._on_failed = on_failed
        self._links = Links()
        self._segmentation: Segmentation | None = None
        self._stale: set[int] = set()
        self._edited: Box | None = None
        self._job: Job | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._make)
        self._smoothing: Smoothing = "medium"
        self.surfaces: dict[int, Surface] = {}
        self.destroyed.connect(self._links.end)

    def follow(self, segmentation: Segmentation | None) -> None:
        """Show another segmentation, or none."""
        self.close()
        self._segmentation = segmentation
        self._stale, self._edited = set(), None
        self.surfaces = {}
        if segmentation is not None:
            self._links.connect(segmentation.changed, self._on_mask)
            self._links.connect(segmentation.segments_changed, self._on_changed)
            self._stale = {segment.number for segment in segmentation.segments}
            self._make()
        self._on_changed()

    def close(self) -> None:
        """Follow nothing any more, and give up what is being made."""
        self._links.end()
        self._rest.stop()
        if self._job is not None:
            self._job.cancel()
        self._segmentation = None

    def smooth(self, smoothing: Smoothing) -> None:
        """Make the surfaces with another smoothing."""
        if smoothing != self._smoothing:
            self._smoothing = smoothing
            if self._segmentation is not None:
                self._stale = {segment.number for segment in self._segmentation.segments}
                self._make()

    def _on_mask(self, box: Box) -> None:
        self._edited = box if self._edited is None else _around(self._edited, box)
        if not self._rest.isActive():  # a stroke that goes on is followed, too
            self._rest.start()

    def _make(self) -> None:
        """Submit the making of what is out of date, one job at a time."""
        segmentation = self._segmentation
        if segmentation is None or not (self._stale or self._edited):
            return
        if self._job is not None and not self._job.is_finished:
            self._rest.start()
            return
        stale, edited, self._stale, self._edited = self._stale, self._edited, set(), None
        labels, geometry, surfaces = segmentation.labels, segmentation.geometry, self.surfaces
        smoothing = self._smoothing

        def work(progress: Progress) -> tuple[set[int], dict[int, Surface]]:
            boxes: dict[int, Box | None] = dict.fromkeys(sorted(stale))
            if edited is not None:
                for number in touched(surfaces, labels, edited) - stale:
                    known = surfaces.get(number)
                    boxes[number] = edited if known is None else _around(known.box, edited)
            return set(boxes), segment_surfaces(labels, geometry, boxes, smoothing, progress)

        self._job = self._jobs.submit(
            "Surfaces",
            work,
            on_done=lambda made: self._take(segmentation, *made),
            on_failed=self._on_failed,
            about=segmentation.source.study_instance_uid,
            silent=True,
        )

    def _take(self, segmentation: Segmentation, numbers: set[int], made: dict[int, Surface]) -> None:
        if segmentation is self._segmentation:
            kept = {number: surface for number, surface in self.surfaces.items() if number not in numbers}
            self.surfaces = kept | made
            self._on_changed()


def _around(a: Box, b: Box) -> Box:
    """Return the smallest box that holds both."""
    sides = [slice(min(p.start, q.start), max(p.stop, q.stop)) for p, q in zip(a, b, strict=True)]
    return sides[0], sides[1], sides[2]
