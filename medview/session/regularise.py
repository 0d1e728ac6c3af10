"""Show a tilted or uneven stack resampled to right angles and even slices, as a stack of its own."""

from __future__ import annotations

from medview.errors import MedViewError
from medview.imaging.regularise import regular_series
from medview.jobs.job import Job
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.series import Series
from medview.study.study import Study


def regularise(session: Session, study: Study, series: Series) -> Job | None:
    """Add the resampled stack to its study, behind the original, and submit its reading; the original stays.

    The same stack is resampled once: a second call shows what is there.

    Returns
    -------
    Job or None
        None where there is nothing to read: it is on the screen, or cannot be made and a notice says why.
    """
    made = next((s for s in study.series if s.resampled_from is series), None)
    if made is None:
        try:
            made = regular_series(series)
        except MedViewError as error:
            session.notices.add_error(error)
            return None
        place = study.series.index(series) + 1
        study.replace_series((*study.series[:place], made, *study.series[place:]))
    _withdraw_advice(session, series)
    return show_series(session, study, made)


def _withdraw_advice(session: Session, series: Series) -> None:
    """Take the advice to resample away: it has been followed."""
    told = [line.meaning for line in series.guard]
    for notice in session.notices.notices:
        if notice.message in told:
            session.notices.dismiss(notice)
