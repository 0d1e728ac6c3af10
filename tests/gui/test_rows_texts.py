"""What stands on an image and in the window: corners, letters, badges, guards, themes, menus; read in the pixels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.gui.studies.study_card import CardRole
from medview.session.open_folder import open_folder
from tests.files.make_dicom import COLUMNS, ROWS, image, mr_image, write, write_stack
from tests.gui.conftest import WAIT_MS
from tests.gui.panes import drag, hover, pixels_of
from tests.gui.seen import place_of_text, reads

K, SHIFT, CONTROL = Qt.Key, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
Opener = Callable[[Path], ViewportWidget]
FACTS: dict[str, Any] = {
    "PatientName": "Muster^Anna", "PatientID": "M-7", "PatientBirthDate": "19700203", "PatientSex": "F",
    "InstitutionName": "Clinic", "StudyDescription": "Head", "AccessionNumber": "A-9", "StudyID": "S-5",
    "AcquisitionDate": "20240102", "AcquisitionTime": "101500", "SeriesDescription": "Axial", "SliceThickness": 2.0,
    "Laterality": None,
}  # fmt: skip


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, settle: Callable[[], None]) -> Opener:
    """Return a function that opens a folder and shows it in one pane."""

    def open_it(folder: Path) -> ViewportWidget:
        before = window.session.scene
        open_folder(window.session, folder)
        qtbot.waitUntil(
            lambda: window.session.scene not in (None, before) and window.session.scene.is_whole, timeout=WAIT_MS
        )
        settle()
        QTest.keyClick(window, K.Key_1, CONTROL)
        qtbot.wait(30)
        pane = window.panes.panes[window.session.active_pane]
        assert isinstance(pane, ViewportWidget)
        pane.setFocus()
        window.session.scene.update(crosshair_visible=False)
        for notice in window.session.notices.notices:  # what goes by itself later would make the panes larger
            window.session.notices.dismiss(notice)
        qtbot.wait(50)
        return pane

    return open_it


def corner_of(pane: ViewportWidget, text: str, *, bold: bool = False) -> str:
    """Return in which corner a text stands: "top left" and so on; "" for nowhere."""
    found = place_of_text(pane, text, bold=bold)
    if found is None:
        return ""
    return f"{'top' if found[1] < pane.height() / 2 else 'bottom'} {'left' if found[0] < pane.width() / 3 else 'right'}"


def test_the_four_corners_and_one_key_that_leaves_nobody_named(opened: Opener, tmp_path: Path, qtbot: QtBot) -> None:
    """F74, F75, F78: the set of the conventions, in its corners, and what is left of it without names."""
    pane = opened(write_stack(tmp_path / "ct", **FACTS))
    everybody = {"Muster, Anna": "top left", "M-7": "top left", "Clinic": "top right", "Head": "top right",
                 "A-9": "top right"}  # fmt: skip
    images = {"Slice 3/5": "bottom left", "W 400  L 40": "bottom left", "Axial": "bottom right",
              "Series 4": "bottom right"}  # fmt: skip
    for text, corner in (everybody | images).items():
        assert corner_of(pane, text) == corner, text
    # the middle of the pane is the middle of the grid: 8 columns of 0.75 mm from -10, 6 rows of 0.5 mm from -20
    hover(pane, (pane.width() / 2, pane.height() / 2))
    qtbot.wait(20)
    for text in ("R 7.4 A 18.8 H 5.0 mm", "-22 HU"):  # -10 + 3.5 * 0.75, -20 + 2.5 * 0.5; 1000 + 2 - 1024
        assert corner_of(pane, text) == "bottom left", text
    QTest.keyClick(pane, K.Key_H, CONTROL)
    qtbot.wait(30)
    assert [text for text in everybody if corner_of(pane, text)] == []
    assert {text: corner_of(pane, text) for text in images} == images
    QTest.keyClick(pane, K.Key_H, CONTROL)
    QTest.keyClick(pane, K.Key_I, SHIFT)
    qtbot.wait(30)
    assert not corner_of(pane, "Muster, Anna")
    assert not corner_of(pane, "Axial")
    assert corner_of(pane, "Slice 3/5") == "bottom left"


def large(pane: ViewportWidget) -> int:
    return round(pane.fontMetrics().height() * 1.15)


def small(pane: ViewportWidget) -> int:
    return round(pane.fontMetrics().height() * 0.75)


def test_the_dominant_letter_is_large_and_the_lesser_ones_are_below_it(opened: Opener, tmp_path: Path) -> None:
    """F76, conventions 5: an oblique plane, and a picture of which no orientation is known."""
    cos, sin = np.cos(np.deg2rad(30)), np.sin(np.deg2rad(30))
    lying = {"ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, cos, -sin]}  # columns to the left, rows back and down

    def slanted(index: int, **changes: Any) -> Any:
        place = [-10.0, -20.0 + 2.5 * index * sin, 2.5 * index * cos]
        return image(index, **({"ImagePositionPatient": place} | lying | changes))

    pane = opened(write_stack(tmp_path / "slanted", make=slanted))
    for text, side in (("R", "left"), ("L", "right"), ("A", "top"), ("P", "bottom")):
        found = place_of_text(pane, text, bold=True, pixel_size=large(pane))
        assert found is not None, text
        middle = (pane.width() / 2, pane.height() / 2)
        x, y = found[0] - middle[0], found[1] - middle[1]
        seen = ("left" if x < 0 else "right") if abs(x) * pane.height() > abs(y) * pane.width() else (
            "top" if y < 0 else "bottom")  # fmt: skip
        assert seen == side, text
    head = place_of_text(pane, "H", bold=True, pixel_size=small(pane))
    anterior = place_of_text(pane, "A", bold=True, pixel_size=large(pane))
    assert head is not None
    assert anterior is not None
    assert 0 < head[0] - anterior[0] < 2 * large(pane)
    assert 0 < head[1] - anterior[1] < large(pane), "a subscript"
    nowhere = dict.fromkeys(("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID"))
    told = {"Modality": "XA", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.1", "StudyInstanceUID": "2.25.91"}
    pane = opened(write_stack(tmp_path / "xa", 1, SeriesInstanceUID="2.25.92", **told, **nowhere))
    for text in "RLAPHF":
        assert place_of_text(pane, text, bold=True, pixel_size=large(pane)) is None, text


def test_every_kind_of_fidelity_is_written_on_the_image(
    opened: Opener, window: MainWindow, tmp_path: Path, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    """Full, reformatted, interpolated, filtered, lossy, derived, decimated: read in the pane, one after the other."""
    pane = opened(write_stack(tmp_path / "ct"))
    assert reads(pane, "Full fidelity")

    def after(command: str) -> ViewportWidget:
        action = window.commands.actions[command]
        qtbot.waitUntil(action.isEnabled, timeout=WAIT_MS)
        action.trigger()
        qtbot.wait(40)
        return window.panes.panes[window.session.active_pane]  # type: ignore[return-value]

    pane = after("show_coronal")
    assert reads(pane, "Reformatted")
    assert not reads(pane, "Full fidelity")
    after("show_axial")
    assert reads(after("slab_10"), "MIP, slab of 10 mm")
    QTest.keyClick(window, K.Key_T, CONTROL)
    assert reads(after("filter_sharpen"), "Filtered: Sharpen")
    assert reads(after("filter_none"), "Full fidelity")
    others = {
        "Lossy 12:1": {"LossyImageCompression": "01", "LossyImageCompressionRatio": 12},
        "Derived images": {"ImageType": ["DERIVED", "SECONDARY"]},
    }
    for number, (text, facts) in enumerate(others.items()):
        uids = {"StudyInstanceUID": f"2.25.6{number}", "SeriesInstanceUID": f"2.25.7{number}"}
        pane = opened(write_stack(tmp_path / str(number), **uids, **facts))
        assert reads(pane, text, bold=text.startswith("Lossy")), text
    many = np.zeros((2000, 2000), "<u2")
    told = {"Rows": 2000, "Columns": 2000, "PixelData": many.tobytes(), "StudyInstanceUID": "2.25.68",
            "SeriesInstanceUID": "2.25.78"}  # fmt: skip
    pane = opened(write_stack(tmp_path / "large", 1, **told))
    times = int(2000 // min(pane.width(), pane.height()))
    assert reads(pane, f"Decimated {times}x{times}")


GUARDS: list[tuple[str, Callable[[Path], object]]] = [
    ("even, 2.50 mm", write_stack),
    ("slice 4 missing", lambda folder: [write(image(n), folder / str(n)) for n in (0, 1, 2, 4, 5, 6)]),
    ("slice distance 2.50 to 4.00 mm", lambda folder: [
        write(image(n, ImagePositionPatient=[0, 0, z]), folder / str(n))
        for n, z in enumerate((0, 2.5, 5.3, 9.3, 12))]),
    ("no pixel spacing", lambda folder: write_stack(folder, 3, PixelSpacing=None)),
    ("5 slices without a place", lambda folder: write_stack(folder, ImagePositionPatient=None)),
]  # fmt: skip


def test_every_series_wears_what_the_geometry_guard_found(
    window: MainWindow, settle: Callable[[], None], tmp_path: Path
) -> None:
    """One line each, and what it means for other planes and models when the mouse rests on it."""
    for number, (text, make) in enumerate(GUARDS):
        folder = tmp_path / str(number)
        make(folder)
        open_folder(window.session, folder)
        settle()
        top = window.study_panel.tree.topLevelItem(0)
        badges = {top.child(n).data(0, CardRole.CARD).badge: top.child(n).toolTip(0) for n in range(top.childCount())}
        assert text in badges
        assert any(word in badges[text] for word in ("plane", "place", "distance", "model")), badges
        QTest.keyClick(window, K.Key_W, CONTROL)
        settle()


def test_positions_taken_twice_and_volumes_of_a_series_are_told(
    window: MainWindow, settle: Callable[[], None], tmp_path: Path
) -> None:
    """Mixed and 4D (k)."""
    for index in range(4):
        write(mr_image(index), tmp_path / f"{index}")
    write(mr_image(1, SOPInstanceUID="2.25.77", PixelData=np.full((ROWS, COLUMNS), 7, "<u2").tobytes()), tmp_path / "x")
    open_folder(window.session, tmp_path)
    settle()
    top = window.study_panel.tree.topLevelItem(0)
    badges = [top.child(n).data(0, CardRole.CARD).badge for n in range(top.childCount())]
    assert any("twice" in badge for badge in badges), badges


def test_both_themes_are_seen_and_images_stay_as_they_are(
    opened: Opener, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    pane = opened(write_stack(tmp_path / "ct"))
    on_images = pixels_of(pane)

    def lightness(widget: Any) -> float:
        return float(np.median(pixels_of(widget)))

    def panels() -> list[float]:
        return [lightness(panel) for panel in (window.study_panel, window.menuBar(), window.plugin_panel)]

    assert max(panels()) < 80
    window.commands.actions["light_theme"].trigger()
    qtbot.waitUntil(lambda: min(panels()) > 200, timeout=WAIT_MS)
    assert np.array_equal(pixels_of(window.panes.panes[pane.pane]), on_images)
    window.commands.actions["light_theme"].trigger()
    qtbot.waitUntil(lambda: max(panels()) < 80, timeout=WAIT_MS)


def test_menu_toolbar_and_context_menu_are_used_with_the_mouse(
    opened: Opener, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    pane = opened(write_stack(tmp_path / "ct"))
    before = int(np.median(pixels_of(pane)))
    bar = window.menuBar()
    (image_menu,) = [action for action in bar.actions() if action.text() == "Image"]
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.actionGeometry(image_menu).center())
    menu = image_menu.menu()
    qtbot.waitUntil(menu.isVisible, timeout=WAIT_MS)
    invert = window.commands.actions["invert"]
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(invert).center())
    qtbot.wait(30)
    inverted = int(np.median(pixels_of(pane)))
    assert inverted == pytest.approx(255 - before, abs=2)
    button = window.tool_bar.widgetForAction(invert)
    if button.isVisible():
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.wait(30)
        assert int(np.median(pixels_of(pane))) == before
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(pane, Qt.MouseButton.RightButton, pos=QPoint(70, 200))
    context = QApplication.activePopupWidget()
    assert isinstance(context, QMenu)
    assert {"reset_view", "invert", "magnifier"} <= {action.objectName() for action in context.actions()}
    QTest.mouseClick(context, Qt.MouseButton.LeftButton, pos=context.actionGeometry(invert).center())
    qtbot.wait(30)
    assert int(np.median(pixels_of(pane))) == before
    drag(pane, [(70, 200), (70, 140)], Qt.MouseButton.RightButton)
    assert QApplication.activePopupWidget() is None, "a drag asks for no menu"


_FINE = """
import json, sys
from pathlib import Path
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
application = QApplication([])
from medview.app import make_window
from medview.jobs.job_queue import JobQueue
from medview.session.open_folder import open_folder
from tests.gui.panes import drag, pixels_of
jobs = JobQueue()
window = make_window(application, jobs)
window.resize(1300, 850)
window.show()
open_folder(window.session, Path(sys.argv[1]))
while window.session.scene is None or window.session.jobs.jobs:
    QTest.qWait(20)
QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
QTest.qWait(50)
pane = window.panes.panes[window.session.active_pane]
QTest.keyClick(window, Qt.Key.Key_D)
scale = min(pane.width() / 48, pane.height() / 40)
x, y = pane.width() / 2, pane.height() / 2
drag(pane, [(x - 12 * scale, y), (x, y + 2), (x + 12 * scale, y + 7 * scale)])
QTest.qWait(50)
rows = window.measurement_panel.list.rows()
print(json.dumps({"ratio": pane.devicePixelRatioF(), "shown": pixels_of(pane).shape[:2],
                  "size": [pane.height(), pane.width()], "told": [row.text(n) for row in rows for n in range(5)]}))
sys.stdout.flush()
import os
os._exit(0)
"""


def test_on_a_fine_screen_the_window_measures_the_same(ct_folder: Path, tmp_path: Path) -> None:
    """High-DPI: twice the pixels, and 24 by 7 mm are 25 mm all the same."""
    ways = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": "2",
        "MEDVIEW_HOME": str(tmp_path / "home"),
    }
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.json").write_text('{"language": "en", "hanging": false}', encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _FINE, str(ct_folder)], cwd=root, env={**ways, "PYTHONPATH": str(root)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert seen["ratio"] == 2.0
    assert seen["shown"] == [2 * n for n in seen["size"]]
    assert "25.0 mm" in seen["told"]
