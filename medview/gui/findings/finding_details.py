"""What one finding says: scores, a map, derived images, a curve, a number; and what has made it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from medview.gui.findings.box_facts import box_facts
from medview.gui.findings.derived_panel import DerivedPanel
from medview.gui.findings.finding_plot import FindingPlot, PlottedCurves
from medview.gui.findings.map_panel import MapPanel
from medview.gui.findings.score_panel import ScorePanel, series_colours
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.session.jump_to_finding import jump_to_slice
from medview.session.session import Session
from medview.study.finding import ClassScores, Curve, DerivedImage, Finding, HeatMap, MeasuredValue, ScoredBox
from medview.study.study import Study
from medview.view.finding_text import finding_name, judged_text
from medview.view.run_facts import run_facts


class FindingDetails(QWidget):
    """One of several panels, by the kind of the finding; below it its provenance in a line."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._study: Study | None = None
        self._finding: Finding | None = None
        self._plotted: Finding | None = None
        self.scores, self.map = ScorePanel(self), MapPanel(self)
        self.derived, self.curve = DerivedPanel(session, self), FindingPlot(self)
        self.save_curve = QPushButton(tr("Save as CSV…"), self)
        self.value, self.made_by = QLabel(self), QLabel(self)
        self.made_by.setObjectName("dim")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for label in (self.value, self.made_by):
            label.setWordWrap(True)
        for part in (self.value, self.scores, self.map, self.derived, self.curve, self.save_curve, self.made_by):
            layout.addWidget(part)
        layout.addStretch(1)
        self.scores.plot.place_wanted.connect(self._go_to)
        self.curve.place_wanted.connect(self._go_to)

    def show_finding(self, study: Study | None, finding: Finding | None) -> bool:
        """Show a finding; False where there is none to show."""
        self._study, self._finding = study, finding
        payload = finding.payload if finding is not None else None
        if not isinstance(payload, HeatMap):
            self.map.forget()
        if not isinstance(payload, DerivedImage):
            self.derived.forget()
        self.scores.setVisible(isinstance(payload, ClassScores))
        for part in (self.curve, self.save_curve):
            part.setVisible(isinstance(payload, Curve))
        self.value.setVisible(isinstance(payload, (MeasuredValue, ScoredBox)))
        if study is None or finding is None:
            self._plotted = None  # nothing of a study that is closed is held
            return False
        self.made_by.setText("\n".join((_made_by(finding), _ran(finding), one_line(say(judged_text(finding))))))
        is_rejected = finding.status == "rejected"
        self.save_curve.setEnabled(not is_rejected)
        self.save_curve.setToolTip(tr("What was rejected is not saved.") if is_rejected else "")
        self._fill(study, finding)
        self.show_place()
        return True

    def show_place(self) -> None:
        """Mark the slice in view on the curves, where they are of the images in view."""
        scene, finding = self._session.scene, self._finding
        if scene is None or finding is None or finding.source.series_key != scene.series.key:
            return
        for plot in (self.scores.plot, self.curve):
            plot.show_place(scene.cursor_index[0])

    def _fill(self, study: Study, finding: Finding) -> None:
        payload = finding.payload
        if isinstance(payload, HeatMap):
            self.map.show_map(study, finding)
            self.map.show()
        elif isinstance(payload, DerivedImage):
            self.derived.show_image(study, finding)
            self.derived.show()
        elif isinstance(payload, MeasuredValue):
            self.value.setText(say(finding_name(finding)))
        elif isinstance(payload, ScoredBox):
            self.value.setText(box_facts(finding))
        elif self._plotted is not finding:
            self._plotted = finding
            if isinstance(payload, ClassScores):
                self.scores.show_scores(payload)
            elif isinstance(payload, Curve):
                self.curve.show_curves(_of_curve(payload))

    def _go_to(self, place: int) -> None:
        if self._study is not None and self._finding is not None:
            jump_to_slice(self._session, self._study, self._finding, place)


def _of_curve(curve: Curve) -> PlottedCurves:
    unit = "" if curve.unit in ("", "1") else f" ({curve.unit})"
    colour = series_colours(1)[0]
    named = ((one_line(tr(curve.title)), colour, curve.values),)
    return PlottedCurves(curve.x, named, curve.frame_indices, curve.x_unit, tr(curve.title) + unit, curve.marks)


def _made_by(finding: Finding) -> str:
    """Return plugin and version."""
    version = str(finding.provenance.get("plugin_version", ""))
    return one_line(tr("AI: {plugin} {version}", plugin=tr(finding.title), version=version))


def _ran(finding: Finding) -> str:
    return one_line(say(run_facts(finding.provenance)))
