"""The right side of the window: models with masks, measurements and findings, one at a time."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget

from medview.gui.language import tr
from medview.gui.session_watch import SessionWatch
from medview.session.session import Session
from medview.tools.measuring import MEASURE_TOOLS

SEGMENTATION, MEASUREMENTS, FINDINGS = range(3)
_PAINTING = ("brush", "eraser")


class SideTabs(QTabWidget):
    """Comes to the front with the panel of the tool that is taken: measuring tools or brushes."""

    def __init__(
        self,
        session: Session,
        watch: SessionWatch,
        segmentation: QWidget,
        measurements: QWidget,
        findings: QWidget,
    ) -> None:
        super().__init__()
        self._session = session
        self._tool = session.tool
        self.setObjectName("side_tabs")
        self.setDocumentMode(True)
        self.addTab(segmentation, tr("AI and masks"))
        self.addTab(measurements, tr("Measurements"))
        self.addTab(findings, tr("Findings"))
        self.tabBar().setExpanding(True)
        watch.changed.connect(self._follow)

    def _follow(self, topics: frozenset[str]) -> None:
        if "display" not in topics or self._session.tool == self._tool:
            return
        self._tool = self._session.tool
        if self._tool in MEASURE_TOOLS:
            self.setCurrentIndex(MEASUREMENTS)
        elif self._tool in _PAINTING:
            self.setCurrentIndex(SEGMENTATION)
