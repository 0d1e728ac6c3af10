"""The further series that a plugin is given beside the one in view: which can be, and which a person would choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medview.errors import MedViewError, Sentence
from medview.jobs.job import Job
from medview.plugin.discovery import Plugin
from medview.plugin.fit import why_not
from medview.progress import Progress, part
from medview.session.at_hand import at_hand
from medview.session.fuse import basis_of, fused_study
from medview.session.read_voxels import read_voxels
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.same_patient import sameness
from medview.study.segmentation import Source
from medview.study.series import Series
from medview.study.study import Study
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.plugin.manifest.input_record import InputRecord

_IN_VIEW = Sentence("It is in view already.")
_OTHER_PATIENT = Sentence("It is of another patient.")
_UNKNOWN_PATIENT = Sentence("The files do not tell whether both series are of one patient.")
_CLOSED = Sentence("The second series is no longer open.")
_TWICE = Sentence("One series is chosen for two inputs.")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A series that a plugin may be given.

    Attributes
    ----------
    refusal
        Why it cannot be given, None where it can.
    remark
        What a person should know before it is given, None for nothing.
    """

    study: Study
    series: Series
    refusal: Sentence | None = None
    remark: Sentence | None = None


@dataclass(frozen=True, eq=False)
class Given:
    """What a run was given beside the images in view: the study it is of, and its voxels as they were read."""

    study: Study
    volume: Volume


def candidates(session: Session, plugin: Plugin, record: InputRecord) -> tuple[Candidate, ...]:
    """Return every open series as it may be given for an input, the most likely first; of a 4-D series one place.

    What lies over the images in view comes first. To register, the examination before is wanted then, of the same kind;
    for any other task what lies with the images in one frame of reference.
    """
    scene = session.scene
    if scene is None:
        return ()
    found = [
        Candidate(study, series, _refusal(scene, study, series, plugin, record), _remark(scene, study))
        for study in session.studies
        for series in study.series
        if series.axis is None or series.axis.number == 0 or _is_fused(scene, study, series)
    ]
    return tuple(sorted(found, key=lambda one: _rank(session, scene, plugin, one)))


def obvious_inputs(session: Session, plugin: Plugin) -> dict[str, Candidate]:
    """Return by its id the series that a person would give for each further input; without what no series fits."""
    given: dict[str, Candidate] = {}
    for record in plugin.manifest.series_inputs:
        taken = {one.series.key for one in given.values()}
        fitting = (one for one in candidates(session, plugin, record) if one.refusal is None)
        best = next((one for one in fitting if one.series.key not in taken), None)
        if best is not None:
            given[record.id] = best
    return given


def why_no_inputs(session: Session, plugin: Plugin, given: Mapping[str, Candidate]) -> MedViewError | None:
    """Return why a plugin cannot be run with these series beside the one in view, None where it can.

    They are looked at anew: since they were chosen, a study may have been closed, or another series come into view.
    """
    for record in plugin.manifest.inputs[1:]:
        if record.required and not record.is_series and not record.is_drawn:
            return MedViewError(
                "{plugin} needs {input} beside the images, which cannot be given here.",
                "Choose another plugin.",
                plugin=plugin.manifest.name,
                input=record.label or record.id,
            )
        if record.required and record.is_series and record.id not in given:
            return MedViewError(
                "{plugin} needs a second series, and none of the open ones fits.",
                "Open one of the same patient beside these images.",
                plugin=plugin.manifest.name,
            )
    refusal = next((why for why in _refusals(session, plugin, given) if why is not None), None)
    if refusal is None:
        return None
    return MedViewError(refusal.template, "Choose another second series.", **refusal.values)


def _refusals(session: Session, plugin: Plugin, given: Mapping[str, Candidate]) -> Iterator[Sentence | None]:
    """Yield why a series that was chosen cannot be given, None where it can."""
    for record in plugin.manifest.series_inputs:
        one = given.get(record.id)
        if one is None or session.scene is None:
            continue
        yield _refusal(session.scene, one.study, one.series, plugin, record) if is_open(session, one) else _CLOSED
        yield _TWICE if [other.series for other in given.values()].count(one.series) > 1 else None


