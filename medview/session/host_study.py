"""Which study of a patient holds the images that an object belongs to: not always its own."""

from __future__ import annotations

from collections.abc import Sequence

from medview.session.session import Session
from medview.study.same_patient import sameness
from medview.study.study import Study
from medview.study.study_object import StudyObject


def studies_of_patient(session: Session, study: Study) -> tuple[Study, ...]:
    """Return the open studies of a study's patient, that study first; itself alone where the patient is not named."""
    patient = study.facts.patient
    if not patient.patient_id:
        return (study,)
    who = patient.patient_id, patient.patient_name
    same = (
        one
        for one in session.studies
        if (one.facts.patient.patient_id, one.facts.patient.patient_name) == who
        and sameness(one.facts.patient, patient) != "different"  # by date of birth or sex
    )
    return (study, *(s for s in same if s is not study))


def host_study(found: StudyObject, candidates: Sequence[Study]) -> Study:
    """Return the study of which an object names most images, the first where it names none of any.

    Raises
    ------
    MedViewError
        The object cannot be read.
    """
    if len(candidates) < 2:
        return candidates[0]
    from medview.files.objects.object_references import referenced_uids

    named = referenced_uids(found.path)
    counts = [len(named & {i.sop_instance_uid for s in study.series for i in s.instances}) for study in candidates]
    return candidates[counts.index(max(counts))]
