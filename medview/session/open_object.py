"""Open an object that is no image: put it on the images it belongs to, and lay open what is to be read of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.apply_presentation import apply_presentation
from medview.session.host_study import host_study, studies_of_patient
from medview.session.jump_to import jump_to_image, jump_to_mark
from medview.session.opened_object import OpenedObject, Reading, read_opened
from medview.session.register import add_registration
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.when_shown import when_shown
from medview.study.segmentation import Segmentation
from medview.study.study import Study
from medview.study.study_object import StudyObject
from medview.study.volume import Volume

_TOLD = 3  # remarks told at once; the report lists all of them


def open_object(session: Session, study: Study, found: StudyObject) -> Job:
    """Submit the reading of an object of a study; it is shown when it is there.

    It goes onto the study of the same patient that holds its images. Where it cannot be opened a notice says why, and
    the study lists it with that reason.
    """
    candidates = studies_of_patient(session, study)

    def work(progress: Progress) -> tuple[Study, OpenedObject]:
        host = host_study(found, candidates)
        return host, read_opened(Reading(found, host.series, session.jobs.workers, progress))

    def done(value: tuple[Study, OpenedObject]) -> None:
        if study in session.studies and value[0] in session.studies:
            _mark(study, found, None)
            _show(session, *value)

    def failed(error: BaseException) -> None:
        if isinstance(error, MedViewError):
            _mark(study, found, error)
        session.notices.add_error(error)

    title = Sentence("Reading {name}", {"name": found.label or found.series_description or found.modality})
    uid = study.facts.study_instance_uid
    return session.jobs.submit(title, work, on_done=done, on_failed=failed, about=uid)


def _mark(study: Study, found: StudyObject, refusal: MedViewError | None) -> None:
    """Remember in the list whether an object could be opened."""
    now = tuple(replace(o, refusal=refusal) if o.path == found.path else o for o in study.objects)
    if any(o.refusal is not p.refusal for o, p in zip(now, study.objects, strict=True)):
        study.replace_series(study.series, now)


def _show(session: Session, study: Study, value: OpenedObject) -> None:
    report = value.report
    for remark in report.warnings[:_TOLD]:
        session.notices.add("warning", remark)
    session.desk.lay_open(study, report)
    if report.annotations and value.presentation is None:
        study.annotations.put(report.annotations[0].object_uid, report.annotations)
    if value.masks and value.series is not None:
        _show_masks(session, study, value.masks)
    elif value.presentation is not None:
        _show_presentation(session, study, value)
    elif value.dose is not None:
        _show_dose(session, study, value.dose)
    elif value.volume is not None:
        _show_volume(session, study, value.volume)
    elif value.value_map is not None:
        _show_value_map(session, study, value)
    elif value.registrations:
        _take_registrations(session, study, value)
    else:
        _jump_to_first(session, study, value)


def _show_masks(session: Session, study: Study, masks: tuple[Segmentation, ...]) -> None:
    """Add masks to the study, or show those that were read of the same object before; then their series."""
    uid = masks[0].provenance.get("sop_instance_uid")
    known = [m for m in study.segmentations if uid and m.provenance.get("sop_instance_uid") == uid]
    if not known:
        for mask in masks:
            try:
                study.add(mask)
            except ValueError:  # the series has been found anew, with more images, while the mask was read
                session.notices.add("warning", "The images of this mask have changed.", "Open it again.")
                return
    shown = (known or list(masks))[0]
    series = study.find(shown.source.series_key)
    if series is not None:
        when_shown(session, study, series, lambda scene: _show_mask(scene, shown))


def _show_mask(scene: Scene, mask: Segmentation) -> None:
    scene.show_segmentation(mask)
    drawn = np.flatnonzero(mask.labels.any(axis=(1, 2)))
    if len(drawn) and scene.cursor_index[0] not in drawn:
        index = (int(drawn[len(drawn) // 2]), *scene.cursor_index[1:])
        scene.move_cursor(scene.volume.geometry.to_mm(index))


def _show_presentation(session: Session, study: Study, value: OpenedObject) -> None:
    state = value.presentation
    series = study.find(state.series_key) if state is not None else None
    if state is None or series is None:
        return

    def apply(scene: Scene) -> None:
        apply_presentation(session, scene, state)
        jump_to_image(session, study, state.images[0])

    when_shown(session, study, series, apply)


def _show_dose(session: Session, study: Study, dose: Volume) -> None:
    """Lay a dose over the images in view, where both are of one patient and lie in one frame of reference."""
    scene = session.scene
    if scene is not None and scene.study not in studies_of_patient(session, study):
        session.notices.add(
            "warning",
            "The dose is not drawn: images of another patient are in view.",
            "Show the images it was planned on, then open it again.",
        )
        return
    ours = scene.volume.geometry.frame_of_reference_uid if scene is not None else ""
    if scene is None or not ours or ours != dose.geometry.frame_of_reference_uid:
        session.notices.add(
            "warning",
            "The dose lies in another frame of reference than the images in view: it is not drawn.",
            "Show the images it was planned on, then open it again.",
        )
        return
    scene.update(dose=dose)


def _show_volume(session: Session, study: Study, volume: Volume) -> None:
    """Add a volume's series to its study, and put it on the screen."""
    if study.find(volume.series.key) is None:
        study.replace_series((*study.series, volume.series))
    session.wanted[session.active_slot] = volume.series
    window = volume.series.windows[0] if volume.series.windows else (0.5, 1.0)
    session.show(Scene(study, volume, window))


def _show_value_map(session: Session, study: Study, value: OpenedObject) -> None:
    mapping = value.value_map
    scene = session.scene
    if mapping is None or scene is None or scene.study is not study:
        return
    if any(mapping.of_instance(i) for i in scene.series.instances):
        scene.update(value_map=mapping)
    else:
        session.notices.add(
            "warning",
            "The values are mapped for other images than those in view.",
            "Show the images it is for, then open it again.",
        )


def _take_registrations(session: Session, study: Study, value: OpenedObject) -> None:
    """Use a registration wherever two series are laid over each other that it joins."""
    uid = value.registrations[0].object_uid
    if not any(one.object_uid == uid for one in study.registrations):
        add_registration(study, *value.registrations)
    session.notices.add("info", "The registration is used where its series are laid over each other (menu Fusion).")


def _jump_to_first(session: Session, study: Study, value: OpenedObject) -> None:
    """Go to the first mark, or the first key image that is here."""
    report = value.report
    if report.annotations:
        jump_to_mark(session, study, report.annotations[0])
        return
    if report.is_key_images:
        image = next((line.image for line in report.lines if line.image is not None), None)
        if image is not None:
            jump_to_image(session, study, image)
