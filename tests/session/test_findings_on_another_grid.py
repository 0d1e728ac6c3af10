"""Findings of images whose grid has changed since, such as pictures that have been given millimetres."""

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
from medview.session.export_findings import export_finding, export_report
from medview.session.join_study import join_study
from medview.session.judge_findings import remove_findings
from medview.session.jump_to_finding import jump_to_finding
from medview.session.session import Session
from medview.session.show_derived import show_derived
from medview.session.show_series import show_series
from medview.study.finding import Boxes, Concept, DerivedImage, Finding, ScoredBox
from medview.study.geometry import Geometry
from medview.study.segmentation import Source
from medview.study.series import Series
from medview.study.study import Study
from tests.files.make_dicom import write_stack

MADE = MappingProxyType({"plugin": "p", "plugin_version": "1.0.0"})
NODULE = Concept("nodule", "Nodule")


def coarse(geometry: Geometry) -> Geometry:
    """Return the grid of the same voxels with rows twice as far apart."""
    return replace(geometry, affine=geometry.affine @ np.diag([1.0, 2.0, 1.0, 1.0]))


def found_on(series: Series, geometry: Geometry) -> Result:
    box = ScoredBox(NODULE, 0.9, (1.5, 0.5, 0.5), (2.5, 3.5, 4.5))
    image = DerivedImage("d", np.zeros(geometry.shape, np.int16), "denoised", "HU")
    return Result("P", (Boxes((box,)), image), geometry, Source.of(series), series, MADE)


@pytest.fixture
def exchanged(session: Session, tmp_path: Path) -> tuple[Study, Series]:
    """Return a study whose series lies on another grid than its findings do."""
    (found,) = scan(write_stack(tmp_path / "in", 6)).studies
    study = join_study(session, found)
    series = study.series[0]
    assert series.geometry is not None
    apply_result(session, study, found_on(series, series.geometry))
    now = replace(series, geometry=coarse(series.geometry))
    study.replace_series((now,))
    session.jobs.wait(show_series(session, study, now))
    return study, now


def of_kind(study: Study, kind: type) -> Finding:
    (found,) = [finding for finding in study.findings if isinstance(finding.payload, kind)]
    return found


def test_nothing_is_exported_with_a_grid_that_it_was_not_found_on(
    session: Session, exchanged: tuple[Study, Series], tmp_path: Path
) -> None:
    study, series = exchanged
    with pytest.raises(MedViewError, match="have changed since, and nothing was written") as told:
        export_report(session, study, series.key, tmp_path / "sr.dcm")
    assert "Delete them from the list" in str(told.value.remedy)
    with pytest.raises(MedViewError, match="have changed since, and nothing was written"):
        export_finding(session, study, of_kind(study, DerivedImage), tmp_path / "out")
    # what the remedy says helps
    remove_findings(study, [finding.uid for finding in study.findings])
    assert series.geometry is not None
    apply_result(session, study, found_on(series, series.geometry))
    job = export_report(session, study, series.key, tmp_path / "sr.dcm")
    session.jobs.wait(job)
    assert job.state == "done"


def test_nobody_is_led_to_a_place_where_the_finding_is_not(session: Session, exchanged: tuple[Study, Series]) -> None:
    study, _ = exchanged
    scene = session.scene
    assert scene is not None
    before = scene.cursor_mm.copy()
    assert not jump_to_finding(session, study, of_kind(study, ScoredBox))
    np.testing.assert_array_equal(scene.cursor_mm, before)
    assert any("changed since" in str(notice.message) for notice in session.notices.notices)


def test_derived_images_are_not_laid_over_another_grid(session: Session, exchanged: tuple[Study, Series]) -> None:
    study, _ = exchanged
    scene = session.scene
    assert scene is not None
    assert not show_derived(session, study, of_kind(study, DerivedImage))
    assert scene.fusion is None
