"""Every model with its state and its weights: got, checked, removed, packed; what the command line does, too."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medview.errors import MedViewError
from medview.gui.bring_to_front import bring_to_front
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.notice_bar import confirmed
from medview.gui.segmenting.licence_form import ask_licences
from medview.gui.segmenting.model_card_window import ModelCardWindow
from medview.gui.segmenting.model_state import model_lines, model_state
from medview.gui.segmenting.task_titles import TASK_TITLES
from medview.gui.session_watch import SessionWatch
from medview.gui.theme import theme
from medview.plugin.discovery import BrokenPlugin, Plugin
from medview.plugin.pack import SUFFIX
from medview.session.check_weights import check_weights
from medview.session.choose_plugins import enable_plugin, is_enabled, reload_plugins
from medview.session.fetch_weights import fetch_weights, known_missing, look_for_weights
from medview.session.install_model_pack import install_model_pack
from medview.session.remove_weights import remove_weights
from medview.session.save_model_pack import save_model_pack
from medview.session.session import Session

NAME, TASK, VERSION, STATE = range(4)
_SIZE = (760, 520)


class ModelsWindow(QDialog):
    """A window of its own that does not block the main one. A tick offers a model or no longer does."""

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._listed: tuple[Plugin | BrokenPlugin, ...] = ()
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Models and weights"))
        self.resize(*_SIZE)
        self._build()
        watch.changed.connect(self._follow)
        self.refresh()
        look_for_weights(session)

    def refresh(self) -> None:
        """List the models of now; the chosen one stays chosen."""
        chosen = max(self.list.currentIndex().row(), 0)
        self._listed = self._session.plugins
        self.list.blockSignals(True)
        self.list.clear()
        for plugin in self._listed:
            self._add(plugin)
        self.list.setCurrentIndex(self.list.model().index(min(chosen, len(self._listed) - 1), 0))
        self.list.blockSignals(False)
        self._show_chosen()

    def chosen(self) -> Plugin | BrokenPlugin | None:
        """Return the model of the row that is chosen."""
        row = self.list.currentIndex().row()
        return self._listed[row] if row >= 0 else None

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        self.list = QTreeWidget(self)
        self.list.setObjectName("models")
        self.list.setHeaderLabels([tr("Model"), tr("Task"), tr("Version"), tr("State")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setAccessibleName(tr("Models"))
        header = self.list.header()
        header.setStretchLastSection(False)
        for column in (TASK, VERSION, STATE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.list.currentItemChanged.connect(self._show_chosen)
        self.list.itemChanged.connect(self._ticked)
        self.facts = QLabel(self)
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.facts.setMinimumHeight(self.fontMetrics().lineSpacing() * 5)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.facts)
        layout.addLayout(self._of_one())
        layout.addWidget(self._of_all())

    def _of_one(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.card = self._button(row, "info", tr("Model card"), self._show_card)
        self.get = self._button(row, "download", tr("Get weights"), self._get)
        self.check = self._button(row, "check", tr("Check weights"), self._check)
        self.remove = self._button(row, "trash", tr("Remove weights…"), self._remove)
        self.pack = self._button(row, "export", tr("Save as an offline pack…"), self._pack)
        row.addStretch(1)
        return row

    def _of_all(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        role = QDialogButtonBox.ButtonRole.ActionRole
        for title, act in (
            (tr("Import an offline pack…"), self._import),
            (tr("Reload plugins"), lambda: reload_plugins(self._session)),
        ):
            button = buttons.addButton(title, role)
            button.setAutoDefault(False)
            button.clicked.connect(act)
        buttons.rejected.connect(self.close)
        return buttons

    def _button(self, row: QHBoxLayout, sign: str, title: str, act: object) -> QPushButton:
        button = QPushButton(icon(sign), title, self)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        row.addWidget(button)
        return button

    def _add(self, plugin: Plugin | BrokenPlugin) -> None:
        state = model_state(self._session, plugin)
        row = QTreeWidgetItem(self.list)
        row.setText(STATE, say(state.text))
        row.setForeground(STATE, QBrush(QColor(getattr(theme(), state.level))))
        if isinstance(plugin, BrokenPlugin):
            row.setText(NAME, plugin.folder.name)
            row.setCheckState(NAME, Qt.CheckState.Unchecked)
            row.setFlags(row.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)
            return
        manifest = plugin.manifest
        row.setText(NAME, tr(manifest.name))
        row.setToolTip(NAME, manifest.id)
        row.setCheckState(NAME, _tick(is_wanted=is_enabled(self._session, plugin)))
        row.setText(TASK, say(TASK_TITLES[manifest.task]))
        row.setText(VERSION, manifest.version)

    def _show_chosen(self) -> None:
        plugin = self.chosen()
        self.facts.setText("\n".join(model_lines(self._session, plugin)) if plugin is not None else "")
        is_whole = isinstance(plugin, Plugin)
        missing = known_missing(self._session, plugin) if isinstance(plugin, Plugin) else ()
        has_weights = isinstance(plugin, Plugin) and bool(plugin.manifest.weights)
        can_get = bool(missing) and not any(record.is_packaged or record.is_shipped for record in missing)
        for button, is_on in (
            (self.card, is_whole),
            (self.get, can_get),
            (self.check, has_weights),
            (self.remove, has_weights),
            (self.pack, is_whole and not missing),
        ):
            button.setEnabled(is_on)

    def _whole(self) -> Plugin:
        """Return the chosen plugin, which a button that can be pressed has."""
        plugin = self.chosen()
        assert isinstance(plugin, Plugin)
        return plugin

    def _show_card(self) -> None:
        bring_to_front(ModelCardWindow(self._whole(), self))

    def _get(self) -> None:
        plugin = self._whole()
        try:
            if ask_licences(self, plugin, known_missing(self._session, plugin)):
                fetch_weights(self._session, plugin)
        except MedViewError as error:
            self._session.notices.add_error(error)

    def _check(self) -> None:
        check_weights(self._session, self._whole())

    def _remove(self) -> None:
        plugin = self._whole()
        question = tr("Remove the weights of {name} from this computer?", name=tr(plugin.manifest.name))
        if confirmed(self, question, tr("Remove")):
            remove_weights(self._session, plugin)

    def _pack(self) -> None:
        plugin = self._whole()
        suggested = str(self._folder() / f"{plugin.manifest.id}{SUFFIX}")
        name, _ = QFileDialog.getSaveFileName(self, tr("Save as an offline pack…"), suggested, f"*{SUFFIX}")
        if name:
            save_model_pack(self._session, plugin, Path(name if name.endswith(SUFFIX) else name + SUFFIX))

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Import an offline pack…"), str(self._folder()), f"*{SUFFIX}")
        if name:
            install_model_pack(self._session, Path(name))

    def _folder(self) -> Path:
        return Path(self._session.settings["last_folder"] or Path.home())

    def _ticked(self, row: QTreeWidgetItem, column: int) -> None:
        plugin = self._listed[self.list.indexOfTopLevelItem(row)]
        if column == NAME and isinstance(plugin, Plugin):
            is_wanted = row.checkState(NAME) == Qt.CheckState.Checked
            enable_plugin(self._session, plugin.manifest.id, is_wanted=is_wanted)

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"weights"}:
            self.refresh()


def _tick(*, is_wanted: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if is_wanted else Qt.CheckState.Unchecked
