"""The segments of the mask in view: shown or hidden, colour, name, volume."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QColorDialog, QHeaderView, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from medview.gui.icon import icon
from medview.gui.language import tr
from medview.gui.session_watch import SessionWatch
from medview.gui.swatch import swatch
from medview.gui.theme import theme
from medview.session.edit_mask import clear_segment, recolour_segment
from medview.session.segment_volumes import request_volumes
from medview.session.session import Session
from medview.study.segmentation import Segment, Segmentation

EYE, SWATCH, NAME, VOLUME = range(4)
_NUMBER = Qt.ItemDataRole.UserRole
_REST_MS = 250  # volumes are counted when the brush rests


class SegmentList(QTreeWidget):
    """One row for each segment; the current row is the segment that the brush paints."""

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._volumes: dict[int, float] = {}
        self._counted: Segmentation | None = None
        self._shown: object = ()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._count)
        self._build()
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """List the segments of now; a drag of the window changes nothing here, and costs nothing."""
        scene = self._session.scene
        segmentation = scene.segmentation if scene is not None else None
        shown = (segmentation, segmentation and segmentation.segments, scene and scene.hidden_segments)
        if shown == self._shown:
            self._mark_active()
            return
        self._shown = shown
        self.blockSignals(True)
        self.clear()
        if segmentation is not self._counted:
            self._counted, self._volumes = segmentation, {}
            self._rest.start(0)
        if scene is not None and segmentation is not None:
            for segment in segmentation.segments:
                self._item(segment, visible=segment.number not in scene.hidden_segments)
        self.blockSignals(False)
        self._mark_active()

    def _mark_active(self) -> None:
        scene = self._session.scene
        self.blockSignals(True)
        for item in self._items():
            if scene is not None and item.data(EYE, _NUMBER) == scene.active_segment:
                self.setCurrentItem(item)
        self.blockSignals(False)

    def show_matching(self, text: str) -> None:
        """Show only the segments whose name holds `text`."""
        for item in self._items():
            item.setHidden(text.casefold() not in item.text(NAME).casefold())

    def _build(self) -> None:
        self.setColumnCount(4)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAccessibleName(tr("Segments"))
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(20)
        for column in (EYE, SWATCH, VOLUME):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.itemClicked.connect(self._clicked)
        self.currentItemChanged.connect(self._activate)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)

    def _item(self, segment: Segment, *, visible: bool) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self)
        item.setData(EYE, _NUMBER, segment.number)
        item.setIcon(EYE, icon("eye") if visible else icon("eye-off", theme().faint))
        item.setToolTip(EYE, tr("Hide this segment") if visible else tr("Show this segment"))
        item.setIcon(SWATCH, swatch(segment.colour))
        item.setToolTip(SWATCH, tr("Change the colour"))
        name = tr(segment.label)
        item.setText(NAME, name)
        item.setToolTip(NAME, tr("{name}: the brush paints the segment that is selected", name=name))
        item.setTextAlignment(VOLUME, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._write_volume(item)
        if not visible:
            item.setForeground(NAME, QColor(theme().dim))
        return item

    def _items(self) -> list[QTreeWidgetItem]:
        items = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        return [item for item in items if item is not None]

    def _write_volume(self, item: QTreeWidgetItem) -> None:
        volume = self._volumes.get(item.data(EYE, _NUMBER))
        item.setText(VOLUME, "" if volume is None else volume_text(volume))

    def _clicked(self, item: QTreeWidgetItem, column: int) -> None:
        number = item.data(EYE, _NUMBER)
        if column == EYE:
            self._toggle(number)
        elif column == SWATCH:
            self._recolour(number)

    def _toggle(self, number: int) -> None:
        scene = self._session.scene
        if scene is not None:
            scene.update(hidden_segments=scene.hidden_segments ^ {number})

    def _show_only(self, number: int) -> None:
        scene = self._session.scene
        if scene is not None and scene.segmentation is not None:
            others = {segment.number for segment in scene.segmentation.segments} - {number}
            scene.update(hidden_segments=frozenset(others))

    def _show_all(self) -> None:
        if self._session.scene is not None:
            self._session.scene.update(hidden_segments=frozenset())

    def _recolour(self, number: int) -> None:
        scene = self._session.scene
        if scene is None or scene.segmentation is None:
            return
        before = QColor(*scene.segmentation.segment(number).colour)
        colour = QColorDialog.getColor(before, self, tr("Change the colour"))
        if colour.isValid():
            recolour_segment(self._session, number, (colour.red(), colour.green(), colour.blue()))

    def _activate(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None = None) -> None:
        scene = self._session.scene
        if item is not None and scene is not None and scene.active_segment != item.data(EYE, _NUMBER):
            scene.update(active_segment=item.data(EYE, _NUMBER))

    def _show_menu(self, position: QPoint) -> None:
        item = self.itemAt(position)
        if item is None:
            return
        number = item.data(EYE, _NUMBER)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Show only this segment"), partial(self._show_only, number))
        menu.addAction(tr("Show all segments"), self._show_all)
        menu.addSeparator()
        menu.addAction(tr("Change the colour…"), partial(self._recolour, number))
        menu.addAction(icon("clear"), tr("Erase everywhere"), partial(clear_segment, self._session, number))
        menu.popup(self.viewport().mapToGlobal(position))

    def _count(self) -> None:
        if self._counted is not None:
            request_volumes(self._session, self._counted, partial(self._counted_all, self._counted))

    def _counted_all(self, segmentation: Segmentation, volumes: dict[int, float]) -> None:
        if segmentation is self._counted and not self._rest.isActive():
            self._volumes = volumes
            for item in self._items():
                self._write_volume(item)

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "segments", "display"}:
            self.refresh()
        if "mask" in topics:
            self._volumes = {}  # no figure is better than one of a mask that has changed
            for item in self._items():
                self._write_volume(item)
            self._rest.start()


def volume_text(volume_ml: float) -> str:
    """Return a volume as it is read: four digits of a litre, two places of a millilitre.

    >>> volume_text(1423.61), volume_text(12.345), volume_text(0.0123)
    ('1423.6 ml', '12.3 ml', '0.012 ml')
    """
    if volume_ml >= 10:
        return f"{volume_ml:.1f} ml"
    return f"{volume_ml:.2f} ml" if volume_ml >= 0.1 or volume_ml == 0 else f"{volume_ml:.3f} ml"
