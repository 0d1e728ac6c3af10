"""The table of hostile cases: `python -m tests.hostile [CORPUS] [--big] [--only WORD]` (`make hostile`).

Without CORPUS it is made anew by the shared `make_hostile.py`. Each case runs through the real command line in a
process of its own, within the limits of time and memory that the corpus gives it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.hostile.judge import cases, run_case
from tests.hostile.make_corpus import make_corpus


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--big", action="store_true", help="with the cases of several gigabytes")
    parser.add_argument("--only", default="", help="cases whose id holds this word")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.corpus or make_corpus(Path(scratch) / "corpus", big=arguments.big)
        faults = 0
        for case in cases(folder):
            if arguments.only not in case.id:
                continue
            ending = run_case(case, Path(scratch) / "home")
            fault = ending.fault(case)
            faults += bool(fault)
            said = ending.messages[0] if ending.messages else ""
            print(f"{'FAIL' if fault else 'ok  '} {case.id:34} {case.category:20} {ending.seconds:5.1f} s "
                  f"{ending.rss_mb:5.0f} MB  {fault or ending.outcome} | {said[:150]}", flush=True)  # fmt: skip
        left = sorted(str(path) for path in folder.rglob("CANARY_*"))
    print(f"{faults} faults, canaries: {left or 'none'}")
    return 1 if faults or left else 0


if __name__ == "__main__":
    sys.exit(main())
