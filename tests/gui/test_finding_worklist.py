"""Findings of several runs in the real window: listed by run, reviewed by keys, taken by the mouse in every pane."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot
from scipy.ndimage import binary_dilation

from medview.gui.main_window import MainWindow
from medview.gui.panes.corner_tips import CornerTips
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.gui.screenshot_acts import turn_oblique
from medview.gui.side_tabs import FINDINGS, MEASUREMENTS, SEGMENTATION
from medview.session.finding_view import finding_view
from medview.session.judge_findings import judge_findings
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.study.finding import Concept, Finding, ScoredBox
from medview.study.segmentation import Source
from tests.gui.conftest import WAIT_MS
from tests.gui.panes import double_click, drag, hover, pixels_of
from tests.gui.seen import reads
from tests.gui.test_findings import at_index, near, share

Index = tuple[float, float, float]
NODULE = Concept("nodule", "Nodule", (255, 0, 255))
LONG = "Detection of mediastinal lymph nodes, second opinion"
# run, score, first and last edge (slice, row, column); the first lies round the bone on slices 7 to 11
BOXES: tuple[tuple[str, float, Index, Index], ...] = (
    ("Lung lesions", 0.83, (6.5, 11.5, 14.5), (11.5, 16.5, 20.5)),
    ("Lung lesions", 0.61, (19.5, 20.0, 25.0), (20.5, 28.0, 33.0)),
    ("Lung lesions", 0.20, (7.5, 20.0, 25.0), (11.5, 28.0, 33.0)),
    (LONG, 0.91, (7.5, 10.0, 30.0), (10.5, 14.0, 35.0)),
    (LONG, 0.47, (8.5, 30.0, 30.0), (9.5, 34.0, 38.0)),
)
Laid = Callable[..., Scene]


def boxes_on(scene: Scene, boxes: tuple[tuple[str, float, Index, Index], ...]) -> tuple[Finding, ...]:
    facts = {"plugin_version": "1.0.0", "started": "2026-11-23T14:03:00+00:00", "device": "cpu"}
    geometry, source = scene.volume.geometry, Source.of(scene.series)
    return tuple(
        Finding(
            f"2.25.{n}",
            f"2.25.9{run}",
            run,
            ScoredBox(NODULE, score, low, high),
            geometry,
            source,
            facts,
            threshold=0.4,
        )
        for n, (run, score, low, high) in enumerate(boxes)
    )


@pytest.fixture
def laid(window: MainWindow, ct_folder: Path, qtbot: QtBot, settle: Callable[[], None]) -> Laid:
    """Return what opens the CT and lays boxes on it, in the middle of the first."""

    def lay(boxes: tuple[tuple[str, float, Index, Index], ...] = BOXES) -> Scene:
        open_folder(window.session, ct_folder)
        qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
        settle()
        scene = window.session.scene
        assert scene is not None
        scene.study.findings.set(boxes_on(scene, boxes))
        scene.move_cursor(scene.volume.geometry.to_mm((9, 25, 40)))
        scene.update(crosshair_visible=False)
        settle()
        return scene

    return lay


def rows(window: MainWindow) -> list[tuple[str, ...]]:
    return [*window.finding_panel.list.row_texts()]


def headings(window: MainWindow) -> list[str]:
    model = window.finding_panel.list.model()
    return [str(model.index(number, 0).data()) for number in range(model.rowCount())]


def chosen(scene: Scene) -> str:
    return finding_view(scene.study).selected_uid


def middle(pane: QWidget, scene: Scene, index: Index) -> tuple[float, float]:
    x, y = at_index(pane, scene, index)
    return float(x), float(y)


def test_a_click_on_a_box_chooses_it_and_a_double_click_centres_it(
    window: MainWindow, laid: Laid, settle: Callable[[], None]
) -> None:
    scene, axial, coronal = laid(), window.panes.panes["axial"], window.panes.panes["coronal"]
    before, cursor = scene.window, scene.cursor_index
    window.side_tabs.setCurrentIndex(SEGMENTATION)
    inside = middle(axial, scene, (9, 14, 17))
    drag(axial, [inside, (inside[0] + 30, inside[1])])
    settle()
    assert chosen(scene) == ""  # a drag is the tool's
    assert scene.window != before
    drag(axial, [inside, inside])
    settle()
    assert chosen(scene) == "2.25.0"
    assert scene.cursor_index == cursor
    assert window.side_tabs.currentIndex() == FINDINGS
    assert [row.siblingAtColumn(2).data() for row in window.finding_panel.list.selectionModel().selectedRows(2)] == [
        "0.83"
    ]
    scene.move_cursor(scene.volume.geometry.to_mm((9, 12, 40)))
    settle()
    drag(coronal, [middle(coronal, scene, (9, 12, 32.5))] * 2)
    settle()
    assert chosen(scene) == "2.25.3"
    double_click(axial, inside)
    settle()
    assert chosen(scene) == "2.25.0"
    assert scene.cursor_index == (9, 14, 18)
    assert window.session.maximised is None
    beside = middle(axial, scene, (9, 36, 5))
    double_click(axial, beside)
    settle()
    assert window.session.maximised == "axial"  # beside a box a double click means what it always has


def test_tools_that_draw_or_paint_take_no_box(window: MainWindow, laid: Laid, settle: Callable[[], None]) -> None:
    scene, axial = laid(), window.panes.panes["axial"]
    inside = middle(axial, scene, (9, 14, 17))
    window.session.choose(tool="measure_length")
    settle()
    drag(axial, [inside, inside])
    drag(axial, [(inside[0] + 40, inside[1] + 20)] * 2)
    settle()
    assert window.side_tabs.currentIndex() == MEASUREMENTS
    assert len(scene.study.measurements) == 1
    window.session.choose(tool="window_level")
    drag(axial, [inside, inside])  # on the measurement's own point: that is what is taken
    settle()
    assert chosen(scene) == ""
    assert window.session.focus.selected_uid == next(iter(scene.study.measurements)).tracking_uid
    window.session.choose(tool="brush")
    drag(axial, [inside, inside])
    settle()
    assert chosen(scene) == ""
    assert scene.study.segmentations  # it has painted


def test_a_box_tells_name_score_and_status_and_is_hinted_at_beside_its_slices(
    window: MainWindow, laid: Laid, settle: Callable[[], None]
) -> None:
    scene, axial = laid(), window.panes.panes["axial"]
    (tips,) = axial.findChildren(CornerTips)
    inside = middle(axial, scene, (9, 14, 17))
    hover(axial, inside)
    settle()
    assert tips.tip_at(*inside) == "Nodule\nProposed · score 0.83 · 6×5×10 mm\nAI: Lung lesions 1.0.0"
    top = [(12.0, 11.5, 14.5), (12.0, 11.5, 20.5)]
    hover(axial, (3.0, 3.0))
    scene.move_cursor(scene.volume.geometry.to_mm((12, 25, 40)))  # 1 mm beyond its last slice
    settle()
    assert share(axial, scene, top) < 0.2  # none of the colour in full
    x, y = at_index(axial, scene, (12.0, 11.5, 17.5))
    line = pixels_of(axial)[y - 1 : y + 2, x - 12 : x + 12].astype(int)
    assert (line[..., 0] - line[..., 1]).max() > 60  # but a hint of it
    assert tips.tip_at(*inside) == ""
    drag(axial, [inside, inside])
    settle()
    assert chosen(scene) == ""  # what the plane does not cut is not taken
    finding_view(scene.study).select("2.25.0")
    settle()
    assert reads(axial, "AI Nodule 0.83: not in this slice")
    scene.move_cursor(scene.volume.geometry.to_mm((15, 25, 40)))
    settle()
    assert not any(
        near(pixels_of(axial), at_index(axial, scene, (15, 11.5, c)), (255, 0, 255), 1) for c in (15, 17, 19)
    )


def test_boxes_are_seen_larger_in_the_magnifier(window: MainWindow, laid: Laid, settle: Callable[[], None]) -> None:
    scene, axial = laid(), window.panes.panes["axial"]
    x, y = middle(axial, scene, (9, 14, 17.5))
    left, _ = middle(axial, scene, (9, 14, 14.5))
    window.session.viewports["axial"].update(lens_px=(x, y))
    settle()
    # twice as far from the middle of the lens as on the pane below
    edge = round(x + 2 * (left - x))
    column = pixels_of(axial)[round(y) - 8 : round(y) + 9, edge - 3 : edge + 4].astype(int)
    assert ((column[..., 0] > 180) & (column[..., 1] < 80) & (column[..., 2] > 180)).any()


def test_a_box_is_taken_by_its_edges_in_3d(
    window: MainWindow, laid: Laid, settle: Callable[[], None], qtbot: QtBot
) -> None:
    scene, volume = laid(), window.panes.panes["volume"]

    def magenta() -> list[tuple[int, int]]:
        pixels = pixels_of(volume).astype(int)
        found = (pixels[..., 0] > 200) & (pixels[..., 1] < 60) & (pixels[..., 2] > 200)
        return [(int(x), int(y)) for y, x in zip(*np.nonzero(found), strict=True)]

    qtbot.waitUntil(lambda: bool(magenta()), timeout=WAIT_MS)
    x, y = magenta()[0]
    hover(volume, (float(x), float(y)))
    assert volume.cursor().shape() == Qt.CursorShape.PointingHandCursor
    drag(volume, [(float(x), float(y))] * 2)
    settle()
    assert chosen(scene) != ""
    finding = scene.study.findings.find(chosen(scene))
    assert finding is not None
    double_click(volume, (float(x), float(y)))
    settle()
    assert isinstance(finding.payload, ScoredBox)
    middle_index = (np.array(finding.payload.low_index) + finding.payload.high_index) / 2
    assert np.abs(np.array(scene.cursor_index) - middle_index).max() <= 0.51
    assert window.session.maximised is None


def test_findings_are_reviewed_by_keys_from_the_images(
    window: MainWindow, laid: Laid, settle: Callable[[], None]
) -> None:
    scene, axial = laid(), window.panes.panes["axial"]
    axial.setFocus()
    seen = []
    for key in (Qt.Key.Key_A, Qt.Key.Key_X, Qt.Key.Key_A, Qt.Key.Key_A):
        QTest.keyClick(window, Qt.Key.Key_J)
        settle()
        seen.append((chosen(scene), scene.cursor_index[0]))
        QTest.keyClick(window, key, Qt.KeyboardModifier.AltModifier)
        settle()
    # the newest run first, in it the best score first; what is below the threshold is not asked about
    assert [uid for uid, _ in seen] == ["2.25.3", "2.25.4", "2.25.0", "2.25.1"]
    assert [place for _, place in seen] == [9, 9, 9, 20]
    status = {finding.uid: finding.status for finding in scene.study.findings}
    assert status == {
        "2.25.0": "accepted",
        "2.25.1": "accepted",
        "2.25.2": "proposed",
        "2.25.3": "accepted",
        "2.25.4": "rejected",
    }
    assert headings(window) == [f"{LONG}: reviewed", "Lung lesions: reviewed"]
    QTest.keyClick(window, Qt.Key.Key_J)
    settle()
    told = [str(notice.message) for notice in window.session.notices.notices]
    assert told[-1] == "Every finding that is listed has been reviewed."
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert headings(window)[1] == "Lung lesions: 1/2 to review"
    finding_view(scene.study).select("2.25.3")
    QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ShiftModifier)
    settle()
    assert chosen(scene) == "2.25.1"


def test_runs_have_their_own_threshold_are_folded_sorted_and_deleted_as_one(
    window: MainWindow, laid: Laid, settle: Callable[[], None]
) -> None:
    scene, panel = laid(), window.finding_panel
    window.side_tabs.setCurrentIndex(FINDINGS)
    settle()
    assert headings(window) == [f"{LONG}: 2/2 to review", "Lung lesions: 2/2 to review"]
    assert [row[1] for row in rows(window)] == ["0.91", "0.47", "0.83", "0.61"]
    tip = str(panel.list.model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole))
    assert "Lung lesions 1.0.0" in tip
    assert "3 Thorax" in tip
    assert "1 more below the threshold" in tip
    finding_view(scene.study).select("2.25.0")
    settle()
    assert panel.threshold.told.text() == "Lung lesions\nShown from score 0.40 on: 2 of 3"
    panel.threshold.slider.setValue(70)
    settle()
    assert [row[1] for row in rows(window)] == ["0.91", "0.47", "0.83"]
    header = panel.list.header()
    at = header.sectionViewportPosition(2) + header.sectionSize(2) // 2
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at, header.height() // 2))
    settle()
    assert [row[1] for row in rows(window)] == ["0.47", "0.91", "0.83"]
    assert chosen(scene) == "2.25.0"  # the same is chosen wherever it stands
    first = panel.list.model().index(0, 0)
    place = panel.list.visualRect(first).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    assert not panel.list.isExpanded(panel.list.model().index(0, 0))
    assert panel.list.isExpanded(panel.list.model().index(1, 0))
    finding_view(scene.study).set_threshold(next(iter(scene.study.findings)), 0.1)
    settle()
    assert [panel.list.isExpanded(panel.list.model().index(n, 0)) for n in (0, 1)] == [False, True]
    _delete_the_first_run(window, panel.list.model().index(0, 0))
    settle()
    assert headings(window) == ["Lung lesions: 3/3 to review"]
    assert len(scene.study.findings) == 3
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert len(scene.study.findings) == 5


def _delete_the_first_run(window: MainWindow, heading: QModelIndex) -> None:
    listed = window.finding_panel.list
    listed.customContextMenuRequested.emit(listed.visualRect(heading).center())
    (menu,) = listed.findChildren(QMenu)
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts == [f"Delete all results of {LONG}"]  # a run as a whole is not accepted unseen
    menu.actions()[-1].trigger()
    menu.close()


def test_thousands_of_boxes_are_listed_and_drawn(window: MainWindow, laid: Laid, settle: Callable[[], None]) -> None:
    random = np.random.default_rng(7)
    low = random.uniform(0.0, (20.0, 34.0, 42.0), (2000, 3))
    many = tuple(
        ("Lung lesions", 0.4 + n / 4000.0, (float(a), float(b), float(c)), (a + 1.0, b + 3.0, c + 3.0))
        for n, (a, b, c) in enumerate(low)
    )
    scene = laid(many)
    assert headings(window) == ["Lung lesions: 2000/2000 to review"]
    QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ShiftModifier)
    settle()
    assert chosen(scene) == "2.25.0"  # the lowest score stands last
    window.side_tabs.setCurrentIndex(FINDINGS)
    listed = window.finding_panel.list
    settle()
    assert listed.viewport().rect().intersects(listed.visualRect(listed.currentIndex()))
    window.finding_panel.accept_button.click()
    settle()
    assert headings(window) == ["Lung lesions: 1999/2000 to review"]
    assert rows(window)[-1][1] == "0.40"
    box = many[0]
    pixels = pixels_of(window.panes.panes["axial"])
    slice_index = scene.cursor_index[0]
    axial = window.panes.panes["axial"]
    assert near(pixels, at_index(axial, scene, (slice_index, box[2][1], box[2][2] + 1.5)), (255, 0, 255))


def _inside(pane: QWidget, low: Index, high: Index) -> NDArray[np.bool_]:
    """Return which pixels of a pane lie in a box, by the mm under three of its points and the CT's own grid."""
    assert isinstance(pane, ViewportWidget)
    origin, right, down = (pane.position_mm(*at) for at in ((0.5, 0.5), (1.5, 0.5), (0.5, 1.5)))
    assert origin is not None
    x, y = np.meshgrid(np.arange(pane.width()), np.arange(pane.height()))
    points = origin + x[..., None] * (right - origin) + y[..., None] * (down - origin)
    index = ((points - (-24, -20, 100)) / (1, 1, 2))[..., ::-1]  # slice, row, column, as `write_ct` lays them
    return np.asarray(np.all((index > low) & (index < high), axis=-1))


