"""Line icons, drawn in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from medview.gui.theme import theme
from medview.paths import resources_folder

_SIZES_PX = (16, 20, 24, 32, 40, 48, 64)


def icon(name: str, colour: str = "") -> QIcon:
    """Return the icon `name` of resources/icons in the theme's text colour, or in `colour` ("#rrggbb")."""
    return _icon(name, colour or theme().text, theme().faint)


@lru_cache(maxsize=128)
def icon_pixmap(name: str, size_px: int, colour: str, ratio: float = 1.0) -> QPixmap:
    """Return an icon as a square pixmap of `size_px` device-independent pixels, which nobody may draw upon."""
    pixmap = _drawn(_renderer(name, colour), round(size_px * ratio))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@lru_cache(maxsize=256)
def _icon(name: str, colour: str, disabled_colour: str) -> QIcon:
    made = QIcon()
    for shown, mode in ((colour, QIcon.Mode.Normal), (disabled_colour, QIcon.Mode.Disabled)):
        renderer = _renderer(name, shown)
        for size in _SIZES_PX:
            made.addPixmap(_drawn(renderer, size), mode)
    return made


def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


def _drawn(renderer: QSvgRenderer, size_px: int) -> QPixmap:
    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    return pixmap


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    return (resources_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
