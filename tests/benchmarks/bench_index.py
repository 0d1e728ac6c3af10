"""What it costs to scan and sort thousands of files, against reading 8 KB of each: ``make bench SUITE=index``.

Files of 12.7 kB with 40 private elements each, in four series a study, page cache warm; CPU time, median
of three rounds of everything. Bounds: scan at most 20 times the floor with the library, and 4 times pydicom's rate.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pydicom import dcmread  # noqa: E402

from medview.files.dicom_header import Image, read_header  # noqa: E402
from medview.files.dicom_scan import scan  # noqa: E402
from medview.files.dicom_sort import sort  # noqa: E402
from tests.benchmarks.many_files import write_many  # noqa: E402

FILES = int(os.environ.get("MEDVIEW_BENCH_FILES", "10000"))
PYDICOM_FILES = 2000  # it takes its time
ROUNDS = 3


def main() -> None:
    """Print CPU microseconds a file, and ratios to the floor."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_many(Path(folder), FILES)
        rounds = [_round(Path(folder), paths) for _ in range(ROUNDS)]
    medians = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
    floor, slow = medians["read 8 KB: os.open"], medians["pydicom, stop_before_pixels"]
    print(f"{FILES} files, {os.cpu_count()} cores, median of {ROUNDS} rounds\n")
    print(f"{'work':42} {'us a file':>10} {'x floor':>8} {'x pydicom rate':>15}")
    for name, cost in medians.items():
        print(f"{name:42} {cost:10.1f} {cost / floor:8.1f} {slow / cost:15.1f}")


def _round(folder: Path, paths: Sequence[Path]) -> dict[str, float]:
    images: list[Image] = []
    return {
        "read 8 KB: os.open": _cost_us(lambda: [_read_8kb(path) for path in paths], len(paths)),
        "read 8 KB: open()": _cost_us(lambda: [_read_8kb_open(path) for path in paths], len(paths)),
        "headers": _cost_us(lambda: _headers(paths, images), len(paths)),
        "sort": _cost_us(lambda: sort(images), len(paths)),
        "scan (list, headers, sort)": _cost_us(lambda: scan(folder), len(paths)),
        "pydicom, stop_before_pixels": _cost_us(lambda: _pydicom(paths[:PYDICOM_FILES]), PYDICOM_FILES),
    }


def _cost_us(work: Callable[[], object], count: int) -> float:
    """Return the CPU microseconds that work takes for each of some files."""
    start = time.process_time()
    work()
    return (time.process_time() - start) / min(count, FILES) * 1e6


def _read_8kb(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 8192)
    finally:
        os.close(descriptor)


def _read_8kb_open(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(8192)


def _headers(paths: Sequence[Path], images: list[Image]) -> None:
    for path in paths:
        found = read_header(path)
        assert isinstance(found, tuple)
        images += found


def _pydicom(paths: Sequence[Path]) -> None:
    for path in paths:
        dcmread(path, stop_before_pixels=True)


if __name__ == "__main__":
    main()
