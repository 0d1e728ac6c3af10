"""What a header says of how an image was taken (PS3.3 C.7.3.1, C.7.6.1, C.8.3.1, C.8.11.4 and CID 4014)."""

from __future__ import annotations

from medview.files.headers.dicom_values import Values
from medview.files.headers.remembered import remembered
from medview.study.acquisition_facts import NOTHING_SAID, AcquisitionFacts

_SIDES = {"L", "R", "B", "U"}
# CID 4014 View for Mammography: SNOMED CT, and the SNOMED RT codes that were used before
_VIEWS = {
    "399260004": "ML", "R-10224": "ML",
    "399352003": "LM", "R-10228": "LM",
    "399368009": "MLO", "R-10226": "MLO",
    "399099002": "LMO", "R-10230": "LMO",
    "399162004": "CC", "R-10242": "CC",
    "399196006": "FB", "R-10244": "FB",
    "399188001": "SIO", "R-102D0": "SIO",
    "399265009": "XCC", "Y-X1770": "XCC",
    "399192008": "XCCL", "Y-X1771": "XCCL",
    "399101009": "XCCM", "Y-X1772": "XCCM",
}  # fmt: skip


@remembered
def acquisition_facts(values: Values) -> AcquisitionFacts:
    """Return what an image says itself; its side also from functional groups that all its frames share."""
    anatomy = values.item("SharedFunctionalGroupsSequence").item("FrameAnatomySequence")
    sides = (values.text("ImageLaterality"), anatomy.text("FrameLaterality"), values.text("Laterality"))
    facts = AcquisitionFacts(
        laterality=next((side.upper() for side in sides if side.upper() in _SIDES), ""),
        view_position=values.text("ViewPosition") or _VIEWS.get(values.item("ViewCodeSequence").text("CodeValue"), ""),
        echo_time_ms=values.number("EchoTime"),
        repetition_time_ms=values.number("RepetitionTime"),
        magnetic_field_strength_t=values.number("MagneticFieldStrength"),
        kvp=values.number("KVP"),
        patient_orientation=tuple(text.strip().upper() for text in values.texts("PatientOrientation")[:2]),
    )
    return NOTHING_SAID if facts == NOTHING_SAID else facts
