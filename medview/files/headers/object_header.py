"""What a header says of an object that is no image: its kind by the SOP Class, and the words a person knows it by.

PS3.4 B.5 (storage SOP classes), PS3.6 A (their names).
"""

from __future__ import annotations

from functools import lru_cache

from medview.files.headers.dicom_dictionary import uid_name
from medview.files.headers.dicom_file import DicomFile
from medview.files.headers.dicom_values import Values
from medview.study.study_object import ObjectKind, StudyObject

DICOMDIR_CLASS = "1.2.840.10008.1.3.10"
_STORAGE = "1.2.840.10008.5.1.4.1.1."
_KINDS: dict[str, ObjectKind] = {
    "66.4": "segmentation",
    "66.5": "segmentation",  # of surfaces
    "66.7": "segmentation",  # label map
    "66.8": "segmentation",  # height map
    "30": "parametric map",
    "481.2": "RT dose",
    "481.3": "structure set",
    "481.5": "RT plan",
    "481.8": "RT plan",  # of ions
    "66.1": "registration",
    "66.3": "registration",  # deformable
    "67": "real world value map",
    "88.59": "key objects",
    "104.1": "document",
    "104.2": "document",
    "104.3": "document",
    "104.4": "document",
    "104.5": "document",
}
_FAMILIES: tuple[tuple[str, ObjectKind], ...] = (("88.", "report"), ("11.", "presentation state"), ("9.", "waveform"))
_LABELS = ("ContentLabel", "StructureSetLabel", "RTPlanLabel", "DocumentTitle")
_TITLED: tuple[ObjectKind, ...] = ("report", "key objects", "document")


@lru_cache(maxsize=1000)
def sop_class_name(uid: str) -> str:
    """Return the standard's name of a SOP Class without the word Storage; "" where it is not known."""
    return uid_name(uid).removesuffix(" Storage")


@lru_cache(maxsize=1000)
def kind_of(sop_class_uid: str) -> ObjectKind | None:
    """Return what an object of a class is; None where it may hold images to look at."""
    if not sop_class_uid.startswith(_STORAGE):
        return None
    number = sop_class_uid.removeprefix(_STORAGE)
    if number in _KINDS:
        return _KINDS[number]
    return next((kind for family, kind in _FAMILIES if number.startswith(family)), None)


def study_object(file: DicomFile, kind: ObjectKind, sop_instance_uid: str, sop_class_uid: str) -> StudyObject:
    """Return an object as its header tells of it."""
    values = file.values
    return StudyObject(
        path=file.path,
        kind=kind,
        sop_instance_uid=sop_instance_uid,
        sop_class_uid=sop_class_uid,
        sop_class_name=sop_class_name(sop_class_uid),
        study_instance_uid=values.text("StudyInstanceUID"),
        series_instance_uid=values.text("SeriesInstanceUID"),
        series_number=values.integer("SeriesNumber"),
        series_description=values.text("SeriesDescription"),
        modality=values.text("Modality"),
        label=_label(values, kind),
        content_date=_first(values, "ContentDate", "StructureSetDate", "RTPlanDate", "AcquisitionDate"),
        content_time=_first(values, "ContentTime", "StructureSetTime", "RTPlanTime", "AcquisitionTime"),
        manufacturer=values.text("Manufacturer"),
        transfer_syntax_uid=file.transfer_syntax_uid,
    )


def _label(values: Values, kind: ObjectKind) -> str:
    label = _first(values, *_LABELS)
    if not label and kind in _TITLED:
        label = values.item("ConceptNameCodeSequence").text("CodeMeaning")
    return label or values.text("SeriesDescription")


def _first(values: Values, *keywords: str) -> str:
    return next((text for keyword in keywords if (text := values.text(keyword))), "")
