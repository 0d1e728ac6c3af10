"""What models say beside masks, in the real window: run by a click, seen on the right pixels, judged, saved."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from medview.gui.findings.finding_cell import NAME, SCORE, SIZE, SLICE
from medview.gui.findings.score_panel import ScorePanel
from medview.gui.main_window import MainWindow
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.gui.side_tabs import FINDINGS
from medview.plugin.discovery import Plugin, find
from medview.session.finding_view import finding_view
from medview.session.judge_findings import judge_findings
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.study.finding import ClassScores, Concept, Finding
from tests.gui.conftest import WAIT_MS
from tests.gui.finding_plugins import write_finding_plugin
from tests.gui.panes import pixels_of
from tests.gui.seen import reads
from tests.modal import when_modal

MAGENTA = (255, 0, 255)
Ran = Callable[[str], Scene]


@pytest.fixture
def ran(window: MainWindow, ct_folder: Path, medview_home: Path, qtbot: QtBot, settle: Callable[[], None]) -> Ran:
    """Return what opens the CT, runs the plugin of a kind by a click on the button, and waits for its result."""

    def run(kind: str) -> Scene:
        write_finding_plugin(medview_home / "plugins", kind)
        window.session.forget_plugins()
        open_folder(window.session, ct_folder)
        qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
        settle()
        plugin = find(kind, window.session.plugins)
        assert isinstance(plugin, Plugin)
        window.plugin_panel.choose(plugin, {})
        QTest.mouseClick(window.plugin_panel.button, Qt.MouseButton.LeftButton)
        settle()
        scene = window.session.scene
        assert scene is not None
        assert len(scene.study.findings), [str(n.message) for n in window.session.notices.notices]
        return scene

    return run


def at_index(pane: QWidget, scene: Scene, index: tuple[float, float, float]) -> tuple[int, int]:
    """Return where a pane paints a continuous index (slice, row, column): worked out from its mm under two points."""
    assert isinstance(pane, ViewportWidget)
    origin, right, down = (pane.position_mm(*at) for at in ((0, 0), (1, 0), (0, 1)))
    steps = np.stack([right - origin, down - origin], axis=1)
    # by hand: x = -24 + column, y = -20 + row, z = 100 + 2 slice
    point = np.array([-24 + index[2], -20 + index[1], 100 + 2 * index[0]])
    x, y = np.linalg.lstsq(steps, point - origin, rcond=None)[0]
    return round(float(x)), round(float(y))


def near(pixels: NDArray[np.uint8], at: tuple[int, int], colour: tuple[int, int, int], reach: int = 2) -> bool:
    """Whether a colour is painted within some pixels of a point."""
    x, y = at
    patch = pixels[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1].astype(int)
    return bool((np.abs(patch - colour).max(axis=2) < 60).any())


def share(pane: QWidget, scene: Scene, corners: list[tuple[float, float, float]]) -> float:
    """Return which part of a line through indices is painted in the boxes' colour."""
    pixels = pixels_of(pane)
    points = np.linspace(corners[0], corners[1], 60)
    return float(np.mean([near(pixels, at_index(pane, scene, tuple(p)), MAGENTA, 1) for p in points]))


def rows(window: MainWindow) -> list[tuple[str, ...]]:
    return [*window.finding_panel.list.row_texts()]


def first(scene: Scene) -> Finding:
    return next(iter(scene.study.findings))


def save_as(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))


def clicks_at(window: MainWindow, plot: Any, x: float, y: float) -> None:
    """Click on a plot at values of its axes."""
    plot.grab()  # what has not been painted yet has no axes
    at = plot.mapFromScene(plot.getPlotItem().vb.mapViewToScene(QPointF(x, y)))
    QTest.mouseMove(plot.viewport(), at)
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)


TOP_EDGE = [(9.0, 11.5, 14.5), (9.0, 11.5, 20.5)]


