"""Run a model: which plugin, with which options, on which device, and what must be known before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QEnterEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from medview.errors import MedViewError, Sentence
from medview.gui.bring_to_front import bring_to_front
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.plain_tip import plain_tip
from medview.gui.segmenting.input_form import InputForm
from medview.gui.segmenting.licence_form import ask_licences
from medview.gui.segmenting.parameter_form import ParameterForm
from medview.gui.segmenting.plan_line import PlanLine
from medview.gui.segmenting.plugin_facts import facts_text, licences_text
from medview.gui.segmenting.plugin_list import PluginList
from medview.gui.segmenting.plugin_tools import PluginTools
from medview.gui.segmenting.target_line import TargetLine
from medview.gui.segmenting.task_titles import RUN_TITLES
from medview.gui.session_watch import SessionWatch
from medview.gui.theme import theme
from medview.jobs.job import Job
from medview.plugin.contract import Parameter
from medview.plugin.discovery import BrokenPlugin, Plugin
from medview.session.choose_model import choose_model
from medview.session.fetch_weights import fetch_weights, known_missing, look_for_weights
from medview.session.further_inputs import Candidate, why_no_inputs
from medview.session.run_plugin import offers, run_plugin
from medview.session.session import Session
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.plugin.manifest.weights_record import WeightsRecord

_AFTER_PICTURE_MS = 100  # what a person waits for is the image: manifests are read, and offers made, after it

DEVICES = {
    "auto": Sentence("Automatic"),
    "cuda": Sentence("NVIDIA GPU (CUDA)"),
    "mps": Sentence("Apple GPU (MPS)"),
    "cpu": Sentence("Processor (CPU)"),
}

# plugin, images, device, further inputs (id, series key, SOP hash), parameters
_Asked = tuple[Plugin, Volume, str, tuple[tuple[str, str, str], ...], Mapping[str, Parameter]]
Run = tuple[Job, _Asked]


class PluginPanel(QWidget):
    """The button, the list of plugins, and the facts and options of the one that is chosen."""

    def __init__(
        self, session: Session, watch: SessionWatch, run_action: QAction, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: Plugin | None = None
        self.runs: list[Run] = []
        self.form = ParameterForm((), self)
        self.inputs = InputForm(session, None, self)
        self._build(watch, run_action)
        self._filling = QTimer(self)
        self._filling.setSingleShot(True)
        self._filling.setInterval(_AFTER_PICTURE_MS)
        self._filling.timeout.connect(self._fill_at_idle)
        watch.changed.connect(self._follow)
        self.button.setEnabled(False)
        self.weights_button.hide()
        self._filling.start()

    def refresh(self) -> None:
        """Offer what there is for the series in view."""
        self._filling.stop()
        self.plugins.blockSignals(True)
        offered = self.tools.filtered(offers(self._session))
        self.plugins.show_offers(offered, with_reasons=self._session.scene is not None)
        self.plugins.blockSignals(False)
        self.plugins.updateGeometry()
        self._choose()

    def run(self) -> None:
        """Run the chosen plugin with the options of the form on the volume in view."""
        plugin = self.chosen_plugin()
        if plugin is None or self._session.scene is None:
            return
        given = self.inputs.values()
        named = tuple((name, one.series.key, one.series.sop_hash) for name, one in given.items())
        asked = (plugin, self._session.scene.volume, self._session.settings["device"], named, self.form.values())
        if any(job.state in ("queued", "running") and _is_same(asked, before) for job, before in self.runs):
            name = plugin.manifest.name
            self._session.notices.add("info", "{plugin} is running on these images already.", plugin=name)
            return
        if not self._is_licensed(plugin):
            return
        run_plugin(self._session, plugin, asked[-1], given, begun=lambda job: self.runs.append((job, asked)))

    def choose(
        self, plugin: Plugin, values: Mapping[str, Parameter], wanted: Mapping[str, Candidate | None] | None = None
    ) -> None:
        """Choose a plugin, the values of its options, and what a person wants for its further inputs."""
        self._catch_up()
        self.plugins.choose(plugin)
        self._make_inputs(plugin, wanted)
        self._make_form(plugin, values)
        self._show_readiness()

    def take_over(
        self,
        runs: list[Run],
        plugin: Plugin | None,
        values: Mapping[str, Parameter],
        wanted: Mapping[str, Candidate | None],
    ) -> None:
        """Show what was chosen in a panel that this one takes the place of, and know what it has begun."""
        self.runs = runs
        if plugin is not None:
            self.choose(plugin, values, wanted)

    def chosen_plugin(self) -> Plugin | None:
        """Return the plugin that is chosen, or None where none fits."""
        self._catch_up()
        offer = self.plugins.chosen()
        return None if offer is None or isinstance(offer.plugin, BrokenPlugin) else offer.plugin

    def release(self) -> None:
        """Offer nothing more: the window closes."""
        self._filling.stop()

    @property
    def is_filled(self) -> bool:
        """Whether it offers what there is for the series in view."""
        return not self._filling.isActive()

    def _fill_at_idle(self) -> None:
        """Offer what there is for the first time, once no first image is waited for."""
        if self._session.scene is None and any(not job.silent for job in self._session.jobs.jobs):
            self._filling.start()
        else:
            self._fill()

    def _fill(self) -> None:
        self.refresh()
        if self._session.scene is not None:
            look_for_weights(self._session)  # a person may have copied them here by hand

    def _catch_up(self) -> None:
        """Offer at once what is for the series in view: nobody may be answered with what another series had."""
        if self._filling.isActive():
            self._fill()

    def _build(self, watch: SessionWatch, run_action: QAction) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 6)
        layout.setSpacing(8)
        self.button = QPushButton(icon("run", theme().on_accent), tr("Run segmentation"), self)
        self.button.setObjectName("run")
        self.button.clicked.connect(run_action.trigger)
        self.target = TargetLine(self._session, watch, self)
        self.weights_button = QPushButton(icon("download", theme().on_accent), "", self)
        self.weights_button.setObjectName("get_weights")
        self.weights_button.clicked.connect(self._fetch)
        self.reason = _label(self, "reason")
        self.plan = PlanLine(self._session, self)
        self.tools = PluginTools(self._session, self)
        self.tools.task_chosen.connect(self.refresh)
        self.tools.card_wanted.connect(self.show_card)
        self.plugins = PluginList(self)
        self.plugins.currentItemChanged.connect(self._choose)
        self.form_place = QVBoxLayout()
        self.form_place.addWidget(self.inputs)
        self.form_place.addWidget(self.form)
        self.notice = _label(self, "research_only")
        self.facts = _label(self, "dim")
        for part in (self.button, self.weights_button, self.target, self.plan, self.reason, self.tools):
            layout.addWidget(part)
        layout.addWidget(self.plugins, 1)
        layout.addLayout(self.form_place)
        layout.addLayout(self._device_row())
        layout.addWidget(self.notice)
        layout.addWidget(self.facts)

    def _device_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        caption = QLabel(tr("Runs on"), self)
        self.device = QComboBox(self)
        self.device.setObjectName("device")
        self.device.setAccessibleName(tr("Runs on"))
        for value, title in DEVICES.items():
            self.device.addItem(say(title), value)
        self.device.setCurrentIndex(max(0, self.device.findData(self._session.settings["device"])))
        self.device.currentIndexChanged.connect(self._choose_device)
        row.addWidget(caption)
        row.addWidget(self.device, 1)
        return row

    def _choose(self, *_: object) -> None:
        """Show facts and options of the plugin that is chosen now."""
        plugin = self.chosen_plugin()
        if plugin is not self._shown or plugin is None:
            self._shown = plugin
            self._make_inputs(plugin)
            self._make_form(plugin)
        else:
            self.inputs.refresh()
        choose_model(self._session, plugin)
        manifest = plugin.manifest if plugin is not None else None
        self.notice.setVisible(manifest is not None and manifest.research_only)
        self.notice.setText(tr("For research only. Check every result."))
        self.facts.setVisible(manifest is not None and not self._has_mask())
        if manifest is not None:
            self.facts.setText(facts_text(manifest))
            self.facts.setToolTip(plain_tip(licences_text(manifest)))
        self.device.setEnabled(manifest is None or not manifest.classical)
        self.button.setText(say(RUN_TITLES[manifest.task if manifest is not None else "segment"]))
        self.tools.card_button.setEnabled(manifest is not None)
        self._show_readiness()

    def _has_mask(self) -> bool:
        """Whether there is a mask: its segments then need the room of what was to be read before."""
        scene = self._session.scene
        return scene is not None and scene.segmentation is not None

    def _show_readiness(self) -> None:
        """Let the button run, or say why it cannot, or fetch what is missing."""
        plugin = self.chosen_plugin()
        missing = known_missing(self._session, plugin, self.form.values()) if plugin is not None else ()
        self.button.setVisible(not missing)
        self.button.setEnabled(plugin is not None and self._lacking(plugin) is None)
        self.weights_button.setVisible(bool(missing))
        self.reason.setText(self._reason(missing))
        self.reason.setVisible(bool(self.reason.text()))
        self.button.setToolTip(self.reason.text() or f"{self.button.text()} (Ctrl+R)")
        if self.underMouse():
            self.plan.ask(plugin if not missing else None, self.form.values())
        else:
            self.plan.forget()
        if missing:
            text = tr("Get weights ({size})", size=size_text(sum(record.bytes for record in missing)))
            self.weights_button.setText(text)
            self.weights_button.setEnabled(not any(record.is_packaged for record in missing))

    def _reason(self, missing: tuple[WeightsRecord, ...]) -> str:
        if self._session.scene is None:
            return tr("Open images first.")
        if self.chosen_plugin() is None:
            return tr("No plugin fits these images.")
        lacking = self._lacking(self.chosen_plugin())
        if lacking is not None:
            return say(lacking.message)
        packages = sorted({record.source.split(":")[1] for record in missing if record.is_packaged})
        if packages:
            return tr("The package {package} that brings the weights is not installed.", package=", ".join(packages))
        hosts = sorted({urlsplit(record.source).hostname or "" for record in missing})
        if hosts:
            return tr(
                "The weights are not on this computer yet. They are fetched from {host} and checked; "
                "nothing of your images is sent. Without a network: Plugins, Import an offline pack.",
                host=", ".join(hosts),
            )
        return ""

    def _lacking(self, plugin: Plugin | None) -> MedViewError | None:
        """Return why the series that are chosen beside the one in view do not do."""
        return why_no_inputs(self._session, plugin, self.inputs.values()) if plugin is not None else None

    def _make_inputs(self, plugin: Plugin | None, wanted: Mapping[str, Candidate | None] | None = None) -> None:
        old = self.inputs
        self.inputs = InputForm(self._session, plugin, self, wanted or {})
        self.inputs.changed.connect(self._show_readiness)
        self.form_place.replaceWidget(old, self.inputs)
        old.hide()
        old.deleteLater()

    def _needs_second(self) -> bool:
        """Whether a plugin is here that is given a second series: what is open then decides what can be run."""
        return any(isinstance(one, Plugin) and one.manifest.series_inputs for one in self._session.plugins)

    def _make_form(self, plugin: Plugin | None, values: Mapping[str, Parameter] | None = None) -> None:
        old = self.form
        chosen = values or {}
        records = plugin.manifest.parameters if plugin is not None else ()
        wanted = (r.model_copy(update={"default": chosen.get(r.id, r.default)}) for r in records)
        self.form = ParameterForm(tuple(wanted), self)
        self.form.changed.connect(self._show_readiness)
        self.form_place.replaceWidget(old, self.form)
        old.hide()
        old.deleteLater()

    def _fetch(self) -> None:
        plugin = self.chosen_plugin()
        if plugin is not None and self._is_licensed(plugin):
            fetch_weights(self._session, plugin, self.form.values())

    def show_card(self) -> None:
        """Show what is known of the chosen model."""
        from medview.gui.segmenting.model_card_window import ModelCardWindow

        plugin = self.chosen_plugin()
        if plugin is not None:
            bring_to_front(ModelCardWindow(plugin, self))

    def _is_licensed(self, plugin: Plugin) -> bool:
        """Whether every licence that must be is accepted, after showing those that are not."""
        manifest = plugin.manifest
        try:
            needed = manifest.needed_weights(manifest.parse_parameters(self.form.values()))
            return ask_licences(self, plugin, needed)
        except MedViewError as error:
            self._session.notices.add_error(error)
            return False

    def _choose_device(self) -> None:
        self._session.settings["device"] = self.device.currentData()
        self._show_readiness()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Plan the run that a person is about to choose; not before, since planning needs the worker."""
        super().enterEvent(event)
        if not self._filling.isActive():
            self._show_readiness()

    def _follow(self, topics: frozenset[str]) -> None:
        if "jobs" in topics:  # a run that is over must not keep its volume
            self.runs = [run for run in self.runs if not run[0].is_finished]
        if "display" in topics:
            self.inputs.follow_fusion()
        if self._filling.isActive():  # the first image comes before the plugins for it
            self._filling.start()
        elif "scene" in topics:
            self._fill()
        elif topics & {"weights", "whole"} or ("studies" in topics and self._needs_second()):
            self.refresh()
        elif "segments" in topics and self._has_mask() == self.facts.isVisibleTo(self):
            self._choose()


def _label(parent: QWidget, name: str) -> QLabel:
    label = QLabel(parent)
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _is_same(one: _Asked, other: _Asked) -> bool:
    """Whether two runs would give the same mask."""
    return one[0] is other[0] and one[1] is other[1] and one[2:] == other[2:]


def size_text(size_bytes: int) -> str:
    """Return a file size as a person reads it.

    >>> size_text(8_701_922), size_text(22_000)
    ('8.7 MB', '22 kB')
    """
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e6 else f"{max(1, round(size_bytes / 1e3))} kB"
