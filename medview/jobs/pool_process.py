"""A process of the pool: does one task after the other, within limits, and ends with the program.

Never imports Qt. It works on data of foreign origin, so everything it does may fail in any way.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import ORIGINAL_DIR  # type: ignore[attr-defined]  # where the program was started
from pathlib import Path
from typing import Any

from medview.errors import MedViewError

ALARM_GRACE_S = 5.0  # the program ends a late process itself; the alarm is for one whose program is gone
_MB = 2**20


def serve(connection: Connection, memory_mb: int) -> None:
    """Do what comes through `connection` until the other side goes away."""
    _be_modest()
    _be_silent()
    _be_isolated()
    _own_nothing()
    _limit(memory_mb)
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_work, args=(connection, tasks, memory_mb), name="medview-task", daemon=True).start()
    while True:
        try:
            tasks.put(connection.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)  # the program has gone, in whatever way: nothing here may outlive it


def _be_modest() -> None:
    """Leave the window its right of way; one thread a process, since there is a process for each core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
        os.environ[name] = "1"
    if hasattr(os, "nice"):
        os.nice(5)


def _be_silent() -> None:
    """Let no C library write between the lines of the program's own output."""
    with contextlib.suppress(OSError):  # a program without a console has none of them
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def _be_isolated() -> None:
    """Import nothing from the folder that the program was started in: it may be the one with the foreign files."""
    home = str(Path(__file__).resolve().parents[2])
    foreign = {"", ".", ORIGINAL_DIR, os.getcwd()} - {home}
    sys.path[:] = [place for place in sys.path if place not in foreign]


def _own_nothing() -> None:
    """Attach shared memory without a claim to it.

    Python has every process that attaches answer for freeing the memory. When the program drops a volume while a task
    is on its way here, that claim comes last, and ends as a complaint about memory that nobody has freed.
    """
    resource_tracker.register = lambda name, rtype: None


def _limit(memory_mb: int) -> None:
    """Bound what the process may take beyond what it has, and leave no memory image behind when it crashes."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # not RLIMIT_AS: the shared volumes that the process writes into would count
        limit = memory_mb * _MB
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (limit if most < 0 else min(limit, most), most))


def _work(connection: Connection, tasks: queue.SimpleQueue[bytes], memory_mb: int) -> None:
    while True:
        answer = _answer(tasks.get(), memory_mb)
        try:
            packed = pickle.dumps(answer, protocol=5)
        except Exception as error:  # a value that cannot travel is the task's failure, not the process's
            packed = pickle.dumps(_failed(error))
        del answer  # the next wait may be long: hold no volume through it
        connection.send_bytes(packed)


def _answer(message: bytes, memory_mb: int) -> Any:
    try:
        function, task, limit_s = pickle.loads(message)  # noqa: S301  from our own program, through a private pipe
        with _alarm(limit_s):
            return function(*task)
    except MedViewError as error:
        return error
    except MemoryError:
        return MedViewError("It needs more than the {limit} MB of memory that it may take.", limit=memory_mb)
    except BaseException as error:  # decoders raise BaseException too (pyo3's PanicException), and SystemExit is no end
        return _failed(error)


def _failed(error: BaseException) -> MedViewError:
    # the kind only: the text of a foreign error may quote the file
    return MedViewError("It could not be read ({reason}).", reason=type(error).__name__)


@contextlib.contextmanager
def _alarm(limit_s: float) -> Any:
    """Let the system end this process when a task takes too long, even in C code that holds the interpreter."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, limit_s + ALARM_GRACE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
