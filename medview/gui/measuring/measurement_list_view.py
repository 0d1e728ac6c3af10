"""The measurements and key images of a study as a list: shown or hidden, colour, name, numbers, image."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.measuring.measure_actions import ask_colour
from medview.gui.measuring.measurement_properties import where
from medview.gui.one_line import one_line
from medview.gui.session_watch import SessionWatch
from medview.gui.theme import theme
from medview.session.jump_to import jump_to_image
from medview.session.jump_to_measurement import jump_to_measurement
from medview.session.key_images import listed_key_images, set_key_image
from medview.session.measure import (
    remove_measurements,
    rename_measurement,
    show_measurement,
)
from medview.session.session import Session
from medview.study.annotation import ImageName
from medview.study.image_index import ImagePlace
from medview.study.measurement import KIND_TITLES, Measurement
from medview.study.study import Study
from medview.view.measurement_overlay import live_findings
from medview.view.measurement_text import measurement_lines

EYE, SWATCH, NAME, VALUE, IMAGE = range(5)
_UID = Qt.ItemDataRole.UserRole
_KEY_IMAGE = Qt.ItemDataRole.UserRole + 1


class MeasurementListView(QTreeWidget):
    """One row a measurement, under its series; key images below.

    A click selects a measurement and goes to it, a double click or F2 gives it another name. The row that is selected
    is the measurement that is selected in the panes. `menu_wanted(point)` asks for the commands of what is selected.
    """

    menu_wanted = Signal(QPoint)

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: tuple[object, ...] = ()
        self._build()
        watch.changed.connect(self._follow)
        self.refresh()

    @property
    def study(self) -> Study | None:
        """The study in view."""
        scene = self._session.scene
        return scene.study if scene is not None else None

    def refresh(self) -> None:
        """List the measurements of now; while one is dragged only its numbers are written anew."""
        study = self.study
        listed = () if study is None else tuple(study.measurements)
        keys = () if study is None else tuple(study.key_images)
        # the study by itself: its measurements alone may be none, as another's are
        shown = (study and study.facts.study_instance_uid, listed, keys, study and study.series)
        self.blockSignals(True)
        if shown != self._shown:
            self._shown = shown
            self.clear()
            if study is not None:
                self._fill(study, listed)
        self._write_values(study)
        self._mark_selected()
        self.blockSignals(False)

    def rows(self) -> list[QTreeWidgetItem]:
        """Return the rows of measurements, in the order they are listed."""
        return [item for item in self._items() if item.data(NAME, _UID)]

    def _build(self) -> None:
        self.setColumnCount(5)
        self.setHeaderLabels(["", "", tr("Name"), tr("Value"), "#"])
        self.headerItem().setToolTip(IMAGE, tr("Image"))
        self.headerItem().setTextAlignment(IMAGE, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(tr("Measurements"))
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(20)
        for column in (EYE, SWATCH, IMAGE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.ResizeToContents)
        self.itemClicked.connect(self._clicked)
        self.itemDoubleClicked.connect(self._edit)
        self.itemChanged.connect(self._renamed)
        self.currentItemChanged.connect(self._select)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)

    def _fill(self, study: Study, listed: tuple[Measurement, ...]) -> None:
        keys = [series.key for series in study.series]
        for key in sorted({m.series_key for m in listed}, key=lambda k: keys.index(k) if k in keys else len(keys)):
            self._heading(_series_title(study, key))
            for measurement in listed:
                if measurement.series_key == key:
                    self._measurement_row(study, measurement)
        places = listed_key_images(study)
        if places:
            self._heading(tr("Key images"))
            for place in places:
                self._key_image_row(place)

    def _heading(self, title: str) -> None:
        item = QTreeWidgetItem(self)
        item.setText(EYE, title)
        item.setFirstColumnSpanned(True)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = self.font()
        font.setBold(True)
        item.setFont(EYE, font)

    def _measurement_row(self, study: Study, measurement: Measurement) -> None:
        item = QTreeWidgetItem(self)
        item.setData(NAME, _UID, measurement.tracking_uid)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        visible = measurement.is_visible
        item.setIcon(EYE, icon("eye") if visible else icon("eye-off", theme().faint))
        item.setToolTip(EYE, tr("Hide this measurement") if visible else tr("Show this measurement"))
        sign = f"measure-{measurement.kind}" if measurement.kind != "path" else "curve"
        item.setIcon(SWATCH, icon(sign, _on_panel(measurement.colour)))
        item.setToolTip(SWATCH, tr("Change the colour"))
        name = one_line(measurement.label) or say(KIND_TITLES[measurement.kind])
        item.setText(NAME, name)
        item.setToolTip(NAME, name)
        item.setText(IMAGE, _image_text(study, measurement))
        item.setToolTip(IMAGE, say(where(study, measurement)))
        item.setTextAlignment(IMAGE, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if not visible:
            for column in (NAME, VALUE, IMAGE):
                item.setForeground(column, QBrush(QColor(theme().dim)))

    def _key_image_row(self, place: ImagePlace) -> None:
        item = QTreeWidgetItem(self)
        item.setData(NAME, _KEY_IMAGE, place.name)
        item.setIcon(EYE, icon("star", theme().warning))
        item.setToolTip(EYE, tr("Key image"))
        item.setText(NAME, one_line(place.series.series_description) or place.series.modality)
        item.setText(IMAGE, str(place.slice_index + 1))
        item.setTextAlignment(IMAGE, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _write_values(self, study: Study | None) -> None:
        """Write the numbers, those of what is being dragged as they are at this moment."""
        for item in self.rows() if study is not None else ():
            assert study is not None
            measurement = _as_drawn(study, item.data(NAME, _UID))
            if measurement is None:
                continue
            lines = measurement_lines(measurement, live_findings(self._session, study, measurement))
            texts = [line if isinstance(line, str) else say(line) for line in lines]
            shown = texts[0] if texts else ""
            if measurement.is_region and len(texts) > 1:
                shown = f"{texts[0]}\n{texts[1]}"
            if item.text(VALUE) != shown:
                item.setText(VALUE, shown)
                item.setToolTip(VALUE, "\n".join(texts))

    def _mark_selected(self) -> None:
        uid = self._session.focus.selected_uid
        wanted = next((item for item in self.rows() if item.data(NAME, _UID) == uid), None) if uid else None
        current = self.currentItem()
        if wanted is not None and current is not wanted:
            self.setCurrentItem(wanted)
            self.scrollToItem(wanted)
        elif wanted is None and current is not None and current.data(NAME, _UID):
            self.setCurrentIndex(QModelIndex())

    def _items(self) -> list[QTreeWidgetItem]:
        items = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        return [item for item in items if item is not None]

    def _clicked(self, item: QTreeWidgetItem, column: int) -> None:
        study, uid = self.study, item.data(NAME, _UID)
        if study is None:
            return
        image = item.data(NAME, _KEY_IMAGE)
        if isinstance(image, ImageName):
            jump_to_image(self._session, study, image)
        measurement = study.measurements.find(uid) if uid else None
        if measurement is None:
            return
        if column == EYE:
            show_measurement(study, uid, visible=not measurement.is_visible)
        elif column == SWATCH:
            ask_colour(self, study, measurement)
        else:
            jump_to_measurement(self._session, study, measurement)

    def _select(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None = None) -> None:
        self._session.focus.select(str(item.data(NAME, _UID) or "") if item is not None else "")

    def _edit(self, item: QTreeWidgetItem, column: int) -> None:
        if column not in (EYE, SWATCH) and item.data(NAME, _UID):
            self.editItem(item, NAME)

    def rename_current(self) -> None:
        """Let the name of the row that is selected be typed anew."""
        item = self.currentItem()
        if item is not None:
            self._edit(item, NAME)

    def _renamed(self, item: QTreeWidgetItem, column: int) -> None:
        study, uid = self.study, item.data(NAME, _UID)
        measurement = study.measurements.find(uid) if study is not None and uid else None
        if study is None or measurement is None or column != NAME:
            return
        typed = item.text(NAME).strip() or (measurement.label if measurement.kind == "text" else "")
        self._shown = ()  # the row shows what was typed, whatever becomes of it
        rename_measurement(study, uid, "" if typed == say(KIND_TITLES[measurement.kind]) else typed)
        self.refresh()

    def remove_current(self) -> None:
        """Delete the measurement, or take the mark off the key image, of the row that is selected."""
        item, study = self.currentItem(), self.study
        if item is None or study is None:
            return
        image = item.data(NAME, _KEY_IMAGE)
        if isinstance(image, ImageName):
            set_key_image(study, image, is_key=False)
        elif item.data(NAME, _UID):
            remove_measurements(study, [item.data(NAME, _UID)])

    def _show_menu(self, position: QPoint) -> None:
        item, study = self.itemAt(position), self.study
        if item is None or study is None:
            return
        self.setCurrentItem(item)
        at = self.viewport().mapToGlobal(position)
        if item.data(NAME, _UID):
            self.menu_wanted.emit(at)
        elif isinstance(item.data(NAME, _KEY_IMAGE), ImageName):
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction(icon("star"), tr("Take the mark off"), self.remove_current)
            menu.popup(at)

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "studies", "measurements", "draft", "whole"}:
            self.refresh()


def _as_drawn(study: Study, uid: str) -> Measurement | None:
    draft = study.measurements.draft
    return draft if draft is not None and draft.tracking_uid == uid else study.measurements.find(uid)


def _series_title(study: Study, key: str) -> str:
    series = study.find(key)
    if series is None:
        return tr("Images that are not open")
    number = "" if series.series_number is None else f"{series.series_number}  "
    return one_line(f"{number}{series.series_description or series.modality}")


def _image_text(study: Study, measurement: Measurement) -> str:
    """Return the number of the image, a dash where it lies between images."""
    sentence = where(study, measurement)
    return str(sentence.values.get("image", "–"))


def _on_panel(colour: tuple[int, int, int]) -> str:
    """Return a colour as it is seen on the panel: on light ground darker than on the images."""
    shown = QColor(*colour)
    if theme().name == "light" and shown.lightnessF() > 0.45:
        shown.setHslF(shown.hslHueF(), shown.hslSaturationF(), 0.36)
    return shown.name()
