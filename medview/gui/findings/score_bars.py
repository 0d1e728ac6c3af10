"""The scores of classes as bars, with thresholds, and with the calibrated band where there is one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from medview.gui.language import tr
from medview.gui.theme import theme
from medview.study.finding import ClassScores

_GAP = 6
_BAR_PX = 8
_MARK_PX = 4
_DOT_PX = 4.0


class ScoreBars(QWidget):
    """One row a class: its name and number above, its bar below; a line across the bar is its threshold.

    What the numbers are is said in words beside: a bar alone would be read as a probability.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: ClassScores | None = None
        self._colours: tuple[tuple[int, int, int], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_scores(self, scores: ClassScores, colours: Sequence[tuple[int, int, int]] = ()) -> None:
        """Draw other scores; `colours` are those of their curves, drawn beside the names, where there are curves."""
        self._scores, self._colours = scores, tuple(colours)
        rows = self._texts()
        self.setAccessibleDescription("; ".join(f"{name} {number}" for name, number, _ in rows))
        self.setToolTip("\n".join(f"{name}  {number}  {band}".rstrip() for name, number, band in rows))
        self.updateGeometry()
        self.update()

    def bar(self, row: int) -> QRectF:
        """Return where the bar of a class has its room."""
        top = row * self._row_px + self.fontMetrics().height() * (2 if self._has_bands else 1) + 2
        return QRectF(0, top, self.width(), _BAR_PX)

    def share(self, value: float) -> float:
        """Return how far of a bar's room a value fills, 0 to 1; logits fill it from the lowest to the highest."""
        low, high = self._range()
        return min(max((value - low) / (high - low), 0.0), 1.0)

    def sizeHint(self) -> QSize:
        """Ask for a row a class."""
        count = len(self._scores.concepts) if self._scores is not None else 0
        return QSize(160, round(count * self._row_px))

    def minimumSizeHint(self) -> QSize:
        """Every class must be seen."""
        return self.sizeHint()

    @property
    def _has_bands(self) -> bool:
        return self._scores is not None and bool(self._scores.bands)

    @property
    def _row_px(self) -> float:
        return self.fontMetrics().height() * (2 if self._has_bands else 1) + 2 + _BAR_PX + 2 * _GAP

    def _range(self) -> tuple[float, float]:
        if self._scores is None or self._scores.kind != "logit":
            return 0.0, 1.0
        values = [*self._scores.scores.tolist(), *self._scores.thresholds, 0.0]
        return min(values), max(*values, min(values) + 1e-6)

    def _texts(self) -> list[tuple[str, str, str]]:
        """Return name, number and calibrated band of each class."""
        scores = self._scores
        if scores is None:
            return []
        bands = scores.bands or ((),) * len(scores.concepts)
        return [
            (tr(concept.label), f"{float(score):.2f}", _band_text(band))
            for concept, score, band in zip(scores.concepts, scores.scores, bands, strict=True)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw every row."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, texts in enumerate(self._texts()):
            self._draw_row(painter, row, texts)
        painter.end()

    def _draw_row(self, painter: QPainter, row: int, texts: tuple[str, str, str]) -> None:
        assert self._scores is not None
        metrics, (name, number, band), bar = QFontMetrics(self.font()), texts, self.bar(row)
        top = row * self._row_px
        left = self._draw_dot(painter, row, top + metrics.height() / 2)
        room = self.width() - round(left) - metrics.horizontalAdvance(number) - 12
        painter.setPen(QColor(theme().text))
        painter.drawText(
            QRectF(left, top, room, metrics.height()), metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        )
        painter.drawText(QRectF(0, top, self.width(), metrics.height()), Qt.AlignmentFlag.AlignRight, number)
        if band:
            painter.setPen(QColor(theme().dim))
            painter.drawText(QRectF(0, top + metrics.height(), self.width(), metrics.height()), band)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().border))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setBrush(QColor(theme().line))
        filled = bar.width() * self.share(float(self._scores.scores[row]))
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), filled, bar.height()), 2, 2)
        if self._scores.thresholds:
            x = bar.left() + bar.width() * self.share(self._scores.thresholds[row])
            painter.setPen(QPen(QColor(theme().warning), 2.0))
            painter.drawLine(round(x), round(bar.top()) - _MARK_PX, round(x), round(bar.bottom()) + _MARK_PX)

    def _draw_dot(self, painter: QPainter, row: int, middle: float) -> float:
        """Draw the colour of a class's curve, and return how much room it takes."""
        if not self._colours:
            return 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*self._colours[row]))
        painter.drawEllipse(QPointF(_DOT_PX, middle), _DOT_PX, _DOT_PX)
        painter.setPen(QColor(theme().text))
        return 2 * _DOT_PX + _GAP


def _band_text(band: tuple[float, ...]) -> str:
    """Return the calibrated share of like cases with the finding."""
    if len(band) != 2:
        return ""
    low, high = (f"{100 * value:.0f}" for value in band)
    return tr("Calibrated: {low} to {high} % of like scores had it", low=low, high=high)
