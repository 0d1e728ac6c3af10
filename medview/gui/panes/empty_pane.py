"""What a pane says that shows nothing yet."""

from __future__ import annotations

from medview.errors import Sentence
from medview.session.session import Session

_READING = Sentence("Reading…")
_EMPTY = Sentence("Drag a series here,")
_HOW = Sentence("or click here and double-click a series in the list.")


def empty_pane_text(session: Session, pane: str) -> tuple[Sentence, ...]:
    """Return the sentences that stand in the middle of an empty pane."""
    viewport = session.viewports.get(pane)
    job = session.readings.get(viewport.slot) if viewport is not None else None
    return (_READING,) if job is not None and not job.is_finished else (_EMPTY, _HOW)
