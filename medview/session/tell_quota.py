"""Say what went because the library's copies were over their quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medview.session.session import Session

if TYPE_CHECKING:
    from medview.library.reports import Freed


def tell_quota(session: Session, freed: Freed | None) -> None:
    """Add a notice of the copies that are gone, and one where that was not enough; None where nothing was copied."""
    if freed is None:
        return
    if freed.files:
        session.notices.add(
            "info",
            "The library was over its quota: the copies of the studies longest unopened are gone ({count}).",
            count=len(freed.study_ids),
        )
    if not freed.is_enough:
        session.notices.add(
            "warning",
            "The library still takes more room than its quota.",
            "Raise the quota, or export results that hold studies back.",
        )
