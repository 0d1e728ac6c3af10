"""What the header makes of values, as painted: the curved window, ways of colour; the ruler against millimetres."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from tests.gui.conftest import WAIT_MS
from tests.gui.panes import pixels_of
from tests.gui.seen import place_of_text, reads
from tests.gui.test_pixel_truth import SIZE, colour, opened

Settle = Callable[[], None]
COLOUR = {
    "PlanarConfiguration": None, "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "Modality": "XC",
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.4", "WindowCenter": None, "WindowWidth": None,
}  # fmt: skip


def test_a_sigmoid_window_is_painted_as_the_standard_says(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    """F49: PS3.3 C.11.2.1.3.1, 255 / (1 + exp(-4 (x - c) / w))."""
    pane = opened(window, settle, tmp_path, VOILUTFunction="SIGMOID", WindowCenter=2000, WindowWidth=1500)
    for column in (8, 20, 31, 44, 60):
        value = column * 65
        expected = 255 / (1 + np.exp(-4 * (value - 2000) / 1500))
        assert colour(pane, 32, column)[0] == pytest.approx(expected, abs=2), column
    assert reads(pane, "W 1500  L 2000  sigmoid")


def test_luminance_and_chrominance_become_colours(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    """F47 to F53, colour: YBR_FULL by PS3.3 C.7.6.3.1.2, worked out here."""
    y, blue, red = 120.0, 90.0, 180.0
    stored = np.full((SIZE, SIZE, 3), (y, blue, red), np.uint8)
    facts = COLOUR | {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "YBR_FULL"}
    pane = opened(window, settle, tmp_path, PixelData=stored.tobytes(), **facts)
    expected = [y + 1.402 * (red - 128), y - 0.344136 * (blue - 128) - 0.714136 * (red - 128), y + 1.772 * (blue - 128)]
    assert colour(pane, 32, 32) == pytest.approx(expected, abs=2)


def test_numbers_of_a_palette_become_its_colours(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    """PALETTE COLOR: three tables of 256 entries of 16 bits (PS3.3 C.7.6.3.1.5)."""
    entries = np.arange(256, dtype="<u2")
    tables = {"Red": entries * 257, "Green": (255 - entries) * 257, "Blue": np.full(256, 77 * 257, "<u2")}
    facts = COLOUR | {"SamplesPerPixel": 1, "PhotometricInterpretation": "PALETTE COLOR"}
    for name, table in tables.items():
        facts[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        facts[f"{name}PaletteColorLookupTableData"] = table.astype("<u2").tobytes()
    stored = np.tile(np.arange(SIZE, dtype=np.uint8) * 3, (SIZE, 1))
    pane = opened(window, settle, tmp_path, PixelData=stored.tobytes(), **facts)
    for column in (10, 40, 60):
        assert colour(pane, 32, column) == pytest.approx([3 * column, 255 - 3 * column, 77], abs=3), column


def test_the_ruler_is_as_long_as_it_says(window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path) -> None:
    """F77: 48 columns of 1 mm fill a pane, and the ruler's line is counted in pixels."""
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    qtbot.wait(40)
    pane = window.panes.panes[window.session.active_pane]
    scale = min(pane.width() / 48, pane.height() / 40)
    lengths = [mm for mm in (1, 2, 5, 10, 20) if place_of_text(pane, f"{mm} mm") is not None]
    assert lengths
    length = lengths[-1]
    found = place_of_text(pane, f"{length} mm")
    assert found is not None
    seen = pixels_of(pane).min(axis=2) > 180
    below = seen[found[1] + 12 : found[1] + 40, pane.width() // 4 : 3 * pane.width() // 4]
    longest = max(int(row.sum()) for row in below)
    assert longest == pytest.approx(length * scale, abs=3)


def test_the_length_of_the_ruler_is_read_where_the_crosshair_runs_through_it(
    window: MainWindow, settle: Settle, qtbot: QtBot, ct_folder: Path
) -> None:
    open_folder(window.session, ct_folder)
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    window.session.set_layout(shipped_layout("mpr"))
    scene = window.session.scene
    assert scene is not None
    pane = window.panes.panes["coronal"]
    scene.update(crosshair_visible=False)
    length = next(mm for mm in (20, 10, 5, 2, 1) if place_of_text(pane, f"{mm} mm") is not None)
    scene.update(crosshair_visible=True)
    place = place_of_text(pane, f"{length} mm")
    assert place is not None
    top, line = place[1], pixels_of(pane).astype(int)
    middle = line[:, pane.width() // 2 - 12 : pane.width() // 2 + 12]
    assert np.ptp(middle[top - 30], axis=1).max() > 60, "the coloured line runs there"
    assert np.ptp(middle[top : top + 9], axis=2).max() < 60, "and not through the letters"
