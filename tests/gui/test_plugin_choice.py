"""The panel of plugins in the real window: task, plan, model card, licence, on and off, partial results."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from medview.gui.main_window import MainWindow
from medview.gui.segmenting.licence_form import LicenceForm
from medview.gui.segmenting.model_card_window import ModelCardWindow
from medview.gui.segmenting.plan_line import PlanLine
from medview.plugin.discovery import Plugin, find
from medview.plugin.pack import make_pack
from medview.progress import unheard
from medview.session.open_folder import open_folder
from medview.session.plan_run import plan_run
from tests.gui.conftest import WAIT_MS
from tests.gui.finding_plugins import write_finding_plugin
from tests.gui.panes import pixels_of
from tests.gui.seen import reads
from tests.gui.test_findings import at_index
from tests.modal import when_modal

PARTIAL = """
import time
import numpy as np
from medview.plugin import Labels, Partial

def run(request, context):
    part = np.zeros((6, *request.volume.array.shape[1:]), np.uint8)
    part[:, 32:38, 4:20] = 1
    context.emit(Partial(10, part))
    while True:
        context.progress(0.5, "Looking")
        time.sleep(0.02)
"""
_SEGMENT = """
[[outputs.segments]]
number = 1
label = "Lung"
colour = [0, 255, 255]
category = { value = "85756007", scheme = "SCT", meaning = "Tissue" }
type = { value = "85756007", scheme = "SCT", meaning = "Tissue" }
"""
_CARD = """
[card]
trained_on = "Two hundred phantoms"
fails_where = ["Metal"]
metrics = [{ dataset = "Phantoms", cases = 12, name = "Dice", value = 0.91, source = "this test", held_out = true }]
"""


def opened(window: MainWindow, folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> None:
    window.session.forget_plugins()
    open_folder(window.session, folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    window.plugin_panel.refresh()


def chosen(window: MainWindow, plugin_id: str) -> Plugin:
    plugin = find(plugin_id, window.session.plugins)
    window.plugin_panel.choose(plugin, {})
    return plugin


def listed(window: MainWindow) -> list[str]:
    plugins = window.plugin_panel.plugins
    return [plugins.item(row).text() for row in range(plugins.count())]


def test_tasks_cards_plans_and_switching_off(
    window: MainWindow, ct_folder: Path, medview_home: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    home = write_finding_plugin(medview_home / "plugins", "boxes")
    manifest = (home / "plugin.toml").read_text(encoding="utf-8")
    (home / "plugin.toml").write_text(manifest + _CARD, encoding="utf-8")
    (home / "README.md").write_text("# Boxes\n\nWhole <b>text</b> ![x](file:///etc/hostname)", encoding="utf-8")
    opened(window, ct_folder, qtbot, settle)
    panel = window.plugin_panel
    chosen(window, "boxes")
    assert panel.button.text() == "Run detection"
    panel.tools.tasks.setCurrentIndex(panel.tools.tasks.findData("detect"))
    assert "Boxes" in listed(window)
    assert "Body and lungs" not in listed(window)
    panel.tools.tasks.setCurrentIndex(0)
    assert {"Boxes", "Body and lungs"} <= set(listed(window))
    chosen(window, "boxes")
    _enters(panel)
    qtbot.waitUntil(panel.plan.isVisible, timeout=WAIT_MS)
    assert panel.plan.text().startswith("About 1 s on this processor")
    QTest.mouseClick(panel.tools.card_button, Qt.MouseButton.LeftButton)
    (card,) = window.findChildren(ModelCardWindow)
    text = card.card.toPlainText()
    assert "Two hundred phantoms" in text
    assert "Dice 0.91: Phantoms, 12 held-out cases (this test)" in text
    assert "• Metal" in text
    assert "Whole" in card.readme.toPlainText()
    card.close()
    panel.tools.menu.aboutToShow.emit()
    (offered,) = (action for action in panel.tools.menu.actions() if action.text() == "Boxes")
    offered.trigger()
    settle()
    assert "Boxes" not in listed(window)
    panel.tools.menu.aboutToShow.emit()
    (offered,) = (action for action in panel.tools.menu.actions() if action.text() == "Boxes")
    assert not offered.isChecked()
    offered.trigger()
    settle()
    assert "Boxes" in listed(window)


def test_finished_slices_are_seen_while_a_run_goes_on_and_go_when_it_is_stopped(
    window: MainWindow, ct_folder: Path, medview_home: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    home = write_finding_plugin(medview_home / "plugins", "boxes")
    manifest = (home / "plugin.toml").read_text(encoding="utf-8")
    kept = manifest[: manifest.index("[[outputs]]")].replace('task = "detect"', 'task = "segment"')
    (home / "plugin.toml").write_text(kept + '[[outputs]]\ntype = "labels"\n' + _SEGMENT, encoding="utf-8")
    (home / "threshold.py").write_text(PARTIAL, encoding="utf-8")
    opened(window, ct_folder, qtbot, settle)
    scene, axial = window.session.scene, window.panes.panes["axial"]
    assert scene is not None
    scene.move_cursor(scene.volume.geometry.to_mm((12, 20, 24)))
    chosen(window, "boxes")
    QTest.mouseClick(window.plugin_panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: scene.partial is not None, timeout=WAIT_MS)
    qtbot.wait(50)
    place, beside = at_index(axial, scene, (12, 35, 12)), at_index(axial, scene, (12, 35, 24))
    pixels = pixels_of(axial).astype(int)
    assert pixels[place[1], place[0], 1] > 80  # cyan over air
    assert pixels[place[1], place[0], 0] < 30
    assert pixels[beside[1], beside[0]].max() < 20
    assert reads(axial, "AI, partial: Boxes, 6 of 24 slices", bold=True)
    scene.move_cursor(scene.volume.geometry.to_mm((17, 20, 24)))  # not finished
    qtbot.wait(50)
    assert pixels_of(axial)[place[1], place[0]].max() < 20
    scene.move_cursor(scene.volume.geometry.to_mm((12, 20, 24)))
    (job,) = (job for job in window.session.jobs.jobs if not job.silent)
    job.cancel()
    settle()
    assert scene.partial is None
    assert pixels_of(axial)[place[1], place[0]].max() < 20
    assert scene.study.segmentations == ()


def test_weights_behind_a_licence_are_used_when_its_text_was_accepted_and_a_pack_is_installed(
    window: MainWindow,
    ct_folder: Path,
    medview_home: Path,
    tmp_path: Path,
    qtbot: QtBot,
    settle: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = write_finding_plugin(tmp_path / "made", "boxes")
    (home / "LICENCE.txt").write_text("For research alone.", encoding="utf-8")
    (home / "net.safetensors").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    manifest = (home / "plugin.toml").read_text(encoding="utf-8")
    weights = (
        f'[[weights]]\nid = "net"\nfile = "net.safetensors"\nsource = "folder:net.safetensors"\nsha256 = "{digest}"\n'
        'bytes = 7\nlicence = "CC-BY-NC-4.0"\ngate = "accept"\nlicence_file = "LICENCE.txt"\n'
    )
    (home / "plugin.toml").write_text(manifest + weights, encoding="utf-8")
    from medview.plugin.discovery import discover

    (plugin,) = discover([tmp_path / "made"])
    assert isinstance(plugin, Plugin), plugin
    pack = make_pack(plugin, tmp_path / "boxes.medviewpack", unheard)
    opened(window, ct_folder, qtbot, settle)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(pack), ""))
    panel = window.plugin_panel
    panel.tools.menu.aboutToShow.emit()
    (action,) = (a for a in panel.tools.menu.actions() if a.text() == "Import an offline pack…")
    action.trigger()
    settle()
    assert "Boxes" in listed(window)
    chosen(window, "boxes")
    seen: list[str] = []

    def answer(button: str) -> Callable[[LicenceForm], None]:
        def click(form: LicenceForm) -> None:
            seen.append(form.text.toPlainText())
            (wanted,) = (b for b in form.buttons.buttons() if b.text().replace("&", "") == button)
            wanted.click()

        return click

    scene = window.session.scene
    assert scene is not None
    when_modal(LicenceForm, answer("Cancel"))
    QTest.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    settle()
    assert len(scene.study.findings) == 0
    when_modal(LicenceForm, answer("Accept"))
    QTest.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(scene.study.findings) == 3, timeout=WAIT_MS)
    assert seen == ["For research alone."] * 2


def _enters(panel: object) -> None:
    """Move the mouse into the panel."""
    at = QPointF(20, 20)
    panel.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)  # what the window system would set
    event = QEnterEvent(at, at, at)
    assert event.type() == QEvent.Type.Enter
    QApplication.sendEvent(panel, event)


def test_a_plan_that_comes_when_its_line_has_gone_is_told_nobody(
    window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    opened(window, ct_folder, qtbot, settle)
    answers: list[object] = []
    line = PlanLine(window.session)
    line.ask(find("body_and_lungs", window.session.plugins), {})
    delete(line)
    plan_run(window.session, find("body_and_lungs", window.session.plugins), {}, answers.append)  # behind the other
    qtbot.waitUntil(lambda: bool(answers), timeout=WAIT_MS)
    assert "unexpected problem" not in caplog.text
