"""From which score on the boxes of a run are shown."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSlider, QVBoxLayout, QWidget

from medview.gui.language import tr
from medview.gui.one_line import one_line
from medview.session.finding_view import finding_view
from medview.study.finding import Finding, ScoredBox
from medview.study.study import Study

_STEPS = 100


class ThresholdBar(QWidget):
    """A slider over the scores of a run: it changes what is seen, never a finding."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._study: Study | None = None
        self._finding: Finding | None = None
        self._range = (0.0, 1.0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setObjectName("finding_threshold")
        self.slider.setAccessibleName(tr("Shown from this score on"))
        self.slider.setRange(0, _STEPS)
        self.slider.valueChanged.connect(self._change)
        layout.addWidget(self.told)
        layout.addWidget(self.slider)

    def show_run(self, study: Study, finding: Finding) -> None:
        """Show the threshold of a box's run."""
        self._study, self._finding = study, finding
        scores = self._scores(study, finding)
        self._range = (min(0.0, *scores), max(1.0, *scores)) if scores else (0.0, 1.0)
        low, high = self._range
        view = finding_view(study)
        threshold = view.threshold(finding)
        self.slider.blockSignals(True)
        self.slider.setValue(round((threshold - low) / (high - low) * _STEPS))
        self.slider.blockSignals(False)
        shown = sum(score >= threshold for score in scores)
        text = tr(
            "Shown from score {score} on: {shown} of {count}", score=f"{threshold:.2f}", shown=shown, count=len(scores)
        )
        runs = {found.run_uid for found in study.findings if isinstance(found.payload, ScoredBox)}
        self.told.setText(text if len(runs) < 2 else f"{one_line(tr(finding.title))}\n{text}")

    def forget(self) -> None:
        """Hold nothing of a study that may be closed."""
        self._study = self._finding = None
        self.hide()

    def _change(self, value: int) -> None:
        if self._study is not None and self._finding is not None:
            low, high = self._range
            finding_view(self._study).set_threshold(self._finding, low + (high - low) * value / _STEPS)

    @staticmethod
    def _scores(study: Study, finding: Finding) -> list[float]:
        return [
            f.payload.score for f in study.findings if f.run_uid == finding.run_uid and isinstance(f.payload, ScoredBox)
        ]
