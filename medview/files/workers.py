"""What this room asks of those that own processes: work on data of foreign origin, apart from the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol


class Workers(Protocol):
    """Processes with limits of time and memory that do one function on many tasks (`medview.jobs.process_pool`)."""

    def each(
        self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], *, limit_s: float = 60.0
    ) -> Iterator[tuple[int, Any]]:
        """Yield (index of the task, value or MedViewError) as they are ready, in no particular order.

        `function` is one of a module's own names; tasks and values can be pickled. A task that ends its process, takes
        longer than `limit_s` or more memory than it may yields a MedViewError. Closing the iterator drops the rest.
        """


class InThisProcess:
    """Does the work here and now: for files that the program has written itself, and for tests."""

    def each(
        self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], *, limit_s: float = 60.0
    ) -> Iterator[tuple[int, Any]]:
        """Yield (index, value) in order; what `function` raises passes through."""
        for number, task in enumerate(tasks):
            yield number, function(*task)
