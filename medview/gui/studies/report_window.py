"""A report, a document's facts or a list of segments, to be read beside the images; lines lead to what they mean."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.session.image_picture import request_picture
from medview.session.jump_to import jump_to_image, jump_to_mark
from medview.session.open_object import open_object
from medview.session.save_document import save_document
from medview.session.session import Session
from medview.session.take_off import is_applied, take_off
from medview.study.annotation import ImageName
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.study import Study

_LEADS = Qt.ItemDataRole.UserRole
_OPEN_LEVELS = 3
_PICTURES = 200
_SIZE = (460, 640)


class ReportWindow(QDialog):
    """A window of its own that does not block the main one. Words of the file are never taken as markup."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setModal(False)
        self.resize(*_SIZE)
        if parent is not None:  # over the panel at the right, not over the images
            corner = parent.window().frameGeometry().topRight()
            self.move(max(corner.x() - _SIZE[0] - 8, 0), corner.y() + 90)
        self._layout = QVBoxLayout(self)
        self.title = _label(self, "report_title")
        self.warnings = _label(self, "report_warnings")
        self.tree = self._make_tree()
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        self.save_button = QPushButton(tr("Save a copy…"), self)
        self.save_button.clicked.connect(self._save)
        self.off_button = QPushButton(tr("Take off the images"), self)
        self.off_button.clicked.connect(self._take_off)
        for button in (self.save_button, self.off_button):
            button.setAutoDefault(False)
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        for widget in (self.title, self.warnings, self.tree, self.text, buttons):
            self._layout.addWidget(widget, 1 if widget in (self.tree, self.text) else 0)
        self.refresh()

    def refresh(self) -> None:
        """Show the report that lies open on the session's desk."""
        report = self._session.desk.report
        if report is None:
            self.hide()
            return
        self.setWindowTitle(one_line(report.title) or tr("Report"))
        self.title.setText(report.title)
        self.warnings.setText("\n".join(say(warning) for warning in report.warnings))
        self.warnings.setVisible(bool(report.warnings))
        self.tree.clear()
        self.tree.addTopLevelItems([_item(line) for line in report.lines])
        _expand(self.tree.invisibleRootItem(), _OPEN_LEVELS)
        self._show_pictures(report)
        self.tree.setVisible(bool(report.lines))
        self.text.setPlainText(report.text)
        self.text.setVisible(bool(report.text))
        self.save_button.setVisible(bool(report.enclosed))
        self.refresh_off()

    def refresh_off(self) -> None:
        """Offer to take off what the report has put on the images, while it is there."""
        desk = self._session.desk
        shown = desk.report is not None and is_applied(self._session, desk.study, desk.report)
        self.off_button.setVisible(shown)

    def _show_pictures(self, report: ObjectReport) -> None:
        """Ask for pictures of key images; those that come after another report was opened are dropped."""
        study = self._session.desk.study
        if study is None or not report.is_key_images:
            return
        for number, line in enumerate(report.lines[:_PICTURES]):
            if line.image is not None:
                request_picture(self._session, study, line.image, partial(self._put_picture, report, number))

    def _put_picture(self, report: ObjectReport, number: int, pixels: NDArray[np.uint8]) -> None:
        item = self.tree.topLevelItem(number) if self._session.desk.report is report else None
        if item is not None:
            item.setIcon(0, QIcon(QPixmap.fromImage(_image(pixels))))

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setColumnCount(2)
        tree.setHeaderHidden(True)
        tree.setIconSize(QSize(72, 72))
        tree.setWordWrap(True)
        tree.setUniformRowHeights(False)
        tree.setAccessibleName(tr("Report"))
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setMaximumSectionSize(260)
        tree.itemClicked.connect(self._follow)
        tree.itemActivated.connect(self._follow)
        return tree

    def _follow(self, item: QTreeWidgetItem, _column: int) -> None:
        """Go to the mark or the image of a line."""
        line, study = item.data(0, _LEADS), self._session.desk.study
        if not isinstance(line, ReportLine) or study is None or study not in self._session.studies:
            return
        if line.annotation is not None:
            jump_to_mark(self._session, study, line.annotation)
        elif line.image is not None:
            self._go_to(study, line.image)

    def _go_to(self, study: Study, image: ImageName) -> None:
        """Show an image, or open the object where it is one."""
        other = next((o for o in study.objects if o.sop_instance_uid == image.sop_instance_uid), None)
        if other is not None:
            open_object(self._session, study, other)
        else:
            jump_to_image(self._session, study, image)

    def _take_off(self) -> None:
        desk = self._session.desk
        if desk.report is not None and desk.study is not None:
            take_off(self._session, desk.study, desk.report)
            self.refresh_off()

    def _save(self) -> None:
        report = self._session.desk.report
        if report is None:
            return
        folder = Path(self._session.settings["last_folder"] or Path.home())
        suggested = folder / f"document{report.enclosed}"  # never named after the patient
        name, _ = QFileDialog.getSaveFileName(self, tr("Save as"), str(suggested), f"*{report.enclosed}")
        if name:
            path = Path(name if name.lower().endswith(report.enclosed) else name + report.enclosed)
            save_document(self._session, report.object, path)


def _label(parent: QWidget, name: str) -> QLabel:
    label = QLabel(parent)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _item(line: ReportLine) -> QTreeWidgetItem:
    name, value = _words(line.name), _words(line.value)
    item = QTreeWidgetItem([name, value])
    item.setData(0, _LEADS, line)
    if line.image is not None or line.annotation is not None:
        font = item.font(0)
        font.setUnderline(True)
        item.setFont(0, font)
        item.setToolTip(0, tr("Show in the images"))
    item.addChildren([_item(child) for child in line.children])
    return item


def _image(pixels: NDArray[np.uint8]) -> QImage:
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    return QImage(pixels.tobytes(), width, height, pixels.strides[0], kind).copy()


def _words(text: Sentence | str) -> str:
    return text if isinstance(text, str) else say(text)


def _expand(item: QTreeWidgetItem, levels: int) -> None:
    """Open the first levels; long lists stay closed."""
    for number in range(item.childCount()):
        child = item.child(number)
        if child is None:
            continue
        if levels > 0 and child.childCount() <= 40:
            child.setExpanded(True)
            _expand(child, levels - 1)
