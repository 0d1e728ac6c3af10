"""How the box of a finding is drawn, in a plane or in 3D: its pens, its name, and what it tells under the mouse."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.gui.outlined_text import draw_text, text_width
from medview.study.finding import Finding
from medview.view.finding_boxes import DrawnBox, WireBox
from medview.view.finding_text import STATUS_TITLES, box_text, finding_name, score_of, size_text

_EDGE = QColor(0, 0, 0, 190)
_TEXT = QColor(232, 236, 240)  # read on any image, whatever colour its box has
_LINE_PX = (1.6, 2.6)  # of any box, and of one that is pointed out
_BESIDE_ALPHA = 120  # of the shadow of a box that the plane does not cut
_WIDEST = 0.7  # of the pane's width: the middle of a longer name is left out, never its score


def box_pens(drawn: DrawnBox | WireBox) -> tuple[QPen, ...]:
    """Return the pens of a box from below to above: dashed until a person accepts it, faint beside the plane."""
    if is_beside(drawn):
        return _beside_pens(drawn.box.concept.colour)
    return _pens(drawn.box.concept.colour, is_strong=drawn.is_strong, is_accepted=drawn.is_accepted)


def is_beside(drawn: DrawnBox | WireBox) -> bool:
    """Whether it is only the shadow of a box that the plane does not cut."""
    return isinstance(drawn, DrawnBox) and drawn.away_mm > 0.0


def write_names(
    painter: QPainter, areas: Iterable[tuple[DrawnBox | WireBox, QRectF]], font: QFont, size: QRectF
) -> None:
    """Write the name of each box above or below its area, within the pane; none over another: the tip says it, too.

    Parameters
    ----------
    areas
        What comes last, as it is drawn last, finds its place first.
    """
    written: list[QRectF] = []
    for drawn, area in reversed(tuple(areas)):
        if not area.intersects(size):
            continue
        metrics = QFontMetrics(font)
        text = metrics.elidedText(_name(drawn), Qt.TextElideMode.ElideMiddle, round(size.width() * _WIDEST))
        free = (place for place in _places(area, text, font, size) if not any(place.intersects(one) for one in written))
        place = next(free, None)
        if place is not None:
            written.append(place)
            draw_text(painter, place.left(), place.top() + metrics.ascent(), text, font, _TEXT)


def _places(area: QRectF, text: str, font: QFont, size: QRectF) -> tuple[QRectF, ...]:
    """Return where a name can stand: above its box, below it; at the edge of the pane where neither has room."""
    width, height = text_width(text, font), QFontMetrics(font).height()
    left = min(max(area.left(), size.left() + 4), size.right() - width - 4)
    above, below = area.top() - 5 - height, area.bottom() + 4
    tops = [top for top in (above, below) if size.top() <= top <= size.bottom() - height]
    return tuple(QRectF(left, top, width, height) for top in tops or [max(size.top(), size.bottom() - height)])


def box_tip(finding: Finding) -> str:
    """Return what a box tells while the mouse rests on it: what it is, how sure the model is, and who has judged."""
    score, size = score_of(finding), size_text(finding)
    facts = [say(STATUS_TITLES[finding.status])]
    if score is not None:
        facts.append(tr("score {score}", score=f"{score:.2f}"))
    if size:
        facts.append(f"{size} mm")
    version = str(finding.provenance.get("plugin_version", ""))
    maker = tr("AI: {plugin} {version}", plugin=tr(finding.title), version=version)
    return "\n".join((one_line(say(finding_name(finding))), " · ".join(facts), one_line(maker)))


def _name(drawn: DrawnBox | WireBox) -> str:
    text = box_text(drawn.box)
    if isinstance(drawn, DrawnBox) and drawn.away_mm > 0.0:
        text = Sentence("{box}: not in this slice", {"box": text})
    return one_line(say(text))


@lru_cache(maxsize=64)
def _beside_pens(colour: tuple[int, int, int]) -> tuple[QPen, ...]:
    return (_dashed(QPen(QColor(*colour, _BESIDE_ALPHA), 1.2), 1.5, 4.0),)


@lru_cache(maxsize=256)
def _pens(colour: tuple[int, int, int], *, is_strong: bool, is_accepted: bool) -> tuple[QPen, ...]:
    width = _LINE_PX[is_strong]
    pens = QPen(_EDGE, width + 1.8), QPen(QColor(*colour), width)
    for pen in pens:
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pens if is_accepted else tuple(_dashed(pen, 7.0, 5.0) for pen in pens)


def _dashed(pen: QPen, dash_px: float, gap_px: float) -> QPen:
    """Dash a pen in pixels, so that pens of any width dash alike."""
    pen.setStyle(Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([dash_px / pen.widthF(), gap_px / pen.widthF()])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen
