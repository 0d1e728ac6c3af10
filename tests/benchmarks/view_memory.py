"""What showing a volume and a mask costs in memory beside their own arrays."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from medview.session.session import Session
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.shared_array import allocate
from tests.benchmarks.bench_stalls import make_ct, rest, screen, until

MIB = 2**20


def _resident() -> int:
    """Return the memory of this process and those it has started, in bytes; what they share is counted once."""
    gc.collect()
    return 1024 * sum(_proportional_kib(process) for process in _family("self"))


def _family(process: str) -> list[str]:
    children = [
        child
        for path in Path(f"/proc/{process}/task").glob("*/children")
        for child in path.read_text(encoding="ascii").split()
    ]
    return [process, *(member for child in children for member in _family(child))]


def _proportional_kib(process: str) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return 0
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:")))


def measure() -> None:
    """Print what a volume of 512x512x300 int16 and a mask of 117 labels add when they are shown in four panes."""
    with tempfile.TemporaryDirectory() as home, screen() as shown:
        os.environ.update(shown)
        folder = Path(home) / "ct"
        make_ct(folder)
        from medview.app import make_window, warm_up
        from medview.jobs.job_queue import JobQueue
        from medview.session.layout import shipped_layout
        from medview.session.open_folder import open_folder

        application = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(application, QApplication)
        jobs = JobQueue()
        window = make_window(application, jobs)
        window.resize(1440, 900)
        window.show()
        warm_up(jobs)
        until(lambda: not jobs.jobs)
        small = Path(home) / "small"
        _small(small)
        open_folder(window.session, small)  # panes, VTK and buffers of the screen's size are there before the count
        until(lambda: window.session.scene is not None and not jobs.jobs)
        window.session.set_layout(shipped_layout("mpr"))
        rest(3.0)
        before = _resident()
        open_folder(window.session, folder)
        until(lambda: window.session.scene is not None and window.session.scene.volume.array.shape[0] == 300)
        until(lambda: window.session.scene.is_whole and not jobs.jobs)
        rest(3.0)
        array = window.session.scene.volume.array.nbytes
        window.session.scene.volume.array.max()  # all of it counts, also where nobody has looked yet
        shown_bytes = _resident() - before
        _told("volume in three planes and 3D", shown_bytes, array, 1.15)
        _show_mask(window.session)
        rest(3.0)
        labels = window.session.scene.segmentation.labels.nbytes
        _told("mask of 117 labels beside it", _resident() - before - shown_bytes, labels, 1.0)
        rest(30.0)  # decoders that nobody has needed for a while end
        _told("both, half a minute later", _resident() - before, array + labels, 1.1)
        window.close()
        jobs.stop()


def _told(name: str, cost: int, array: int, bound: float) -> None:
    print(
        f"  {name:32s} {cost / MIB:7.1f} MiB   array {array / MIB:7.1f} MiB   x{cost / array:5.2f}   bound {bound:.2f}"
    )


def _show_mask(session: Session) -> None:
    """Show a mask of 117 labels that fill the volume in blocks."""
    scene = session.scene
    assert scene is not None
    labels = allocate(scene.volume.geometry.shape, np.uint8)
    z, y, x = (np.arange(n) // 40 for n in labels.shape)
    for index in range(labels.shape[0]):
        labels[index] = (z[index] * 169 + y[:, None] * 13 + x) % 118
    segments = tuple(Segment(n, str(n), (n * 2, 255 - n, 90)) for n in range(1, 118))
    mask = Segmentation(labels, scene.volume.geometry, Source.of(scene.series), segments)
    scene.study.add(mask)
    scene.show_segmentation(mask)


def _small(folder: Path) -> None:
    from tests.benchmarks.many_files import write_many

    write_many(folder, 50, slices=50)
