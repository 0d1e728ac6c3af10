"""Icons that Qt copies, as it does to add a picture to one."""

from __future__ import annotations

import gc

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPixmap
from pytestqt.qtbot import QtBot

from medview.gui.icon import icon


def test_an_icon_that_qt_copies_is_drawn_after_its_engine_has_no_name_in_python(qtbot: QtBot) -> None:
    red = QPixmap(16, 16)
    red.fill(QColor(255, 0, 0))
    copies = []
    for number in range(200):
        shared = icon("run" if number % 2 else "close", f"#0000{number:02x}")
        copy = QIcon(shared)
        copy.addPixmap(red)  # Qt takes a clone of the engine: Python's must not end it
        copies.append(copy)
    gc.collect()
    drawn = [copy.pixmap(QSize(24, 24)).toImage() for copy in copies]
    assert all(image.width() == 24 for image in drawn)
    colours = [QColor.fromRgba(drawn[155].pixel(x, y)) for x in range(24) for y in range(24)]
    opaque = [colour for colour in colours if colour.alpha() > 200]
    assert opaque
    assert {(c.red(), c.green()) for c in opaque} == {(0, 0)}  # in its own blue, not in another icon's
    assert not icon("run").pixmap(QSize(24, 24), QIcon.Mode.Disabled, QIcon.State.Off).isNull()
