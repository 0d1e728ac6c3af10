"""A plot of a measurement in a window of its own: histogram, line profile, time-intensity curve."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from medview.errors import MedViewError
from medview.gui.dress_plot import dress_plot
from medview.gui.following_dialog import FollowingDialog
from medview.gui.language import say, tr
from medview.gui.links import Links
from medview.gui.measuring.plot_data import PlotData, curve_plot, histogram_plot, profile_plot
from medview.gui.one_line import one_line
from medview.gui.theme import theme
from medview.imaging.line_profile import line_profile
from medview.imaging.time_curve import TimeCurve
from medview.session.measured import findings
from medview.session.session import Session
from medview.session.time_curve import request_time_curve
from medview.study.measurement import KIND_TITLES, Measurement
from medview.study.study import Study

PlotKind = Literal["histogram", "profile", "curve"]
_SIZE = (640, 420)


class PlotWindow(FollowingDialog):
    """Follows its measurement while it is dragged; a curve over time is worked out anew when it has been let go.

    Attributes
    ----------
    data
        What is plotted; None where there is nothing, or not yet.
    """

    def __init__(
        self, session: Session, study: Study, measurement: Measurement, kind: PlotKind, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._study = study
        self._uid = measurement.tracking_uid
        self._kind: PlotKind = kind
        self._asked: Measurement | None = None
        self._is_open = False
        self.data: PlotData | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self.setWindowTitle(f"{_title(kind)} – {one_line(measurement.label) or say(KIND_TITLES[measurement.kind])}")
        self._build()
        self._is_open = True
        self._links = Links()  # no signal must reach a window that Qt has destroyed
        self._links.connect(study.measurements.changed, self.refresh)
        self._links.connect(session.scene_changed, self.refresh)
        self._links.connect(session.studies_changed, self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Plot the measurement as it is now; close where it has been deleted."""
        measurement = self._measurement()
        if measurement is None or self._study not in self._session.studies:
            self.close()
            return
        if self._kind == "curve":
            self._ask_curve(measurement)
            return
        try:
            data = self._histogram(measurement) if self._kind == "histogram" else self._profile(measurement)
        except MedViewError as error:
            self._show_nothing(say(error.message))
            return
        if data is None:
            self._show_nothing(tr("There is nothing to plot here."))
        else:
            self._show(data)

    def let_go(self) -> None:
        """Follow the study no more."""
        self._is_open = False
        self._links.end()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._is_open:
            self._dress()
            if self.data is not None:
                self._show(self.data)

    def _measurement(self) -> Measurement | None:
        draft = self._study.measurements.draft
        is_own = draft is not None and draft.tracking_uid == self._uid
        return draft if is_own else self._study.measurements.find(self._uid)

    def _histogram(self, measurement: Measurement) -> PlotData | None:
        return histogram_plot(findings(self._session, self._study, measurement))

    def _profile(self, measurement: Measurement) -> PlotData | None:
        shown = [s for s in self._session.scenes.values() if s.study is self._study]
        scene = next((s for s in shown if s.series.key == measurement.series_key), None)
        if scene is None:
            return self.data  # as it was when its images were last on the screen
        calibrations = [m for m in self._study.measurements if m.kind == "calibration"]
        is_read = None if scene.loading is None else scene.loading.is_read
        return profile_plot(line_profile(measurement, scene.volume, calibrations=calibrations, is_read=is_read))

    def _ask_curve(self, measurement: Measurement) -> None:
        """Ask for the curve once, and again when the measurement has been let go elsewhere."""
        if self._study.measurements.draft is not None or measurement is self._asked:
            return
        self._asked = measurement
        self.value.setText(tr("The curve is being worked out…"))
        request_time_curve(self._session, self._study, measurement, lambda curve: self._take_curve(measurement, curve))

    def _take_curve(self, measurement: Measurement, curve: TimeCurve) -> None:
        if measurement is self._asked and self._is_open:
            self._show(curve_plot(curve))

    def _build(self) -> None:
        import pyqtgraph  # half a second: only where something is plotted

        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(8)
        self.plot: Any = pyqtgraph.PlotWidget(self)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self._line: Any = pyqtgraph.InfiniteLine(angle=90, movable=False)
        self._line.hide()
        self.plot.scene().sigMouseMoved.connect(self._point)
        self.value = QLabel(self)
        self.value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.value.setObjectName("plot_value")
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.value)
        layout.addWidget(self._buttons())
        self._dress()

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        self.copy_button = QPushButton(tr("Copy as CSV"), self)
        self.copy_button.setAutoDefault(False)
        self.copy_button.clicked.connect(self._copy)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        return buttons

    def _dress(self) -> None:
        """Take the colours of the theme."""
        dress_plot(self.plot)
        self._line.setPen(QColor(theme().dim))

    def _show(self, data: PlotData) -> None:
        import pyqtgraph

        self.data = data
        self.plot.clear()
        self.plot.setLabel("bottom", data.x_title, color=theme().text)
        self.plot.setLabel("left", data.y_title, color=theme().text)
        if len(data.curves) > 1:
            self.plot.addLegend(offset=(-8, 8), labelTextColor=QColor(theme().text), brush=QColor(theme().panel))
        for number, curve in enumerate(data.curves):
            pen = pyqtgraph.mkPen(QColor(curve.colour), width=2 if number == 0 or len(curve.name) < 2 else 1)
            if data.is_bars:
                fill = QColor(curve.colour)
                fill.setAlpha(90)
                self.plot.plot(
                    data.x, curve.y, stepMode="center", fillLevel=0, pen=pen, brush=fill, name=curve.name or None
                )
            else:
                self.plot.plot(data.x, curve.y, pen=pen, connect="finite", name=curve.name or None)
        self.plot.addItem(self._line, ignoreBounds=True)
        self.copy_button.setEnabled(True)
        self.value.setText(tr("Point at the plot to read a value."))

    def _show_nothing(self, reason: str) -> None:
        self.data = None
        self.plot.clear()
        self.copy_button.setEnabled(False)
        self.value.setText(reason)

    def _point(self, at: QPointF) -> None:
        """Tell the value under the mouse."""
        view = self.plot.getPlotItem().vb
        if self.data is None or not view.sceneBoundingRect().contains(at):
            self._line.hide()
            return
        number = self.data.nearest(float(view.mapSceneToView(at).x()))
        x = self.data.x[number : number + 2].mean() if self.data.is_bars else self.data.x[number]
        self._line.setPos(float(np.asarray(x)))
        self._line.show()
        self.value.setText(self.data.text_at(number))

    def _copy(self) -> None:
        if self.data is not None:
            QGuiApplication.clipboard().setText(self.data.as_csv())


def _title(kind: PlotKind) -> str:
    titles = {
        "histogram": tr("Histogram"),
        "profile": tr("Line profile"),
        "curve": tr("Time-intensity curve"),
    }
    return titles[kind]
