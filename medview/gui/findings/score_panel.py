"""How much speaks for each class: bars of the whole, and a curve along the slices."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from medview.gui.dim_label import dim_label
from medview.gui.findings.finding_plot import FindingPlot, PlottedCurves
from medview.gui.findings.score_bars import ScoreBars
from medview.gui.language import say, tr
from medview.gui.theme import theme
from medview.study.finding import ClassScores
from medview.view.finding_text import SCORE_MEANINGS


class ScorePanel(QWidget):
    """Says in words what the numbers are; `plot.place_wanted(slice)` tells that a slice was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self.meaning = QLabel(self)
        self.meaning.setWordWrap(True)
        self.bars = ScoreBars(self)
        self.marked = dim_label(tr("The mark on a bar is its threshold."), self)
        self.plot = FindingPlot(self)
        for part in (self.meaning, self.bars, self.marked, self.plot):
            layout.addWidget(part)

    def show_scores(self, scores: ClassScores) -> None:
        """Show the scores of a finding."""
        is_calibrated = scores.kind == "calibrated"
        name = "dim" if is_calibrated else "research_only"  # the theme's colour of a warning
        if self.meaning.objectName() != name:
            self.meaning.setObjectName(name)
            self.meaning.style().unpolish(self.meaning)
            self.meaning.style().polish(self.meaning)
        self.meaning.setText(say(SCORE_MEANINGS[scores.kind]))
        has_curves = len(scores.slice_indices) > 1
        self.bars.show_scores(scores, series_colours(len(scores.concepts)) if has_curves else ())
        self.marked.setVisible(bool(scores.thresholds))
        self.plot.setVisible(has_curves)
        if has_curves:
            self.plot.show_curves(_along_slices(scores))


def _along_slices(scores: ClassScores) -> PlottedCurves:
    order = np.argsort(scores.slice_indices)
    places = scores.slice_indices[order]
    title = tr("Calibrated probability") if scores.kind == "calibrated" else tr("Raw score")
    colours = series_colours(len(scores.concepts))
    curves = tuple(
        (tr(concept.label), colours[number], scores.slice_scores[order, number].astype(np.float64))
        for number, concept in enumerate(scores.concepts)
    )
    return PlottedCurves(
        places.astype(np.float64) + 1.0, curves, places, tr("Image"), title, levels=tuple(scores.thresholds)
    )


def series_colours(count: int) -> list[tuple[int, int, int]]:
    """Return colours that are told apart also by most who see colours otherwise (Okabe and Ito, 2008)."""
    told = [(0, 158, 200), (230, 159, 0), (0, 158, 115), (204, 121, 167), (213, 94, 0), (120, 110, 220)]
    if theme().name == "dark":
        told = [(86, 180, 233), (230, 159, 0), (0, 190, 140), (224, 141, 187), (233, 114, 40), (150, 140, 240)]
    return [told[number % len(told)] for number in range(count)]
