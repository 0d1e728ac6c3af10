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

from medview.files.headers.dicom_header import Image, read_header  # noqa: E402
from medview.files.scanning.dicom_scan import scan  # noqa: E402
from medview.files.stacks.dicom_sort import sort  # noqa: E402
from medview.library.library import Library  # noqa: E402
from medview.library.query import Query  # noqa: E402
from tests.benchmarks.many_files import write_many  # noqa: E402
from tests.benchmarks.many_studies import many_studies  # noqa: E402

FILES = int(os.environ.get("MEDVIEW_BENCH_FILES", "10000"))
INSTANCES = int(os.environ.get("MEDVIEW_BENCH_INSTANCES", "100000"))
PYDICOM_FILES = 2000  # it takes its time
ROUNDS = 3


def main() -> None:
    """Print CPU microseconds a file, and ratios to the floor."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_many(Path(folder), FILES)
        with tempfile.TemporaryDirectory() as home:
            rounds = [_round(Path(folder), paths, Path(home, str(number))) for number in range(ROUNDS)]
    medians = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
    floor, slow = medians["read 8 KB: os.open"], medians["pydicom, stop_before_pixels"]
    print(f"{FILES} files, {os.cpu_count()} cores, median of {ROUNDS} rounds\n")
    print(f"{'work':42} {'us a file':>10} {'x floor':>8} {'x pydicom rate':>15}")
    for name, cost in medians.items():
        print(f"{name:42} {cost:10.1f} {cost / floor:8.2f} {slow / cost:15.1f}")
    with tempfile.TemporaryDirectory() as home:
        _big_library(Path(home))


def _round(folder: Path, paths: Sequence[Path], home: Path) -> dict[str, float]:
    images: list[Image] = []
    library = Library(home / "library")
    return {
        "read 8 KB: os.open": _cost_us(lambda: [_read_8kb(path) for path in paths], len(paths)),
        "read 8 KB: open()": _cost_us(lambda: [_read_8kb_open(path) for path in paths], len(paths)),
        "headers": _cost_us(lambda: _headers(paths, images), len(paths)),
        "sort": _cost_us(lambda: sort(images), len(paths)),
        "scan (list, headers, sort)": _cost_us(lambda: scan(folder), len(paths)),
        "scan and group, into the library": _cost_us(lambda: library.add(scan(folder)), len(paths)),
        "rescan of unchanged files": _cost_us(lambda: library.rescan(folder), len(paths)),
        "open from the library": _cost_us(lambda: _open_all(library), len(paths)),
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


def _open_all(library: Library) -> None:
    for row in library.search(limit=1_000_000):
        library.open_study(row.id)


def _big_library(home: Path) -> None:
    """Print how long a library of many instances takes to open and to search."""
    made = Library(home / "library")
    made.add(many_studies(home, INSTANCES))
    made.close()
    start = time.perf_counter()
    library = Library(home / "library")
    library.search()
    opened_ms = (time.perf_counter() - start) * 1e3
    queries = (Query("王小东"), Query("muller"), Query(patient_id="P00"), Query(modalities=("MR",)), Query("nobody"))
    spans = []
    for query in queries:
        start = time.perf_counter()
        library.search(query)
        library.count(query)
        spans.append((time.perf_counter() - start) * 1e3)
    print(
        f"\n{INSTANCES} instances in {library.count()} studies: opened and listed in {opened_ms:.0f} ms (bound 1000),"
    )
    print(f"searched and counted in {max(spans):.1f} ms at most (bound 100)")


if __name__ == "__main__":
    main()
