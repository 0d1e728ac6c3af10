"""A worker in another Python, with packages of its own: for plugins that cannot live with the program's."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from medview.jobs.worker_process import WorkerProcess

# the other Python's own packages come first; what it lacks is taken from the program's
_CODE = (
    "import sys; sys.path.extend(sys.argv[2:]); "
    "from medview.jobs.worker_main import serve_foreign; serve_foreign(int(sys.argv[1]))"
)


class ForeignWorker(WorkerProcess):
    """A worker process of an interpreter of its own."""

    def __init__(self, python: Path) -> None:
        self.connection, theirs = multiprocessing.Pipe()
        handle = theirs.fileno()
        self._popen = subprocess.Popen(  # noqa: S603  the interpreter of an environment that was made here
            [str(python), "-c", _CODE, str(handle), *_places()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_handed(handle),
        )
        theirs.close()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._popen.poll() is None

    @property
    def pid(self) -> int | None:
        """Its number."""
        return self._popen.pid

    def wait(self, seconds: float) -> int | None:
        """Return what it ended with within some seconds, None where it still runs."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it at once."""
        self._popen.kill()


def _places() -> list[str]:
    """Return where the program and its packages lie."""
    root = str(Path(__file__).resolve().parents[2])
    return [root, *(place for place in sys.path if place and place != root and Path(place).exists())]


def _handed(handle: int) -> dict[str, Any]:
    """Return what makes one end of a pipe live on in the new process, and nothing else."""
    if sys.platform == "win32":
        os.set_handle_inheritable(handle, True)
        start = subprocess.STARTUPINFO()
        start.lpAttributeList = {"handle_list": [handle]}
        return {"startupinfo": start, "close_fds": True}
    return {"pass_fds": (handle,)}
