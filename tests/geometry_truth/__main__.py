"""Print the table of every series in the shared studies; the exit status tells whether all of it is true."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.geometry_truth import peer
from tests.geometry_truth.rows import lines, rows_of

_HERE = Path(__file__).resolve().parents[2]


def main() -> int:
    """Print a row for each series of the sets that are named, of all sets where none is."""
    shared = Path(os.environ.get("MEDVIEW_SHARED") or _HERE.parent / "shared") / "data"
    if not shared.is_dir():
        print("The shared studies are not here: set MEDVIEW_SHARED to the folder that holds data/.")
        return 2
    if peer.program() is None:
        print("dcm2niix is not installed: its columns stay empty.")
    names = sys.argv[1:] or sorted(p.name for p in shared.iterdir() if p.is_dir())
    rows = [row for name in names for row in rows_of(shared / name, shared)]
    for line in lines(rows):
        print(line)
    false = sum(not row.is_true for row in rows)
    compared = [row for row in rows if row.peer_mm is not None]
    equal = sum(row.voxels_equal is True and (row.peer_mm or 0) <= 0.01 for row in compared)
    print(f"\n{len(rows)} series, {false} not true; {equal} of {len(compared)} equal to dcm2niix's volume of that size")
    return 1 if false else 0


if __name__ == "__main__":
    sys.exit(main())
