"""The table of what the images hold under each segment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.measuring.mask_statistics_window import MaskStatisticsWindow
from medview.session.edit_mask import new_segmentation
from medview.session.open_folder import open_folder
from medview.study.history import Edit
from medview.study.segmentation import Box, Segmentation
from tests.gui.conftest import WAIT_MS, write_ct


def paint(window: MainWindow, mask: Segmentation, box: Box) -> None:
    assert window.session.scene is not None
    before = mask.labels[box].copy()
    window.session.scene.study.history.do(Edit(mask, box, before, np.ones_like(before), "Brush"))


@pytest.fixture
def mask(window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]) -> Segmentation:
    """Return a mask on the test's CT: 6 columns of soft tissue and 6 of bone, in 2 rows of 1 slice."""
    open_folder(window.session, write_ct(tmp_path / "ct"))
    qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
    settle()
    mask = new_segmentation(window.session)
    paint(window, mask, (slice(12, 13), slice(15, 17), slice(15, 27)))
    qtbot.wait(30)
    return mask


def table_of(window: MainWindow, settle: Callable[[], None]) -> MaskStatisticsWindow:
    window.commands.actions["mask_statistics"].trigger()
    settle()
    (found,) = window.findChildren(MaskStatisticsWindow)
    assert found.isVisible()
    return found


def cells(found: MaskStatisticsWindow) -> list[str]:
    return [found.table.item(0, column).text() for column in range(found.table.columnCount())]


def test_the_table_says_what_is_under_the_mask_and_follows_it(
    window: MainWindow, mask: Segmentation, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    found = table_of(window, settle)
    # 12 voxels of 700 and 12 of 40 HU, 1 x 1 x 2 mm each
    assert cells(found) == ["Segment 1", "24", "0.05 ml", "370", "330", "40", "700", "370"]
    assert found.about.text() == "Manual segmentation: values in HU"
    paint(window, mask, (slice(13, 14), slice(15, 17), slice(15, 27)))
    qtbot.waitUntil(lambda: found.table.rowCount() == 1 and cells(found)[1] == "48", timeout=WAIT_MS)
    assert cells(found)[2] == "0.10 ml"
    (copy,) = (button for button in found.findChildren(QPushButton) if button.text() == "Copy as CSV")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text().splitlines()[1].startswith("Segment 1,48,0.10 ml,370")
    found.close()


def test_without_a_mask_the_table_is_empty_and_says_so(
    window: MainWindow, mask: Segmentation, qtbot: QtBot, settle: Callable[[], None]
) -> None:
    found = table_of(window, settle)
    window.session.show(None)
    qtbot.waitUntil(lambda: found.table.rowCount() == 0, timeout=WAIT_MS)
    assert found.about.text() == "No mask is in view."
    found.close()
    assert not window.commands.actions["mask_statistics"].isEnabled()
