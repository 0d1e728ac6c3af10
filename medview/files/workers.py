"""What this room asks of those that own processes: work on data of foreign origin, apart from the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol


class Workers(Protocol):
    """Processes with limits of time and memory that do one function on many tasks (`medview.jobs.process_pool`)."""

    @property
    def processes(self) -> int:
        """How many tasks can be done at once."""

    def each(
        self,
        function: Callable[..., Any],
        tasks: Sequence[tuple[Any, ...]],
        *,
        limit_s: float = 60.0,
        waiting: Callable[[], None] | None = None,
    ) -> Iterator[tuple[int, Any]]:
        """Yield (index of the task, value or MedViewError) as they are ready, in no particular order.

        `function` is one of a module's own names; tasks and values can be pickled. Tasks are asked for one after the
        other, each when a process is free, so that a sequence may still decide which comes next. A task that ends its
        process, takes longer than `limit_s` or more memory than it may yields a MedViewError. Closing the iterator
        drops the rest. `waiting` is called several times a second while nothing is ready; what it raises passes
        through and drops the rest.
        """


class InThisProcess:
    """Does the work here and now: for files that the program has written itself, and for tests."""

    processes = 1

    def each(
        self,
        function: Callable[..., Any],
        tasks: Sequence[tuple[Any, ...]],
        *,
        limit_s: float = 60.0,
        waiting: Callable[[], None] | None = None,
    ) -> Iterator[tuple[int, Any]]:
        """Yield (index, value) in order; what `function` raises passes through."""
        for number in range(len(tasks)):
            yield number, function(*tasks[number])
