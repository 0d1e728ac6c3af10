"""A network's probability of a segment, chosen in the form, run by a click, drawn on the right pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.plugin.discovery import find
from medview.session.finding_view import finding_view
from medview.session.open_folder import open_folder
from medview.study.finding import HeatMap
from tests.gui.conftest import WAIT_MS
from tests.gui.panes import pixels_of
from tests.gui.seen import reads
from tests.gui.test_findings import at_index
from tests.plugin.engine.onnx_file import write_threshold
from tests.plugin.engine.test_run_network import BRIGHT, network_plugin


def test_the_probability_of_a_segment_is_chosen_computed_and_drawn(
    window: MainWindow, ct_folder: Path, medview_home: Path, qtbot: QtBot, settle: Callable[[], None], tmp_path: Path
) -> None:
    (medview_home / "plugins").mkdir(exist_ok=True)
    output = {"type": "labels", "segments": [BRIGHT], "maps": ["probability", "uncertainty"]}
    hundredths = {"intensity": [{"op": "minmax", "low": 0.0, "high": 10.0, "source_range": [0.0, 1000.0]}]}
    network_plugin(
        medview_home / "plugins",
        write_threshold(tmp_path / "net.onnx", 1.4),  # 140 HU
        output,
        image=hundredths,
        tiling={"patch": [24, 40, 48]},
    )
    window.session.forget_plugins()
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    window.plugin_panel.choose(find("net_plugin", window.session.plugins), {})
    (box,) = window.plugin_panel.form.findChildren(QComboBox, "probability_of")
    assert [box.itemText(n) for n in range(box.count())] == ["No map", "Bright", "Anything but the label (uncertainty)"]
    box.setCurrentIndex(1)
    assert window.plugin_panel.form.values() == {"probability_of": "7"}
    QTest.mouseClick(window.plugin_panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.session.jobs.jobs, timeout=6 * WAIT_MS)  # the worker loads torch
    settle()
    scene = window.session.scene
    assert scene is not None
    assert scene.segmentation is not None, [str(n.message) for n in window.session.notices.notices]
    np.testing.assert_array_equal(scene.segmentation.labels > 0, scene.volume.array > 140)
    (finding,) = scene.study.findings
    assert isinstance(finding.payload, HeatMap)
    # (700 - 140) / 100 and (40 - 140) / 100 are the logits of bone and soft tissue
    told = {value: round(255 / (1 + np.exp(1.4 - value / 100))) for value in (700, 40)}
    for value, level in told.items():
        assert set(np.unique(finding.payload.array[scene.volume.array == value])) == {level}
    assert finding.provenance["parameters"] == {"probability_of": "7"}
    scene.update(mask_visible=False)
    finding_view(scene.study).select(finding.uid)
    scene.move_cursor(scene.volume.geometry.to_mm((8, 35, 40)))
    settle()
    axial = window.panes.panes["axial"]
    before = pixels_of(axial).astype(int)
    window.finding_panel.details.map.shown.click()
    settle()
    changed = np.abs(pixels_of(axial).astype(int) - before).max(axis=2)
    (bone_x, bone_y), (soft_x, soft_y) = (at_index(axial, scene, place) for place in ((8, 14.3, 18.3), (8, 24.3, 28.3)))
    assert changed[bone_y, bone_x] > 60
    assert changed[bone_y, bone_x] > changed[soft_y, soft_x] + 20
    assert reads(axial, "AI probability map: Bright")
