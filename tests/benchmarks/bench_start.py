"""How long it takes from starting the process to the painted window: ``make bench SUITE=start``. Best of five."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

_WORK = """
import sys, time
begin = time.perf_counter()
from medview import app
from medview.jobs.job_queue import JobQueue
from PySide6.QtWidgets import QApplication
imported = time.perf_counter()
application = QApplication(sys.argv[:1])
jobs = JobQueue()
window = app.make_window(application, jobs)
window.show()
window.grab()
application.processEvents()
shown = time.perf_counter()
jobs.stop()
heavy = {"torch", "vtkmodules", "SimpleITK", "scipy", "skimage", "highdicom", "pydicom"} & set(sys.modules)
print(1000 * (imported - begin), 1000 * (shown - imported), ",".join(sorted(heavy)) or "none")
"""


def main() -> int:
    """Print the times and which heavy libraries were loaded on the way."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "MEDVIEW_HOME": home}
        runs = [
            subprocess.run([sys.executable, "-c", _WORK], capture_output=True, text=True, env=environment, check=True)
            for _ in range(5)
        ]
    rows = sorted((float(a), float(b), c) for a, b, c in (run.stdout.split(maxsplit=2) for run in runs))
    imports_ms, window_ms, heavy = min(rows, key=lambda row: row[0] + row[1])
    print(f"{'imports ms':>11} {'window ms':>10} {'sum ms':>8}  heavy libraries loaded")
    print(f"{imports_ms:11.0f} {window_ms:10.0f} {imports_ms + window_ms:8.0f}  {heavy.strip()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
