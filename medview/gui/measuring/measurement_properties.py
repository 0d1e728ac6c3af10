"""Every number of a measurement, what its unit means, and where it lies."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from medview.errors import Sentence
from medview.gui.following_dialog import FollowingDialog
from medview.gui.language import say, tr
from medview.gui.links import Links
from medview.gui.one_line import one_line
from medview.imaging.findings import Findings
from medview.session.measured import findings
from medview.session.session import Session
from medview.study.measurement import KIND_TITLES, Measurement, slice_index
from medview.study.study import Study


class MeasurementProperties(FollowingDialog):
    """Follows the measurement while it is changed; closes by itself where it is deleted."""

    def __init__(self, session: Session, study: Study, measurement: Measurement, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._study = study
        self._uid = measurement.tracking_uid
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Properties of the measurement"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        self._body = QWidget(self)
        self.form = QFormLayout(self._body)
        self.form.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._body)
        layout.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        layout.addWidget(buttons)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 44)
        self._links = Links()  # the signal must not reach a dialog that Qt has destroyed
        self._links.connect(study.measurements.changed, self.refresh)
        self._links.connect(session.studies_changed, self.refresh)
        self.refresh()

    def let_go(self) -> None:
        """Follow the study no more."""
        self._links.end()

    def refresh(self) -> None:
        """Show the numbers of now."""
        measurement = next((m for m in self._study.measurements.shown if m.tracking_uid == self._uid), None)
        measurement = measurement or self._study.measurements.find(self._uid)
        if measurement is None or self._study not in self._session.studies:
            self.close()
            return
        while self.form.rowCount():
            self.form.removeRow(0)
        found = findings(self._session, self._study, measurement)
        for title, text in _rows(self._study, measurement, found):
            label = QLabel(text, self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setWordWrap(True)
            self.form.addRow(title, label)


def _rows(study: Study, measurement: Measurement, found: Findings) -> list[tuple[str, str]]:
    rows = [(tr("Kind"), say(KIND_TITLES[measurement.kind]))]
    if measurement.label:
        rows.append((tr("Name"), one_line(measurement.label)))
    rows += [(f"{say(q.title)} {q.channel}".strip(), q.text) for q in found.quantities]
    rows += [(tr("Not told"), say(error.message)) for error in found.refusals]
    rows += [(tr("Note"), say(remark)) for remark in found.remarks]
    rows.append((tr("Images"), say(where(study, measurement))))
    return rows


def where(study: Study, measurement: Measurement) -> Sentence:
    """Return on which image of which series a measurement lies, "Series 3, image 12"."""
    series = study.find(measurement.series_key)
    number = series.series_number if series is not None and series.series_number is not None else "–"
    if series is None or series.geometry is None or measurement.image is None:
        return Sentence("Series {number}, between the images", {"number": number})
    place = slice_index(measurement, series.geometry) + 1
    return Sentence("Series {number}, image {image}", {"number": number, "image": place})
