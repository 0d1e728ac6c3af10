"""From the start of a process to the first picture of a folder of 300 slices.

Beside two bare windows: one shows whichever file stands in the middle of the list, one finds the middle slice by the
positions in the headers, as any viewer must. All run from bytecode, as what is installed does.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.bench_stalls import make_ct, screen

ROUNDS = int(os.environ.get("MEDVIEW_BENCH_ROUNDS", "7"))

_BARE = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
import numpy as np
from pydicom import dcmread
application = QApplication([])
window = QMainWindow()
label = QLabel()
window.setCentralWidget(label)
window.resize(1440, 900)
window.show()
paths = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.is_file())
#SORTED
stored = dcmread(paths[len(paths) // 2])
values = stored.pixel_array * float(stored.RescaleSlope) + float(stored.RescaleIntercept)
grey = np.clip((values + 160) / 400 * 255, 0, 255).astype(np.uint8)
label.setPixmap(QPixmap.fromImage(QImage(grey.data, 512, 512, 512, QImage.Format.Format_Grayscale8)))
QTimer.singleShot(0, application.quit)
application.exec()
label.repaint()
application.processEvents()
print("painted", flush=True)
"""

_SORTED = _BARE.replace(
    "#SORTED",
    "tags = ['ImagePositionPatient', 'SeriesInstanceUID']\n"
    "heads = [(dcmread(p, stop_before_pixels=True, specific_tags=tags), p) for p in paths]\n"
    "paths = [p for _, p in sorted(heads, key=lambda row: float(row[0].ImagePositionPatient[2]))]",
)

_OURS = """
import os, sys, threading, time
def watch():
    while not hasattr(sys.modules.get("medview.gui.main_window"), "MainWindow"):
        time.sleep(0.005)
    from medview.gui.panes.viewport_widget import ViewportWidget
    draw = ViewportWidget.draw
    def drawn(self, *args, **options):
        draw(self, *args, **options)
        picture = self.picture()
        if picture is not None and not picture.unread:
            print("painted", flush=True)
            os._exit(0)
    ViewportWidget.draw = drawn
threading.Thread(target=watch, daemon=True).start()
sys.argv[1:1] = ["open"]
from medview.__main__ import main
main()
"""


def _timed(code: str, folder: Path, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, env=environment, check=False
    )
    assert "painted" in process.stdout, process.stderr
    return time.perf_counter() - start


def measure() -> None:
    """Print the medians and their ratio."""
    with tempfile.TemporaryDirectory() as home, screen() as shown:
        folder = Path(home) / "ct"
        make_ct(folder)
        environment = {**os.environ, **shown, "MEDVIEW_HOME": str(Path(home) / "data")}
        environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(home) / "bytecode")}
        codes = (_BARE, _SORTED, _OURS)
        for code in codes:  # once, for the caches of the disk and the bytecode
            _timed(code, folder, environment)
        rounds = [[_timed(code, folder, environment) for code in codes] for _ in range(ROUNDS)]
        bare, found, ours = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"  first picture {ours:6.2f} s   bound 1.50 times a bare window")
        print(f"    bare, whichever slice                 {bare:6.2f} s   x{ours / bare:5.2f}")
        print(f"    bare, the middle slice by the headers {found:6.2f} s   x{ours / found:5.2f}")
