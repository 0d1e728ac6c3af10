"""How long before another an examination was made, as a reader says it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from medview.errors import Sentence
from medview.study.date_text import date_text


@lru_cache(maxsize=1024)
def day_of(text: str) -> date | None:
    """Return the day of a DICOM date (DA); None for what is no date."""
    try:
        return date.fromisoformat(date_text(text))
    except ValueError:
        return None


def time_between(earlier: str, later: str) -> Sentence | None:
    """Return the time from one DICOM date to another, in years and months, months, or days; None where one is no date.

    Examples
    --------
    >>> str(time_between("20211125", "20240229"))
    '2 y 3 mo'
    >>> str(time_between("20240131", "20240229"))
    '29 d'
    """
    first, last = day_of(earlier), day_of(later)
    if first is None or last is None:
        return None
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    years, rest = divmod(months, 12)
    if years and rest:
        return Sentence("{years} y {months} mo", {"years": years, "months": rest})
    if years:
        return Sentence("{years} y", {"years": years})
    if months:
        return Sentence("{months} mo", {"months": months})
    return Sentence("{days} d", {"days": (last - first).days})
