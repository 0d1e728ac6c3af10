"""A button in a row of buttons, such as those that move a line."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget


def row_button(form: QWidget, row: QHBoxLayout, title: str) -> QPushButton:
    """Put a button into a row of a form and return it; the Return key does not press it."""
    button = QPushButton(title, form)
    button.setAutoDefault(False)
    row.addWidget(button)
    return button
