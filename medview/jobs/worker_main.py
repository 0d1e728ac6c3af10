"""The worker process: one gpu thread that does what it is sent, and one thread that listens for "cancel".

Never imports Qt: torch and Qt do not live together on Windows, and a model's crash must not reach the window.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

from medview.errors import MedViewError
from medview.progress import Cancelled

logger = logging.getLogger(__name__)
_QUIET_S = 0.05
_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def serve(connection: Connection) -> None:
    """Work off what comes through `connection` until the other side goes away."""
    _be_modest()
    _end_with_parent()
    works: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    unwanted = threading.Event()
    thread = threading.Thread(target=_gpu_thread, args=(connection, works, unwanted), name="medview-gpu", daemon=True)
    thread.start()
    while True:
        try:
            message = connection.recv_bytes()
        except (EOFError, OSError):
            os._exit(0)  # the window has gone: no clean-up of a busy model may keep the process alive
        if message == _CANCEL:
            unwanted.set()
        else:
            unwanted.clear()
            works.put(message)


def serve_foreign(handle: int) -> None:
    """Serve in an interpreter that another program has started, which holds the other end of a pipe."""
    from multiprocessing import resource_tracker

    # what is shared belongs to the program: this interpreter's own keeper would delete it at the end
    resource_tracker.register = resource_tracker.unregister = lambda name, rtype: None
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        serve(PipeConnection(handle))
    else:
        serve(Connection(handle))


_CANCEL = pickle.dumps(("cancel", None))


def _be_modest() -> None:
    """Leave the window a core and the right of way; must come before torch or ITK are imported."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threads = str(max(1, (os.cpu_count() or 2) - 1))
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
        os.environ.setdefault(name, threads)
    if hasattr(os, "nice"):
        os.nice(10)


def _end_with_parent() -> None:
    """Let the system end this process with its program, also while foreign code holds the interpreter (Linux alone)."""
    if sys.platform != "linux":
        return
    import ctypes

    program = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != program:  # it has gone meanwhile
        os._exit(0)


def _gpu_thread(connection: Connection, works: queue.SimpleQueue[bytes | None], unwanted: threading.Event) -> None:
    while (message := works.get()) is not None:
        answer = _answer(connection, message, unwanted)
        try:
            packed = pickle.dumps(answer, protocol=5)
        except Exception as error:  # a result that cannot travel is the plugin's failure, not the worker's
            packed = pickle.dumps(("failed", _told(error)))
        connection.send_bytes(packed)
        del answer, packed  # the next wait may be long: hold no volume through it


def _answer(connection: Connection, message: bytes, unwanted: threading.Event) -> tuple[str, Any]:
    told_s = 0.0

    def progress(fraction: float, text: str = "") -> None:
        nonlocal told_s
        if unwanted.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - told_s >= _QUIET_S:
            told_s = now
            connection.send(("progress", fraction, text))

    def tell(value: Any) -> None:
        if unwanted.is_set():
            raise Cancelled
        connection.send(("partial", value))

    try:
        _, (work, tells) = pickle.loads(message)  # noqa: S301  from our own main process, through a private pipe
        return "done", work(progress, tell) if tells else work(progress)
    except Cancelled:
        return "cancelled", None
    except BaseException as error:
        return "failed", _told(error)


def _told(error: BaseException) -> BaseException:
    """Return the error where it can travel, else one that says what it was."""
    if isinstance(error, MedViewError):
        return error
    if isinstance(error, MemoryError):
        return MedViewError(
            "The model needs more memory than there is: {reason}",
            "Close other studies or programs, choose fewer slices or another model, or run it on a larger computer.",
            reason=str(error),
        )
    logger.info("work failed", exc_info=error)
    reason = f"{type(error).__name__}: {error}"
    return MedViewError(
        "The model failed: {reason}", "Try another model or another device; the details are in the log.", reason=reason
    )
