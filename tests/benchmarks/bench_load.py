"""Reading a CT of 300 slices, beside SimpleITK, pydicom and reading its bytes alone: ``make bench SUITE=load``.

The series is generated (`tests/files/make_ct.py`); ``bench_load.py 60 RLE`` takes 60 slices, and RLE alone. Warm page
cache, medians, the readers in turn in the same run. Compressed pixels are decoded by the warm processes of the program;
"cold" starts them. Scanning is included in every figure of ours, finding the names in every figure of SimpleITK.
"""

from __future__ import annotations

import glob
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from medview.files.pixels.dicom_decode import prepare_decoding  # noqa: E402
from medview.files.pixels.dicom_pixels import read_volume  # noqa: E402
from medview.files.scanning.dicom_scan import scan  # noqa: E402
from medview.files.workers import Workers  # noqa: E402
from medview.jobs.process_pool import ProcessPool  # noqa: E402
from medview.progress import Cancelled  # noqa: E402
from medview.study.volume import Volume  # noqa: E402
from tests.files.make_ct import SYNTAXES, noisy_slices, write_ct  # noqa: E402

# kind -> (times, most that ours may take of SimpleITK's time)
RUNS = {
    "uncompressed": (7, 0.25),
    "RLE": (3, 0.05),
    "JPEG lossless": (5, 0.6),
    "JPEG-LS": (5, 0.6),
    "JPEG 2000": (3, 0.6),
}
FIRST_BOUND = 0.35  # first image, of the full load
# The volume is touched, so that its pages count as the program's. What the decoding processes have of their own is told
# apart: it stays the same however large the volume is.
_MEMORY_SCRIPT = """
import glob, sys
sys.path.insert(0, sys.argv[1])
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.jobs.process_pool import ProcessPool
def of(process, name):
    return next(int(line.split()[1]) for line in open(f"/proc/{process}/status") if line.startswith(name))
with ProcessPool() as pool:
    volume = read_volume(scan(sys.argv[2]).studies[0].series[0], workers=pool)
    volume.array.max()
    children = {pid for path in glob.glob("/proc/self/task/*/children") for pid in open(path).read().split()}
    print(volume.array.nbytes, of("self", "VmHWM"), sum(of(pid, "RssAnon") for pid in children))
"""


def main(count: int, kinds: Sequence[str]) -> int:
    """Print a row a reader and kind; return how many bounds were missed."""
    slices = noisy_slices(count)
    missed = 0
    with tempfile.TemporaryDirectory() as folder, ProcessPool() as pool:
        pool.warm_up(prepare_decoding)
        print(f"{count} slices of 512 x 512, {pool.processes} decoding processes; seconds, and ratio to SimpleITK")
        for kind in kinds:
            times, bound = RUNS[kind]
            path = write_ct(Path(folder) / kind, slices, SYNTAXES[kind])
            _check(_ours(path, pool), slices)
            missed += _compare(kind, path, times, bound, pool)
            missed += _memory(path)
    return missed


def _compare(kind: str, path: Path, times: int, bound: float, pool: Workers) -> int:
    readers: dict[str, Callable[[], object]] = {
        "ours": lambda: _ours(path, pool),
        "first slice": lambda: _first(path, pool),
        "SimpleITK": lambda: _simple_itk(path),
    }
    if kind == "uncompressed":
        readers |= {"pydicom": lambda: _pydicom(path), "raw read": lambda: [p.read_bytes() for p in path.iterdir()]}
    spans: dict[str, list[float]] = {name: [] for name in readers}
    busy: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(times):
        for name, reader in readers.items():
            before = _cpu_s()
            spans[name].append(_span(reader))
            busy[name].append(_cpu_s() - before)
    if kind != "uncompressed":
        spans["ours, cold"] = [_span(lambda: _cold(path))]
    seconds = {name: statistics.median(values) for name, values in spans.items()}
    megabytes = sum(p.stat().st_size for p in path.iterdir()) / 1e6
    print(f"\n{kind} ({megabytes:.0f} MB, median of {times})")
    for name, value in seconds.items():
        shortest, longest = min(spans[name]), max(spans[name])
        cpu = f"  CPU {statistics.median(busy[name]):.3f} s" if name in busy else ""
        print(
            f"  {name:12} {value:8.3f} s  ({shortest:.3f} to {longest:.3f})  {value / seconds['SimpleITK']:6.3f}{cpu}"
        )
    first, share = seconds["first slice"] / seconds["ours"], seconds["ours"] / seconds["SimpleITK"]
    print(f"  ours / SimpleITK {share:.3f} (bound {bound}); first slice / ours {first:.3f} (bound {FIRST_BOUND})")
    return int(share > bound) + int(first > FIRST_BOUND)


def _memory(path: Path) -> int:
    """Print the most memory that a fresh process takes."""
    if not sys.platform.startswith("linux"):
        return 0
    command = [sys.executable, "-c", _MEMORY_SCRIPT, str(ROOT), str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    volume_mb, peak_mb, decoders_mb = int(said[0]) / 2**20, int(said[1]) / 2**10, int(said[2]) / 2**10
    bound = 1.15 * volume_mb + 150
    print(f"  memory {peak_mb:.0f} MB for a volume of {volume_mb:.0f} MB (bound {bound:.0f})"
          f"; {decoders_mb:.0f} MB in decoding processes")  # fmt: skip
    return int(peak_mb > bound)


def _ours(path: Path, pool: Workers) -> Volume:
    return read_volume(scan(path).studies[0].series[0], workers=pool)


def _first(path: Path, pool: Workers) -> None:
    """Scan, and read until the first slice is there."""

    def stop(_: Volume) -> None:
        raise Cancelled

    try:
        read_volume(scan(path).studies[0].series[0], workers=pool, on_begun=stop)
    except Cancelled:
        return


def _cold(path: Path) -> None:
    with ProcessPool() as pool:
        _ours(path, pool)


def _simple_itk(path: Path) -> object:
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(path)))
    return reader.Execute()


def _pydicom(path: Path) -> object:
    import pydicom

    datasets = [pydicom.dcmread(p) for p in path.iterdir()]
    datasets.sort(key=lambda dataset: dataset.ImagePositionPatient[2])
    return np.stack([d.pixel_array * np.int16(d.RescaleSlope) + np.int16(d.RescaleIntercept) for d in datasets])


def _check(volume: Volume, slices: NDArray[np.uint16]) -> None:
    """Speed that costs truth is none."""
    if not np.array_equal(volume.array, slices.astype(np.int16) - 1024):
        raise SystemExit("the volume is not what was written")


def _cpu_s() -> float:
    """Return the processor time of this process and its decoders: on a busy machine it tells more than the clock."""
    own = time.process_time()
    if not sys.platform.startswith("linux"):
        return own
    tick = os.sysconf("SC_CLK_TCK")
    children = {pid for path in glob.glob("/proc/self/task/*/children") for pid in Path(path).read_text().split()}
    for pid in children:
        with suppress(OSError):
            own += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) / tick
    return own


def _span(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(1 if main(int((sys.argv + ["300"])[1]), sys.argv[2:] or list(RUNS)) else 0)
