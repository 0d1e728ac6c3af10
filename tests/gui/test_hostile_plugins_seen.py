"""A plugin that crashes, hangs or fills the memory, in the real window: one notice, and everything goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.jobs import worker_place
from medview.memory import free_memory_mb
from medview.plugin.discovery import find
from medview.session.open_folder import open_folder
from tests.gui.conftest import WAIT_MS
from tests.gui.finding_plugins import write_finding_plugin
from tests.gui.panes import pixels_of
from tests.plugin.folders import MANIFEST, write_plugin

DEEDS = {
    "crash": "ctypes.string_at(0)",
    "hang": "ctypes.PyDLL(None).sleep(3600)",
    "hungry": "held = []\n    while True:\n        held.append(np.ones(1 << 23)); time.sleep(0.01)",
    "foreign": "[forge(one) for one in gc.get_objects() if type(one).__name__ == 'Series']; return good",
}
CODE = """
import ctypes, gc, time
import numpy as np
from medview.plugin import Labels

def forge(series):
    object.__setattr__(series, "series_instance_uid", "9.9.9")

def run(request, context):
    good = Labels(np.ones(request.volume.array.shape, np.uint8), request.segments)
    DEED
"""


@pytest.fixture
def reader(window: MainWindow, ct_folder: Path, medview_home: Path, settle: Callable[[], None]) -> MainWindow:
    """Return a window with a CT and, among the plugins, each hostile one and a good one."""
    for name, deed in DEEDS.items():
        manifest = MANIFEST.replace('["MR"]', '["CT"]').replace('"threshold"', f'"{name}"')
        write_plugin(
            medview_home / "plugins", manifest.replace('"Threshold"', f'"{name.capitalize()}"'),
            CODE.replace("DEED", deed), name,
        )  # fmt: skip
    write_finding_plugin(medview_home / "plugins", "boxes")
    window.session.forget_plugins()
    open_folder(window.session, ct_folder)
    settle()
    return window


def starts(window: MainWindow, name: str) -> None:
    """Choose a plugin and click the button."""
    window.plugin_panel.choose(find(name, window.session.plugins), {})
    QTest.mouseClick(window.plugin_panel.button, Qt.MouseButton.LeftButton)


def is_fine(window: MainWindow, settle: Callable[[], None]) -> None:
    """See the image unharmed, turn to another slice, and run a good plugin to its end."""
    scene = window.session.scene
    assert scene is not None
    assert scene.study.segmentations == ()
    assert np.unique(scene.volume.array).tolist() == [-1000, 40, 700]
    pane: QWidget = window.panes.panes["axial"]
    scene.move_cursor(scene.volume.geometry.to_mm((3, 14, 18)))
    settle()
    assert pixels_of(pane).max() > 200  # bone
    before = len(scene.study.findings)
    starts(window, "boxes")
    settle()
    assert len(scene.study.findings) == before + 3


SAID = {
    "crash": "Your images and masks are unharmed, and the process has been started anew.",
    "hungry": "GB of memory and was stopped, before this computer ran out of it",
    "foreign": "A result of Foreign was dropped: the images it was made from have changed.",
}


def test_one_notice_is_seen_and_the_next_run_works(
    reader: MainWindow, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, said in SAID.items():
        already = reader.session.notices.notices
        with monkeypatch.context() as patch:
            if name == "hungry":
                free_mb = free_memory_mb()
                patch.setattr(worker_place, "_HEADROOM_MB", free_mb - 700)  # as if no more than that were there
                patch.setattr(worker_place, "_SUSPECT_MB", 400)
                patch.setattr(worker_place, "total_memory_mb", lambda free=free_mb: 20 * free)
            starts(reader, name)
            settle()
        (notice,) = (one for one in reader.session.notices.notices if one not in already)
        assert notice.level in ("warning", "error"), name
        assert reader.notice_bar.isVisible()
        assert said in reader.notice_bar.shown_text()
        is_fine(reader, settle)


def test_a_plugin_that_holds_everything_leaves_the_window_free_and_ends_with_a_click(
    reader: MainWindow, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    starts(reader, "hang")
    qtbot.waitUntil(lambda: any(job.state == "running" for job in reader.session.jobs.jobs), timeout=WAIT_MS)
    (job,) = (job for job in reader.session.jobs.jobs if not job.silent)
    scene = reader.session.scene
    assert scene is not None
    seen = set()
    for index in (3, 9, 20):
        scene.move_cursor(scene.volume.geometry.to_mm((index, 14 - index // 3, 18)))
        qtbot.wait(20)
        seen.add(pixels_of(reader.panes.panes["axial"]).tobytes())
    assert len(seen) == 3
    assert not job.is_finished
    QTest.mouseClick(reader.job_bar.cancel, Qt.MouseButton.LeftButton)
    settle()
    assert job.state == "cancelled"
    is_fine(reader, settle)
