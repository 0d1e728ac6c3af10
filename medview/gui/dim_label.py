"""A hint in a panel: words that are read once."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget


def dim_label(text: str, parent: QWidget) -> QLabel:
    """Return secondary text in as many lines as it needs."""
    label = QLabel(text, parent)
    label.setObjectName("dim")
    label.setWordWrap(True)
    return label
