"""What the chosen run will take, told before it is begun."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from shiboken6 import isValid

from medview.errors import MedViewError, Sentence
from medview.gui.language import say, tr
from medview.jobs.job import Job
from medview.plugin.contract import Parameter
from medview.plugin.discovery import Plugin
from medview.plugin.plan import Plan
from medview.session.plan_run import plan_run
from medview.session.session import Session

_PLACES = {
    "cpu": Sentence("this processor"),
    "cuda": Sentence("this graphics card"),
    "mps": Sentence("this graphics card"),
}
_SHORT_S = 100


class PlanLine(QLabel):
    """One line of time, device and memory; empty as long as no plan is known."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asked: tuple[object, ...] = ()
        self._job: Job | None = None
        self.setObjectName("dim")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.hide()

    def ask(self, plugin: Plugin | None, values: Mapping[str, Parameter]) -> None:
        """Ask for the plan of a run on the images in view, once for the same."""
        scene = self._session.scene
        if plugin is None or scene is None or not scene.is_whole:
            self.forget()
            return
        device = self._session.settings["device"]
        asked = (plugin.manifest.id, plugin.folder, scene.series.key, device, tuple(sorted(values.items())))
        if asked == self._asked:
            return
        self.forget()
        self._asked = asked
        self._job = plan_run(self._session, plugin, values, lambda found: self._tell(asked, found))

    def forget(self) -> None:
        """Tell nothing: another run is chosen."""
        if self._job is not None:
            self._job.cancel()
        self._asked, self._job = (), None
        self.hide()

    def _tell(self, asked: tuple[object, ...], found: Plan | BaseException) -> None:
        if not isValid(self) or asked != self._asked:  # its window has closed, or another run is chosen
            return
        if isinstance(found, Plan):
            self.setText(plan_text(found))
            is_measured = found.basis == "measured here"
            untried = tr("Time as its author tells it: it has not run on this computer yet")
            self.setToolTip(tr("Time as measured on this computer") if is_measured else untried)
        else:
            self.setText(say(found.message) if isinstance(found, MedViewError) else "")
        self.setVisible(bool(self.text()))


def plan_text(plan: Plan) -> str:
    """Return a plan as a person reads it: "About 40 s on this processor · 1.2 of 18.0 GB"."""
    needed, free = f"{plan.memory_mb / 1024:.1f}", f"{plan.free_mb / 1024:.1f}"
    if not plan.fits:
        return tr("It needs about {needed} GB of memory, and {free} GB are free.", needed=needed, free=free)
    is_short = plan.seconds < _SHORT_S
    time = f"{max(1, round(plan.seconds))} s" if is_short else f"{round(plan.seconds / 60)} min"
    place = _PLACES.get(plan.device, Sentence(plan.device))
    return tr("About {time} on {place} · {needed} of {free} GB", time=time, place=place, needed=needed, free=free)
