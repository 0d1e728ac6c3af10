"""What models found as groups of measurements of a structured report (PS3.16 TID 1411, 1501)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medview.errors import MedViewError
from medview.files.objects.coded import coded, long_string
from medview.files.objects.told_provenance import told_provenance
from medview.study.finding import ClassScores, Concept, Finding, MeasuredValue, ScoredBox
from medview.study.geometry import Geometry
from medview.study.series import Series

Row = tuple[str, tuple[tuple[str, float, str], ...], int]
_RAW_SCORE = ("MV0001", "99MEDVIEW", "Raw score of the model, not a probability")
_CALIBRATED = ("MV0002", "99MEDVIEW", "Score of the model, calibrated as its card says")
_STATUS = ("MV0003", "99MEDVIEW", "Status of the finding")
STATUSES = {
    "proposed": ("MV0010", "99MEDVIEW", "Proposed by the model, not reviewed"),
    "accepted": ("MV0011", "99MEDVIEW", "Accepted by a person"),
    "rejected": ("MV0012", "99MEDVIEW", "Rejected by a person"),
    "edited": ("MV0013", "99MEDVIEW", "Corrected by a person"),
}
_FINDING = "121071"  # DCM
_MOST_SLICE_SCORES = 4096  # of more only those of the whole are written: a report is to be read


class FindingGroups:
    """Makes the groups of findings on one series.

    A box becomes a rectangle on every slice that it touches. Scores are one group, in which each score says which class
    it is of: a group a class would call each of them a finding, also those that the model all but rules out.
    """

    def __init__(self, headers: Sequence[Dataset], series: Series, geometry: Geometry) -> None:
        self._headers, self._series, self._geometry = headers, series, geometry

    def group(self, finding: Finding) -> Any:
        """Return the group of a finding; MedViewError where such a finding has no place in a report."""
        payload = finding.payload
        if isinstance(payload, ScoredBox):
            return self._of_box(finding, payload)
        if isinstance(payload, ClassScores):
            return self._of_scores(finding, payload)
        if isinstance(payload, MeasuredValue):
            return self._of_value(finding, payload)
        raise MedViewError(
            "A finding of this kind has no place in a structured report.", "Save it as images or as a table instead."
        )

    def _of_box(self, finding: Finding, box: ScoredBox) -> Any:
        from highdicom.sr import ImageRegion, SourceImageForRegion, VolumetricROIMeasurementsAndQualitativeEvaluations

        regions = [
            ImageRegion("POLYLINE", points, self._image(SourceImageForRegion, index))
            for index, points in rectangles(box, self._geometry)
        ]
        return VolumetricROIMeasurementsAndQualitativeEvaluations(
            referenced_regions=regions,
            **_common(finding, box.concept.label, box.concept),
            measurements=[_measurement(_RAW_SCORE, box.score, "1")],
        )

    def _of_scores(self, finding: Finding, scores: ClassScores) -> Any:
        from highdicom.sr import MeasurementsAndQualitativeEvaluations, SourceImageForMeasurement

        name = _CALIBRATED if scores.kind == "calibrated" else _RAW_SCORE
        codes = class_codes(scores)
        made = [_score(name, code, float(value)) for code, value in zip(codes, scores.scores, strict=True)]
        for index, row in slice_scores(scores):
            image = self._image(SourceImageForMeasurement, index)
            made += [_score(name, code, float(value), image) for code, value in zip(codes, row, strict=True)]
        return MeasurementsAndQualitativeEvaluations(
            source_images=self._all_images(), **_common(finding, finding.title, scores.named), measurements=made
        )

    def _of_value(self, finding: Finding, value: MeasuredValue) -> Any:
        from highdicom.sr import MeasurementsAndQualitativeEvaluations

        code = value.concept.type
        name = (code.value, code.scheme, code.meaning)
        return MeasurementsAndQualitativeEvaluations(
            source_images=self._all_images(),
            **_common(finding, value.concept.label, value.concept),
            measurements=[_measurement(name, value.value, value.unit)],
        )

    def _image(self, kind: Any, slice_index: int) -> Any:
        """Return a reference to the image of a slice."""
        instance = self._series.instances[slice_index]
        # of a file with frames always the frame: without one it would be all of them
        frames = [instance.frame_index + 1] if "NumberOfFrames" in self._headers[0] else None
        return kind(instance.sop_class_uid, instance.sop_instance_uid, frames)

    def _all_images(self) -> list[Any]:
        from highdicom.sr import SourceImageForMeasurementGroup

        return [SourceImageForMeasurementGroup(h.SOPClassUID, h.SOPInstanceUID) for h in self._headers]


def meant_row(finding: Finding, series: Series, geometry: Geometry) -> Row:
    """Return what should be in the file: Tracking UID, (class, value, image) of each number, count of rectangles."""
    payload = finding.payload
    if isinstance(payload, ScoredBox):
        return finding.uid, (("", _kept(payload.score), ""),), len(rectangles(payload, geometry))
    if isinstance(payload, MeasuredValue):
        return finding.uid, (("", _kept(payload.value), ""),), 0
    assert isinstance(payload, ClassScores)
    codes = [code.value for code in class_codes(payload)]
    values = [(code, _kept(float(score)), "") for code, score in zip(codes, payload.scores, strict=True)]
    for index, row in slice_scores(payload):
        uid = series.instances[index].sop_instance_uid
        values += [(code, _kept(float(score)), uid) for code, score in zip(codes, row, strict=True)]
    return finding.uid, tuple(sorted(values)), 0


def read_row(group: Any, rectangle_count: int = 0) -> Row:
    """Return the same of a group of a file."""
    values = sorted(_read_number(measurement[0]) for measurement in group.get_measurements())
    return str(group.tracking_uid), tuple(values), rectangle_count


def class_codes(scores: ClassScores) -> list[Any]:
    """Return the code of each class: that of the manifest, and one made of its name where two share one."""
    from highdicom.sr import CodedConcept

    types = [concept.type for concept in scores.concepts]
    return [
        coded(concept.type)
        if types.count(concept.type) == 1
        else CodedConcept(long_string(concept.id)[:16], "99MEDVIEW", long_string(concept.label))
        for concept in scores.concepts
    ]


def slice_scores(scores: ClassScores) -> list[tuple[int, NDArray[np.float32]]]:
    """Return slice and scores of each slice that was looked at; none where they are too many for a report."""
    if scores.slice_scores.size > _MOST_SLICE_SCORES:
        return []
    return [(int(index), row) for index, row in zip(scores.slice_indices, scores.slice_scores, strict=True)]


def rectangles(box: ScoredBox, geometry: Geometry) -> list[tuple[int, NDArray[np.float64]]]:
    """Return the slices of a box and its outline on each: (5, 2) column and row, 0 at the image's corner (C.18.6)."""
    slices, rows, columns = geometry.shape
    first = max(0, int(np.ceil(box.low_index[0] - 0.5 + 1e-6)))
    last = min(slices - 1, int(np.floor(box.high_index[0] + 0.5 - 1e-6)))
    (top, bottom), (left, right) = (
        (float(np.clip(box.low_index[axis] + 0.5, 0, side)), float(np.clip(box.high_index[axis] + 0.5, 0, side)))
        for axis, side in ((1, rows), (2, columns))
    )
    outline = np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])
    return [(index, outline) for index in range(first, max(first, last) + 1)]


