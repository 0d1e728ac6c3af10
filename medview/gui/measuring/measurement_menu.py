"""What can be done with the measurement under the mouse."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

_GROUPS = (
    ("rename_measurement", "recolour_measurement", "duplicate_measurement"),
    ("histogram", "line_profile", "time_curve", "measurement_properties"),
    ("hide_measurement", "delete_measurement"),
)


def measurement_menu(parent: QWidget, actions: dict[str, QAction]) -> QMenu:
    """Return a menu of the commands on the measurement that is selected; plots that it has none of are left out."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for number, group in enumerate(_GROUPS):
        if number:
            menu.addSeparator()
        menu.addActions([actions[name] for name in group if number != 1 or actions[name].isEnabled()])
    return menu
