"""Spatial registrations: which frames of reference they join, by which matrices (PS3.3 A.39, A.39.2)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.files.objects.presentation_state import image_names
from medview.study.object_report import ObjectReport, ReportLine
from medview.study.study_object import StudyObject


def read_registration(found: StudyObject) -> ObjectReport:
    """Read a rigid, affine or deformable registration as facts to be read.

    Raises
    ------
    MedViewError
        The file is missing, damaged, or holds no registration.
    """
    values = read_object(found.path).values
    items = values.items("RegistrationSequence") or values.items("DeformableRegistrationSequence")
    if not items:
        raise MedViewError("{name} holds no registration.", "Copy it again from its source.", name=found.path.name)
    bends = values.has("DeformableRegistrationSequence")
    said = (Sentence("It bends the images (deformable): its grid is not shown."),) if bends else ()
    title = values.text("ContentDescription") or values.text("ContentLabel") or found.label
    return ObjectReport(found, title, tuple(_lines(items)), warnings=said)


def _lines(items: tuple[Values, ...]) -> Iterator[ReportLine]:
    for number, item in enumerate(items, 1):
        names = tuple(image_names(item.items("ReferencedImageSequence")))
        uid = item.text("FrameOfReferenceUID") or item.text("SourceFrameOfReferenceUID")
        children = [ReportLine(Sentence("Frame of reference"), uid)] if uid else []
        children += [ReportLine(Sentence("Matrix"), m, children=()) for m in _matrices(item)]
        yield ReportLine(
            Sentence("Images {number}", {"number": number}),
            Sentence("Images: {count}", {"count": len(names)}),
            image=names[0] if names else None,
            children=tuple(children),
        )


def _matrices(item: Values) -> Iterator[str]:
    registered = item.items("MatrixRegistrationSequence")
    direct = (
        *item.items("PreDeformationMatrixRegistrationSequence"),
        *item.items("PostDeformationMatrixRegistrationSequence"),
    )
    for one in (*(m for r in registered for m in r.items("MatrixSequence")), *direct):
        numbers = one.numbers("FrameOfReferenceTransformationMatrix")
        kind = one.text("FrameOfReferenceTransformationMatrixType").lower()
        if len(numbers) == 16:
            rows = np.array(numbers).reshape(4, 4)
            yield f"{kind}\n" + "\n".join("  ".join(f"{value:9.4f}" for value in row) for row in rows)