def _common(finding: Finding, name: str, concept: Concept | None) -> dict[str, Any]:
    """Return what every group says: who found what, how, and what a person thinks of it."""
    from highdicom.sr import AlgorithmIdentification, CodedConcept, QualitativeEvaluation, TrackingIdentifier
    from pydicom.sr.codedict import codes

    told = finding.provenance
    families = codes.cid7162
    return {
        "tracking_identifier": TrackingIdentifier(uid=finding.uid, identifier=long_string(name)),
        "finding_type": None if concept is None else coded(concept.type),
        "finding_category": None if concept is None else coded(concept.category),
        "algorithm_id": AlgorithmIdentification(
            name=long_string(str(told.get("plugin", "unknown"))),
            version=long_string(str(told.get("plugin_version", "unknown"))),
            parameters=[f"{key}={text}" for key, text in told_provenance(told).items()],
            family=families.MorphologicalOperations if told.get("classical") else families.ArtificialIntelligence,
        ),
        "qualitative_evaluations": [
            QualitativeEvaluation(CodedConcept(*_STATUS), CodedConcept(*STATUSES[finding.status]))
        ],
    }


def _score(name: tuple[str, str, str], of_class: Any, value: float, image: Any = None) -> Any:
    """Return a score with its class as a modifier, of the whole or of one image."""
    from highdicom.sr import CodeContentItem, ContentSequence, RelationshipTypeValues
    from pydicom.sr.codedict import codes

    made = _measurement(name, value, "1", image)
    is_of = CodeContentItem(codes.DCM.Finding, of_class, RelationshipTypeValues.HAS_CONCEPT_MOD)
    made[0].ContentSequence = ContentSequence([is_of, *made[0].get("ContentSequence", ())])
    return made


def _measurement(name: tuple[str, str, str], value: float, unit: str, image: Any = None) -> Any:
    from highdicom.sr import CodedConcept, Measurement

    return Measurement(
        CodedConcept(*name),
        _kept(value),
        CodedConcept(unit, "UCUM", "no units" if unit == "1" else unit),
        referenced_images=None if image is None else [image],
    )


def _read_number(item: Any) -> tuple[str, float, str]:
    """Return class, value and image of a measurement, the names empty where it has none."""
    of_class, image = "", ""
    for child in item.get("ContentSequence", ()):
        if child.ValueType == "CODE" and child.ConceptNameCodeSequence[0].CodeValue == _FINDING:
            of_class = str(child.ConceptCodeSequence[0].CodeValue)
        elif child.ValueType == "IMAGE":
            image = str(child.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
    return of_class, float(item.MeasuredValueSequence[0].NumericValue), image


def _kept(value: float) -> float:
    """Return the number as a Decimal String of 16 characters holds it."""
    return float(f"{value:.9g}")
