"""The open studies and their series, as cards with pictures."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medview.gui.icon import icon
from medview.gui.language import tr
from medview.gui.plain_tip import plain_tip
from medview.gui.session_watch import SessionWatch
from medview.gui.studies.card_delegate import CardDelegate, sign_place
from medview.gui.studies.series_pictures import SeriesPictures
from medview.gui.studies.series_tree import SeriesTree
from medview.gui.studies.study_card import CardRole, object_card, object_tip, series_card, series_tip, study_card
from medview.session.key_images import holds_key_image
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.annotation import ImageName
from medview.study.series import Series
from medview.study.study import Study
from medview.study.study_object import StudyObject


class StudyPanel(QWidget):
    """Lists studies, series and what is beside them; double click or Enter shows a series or opens an object.

    The stacks of a 4-D series are one row, which opens the place on the screen, or the first one.
    """

    close_wanted = Signal(object)
    library_wanted = Signal(object)  # Study
    header_wanted = Signal(object)  # Series or StudyObject
    object_wanted = Signal(object, object)  # Study, StudyObject
    warnings_wanted = Signal()

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._thumbnails = SeriesPictures(session, self._put_thumbnail, self)
        self._items: list[QTreeWidgetItem] = []
        self._in_sight: Series | None = None
        self._starred: list[tuple[ImageName, ...]] = []
        self.tree = SeriesTree(self)
        self._build()
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """List the studies of now; what was selected stays selected."""
        current = self.tree.currentItem()
        selected = current.data(0, CardRole.OF) if current is not None else None
        self.tree.clear()
        self._items = []
        patient_visible = bool(self._session.settings["patient_text_visible"])
        for number, study in enumerate(self._session.studies, start=1):
            self._add_study(study, number, patient_visible)
        self.empty.setVisible(not self._session.studies)
        self.tree.expandAll()
        for item in self._items:
            if item.data(0, CardRole.OF) is selected:
                self.tree.setCurrentItem(item)
        self._refresh_warnings()
        self._starred = self._stars

    @property
    def _stars(self) -> list[tuple[ImageName, ...]]:
        """The key images of every study: other measurements change nothing here, and do so at every move of a mouse."""
        return [tuple(study.key_images) for study in self._session.studies]

    def _refresh_warnings(self) -> None:
        rows = (row for study in self._session.studies for row in stacks_by_axis(study.series))
        told = sum(any(s.warnings or s.refusal for s in row) for row in rows)
        left_out = len(self._session.rejected)
        parts = (
            tr("{series} series with remarks", series=told) if told else "",
            tr("files left out: {files}", files=left_out) if left_out else "",
        )
        self.warnings.setText(" · ".join(part for part in parts if part))
        self.warnings.setVisible(bool(self.warnings.text()))

    def open_selected(self) -> None:
        """Show the series that is selected."""
        self._open(self.tree.currentItem())

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        heading = QLabel(tr("Studies"), self)
        heading.setObjectName("heading")
        layout.addWidget(heading)
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(0)
        self.tree.setRootIsDecorated(False)
        self.tree.setItemsExpandable(False)
        self.tree.setUniformRowHeights(False)
        self.tree.setMouseTracking(True)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setItemDelegate(CardDelegate(self.tree))
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.tree.itemDoubleClicked.connect(self._open)
        self.tree.installEventFilter(self)
        self.tree.viewport().installEventFilter(self)
        self.tree.setAccessibleName(tr("Studies"))
        self.empty = QLabel(tr("No study is open."), self)
        self.empty.setObjectName("dim")
        self.empty.setContentsMargins(12, 10, 12, 10)
        layout.addWidget(self.empty)
        layout.addWidget(self.tree, 1)
        self.warnings = QPushButton(icon("warning"), "", self)
        self.warnings.setObjectName("warnings")
        self.warnings.setFlat(True)
        self.warnings.clicked.connect(self.warnings_wanted)
        row = QHBoxLayout()
        row.addWidget(self.warnings)
        row.setContentsMargins(6, 4, 6, 4)
        layout.addLayout(row)

    def _add_study(self, study: Study, number: int, patient_visible: bool) -> None:
        shown = {scene.series.key for scene in self._session.scenes.values() if scene.study is study}
        parent = QTreeWidgetItem(self.tree)
        self._items.append(parent)
        card = study_card(study, number, patient_visible=patient_visible)
        _fill(parent, card.title, card, study)
        parent.setToolTip(0, plain_tip("\n".join((card.title, *card.lines))))
        for stacks in stacks_by_axis(study.series):
            self._add_series(study, parent, stacks, shown)
        for found in study.objects:
            item = QTreeWidgetItem(parent)
            self._items.append(item)
            card = object_card(found)
            _fill(item, card.title, card, found)
            item.setToolTip(0, plain_tip(object_tip(found)))

    def _add_series(self, study: Study, parent: QTreeWidgetItem, stacks: tuple[Series, ...], shown: set[str]) -> None:
        series = next((s for s in stacks if s.key in shown), stacks[0])
        item = QTreeWidgetItem(parent)
        self._items.append(item)
        viewed = any(self._session.viewed.holds(study, one) for one in stacks)
        card = series_card(series, shown=series.key in shown, places=len(stacks), viewed=viewed)
        if any(holds_key_image(study, one) for one in stacks):
            card = replace(card, has_key_image=True)
        _fill(item, series.series_description, card, series)
        told = (tr("Already viewed") if viewed else "", tr("Holds key images") if card.has_key_image else "")
        item.setToolTip(0, plain_tip("\n".join(line for line in (series_tip(series), *told) if line)))
        item.setData(0, CardRole.PICTURED, stacks[0])
        item.setData(0, CardRole.THUMBNAIL, self._thumbnails.picture(study, stacks[0]))

    def _open(self, item: QTreeWidgetItem | None, _column: int = 0) -> None:
        study = self._study_of(item) if item is not None and item.parent() is not None else None
        if item is None or study is None:
            return
        self._open_of(study, item.data(0, CardRole.OF))

    def _open_of(self, study: Study, of: Series | StudyObject) -> None:
        if study not in self._session.studies:
            return
        if isinstance(of, StudyObject):
            self.object_wanted.emit(study, of)
        else:
            show_series(self._session, study, of)

    def _study_of(self, item: QTreeWidgetItem) -> Study | None:
        found = (item.parent() or item).data(0, CardRole.OF)
        return next((study for study in self._session.studies if study is found), None)

    def _show_menu(self, position: QPoint) -> None:
        item = self.tree.itemAt(position)
        study = self._study_of(item) if item is not None else None
        if item is None or study is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if item.parent() is not None:
            of = item.data(0, CardRole.OF)
            title = tr("Open") if isinstance(of, StudyObject) else tr("Show series")
            menu.addAction(title, partial(self._open_of, study, of))  # the item may be another's when it is chosen
            menu.addAction(icon("tags"), tr("Header…"), partial(self.header_wanted.emit, of))
        menu.addAction(icon("warning"), tr("Warnings and files left out…"), self.warnings_wanted.emit)
        menu.addAction(icon("library"), tr("Add to the library"), partial(self.library_wanted.emit, study))
        menu.addAction(icon("close"), tr("Close study"), partial(self.close_wanted.emit, study))
        menu.popup(self.tree.viewport().mapToGlobal(position))

    def _put_thumbnail(self, series: Series, pixmap: QPixmap) -> None:
        for item in self._items:
            if item.data(0, CardRole.PICTURED) is series:
                item.setData(0, CardRole.THUMBNAIL, pixmap)

    def _bring_in_sight(self) -> None:
        """Scroll to the series on the screen where it is another one than before."""
        scene = self._session.scene
        series = scene.series if scene is not None else None
        if series is self._in_sight:
            return
        self._in_sight = series
        for item in self._items:
            if item.data(0, CardRole.CARD).shown:
                self.tree.scrollToItem(item)

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"studies", "scene", "settings"} or ("measurements" in topics and self._starred != self._stars):
            self.refresh()
        if "scene" in topics:
            self._bring_in_sight()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Enter show the series, and a click on a sign do what the sign says."""
        if isinstance(event, QKeyEvent) and watched is self.tree and _is_enter(event):
            self.open_selected()
            return True
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            return self._sign_clicked(event.position().toPoint())
        return False

    def _sign_clicked(self, position: QPoint) -> bool:
        item = self.tree.itemAt(position)
        if item is None:
            return False
        card = item.data(0, CardRole.CARD)
        place = sign_place(self.tree.visualItemRect(item), card).adjusted(-4, -4, 4, 4)
        if not card.sign or not place.contains(position):
            return False
        if card.sign == "close":
            self.close_wanted.emit(self._study_of(item))
        else:
            self.warnings_wanted.emit()
        return True


def stacks_by_axis(series: tuple[Series, ...]) -> list[tuple[Series, ...]]:
    """Return the stacks of each 4-D series together, in the order of its axis, and every other series alone."""
    groups: dict[object, list[Series]] = {}
    for one in series:
        groups.setdefault(one.axis.group if one.axis is not None else id(one), []).append(one)
    return [tuple(sorted(group, key=lambda s: s.axis.number if s.axis is not None else 0)) for group in groups.values()]


def _is_enter(event: QKeyEvent) -> bool:
    return event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _fill(item: QTreeWidgetItem, accessible: str, card: object, of: Study | Series | StudyObject) -> None:
    item.setData(0, CardRole.CARD, card)
    item.setData(0, CardRole.OF, of)
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, accessible)
