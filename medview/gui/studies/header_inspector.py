"""The header of an image as a tree that can be searched, beside that of another image where a person compares."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from medview.errors import MedViewError
from medview.files.tags.tag_row import TagTree
from medview.gui.following_dialog import FollowingDialog
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.links import Links
from medview.gui.marked_text import marked_text
from medview.gui.studies.header_source import HeaderSource, header_sources
from medview.gui.studies.slice_chooser import SliceChooser
from medview.gui.studies.tag_model import TagColumn, TagModel
from medview.gui.studies.tag_view import TagView
from medview.jobs.job import Job
from medview.session.inspect_header import compare_headers, inspect_header, search_header
from medview.session.session import Session

_SEARCH_DELAY_MS = 100
_EXPANDED_AT_MOST = 1500  # rows of an answer that are all unfolded
_LONGEST_SHOWN = 100_000  # letters of one value in the field below


class HeaderInspector(FollowingDialog):
    """A window of its own that does not block the main one.

    Parameters
    ----------
    source, place
        Whose headers, and which of its images first.
    """

    def __init__(self, session: Session, source: HeaderSource, place: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Header"))
        self._session = session
        self._source = source
        self._others: list[HeaderSource] = []
        self._job: Job | None = None
        self._tree: TagTree | None = None
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_SEARCH_DELAY_MS)
        self._delay.timeout.connect(self._search)
        self.model = TagModel(patient_visible=bool(session.settings["patient_text_visible"]), parent=self)
        self._build()
        self.chooser.set_count(len(source.paths), min(place, len(source.paths) - 1))
        self._fill_others()
        self._links = Links()
        self._links.connect(session.studies_changed, self._follow_studies)
        self.destroyed.connect(self._links.end)
        self.resize(980, 720)
        self.search.setFocus()
        self._read()

    # furniture

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        title = QLabel(marked_text(self._source.title, 200), self)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setObjectName("subheading")
        self.chooser = SliceChooser(tr("Image"), self)
        self.chooser.changed.connect(self._read)
        top = QHBoxLayout()
        top.addWidget(title)
        top.addWidget(self.chooser, 1)
        layout.addLayout(top)
        layout.addLayout(self._make_comparison())
        layout.addLayout(self._make_search())
        self.view = TagView(self.model, self)
        self.view.copy_wanted.connect(self.copy_row)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.selectionModel().currentChanged.connect(self._show_value)
        self.value = QPlainTextEdit(self)
        self.value.setReadOnly(True)
        self.value.setAccessibleName(tr("Whole value"))
        self.value.setPlaceholderText(tr("The whole value of the chosen row"))
        parts = QSplitter(Qt.Orientation.Vertical, self)
        parts.addWidget(self.view)
        parts.addWidget(self.value)
        parts.setSizes([600, 70])
        parts.setChildrenCollapsible(False)
        layout.addWidget(parts, 1)
        self.remark = QLabel(self)
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        self.remark.setWordWrap(True)
        self.remark.setObjectName("research_only")
        layout.addWidget(self.remark)
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)

    def _make_comparison(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.compare = QComboBox(self)
        self.compare.setAccessibleName(tr("Compare with"))
        self.compare.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.compare.setMinimumContentsLength(28)
        self.compare.currentIndexChanged.connect(self._choose_other)
        self.other_chooser = SliceChooser(tr("Image compared with"), self)
        self.other_chooser.changed.connect(self._read)
        label = QLabel(tr("Compare with"), self)
        row.addWidget(label)
        row.addWidget(self.compare)
        row.addWidget(self.other_chooser, 1)
        row.addStretch(0)
        return row

    def _make_search(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search in tags, names and values"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._delay.start)
        self.only_differences = QCheckBox(tr("Only differences"), self)
        self.only_differences.toggled.connect(self._search)
        self.count = QLabel(self)
        self.count.setObjectName("dim")
        row.addWidget(self.search, 1)
        row.addWidget(self.only_differences)
        row.addWidget(self.count)
        return row

    def _fill_others(self) -> None:
        self._others = [s for s in header_sources(self._session) if s.paths != self._source.paths]
        if len(self._source.paths) > 1:
            self._others.insert(0, self._source)
        self.compare.blockSignals(True)
        self.compare.clear()
        self.compare.addItem(tr("Nothing"))
        for source in self._others:
            same = source is self._source
            self.compare.addItem(tr("Another image of this series") if same else marked_text(source.title, 80))
        self.compare.blockSignals(False)

    def _follow_studies(self) -> None:
        """Show nothing any more of a study that has been closed: another patient's images may be in view."""
        still_open = {path for source in header_sources(self._session) for path in source.paths}
        if not still_open.intersection(self._source.paths):
            self.close()
        elif not all(still_open.intersection(other.paths) for other in self._others):
            self._fill_others()
            self._choose_other()

    # what is read

    def _other(self) -> HeaderSource | None:
        place = self.compare.currentIndex() - 1
        return self._others[place] if 0 <= place < len(self._others) else None

    def _choose_other(self) -> None:
        other = self._other()
        count = len(other.paths) if other is not None else 0
        # of the same series the next image, which differs; of another the one at the same place
        place = self.chooser.place + (1 if other is self._source else 0)
        self.other_chooser.set_count(count, min(place, max(count - 1, 0)))
        self.only_differences.setEnabled(other is not None)
        self._read()

    def _read(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._tree = None  # a search must not go on in the header of the image before
        path = self._source.paths[self.chooser.place]
        other = self._other()
        self.only_differences.setEnabled(other is not None)
        self.setWindowTitle(f"{tr('Header')} – {marked_text(path.name, 80)}")
        if other is None:
            self._job = inspect_header(self._session, path, self._arrived, self._failed)
        else:
            paths = path, other.paths[self.other_chooser.place]
            self._job = compare_headers(self._session, paths, self._arrived, self._failed)

    def _arrived(self, tree: TagTree) -> None:
        if self._job is not None:  # closed meanwhile
            self._tree = tree
            self._search()

    def _failed(self, error: BaseException) -> None:
        self._tree = None
        self._show(None)
        if isinstance(error, MedViewError):
            self.remark.setText(say(error.message))
        elif isinstance(error, OSError):
            self.remark.setText(tr("The file cannot be read: {reason}", reason=error.strerror or type(error).__name__))
        else:
            self._session.notices.add_error(error)
        self.remark.show()

    def _search(self) -> None:
        if self._tree is None:
            return
        text, only = self.search.text().strip(), self.only_differences.isChecked() and self._other() is not None
        if not text and not only:
            self._show(self._tree)
            return
        if self._job is not None:
            self._job.cancel()
        self._job = search_header(self._session, self._tree, text, only_differences=only, on_done=self._show)

    def _show(self, tree: TagTree | None) -> None:
        if self._job is None:
            return
        searched = tree is not self._tree
        self.view.keep_place()
        self.model.show(tree, compares=self._other() is not None)
        self.view.restore_place(unfold=searched and tree is not None and tree.count <= _EXPANDED_AT_MOST)
        remarks = tree.remarks if tree is not None else ()
        self.remark.setText(" ".join(say(remark) for remark in remarks))
        self.remark.setVisible(bool(remarks))
        self.count.setText(self._count_text(tree))

    def _count_text(self, tree: TagTree | None) -> str:
        if tree is None:
            return ""
        rows = tr("{count} rows", count=f"{tree.count:,}") if tree.count != 1 else tr("1 row")
        return f"{rows} · {tr('{count} differ', count=tree.differences)}" if self._other() is not None else rows

    def _show_value(self, current: QModelIndex) -> None:
        row = self.model.row_of(current)
        texts = [self.model.text(row, TagColumn.VALUE)] if current.isValid() else []
        if current.isValid() and self._other() is not None:
            texts.append(self.model.text(row, TagColumn.OTHER))
        self.value.setPlainText("\n\n".join(text[:_LONGEST_SHOWN] for text in texts))

    # copying

    def copy_row(self) -> None:
        """Put tag, VR, name and value of the chosen row on the clipboard."""
        row = self.model.row_of(self.view.currentIndex())
        columns = list(TagColumn)[: self.model.columnCount()]
        QGuiApplication.clipboard().setText("\t".join(self.model.text(row, column) for column in columns))

    def _copy(self, column: TagColumn) -> None:
        row = self.model.row_of(self.view.currentIndex())
        text = row.label if column == TagColumn.TAG else self.model.text(row, column)
        QGuiApplication.clipboard().setText(text)

    def _show_menu(self, position: QPoint) -> None:
        if not self.view.indexAt(position).isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("copy"), tr("Copy value"), lambda: self._copy(TagColumn.VALUE))
        menu.addAction(tr("Copy tag"), lambda: self._copy(TagColumn.TAG))
        menu.addAction(tr("Copy name"), lambda: self._copy(TagColumn.NAME))
        menu.addAction(tr("Copy row"), self.copy_row)
        menu.popup(self.view.viewport().mapToGlobal(position))

    def let_go(self) -> None:
        """Read no further."""
        self._delay.stop()
        self._links.end()
        if self._job is not None:
            self._job.cancel()
            self._job = None
