"""The lesions of one patient over the open studies."""

from __future__ import annotations

from medview.imaging.follow_up import DIAMETER_KINDS, FollowUp, follow_up
from medview.session.measured import findings
from medview.session.session import Session
from medview.study.same_patient import sameness
from medview.study.study import Study


def followed_studies(session: Session) -> tuple[Study, ...]:
    """Return the open studies of the patient in view, the oldest first; those of whom it is not sure are left out."""
    scene = session.scene
    if scene is None:
        return ()
    patient = scene.study.facts.patient
    others = [s for s in session.studies if s is scene.study or sameness(s.facts.patient, patient) == "same"]
    return tuple(sorted(others, key=lambda study: (study.facts.study_date, study.facts.study_time)))


def patient_follow_up(session: Session) -> FollowUp:
    """Return the diameters that bear a name, by lesion and study, in the order of `followed_studies`."""
    dates = [
        [(m.label, findings(session, study, m)) for m in study.measurements if m.kind in DIAMETER_KINDS]
        for study in followed_studies(session)
    ]
    return follow_up(dates)
