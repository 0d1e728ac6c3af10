"""Make, remove, undo and redo what is drawn on the volume in view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.imaging.bounding_box import bounding_box
from medview.progress import Progress
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.history import Edit, PackedEdit, pack
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.study import Study

_AT_ONCE = 2**20  # voxels: more would keep the main thread for longer than a frame


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
    """Remove a segmentation from its study; the newest other one on the same series is shown instead."""
    session.edit_begins.emit()
    for study in session.studies:
        if segmentation in study.segmentations:
            study.remove(segmentation)
            others = [s for s in study.segmentations if s.source.series_key == segmentation.source.series_key]
            if session.scene is not None and session.scene.segmentation is segmentation:
                session.scene.show_segmentation(others[-1] if others else None)


def clear_segment(session: Session, number: int) -> None:
    """Erase one segment everywhere, as one edit that can be undone; of a large mask a moment later."""
    session.edit_begins.emit()
    scene = session.scene
    if scene is None or scene.segmentation is None:
        return
    target, study = scene.segmentation, scene.study
    if target.labels.size <= _AT_ONCE:
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

    _change_elsewhere(session, study, target, "Clearing the segment", work, apply)


def _clearing(target: Segmentation, labels: NDArray[Any], number: int) -> Edit | None:
    box = bounding_box(labels == number)
    if box is None:
        return None
    before = labels[box].copy()
    return Edit(target, box, before, np.where(before == number, 0, before).astype(before.dtype), "Clear segment")


def undo(session: Session) -> None:
    """Take back the newest edit of the study in view; a notice says where it was made on another series."""
    session.edit_begins.emit()
    if session.scene is not None and _bring_into_view(session, session.scene, session.scene.study.history.undo_target):
        _step(session, session.scene.study, undone=False)


def redo(session: Session) -> None:
    """Do the newest undone edit of the study in view again; a notice says where it was made on another series."""
    session.edit_begins.emit()
    if session.scene is not None and _bring_into_view(session, session.scene, session.scene.study.history.redo_target):
        _step(session, session.scene.study, undone=True)


def _bring_into_view(session: Session, scene: Scene, target: Segmentation | None) -> bool:
    """Show the mask that is about to change; False where it cannot be seen, since nothing may change unseen."""
    if target is None:
        return False
    if target.source.series_key != scene.series.key:
        session.notices.add(
            "warning",
            "The last correction was made on another series: nothing was changed.",
            "Open that series first.",
        )
        return False
    if scene.segmentation is not target:
        scene.show_segmentation(target)
    return True


def _step(session: Session, study: Study, *, undone: bool) -> None:
    """Undo, or do again what was `undone`: a small edit at once, a large one in a copy elsewhere."""
    history = study.history
    turn = history.redo if undone else history.undo
    edit = history.newest(undone=undone)
    if edit is None:
        return
    if edit.voxels <= _AT_ONCE:
        turn()
        return

    def work(copy: Segmentation) -> NDArray[Any]:
        copy.labels[edit.box] = edit.unpack(undone=not undone)
        return copy.labels

    def apply(labels: NDArray[Any]) -> None:
        if history.newest(undone=undone) is edit:  # else another edit was made, or undone, meanwhile
            turn(labels)

    _change_elsewhere(session, study, edit.target, "Changing the mask", work, apply)


def _change_elsewhere(
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
            _change_elsewhere(session, study, target, title, work, apply)
        else:
            apply(outcome)

    uid = study.facts.study_instance_uid
    session.jobs.submit(title, job, on_done=done, on_failed=session.notices.add_error, about=uid)
