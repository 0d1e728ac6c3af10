"""One process that works for us: started, spoken to through a pipe, watched, ended with everything it has started."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from medview.jobs import worker_main

if TYPE_CHECKING:
    import psutil

_MB = 1 << 20


class WorkerProcess:
    """A spawned Python that serves `worker_main.serve`.

    Attributes
    ----------
    connection
        Our end of the pipe.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=worker_main.serve, args=(theirs,), name="medview-worker", daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """Its number."""
        return self._process.pid

    def wait(self, seconds: float) -> int | None:
        """Return what it ended with within some seconds, None where it still runs."""
        self._process.join(timeout=seconds)
        return self._process.exitcode

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def memory_mb(self) -> int:
        """Return the memory that would be free without it and what it has started, 0 where it has gone.

        What they share counts for nothing where the system tells it: images stay with the window, libraries with it.
        """
        import psutil

        held = 0
        for process in self._tree():
            try:
                facts = process.memory_info()
                held += facts.rss - getattr(facts, "shared", 0)
            except psutil.Error:
                continue
        return held // _MB

    def end(self) -> None:
        """End it and every process that it has started, at once."""
        import psutil

        for process in self._tree():  # found while the parent lives: orphans cannot be told afterwards
            try:
                process.kill()
            except psutil.Error:
                continue
        self.connection.close()
        if self.is_alive:
            self.kill()
        self.wait(2.0)

    def end_strays(self) -> None:
        """End what a job has started and left behind; Python's own keeper of shared memory stays."""
        import psutil

        for process in self._tree()[:-1]:
            try:
                if not any("resource_tracker" in word for word in process.cmdline()):
                    process.kill()
            except psutil.Error:
                continue

    def _tree(self) -> list[psutil.Process]:
        """Return the processes it has started, then itself."""
        import psutil

        try:
            root = psutil.Process(self.pid)
            return [*root.children(recursive=True), root]
        except psutil.Error:
            return []
