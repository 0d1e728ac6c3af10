"""A volume written as a DICOM series of single-frame images (PS3.3 A.3 CT, A.4 MR)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.files.made_uid import made_uid
from medview.imaging.stack import slice_normal
from medview.progress import Progress, unheard
from medview.study.geometry import Geometry
from medview.study.series import Series, StudyFacts

_CLASSES = {"CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4"}
# what the modality's module asks for beyond the image itself, as empty as it may be (PS3.3 C.8.2.1, C.8.3.1)
_MODULES: dict[str, dict[str, Any]] = {
    "CT": {"KVP": None, "RescaleSlope": "1", "RescaleIntercept": "0", "RescaleType": "HU"},
    "MR": {
        "ScanningSequence": "RM",
        "SequenceVariant": "NONE",
        "ScanOptions": None,
        "MRAcquisitionType": "3D",
        "RepetitionTime": None,
        "EchoTime": None,
        "EchoTrainLength": None,
    },
}


def write_series(
    array: NDArray[Any],
    geometry: Geometry,
    series: Series,
    study: StudyFacts,
    folder: Path,
    *,
    attributes: Mapping[str, Any] | None = None,
    progress: Progress = unheard,
) -> tuple[Path, ...]:
    """Write a volume as one file for each slice, and return the files in slice order.

    Parameters
    ----------
    array
        (slices, rows, columns), modality values that fit int16.
    series, study
        Identity and facts; `series.modality` is "CT" or "MR". Missing UIDs are made from what is there, so that the
        same facts always give the same UIDs.
    folder
        Made where it is missing.
    attributes
        Further DICOM attributes by keyword, for every slice.

    Raises
    ------
    MedViewError
        A file cannot be written, or a value does not fit.
    """
    if series.modality not in _CLASSES:
        raise ValueError("only CT and MR series are written")
    if array.shape != geometry.shape:
        raise ValueError(f"the array {array.shape} does not fit its geometry {geometry.shape}")
    values = array.astype(np.int16)
    if not np.array_equal(values, array):
        raise MedViewError("Values outside -32768 to 32767, or between whole numbers, cannot be written as DICOM.")
    shared = _shared(geometry, series, study, attributes or {})
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from medview.files.atomic import write_error

        raise write_error(error, folder) from error
    paths = []
    for index, picture in enumerate(values):
        progress(index / len(values), "Writing slices")
        paths.append(folder / f"{index + 1:04d}.dcm")
        _write_slice(picture, index, geometry, shared, paths[-1])
    return tuple(paths)


def _write_slice(
    picture: NDArray[np.int16], index: int, geometry: Geometry, shared: Mapping[str, Any], path: Path
) -> None:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    dataset = Dataset()
    for keyword, value in shared.items():
        setattr(dataset, keyword, value)
    dataset.SOPInstanceUID = made_uid(shared["SeriesInstanceUID"], str(index))
    dataset.InstanceNumber = index + 1
    dataset.ImagePositionPatient = [_decimal(x) for x in geometry.to_mm((index, 0, 0))]
    dataset.PixelData = picture.astype("<i2").tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with written_whole(path, may_replace=lambda _: True) as beside:
        dataset.save_as(beside, enforce_file_format=True)


def _shared(geometry: Geometry, series: Series, study: StudyFacts, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of every slice; those that may be empty are there, empty (type 2)."""
    study_uid = study.study_instance_uid or made_uid("study", study.patient.patient_id + study.study_date)
    series_uid = series.series_instance_uid or made_uid(
        study_uid, f"{series.series_number} {series.series_description}"
    )
    today = datetime.now()
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "ImageType": list(series.image_type) or ["DERIVED", "PRIMARY", "AXIAL" if series.modality == "CT" else "OTHER"],
        "SOPClassUID": _CLASSES[series.modality],
        "InstanceCreationDate": today.strftime("%Y%m%d"),
        "InstanceCreationTime": today.strftime("%H%M%S"),
        "StudyDate": study.study_date,
        "SeriesDate": study.study_date,
        "StudyTime": study.study_time,
        "SeriesTime": study.study_time,
        "AcquisitionDate": series.acquisition_date or study.study_date,
        "AcquisitionTime": series.acquisition_time or study.study_time,
        "AccessionNumber": study.accession_number,
        "Modality": series.modality,
        "Manufacturer": series.manufacturer or "MedView",
        "ReferringPhysicianName": "",
        "StudyDescription": study.study_description,
        "SeriesDescription": series.series_description,
        "PatientName": study.patient.patient_name,
        "PatientID": study.patient.patient_id,
        "PatientBirthDate": study.patient.patient_birth_date,
        "PatientSex": study.patient.patient_sex,
        "BodyPartExamined": series.body_part_examined,
        **_MODULES[series.modality],
        "PatientPosition": series.patient_position,
        "StudyInstanceUID": study_uid,
        "SeriesInstanceUID": series_uid,
        "StudyID": "1",
        "SeriesNumber": series.series_number,
        "AcquisitionNumber": 1,
        "Laterality": "",
        "PositionReferenceIndicator": "",
        **_plane(geometry, series, series_uid),
        **_pixels(geometry, series),
        **more,
    }


def _plane(geometry: Geometry, series: Series, series_uid: str) -> dict[str, Any]:
    """Return the image plane module but for the position of each slice (PS3.3 C.7.6.2)."""
    directions, (_, row_mm, column_mm) = geometry.directions, geometry.spacing_mm
    orientation = [*directions[:, 2], *directions[:, 1]]
    gap = abs(float(geometry.affine[:3, 0] @ slice_normal(orientation)))
    return {
        "ImageOrientationPatient": [_decimal(x) for x in orientation],
        "PixelSpacing": [_decimal(row_mm), _decimal(column_mm)],
        "SliceThickness": _decimal(series.slice_thickness_mm or gap),
        "FrameOfReferenceUID": geometry.frame_of_reference_uid or made_uid(series_uid, "frame of reference"),
    }


def _pixels(geometry: Geometry, series: Series) -> dict[str, Any]:
    """Return the image pixel module but for the pixels (PS3.3 C.7.6.3), and the window."""
    window = {
        "WindowCenter": [f"{c:g}" for c, _ in series.windows],
        "WindowWidth": [f"{w:g}" for _, w in series.windows],
    }
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": geometry.shape[1],
        "Columns": geometry.shape[2],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        **(window if series.windows else {}),
    }


def _decimal(value: float) -> str:
    """Return a number as a Decimal String of at most 16 characters (PS3.5 6.2)."""
    from pydicom.valuerep import format_number_as_ds

    return format_number_as_ds(float(value) + 0.0)
