"""Make, remove, undo and redo what is drawn on the volume in view."""

from __future__ import annotations

import numpy as np

from medview.errors import MedViewError
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.history import Edit
from medview.study.segmentation import Segment, Segmentation, Source


def new_segmentation(session: Session) -> Segmentation:
    """Add an empty segmentation with one segment to paint on the volume in view."""
    scene = session.scene
    if scene is None:
        raise MedViewError("No images are open.", "Open a folder of images first.")
    series = scene.series
    source = Source(series.key, series.series_instance_uid, series.study_instance_uid, series.sop_hash)
    segment = Segment(1, "Segment 1", algorithm="MANUAL")
    labels = np.zeros(scene.volume.geometry.shape, np.uint8)
    segmentation = Segmentation(labels, scene.volume.geometry, source, (segment,), "Manual segmentation")
    scene.study.add(segmentation)
    scene.show_segmentation(segmentation)
    return segmentation


def remove_segmentation(session: Session, segmentation: Segmentation) -> None:
    """Remove a segmentation from its study; the newest other one on the same series is shown instead."""
    for study in session.studies:
        if segmentation in study.segmentations:
            study.remove(segmentation)
            others = [s for s in study.segmentations if s.source.series_key == segmentation.source.series_key]
            if session.scene is not None and session.scene.segmentation is segmentation:
                session.scene.show_segmentation(others[-1] if others else None)


def clear_segment(session: Session, number: int) -> None:
    """Erase one segment everywhere, as one edit that can be undone."""
    scene = session.scene
    if scene is None or scene.segmentation is None:
        return
    target = scene.segmentation
    where = np.nonzero(target.labels == number)
    if not where[0].size:
        return
    a, b, c = (slice(int(axis.min()), int(axis.max()) + 1) for axis in where)
    before = target.labels[a, b, c].copy()
    after = np.where(before == number, 0, before).astype(before.dtype)
    scene.study.history.do(Edit(target, (a, b, c), before, after, "Clear segment"))


def undo(session: Session) -> None:
    """Take back the newest edit of the study in view; a notice says where it was made on another series."""
    if session.scene is not None and _bring_into_view(session, session.scene, session.scene.study.history.undo_target):
        session.scene.study.history.undo()


def redo(session: Session) -> None:
    """Do the newest undone edit of the study in view again; a notice says where it was made on another series."""
    if session.scene is not None and _bring_into_view(session, session.scene, session.scene.study.history.redo_target):
        session.scene.study.history.redo()


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
