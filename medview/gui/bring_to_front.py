"""Show a window before all others, with the keyboard."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def bring_to_front(window: QWidget) -> None:
    """Show a window, lay it over the others and give it the keyboard.

    Not every window system gives the keyboard to a window because it is new: Esc and what is typed would go to the
    images behind it.
    """
    window.show()
    window.raise_()
    window.activateWindow()
