"""What the images hold under each segment of the mask in view, as a table in a window of its own."""

from __future__ import annotations

import csv
import io

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medview.gui.language import tr
from medview.gui.links import Links
from medview.gui.one_line import one_line
from medview.gui.swatch import swatch
from medview.imaging.findings import Quantity, QuantityName
from medview.imaging.mask_statistics import MaskStatistics
from medview.session.mask_statistics import request_mask_statistics
from medview.session.session import Session
from medview.study.segmentation import Segment, Segmentation

_REST_MS = 300  # measured anew when the brush rests
_SIZE = (760, 420)
_VALUES: tuple[QuantityName, ...] = ("mean", "sd", "minimum", "maximum", "median")


class MaskStatisticsWindow(QDialog):
    """Follows the mask that is in view while it is painted; says what it is about, and in which unit."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._mask: Segmentation | None = None
        self._is_open = True
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Statistics of the segments"))
        self.resize(*_SIZE)
        self._build()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._measure)
        self._lasting, self._of_mask = Links(), Links()  # no signal must reach a window that Qt has destroyed
        self._lasting.connect(session.scene_changed, self._measure_soon)
        self._measure()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let go of the mask."""
        self._is_open = False
        self._lasting.end()
        self._of_mask.end()
        super().closeEvent(event)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(8)
        self.about = QLabel(self)
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.table = QTableWidget(0, 8, self)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.setAlternatingRowColors(True)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        copy = QPushButton(tr("Copy as CSV"), self)
        copy.setAutoDefault(False)
        copy.clicked.connect(self._copy)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        for widget in (self.about, self.table, buttons):
            layout.addWidget(widget)

    def _measure_soon(self, *_: object) -> None:
        self._rest.start()

    def _measure(self) -> None:
        """Ask for the figures of the mask in view, and follow it from now on."""
        scene = self._session.scene
        mask = scene.segmentation if scene is not None else None
        if mask is not self._mask:
            self._of_mask.end()
            self._of_mask, self._mask = Links(), mask
            if mask is not None:
                self._of_mask.connect(mask.changed, self._measure_soon)
                self._of_mask.connect(mask.segments_changed, self._measure_soon)
        if scene is None or mask is None or not scene.is_whole:
            self.table.setRowCount(0)
            self.about.setText(tr("No mask is in view."))
            return
        self.about.setText(tr("The segments are being measured…"))
        request_mask_statistics(self._session, scene, lambda found: self._take(mask, found))

    def _take(self, mask: Segmentation, found: dict[int, MaskStatistics]) -> None:
        if not self._is_open or mask is not self._mask:
            return
        unit = next((row.unit for row in found.values()), "")
        titles = [tr("Segment"), tr("Voxels"), tr("Volume"), tr("Mean"), tr("SD"), tr("Minimum"), tr("Maximum")]
        self.table.setHorizontalHeaderLabels([*titles, tr("Median")])
        segments = [segment for segment in mask.segments if segment.number in found]
        self.table.setRowCount(len(segments))
        for row, segment in enumerate(segments):
            self._fill(row, segment, found[segment.number])
        name = one_line(tr(mask.name))
        self.about.setText(tr("{name}: values in {unit}", name=name, unit=unit) if unit else name)

    def _fill(self, row: int, segment: Segment, found: MaskStatistics) -> None:
        cells = [tr(segment.label), str(found.voxels), "–" if found.ml is None else f"{found.ml:.2f} ml"]
        cells += [_number(name, found) for name in _VALUES]
        for column, text in enumerate(cells):
            item = QTableWidgetItem(text)
            if column == 0:
                item.setIcon(swatch(segment.colour))
            else:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, column, item)

    def _copy(self) -> None:
        made, width = io.StringIO(), self.table.columnCount()
        writer = csv.writer(made, lineterminator="\n")
        headers = [self.table.horizontalHeaderItem(column) for column in range(width)]
        writer.writerow([header.text() if header is not None else "" for header in headers])
        for row in range(self.table.rowCount()):
            items = [self.table.item(row, column) for column in range(width)]
            writer.writerow([item.text() if item is not None else "" for item in items])
        QGuiApplication.clipboard().setText(made.getvalue())


def _number(name: QuantityName, found: MaskStatistics) -> str:
    """Return one figure of the values with the digits that mean something; a dash where there is none."""
    values = found.values
    if values is None:
        return "–"
    value = getattr(values, name)
    return Quantity(name, float(value), found.unit).number
