"""One piece of work away from the main thread, as the main thread sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from psygnal import Signal

from medview.errors import Sentence
from medview.progress import Cancelled

State = Literal["queued", "running", "cancelling", "done", "failed", "cancelled"]
PlaceName = Literal["files", "scan", "previews", "library", "journal", "results", "headers", "render", "gpu"]
Work = Callable[..., Any]  # work(progress), or work(progress, tell) of a job that tells values before its end


class Job:
    """State of one work function. All attributes change on the main thread, in `JobQueue.deliver`.

    Attributes
    ----------
    title
        What a person reads: "Opening folder", "Brain extraction".
    fraction
        How much is done, 0 to 1.
    text
        What is going on just now.
    subject
        What it works on, such as the name of a series; "" where the title says all.
    about
        Study Instance UID of the study the job works for, "" for none: closing that study cancels the job.
    frees
        The work lets go of what is bound to its thread: nothing cancels it.
    is_alone
        Of the place "gpu": it gets a process of its own, ended after it.
    python
        The interpreter of that process, None for the program's.
    guest
        Whose foreign code the work runs, "" for none: in a process where a guest has been nobody else works. None where
        that does not matter.
    error
        What went wrong, where state is "failed".
    """

    changed = Signal()
    finished = Signal()

    def __init__(
        self,
        title: Sentence,
        work: Work,
        place: PlaceName,
        *,
        about: str = "",
        silent: bool = False,
        frees: bool = False,
        is_alone: bool = False,
        python: Path | None = None,
        guest: str | None = "",
    ) -> None:
        self.title = title
        self.work = work
        self.place = place
        self.about = about
        self.silent = silent
        self.frees = frees
        self.is_alone = is_alone or python is not None
        self.python = python
        self.guest = guest
        self.state: State = "queued"
        self.fraction = 0.0
        self.text = ""
        self.subject = ""
        self.error: BaseException | None = None
        self.started_s: float | None = None
        self.on_done: Callable[[Any], None] | None = None
        self.on_failed: Callable[[BaseException], None] | None = None
        self.on_partial: Callable[[Any], None] | None = None
        self._unwanted = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop. The state becomes "cancelled" within a second, at once where it has not begun."""
        if self.is_finished or self.frees:
            return
        self._unwanted.set()
        self.state = "cancelling"
        self.changed.emit()

    def let_go(self) -> None:
        """Forget work and callbacks, once finished: whoever remembers the job must not keep its volume alive."""
        self.work = _nothing
        self.on_done = self.on_failed = self.on_partial = None

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "cancelled")

    @property
    def cancel_requested(self) -> bool:
        """Whether `cancel` has been called; safe from any thread."""
        return self._unwanted.is_set()

    def check(self) -> None:
        """Raise Cancelled where the job is unwanted; safe from any thread."""
        if self._unwanted.is_set():
            raise Cancelled

    @property
    def seconds_left(self) -> float | None:
        """Return the time left as the pace so far foretells it; None before that can be said."""
        if self.state != "running" or self.started_s is None or self.fraction < 0.03:
            return None
        elapsed = time.monotonic() - self.started_s
        return elapsed * (1 - self.fraction) / self.fraction


def _nothing(*_: object) -> None:
    """Stand where the work of a finished job was."""
