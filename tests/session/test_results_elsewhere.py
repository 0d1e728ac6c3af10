"""What a model says stays with the voxels it was said of, whatever becomes of the study meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.files.scanning.dicom_scan import scan
from medview.plugin.contract import Result
from medview.session.apply_result import apply_result
from medview.session.export_findings import export_finding, export_report, reportable
from medview.session.join_study import join_study
from medview.session.judge_findings import judge_findings
from medview.session.judged_findings import has_unsaved_judgements
from medview.session.session import Session
from medview.study.finding import Boxes, Concept, DerivedImage, ScoredBox
from medview.study.segmentation import Source
from medview.study.series import Series
from tests.files.make_dicom import image, write, write_stack

NODULE = Concept("nodule", "Nodule")
MADE = MappingProxyType({"plugin": "p", "plugin_version": "1.0.0"})


def boxes_on(series: Series, *scores: float, threshold: float = 0.5) -> Result:
    assert series.geometry is not None
    found = tuple(ScoredBox(NODULE, score, (1.5, 0.5, 0.5), (2.5, 3.5, 4.5)) for score in scores)
    return Result("P", (Boxes(found, threshold),), series.geometry, Source.of(series), series, MADE)


def joined(session: Session, folder: Path) -> Series:
    (found,) = scan(folder).studies
    study = join_study(session, found)
    return study.series[0]


def test_findings_are_not_written_onto_images_that_came_later(session: Session, tmp_path: Path) -> None:
    """Two more slices in front: slice 2 of before is another picture now."""
    folder = write_stack(tmp_path / "in", 6)
    series = joined(session, folder)
    (study,) = session.studies
    apply_result(session, study, boxes_on(series, 0.9))
    for index in (-1, -2):
        write(image(index, SOPInstanceUID=f"2.25.77{-index}"), folder / f"more{-index}")
    joined(session, folder)
    now = study.find(series.key)
    assert now is not None
    assert now.sop_hash == series.sop_hash
    job = export_report(session, study, now.key, tmp_path / "sr.dcm")
    session.jobs.wait(job)
    assert job.state == "done"


def test_findings_on_a_series_that_was_exchanged_are_refused(session: Session, tmp_path: Path) -> None:
    series = joined(session, write_stack(tmp_path / "in", 6))
    (study,) = session.studies
    assert series.geometry is not None
    array = np.zeros(series.geometry.shape, np.int16)
    made = replace(
        boxes_on(series, 0.9), answers=(*boxes_on(series, 0.9).answers, DerivedImage("d", array, "denoised", "HU"))
    )
    apply_result(session, study, made)
    other = replace(series, instances=series.instances[::-1])
    study.replace_series((other,))
    with pytest.raises(MedViewError, match="changed"):
        export_report(session, study, series.key, tmp_path / "sr.dcm")
    (derived,) = [f for f in study.findings if isinstance(f.payload, DerivedImage)]
    with pytest.raises(MedViewError, match="changed"):
        export_finding(session, study, derived, tmp_path / "out")


def test_what_was_never_shown_is_not_reported(session: Session, tmp_path: Path) -> None:
    """Boxes below the threshold of their run are kept for the slider; nobody has seen them."""
    series = joined(session, write_stack(tmp_path / "in", 6))
    (study,) = session.studies
    apply_result(session, study, boxes_on(series, 0.9, 0.6, 0.4, 0.3))
    assert [f.payload.score for f in reportable(tuple(study.findings)) if isinstance(f.payload, ScoredBox)] == [
        0.9,
        0.6,
    ]


def test_a_review_is_unsaved_until_a_report_holds_it(session: Session, tmp_path: Path) -> None:
    series = joined(session, write_stack(tmp_path / "in", 6))
    (study,) = session.studies
    apply_result(session, study, boxes_on(series, 0.9, 0.8, 0.7))
    first, second, third = (f.uid for f in study.findings)
    judge_findings(study, [third], "rejected")
    assert not has_unsaved_judgements(study)  # nothing that a report could hold
    judge_findings(study, [first], "accepted")
    assert has_unsaved_judgements(study)
    session.jobs.wait(export_report(session, study, series.key, tmp_path / "sr.dcm"))
    assert not has_unsaved_judgements(study)
    judge_findings(study, [second], "accepted")
    assert has_unsaved_judgements(study)
    study.history.undo()
    assert not has_unsaved_judgements(study)
