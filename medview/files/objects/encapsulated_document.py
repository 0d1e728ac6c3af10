"""Documents inside DICOM files: PDF, clinical documents and models, listed and copied out, never run (PS3.3 A.45)."""

from __future__ import annotations

import re
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.files.atomic import written_whole
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.study.date_text import moment_text
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.study_object import StudyObject

_SUFFIXES = {
    "application/pdf": ".pdf",
    "text/XML": ".xml",
    "text/xml": ".xml",
    "model/stl": ".stl",
    "model/obj": ".obj",
    "model/mtl": ".mtl",
}
_LONGEST_TEXT = 2**18
_TAG = re.compile(r"<[^<>]*>")


def read_document(found: StudyObject) -> ObjectReport:
    """Read what a document is; of a clinical document (CDA) also its text, in which nothing is expanded.

    Raises
    ------
    MedViewError
        The file is missing, damaged, or holds no document.
    """
    values = read_object(found.path).values
    data = _content(values, found)
    kind = values.text("MIMETypeOfEncapsulatedDocument")
    suffix = _SUFFIXES.get(kind, ".bin")
    lines = (
        ReportLine(Sentence("Kind"), kind),
        ReportLine(Sentence("Size"), Sentence("{count} bytes", {"count": len(data)})),
        ReportLine(Sentence("Written"), moment_text(values.text("ContentDate"), values.text("ContentTime"))),
    )
    return ObjectReport(
        found,
        title=values.text("DocumentTitle") or found.label or kind,
        lines=tuple(line for line in lines if line.value),
        text=_plain_text(data) if suffix == ".xml" else "",
        enclosed=suffix,
        warnings=tuple(_remarks(data, suffix)),
    )


def write_document(found: StudyObject, target: Path) -> None:
    """Write a copy of the document to a file.

    Raises
    ------
    MedViewError
        There is no document, or the file cannot be written; the target is then as it was.
    """
    data = _content(read_object(found.path).values, found)
    with written_whole(target) as beside:
        beside.write_bytes(data)
        if beside.read_bytes() != data:
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=target.name)


def _content(values: Values, found: StudyObject) -> bytes:
    data = values.binary("EncapsulatedDocument")
    if not data:
        raise MedViewError("{name} holds no document.", "Copy it again from its source.", name=found.path.name)
    length = values.integer("EncapsulatedDocumentLength")
    if length is not None and 0 < length <= len(data):
        return data[:length]
    return data[:-1] if data.endswith(b"\0") else data  # padded to an even length


def _plain_text(data: bytes) -> str:
    """Return the words between the marks of an XML text. It is not parsed: entities stay as they are written."""
    text = data[:_LONGEST_TEXT].decode("utf-8", errors="replace")
    start = text.find("<!DOCTYPE")
    end = text.find("]>", start) if start >= 0 else -1
    text = text[:start] + text[end + 2 :] if end >= 0 else text
    lines = (" ".join(line.split()) for line in _TAG.sub("\n", text).splitlines())
    return "\n".join(line for line in lines if line)


def _remarks(data: bytes, suffix: str) -> tuple[Sentence, ...]:
    said = []
    if suffix == ".pdf" and any(mark in data for mark in (b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction")):
        said.append(Sentence("The document holds commands that another program might run: open a copy with care."))
    if suffix == ".pdf" and not data.startswith(b"%PDF"):
        said.append(Sentence("The document says that it is a PDF, but does not begin like one."))
    if suffix == ".xml" and b"<!ENTITY" in data:
        said.append(Sentence("The document defines entities, which are not expanded."))
    if suffix == ".xml" and len(data) > _LONGEST_TEXT:
        said.append(Sentence("The document is long: only its beginning is shown."))
    return tuple(said)
