"""One process of the pool, seen from the program, and the thread that feeds it."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

from medview.errors import MedViewError
from medview.jobs import pool_process
from medview.jobs.pool_calls import PoolCall, PoolCalls

_IDLE_S = 300.0  # after this long without a task the process gives its memory back
_LOOK_S = 0.05
_GRACE_S = 0.8  # how long a task that nobody wants any more may take to end by itself: a new process costs more
_starting = threading.Lock()


class PoolSlot:
    """Takes tasks and has them done in a process, which is started with the first one and replaced when it ends."""

    def __init__(self, calls: PoolCalls, number: int, memory_mb: int) -> None:
        self._calls = calls
        self._memory_mb = memory_mb
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"medview-pool-{number}", daemon=True)
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread, which ends once the calls are stopped, and see that the process has gone."""
        self._thread.join(timeout_s)
        self._end_process()

    def _run(self) -> None:
        while not self._calls.is_stopped:
            found = self._calls.take(is_warm=self._process is not None, wait_s=_IDLE_S)
            if found is None:
                self._end_process()
                continue
            call, number = found
            value = self._done(call, number)
            self._calls.give(call, number, value, is_warm=self._process is not None)
            del call, found, value  # the next wait may be long
        self._end_process()

    def _done(self, call: PoolCall, number: int) -> Any:
        """Return what the task gives, or what became of it."""
        try:
            message = pickle.dumps((call.function, call.task(number), call.limit_s), protocol=5)
        except Exception as error:  # a mistake of the caller, and his to hear of: this thread must live on
            return error
        try:
            connection = self._connected()
            connection.send_bytes(message)
            return self._awaited(call, connection)
        except (EOFError, OSError):
            return self._death(call)

    def _awaited(self, call: PoolCall, connection: Connection) -> Any:
        end_s = time.monotonic() + call.limit_s
        while not connection.poll(_LOOK_S):
            now = time.monotonic()
            if now > end_s:
                self._end_process()
                return _late(call)
            if call.dropped_s is not None and now - call.dropped_s > _GRACE_S:
                self._end_process()
                return None
        return pickle.loads(connection.recv_bytes())  # noqa: S301  from our own process, through a private pipe

    def _death(self, call: PoolCall) -> MedViewError:
        process = self._process
        if process is not None:
            process.join(timeout=1.0)
        code = process.exitcode if process is not None else None
        self._end_process()
        return _late(call) if code == -getattr(signal, "SIGALRM", 0) else _crashed(code)

    def _connected(self) -> Connection:
        if self._process is None or self._connection is None or not self._process.is_alive():
            self._end_process()
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            arguments = (theirs, self._memory_mb)
            process = context.Process(target=pool_process.serve, args=arguments, name="medview-pool", daemon=True)
            with _starting, _no_main_module():
                process.start()
            theirs.close()
            self._process, self._connection = process, ours
        return self._connection

    def _end_process(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()
            process.join(timeout=2.0)


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Keep multiprocessing from running the person's own script again in the new process."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _late(call: PoolCall) -> MedViewError:
    return MedViewError(
        "It took longer than {limit:g} seconds and was stopped.",
        "Copy the images again from their source.",
        limit=call.limit_s,
    )


def _crashed(code: int | None) -> MedViewError:
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in list(signal.Signals) else str(-code)
        return MedViewError(
            "Reading it crashed the process that did it ({signal}).",
            "Copy the images again from their source.",
            signal=name,
        )
    return MedViewError(
        "Reading it ended the process that did it (exit code {code}).",
        "Copy the images again from their source.",
        code=code,
    )
