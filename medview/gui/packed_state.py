"""Place and size of the window and its panels as a setting."""

from __future__ import annotations

from base64 import b64decode, b64encode

from PySide6.QtCore import QByteArray


def packed_state(state: QByteArray) -> str:
    """Return what Qt packs as text."""
    return b64encode(state.data()).decode("ascii")


def unpacked_state(text: str) -> QByteArray:
    """Return what Qt has packed; nothing where the text was edited by hand: the window is then where it is at first."""
    try:
        return QByteArray(b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
