"""How large the pixels of the screen are that a widget is on."""

from __future__ import annotations

from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QWidget

from medview.imaging.display_size import PLAIN_DISPLAY, DisplaySize
from medview.session.settings import Settings

_SANE_PX_PER_MM = (1.0, 40.0)  # of the device; screens that know nothing of themselves tell nonsense


def display_size(widget: QWidget, settings: Settings) -> DisplaySize:
    """Return what a person has measured on the screen of a widget, else what the screen tells of itself."""
    ratio, screen = widget.devicePixelRatioF(), widget.screen()
    measured = settings["display_px_per_mm"].get(screen_name(screen))
    if isinstance(measured, (int, float)) and _SANE_PX_PER_MM[0] < measured < _SANE_PX_PER_MM[1]:
        return DisplaySize(ratio, measured / ratio, True)
    width_mm = screen.physicalSize().width()
    told = screen.geometry().width() * ratio / width_mm if width_mm > 0 else 0.0
    if not _SANE_PX_PER_MM[0] < told < _SANE_PX_PER_MM[1]:
        return DisplaySize(ratio, PLAIN_DISPLAY.px_per_mm)
    return DisplaySize(ratio, told / ratio)


def screen_name(screen: QScreen) -> str:
    """Return what a screen is known by from one day to the next."""
    parts = (screen.manufacturer(), screen.model(), screen.serialNumber(), screen.name())
    return " ".join(part for part in parts if part)
