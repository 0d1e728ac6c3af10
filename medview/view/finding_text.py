"""Findings in words: what each says, and what its numbers are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from medview.errors import Sentence
from medview.study.finding import (
    ClassScores,
    Curve,
    DerivedImage,
    Finding,
    HeatMap,
    MapKind,
    MeasuredValue,
    ScoredBox,
    ScoreKind,
    Status,
)
from medview.study.patient_name import patient_name

STATUS_TITLES: Mapping[Status, Sentence] = {
    "proposed": Sentence("Proposed"),
    "accepted": Sentence("Accepted"),
    "rejected": Sentence("Rejected"),
    "edited": Sentence("Corrected"),
}
MAP_TITLES: Mapping[MapKind, Sentence] = {
    "saliency": Sentence("AI saliency"),
    "uncertainty": Sentence("AI uncertainty"),
    "probability": Sentence("AI probability map"),
}
MAP_MEANINGS: Mapping[MapKind, Sentence] = {
    "saliency": Sentence("Where the model looked. Relative: it is no probability and no outline."),
    "uncertainty": Sentence("How unsure the model is, from 0 to 1."),
    "probability": Sentence("What the model gives each voxel, from 0 to 1; it was not calibrated."),
}
SCORE_MEANINGS: Mapping[ScoreKind, Sentence] = {
    "softmax": Sentence("Raw scores (softmax), not probabilities"),
    "sigmoid": Sentence("Raw scores (sigmoid), not probabilities"),
    "logit": Sentence("Raw scores (logits), not probabilities"),
    "calibrated": Sentence("Calibrated probabilities"),
}


def finding_name(finding: Finding) -> Sentence:
    """Return what a finding is called in a list."""
    return _NAMES[type(finding.payload)](finding)


def judged_text(finding: Finding) -> Sentence:
    """Return what a person thinks of a finding, and where it is known who that was and when."""
    status = STATUS_TITLES[finding.status]
    if finding.status == "proposed" or not finding.edited_by:
        return status
    name, time = patient_name(finding.edited_by), _local(finding.edited_at)
    return Sentence("{status} by {name}, {time}", {"status": status, "name": name, "time": time})


def box_text(box: ScoredBox) -> Sentence:
    """Return what is written beside a box: "AI Nodule 0.83"."""
    return Sentence("AI {name} {score}", {"name": Sentence(box.concept.label), "score": f"{box.score:.2f}"})


def score_of(finding: Finding) -> float | None:
    """Return the number that findings are sorted by: of scores the highest; None where there is none."""
    payload = finding.payload
    if isinstance(payload, ScoredBox):
        return payload.score
    return float(payload.scores.max()) if isinstance(payload, ClassScores) and len(payload.scores) else None


def slice_of(finding: Finding) -> int | None:
    """Return the index of the slice in the middle of a box; None of what lies on no slice in particular."""
    box = finding.payload
    return round((box.low_index[0] + box.high_index[0]) / 2.0) if isinstance(box, ScoredBox) else None


def size_text(finding: Finding) -> str:
    """Return how large a box is, columns, rows and, where their distance is known, slices in mm; "" without a size."""
    if not isinstance(finding.payload, ScoredBox) or not finding.geometry.has_spacing:
        return ""
    slices, rows, columns = finding.payload.size_mm(finding.geometry)
    return f"{columns:.0f}×{rows:.0f}" + (f"×{slices:.0f}" if finding.geometry.has_depth else "")


def _local(time: str) -> str:
    """Return a time as it is kept in that of the person's clock."""
    return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M}" if time else ""


def _of_box(finding: Finding) -> Sentence:
    assert isinstance(finding.payload, ScoredBox)
    return Sentence(finding.payload.concept.label)


def _of_scores(finding: Finding) -> Sentence:
    scores = finding.payload
    assert isinstance(scores, ClassScores)
    if not len(scores.scores):
        return Sentence(finding.title)
    return Sentence("No class reaches its threshold" if scores.named is None else scores.named.label)


def _of_map(finding: Finding) -> Sentence:
    payload = finding.payload
    assert isinstance(payload, HeatMap)
    return Sentence("{kind}: {name}", {"kind": MAP_TITLES[payload.kind], "name": Sentence(payload.title)})


def _of_value(finding: Finding) -> Sentence:
    payload = finding.payload
    assert isinstance(payload, MeasuredValue)
    facts: dict[str, object] = {"name": Sentence(payload.concept.label), "value": f"{payload.value:.4g}"}
    return Sentence("{name}: {value} {unit}", facts | {"unit": payload.unit})


def _titled(finding: Finding) -> Sentence:
    payload = finding.payload
    assert isinstance(payload, (DerivedImage, Curve))
    return Sentence(payload.title)


_NAMES: Mapping[type, Callable[[Finding], Sentence]] = {
    ScoredBox: _of_box,
    ClassScores: _of_scores,
    HeatMap: _of_map,
    DerivedImage: _titled,
    Curve: _titled,
    MeasuredValue: _of_value,
}
