"""Derived images: laid over the original, or saved."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QVBoxLayout, QWidget

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.session.session import Session
from medview.session.show_derived import is_shown_derived, show_derived, take_off_derived
from medview.study.finding import DerivedImage, Finding, ImageKind
from medview.study.study import Study

_KINDS: dict[ImageKind, Sentence] = {
    "denoised": Sentence("Denoised by a model: small structures may be missing or invented."),
    "super_resolved": Sentence("Sharpened by a model: detail that was not measured is a guess."),
    "translated": Sentence("Translated by a model into another kind of image: nothing in it was measured."),
    "synthesized": Sentence("Invented by a model: nothing in it was measured."),
}


class DerivedPanel(QWidget):
    """The button that lays derived images over their original; split, flicker and the rest are those of a fusion."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._study: Study | None = None
        self._finding: Finding | None = None
        self.meaning = QLabel(self)
        self.meaning.setWordWrap(True)
        self.meaning.setObjectName("research_only")
        self.shown = QCheckBox(tr("Compare with the original"), self)
        self.shown.setObjectName("show_derived")
        self.shown.setToolTip(tr("Split, flicker, difference and checkerboard are chosen below the images"))
        self.shown.clicked.connect(self._toggle)
        self.save_dicom = QPushButton(tr("Save as DICOM series…"), self)
        self.save_nifti = QPushButton(tr("Save as NIfTI…"), self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for part in (self.meaning, self.shown, self.save_dicom, self.save_nifti):
            layout.addWidget(part)

    def show_image(self, study: Study, finding: Finding) -> None:
        """Show whether derived images are seen now."""
        assert isinstance(finding.payload, DerivedImage)
        self._study, self._finding = study, finding
        self.meaning.setText(say(_KINDS[finding.payload.kind]))
        is_rejected = finding.status == "rejected"
        self.shown.setChecked(is_shown_derived(self._session, finding))
        self.shown.setEnabled(not is_rejected)
        for button in (self.save_dicom, self.save_nifti):
            button.setEnabled(not is_rejected)
            button.setToolTip(tr("What was rejected is not saved.") if is_rejected else "")

    def forget(self) -> None:
        """Hold nothing of a study that may be closed."""
        self._study = self._finding = None
        self.hide()

    def _toggle(self) -> None:
        if self._study is None or self._finding is None:
            return
        if self.shown.isChecked():
            show_derived(self._session, self._study, self._finding)
        else:
            take_off_derived(self._session, self._finding)
