"""Thousands of small DICOM files for benchmarks, made in seconds: one header, written over where files differ."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

_ROWS = 64
_SLICES = 100


def write_many(folder: Path, count: int, *, slices: int = _SLICES, implicit: bool = False) -> list[Path]:
    """Write CT slices of 12.7 kB with 40 private elements: studies of four series of `slices` each.

    What differs from file to file is what does so from a scanner: identifiers, position, number, times, and eight
    of the private elements.
    """
    paths = []
    for number in range(count):
        series, slice_number = divmod(number, slices)
        if slice_number == 0:
            template = _bytes_of(_slice(series), implicit)
            place = folder / f"study{series // 4:03d}" / f"series{series % 4}"
            place.mkdir(parents=True)
        path = place / f"IM{slice_number:05d}"
        path.write_bytes(_changed(template, number, slice_number))
        paths.append(path)
    return paths


def _uid(kind: int, number: int) -> str:
    return f"1.2.826.0.1.3680043.10.999.{kind}.{10_000_000_000 + number}"


def _slice(series: int) -> Dataset:
    """Return a CT slice whose changing values are marks of the right length."""
    dataset = Dataset()
    values: dict[str, object] = {
        "SpecificCharacterSet": "ISO_IR 100", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"],
        "InstanceCreationDate": "20250102", "InstanceCreationTime": "101112.250000", "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": _uid(3, 0), "StudyDate": "20250102", "SeriesDate": "20250102",
        "AcquisitionDate": "20250102", "ContentDate": "20250102", "StudyTime": "101112", "SeriesTime": "101200",
        "AcquisitionTime": "101213.000000", "ContentTime": "101214.000000", "AccessionNumber": f"A{series // 4:05d}",
        "Modality": "CT", "Manufacturer": "SIEMENS", "InstitutionName": "Klinik am Park",
        "ReferringPhysicianName": "Meier^Eva", "StudyDescription": "Thorax nativ", "SeriesDescription": "Lunge 1.0",
        "ManufacturerModelName": "SOMATOM", "PatientName": f"Test{series // 4:03d}^Anna",
        "PatientID": f"P{series // 4:05d}", "PatientBirthDate": "19700101", "PatientSex": "F", "PatientAge": "055Y",
        "BodyPartExamined": "CHEST", "SliceThickness": 1, "KVP": 120, "DataCollectionDiameter": 500,
        "ReconstructionDiameter": 350, "GantryDetectorTilt": 0, "TableHeight": 150, "ExposureTime": 500,
        "XRayTubeCurrent": 200, "Exposure": 100, "FilterType": "0", "GeneratorPower": 24, "ConvolutionKernel": "B70f",
        "PatientPosition": "HFS", "StudyInstanceUID": _uid(1, series // 4), "SeriesInstanceUID": _uid(2, series),
        "StudyID": "1", "SeriesNumber": series % 4 + 1, "AcquisitionNumber": 1, "InstanceNumber": 10001,
        "ImagePositionPatient": ["-175", "-175", "-1000.50"], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "FrameOfReferenceUID": _uid(4, series // 4), "SliceLocation": "-1000.50", "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "Rows": _ROWS, "Columns": _ROWS, "PixelSpacing": [5.46875, 5.46875],
        "BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0, "WindowCenter": [-600, 40],
        "WindowWidth": [1200, 400], "RescaleIntercept": -1024, "RescaleSlope": 1, "RescaleType": "HU",
    }  # fmt: skip
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CTImageStorage, _uid(5, series)
    dataset.ReferencedImageSequence = [item]
    block = dataset.private_block(0x0029, "MEDVIEW TEST", create=True)
    for n in range(40):
        text = f"<{n:02d}:{'00000000' if n < 16 else 'the same'}>"
        block.add_new(n, "LO" if n % 2 else "OB", text if n % 2 else bytes([n]) * 110)
    dataset.PixelData = np.full((_ROWS, _ROWS), series, "<u2").tobytes()
    return dataset


def _bytes_of(dataset: Dataset, implicit: bool) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _changed(template: bytes, number: int, slice_number: int) -> bytes:
    """Return a file's bytes with the values of its own; every mark keeps its length."""
    place = f"{-1000.5 + slice_number:8.2f}"
    made = template.replace(_uid(3, 0).encode(), _uid(3, number).encode())
    made = made.replace(b"10001 ", b"%05d " % (slice_number + 1)).replace(b"-1000.50", place.encode())
    made = made.replace(b"101213.000000", b"1012%09.6f" % (13 + slice_number / 10))
    return made.replace(b":00000000>", b":%08d>" % number)
