"""On which images the chosen model would be run."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from medview.gui.language import tr
from medview.gui.one_line import one_line
from medview.gui.plain_tip import plain_tip
from medview.gui.session_watch import SessionWatch
from medview.session.session import Session


class TargetLine(QLabel):
    """Names the series in view; cut in the middle where there is no room, whole in the tool tip."""

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._whole = ""
        self.setObjectName("dim")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Name the images of now."""
        scene = self._session.scene
        self._whole = ""
        if scene is not None:
            series = scene.series
            number = "" if series.series_number is None else f"{series.series_number}  "
            name = one_line(f"{number}{series.series_description or series.modality}")
            self._whole = tr("On {series}, {count} {count:image|images}", series=name, count=len(series.instances))
        self.setToolTip(plain_tip(self._whole))
        self.setVisible(bool(self._whole))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the text anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "studies"}:
            self.refresh()
