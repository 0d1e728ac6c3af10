"""What a header says of the patient, the study and the series, and what is odd in its words.

PS3.3 C.7.1.1 (patient), C.7.2.1 (general study), C.7.3.1 (general series), C.12.1.1.2 (character sets).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from medview.errors import Sentence
from medview.files.headers.dicom_values import LONGEST_TEXT, REPLACEMENT, Values, unknown_character_sets
from medview.files.headers.remembered import remembered
from medview.study.series import Patient, Series, StudyFacts

_TEXTS = (
    "StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription", "AccessionNumber", "InstitutionName",
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
)  # fmt: skip
_UID = re.compile(r"[0-9.]{1,64}")
_DATE = re.compile(r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|\d{4}\.\d{2}\.\d{2}")  # the second: ACR-NEMA's
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d|60)?)?(\.\d{1,6})?|\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?")


@remembered
def study_facts(values: Values) -> StudyFacts:
    """Return patient and study."""
    return StudyFacts(
        study_instance_uid=values.text("StudyInstanceUID"),
        study_date=values.text("StudyDate"),
        study_time=values.text("StudyTime"),
        study_description=values.text("StudyDescription"),
        study_id=values.text("StudyID"),
        accession_number=values.text("AccessionNumber"),
        institution_name=values.text("InstitutionName"),
        patient_age=values.text("PatientAge"),
        patient=Patient(
            patient_name=values.text("PatientName"),
            patient_id=values.text("PatientID"),
            patient_birth_date=values.text("PatientBirthDate"),
            patient_sex=values.text("PatientSex"),
        ),
    )


@remembered
def series_facts(values: Values) -> Series:
    """Return the facts of the series, without its instances and without Acquisition Time."""
    return Series(
        series_instance_uid=values.text("SeriesInstanceUID"),
        study_instance_uid=values.text("StudyInstanceUID"),
        modality=values.text("Modality"),
        series_number=values.integer("SeriesNumber"),
        series_description=values.text("SeriesDescription"),
        body_part_examined=values.text("BodyPartExamined"),
        image_type=values.texts("ImageType"),
        sop_class_uid=values.text("SOPClassUID"),
        manufacturer=values.text("Manufacturer"),
        patient_position=values.text("PatientPosition"),
        contrast_bolus_agent=values.text("ContrastBolusAgent"),
        scanning_sequence=values.text("ScanningSequence"),
        photometric_interpretation=values.text("PhotometricInterpretation") or "MONOCHROME2",
        acquisition_date=values.text("AcquisitionDate"),
        rows=values.integer("Rows") or 0,
        columns=values.integer("Columns") or 0,
        voi_lut_function=values.text("VOILUTFunction") or "LINEAR",
    )


@remembered
def odd_words(values: Values) -> tuple[Sentence, ...]:
    """Return what is odd in the words of patient, study and series."""
    return (*_odd_texts(values), *_odd_identity(values), *_odd_pixels(values))


def _odd_texts(values: Values) -> Iterable[Sentence]:
    names = unknown_character_sets(values.texts("SpecificCharacterSet"))
    if names:
        yield Sentence("The character set {name} is not known: letters that are no plain ASCII were replaced.",
                       {"name": names[0][:40]})  # fmt: skip
    texts = [values.text(keyword) for keyword in (*_TEXTS, "SeriesDescription")]
    if any(REPLACEMENT in text for text in texts) and not names:
        yield Sentence("Some text is not in the character set that the file names: what could not be read is marked.")
    if not values.has("SpecificCharacterSet") and not all(text.isascii() for text in texts):
        yield Sentence("The file names no character set for its text: names may be shown with wrong letters.")
    if any(len(part) >= LONGEST_TEXT for part in texts):
        yield Sentence("A text of the header is far too long; it was cut.")


def _odd_identity(values: Values) -> Iterable[Sentence]:
    uids = (values.text("StudyInstanceUID"), values.text("SeriesInstanceUID"))
    if not all(map(is_uid, filter(None, uids))):
        yield ODD_UID
    if values.text("StudyDate") and not _DATE.fullmatch(values.text("StudyDate")):
        yield Sentence("The study date is no date: it is unknown.")
    if values.text("PatientBirthDate") and not _DATE.fullmatch(values.text("PatientBirthDate")):
        yield Sentence("The date of birth is no date: it is unknown.")
    if values.text("StudyTime") and not _TIME.fullmatch(values.text("StudyTime")):
        yield Sentence("The study time is no time of day: it is unknown.")


def _odd_pixels(values: Values) -> Iterable[Sentence]:
    if values.text("BurnedInAnnotation").upper() == "YES":
        yield BURNED_IN
    if values.text("RecognizableVisualFeatures").upper() == "YES":
        yield Sentence("The patient can be recognized in the image, also after de-identification.")
    ratios = values.numbers("LossyImageCompressionRatio")
    if values.text("LossyImageCompression") == "01":
        if ratios:
            yield Sentence("lossy {ratio:g}:1", {"ratio": ratios[-1]})
        else:
            yield LOSSY


BURNED_IN = Sentence("Text is burned into the image: it may name the patient, also after de-identification.")
ODD_UID = Sentence("An identifier (UID) is not made as DICOM wants it; it is only compared and shown.")
LOSSY = Sentence("lossy")


def is_uid(text: str) -> bool:
    """Whether a text may be a UID (PS3.5 9.1): digits and dots, at most 64."""
    return _UID.fullmatch(text) is not None
