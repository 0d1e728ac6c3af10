"""From the moment a folder is chosen: when its first image is painted, and when all of it is there.

Run with ``python tests/benchmarks/bench_first_image.py``, or ``make bench SUITE=first_image``. The real window with the
real job queue, warm page cache, a CT of 512x512x300, uncompressed and as JPEG 2000. Medians of several openings in ms;
read the ratios, since machines differ. "longest wait" is how late a timer of 4 ms came, without the time that the main
thread waited for a processor. Asserts nothing.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.bench_stalls import Probe, make_ct, rest, screen, until

ROUNDS = int(os.environ.get("MEDVIEW_BENCH_ROUNDS", "7"))


def make_j2k(plain: Path, folder: Path) -> None:
    """Write the slices of a folder as JPEG 2000, lossless."""
    import imagecodecs
    from pydicom import dcmread
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEG2000Lossless

    folder.mkdir(parents=True)
    for path in sorted(plain.rglob("*")):
        if not path.is_file():
            continue
        dataset = dcmread(path)
        codestream = bytes(imagecodecs.jpeg2k_encode(dataset.pixel_array, reversible=True, codecformat="J2K"))
        dataset.PixelData = encapsulate([codestream])
        dataset["PixelData"].VR = "OB"
        dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
        dataset.save_as(folder / path.name, enforce_file_format=True)


class Opening:
    """One opening of a folder, with a clock on it."""

    def __init__(self, window: Any, jobs: Any, folder: Path) -> None:
        self.first_s = 0.0
        self._window = window
        window.session.settings["hanging"] = False  # the pane that is watched belongs to the layout "mpr"
        pane = window.panes.panes["axial"]
        draw = pane.draw
        pane.draw = lambda *args, **options: self._drawn(draw, *args, **options)
        self.start_s = time.perf_counter()
        from medview.session.open_folder import open_folder

        open_folder(window.session, folder)
        until(lambda: self.first_s and window.session.scene.is_whole)
        self.whole_s = time.perf_counter()
        pane.draw = draw
        until(lambda: not jobs.jobs)

    def _drawn(self, draw: Callable[..., None], *args: Any, **options: Any) -> None:
        draw(*args, **options)
        picture = self._window.panes.panes["axial"].picture()
        if not self.first_s and picture is not None and not picture.unread:
            self.first_s = time.perf_counter()

    @property
    def row(self) -> tuple[float, float]:
        """Return (first image, all of it) in ms from the choice of the folder."""
        return 1000 * (self.first_s - self.start_s), 1000 * (self.whole_s - self.start_s)


def measured(window: Any, jobs: Any, probe: Probe, folder: Path, title: str) -> str:
    """Open a folder several times; return a line of the table."""
    from medview.session.close_study import close_study

    rows, waits = [], []
    for number in range(ROUNDS + 1):
        with probe.action(title):
            rows.append(Opening(window, jobs, folder).row)
        waits.append(probe.rows[-1].row()["own"])
        rest(0.6)  # the 3D view makes its last picture when nothing has moved for a moment
        until(lambda: not jobs.jobs)
        for study in window.session.studies:
            close_study(window.session, study)
        rest(0.3 if number else 1.0)  # the first opening starts decoder processes and warms caches
    first, whole = (statistics.median(row[n] for row in rows[1:]) for n in (0, 1))
    cold, wait = rows[0][0], statistics.median(waits[1:])
    return f"{title:<28}{first:10.0f}{whole:10.0f}{first / whole:8.2f}{cold:12.0f}{wait:14.1f}"


def main() -> None:
    """Make the data, open it, print the table."""
    with tempfile.TemporaryDirectory() as temporary, screen() as extra:
        os.environ.update(extra)
        os.environ["MEDVIEW_HOME"] = f"{temporary}/home"
        data = Path(os.environ.get("MEDVIEW_BENCH_DATA", temporary))
        if not (data / "ct").is_dir():
            make_ct(data / "ct")
        if not (data / "ct_j2k").is_dir():
            make_j2k(data / "ct", data / "ct_j2k")
        from medview.app import make_window, warm_up
        from medview.jobs.job_queue import JobQueue

        application = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(application, QApplication)
        jobs = JobQueue()
        window = make_window(application, jobs)
        try:
            window.show()
            warm_up(jobs)
            until(lambda: not jobs.jobs)
            probe = Probe()
            lines = [
                measured(window, jobs, probe, data / "ct", "uncompressed, 300 slices"),
                measured(window, jobs, probe, data / "ct_j2k", "JPEG 2000, 300 slices"),
            ]
        finally:
            window.close()
            jobs.stop()
    print(f"{'':<28}{'first ms':>10}{'whole ms':>10}{'ratio':>8}{'cold first':>12}{'longest wait':>14}")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
