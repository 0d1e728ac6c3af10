"""Answer a dialog that blocks whoever opens it, as soon as it stands and not after a guess of milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

_PATIENCE_S, _STEP_MS = 30.0, 20
W = TypeVar("W", bound=QWidget)


def when_modal(kind: type[W], act: Callable[[W], None]) -> None:
    """Do something with the next modal dialog of a kind; nothing where none comes in half a minute."""
    until = time.monotonic() + _PATIENCE_S

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, kind) and dialog.isVisible():
            act(dialog)
        elif time.monotonic() < until:
            QTimer.singleShot(_STEP_MS, look)

    QTimer.singleShot(_STEP_MS, look)
