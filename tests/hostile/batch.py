"""Many cases in one process: `python -m tests.hostile.batch` reads paths from standard input, one JSON list.

Prints one line of JSON for each case as it ends, so that who reads them knows which one did not.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import time
from typing import Any

_MOST_BYTES = 6 * 2**30


def main() -> None:
    from medview import cli

    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    for path in json.load(sys.stdin):
        started = time.monotonic()
        answer = _checked(cli, path)
        row = {"path": path, "seconds": time.monotonic() - started, "answer": answer}
        sys.__stdout__.write(json.dumps(row) + "\n")  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]


def _checked(cli: Any, path: str) -> dict[str, Any]:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        cli.run(cli.parse(["check", path, "--json", "--quiet"]))
    out.flush()
    answer: dict[str, Any] = json.loads(out.buffer.getvalue())  # type: ignore[attr-defined]
    return answer


if __name__ == "__main__":
    main()
