"""What the processes of a pool are asked to do: calls of several tasks each, taken in turn."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any


class PoolCall:
    """One function on many tasks, and the values that have come back.

    Attributes
    ----------
    values
        (index of the task, value) as they come; None when the pool has stopped and no more will. An exception that is
        no MedViewError is for the caller: the task could not even be handed over.
    dropped_s
        When nobody wanted the rest any more; None while it is wanted.
    """

    def __init__(self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], limit_s: float) -> None:
        self.function = function
        self.limit_s = limit_s
        self.values: queue.SimpleQueue[tuple[int, Any] | None] = queue.SimpleQueue()
        self.dropped_s: float | None = None
        self._tasks = tasks
        self._taken = 0
        self._asking = threading.Lock()

    @property
    def left(self) -> int:
        """How many tasks nobody has taken yet; none once the call was dropped."""
        return len(self._tasks) - self._taken if self.dropped_s is None else 0

    def take(self) -> int:
        """Return the index of the next task."""
        self._taken += 1
        return self._taken - 1

    def task(self, number: int) -> tuple[Any, ...]:
        """Return a task, which is asked for only when it is begun: the order may change until then."""
        with self._asking:
            return self._tasks[number]

    def drop(self) -> None:
        """Take back what nobody has begun; what is being done has a moment to end."""
        self.dropped_s = time.monotonic()


class PoolCalls:
    """The open calls of a pool. Tasks are taken from each in turn, so that a long call does not hold up a short one."""

    def __init__(self) -> None:
        self._calls: deque[PoolCall] = deque()
        self._changed = threading.Condition()
        self._warm_idle = 0
        self.is_stopped = False

    def add(self, call: PoolCall) -> None:
        """Open a call."""
        with self._changed:
            if self.is_stopped:
                call.values.put(None)
                return
            self._calls.append(call)
            self._changed.notify_all()

    def stop(self) -> None:
        """End every call; `take` returns None from now on."""
        with self._changed:
            self.is_stopped = True
            for call in self._calls:
                call.drop()
                call.values.put(None)
            self._changed.notify_all()

    def remove(self, call: PoolCall) -> None:
        """Close a call: nobody waits for it any more."""
        with self._changed:
            call.drop()
            if call in self._calls:
                self._calls.remove(call)

    def give(self, call: PoolCall, number: int, value: Any, *, is_warm: bool) -> None:
        """Hand a value over; the process that made it, if it still lives, is free from this moment."""
        with self._changed:
            self._warm_idle += is_warm
            call.values.put((number, value))

    def take(self, *, is_warm: bool, wait_s: float) -> tuple[PoolCall, int] | None:
        """Return the next task's index of the call whose turn it is; None after `wait_s` without one, or when stopped.

        A process that has not been started takes one only where those that are there have enough to do.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.is_stopped or self._is_due(is_warm), timeout=wait_s)
            found = None if self.is_stopped or not self._is_due(is_warm) else self._next()
            self._warm_idle -= is_warm
            return found

    def _is_due(self, is_warm: bool) -> bool:
        left = sum(call.left for call in self._calls)
        return left > (0 if is_warm else self._warm_idle)

    def _next(self) -> tuple[PoolCall, int]:
        while not self._calls[0].left:
            self._calls.rotate(-1)
        call = self._calls[0]
        self._calls.rotate(-1)
        return call, call.take()
