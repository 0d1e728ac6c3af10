"""What is not loaded before the first image is painted: whoever waits for the image would wait for that, too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.files.make_dicom import write_stack

_OPEN = """
import os, sys
from pathlib import Path
from medview import app
from medview.gui.panes.viewport_widget import ViewportWidget
draw = ViewportWidget.draw
def drawn(self, *args, **options):
    draw(self, *args, **options)
    picture = self.picture()
    if picture is not None and not picture.unread:
        print(*sorted(sys.modules), flush=True)
        os._exit(0)
ViewportWidget.draw = drawn
app.run(Path(sys.argv[1]))
"""
_LATER = (
    *("pydicom", "highdicom", "pydantic", "scipy", "skimage", "SimpleITK", "vtkmodules", "pyqtgraph", "PIL", "torch"),
    "numpy.ma",
    *("imagecodecs", "matplotlib", "medview.plugin.manifest", "medview.gui.commands.command_palette"),
    *("medview.gui.commands.shortcut_form", "medview.gui.commands.shortcut_sheet", "medview.gui.forms"),
    *("medview.gui.library.library_page", "medview.gui.looks.look_window", "medview.gui.measuring.plot_window"),
    *("medview.gui.measuring.follow_up_window", "medview.gui.measuring.mask_statistics_window"),
    *("medview.gui.studies.header_inspector", "medview.gui.studies.report_window", "medview.gui.studies.warning_list"),
)


def test_the_first_image_waits_for_no_library_that_it_does_without(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct")
    done = subprocess.run(
        [sys.executable, "-c", _OPEN, str(folder)],
        capture_output=True, text=True, timeout=120, check=False, cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "MEDVIEW_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    loaded = done.stdout.split()
    assert "medview.view.slice_picture" in loaded, done.stderr  # an image has been painted
    assert [name for name in loaded if any(name == late or name.startswith(f"{late}.") for late in _LATER)] == []
