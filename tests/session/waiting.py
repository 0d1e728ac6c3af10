"""Wait for what a session does elsewhere, without an event loop."""

from __future__ import annotations

import time
from collections.abc import Callable

from medview.session.session import Session


def wait_until(session: Session, condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Deliver until a condition holds."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            jobs = [(str(job.title), job.state) for job in session.jobs.jobs]
            raise TimeoutError(f"never so; jobs: {jobs}; notices: {said(session)}")
        session.jobs.deliver()
        time.sleep(0.005)


def wait_idle(session: Session) -> None:
    """Deliver until no job is left."""
    wait_until(session, lambda: not session.jobs.jobs)


def said(session: Session) -> str:
    """Return every notice in one text."""
    return "\n".join(f"{n.level}: {n.message} {n.remedy}" for n in session.notices.notices)