def test_boxes_are_listed_drawn_judged_by_keys_undone_and_saved(
    window: MainWindow, ran: Ran, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene = ran("boxes")
    _are_listed_drawn_and_judged(window, scene, settle)
    _follow_the_threshold(window, scene, settle)
    save_as(monkeypatch, tmp_path / "report.dcm")
    _are_saved_as_a_report(window, scene, settle, tmp_path / "report.dcm")
    window.session.settings["language"] = "zh_CN"  # every panel is made anew
    settle()
    assert window.side_tabs.currentIndex() == FINDINGS
    assert [row[1] for row in rows(window)] == ["0.83"]
    scene.move_cursor(scene.volume.geometry.to_mm((9, 25, 30)))
    settle()
    assert share(window.panes.panes["axial"], scene, TOP_EDGE) > 0.97
    window.commands.actions["close_study"].trigger()
    settle()
    assert rows(window) == []
    study, scene = weakref.ref(scene.study), None
    window.finding_panel.grab()
    gc.collect()
    assert study() is None  # no panel and no pane holds what is closed


def _are_listed_drawn_and_judged(window: MainWindow, scene: Scene, settle: Callable[[], None]) -> None:
    panel, axial = window.finding_panel, window.panes.panes["axial"]
    assert window.side_tabs.currentIndex() == FINDINGS
    assert rows(window) == [("Nodule", "0.83", "10", "10"), ("Nodule", "0.61", "8", "21")]
    item = panel.list.rows()[0]
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=panel.list.visualRect(item).center())
    settle()
    assert scene.cursor_index == (9, 14, 18)  # the middle of the box, at 9, 14 and 17.5
    dashed = share(axial, scene, TOP_EDGE)
    assert 0.3 < dashed < 0.9
    assert share(window.panes.panes["coronal"], scene, [(6.5, 14, 14.5), (6.5, 14, 20.5)]) > 0.3
    assert reads(axial, "AI: Boxes, 2 boxes, 2 not reviewed")
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_A)
    settle()
    assert first(scene).status == "accepted"
    assert window.session.tool == "window_level"  # A takes no angle tool while the list has the keyboard
    assert share(axial, scene, TOP_EDGE) > 0.97
    QTest.keyClick(panel.list, Qt.Key.Key_X)
    settle()
    assert share(axial, scene, TOP_EDGE) < 0.05
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert first(scene).status == "accepted"
    assert share(axial, scene, TOP_EDGE) > 0.97
    scene.move_cursor(scene.volume.geometry.to_mm((15, 14, 17)))
    settle()
    assert share(axial, scene, TOP_EDGE) < 0.05  # no box on this slice


def _follow_the_threshold(window: MainWindow, scene: Scene, settle: Callable[[], None]) -> None:
    slider = window.finding_panel.threshold.slider
    assert slider.value() == 50
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    settle()
    assert [row[1] for row in rows(window)] == ["0.83", "0.61", "0.20"]
    slider.setValue(70)
    settle()
    assert [row[1] for row in rows(window)] == ["0.83"]
    assert window.finding_panel.threshold.told.text() == "Shown from score 0.70 on: 1 of 3"
    assert [f.status for f in scene.study.findings] == ["accepted", "proposed", "proposed"]


def _are_saved_as_a_report(window: MainWindow, scene: Scene, settle: Callable[[], None], path: Path) -> None:
    panel = window.finding_panel
    QTest.mouseClick(panel.save_button, Qt.MouseButton.LeftButton)
    settle()
    report = pydicom.dcmread(path)
    assert report.Modality == "SR"
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert first(scene).uid in str(report)
    assert report.PatientID == "T-1"


def test_scores_heat_maps_and_curves_are_shown_and_lead_to_their_slices(
    window: MainWindow, ran: Ran, settle: Callable[[], None]
) -> None:
    scene = ran("everything")
    scores, heat, curve = scene.study.findings
    listed = window.finding_panel.list
    assert [listed.isColumnHidden(column) for column in (NAME, SCORE, SIZE, SLICE)] == [False, False, True, True]
    _scores_are_told_from_probabilities(window, scene, scores, settle)
    _heat_lies_on_its_voxels(window, scene, heat, settle)
    _a_click_on_the_curve_goes_to_its_frame(window, scene, curve, settle)


def _scores_are_told_from_probabilities(
    window: MainWindow, scene: Scene, finding: Finding, settle: Callable[[], None]
) -> None:
    finding_view(scene.study).select(finding.uid)
    settle()
    panel = window.finding_panel.details.scores
    assert panel.isVisible()
    assert panel.meaning.text() == "Raw scores (softmax), not probabilities"
    assert panel.bars.toolTip() == "Tumour  0.75\nNone  0.25"
    assert panel.bars.share(0.75) == pytest.approx(0.75)
    bar = panel.bars.bar(0)
    pixels = pixels_of(panel.bars)
    filled, rest = pixels[round(bar.center().y()), round(bar.width() * 0.7)], pixels[round(bar.center().y()), -8]
    assert np.abs(filled.astype(int) - rest.astype(int)).max() > 60
    clicks_at(window, panel.plot.plot, 15.0, 0.5)
    settle()
    assert scene.cursor_index[0] == 14  # images are counted from 1


def _heat_lies_on_its_voxels(window: MainWindow, scene: Scene, finding: Finding, settle: Callable[[], None]) -> None:
    axial = window.panes.panes["axial"]
    finding_view(scene.study).select(finding.uid)
    scene.move_cursor(scene.volume.geometry.to_mm((14, 20, 20)))
    settle()
    place = at_index(axial, scene, (14, 33.5, 41.5))
    before = pixels_of(axial)[place[1], place[0]].astype(int)
    assert before.max() < 20  # air
    box = window.finding_panel.details.map.shown
    box.click()
    settle()
    pixels = pixels_of(axial)
    assert pixels[place[1], place[0]].max() > 90
    beside = at_index(axial, scene, (14, 33.5, 45.5))
    assert pixels[beside[1], beside[0]].max() < 20
    assert reads(axial, "AI saliency: Where it looked")
    box.click()
    settle()
    assert pixels_of(axial)[place[1], place[0]].max() < 20


