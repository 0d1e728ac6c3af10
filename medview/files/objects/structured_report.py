"""Structured reports as trees of lines, with what they have drawn on images (PS3.3 A.35, C.17, C.18)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_codes import meaning_of, unit_of
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.files.objects.report_marks import GroupFacts, group_facts, image_names, marks
from medview.study.annotation import Annotation
from medview.study.date_text import moment_text
from medview.study.image_index import ImageIndex
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.patient_name import patient_name
from medview.study.study_object import StudyObject

_DEEPEST = 40  # levels; templates have about 12
_MOST_LINES = 20_000
_MOST_MARKS = 20_000
_LONGEST_TEXT = 2**16
_PLAIN = {  # attribute that holds the value of a type (PS3.3 Table C.17.3-3)
    "TEXT": "TextValue",
    "DATETIME": "DateTime",
    "DATE": "Date",
    "TIME": "Time",
    "PNAME": "PersonName",
    "UIDREF": "UID",
}
_POINTING = {"IMAGE", "COMPOSITE", "WAVEFORM"}


def read_report(found: StudyObject, index: ImageIndex) -> ObjectReport:
    """Read a structured report or a key object selection.

    Parameters
    ----------
    index
        The images of the study: what the report has drawn is put in place on them.

    Raises
    ------
    MedViewError
        The file is missing, damaged, or holds no content tree.
    """
    file = read_object(found.path)
    values = file.values
    if not values.has("ContentSequence") and not values.has("ConceptNameCodeSequence"):
        raise MedViewError("{name} holds no report.", "Copy it again from its source.", name=found.path.name)
    tree = _Tree(index, values.text("SOPInstanceUID"))
    lines = (*_head(values), *tree.lines(values, GroupFacts(), 0))
    return ObjectReport(
        found,
        title=meaning_of(values.item("ConceptNameCodeSequence")) or found.label,
        lines=lines,
        warnings=(*_state(values), *tree.remarks()),
        annotations=tuple(tree.annotations),
        is_key_images=values.text("Modality") == "KO",
    )


class _Tree:
    """Turns content items into lines and collects what they draw."""

    def __init__(self, index: ImageIndex, object_uid: str) -> None:
        self.annotations: list[Annotation] = []
        self._index = index
        self._object_uid = object_uid
        self._count = 0
        self._is_cut = False
        self._not_drawn = 0

    def lines(self, item: Values, group: GroupFacts, depth: int) -> tuple[ReportLine, ...]:
        """Return the lines of an item's children."""
        if depth > _DEEPEST:
            self._is_cut = True
            return ()
        made = []
        for child in item.items("ContentSequence"):
            self._count += 1
            if self._count > _MOST_LINES:
                self._is_cut = True
                break
            made.append(self._line(child, group, depth))
        return tuple(made)

    def remarks(self) -> Iterator[Sentence]:
        """Yield what a reader must know."""
        if self._is_cut:
            yield Sentence("The report is too long or too deep: only its beginning is shown.")
        if self._not_drawn:
            yield Sentence(
                "Marks that cannot be drawn, because their images are not here: {count}.", {"count": self._not_drawn}
            )

    def _line(self, item: Values, group: GroupFacts, depth: int) -> ReportLine:
        kind = item.text("ValueType")
        group = group_facts(item, group)
        drawn: tuple[Annotation, ...] = ()
        if kind in ("SCOORD", "SCOORD3D"):
            room = max(_MOST_MARKS - len(self.annotations), 0)
            drawn = tuple(islice(marks(item, group, self._index, self._object_uid), room))
            self._is_cut |= not room
            self.annotations += drawn
            self._not_drawn += not drawn
        names = image_names(item) if kind in _POINTING else ()
        return ReportLine(
            name=meaning_of(item.item("ConceptNameCodeSequence")) or kind,
            value=_value(item, kind),
            image=names[0] if names else drawn[0].image if drawn else None,
            annotation=drawn[0] if drawn else None,
            children=self.lines(item, group, depth + 1),
        )


def _value(item: Values, kind: str) -> Sentence | str:
    if kind in _PLAIN:
        return _long_text(item, _PLAIN[kind])
    if kind == "CODE":
        return meaning_of(item.item("ConceptCodeSequence"))
    if kind == "NUM":
        return _number(item)
    if kind in _POINTING:
        return _reference(item)
    if kind in ("SCOORD", "SCOORD3D"):
        return item.text("GraphicType").lower()
    if kind == "TCOORD":
        return f"{item.text('TemporalRangeType')} {item.text('ReferencedTimeOffsets')}".strip()
    if item.has("ReferencedContentItemIdentifier"):
        return "→ " + ".".join(item.texts("ReferencedContentItemIdentifier"))
    return ""


def _number(item: Values) -> str:
    measured = item.item("MeasuredValueSequence")
    if not measured.has("NumericValue"):
        return meaning_of(item.item("NumericValueQualifierCodeSequence"))
    unit = measured.item("MeasurementUnitsCodeSequence")
    return f"{measured.text('NumericValue')} {unit_of(unit)}".strip()


def _reference(item: Values) -> str:
    from pydicom.uid import UID

    sop = item.item("ReferencedSOPSequence")
    name = UID(sop.text("ReferencedSOPClassUID")).name.removesuffix(" Storage")
    frames = ", ".join(sop.texts("ReferencedFrameNumber"))
    return f"{name} [{frames}]" if frames else name


def _long_text(item: Values, keyword: str) -> str:
    """Return a text as long as a report's may be; what is cut ends in an ellipsis."""
    value = item.dataset.get(keyword)
    text = "" if value is None else str(value).strip(" \0")
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + " …"


def _head(values: Values) -> Iterator[ReportLine]:
    written = moment_text(values.text("ContentDate"), values.text("ContentTime"))
    if written:
        yield ReportLine(Sentence("Written"), written)
    for observer in values.items("VerifyingObserverSequence"):
        name = patient_name(observer.text("VerifyingObserverName"))
        moment = moment_text(observer.text("VerificationDateTime"))
        yield ReportLine(Sentence("Verified by"), " · ".join(filter(None, (name, moment))))


def _state(values: Values) -> Iterator[Sentence]:
    if values.text("CompletionFlag") == "PARTIAL":
        yield Sentence("The report is not complete.")
    if values.text("VerificationFlag") == "UNVERIFIED":
        yield Sentence("Nobody has verified the report.")
