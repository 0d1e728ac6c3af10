"""Run a plugin on the series in view, on the gpu thread, and put its result into the study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medview.errors import MedViewError, Sentence
from medview.jobs.job import Job
from medview.plugin.contract import Parameter, Result
from medview.plugin.discovery import BrokenPlugin, Plugin
from medview.plugin.environment import own_python
from medview.plugin.fit import why_not, why_not_values
from medview.plugin.run import PluginRun
from medview.session.apply_result import apply_result, tell_dropped
from medview.session.choose_plugins import is_enabled
from medview.session.drawn_inputs import take_drawn, why_nothing_drawn
from medview.session.fetch_weights import known_missing
from medview.session.further_inputs import (
    Candidate,
    Given,
    bears,
    obvious_inputs,
    read_inputs,
    warn_of_patient,
    why_no_inputs,
)
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.show_partial import PartialShow
from medview.study.segmentation import Source
from medview.study.series import Series
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.plugin.manifest.weights_record import WeightsRecord


@dataclass(frozen=True)
class Offer:
    """A plugin as it is offered for the series in view.

    Attributes
    ----------
    refusal
        Why it cannot run on this series, or None where it can.
    missing_weights
        What must be fetched before it can run.
    """

    plugin: Plugin | BrokenPlugin
    refusal: MedViewError | None
    missing_weights: tuple[WeightsRecord, ...] = ()


def offers(session: Session) -> tuple[Offer, ...]:
    """Return every plugin found and not disabled, those that fit the series in view first."""
    made = [_offer(session, plugin) for plugin in session.plugins if is_enabled(session, plugin)]
    return tuple(sorted(made, key=lambda offer: (offer.refusal is not None, isinstance(offer.plugin, BrokenPlugin))))


def run_plugin(
    session: Session,
    plugin: Plugin,
    parameters: Mapping[str, Parameter],
    inputs: Mapping[str, Candidate] | None = None,
    *,
    begun: Callable[[Job], None] | None = None,
) -> Job | None:
    """Submit a run on the volume in view; None where it cannot run: a notice says why.

    Parameters
    ----------
    inputs
        The series for the further inputs of the manifest, by their id; the obvious ones where None is given.
    begun
        Told each job that is submitted: where a further series must be read first, that is the first of two.
    """
    scene = session.scene
    if scene is None:
        session.notices.add("warning", "No images are open.", "Open a folder of images first.")
        return None
    given = obvious_inputs(session, plugin) if inputs is None else inputs
    refusal = _refusal(scene, plugin) or why_no_inputs(session, plugin, given) or why_nothing_drawn(scene, plugin)
    if refusal is not None:
        session.notices.add("warning", refusal.message, refusal.remedy)
        return None
    warn_of_patient(session, given)
    run = _Run(session, scene, plugin, parameters, begun)

    def read(drawn: dict[str, Volume]) -> None:
        run.follow(read_inputs(session, given, lambda found: run.begin(found, drawn)))

    run.follow(take_drawn(session, scene, plugin, read))
    return run.job


class _Run:
    """A run that was asked for on the images of a scene, and begins when its further inputs have been read."""

    def __init__(
        self,
        session: Session,
        scene: Scene,
        plugin: Plugin,
        parameters: Mapping[str, Parameter],
        begun: Callable[[Job], None] | None,
    ) -> None:
        self._session, self._study, self._volume = session, scene.study, scene.volume
        self._plugin, self._parameters, self._begun = plugin, parameters, begun
        self._partial = PartialShow(session, scene, plugin, parameters)
        self.job: Job | None = None

    def follow(self, job: Job | None) -> Job | None:
        """Tell that a job has been submitted."""
        if job is not None:
            self.job = job
            if self._begun is not None:
                self._begun(job)
        return job

    def begin(self, given: dict[str, Given], drawn: Mapping[str, Volume]) -> None:
        """Submit it, unless images that it needs have been closed meanwhile."""
        session, study = self._session, self._study
        if study not in session.studies or not all(bears(session, one) for one in given.values()):
            session.notices.add("warning", "Nothing was run: the images for it were closed or have changed meanwhile.")
            return

        def done(result: Result) -> None:
            if study in session.studies and not _is_of(result, self._volume):
                tell_dropped(session, self._plugin.manifest.name)
            elif study in session.studies:
                apply_result(session, study, result, given)

        others = {name: one.volume for name, one in given.items()} | dict(drawn)
        work = PluginRun(self._plugin, self._volume, self._parameters, session.settings["device"], others)
        job = session.jobs.submit(
            Sentence(self._plugin.manifest.name),
            work,
            place="gpu",
            on_done=done,
            on_partial=self._partial.take,
            on_failed=session.notices.add_error,
            about=study.facts.study_instance_uid,
            is_alone=self._plugin.manifest.runtime.isolation == "process",
            python=own_python(self._plugin),
            guest=self._plugin.manifest.id if self._plugin.is_foreign else "",
        )
        job.subject = _name_of(self._volume.series)
        self.follow(self._partial.follow(job))


def _is_of(result: Result, asked: Volume) -> bool:
    """Whether a result says that it is of the very images that were asked about: it comes from foreign code."""
    return result.source == Source.of(asked.series) and result.geometry.same_grid(asked.geometry)


def _name_of(series: Series) -> str:
    """Return a series as the list of studies names it."""
    number = "" if series.series_number is None else f"{series.series_number}  "
    return f"{number}{series.series_description or series.modality}"


def _offer(session: Session, plugin: Plugin | BrokenPlugin) -> Offer:
    if isinstance(plugin, BrokenPlugin):
        return Offer(plugin, MedViewError(plugin.reason.template, "", **plugin.reason.values))
    if session.scene is None:
        return Offer(plugin, MedViewError("No images are open.", "Open a folder of images first."))
    refusal = _refusal(session.scene, plugin) or why_no_inputs(session, plugin, obvious_inputs(session, plugin))
    return Offer(plugin, refusal, known_missing(session, plugin))


def _refusal(scene: Scene, plugin: Plugin) -> MedViewError | None:
    """Return why a plugin cannot run on the volume in view, which must be there as a whole."""
    try:
        own_python(plugin)
    except MedViewError as error:
        return error
    refusal = why_not(plugin.manifest, scene.series) or why_not_values(plugin.manifest, scene.volume.unit)
    if refusal is not None or scene.loading is None:
        return refusal
    if scene.loading.state == "reading":
        return MedViewError("The images are still being read.", "It can be run as soon as all of them are there.")
    return MedViewError("Not all images were read, so nothing is computed from them.", "Open the series again.")
