"""Run another program to its end, with a cancel that takes it down with all that it has started."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence

from medview.errors import MedViewError
from medview.progress import Cancelled, Progress

_ASK_S = 0.1


def run_program(command: Sequence[str], progress: Progress, text: str) -> str:
    """Return what a program has written; it is given no input.

    Raises
    ------
    MedViewError
        It cannot be started or ends with an error: its last line says why.
    Cancelled
        The person stopped it.
    """
    import psutil

    with tempfile.TemporaryFile() as out:
        try:
            program = psutil.Popen(list(command), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        except OSError as error:
            raise _failed(command, str(error)) from error
        try:
            while program.poll() is None:
                progress(0.0, text)
                time.sleep(_ASK_S)
        except Cancelled:
            for process in [*program.children(recursive=True), program]:
                process.kill()
            program.wait()
            raise
        out.seek(0)
        said = out.read().decode("utf-8", "replace")
    if program.returncode:
        lines = [line for line in said.splitlines() if line.strip()]
        raise _failed(command, lines[-1].strip() if lines else f"exit code {program.returncode}")
    return said


def _failed(command: Sequence[str], reason: str) -> MedViewError:
    return MedViewError(
        "{program} did not succeed: {reason}",
        "Check the network and the free room on the disk, and try again.",
        program=command[0].replace("\\", "/").split("/")[-1],
        reason=reason,
    )
