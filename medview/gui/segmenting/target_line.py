"""On which images the chosen model would be run."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from medview.gui.elided_label import ElidedLabel
from medview.gui.language import tr
from medview.gui.one_line import one_line
from medview.gui.session_watch import SessionWatch
from medview.session.session import Session


class TargetLine(ElidedLabel):
    """Names the series in view."""

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(Qt.TextElideMode.ElideMiddle, parent)
        self._session = session
        self.setObjectName("dim")
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Name the images of now."""
        scene = self._session.scene
        self.setVisible(scene is not None)
        if scene is not None:
            series = scene.series
            number = "" if series.series_number is None else f"{series.series_number}  "
            name = one_line(f"{number}{series.series_description or series.modality}")
            self.show_text(tr("On {series}, {count} {count:image|images}", series=name, count=len(series.instances)))

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "studies"}:
            self.refresh()
