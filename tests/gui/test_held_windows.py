"""A window that a test shows lives until the test's robot has closed it, even where the test lets go of it."""

from __future__ import annotations

import gc
import weakref

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot


def test_a_window_in_a_cycle_is_no_garbage_while_it_is_shown(qtbot: QtBot) -> None:
    shown = QWidget()
    shown.itself = shown  # type: ignore[attr-defined]
    qtbot.addWidget(shown)
    shown.show()
    qtbot.waitExposed(shown)
    seen = weakref.ref(shown)
    del shown
    gc.collect()
    held = seen()
    assert held is not None
    assert held.isVisible()
