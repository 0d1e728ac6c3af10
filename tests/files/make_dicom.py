"""Small DICOM files for tests: every attribute can be changed, left out, or made impossible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

ROWS, COLUMNS = 6, 8
SERIES_UID = "2.25.1001"
STUDY_UID = "2.25.1000"


def image(index: int = 0, **changes: Any) -> Dataset:
    """Return a CT slice at z = 2.5 * index mm, whose pixels are all 1000 + index; None leaves an attribute out."""
    dataset = Dataset()
    values: dict[str, Any] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": f"2.25.2000{index}",
        "StudyDate": "20240102",
        "StudyTime": "101112",
        "Modality": "CT",
        "PatientName": "Test^Patient",
        "PatientID": "T1",
        "StudyInstanceUID": STUDY_UID,
        "SeriesInstanceUID": SERIES_UID,
        "SeriesNumber": 4,
        "SeriesDescription": "Made for tests",
        "InstanceNumber": index + 1,
        "ImagePositionPatient": [-10.0, -20.0, 2.5 * index],
        "ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        "FrameOfReferenceUID": "2.25.3000",
        "SliceThickness": 2.0,
        "PixelSpacing": [0.5, 0.75],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": ROWS,
        "Columns": COLUMNS,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "RescaleIntercept": -1024,
        "RescaleSlope": 1,
        "RescaleType": "HU",
        "WindowCenter": 40,
        "WindowWidth": 400,
        "PixelData": np.full((ROWS, COLUMNS), 1000 + index, "<u2").tobytes(),
    } | changes
    for keyword, value in values.items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


def mr_image(index: int = 0, **changes: Any) -> Dataset:
    """Return an MR slice: as `image`, without rescale and Hounsfield units."""
    plain = {"Modality": "MR", "SOPClassUID": MRImageStorage, "RescaleIntercept": None, "RescaleSlope": None}
    return image(index, **(plain | {"RescaleType": None, "ImageType": ["ORIGINAL", "PRIMARY", "M"]} | changes))


def write(dataset: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write a dataset as a DICOM file and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CTImageStorage)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID") or generate_uid()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_stack(folder: Path, count: int = 5, make: Callable[..., Dataset] = image, **changes: Any) -> Path:
    """Write slices under names that tell nothing of their order, and return the folder."""
    for index in range(count):
        write(make(index, **changes), folder / f"{(index * 7 + 3) % 101:03d}")
    return folder
