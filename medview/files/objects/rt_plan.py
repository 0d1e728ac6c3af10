"""A treatment plan as facts to be read (PS3.3 A.20)."""

from __future__ import annotations

from collections.abc import Iterator

from medview.errors import Sentence
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.study.date_text import moment_text
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.study_object import StudyObject


def read_plan(found: StudyObject) -> ObjectReport:
    """Read label, fractions, beams and dose references of a plan.

    Raises
    ------
    MedViewError
        The file is missing or damaged.
    """
    values = read_object(found.path).values
    lines = (*_head(values), *_fractions(values), *_beams(values), *_doses(values))
    return ObjectReport(found, values.text("RTPlanLabel") or found.label, lines)


def _head(values: Values) -> Iterator[ReportLine]:
    written = moment_text(values.text("RTPlanDate"), values.text("RTPlanTime"))
    lines = (
        ReportLine(Sentence("Name"), values.text("RTPlanName")),
        ReportLine(Sentence("Approval"), values.text("ApprovalStatus")),
        ReportLine(Sentence("Written"), written),
    )
    yield from (line for line in lines if line.value)


def _fractions(values: Values) -> Iterator[ReportLine]:
    for item in values.items("FractionGroupSequence"):
        facts: dict[str, object] = {
            "fractions": item.text("NumberOfFractionsPlanned") or "-",
            "beams": item.text("NumberOfBeams") or "-",
        }
        yield ReportLine(Sentence("Fractions"), Sentence("{fractions}; beams: {beams}", facts))


def _beams(values: Values) -> Iterator[ReportLine]:
    for item in (*values.items("BeamSequence"), *values.items("IonBeamSequence")):
        parts = [item.text("BeamType"), item.text("RadiationType"), item.text("TreatmentDeliveryType")]
        first = (item.items("ControlPointSequence") or (None,))[0]
        energy = first.text("NominalBeamEnergy") if first is not None else ""
        parts.append(f"{energy} MV" if energy else "")
        yield ReportLine(item.text("BeamName") or item.text("BeamNumber"), ", ".join(filter(None, parts)))


def _doses(values: Values) -> Iterator[ReportLine]:
    for item in values.items("DoseReferenceSequence"):
        dose = item.text("TargetPrescriptionDose") or item.text("DeliveryMaximumDose")
        name = item.text("DoseReferenceDescription") or item.text("DoseReferenceType")
        kind = item.text("DoseReferenceType").replace("_", " ").lower()
        yield ReportLine(name, ", ".join(filter(None, (kind, f"{dose} Gy" if dose else ""))))
