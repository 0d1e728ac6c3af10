"""What the processes of the pool are given in tests: each function is one way for foreign data to do harm."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from typing import Any

from medview.errors import MedViewError
from medview.study import shared_array


def square(number: int) -> int:
    return number * number


def crash(number: int) -> int:
    if number == 1:
        signal.raise_signal(signal.SIGSEGV)
    return number


def divide() -> None:
    signal.raise_signal(signal.SIGFPE)


def abort() -> None:
    os.abort()


def leave() -> None:
    os._exit(7)


def exit_softly() -> None:
    raise SystemExit(3)


class PanicException(BaseException):
    """Stands for what decoders written in Rust raise."""


def panic() -> None:
    raise PanicException("the text of it")


def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"


def hold_interpreter(seconds: float) -> None:
    """Sleep in C without letting go of the interpreter."""
    ctypes.PyDLL(None).usleep(ctypes.c_uint(int(seconds * 1e6)))


def eat_memory(megabytes: int) -> int:
    return len(bytearray(megabytes * 2**20))


def refuse() -> None:
    raise MedViewError("This is not {what}.", "Try another.", what="a picture")


def shout() -> str:
    os.write(1, b"noise from a C library\n")
    os.write(2, b"noise from a C library\n")
    return "shouted"


def surroundings() -> dict[str, Any]:
    return {"pid": os.getpid(), "path": sys.path, "modules": sorted(sys.modules), "cwd": os.getcwd()}


def write_into(handle: tuple[str, tuple[int, ...], str], index: int) -> int:
    array = shared_array.attach(*handle)
    array[index] = (index + 1) % 256
    return index


def cannot_travel() -> object:
    return lambda: 0
