"""Show what a run has found so far, and nothing of it once the run is over or stopped."""

from __future__ import annotations

from collections.abc import Mapping

from medview.jobs.job import Job
from medview.plugin.contract import Parameter, Partial
from medview.plugin.discovery import Plugin
from medview.session.partial_labels import PartialLabels
from medview.session.scene import Scene
from medview.session.session import Session


class PartialShow:
    """Takes the finished slices of a run on a scene's images; `follow` the job, so that they go with it."""

    def __init__(self, session: Session, scene: Scene, plugin: Plugin, parameters: Mapping[str, Parameter]) -> None:
        self._session = session
        self._study, self._key, self._volume = scene.study, scene.series.key, scene.volume
        self._plugin, self._parameters = plugin, parameters
        self._partial: PartialLabels | None = None

    def take(self, part: Partial) -> None:
        """Show finished slices wherever the images are shown."""
        if self._partial is None:
            manifest = self._plugin.manifest
            segments = manifest.segments(manifest.parse_parameters(self._parameters))
            self._partial = PartialLabels(self._volume, manifest.name, segments)
        self._partial.take(part)
        for scene in self._session.scenes_of(self._study, self._key):
            if scene.volume.geometry.same_grid(self._volume.geometry):
                scene.update(partial=self._partial)

    def follow(self, job: Job) -> Job:
        """Take it off when the job has finished, in whatever way; the result is in the study, or nobody wants it."""
        job.finished.connect(self._end)  # the job holds it, by `take`, until then
        return job

    def _end(self) -> None:
        for scene in (*self._session.scenes.values(), *self._session.away.values()):
            if self._partial is not None and scene.partial is self._partial:
                scene.update(partial=None)