def _grown(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    return np.asarray(binary_dilation(mask, iterations=by))


def test_a_box_on_a_turned_plane_is_the_outline_in_which_the_plane_cuts_it(
    window: MainWindow, laid: Laid, settle: Callable[[], None]
) -> None:
    scene = laid(BOXES[:1])
    judge_findings(scene.study, ["2.25.0"], "accepted")  # drawn in whole lines
    scene.move_cursor(scene.volume.geometry.to_mm((9, 14, 17.5)))
    turn_oblique(window)
    settle()
    for name in ("axial", "coronal", "sagittal"):
        pane = window.panes.panes[name]
        inside = _inside(pane, BOXES[0][2], BOXES[0][3])
        assert inside.any(), name
        edge = _grown(inside, 1) & ~inside
        seen = np.abs(pixels_of(pane).astype(int) - (255, 0, 255)).max(axis=2) < 60
        assert (_grown(seen, 3) & edge).sum() > 0.97 * edge.sum(), name
        assert (seen & ~_grown(edge, 4)).sum() == 0, name


def test_a_slab_shows_the_boxes_that_lie_in_it(window: MainWindow, laid: Laid, settle: Callable[[], None]) -> None:
    scene, axial = laid(BOXES[1:2]), window.panes.panes["axial"]
    judge_findings(scene.study, ["2.25.0"], "accepted")
    top = [(15.0, 20.0, 25.0), (15.0, 20.0, 33.0)]  # of a box on slice 20 alone
    scene.move_cursor(scene.volume.geometry.to_mm((15, 35, 5)))
    settle()
    assert share(axial, scene, top) < 0.05
    window.session.choose(active_pane="axial")
    window.commands.actions["slab_20"].trigger()  # 10 mm to each side: slices 10 to 20
    settle()
    assert share(axial, scene, top) > 0.97
