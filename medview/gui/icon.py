"""Line icons, drawn in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from shiboken6 import isValid

from medview.gui.theme import theme
from medview.paths import resources_folder


def icon(name: str, colour: str = "") -> QIcon:
    """Return the icon `name` of resources/icons in the theme's text colour, or in `colour` ("#rrggbb")."""
    return _icon(name, colour or theme().text, theme().faint)


@lru_cache(maxsize=512)
def icon_pixmap(name: str, size_px: int, colour: str, ratio: float = 1.0) -> QPixmap:
    """Return an icon as a square pixmap of `size_px` device-independent pixels, which nobody may draw upon."""
    pixmap = QPixmap(round(size_px * ratio), round(size_px * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    _renderer(name, colour).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@lru_cache(maxsize=256)
def _icon(name: str, colour: str, disabled_colour: str) -> QIcon:
    return QIcon(_Lines(name, colour, disabled_colour))


_clones: list[QIconEngine] = []


class _Lines(QIconEngine):
    """Draws an icon when it is first shown, in the size that is shown: most icons of three hundred never are."""

    def __init__(self, name: str, colour: str, disabled_colour: str) -> None:
        super().__init__()
        self._name = name
        self._colours = colour, disabled_colour

    def clone(self) -> QIconEngine:
        # Qt takes what is returned for its own (QIcon.addPixmap does), but Python would end it with its last name here:
        # it is held until Qt has ended it
        _clones[:] = [held for held in _clones if isValid(held)]
        _clones.append(_Lines(self._name, *self._colours))
        return _clones[-1]

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        side = min(size.width(), size.height())
        return icon_pixmap(self._name, side, self._colours[mode == QIcon.Mode.Disabled])

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        _renderer(self._name, self._colours[mode == QIcon.Mode.Disabled]).render(painter, square)


@lru_cache(maxsize=128)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    return (resources_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
