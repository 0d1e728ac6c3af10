"""The named diameters of one patient over the open studies, as a table in a window of its own."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from medview.gui.language import tr
from medview.gui.links import Links
from medview.gui.one_line import one_line
from medview.gui.table_window import TableWindow
from medview.imaging.follow_up import FollowUp, Lesion
from medview.session.follow_up import followed_studies, patient_follow_up
from medview.session.session import Session
from medview.study.date_text import date_text
from medview.study.study import Study

_REST_MS = 200


class FollowUpWindow(TableWindow):
    """A row a lesion and a column a study; follows the measurements while they are made and named."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(tr("Follow-up"), parent)
        self._session = session
        self._of_studies = Links()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._refresh)
        self.links.connect(session.scene_changed, self._refresh_soon)
        self.links.connect(session.studies_changed, self._refresh_soon)
        self._refresh()

    def let_go(self) -> None:
        """Follow neither the session nor the studies any more."""
        self._of_studies.end()
        super().let_go()

    def _refresh_soon(self) -> None:
        self._rest.start()

    def _refresh(self) -> None:
        studies = followed_studies(self._session)
        self._of_studies.end()
        for study in studies:
            self._of_studies.connect(study.measurements.changed, self._refresh_soon)
        found = patient_follow_up(self._session)
        if not found.lesions:
            self.fill((), ())
            self.about.setText(
                tr("Measure lengths or two diameters in the open studies of one patient, and give a lesion "
                   "the same name in each of them (F2).")
            )  # fmt: skip
            return
        self.about.setText(tr("Longest diameters by name. A lesion that was not measured at first is in no sum."))
        self.fill([tr("Lesion"), *map(_date, studies)], [*map(_row, found.lesions), *_sums(found)])


def _date(study: Study) -> str:
    return date_text(study.facts.study_date) or "–"


def _row(lesion: Lesion) -> list[str]:
    cells = zip(lesion.diameters, lesion.is_doubtful, strict=True)
    return [one_line(lesion.name), *(d.text if d is not None else tr("ambiguous") if two else "–" for d, two in cells)]


def _sums(found: FollowUp) -> list[list[str]]:
    return [
        [tr("Sum of diameters"), *(s.text if s is not None else "–" for s in found.sums)],
        [tr("Change from the first"), *map(_percent, found.changes)],
        [tr("Change from the least before"), *map(_percent, found.changes_from_least)],
    ]


def _percent(change: float | None) -> str:
    return "–" if change is None else f"{round(change, 1) + 0.0:+.1f} %"
