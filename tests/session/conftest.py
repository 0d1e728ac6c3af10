"""A session without a window, delivered by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medview.jobs.job_queue import JobQueue
from medview.session.session import Session
from medview.session.settings import Settings


@pytest.fixture
def session(medview_home: Path) -> Iterator[Session]:
    jobs = JobQueue()
    yield Session(jobs, Settings())
    jobs.stop()
