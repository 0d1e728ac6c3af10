"""Look for an earlier examination of the same patient in the library, and open it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from medview.errors import MedViewError
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.comparison import is_earlier
from medview.session.give_way import give_way
from medview.session.hanging_plan import candidates, is_alike
from medview.session.join_study import join_study
from medview.session.session import Session
from medview.session.use_library import has_library, use_library
from medview.study.same_patient import sameness
from medview.study.series import StudyFacts
from medview.study.study import Study
from medview.study.time_between import day_of

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy
    from medview.library.library import Library

_MOST = 500


def fetch_prior(session: Session, study: Study, on_found: Callable[[], None]) -> Job | None:
    """Submit the search for the newest study of the same patient that is older and of the same kind.

    It joins the session, and `on_found` is called. The library is not asked where the patient is not known for sure,
    nor made where there is none.
    """
    facts = study.facts
    kinds = {(series.modality, series.body_part_examined) for series in candidates(study)}
    if day_of(facts.study_date) is None or sameness(facts.patient, facts.patient) != "same" or not has_library(session):
        return None

    def work(library: Library, progress: Progress) -> FoundStudy | None:
        give_way(session, progress)  # the current examination is what a person waits for
        return _opened(library, facts, kinds, progress)

    def done(found: FoundStudy | None) -> None:
        if found is not None and study in session.studies:
            join_study(session, found)
            on_found()

    def failed(error: BaseException) -> None:
        """Keep silent: nobody has asked for a prior, and the library says itself what is wrong with it."""

    return use_library(session, work, on_done=done, on_failed=failed)


def _opened(library: Library, facts: StudyFacts, kinds: set[tuple[str, str]], progress: Progress) -> FoundStudy | None:
    """Return the first study of the list that can be compared and whose files are there."""
    from medview.library.query import Query

    for row in library.search(Query(patient_id=facts.patient.patient_id), order="study_date", limit=_MOST):
        if not is_earlier(row.facts, facts) or sameness(row.facts.patient, facts.patient) != "same":
            continue
        names = facts.study_description, row.facts.study_description
        series = [one for one in library.series(row.id) if not one.is_object and one.refusal is None]
        if not any(is_alike((m, s.modality), (p, s.body_part_examined), names) for m, p in kinds for s in series):
            continue
        try:
            return library.open_study(row.id, progress)
        except MedViewError:  # its disk is not connected: an older one may be at hand
            continue
    return None
