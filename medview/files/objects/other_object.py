"""An object of a kind that nothing more is known of: what its header says."""

from __future__ import annotations

from medview.errors import Sentence
from medview.files.objects.dicom_object import read_object
from medview.study.date_text import moment_text
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.study_object import StudyObject


def read_other(found: StudyObject) -> ObjectReport:
    """Read the few facts that every object has; the header inspector shows the rest.

    Raises
    ------
    MedViewError
        The file is missing or damaged.
    """
    values = read_object(found.path).values
    lines = (
        ReportLine(Sentence("Kind"), found.sop_class_name or found.sop_class_uid),
        ReportLine(Sentence("Description"), values.text("SeriesDescription")),
        ReportLine(Sentence("Written"), moment_text(found.content_date, found.content_time)),
        ReportLine(Sentence("Manufacturer"), values.text("Manufacturer")),
    )
    said = (Sentence("Objects of this kind are listed, and not shown."),)
    title = found.label or found.sop_class_name or found.path.name
    return ObjectReport(found, title, tuple(line for line in lines if line.value), warnings=said)
