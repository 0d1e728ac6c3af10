"""The library of plots is loaded away from the main thread, and nothing in it belongs to that other thread."""

from __future__ import annotations

import subprocess
import sys

_LOAD = """
import gc, sys, threading
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
application = QApplication(["test", "-platform", "offscreen"])
from medview.gui.load_plots import load_plots
assert "pyqtgraph" not in sys.modules
loader = threading.Thread(target=load_plots)
loader.start()
loader.join()
import pyqtgraph
foreign = [o for o in gc.get_objects() if isinstance(o, QObject) and o.thread() is not application.thread()]
assert not foreign, foreign
plot = pyqtgraph.PlotWidget()
plot.plot([1, 3, 2])
plot.resize(200, 100)
image = plot.grab().toImage()
print(len({image.pixel(x, y) for x in range(200) for y in range(100)}))
"""


def test_plots_loaded_on_a_thread_work_in_the_window() -> None:
    done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    assert int(done.stdout) > 3  # ground, axes and a line were painted
