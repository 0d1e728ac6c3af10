"""What is dragged within the program: a series of the study list, or the content of a pane. Never a patient's data."""

from __future__ import annotations

import json
import os

from PySide6.QtCore import QByteArray, QMimeData

from medview.session.session import Session
from medview.study.series import Series
from medview.study.study import Study

SERIES_MIME = "application/x-medview-series"
PANE_MIME = "application/x-medview-pane"


def series_data(study: Study, series: Series) -> QMimeData:
    """Return what stands for a series while it is dragged: numbers that mean something in this process alone."""
    return _data(SERIES_MIME, {"study": id(study), "series": id(series)})


def pane_data(pane: str) -> QMimeData:
    """Return what stands for a pane while its content is dragged."""
    return _data(PANE_MIME, {"pane": pane})


def dragged_series(session: Session, data: QMimeData) -> tuple[Study, Series] | None:
    """Return the series that is dragged; None for anything else, and where its study has been closed."""
    told = _told(data, SERIES_MIME)
    for study in session.studies:
        for series in study.series:
            if told == {"process": os.getpid(), "study": id(study), "series": id(series)}:
                return study, series
    return None


def dragged_pane(session: Session, data: QMimeData) -> str | None:
    """Return the pane whose content is dragged; None for anything else."""
    told = _told(data, PANE_MIME)
    pane = told.get("pane")
    return pane if isinstance(pane, str) and pane in session.viewports and told["process"] == os.getpid() else None


def _data(kind: str, told: dict[str, object]) -> QMimeData:
    data = QMimeData()
    data.setData(kind, QByteArray(json.dumps({"process": os.getpid(), **told}).encode()))
    return data


def _told(data: QMimeData, kind: str) -> dict[str, object]:
    """Return what a drag carries; nothing where another program has made it."""
    if not data.hasFormat(kind):
        return {}
    try:
        told = json.loads(bytes(data.data(kind).data()))
    except ValueError:
        return {}
    return told if isinstance(told, dict) and "process" in told else {}