def _a_click_on_the_curve_goes_to_its_frame(
    window: MainWindow, scene: Scene, finding: Finding, settle: Callable[[], None]
) -> None:
    finding_view(scene.study).select(finding.uid)
    settle()
    clicks_at(window, window.finding_panel.details.curve.plot, 18 * 40.0, 0.0)
    settle()
    assert scene.cursor_index[0] == 18


@pytest.mark.parametrize("what", ["the study", "the window"])
def test_a_review_that_no_report_holds_is_not_closed_without_a_question(
    what: str, window: MainWindow, ran: Ran, qtbot: QtBot
) -> None:
    scene = ran("boxes")
    judge_findings(scene.study, [next(iter(scene.study.findings)).uid], "accepted")
    asked: list[str] = []

    def stays(box: QMessageBox) -> None:
        asked.append(box.text())
        QTest.keyClick(box, Qt.Key.Key_Escape)

    when_modal(QMessageBox, stays)
    if what == "the study":
        window.commands.actions["close_study"].trigger()
    else:
        window.close()
    assert "accepted or corrected have not been saved" in asked[0]
    assert window.isVisible()
    assert window.session.studies == (scene.study,)


def test_derived_images_lie_beside_the_original_and_are_saved_as_a_series(
    window: MainWindow, ran: Ran, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene = ran("image")
    axial = window.panes.panes["axial"]
    finding_view(scene.study).select(first(scene).uid)
    settle()
    panel = window.finding_panel.details.derived
    QTest.mouseClick(panel.shown, Qt.MouseButton.LeftButton)
    settle()
    assert scene.fusion is not None
    assert scene.fusion.mode == "split"
    pixels = pixels_of(axial)
    left, right = at_index(axial, scene, (12, 32, 10)), at_index(axial, scene, (12, 32, 38))
    assert pixels[left[1], left[0]].max() < 20  # air of the original
    assert pixels[right[1], right[0]].min() > 240  # 240 HU in a window of 40 +- 200
    assert reads(axial, "CT AI Flat, made by Image")
    window.commands.actions["fusion_difference"].trigger()
    settle()
    assert scene.fusion.mode == "difference"
    save_as(monkeypatch, tmp_path / "derived")
    panel.save_dicom.click()
    settle()
    files = [pydicom.dcmread(path) for path in sorted((tmp_path / "derived").rglob("*.dcm"))]
    assert len(files) == 24
    assert {str(f.ImageType[0]) for f in files} == {"DERIVED"}
    assert all((f.pixel_array * float(f.RescaleSlope) + float(f.RescaleIntercept) == 240).all() for f in files)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert scene.fusion is None  # with the finding goes what was seen of it
    assert len(scene.study.findings) == 0


def test_synthetic_images_are_watermarked_in_the_view_and_in_saved_pictures(
    window: MainWindow, ran: Ran, settle: Callable[[], None], qtbot: QtBot
) -> None:
    scene = ran("synthetic")
    finding_view(scene.study).select(first(scene).uid)
    settle()
    window.finding_panel.details.derived.shown.click()
    window.commands.actions["fusion_blend"].trigger()
    settle()
    for name in ("axial", "coronal", "sagittal"):
        pane = window.panes.panes[name]
        assert isinstance(pane, ViewportWidget)
        for pixels in (pixels_of(pane), pane.grab_pixels(hide_patient_text=True)[..., :3]):
            colours = pixels.astype(int)
            yellow = (colours[..., 0] - colours[..., 2] > 60) & (colours[..., 1] - colours[..., 2] > 40)
            assert yellow[pane.height() // 2 :].sum() > 300, name
        assert reads(pane, "AI, synthetic: CT")
    window.commands.actions["end_fusion"].trigger()
    settle()
    assert scene.fusion is None
    qtbot.waitUntil(lambda: not window.finding_panel.details.derived.shown.isChecked(), timeout=WAIT_MS)


def test_a_calibrated_band_is_told_in_words_beside_its_score(qtbot: QtBot) -> None:
    kinds = Concept("tumour", "Tumour"), Concept("none", "None")
    values = np.array([0.75, 0.25], np.float32)
    panel = ScorePanel()
    qtbot.addWidget(panel)
    panel.show_scores(ClassScores(kinds, values, "calibrated", bands=((0.6, 0.85), (0.1, 0.2))))
    assert panel.meaning.text() == "Calibrated probabilities"
    assert panel.bars.toolTip().splitlines()[0] == "Tumour  0.75  Calibrated: 60 to 85 % of like scores had it"
    panel.show_scores(ClassScores(kinds, np.array([-2.0, 6.0], np.float32), "logit", thresholds=(0.0, 0.0)))
    assert panel.meaning.text() == "Raw scores (logits), not probabilities"
    assert panel.bars.share(2.0) == pytest.approx(0.5)  # from -2 to 6
