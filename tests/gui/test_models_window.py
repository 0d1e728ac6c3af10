"""The window of models: what is ready and what is not, weights checked and removed, packs, on and off; and the menu."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from medview.gui.commands.command_palette import CommandPalette
from medview.gui.main_window import MainWindow
from medview.gui.panes.corner_tips import CornerTips
from medview.gui.segmenting.models_window import NAME, STATE, ModelsWindow
from medview.plugin.weights import weights_folder
from medview.session.open_folder import open_folder
from tests.gui.conftest import WAIT_MS
from tests.gui.finding_plugins import write_finding_plugin

Settle = Callable[[], None]
WEIGHTS = b"weights of a test"


def write_with_weights(home: Path, source: str) -> None:
    """Give the plugin "boxes" weights that come from a place."""
    folder = write_finding_plugin(home / "plugins", "boxes")
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    with (folder / "plugin.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'[[weights]]\nid = "net"\nfile = "boxes/net.safetensors"\nsource = "{source}"\nsha256 = "{digest}"\n'
            f'bytes = {len(WEIGHTS)}\nlicence = "CC-BY-4.0"\n'
        )


@pytest.fixture
def models(window: MainWindow, medview_home: Path, settle: Settle) -> ModelsWindow:
    """Return the window of models, of which one has no weights here yet and one is broken."""
    write_with_weights(medview_home, "https://example.org/net.safetensors")
    broken = medview_home / "plugins" / "spoilt"
    broken.mkdir()
    (broken / "plugin.toml").write_text('schema = 2\nid = "spoilt"\n', encoding="utf-8")
    window.session.forget_plugins()
    window.commands.actions["models"].trigger()
    settle()
    (found,) = window.findChildren(ModelsWindow)
    return found


def choose(models: ModelsWindow, name: str) -> None:
    """Click on the row of a model."""
    row = next(
        i for n in range(models.list.topLevelItemCount()) if (i := models.list.topLevelItem(n)).text(NAME) == name
    )
    at = models.list.visualItemRect(row).center()
    QTest.mouseClick(models.list.viewport(), Qt.MouseButton.LeftButton, pos=at)


def state(models: ModelsWindow) -> str:
    return models.list.currentItem().text(STATE)


def press(button: QPushButton, settle: Settle) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle()


def told(window: MainWindow) -> list[str]:
    return [str(notice.message) for notice in window.session.notices.notices]


def test_what_is_missing_or_broken_says_so_and_what_helps(models: ModelsWindow) -> None:
    choose(models, "Boxes")
    assert state(models) == "Weights not here yet"
    assert "import an offline pack" in models.facts.text()
    assert "Weights boxes/net.safetensors: 1 kB, CC-BY-4.0, not here" in models.facts.text()
    assert models.get.isEnabled()
    assert not models.pack.isEnabled()  # what is not here cannot be packed
    choose(models, "spoilt")
    assert state(models) == "Broken"
    assert "The manifest is not valid" in models.facts.text()
    assert "then reload the plugins" in models.facts.text()
    assert not models.card.isEnabled()
    choose(models, "Body and lungs")
    assert state(models) == "Ready"
    assert "there are no weights" in models.facts.text()
    assert models.card.isEnabled()
    assert not models.check.isEnabled()


def test_weights_are_checked_removed_and_packed(
    window: MainWindow, models: ModelsWindow, settle: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = weights_folder() / "boxes"
    home.mkdir(parents=True)
    (home / "net.safetensors").write_bytes(WEIGHTS)
    choose(models, "Boxes")
    _press_in(models, "Reload plugins", settle)
    choose(models, "Boxes")
    assert state(models) == "Ready"
    press(models.check, settle)
    assert told(window)[-1] == "The weights of Boxes are whole."
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "boxes"), ""))
    press(models.pack, settle)
    assert (tmp_path / "boxes.medviewpack").stat().st_size > len(WEIGHTS)
    QTimer.singleShot(0, _answer_remove)
    press(models.remove, settle)
    assert told(window)[-1] == "The weights of Boxes were removed from this computer."
    assert not (home / "net.safetensors").exists()
    choose(models, "Boxes")
    assert state(models) == "Weights not here yet"


def test_weights_that_are_not_what_was_promised_are_told(
    window: MainWindow, models: ModelsWindow, settle: Settle
) -> None:
    home = weights_folder() / "boxes"
    home.mkdir(parents=True)
    (home / "net.safetensors").write_bytes(WEIGHTS)
    _press_in(models, "Reload plugins", settle)
    (home / "net.safetensors").write_bytes(WEIGHTS[::-1])
    choose(models, "Boxes")
    press(models.check, settle)
    assert told(window)[-1] == "Weights of Boxes are not what its manifest promises: boxes/net.safetensors."


def test_a_tick_offers_a_model_or_no_longer_does(
    window: MainWindow, models: ModelsWindow, settle: Settle, ct_folder: Path
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    choose(models, "Body and lungs")
    QTest.keyClick(models.list, Qt.Key.Key_Space)
    settle()
    offered = window.plugin_panel.plugins
    assert "Body and lungs" not in [offered.item(n).text() for n in range(offered.count())]
    choose(models, "Body and lungs")
    assert state(models) == "Not offered"
    QTest.keyClick(models.list, Qt.Key.Key_Space)
    settle()
    assert "Body and lungs" in [offered.item(n).text() for n in range(offered.count())]


def test_the_menu_says_what_it_would_run_and_is_found_as_segmentation(
    window: MainWindow, settle: Settle, ct_folder: Path, medview_home: Path, qtbot: QtBot
) -> None:
    write_finding_plugin(medview_home / "plugins", "boxes")
    window.session.forget_plugins()
    open_folder(window.session, ct_folder)
    settle()
    panel, action = window.plugin_panel, window.commands.actions["run_segmentation"]
    assert action.text() == "Run model: Body and lungs"
    assert panel.button.text() == "Run segmentation"
    assert panel.target.text() == "On 3 Thorax, 24 images"
    row = next(n for n in range(panel.plugins.count()) if panel.plugins.item(n).text() == "Boxes")
    panel.plugins.scrollToItem(panel.plugins.item(row))
    at = panel.plugins.visualItemRect(panel.plugins.item(row)).center()
    QTest.mouseClick(panel.plugins.viewport(), Qt.MouseButton.LeftButton, pos=at)
    settle()
    assert panel.button.text() == "Run detection"
    assert action.text() == "Run model: Boxes"
    window.commands.actions["command_palette"].trigger()
    (palette,) = window.findChildren(CommandPalette)
    QTest.keyClicks(palette.words, "run segm")
    assert palette.list.item(0).text() == "AI › Run model: Boxes    Ctrl+R"
    QTest.keyClick(palette.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(not job.silent for job in window.session.jobs.jobs), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: window.job_bar.title.text() != "Ready", timeout=WAIT_MS)
    assert window.job_bar.title.text().endswith("Boxes · 3 Thorax")
    settle()
    assert len(window.session.scene.study.findings) == 3


def test_of_two_runs_one_waits_and_each_says_on_which_images_it_is(
    window: MainWindow, settle: Settle, ct_folder: Path, qtbot: QtBot
) -> None:
    open_folder(window.session, ct_folder)
    settle()
    window.resize(960, 600)
    panel, bar = window.plugin_panel, window.job_bar
    press(panel.button, lambda: None)
    values = dict(panel.form.values())
    panel.choose(panel.chosen_plugin(), {name: value + 10 for name, value in values.items()})
    press(panel.button, lambda: None)
    qtbot.waitUntil(bar.queued.isVisible, timeout=WAIT_MS)
    assert bar.queued.text() == "1 waiting"
    (waiting,) = bar.queued.menu().actions()
    assert waiting.text() == "Cancel: Body and lungs · 3 Thorax"
    assert bar.title.text() == "Body and lungs · 3 Thorax"
    assert bar.percent.text().endswith(" %")
    right = bar.queued.mapTo(window, bar.queued.rect().topRight()).x()
    assert right < window.width()  # the way to stop them is seen in a small window, too
    waiting.trigger()
    settle()
    assert len(window.session.scene.study.segmentations) == 1
    (tips,) = window.panes.panes["axial"].findChildren(CornerTips)
    told = {tips.tip_at(12, y) for y in range(4, 200, 4)}
    assert any(tip.startswith("Computed on the processor in ") for tip in told)


def _press_in(models: ModelsWindow, text: str, settle: Settle) -> None:
    (button,) = (b for b in models.findChildren(QPushButton) if b.text().replace("&", "") == text)
    press(button, settle)


def _answer_remove() -> None:
    box = QApplication.activeModalWidget()
    if not isinstance(box, QMessageBox):
        QTimer.singleShot(20, _answer_remove)  # until it stands
        return
    (button,) = (b for b in box.buttons() if b.text() == "Remove")
    button.click()
