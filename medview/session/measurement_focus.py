"""Which measurement is selected, which lies under the mouse, and which waits for a person's word."""

from __future__ import annotations

from psygnal import Signal

from medview.study.measurement import Measurement
from medview.study.study import Study


class MeasurementFocus:
    """What the panes and the list of measurements point out together.

    Attributes
    ----------
    selected_uid
        Tracking UID of the one that keys and the list act on, "" for none.
    hovered_uid, hovered_handle
        The one under the mouse, and which of its points; None where it is a line or its text.
    asked, asked_study
        A text without words or a calibration without a distance: it joins its study once a person has given that.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.selected_uid = ""
        self.hovered_uid = ""
        self.hovered_handle: int | None = None
        self.asked: Measurement | None = None
        self.asked_study: Study | None = None

    def select(self, tracking_uid: str) -> None:
        """Select a measurement; "" for none."""
        if self.selected_uid != tracking_uid:
            self.selected_uid = tracking_uid
            self.changed.emit()

    def hover(self, tracking_uid: str = "", handle: int | None = None) -> None:
        """Point out what lies under the mouse."""
        if (self.hovered_uid, self.hovered_handle) != (tracking_uid, handle):
            self.hovered_uid, self.hovered_handle = tracking_uid, handle
            self.changed.emit()

    def ask(self, study: Study, measurement: Measurement) -> None:
        """Let a person be asked for the words of a text, or the distance of a calibration."""
        self.asked, self.asked_study = measurement, study
        self.changed.emit()

    def end_asking(self) -> None:
        """Forget what was asked for: it has been given, or given up."""
        if self.asked is not None:
            self.asked = self.asked_study = None
            self.changed.emit()
