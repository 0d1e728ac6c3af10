"""result.json: what a run has found, in figures, and how it was made. No patient's name is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.imaging.statistics import SegmentStatistics, segment_statistics
from medview.study.segmentation import Segment, Segmentation


def result_data(segmentation: Segmentation) -> dict[str, Any]:
    """Return a segmentation in figures: voxels, ml and centroid (LPS mm) by segment, provenance, source.

    What the images do not tell is None: the affine, too, where no single one says where the slices lie.
    """
    numbers = tuple(segment.number for segment in segmentation.segments)
    measured = segment_statistics(segmentation.labels, segmentation.geometry, numbers)
    rows = [_row(*pair) for pair in zip(segmentation.segments, measured, strict=True)]
    source = segmentation.source
    return {
        "name": segmentation.name,
        "segments": rows,
        "edits": segmentation.edits,
        "geometry": {
            "shape": list(segmentation.geometry.shape),
            "affine_lps": segmentation.geometry.affine.tolist() if segmentation.geometry.is_placed else None,
            "axes": "affine takes (slice, row, column, 1) to LPS mm",
        },
        "source": {
            "study_instance_uid": source.study_instance_uid,
            "series_instance_uid": source.series_instance_uid,
            "sop_sha256": source.sop_hash,
        },
        "provenance": dict(segmentation.provenance),
    }


def write_result(data: Mapping[str, Any], path: Path) -> None:
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
