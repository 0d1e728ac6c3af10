"""Run a plugin on the series in view, on the gpu thread, and put its result into the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medview.errors import MedViewError, Sentence
from medview.jobs.job import Job
from medview.plugin.contract import Parameter, Result
from medview.plugin.discovery import BrokenPlugin, Plugin
from medview.plugin.environment import own_python
from medview.plugin.fit import why_not, why_not_values
from medview.plugin.run import PluginRun
from medview.session.apply_result import apply_result
from medview.session.choose_plugins import is_enabled
from medview.session.fetch_weights import known_missing
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.show_partial import PartialShow

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


def run_plugin(session: Session, plugin: Plugin, parameters: Mapping[str, Parameter]) -> Job | None:
    """Submit a run on the volume in view; None where it cannot run: a notice says why."""
    scene = session.scene
    if scene is None:
        session.notices.add("warning", "No images are open.", "Open a folder of images first.")
        return None
    refusal = _refusal(scene, plugin)
    if refusal is not None:
        session.notices.add("warning", refusal.message, refusal.remedy)
        return None
    study = scene.study

    def done(result: Result) -> None:
        if study in session.studies:
            apply_result(session, study, result)

    partial = PartialShow(session, scene, plugin, parameters)
    job = session.jobs.submit(
        Sentence(plugin.manifest.name),
        PluginRun(plugin, scene.volume, parameters, session.settings["device"]),
        place="gpu",
        on_done=done,
        on_partial=partial.take,
        on_failed=session.notices.add_error,
        about=study.facts.study_instance_uid,
        is_alone=plugin.manifest.runtime.isolation == "process",
        python=own_python(plugin),
    )
    return partial.follow(job)


def _offer(session: Session, plugin: Plugin | BrokenPlugin) -> Offer:
    if isinstance(plugin, BrokenPlugin):
        return Offer(plugin, MedViewError(plugin.reason.template, "", **plugin.reason.values))
    if session.scene is None:
        return Offer(plugin, MedViewError("No images are open.", "Open a folder of images first."))
    return Offer(plugin, _refusal(session.scene, plugin), known_missing(session, plugin))


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
