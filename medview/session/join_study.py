"""Let a study that was found join the session."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from medview.session.session import Session
from medview.study.joined_series import joined_series
from medview.study.series import Series
from medview.study.study import Study

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy


def join_study(session: Session, found: FoundStudy) -> Study:
    """Add a study, or add its new series to the same study where that is open."""
    uid = found.facts.study_instance_uid
    for study in session.studies:
        if uid and study.facts == found.facts:
            known = {one.path for one in study.objects}
            objects = (*study.objects, *(one for one in found.objects if one.path not in known))
            series = joined_series(study.series, found.series, partial(_is_used, session, study))
            study.replace_series(series, objects)
            return study
    study = Study(found.facts, found.series, found.objects)
    session.add_study(study)
    return study


def _is_used(session: Session, study: Study, series: Series) -> bool:
    """Whether a series is on the screen, is being read to be, waits to come back, or bears a mask or findings."""
    scenes = (*session.scenes.values(), *session.away.values())
    shown = any(scene.study is study and scene.series.key == series.key for scene in scenes)
    drawn = any(mask.source.series_key == series.key for mask in study.segmentations)
    drawn = drawn or bool(study.findings.on(series.key))
    if series.geometry is not None and not series.geometry.is_placed:  # else millimetres hold in a longer stack, too
        drawn = drawn or any(m.series_key == series.key for m in study.measurements)
    return shown or drawn or series in session.wanted.values()
