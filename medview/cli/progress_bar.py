"""A bar on standard error: what is going on, how far it is, and the time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from medview.progress import Progress


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress]:
    """Give a progress that draws a bar; nothing where standard error is no terminal or `quiet` is given."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with RichProgress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=1.0)

        def progress(fraction: float, text: str = "") -> None:
            # a file may be called anything, and its name is no markup
            bar.update(task, completed=fraction, description=escape(printable(text)) or None)

        yield progress


def printable(text: str) -> str:
    """Return a text that moves no cursor and can be printed whatever bytes a file's name has."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return shown.encode("utf-8", "replace").decode("utf-8")
