"""The window of 3D looks: named looks with pictures, the curve of the one in use, clipping and surfaces."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from medview.session.session import Session


class LookWindow(QDialog):
    """Stays open beside the images."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session


def show_look_window(session: Session, parent: QWidget) -> None:
    """Show the window, or bring it to the front."""
    found = parent.findChild(LookWindow)
    window = found if found is not None else LookWindow(session, parent)
    window.show()
    window.raise_()
