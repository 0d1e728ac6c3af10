"""Save what a model has said: written, read back, compared, and only then called saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.imaging.stamp import SYNTHETIC, stamped, written_mask
from medview.jobs.job import Job, Work
from medview.progress import Progress
from medview.session.finding_view import finding_view
from medview.session.judged_findings import note_reported
from medview.session.session import Session
from medview.study.finding import ClassScores, Curve, DerivedImage, Finding, HeatMap, MeasuredValue, ScoredBox
from medview.study.geometry import Geometry
from medview.study.series import Series
from medview.study.spare_original import spare_original
from medview.study.study import Study
from medview.study.volume import Volume


def is_proposed(finding: Finding) -> bool:
    """Whether a finding stands without a person's word: a box below its run's threshold does not."""
    is_weak = isinstance(finding.payload, ScoredBox) and finding.payload.score < finding.threshold
    return finding.status != "proposed" or not is_weak


def reportable(findings: Sequence[Finding], shows: Callable[[Finding], bool] = is_proposed) -> tuple[Finding, ...]:
    """Return what a structured report can hold, was shown, and no person has rejected."""
    kinds = (ScoredBox, ClassScores, MeasuredValue)
    return tuple(f for f in findings if isinstance(f.payload, kinds) and f.status != "rejected" and shows(f))


def export_report(session: Session, study: Study, series_key: str, path: Path) -> Job:
    """Submit the writing of the findings on a series, as far as they are shown, as a structured report.

    Raises
    ------
    MedViewError
        The series is not open, or is another one now.
    """
    findings = reportable(study.findings.on(series_key), finding_view(study).shows)
    series, geometry = _source(study, series_key, findings)
    images = [one for other in session.studies for one in other.series]

    def work(progress: Progress) -> tuple[Sentence, ...]:
        from medview.files.objects.finding_report import write_report

        spare_original(path, images)
        return write_report(findings, series, geometry, path, progress=progress)

    return _submit(session, path, work, lambda: note_reported(study, findings))


def export_finding(session: Session, study: Study, finding: Finding, path: Path) -> Job:
    """Submit the writing of what one finding holds.

    Derived images become a new folder of DICOM files, a heat map a DICOM Parametric Map, either of them one NIfTI file
    where the name ends so; a curve becomes a table, CSV.

    Raises
    ------
    MedViewError
        A person has rejected it, or its images are not open or have changed.
    """
    _refuse_rejected(finding)
    write = _writing(study, finding, path)
    images = [one for other in session.studies for one in other.series]

    def work(progress: Progress) -> tuple[Sentence, ...]:
        spare_original(path, images)
        return write(progress)

    return _submit(session, path, work)


def _writing(study: Study, finding: Finding, path: Path) -> Callable[[Progress], tuple[Sentence, ...]]:
    """Return what writes a finding, by its kind; ValueError for what goes into a report instead."""
    payload = finding.payload
    if isinstance(payload, Curve):
        return partial(_write_table, payload, path)
    series, geometry = _source(study, finding.source.series_key, (finding,))
    if isinstance(payload, DerivedImage):
        return partial(write_image, payload, finding, series, geometry, path)
    if isinstance(payload, HeatMap):
        return partial(write_map, payload, finding, series, geometry, path)
    raise ValueError("the finding has no file of its own")


def _write_table(curve: Curve, path: Path, progress: Progress) -> tuple[Sentence, ...]:
    from medview.files.curve_table import write_curve

    write_curve(curve, path)
    return ()


def write_map(
    heat: HeatMap, finding: Finding, series: Series, geometry: Geometry, path: Path, progress: Progress
) -> tuple[Sentence, ...]:
    """Write a heat map, 0 to 1, as a DICOM Parametric Map or as NIfTI; return what a person should know of it."""
    if path.name.lower().endswith((".nii", ".nii.gz")):
        from medview.files.formats.nifti import write_volume

        write_volume(Volume(heat.array / np.float32(255.0), geometry, series), path)
        return ()
    from medview.files.objects.heat_map_object import write_heat_map

    return write_heat_map(heat, series, geometry, path, _facts(finding), finding.title, progress=progress)


def write_image(
    image: DerivedImage, finding: Finding, series: Series, geometry: Geometry, path: Path, progress: Progress
) -> tuple[Sentence, ...]:
    """Write derived images as DICOM into a new folder, or as NIfTI; return what a person should know of them."""
    if path.name.lower().endswith((".nii", ".nii.gz")):
        from medview.files.formats.nifti import write_volume

        write_volume(Volume(_marked(image), geometry, series, image.unit), path)
        return ()
    from medview.files.objects.derived_series import write_derived

    facts = _facts(finding), finding.title
    _, said = write_derived(image, series, geometry, path, *facts, status=finding.status, progress=progress)
    return said


def _facts(finding: Finding) -> dict[str, Any]:
    """Return how a finding came about, and who has judged it."""
    judged = {"edited_by": finding.edited_by, "edited_at": finding.edited_at} if finding.edited_by else {}
    return {**finding.provenance, **judged}


def _refuse_rejected(finding: Finding) -> None:
    """Raise MedViewError where a person has rejected what would be saved."""
    if finding.status == "rejected":
        raise MedViewError("What was rejected is not saved.", "Take back the judgement first.")


def _marked(image: DerivedImage) -> NDArray[Any]:
    """Return the images, SYNTHETIC written into each where they show what was never measured."""
    if not image.is_synthetic:
        return image.array
    mask = written_mask(image.array.shape[1:], SYNTHETIC)
    return np.stack([stamped(plane, mask) for plane in image.array])


def _source(study: Study, series_key: str, findings: Sequence[Finding]) -> tuple[Series, Geometry]:
    """Return the very images that findings were made on: an index of a slice means nothing on others."""
    series = study.find(series_key)
    if series is None or series.geometry is None:
        raise MedViewError("The images of these findings are no longer open.", "Open their folder again.")
    if not all(study.bears(f.source, f.geometry) for f in findings):
        raise MedViewError(
            "The images of these findings have changed since, and nothing was written.",
            "Delete them from the list, and run the model on the images again.",
        )
    return series, series.geometry


def _submit(session: Session, path: Path, work: Work, note: Callable[[], None] = lambda: None) -> Job:
    def done(said: tuple[Sentence, ...]) -> None:
        note()
        session.notices.add("info", "Saved and read back without a difference: {path}", path=str(path))
        for remark in said:
            session.notices.add("warning", remark)

    title = Sentence("Exporting {name}", {"name": path.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)
