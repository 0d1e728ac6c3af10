"""The first line of a panel at the right of the window: its title, and buttons for all that it lists."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget


def panel_heading(title: str, buttons: Iterable[QToolButton], parent: QWidget) -> QHBoxLayout:
    """Return the title with its buttons at the right end."""
    row = QHBoxLayout()
    row.setSpacing(2)
    label = QLabel(title, parent)
    label.setObjectName("subheading")
    row.addWidget(label, 1)
    for button in buttons:
        row.addWidget(button)
    return row
