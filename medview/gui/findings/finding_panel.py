"""The panel of what models have said beside masks, at the right of the window."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from medview.errors import MedViewError
from medview.gui.dim_label import dim_label
from medview.gui.findings.finding_details import FindingDetails
from medview.gui.findings.finding_list_view import FindingListView
from medview.gui.findings.finding_menu import finding_menu
from medview.gui.findings.threshold_bar import ThresholdBar
from medview.gui.icon import icon
from medview.gui.language import tr
from medview.gui.panel_heading import panel_heading
from medview.gui.session_watch import SessionWatch
from medview.session.export_findings import export_finding, export_report, reportable
from medview.session.finding_view import finding_view
from medview.session.session import Session
from medview.study.finding import Finding, ScoredBox
from medview.study.study import Study


class FindingPanel(QWidget):
    """The list, the threshold of a run's boxes, what can be done with the selected finding, and what it says.

    `wanted` tells that it should be seen: a run has brought findings, or one was chosen in a pane.
    """

    wanted = Signal()

    def __init__(self, session: Session, watch: SessionWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._runs = self._known_runs()
        self._noted: tuple[str, str] = ("", "")  # study and finding
        self.list = FindingListView(session, watch, self)
        self.threshold = ThresholdBar(self)
        self.details = FindingDetails(session, self)
        self.empty = dim_label(
            tr("No findings yet. What models find, classify or derive is listed here, to be accepted or rejected."),
            self,
        )
        self._build()
        watch.changed.connect(self._follow)
        self.refresh()

    def refresh(self) -> None:
        """Show the findings of now."""
        study = self.list.study
        has_rows = study is not None and len(study.findings) > 0
        for part in (self.list, self._judging):
            part.setVisible(has_rows)
        self.empty.setVisible(not has_rows)
        self.save_button.setEnabled(study is not None and bool(reportable(tuple(study.findings))))
        finding = self.chosen()
        self._show_threshold(study, finding)
        selected = self.list.selected()
        self.accept_button.setEnabled(any(one.status != "accepted" for one in selected))
        self.reject_button.setEnabled(any(one.status != "rejected" for one in selected))
        self._room.setVisible(self.details.show_finding(study, finding))

    def chosen(self) -> Finding | None:
        """Return the finding whose details are shown."""
        study = self.list.study
        return None if study is None else study.findings.find(finding_view(study).selected_uid)

    def save_report(self) -> None:
        """Ask for a file name, and save the findings on the images of the one that is chosen, or in view."""
        study, finding, scene = self.list.study, self.chosen(), self._session.scene
        if study is None or scene is None:
            return
        key = finding.source.series_key if finding is not None else scene.series.key
        path = self._ask(tr("Save as"), "findings.dcm", ".dcm")
        if path is not None:
            self._guarded(lambda: export_report(self._session, study, key, path))

    def show_menu(self, at: QPoint) -> None:
        """Show what can be done with what is selected."""
        finding_menu(self.list).popup(at)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        layout.addLayout(self._heading())
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 2)
        layout.addWidget(self.threshold)
        self._judging = self._judging_row()
        layout.addWidget(self._judging)
        self._room = QScrollArea(self)
        self._room.setObjectName("side")
        self._room.setFrameShape(QFrame.Shape.NoFrame)
        self._room.setWidgetResizable(True)
        self._room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._room.setWidget(self.details)
        layout.addWidget(self._room, 3)
        layout.addStretch(0)
        self.list.menu_wanted.connect(self.show_menu)
        self.details.derived.save_dicom.clicked.connect(lambda: self._save(""))
        self.details.derived.save_nifti.clicked.connect(lambda: self._save(".nii.gz"))
        self.details.map.save_dicom.clicked.connect(lambda: self._save(".dcm", "_map"))
        self.details.map.save_nifti.clicked.connect(lambda: self._save(".nii.gz", "_map"))
        self.details.save_curve.clicked.connect(lambda: self._save(".csv"))

    def _heading(self) -> QHBoxLayout:
        self.save_button = QToolButton(self)
        self.save_button.setIcon(icon("export"))
        self.save_button.setObjectName("save_report")
        self.save_button.setToolTip(tr("Save report (DICOM SR)…"))
        self.save_button.setAccessibleName(tr("Save report (DICOM SR)…"))
        self.save_button.clicked.connect(self.save_report)
        return panel_heading(tr("Findings"), (self.save_button,), self)

    def _judging_row(self) -> QWidget:
        holder = QWidget(self)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        self.accept_button = QPushButton(icon("check"), tr("Accept"), holder)
        self.reject_button = QPushButton(icon("close"), tr("Reject"), holder)
        self.accept_button.setToolTip(tr("Accept what is selected (A while the list has the keyboard)"))
        self.reject_button.setToolTip(tr("Reject what is selected (X while the list has the keyboard)"))
        self.accept_button.clicked.connect(lambda: self.list.judge("accepted"))
        self.reject_button.clicked.connect(lambda: self.list.judge("rejected"))
        row.addWidget(self.accept_button)
        row.addWidget(self.reject_button)
        return holder

    def _show_threshold(self, study: Study | None, finding: Finding | None) -> None:
        """Show the threshold of the chosen run's boxes; where none is chosen, of the newest run that has some."""
        run = self.list.chosen_run()
        wanted = finding.run_uid if finding is not None else run.uid if run is not None else None
        box = _newest_box(study, wanted) if study is not None else None
        if study is not None and box is not None:
            self.threshold.show_run(study, box)
            self.threshold.show()
        else:
            self.threshold.forget()

    def _save(self, suffix: str, what: str = "") -> None:
        """Ask where the chosen finding is to be saved, and do it; without a suffix as a folder."""
        study, finding = self.list.study, self.chosen()
        if study is None or finding is None:
            return
        title = tr("Save as") if suffix else tr("Save as a new folder")
        path = self._ask(title, _file_name(finding) + what + suffix, suffix)
        if path is not None:
            self._guarded(lambda: export_finding(self._session, study, finding, path))

    def _ask(self, title: str, suggested: str, suffix: str) -> Path | None:
        folder = Path(self._session.settings["last_folder"] or Path.home())
        name, _ = QFileDialog.getSaveFileName(self, title, str(folder / suggested), f"*{suffix}" if suffix else "")
        return Path(name if name.lower().endswith(suffix) else name + suffix) if name else None

    def _guarded(self, export: Callable[[], object]) -> None:
        """Begin an export, or tell why it cannot be."""
        try:
            export()
        except MedViewError as error:
            self._session.notices.add_error(error)

    def _note_chosen(self) -> None:
        """Ask to be seen where another finding was chosen than before: in the list that is done before one's eyes."""
        study, finding = self.list.study, self.chosen()
        before = self._noted
        self._noted = (
            study.facts.study_instance_uid if study is not None else "",
            finding.uid if finding is not None else "",
        )
        if finding is not None and self._noted[0] == before[0] and self._noted != before:
            self.wanted.emit()

    def _known_runs(self) -> frozenset[str]:
        return frozenset(finding.run_uid for study in self._session.studies for finding in study.findings)

    def _follow(self, topics: frozenset[str]) -> None:
        if topics & {"scene", "studies", "findings", "display"}:
            self.refresh()
            self._note_chosen()
        if "cursor" in topics:
            self.details.show_place()
        if "findings" in topics:
            runs = self._known_runs()
            new, self._runs = runs - self._runs, self._runs | runs
            if new:
                self._choose_of(new)
                self.wanted.emit()

    def _choose_of(self, runs: frozenset[str]) -> None:
        """Choose what a run has brought, so that its details are seen at once; of boxes the list says all there is."""
        study = self.list.study
        brought = () if study is None else (found for found in study.findings if found.run_uid in runs)
        first = next((found for found in brought if not isinstance(found.payload, ScoredBox)), None)
        if study is not None and first is not None:
            finding_view(study).select(first.uid)
            self.list.refresh()  # before it comes to the front: without a current row Qt would choose the first


def _file_name(finding: Finding) -> str:
    """Return a name after what made it, never after the patient."""
    return re.sub(r"[^\w-]+", "_", finding.title).strip("_").lower() or "result"


def _newest_box(study: Study, run_uid: str | None) -> Finding | None:
    """Return a box of a run, of the newest run with boxes where none is named; None where it has found none."""
    boxes = [found for found in study.findings if isinstance(found.payload, ScoredBox)]
    return next((found for found in reversed(boxes) if run_uid in (None, found.run_uid)), None)
