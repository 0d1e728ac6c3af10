"""Make, remove, undo and redo what is drawn on the volume in view."""

from __future__ import annotations

import numpy as np

from medview.errors import MedViewError
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
    """Take back the newest edit of the study in view."""
    if session.scene is not None:
        session.scene.study.history.undo()


def redo(session: Session) -> None:
    """Do the newest undone edit of the study in view again."""
    if session.scene is not None:
        session.scene.study.history.redo()
