"""A line in a pane into which the words of a text, a name, or the distance of a calibration are typed."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QLocale, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from medview.errors import MedViewError
from medview.gui.language import say, tr
from medview.imaging.calibration import user_spacing
from medview.session.measure import add_measurement, rename_measurement
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.measurement import KIND_TITLES, Measurement, slice_index

_WIDTH_IN_DIGITS = 26


class MeasurementEntry(QLineEdit):
    """Return takes what has been typed, Esc and leaving with nothing typed give it up.

    Attributes
    ----------
    measurement
        What is asked about: on its study's list already, or new.
    """

    def __init__(self, session: Session, scene: Scene, measurement: Measurement, pane: QWidget) -> None:
        super().__init__(pane)
        self._session = session
        self._scene = scene
        self.measurement = measurement
        self._is_over = False
        self._is_new = scene.study.measurements.find(measurement.tracking_uid) is None
        self._is_distance = self._is_new and measurement.kind == "calibration"
        self.setObjectName("measurement_entry")
        self.setMaxLength(200)
        self.setText("" if self._is_distance else measurement.label)
        words = tr("Known length in mm") if self._is_distance else tr("Text")
        self.setPlaceholderText(words if self._is_new else say(KIND_TITLES[measurement.kind]))
        self.setAccessibleName(self.placeholderText())
        self.returnPressed.connect(self._take)

    def place(self, at: QPointF) -> None:
        """Show it at a point of the pane, wholly inside."""
        pane = self.parentWidget()
        assert pane is not None
        width = min(self.fontMetrics().horizontalAdvance("0") * _WIDTH_IN_DIGITS, pane.width() - 8)
        self.resize(width, self.sizeHint().height())
        x = min(max(at.x(), 4.0), pane.width() - width - 4.0)
        y = min(max(at.y(), 4.0), pane.height() - self.height() - 4.0)
        self.move(round(x), round(y))
        self.show()
        self.selectAll()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def event(self, event: QEvent) -> bool:
        """Keep every key for itself while it is typed into: letters are shortcuts elsewhere."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give up with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.give_up()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take what has been typed when the person clicks elsewhere; a menu of the line itself is not elsewhere."""
        super().focusOutEvent(event)
        if event.reason() == Qt.FocusReason.PopupFocusReason:
            return
        if self._is_new and not self.text().strip():
            self.give_up()
        else:
            self._take()

    def _take(self) -> None:
        if self._is_over:
            return
        text = self.text().strip()
        if not text and (self._is_new or self.measurement.kind == "text"):  # a text without words would not be seen
            self.give_up()
            return
        try:
            made = self._made(text)
        except MedViewError as error:
            self._session.notices.add("warning", error.message, error.remedy)
            self.selectAll()
            return
        self._end()
        if self._is_new:
            add_measurement(self._scene.study, made)
            self._session.focus.select(made.tracking_uid)
        else:
            rename_measurement(self._scene.study, made.tracking_uid, text)

    def _made(self, text: str) -> Measurement:
        """Return the measurement with what has been typed; MedViewError where that is no distance, or not allowed."""
        if not self._is_distance:
            return replace(self.measurement, label=text)
        known_mm = _number(text)
        geometry = self._scene.volume.geometry
        points = geometry.to_index(self.measurement.points_mm)[:, [2, 1]]
        user_spacing(self._scene.series, slice_index(self.measurement, geometry), points, known_mm)
        return replace(self.measurement, known_mm=known_mm)

    def is_about(self, scene: Scene | None) -> bool:
        """Whether what it asks about is on the images of a scene."""
        return self._scene is scene

    def give_up(self) -> None:
        """Leave everything as it was."""
        if not self._is_over:
            self._end()
            self._scene.study.measurements.set_draft(None)

    def _end(self) -> None:
        """Hide at once: it is deleted when the event loop turns."""
        self._is_over = True
        self.hide()
        pane = self.parentWidget()
        if pane is not None:
            pane.setFocus()
        self._session.focus.end_asking()


def _number(text: str) -> float:
    """Return a number as a person types it, with a point or as the system writes it, "mm" behind it or not.

    Nothing parts thousands: "1,250" is one and a quarter to some, a metre and a quarter to others, and no number here.
    """
    bare = text.lower().removesuffix("mm").strip()
    try:
        return float(bare)
    except ValueError:
        locale = QLocale.system()
        locale.setNumberOptions(QLocale.NumberOption.RejectGroupSeparator)
        value, is_number = locale.toDouble(bare)
        return value if is_number else float("nan")
