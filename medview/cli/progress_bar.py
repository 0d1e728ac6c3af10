"""What is going on, how far it is, and the time left: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from medview.progress import Progress, unheard

_LINE_EVERY_S = 5.0
_TELLING = 0.02  # of the work; what it took says nothing yet of the time left


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress]:
    """Give a progress that is told on standard error; nothing where `quiet` is given."""
    if quiet:
        yield unheard
    elif sys.stderr.isatty():
        with _bar() as progress:
            yield progress
    else:
        yield progress_lines(lambda line: print(line, file=sys.stderr, flush=True))


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def progress(fraction: float, text: str = "") -> None:
            # a file may be called anything, and its name is no markup
            bar.update(task, completed=fraction, description=escape(printable(text)) or None)

        yield progress


def progress_lines(tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> Progress:
    """Return a progress that tells a line every few seconds, as a log wants it."""
    begun = told = clock()

    def progress(fraction: float, text: str = "") -> None:
        nonlocal told
        now = clock()
        if now - told < _LINE_EVERY_S:
            return
        told = now
        left = f"about {(now - begun) * (1 - fraction) / fraction:.0f} s left" if fraction > _TELLING else ""
        tell(f"{fraction:4.0%} {', '.join(filter(None, (printable(text), left)))}")

    return progress


def printable(text: str) -> str:
    """Return a text that moves no cursor and can be printed whatever bytes a file's name has."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return shown.encode("utf-8", "replace").decode("utf-8")
