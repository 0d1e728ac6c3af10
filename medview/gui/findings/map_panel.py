"""A heat map: drawn over the images or not, how strongly, and what it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from medview.gui.language import say, tr
from medview.session.finding_view import finding_view
from medview.study.finding import Finding, HeatMap
from medview.study.study import Study
from medview.view.finding_text import MAP_MEANINGS


class MapPanel(QWidget):
    """Switches a heat map on and off, in view only; and the buttons that save it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._study: Study | None = None
        self._uid = ""
        self.shown = QCheckBox(tr("Draw over the images"), self)
        self.shown.setObjectName("heat_map_visible")
        self.shown.toggled.connect(self._change)
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(5, 100)
        self.opacity.setAccessibleName(tr("Opacity"))
        self.opacity.valueChanged.connect(self._change)
        self.meaning = QLabel(self)
        self.meaning.setWordWrap(True)
        self.save_dicom = QPushButton(tr("Save as DICOM parametric map…"), self)
        self.save_nifti = QPushButton(tr("Save as NIfTI…"), self)
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("Opacity"), self))
        row.addWidget(self.opacity, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.shown)
        layout.addLayout(row)
        for part in (self.meaning, self.save_dicom, self.save_nifti):
            layout.addWidget(part)

    def show_map(self, study: Study, finding: Finding) -> None:
        """Show how a heat map is drawn now."""
        assert isinstance(finding.payload, HeatMap)
        self._study, self._uid = study, finding.uid
        view = finding_view(study)
        for part in (self.shown, self.opacity):
            part.blockSignals(True)
        self.shown.setChecked(view.map_uid == finding.uid)
        self.opacity.setValue(round(100 * view.map_opacity))
        for part in (self.shown, self.opacity):
            part.blockSignals(False)
        is_rejected = finding.status == "rejected"
        self.shown.setEnabled(not is_rejected)
        self.opacity.setEnabled(self.shown.isChecked() and not is_rejected)
        for button in (self.save_dicom, self.save_nifti):
            button.setEnabled(not is_rejected)
            button.setToolTip(tr("What was rejected is not saved.") if is_rejected else "")
        said, concept = say(MAP_MEANINGS[finding.payload.kind]), finding.payload.concept
        named = tr("Class: {name}", name=tr(concept.label)) + "\n" if concept is not None else ""
        self.meaning.setText(named + said)

    def forget(self) -> None:
        """Hold nothing of a study that may be closed."""
        self._study, self._uid = None, ""
        self.hide()

    def _change(self) -> None:
        if self._study is not None:
            uid = self._uid if self.shown.isChecked() else ""
            finding_view(self._study).show_map(uid, self.opacity.value() / 100.0)
