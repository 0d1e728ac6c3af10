"""Small DICOM objects beside images for tests, element by element."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from medview.files.scanning.dicom_scan import scan
from medview.study.series import Series
from medview.study.study_object import ObjectKind, StudyObject

COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"


def item(**values: Any) -> Dataset:
    """Return a dataset of keywords; None leaves one out."""
    made = Dataset()
    for keyword, value in values.items():
        if value is not None:
            setattr(made, keyword, value)
    return made


def code(value: str, scheme: str = "DCM", meaning: str = "") -> list[Dataset]:
    """Return a code sequence of one item."""
    return [item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning or value)]


def save(path: Path, sop_class: str, **values: Any) -> Path:
    """Write an object of a class."""
    dataset = item(
        **(
            {
                "SpecificCharacterSet": "ISO_IR 192",
                "SOPClassUID": sop_class,
                "SOPInstanceUID": "2.25.77",
                "StudyInstanceUID": "2.25.1000",
                "SeriesInstanceUID": "2.25.1077",
                "PatientName": "Test^Patient",
                "PatientID": "T1",
            }
            | values
        )
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path


def found(path: Path, kind: ObjectKind, label: str = "") -> StudyObject:
    """Return an object as a scan lists it."""
    return StudyObject(path, kind, "", "", label=label)


def stacks(folder: Path) -> list[Series]:
    """Return the series of a folder that have a geometry."""
    return [s for study in scan(folder).studies for s in study.series if s.geometry is not None]


def content(kind: str, concept: tuple[str, str, str], *children: Dataset, **values: Any) -> Dataset:
    """Return a content item of a report; `concept` is (value, scheme, meaning)."""
    return item(
        RelationshipType="CONTAINS",
        ValueType=kind,
        ConceptNameCodeSequence=code(*concept),
        ContentSequence=list(children) or None,
        **values,
    )


def image_item(uid: str, frame: int | None = None) -> Dataset:
    """Return an IMAGE item."""
    sop = item(
        ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=uid, ReferencedFrameNumber=frame
    )
    return item(RelationshipType="SELECTED FROM", ValueType="IMAGE", ReferencedSOPSequence=[sop])


def number_item(concept: tuple[str, str, str], value: str, unit: str, *children: Dataset) -> Dataset:
    """Return a NUM item in a unit of UCUM."""
    measured = item(NumericValue=value, MeasurementUnitsCodeSequence=code(unit, "UCUM", unit))
    return content("NUM", concept, *children, MeasuredValueSequence=[measured])
