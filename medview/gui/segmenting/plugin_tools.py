"""Above the list of plugins: which task is looked for, and what can be done with plugins."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QMenu, QToolButton, QWidget

from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.segmenting.task_titles import TASK_TITLES
from medview.plugin.discovery import Plugin
from medview.plugin.pack import SUFFIX
from medview.session.choose_plugins import enable_plugin, is_enabled, reload_plugins
from medview.session.install_model_pack import install_model_pack
from medview.session.run_plugin import Offer
from medview.session.session import Session


class PluginTools(QWidget):
    """A list of the tasks that plugins are here for, and a menu. `task_chosen` tells that another task was chosen."""

    task_chosen = Signal()
    card_wanted = Signal()
    models_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.tasks = QComboBox(self)
        self.tasks.setObjectName("tasks")
        self.tasks.setAccessibleName(tr("Task"))
        self.tasks.setToolTip(tr("Task"))
        self.tasks.addItem(tr("All tasks"), "")
        self.tasks.currentIndexChanged.connect(self.task_chosen)
        self.card_button = QToolButton(self)
        self.card_button.setIcon(icon("info"))
        self.card_button.setToolTip(tr("Model card"))
        self.card_button.setAccessibleName(tr("Model card"))
        self.card_button.clicked.connect(self.card_wanted)
        self.menu_button = QToolButton(self)
        self.menu_button.setText(tr("Plugins"))
        self.menu_button.setObjectName("menu_button")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.menu_button)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.menu_button.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.tasks, 1)
        row.addWidget(self.card_button)
        row.addWidget(self.menu_button)

    def filtered(self, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
        """Return the offers of the chosen task, and list the tasks that there are; broken plugins are always shown."""
        self._list_tasks({offer.plugin.manifest.task for offer in offers if isinstance(offer.plugin, Plugin)})
        task = self.tasks.currentData()
        return tuple(
            o for o in offers if not task or not isinstance(o.plugin, Plugin) or o.plugin.manifest.task == task
        )

    def _list_tasks(self, there: set[str]) -> None:
        wanted = ["", *(task for task in TASK_TITLES if task in there)]
        if wanted == [self.tasks.itemData(number) for number in range(self.tasks.count())]:
            return
        chosen = self.tasks.currentData()
        self.tasks.blockSignals(True)
        self.tasks.clear()
        for task in wanted:
            title = next((say(text) for known, text in TASK_TITLES.items() if known == task), tr("All tasks"))
            self.tasks.addItem(title, task)
        self.tasks.setCurrentIndex(max(0, self.tasks.findData(chosen)))
        self.tasks.blockSignals(False)

    def _fill_menu(self) -> None:
        """List every plugin with whether it is offered, and what can be done with all of them."""
        self.menu.clear()
        self.menu.addAction(icon("device"), tr("Models and weights…"), self.models_wanted.emit)
        self.menu.addAction(icon("redo"), tr("Reload plugins"), lambda: reload_plugins(self._session))
        self.menu.addAction(icon("download"), tr("Import an offline pack…"), self._ask_pack)
        self.menu.addSection(tr("Offered"))
        for plugin in self._session.plugins:
            if isinstance(plugin, Plugin):
                action = QAction(tr(plugin.manifest.name), self.menu)
                action.setCheckable(True)
                action.setChecked(is_enabled(self._session, plugin))
                action.toggled.connect(partial(self._enable, plugin.manifest.id))
                self.menu.addAction(action)

    def _enable(self, plugin_id: str, wanted: bool) -> None:
        enable_plugin(self._session, plugin_id, is_wanted=wanted)

    def _ask_pack(self) -> None:
        folder = self._session.settings["last_folder"] or str(Path.home())
        name, _ = QFileDialog.getOpenFileName(self, tr("Import an offline pack…"), folder, f"*{SUFFIX}")
        if name:
            install_model_pack(self._session, Path(name))
