"""result.json: what a run has found, in figures, and how it was made. No patient's name is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.imaging.statistics import SegmentStatistics, segment_statistics
from medview.study.finding import ClassScores, Curve, Finding, HeatMap, MeasuredValue, ScoredBox
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Segmentation, Source


def result_data(segmentation: Segmentation) -> dict[str, Any]:
    """Return a segmentation in figures: voxels, ml and centroid (LPS mm) by segment, provenance, source.

    What the images do not tell is None: the affine, too, where no single one says where the slices lie.
    """
    numbers = tuple(segment.number for segment in segmentation.segments)
    measured = segment_statistics(segmentation.labels, segmentation.geometry, numbers)
    rows = [_row(*pair) for pair in zip(segmentation.segments, measured, strict=True)]
    return {
        "name": segmentation.name,
        "segments": rows,
        "edits": segmentation.edits,
        **place_data(segmentation.geometry, segmentation.source),
        "provenance": {**segmentation.provenance, **(_edited(segmentation) if segmentation.edits else {})},
    }


def place_data(geometry: Geometry, source: Source) -> dict[str, Any]:
    """Return of which images a result is, and where their voxels lie: None where no single affine says so."""
    return {
        "geometry": {
            "shape": list(geometry.shape),
            "affine_lps": geometry.affine.tolist() if geometry.is_placed else None,
            "axes": "affine takes (slice, row, column, 1) to LPS mm",
        },
        "source": {
            "study_instance_uid": source.study_instance_uid,
            "series_instance_uid": source.series_instance_uid,
            "sop_sha256": source.sop_hash,
        },
    }


def _edited(made: Segmentation | Finding) -> dict[str, str]:
    """Return who changed or judged it last, and when."""
    return {"edited_by": made.edited_by, "edited_at": made.edited_at} if made.edited_at else {}


def write_result_file(data: Mapping[str, Any], path: Path) -> None:
    """Write data as JSON, read it back and compare; MedViewError where it cannot be written."""
    text = json.dumps(data, indent=2, ensure_ascii=False, default=str) + "\n"
    with written_whole(path) as beside:
        beside.write_text(text, encoding="utf-8")
        if beside.read_text(encoding="utf-8") != text:
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=path.name)


def _row(segment: Segment, measured: SegmentStatistics) -> dict[str, Any]:
    return {
        "number": segment.number,
        "label": segment.label,
        "voxels": measured.voxels,
        "ml": None if measured.ml is None else round(measured.ml, 3),
        "centroid_lps_mm": None if measured.centroid_mm is None else [round(x, 3) for x in measured.centroid_mm],
        "code": f"{segment.type.value} {segment.type.scheme} {segment.type.meaning}",
        "colour": list(segment.colour),
        "algorithm": segment.algorithm,
    }


def findings_data(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return what a model said beside labels, one row for each thing, without voxels."""
    return [{"uid": f.uid, "status": f.status, **_edited(f), **_payload_data(f)} for f in findings]


def _payload_data(finding: Finding) -> dict[str, Any]:
    payload, geometry = finding.payload, finding.geometry
    if isinstance(payload, ScoredBox):
        return {**_box_data(payload, geometry), "threshold": finding.threshold}
    if isinstance(payload, ClassScores):
        return {
            "type": "scores",
            "kind": payload.kind,
            "scores": {c.id: float(s) for c, s in zip(payload.concepts, payload.scores, strict=True)},
            "labels": {c.id: c.label for c in payload.concepts},
            "slices": [
                {"index": int(index), "scores": [float(s) for s in row]}
                for index, row in zip(payload.slice_indices, payload.slice_scores, strict=False)
            ],
            "bands": [list(band) for band in payload.bands],
        }
    if isinstance(payload, MeasuredValue):
        named = {"id": payload.concept.id, "label": payload.concept.label}
        return {"type": "measurement", **named, "value": payload.value, "unit": payload.unit}
    if isinstance(payload, Curve):
        told = {
            "x": payload.x.tolist(),
            "values": payload.values.tolist(),
            "x_unit": payload.x_unit,
            "unit": payload.unit,
        }
        return {"type": "curve", "title": payload.title, **told, "marks": dict(payload.marks)}
    if isinstance(payload, HeatMap):
        return {"type": "heat_map", "title": payload.title, "kind": payload.kind}
    return {
        "type": "image",
        "title": payload.title,
        "kind": payload.kind,
        "unit": payload.unit,
        "is_synthetic": payload.is_synthetic,
    }


def _box_data(box: ScoredBox, geometry: Geometry) -> dict[str, Any]:
    """Return a box in indices and, where the images say where they lie, in mm."""
    placed, sized = geometry.is_placed, geometry.has_spacing and geometry.has_depth
    return {
        "type": "box",
        "id": box.concept.id,
        "label": box.concept.label,
        "score": box.score,
        "low_index": list(box.low_index),
        "high_index": list(box.high_index),
        "centre_lps_mm": [round(float(x), 3) for x in box.centre_mm(geometry)] if placed else None,
        "size_mm": [round(x, 3) for x in box.size_mm(geometry)] if sized else None,
    }
