"""How long it takes to list and to read a series, against reading its bytes alone: ``make bench SUITE=read``.

Uses the real studies in MEDVIEW_SHARED or ../shared. Best of five, page cache warm.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import medview

ROOT = Path(__file__).resolve().parent.parent.parent
STUDIES = ("ct_chest_lungdx_a0002", "ct_abdomen_totalseg", "mr_t1_siemens_sagittal")


def best_ms(work: Callable[[], object], times: int = 5) -> float:
    """Return the shortest of some runs in milliseconds."""
    spans = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spans.append(time.perf_counter() - start)
    return min(spans) * 1000


def main() -> int:
    """Print one line a study."""
    data = Path(os.environ.get("MEDVIEW_SHARED", ROOT.parent / "shared")) / "data"
    if not data.is_dir():
        print("The shared studies are not here: set MEDVIEW_SHARED to the folder that holds data/.", file=sys.stderr)
        return 1
    print(f"{'study':<26} {'voxels':>16} {'bytes ms':>9} {'scan ms':>9} {'scan + read ms':>15}")
    for name in STUDIES:
        folder = data / name
        volume = medview.read(folder)
        files = {instance.path for instance in volume.series.instances}
        bytes_ms = best_ms(lambda files=files: [path.read_bytes() for path in files])
        scan_ms = best_ms(lambda folder=folder: medview.scan(folder))
        read_ms = best_ms(lambda folder=folder: medview.read(folder))
        voxels = "x".join(map(str, volume.array.shape))
        print(f"{name:<26} {voxels:>16} {bytes_ms:9.0f} {scan_ms:9.0f} {read_ms:15.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