def is_open(session: Session, one: Candidate) -> bool:
    """Whether the very images of a candidate are still open."""
    series = one.study.find(one.series.key) if one.study in session.studies else None
    return series is not None and series.sop_hash == one.series.sop_hash


def bears(session: Session, given: Given) -> bool:
    """Whether the very voxels that a run was given are still those of an open study."""
    volume = given.volume
    return given.study in session.studies and given.study.bears(Source.of(volume.series), volume.geometry)


def warn_of_patient(session: Session, given: Mapping[str, Candidate]) -> None:
    """Say where the files do not tell whether all images are of one patient, as for a fusion."""
    scene = session.scene
    remarks = (_remark(scene, one.study) for one in given.values() if scene is not None)
    for remark in {remark.template: remark for remark in remarks if remark is not None}.values():
        session.notices.add("warning", remark)


def read_inputs(
    session: Session, chosen: Mapping[str, Candidate], then: Callable[[dict[str, Given]], None]
) -> Job | None:
    """Call `then` with the voxels of series: now where all are at hand, else once a job has read the others.

    Returns
    -------
    Job or None
        What reads them, None where nothing is to be read.
    """
    held = {name: at_hand(session, one.series) for name, one in chosen.items()}
    missing = [(name, chosen[name].series) for name, volume in held.items() if volume is None]

    def done(read: Mapping[str, Volume]) -> None:
        whole = {name: volume for name, volume in held.items() if volume is not None} | dict(read)
        then({name: Given(one.study, whole[name]) for name, one in chosen.items()})

    if not missing:
        done({})
        return None
    workers = session.jobs.workers

    def work(progress: Progress) -> dict[str, Volume]:
        share = 1.0 / len(missing)
        return {
            name: read_voxels(series, part(progress, number * share, (number + 1) * share), workers)
            for number, (name, series) in enumerate(missing)
        }

    first = missing[0][1]
    return session.jobs.submit(
        Sentence("Reading {name}", {"name": first.series_description or first.modality}),
        work,
        on_done=done,
        on_failed=session.notices.add_error,
        about=chosen[missing[0][0]].study.facts.study_instance_uid,
    )


def _refusal(scene: Scene, study: Study, series: Series, plugin: Plugin, record: InputRecord) -> Sentence | None:
    """Return why a series cannot be given beside a scene's images."""
    if study is scene.study and series.key == scene.series.key:
        return _IN_VIEW
    if study is not scene.study and sameness(study.facts.patient, scene.study.facts.patient) == "different":
        return _OTHER_PATIENT
    refusal = why_not(plugin.manifest, series, record)
    return refusal.message if refusal is not None else None


def _remark(scene: Scene, study: Study) -> Sentence | None:
    """Return what is not known of a study beside a scene's."""
    is_known = study is scene.study or sameness(study.facts.patient, scene.study.facts.patient) == "same"
    return None if is_known else _UNKNOWN_PATIENT


def _is_fused(scene: Scene, study: Study, series: Series) -> bool:
    """Whether a series lies over a scene's images."""
    fusion = scene.fusion
    if fusion is None or fusion.model or fused_study(scene) is not study:
        return False
    return fusion.volume.series.key == series.key


def _rank(session: Session, scene: Scene, plugin: Plugin, one: Candidate) -> tuple[object, ...]:
    """Return what candidates are sorted by, the likeliest first."""
    is_same_study = one.study is scene.study
    is_same_kind = one.series.modality == scene.series.modality
    if plugin.manifest.task == "register":
        likely: tuple[bool, ...] = (is_same_study, not is_same_kind)
    else:
        likely = (basis_of(session, scene, one.study, one.series) == "unregistered", not is_same_study)
    fused = _is_fused(scene, one.study, one.series)
    return (one.refusal is not None, not fused, one.remark is not None, *likely, -len(one.series.instances))
