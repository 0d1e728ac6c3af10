"""Let what a person waits for go first."""

from __future__ import annotations

import time

from medview.progress import Progress
from medview.session.session import Session

_LOOK_EVERY_S = 0.05
_PAINTING_S = 0.15  # the other planes and the panels are painted when the last image is there
_PATIENCE_S = 3.0  # a slow disk is not to keep the pictures of the list away


def give_way(session: Session, progress: Progress) -> None:
    """Wait, on a job's thread, while a series is being read for the screen, but a few seconds at most.

    Threads share one interpreter: each of the others delays the first image.

    Raises
    ------
    Cancelled
        When nobody wants the job any more.
    """
    end = time.monotonic() + _PATIENCE_S
    has_waited = False
    while any(not job.is_finished for job in tuple(session.readings.values())) and time.monotonic() < end:
        has_waited = True
        progress(0.0)
        time.sleep(_LOOK_EVERY_S)
    if has_waited:
        time.sleep(_PAINTING_S)
