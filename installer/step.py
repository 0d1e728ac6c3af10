"""One step of the set-up: a command, its output in the log, one line about it for the person."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from installer.checkout import LOG, ROOT, VENV


class SetUpError(Exception):
    """The set-up cannot go on; the text says why and what would help."""


class StepError(Exception):
    """A command ended with an error; `lines` is what it said."""

    def __init__(self, title: str, lines: list[str]) -> None:
        super().__init__(title)
        self.lines = lines


class Ticker:
    """One line on the terminal that tells what is going on and for how long; a line every 20 s where there is none."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._start_s = time.monotonic()
        self._told_s = self._start_s
        self._live = sys.stdout.isatty()
        print(f"  {title} ...", end="" if self._live else "\n", flush=True)

    def tick(self, detail: str) -> None:
        """Tell what is being done just now."""
        now_s = time.monotonic()
        text = f"  {self._title} ... {self.elapsed()} {detail}"
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{text[:width]:<{width}}", end="", flush=True)
        elif now_s - self._told_s >= 20:
            self._told_s = now_s
            print(text, flush=True)

    def end(self, word: str = "done") -> None:
        """Tell that it is over."""
        self.tick("")
        print(f"{chr(13) if self._live else ''}  {self._title}: {word} in {self.elapsed()}", flush=True)

    def elapsed(self) -> str:
        """Return minutes and seconds since the start."""
        seconds = int(time.monotonic() - self._start_s)
        return f"{seconds // 60}:{seconds % 60:02d} min"


def follow(title: str, command: Sequence[str | Path], tell: Callable[[str], str | None] = lambda line: None) -> None:
    """Run a command with its output in the log and one line for the person.

    `tell` makes a line of output into what the person reads, or None. Raises StepError.
    """
    ticker = Ticker(title)
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        encoding="utf-8",
        errors="replace",
    )
    lines: list[str] = []
    heard: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(process, heard), daemon=True).start()
    detail = ""
    while True:
        try:
            line = heard.get(timeout=1.0)
        except queue.Empty:
            ticker.tick(detail)
            continue
        if line is None:
            break
        lines.append(line.rstrip())
        detail = tell(line) or detail
        ticker.tick(detail)
    code = process.wait()
    _keep_log(command, lines)
    ticker.end("done" if code == 0 else "failed")
    if code != 0:
        raise StepError(title, lines)


def _listen(process: subprocess.Popen[str], heard: queue.SimpleQueue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        heard.put(line)
    heard.put(None)


def _keep_log(command: Sequence[str | Path], lines: list[str]) -> None:
    if VENV.is_dir():
        with LOG.open("a", encoding="utf-8") as log:
            log.write("\n".join(["$ " + " ".join(map(str, command)), *lines, ""]))


def _environment() -> dict[str, str]:
    """Return the environment of the commands: unpacked packages go to the disk whose space was checked."""
    environment = {**os.environ, "PYTHONUTF8": "1", "DEBIAN_FRONTEND": "noninteractive"}
    if VENV.is_dir():
        (VENV / "tmp").mkdir(exist_ok=True)
        environment.update({name: str(VENV / "tmp") for name in ("TMPDIR", "TEMP", "TMP")})
    return environment


def ending(lines: list[str]) -> str:
    """Return what a failed command said of its failure."""
    errors = [line for line in lines if line.lstrip().startswith(("ERROR", "error:", "E:"))]
    return "\n".join((errors or [line for line in lines if line])[-6:])
