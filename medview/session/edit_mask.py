"""Make, remove and clear what is drawn on the volume in view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.imaging.bounding_box import bounding_box
from medview.progress import Progress
from medview.session.session import Session
from medview.study.history import Edit, PackedEdit, pack
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.study import Study

# what a removed mask counts as in the history, at most: at its own size a large one would push everything out, and the
# next stroke itself
_COUNTED = 32 * 2**20
AT_ONCE = 2**20  # voxels: more would keep the main thread for longer than a frame


def new_segmentation(session: Session) -> Segmentation:
    """Add an empty segmentation with one segment to paint on the volume in view."""
    scene = session.scene
    if scene is None:
        raise MedViewError("No images are open.", "Open a folder of images first.")
    series = scene.series
    source = Source.of(series)
    segment = Segment(1, "Segment 1", algorithm="MANUAL")
    labels = np.zeros(scene.volume.geometry.shape, np.uint8)
    segmentation = Segmentation(labels, scene.volume.geometry, source, (segment,), "Manual segmentation")
    scene.study.add(segmentation)
    scene.show_segmentation(segmentation)
    return segmentation


def remove_segmentation(session: Session, segmentation: Segmentation) -> None:
    """Remove a segmentation from its study, as one step to undo; the newest other one on the series is shown instead.

    The history holds the mask for as long as it can be brought back.
    """
    session.edit_begins.emit()
    study = next((study for study in session.studies if segmentation in study.segmentations), None)
    if study is None:
        return
    place = study.segmentations.index(segmentation)
    study.history.do_change(
        "Remove the segmentation",
        study,
        lambda study: _take_away(session, study, segmentation),
        lambda study: _put_back(session, study, segmentation, place),
        size=min(segmentation.labels.nbytes, _COUNTED),
        series_key=segmentation.source.series_key,
    )


def _take_away(session: Session, study: Study, segmentation: Segmentation) -> None:
    study.remove(segmentation)
    others = [s for s in study.segmentations if s.source.series_key == segmentation.source.series_key]
    for scene in session.scenes_of(study, segmentation.source.series_key):
        if scene.segmentation is segmentation:
            scene.show_segmentation(others[-1] if others else None)


def _put_back(session: Session, study: Study, segmentation: Segmentation, place: int) -> None:
    """Bring a removed segmentation back; MedViewError where its images are no longer those it was drawn on."""
    try:
        study.add(segmentation, place)
    except ValueError as error:
        raise MedViewError(
            "{name} cannot come back: its images have changed since.", "Open the images again.", name=segmentation.name
        ) from error
    for scene in session.scenes_of(study, segmentation.source.series_key):
        scene.show_segmentation(segmentation)


def clear_segment(session: Session, number: int) -> None:
    """Erase one segment everywhere, as one edit that can be undone; of a large mask a moment later."""
    session.edit_begins.emit()
    scene = session.scene
    if scene is None or scene.segmentation is None:
        return
    target, study = scene.segmentation, scene.study
    if target.labels.size <= AT_ONCE:
        edit = _clearing(target, target.labels, number)
        if edit is not None:
            study.history.do(edit)
        return

    def work(copy: Segmentation) -> tuple[PackedEdit, NDArray[Any]] | None:
        edit = _clearing(target, copy.labels, number)
        if edit is None:
            return None
        packed = pack(edit)
        copy.labels[edit.box] = edit.after
        return packed, copy.labels

    def apply(value: tuple[PackedEdit, NDArray[Any]] | None) -> None:
        if value is not None:
            study.history.do_packed(*value)

    change_elsewhere(session, study, target, "Clearing the segment", work, apply)


def recolour_segment(session: Session, number: int, colour: tuple[int, int, int]) -> None:
    """Give a segment of the mask in view another colour, (red, green, blue) of 0 to 255, as one step to undo."""
    scene = session.scene
    if scene is None or scene.segmentation is None:
        return
    mask, before = scene.segmentation, scene.segmentation.segment(number).colour
    if colour != before:
        scene.study.history.do_change(
            "Change the colour",
            mask,
            lambda segmentation: segmentation.recolour(number, colour),
            lambda segmentation: segmentation.recolour(number, before),
            series_key=mask.source.series_key,
        )


def _clearing(target: Segmentation, labels: NDArray[Any], number: int) -> Edit | None:
    box = bounding_box(labels == number)
    if box is None:
        return None
    before = labels[box].copy()
    return Edit(target, box, before, np.where(before == number, 0, before).astype(before.dtype), "Clear segment")


def change_elsewhere(
    session: Session,
    study: Study,
    target: Segmentation,
    title: str,
    work: Callable[[Segmentation], Any],
    apply: Callable[[Any], None],
) -> None:
    """Work on a copy of a mask in a job and apply the outcome; again from the start where the mask has changed."""

    def job(progress: Progress) -> tuple[int, Any]:
        copy = target.snapshot(progress)
        return copy.revision, work(copy)

    def done(value: tuple[int, Any]) -> None:
        revision, outcome = value
        if target not in study.segmentations or study not in session.studies:
            return
        if target.revision != revision or target.is_painted:
            change_elsewhere(session, study, target, title, work, apply)
        else:
            apply(outcome)

    uid = study.facts.study_instance_uid
    session.jobs.submit(title, job, on_done=done, on_failed=session.notices.add_error, about=uid)
