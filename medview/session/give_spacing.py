"""Give millimetres to images that hold none, such as pictures."""

from __future__ import annotations

from medview.errors import MedViewError
from medview.jobs.job import Job
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.asked_spacing import with_spacing
from medview.study.series import Series
from medview.study.study import Study


def give_spacing(session: Session, study: Study, series: Series, spacing_mm: tuple[float, float, float]) -> Job | None:
    """Put the series with its new spacing (slice, row, column) in the place of the old one, and submit its reading.

    Returns
    -------
    Job or None
        None where it cannot be done, and a notice says why: the images have their own spacing, or a mask lies on them.
    """
    try:
        if any(mask.source.series_key == series.key for mask in study.segmentations):
            raise MedViewError(
                "A mask has been drawn on these images: their spacing is not changed under it.",
                "Remove the mask first, or open the pictures again.",
            )
        spaced = with_spacing(series, spacing_mm)
    except MedViewError as error:
        session.notices.add_error(error)
        return None
    study.replace_series(tuple(spaced if one is series else one for one in study.series))
    return show_series(session, study, spaced)
