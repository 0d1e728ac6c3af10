"""Write everything that a plugin has given into a folder: for scripts and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medview.plugin.contract import Result
from medview.progress import Progress
from medview.session.apply_result import findings_of, segmentation_of
from medview.session.apply_transform import model_registration
from medview.session.export_findings import reportable, write_image, write_map
from medview.session.export_segmentation import write
from medview.study.finding import Curve, DerivedImage, Finding, HeatMap
from medview.study.series import Series
from medview.study.spatial_transform import SpatialTransform

_NO_SEG = "There is no DICOM Segmentation: the images are not DICOM."
_NO_REPORT = "There is no DICOM report: the images are not DICOM."
_NO_SERIES = "There is no derived DICOM series: one of multi-frame images cannot be written yet."


def write_result(
    result: Result,
    series: Series,
    folder: Path,
    progress: Progress,
    *,
    moving: Series | None = None,
    remarks: Sequence[str] = (),
) -> dict[str, Any]:
    """Write a result into a folder that is there, each file read back, and return what result.json says.

    Labels become segmentation.dcm and segmentation.nii.gz; boxes, scores and values findings.dcm (a structured report);
    derived images the folder derived and derived.nii.gz; heat maps, from 0 to 1, heat_map.dcm (a parametric map) and
    heat_map.nii.gz; curves curve.csv; a transform registration.dcm. What DICOM cannot hold because the images are of
    another format is left out, and a remark says so. A segmentation, a report, a registration and result.json take the
    place of those of a run before; the others get the next number.

    Parameters
    ----------
    moving
        The series that a transform leads to.
    remarks
        What a person should know of the run, to be told with what there is to say of the files.

    Raises
    ------
    MedViewError
        A file cannot be written, or what is read back differs.
    """
    from medview.files.result_json import place_data, write_result_file

    writing = _Writing(series, folder, progress, remarks=list(remarks))
    data: dict[str, Any] = {"name": result.name, "segments": [], "provenance": dict(result.provenance)}
    data |= place_data(result.geometry, result.source)
    if result.labels is not None:
        data |= writing.labels(result)
    rows = writing.findings(findings_of(result))
    data["registrations"] = writing.registrations(result, moving) if moving is not None else []
    writing.files.append(str(folder / "result.json"))
    data |= {"findings": rows, "remarks": writing.remarks, "files": writing.files}
    write_result_file(data, folder / "result.json")
    return data


@dataclass
class _Writing:
    """A folder as it fills: what was written, and what a person should know of it."""

    series: Series
    folder: Path
    progress: Progress
    files: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def labels(self, result: Result) -> dict[str, Any]:
        """Write the segmentation and return it in figures."""
        from medview.files.result_json import result_data

        segmentation = segmentation_of(result)
        if self._is_dicom:
            path = self._over("segmentation.dcm")
            said = write(segmentation, self.series, path, "dicom_seg", None, self.progress)
            self.remarks += map(str, said)
        else:
            self.remarks.append(_NO_SEG)
        path = self._over("segmentation.nii.gz")
        self.remarks += map(str, write(segmentation, self.series, path, "nifti", None, self.progress))
        return result_data(segmentation)

    def findings(self, findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
        """Write everything beside labels, and return a row for each, with the files that hold it."""
        from medview.files.result_json import findings_data

        told = reportable(findings)
        report = self._report(told) if told else []
        files = [report if finding in told else self._own_files(finding) for finding in findings]
        return [{**row, "files": held} for row, held in zip(findings_data(findings), files, strict=True)]

    def _report(self, told: tuple[Finding, ...]) -> list[str]:
        if not self._is_dicom:
            self.remarks.append(_NO_REPORT)
            return []
        from medview.files.objects.finding_report import write_report

        path = self._over("findings.dcm")
        said = write_report(told, self.series, told[0].geometry, path, progress=self.progress)
        self.remarks += map(str, said)
        return [str(path)]

    def _own_files(self, finding: Finding) -> list[str]:
        """Write what has files of its own, and return them."""
        payload = finding.payload
        if isinstance(payload, DerivedImage):
            return self._images(finding, payload)
        if isinstance(payload, HeatMap):
            return self._maps(finding, payload)
        if isinstance(payload, Curve):
            from medview.files.curve_table import write_curve

            path = self._place("curve.csv")
            write_curve(payload, path)
            return [str(path)]
        return []  # a box below its run's threshold stands in result.json alone

    def _images(self, finding: Finding, image: DerivedImage) -> list[str]:
        is_multi_frame = len({one.path for one in self.series.instances}) < len(self.series.instances)
        if self._is_dicom and is_multi_frame:
            self.remarks.append(_NO_SERIES)
        names = ["derived.nii.gz", *(["derived"] if self._is_dicom and not is_multi_frame else [])]
        paths = [self._place(name) for name in names]
        for path in paths:
            self.remarks += map(str, write_image(image, finding, self.series, finding.geometry, path, self.progress))
        return [str(path) for path in paths]

    def _maps(self, finding: Finding, heat: HeatMap) -> list[str]:
        paths = [self._place(name) for name in ("heat_map.nii.gz", *(["heat_map.dcm"] if self._is_dicom else []))]
        for path in paths:
            self.remarks += map(str, write_map(heat, finding, self.series, finding.geometry, path, self.progress))
        return [str(path) for path in paths]

    def registrations(self, result: Result, moving: Series) -> list[dict[str, Any]]:
        """Write where a series was laid on the images, and return a row for each transform."""
        transforms = (answer for answer in result.answers if isinstance(answer, SpatialTransform))
        return [self._registration(result, transform, moving) for transform in transforms]

    def _registration(self, result: Result, transform: SpatialTransform, moving: Series) -> dict[str, Any]:
        from medview.files.objects.registration_object import why_no_file, write_registration

        refusal, files = why_no_file(self.series, moving), []
        if refusal is None:
            path, made = self._over("registration.dcm"), model_registration(result, transform, self.series, moving)
            said = write_registration(made, transform, self.series, moving, path, progress=self.progress)
            self.remarks += map(str, said)
            files.append(str(path))
        else:  # the matrix stands in result.json all the same
            self.remarks.append(str(refusal.message))
        return {
            "type": "transform",
            "moving_series_instance_uid": moving.series_instance_uid,
            "moving_series_description": moving.series_description,
            "matrix_lps": transform.matrix.tolist(),
            "axes": "matrix_lps takes (x, y, z, 1) of the images to the moving series, LPS mm",
            "is_bent": not transform.is_affine,
            "files": files,
        }

    @property
    def _is_dicom(self) -> bool:
        return self.series.file_format == "DICOM"

    def _over(self, name: str) -> Path:
        """Return where a file is to lie that a run has once, and note it."""
        self.files.append(str(self.folder / name))
        return self.folder / name

    def _place(self, name: str) -> Path:
        """Return where a file is to lie, and note it; the next number where the name is taken."""
        number, stem, ending = 1, *_parted(name)
        path = self.folder / name
        while path.exists():
            number += 1
            path = path.with_name(f"{stem}-{number}{ending}")
        self.files.append(str(path))
        return path


def _parted(name: str) -> tuple[str, str]:
    """Return a name's stem and its ending, which may be double."""
    stem, dot, ending = name.partition(".")
    return stem, f"{dot}{ending}"
