"""A registration written as a DICOM object, so that other workstations lay the images on each other in the same way.

Spatial Registration (PS3.3 A.39.1, C.20.2) where the images keep their shape, Deformable Spatial Registration (A.39.2,
C.20.3) where they are bent. Both name every image of both series, so that it also holds within one frame of reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from medview.errors import MedViewError, Sentence
from medview.files.atomic import written_whole
from medview.files.headers.dicom_header import MAKER, is_own
from medview.files.made_uid import new_uid
from medview.files.objects.coded import long_string
from medview.files.objects.dicom_sources import source_headers
from medview.files.objects.registration_transforms import read_transforms
from medview.files.objects.told_provenance import contribution
from medview.imaging.orthogonal_field import field_grid, with_orthogonal_field
from medview.progress import Progress, part, unheard
from medview.study.geometry import FloatArray, Geometry
from medview.study.registration import Registration
from medview.study.series import Series
from medview.study.spatial_transform import SpatialTransform
from medview.study.study_object import StudyObject

_RIGID = "1.2.840.10008.5.1.4.1.1.66.1"
_DEFORMABLE = "1.2.840.10008.5.1.4.1.1.66.3"
_PATIENT_AND_STUDY = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientIdentityRemoved",
    "DeidentificationMethod", "StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID",
    "AccessionNumber", "StudyDescription", "PatientAge", "PatientSize", "PatientWeight",
)  # fmt: skip
# CID 7100, RCS Registration Method Type
_BY_CONTENT = ("125024", "DCM", "Image Content-based Alignment")
_BY_EYE = ("125025", "DCM", "Visual Alignment")
_SAME = ("125021", "DCM", "Frame of Reference Identity")
_APART_MM = 1e-3  # how far a point may be from where it was meant to be, when read back
_SAMPLED_MM = 1.0  # and where displacements had to be sampled anew


def write_registration(
    registration: Registration,
    transform: SpatialTransform,
    fixed: Series,
    moving: Series,
    path: Path,
    *,
    progress: Progress = unheard,
) -> tuple[Sentence, ...]:
    """Write where the moving images lie among the fixed ones, read it back and compare points.

    Parameters
    ----------
    registration
        How it was found.
    transform
        From points of the fixed images to points of the moving ones.

    Returns
    -------
    tuple of Sentence
        What had to be made up because the images lack it.

    Raises
    ------
    MedViewError
        The images are no DICOM, name no frame of reference, or have changed; the file cannot be written or differs when
        read back.
    """
    refusal = why_no_file(fixed, moving)
    if refusal is not None:
        raise refusal
    grids = [_grid_of(series) for series in (fixed, moving)]
    headers, said = source_headers(fixed, grids[0])
    progress(0.3, "Writing")
    others, _ = source_headers(moving, grids[1])
    way = with_orthogonal_field(transform, grids[0], part(progress, 0.4, 0.7))
    _check_sampled(transform, way, grids[0])
    dataset = _object(registration, way, _Side(headers, grids[0]), _Side(others, grids[1]))
    dataset.SeriesNumber = min(max(fixed.series_number or 0, 0) * 100 + 4, 2**31 - 1)
    with written_whole(path, may_replace=lambda there: is_own(there, "registration")) as beside:
        dataset.save_as(beside, enforce_file_format=True)
        progress(0.8, "Reading back")
        points = _points(grids[0])
        _compare(beside, points, way.to_other(points), (fixed, moving), path.name)
    return said


class _Side:
    """The images of one side: their headers, and where they lie."""

    def __init__(self, headers: Sequence[Dataset], grid: Geometry) -> None:
        self.headers, self.frame_uid = headers, grid.frame_of_reference_uid

    @property
    def images(self) -> DicomSequence:
        """Return the items of a Referenced Image Sequence, one for each file."""
        return DicomSequence(
            [_item(ReferencedSOPClassUID=h.SOPClassUID, ReferencedSOPInstanceUID=h.SOPInstanceUID)
             for h in self.headers]
        )  # fmt: skip


def why_no_file(fixed: Series, moving: Series) -> MedViewError | None:
    """Return why no DICOM object can tell how two series lie on each other, None where one can."""
    other = next((one.file_format for one in (fixed, moving) if one.file_format != "DICOM"), None)
    if other is not None:
        return MedViewError(
            "A DICOM registration refers to DICOM images, and these are {format}.",
            "Open the DICOM images of both series.",
            format=other,
        )
    if not all(one.geometry is not None and one.geometry.frame_of_reference_uid for one in (fixed, moving)):
        return MedViewError(
            "These images name no frame of reference, and a DICOM registration joins two of them.",
            "Ask for the original images.",
        )
    if {one.sop_instance_uid for one in fixed.instances} & {one.sop_instance_uid for one in moving.instances}:
        return MedViewError(  # its items name files, and would not tell which stack is which
            "Both series lie in one file, and a DICOM registration cannot tell them apart.",
            "Save what is to be laid on each other as series of their own first.",
        )
    return None


def _grid_of(series: Series) -> Geometry:
    assert series.geometry is not None
    return series.geometry


def _object(registration: Registration, way: SpatialTransform, fixed: _Side, moving: _Side) -> Dataset:
    header, now = fixed.headers[0], datetime.now()
    made = Dataset()
    for keyword in _PATIENT_AND_STUDY:
        if keyword in header:
            setattr(made, keyword, header[keyword].value)
    attributes = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": _RIGID if way.is_affine else _DEFORMABLE,
        "SOPInstanceUID": new_uid(),
        "SeriesInstanceUID": new_uid(),
        "Modality": "REG",
        "Laterality": "",
        "InstanceNumber": 1,
        **_dated("Series", now),
        **_dated("Content", now),
        **_dated("InstanceCreation", now),
        "ContentLabel": "REGISTRATION",
        "ContentDescription": long_string(_told(registration)),
        "SeriesDescription": long_string(_told(registration)),
        "ContentCreatorName": "",
        "FrameOfReferenceUID": fixed.frame_uid,
        "PositionReferenceIndicator": "",
        **_equipment(),
    }
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    if registration.provenance:
        made.ContributingEquipmentSequence = DicomSequence([contribution(registration.provenance)])
    _put_sides(made, registration, way, fixed, moving)
    _put_references(made, fixed, moving)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return made


def _equipment() -> dict[str, str]:
    from medview.version import __version__

    return {
        "Manufacturer": MAKER,
        "ManufacturerModelName": MAKER,
        "DeviceSerialNumber": "0",
        "SoftwareVersions": long_string(__version__),
    }


def _dated(what: str, now: datetime) -> dict[str, str]:
    return {f"{what}Date": now.strftime("%Y%m%d"), f"{what}Time": now.strftime("%H%M%S")}


def _told(registration: Registration) -> str:
    """Return how it was found, in words."""
    if registration.kind == "model":
        what = "Registered by a plugin" if registration.provenance.get("classical") else "AI registration"
        return f"{what} ({registration.label}, research)"
    if registration.kind == "manual":
        after = f", after {registration.label}" if registration.label else ""
        return f"Registered by hand{after}"
    if registration.kind == "file":
        return registration.label or "From a file"
    return f"Registered: {registration.kind}, mutual information"


def _put_sides(made: Dataset, registration: Registration, way: SpatialTransform, fixed: _Side, moving: _Side) -> None:
    """Write how points of both sides come into the registered frame (C.20.2.1), or out of it where bent (C.20.3.1)."""
    method = {"manual": _code(_BY_EYE), "file": DicomSequence()}.get(registration.kind, _code(_BY_CONTENT))
    if way.displacement is None:
        back = way.inverse().matrix
        made.RegistrationSequence = DicomSequence(
            [_matrix_side(fixed, np.eye(4), _code(_SAME)), _matrix_side(moving, back, method)]
        )
        return
    bent = _item(
        SourceFrameOfReferenceUID=moving.frame_uid,
        ReferencedImageSequence=moving.images,
        PreDeformationMatrixRegistrationSequence=DicomSequence([_matrix_item(way.before)]),
        PostDeformationMatrixRegistrationSequence=DicomSequence([_matrix_item(way.after)]),
        DeformableRegistrationGridSequence=DicomSequence([_grid_item(way)]),
        RegistrationTypeCodeSequence=method,
    )
    stays = _item(
        SourceFrameOfReferenceUID=fixed.frame_uid,
        ReferencedImageSequence=fixed.images,
        RegistrationTypeCodeSequence=_code(_SAME),
    )
    made.DeformableRegistrationSequence = DicomSequence([stays, bent])


def _matrix_side(side: _Side, matrix: FloatArray, method: DicomSequence) -> Dataset:
    inner = _item(MatrixSequence=DicomSequence([_matrix_item(matrix)]), RegistrationTypeCodeSequence=method)
    return _item(
        FrameOfReferenceUID=side.frame_uid,
        ReferencedImageSequence=side.images,
        MatrixRegistrationSequence=DicomSequence([inner]),
    )


def _matrix_item(matrix: FloatArray) -> Dataset:
    """Return a matrix by rows, with its kind (C.20.2.1.2): "RIGID" neither scales nor mirrors."""
    turn = matrix[:3, :3]
    is_rigid = np.allclose(turn.T @ turn, np.eye(3), atol=1e-6) and np.linalg.det(turn) > 0
    return _item(
        FrameOfReferenceTransformationMatrixType="RIGID" if is_rigid else "AFFINE",
        FrameOfReferenceTransformationMatrix=[format_number_as_ds(float(x) + 0.0) for x in matrix.ravel()],
    )


def _grid_item(way: SpatialTransform) -> Dataset:
    """Return the field with its grid in the registered frame (C.20.3.1.2): x fastest, in LPS mm."""
    assert way.displacement is not None
    grid = field_grid(way)
    return _item(
        ImagePositionPatient=[format_number_as_ds(float(x) + 0.0) for x in grid.to_mm((0, 0, 0))],
        ImageOrientationPatient=[
            format_number_as_ds(float(x) + 0.0) for x in (*grid.directions[:, 2], *grid.directions[:, 1])
        ],
        GridDimensions=[int(n) for n in reversed(grid.shape)],
        GridResolution=[float(s) for s in reversed(grid.spacing_mm)],
        VectorGridData=np.ascontiguousarray(way.displacement.vectors, "<f4").tobytes(),
    )


def _put_references(made: Dataset, fixed: _Side, moving: _Side) -> None:
    """Write the Common Instance Reference module (C.12.2): every image by its study and series."""
    here: dict[str, DicomSequence] = {}
    elsewhere: dict[tuple[str, str], DicomSequence] = {}
    for side in (fixed, moving):
        header = side.headers[0]
        study, series = str(header.StudyInstanceUID), str(header.SeriesInstanceUID)
        images = here.setdefault(series, DicomSequence()) if study == made.StudyInstanceUID else (
            elsewhere.setdefault((study, series), DicomSequence())
        )  # fmt: skip
        images.extend(side.images)
    made.ReferencedSeriesSequence = DicomSequence([_series_item(uid, images) for uid, images in here.items()])
    if elsewhere:
        made.StudiesContainingOtherReferencedInstancesSequence = DicomSequence(
            [
                _item(StudyInstanceUID=study, ReferencedSeriesSequence=DicomSequence([_series_item(uid, images)]))
                for (study, uid), images in elsewhere.items()
            ]
        )


def _series_item(uid: str, images: DicomSequence) -> Dataset:
    return _item(SeriesInstanceUID=uid, ReferencedInstanceSequence=images)


def _check_sampled(transform: SpatialTransform, way: SpatialTransform, grid: Geometry) -> None:
    """Refuse what is lost where displacements were sampled anew."""
    points = _points(grid)
    if way is not transform and np.abs(way.to_other(points) - transform.to_other(points)).max() > _SAMPLED_MM:
        raise MedViewError(
            "These images are bent in a way that a DICOM registration does not tell to the millimetre.",
            "Register them another way.",
        )


def _compare(path: Path, points: FloatArray, meant: FloatArray, pair: tuple[Series, Series], name: str) -> None:
    """Read the file as any other registration, and look where points of the fixed images come to."""
    found = read_transforms(StudyObject(path, "registration", "", ""))
    back = next((t for one in found if (t := one.between(*pair)) is not None), None)
    if back is None or np.abs(back.to_other(points) - meant).max() > _APART_MM:
        raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=name)


def _points(grid: Geometry) -> FloatArray:
    """Return places all over the images (LPS mm)."""
    sides = [np.linspace(0.0, n - 1.0, 7) for n in grid.shape]
    return grid.to_mm(np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 3))


def _code(code: tuple[str, str, str]) -> DicomSequence:
    value, scheme, meaning = code
    return DicomSequence([_item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)])


def _item(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made
