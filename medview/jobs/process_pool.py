"""Processes that do small tasks on data of foreign origin: decoding pictures, reading damaged headers.

A codestream that is made to do harm, or only damaged, can crash a decoder, keep it busy for ever or have it ask for all
memory. Here that ends one process, which is replaced, and one task, which gets a sentence.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Self

from medview.errors import MedViewError
from medview.jobs.pool_calls import PoolCall, PoolCalls
from medview.jobs.pool_slot import PoolSlot
from medview.progress import Cancelled

_LOOK_S = 0.1
_MOST_PROCESSES = 8
_MEMORY_MB = 3072  # the largest pictures there are, decoded into 32 bits a value, with the codec's own working space


class ProcessPool:
    """Long-lived processes, spawned when first needed and kept warm; may be used from several threads at once.

    Parameters
    ----------
    processes
        How many; None for one a core that the program may use, eight at most.
    memory_mb
        What each may allocate, the volume it writes into not counted. Kept where the platform can (Linux).

    Also a context manager, which stops it at the end.
    """

    def __init__(self, processes: int | None = None, memory_mb: int = _MEMORY_MB) -> None:
        self.processes = processes or _cores()
        self._memory_mb = memory_mb
        self._calls = PoolCalls()
        self._slots: list[PoolSlot] = []
        self._starting = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def each(
        self,
        function: Callable[..., Any],
        tasks: Sequence[tuple[Any, ...]],
        *,
        limit_s: float = 60.0,
        waiting: Callable[[], None] | None = None,
    ) -> Iterator[tuple[int, Any]]:
        """Yield (index of the task, value or MedViewError) as they are ready; see `medview.files.workers.Workers`.

        Raises
        ------
        Cancelled
            The pool was stopped meanwhile. What `waiting` raises passes through, and so does what a task raises that
            cannot be made or pickled.
        """
        call = PoolCall(function, tasks, limit_s)
        self._start()
        self._calls.add(call)
        try:
            for _ in range(len(tasks)):
                number, value = _next_value(call, waiting)
                if isinstance(value, Exception) and not isinstance(value, MedViewError):
                    raise value
                yield number, value
        finally:
            self._calls.remove(call)

    def warm_up(self, prepare: Callable[[], None]) -> None:
        """Start the processes now and have each run `prepare`, a module's own function, without waiting for it."""
        threading.Thread(target=self._warm_up, args=(prepare,), name="medview-pool-start", daemon=True).start()

    def stop(self) -> None:
        """End the processes at once; whoever waits for a value gets Cancelled."""
        with self._starting:
            self._calls.stop()
            for slot in self._slots:
                slot.join(timeout_s=2.0)
            self._slots.clear()

    def _warm_up(self, prepare: Callable[[], None]) -> None:
        with suppress(Cancelled):
            for _ in self.each(prepare, [()] * self.processes):
                pass

    def _start(self) -> None:
        with self._starting:
            if not self._slots and not self._calls.is_stopped:
                self._slots = [PoolSlot(self._calls, number, self._memory_mb) for number in range(self.processes)]


def _next_value(call: PoolCall, waiting: Callable[[], None] | None) -> tuple[int, Any]:
    while True:
        try:
            found = call.values.get(timeout=_LOOK_S)
        except queue.Empty:
            if waiting is not None:
                waiting()
            continue
        if found is None:
            raise Cancelled
        return found


def _cores() -> int:
    """Return how many processes of the pool can be busy at once."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(there, _MOST_PROCESSES))
