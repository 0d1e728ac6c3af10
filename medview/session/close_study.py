"""Close a study: its jobs end, its pictures go, its files stay as they are."""

from __future__ import annotations

from medview.session.edit_mask import remove_segmentation
from medview.session.fuse import end_fusions_with
from medview.session.session import Session
from medview.study.study import Study


def close_study(session: Session, study: Study) -> None:
    """Forget a study. Results that are still being computed for it are dropped.

    Jobs are told apart by Study Instance UID: where another patient's open study bears the same, they go on, and what
    they find for this one is dropped when it comes.
    """
    uid = study.facts.study_instance_uid
    is_shared = any(one is not study and one.facts.study_instance_uid == uid for one in session.studies)
    for job in session.jobs.jobs if uid and not is_shared else ():
        if job.about == uid:
            job.cancel()
    end_fusions_with(session, study)
    session.remove_study(study)
    if session.desk.study is study:
        session.desk.lay_away()
    for slot in [slot for slot, scene in session.scenes.items() if scene.study is study]:
        session.show(None, slot)


def discard_edits(session: Session) -> None:
    """Give up every correction that has not been exported, because the person says so: their masks are removed."""
    for study in session.studies:
        for mask in study.segmentations:
            if not session.is_saved(mask):
                remove_segmentation(session, mask)


def has_unsaved_edits(session: Session) -> bool:
    """Whether a mask of an open study holds corrections that have not been exported."""
    return any(not session.is_saved(mask) for study in session.studies for mask in study.segmentations)
