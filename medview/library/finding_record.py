"""A finding as it is kept: what fits JSON in a record, its arrays beside it, bound to the very voxels it was said of.

A record holds no name of a patient: images are named by identifiers, their voxels by a hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from medview.study.finding import (
    ClassScores,
    Concept,
    Curve,
    DerivedImage,
    Finding,
    HeatMap,
    ImageKind,
    MapKind,
    MeasuredValue,
    Payload,
    ScoredBox,
    ScoreKind,
    Status,
)
from medview.study.geometry import Geometry
from medview.study.segmentation import Code, Source

Record = Mapping[str, Any]
Arrays = Mapping[str, NDArray[Any]]
_DAMAGE = (AttributeError, KeyError, TypeError, IndexError, OverflowError)
_ARRAYS: Mapping[type, tuple[str, ...]] = {
    ScoredBox: (),
    MeasuredValue: (),
    ClassScores: ("scores", "slice_indices", "slice_scores"),
    HeatMap: ("array",),
    DerivedImage: ("array",),
    Curve: ("x", "values", "frame_indices"),
}
_KINDS: Mapping[str, type] = {
    "box": ScoredBox,
    "value": MeasuredValue,
    "scores": ClassScores,
    "map": HeatMap,
    "image": DerivedImage,
    "curve": Curve,
}
_IMAGE_TYPES = (np.dtype(np.int16), np.dtype(np.float32))


@dataclass(frozen=True, eq=False)
class KeptRun:
    """What all findings of one run have in common.

    Attributes
    ----------
    threshold
        From which score on a person has chosen to see its boxes; None where nobody has chosen.
    """

    title: str
    source: Source
    geometry: Geometry
    provenance: Record
    threshold: float | None


def is_keepable(finding: Finding) -> bool:
    """Whether this version knows how to keep what a finding says."""
    return type(finding.payload) in _ARRAYS


def arrays_of(finding: Finding) -> dict[str, NDArray[Any]]:
    """Return the arrays of a finding by the names of its payload's attributes; none of a box or a number."""
    payload = finding.payload
    return {name: np.asarray(getattr(payload, name)) for name in _ARRAYS[type(payload)]}


def finding_record(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON can hold it, without its arrays and what its run says of all of them."""
    payload = finding.payload
    kind = next(kind for kind, made in _KINDS.items() if isinstance(payload, made))
    # not asdict: it would copy the arrays
    facts = {name: _plain(value) for name, value in vars(payload).items() if name not in _ARRAYS[type(payload)]}
    judged = {"status": finding.status, "by": finding.edited_by, "at": finding.edited_at}
    return {"run": finding.run_uid, "kind": kind, **judged, "from": float(finding.threshold), "said": facts}


def run_record(finding: Finding, threshold: float | None) -> dict[str, Any]:
    """Return what is kept of the run of a finding."""
    geometry = finding.geometry
    return {
        "title": finding.title,
        "threshold": threshold,
        "source": asdict(finding.source),
        "shape": list(geometry.shape),
        "affine": geometry.affine.ravel().tolist(),
        "frame_of_reference": geometry.frame_of_reference_uid,
        "known": [geometry.has_spacing, geometry.has_orientation, geometry.has_depth],
        "provenance": _plain(finding.provenance),
    }


def needs_arrays(record: Record) -> bool:
    """Whether arrays belong to a record; ValueError where it is damaged."""
    try:
        return bool(_ARRAYS[_KINDS[record["kind"]]])
    except _DAMAGE as error:
        raise ValueError("a damaged record") from error


def kept_run(record: Record) -> KeptRun:
    """Return what a run's record says; ValueError where it is damaged."""
    try:
        spacing, orientation, depth = (bool(known) for known in record["known"])
        affine = np.array(record["affine"], dtype=np.float64).reshape(4, 4)
        slices, rows, columns = (int(n) for n in record["shape"])
        frame = _text(record["frame_of_reference"])
        geometry = Geometry((slices, rows, columns), affine, frame, spacing, orientation, depth)
        source = Source(**{name: _text(value) for name, value in record["source"].items()})
        threshold = record.get("threshold")
        return KeptRun(
            _text(record["title"]),
            source,
            geometry,
            dict(record["provenance"]),
            None if threshold is None else _number(threshold),
        )
    except _DAMAGE as error:
        raise ValueError("a damaged record") from error


def kept_finding(uid: str, record: Record, run: KeptRun, arrays: Arrays) -> Finding:
    """Return a finding as it was kept.

    Raises
    ------
    ValueError
        The record or its arrays are damaged, or do not fit the images.
    """
    try:
        payload = _PAYLOADS[record["kind"]](record["said"], arrays, run.geometry)
        at = _text(record.get("at", ""))
        if at:
            datetime.fromisoformat(at)
        return Finding(
            uid,
            _text(record["run"]),
            run.title,
            payload,
            run.geometry,
            run.source,
            run.provenance,
            status=cast(Status, _one_of(record["status"], Status)),
            threshold=_number(record["from"]),
            edited_by=_text(record.get("by", "")),
            edited_at=at,
        )
    except _DAMAGE as error:
        raise ValueError("a damaged record") from error


def _box(said: Record, arrays: Arrays, geometry: Geometry) -> ScoredBox:
    low, high = (tuple(_number(n) for n in said[side]) for side in ("low_index", "high_index"))
    if len(low) != 3 or len(high) != 3:
        raise ValueError("no box")
    return ScoredBox(_concept(said["concept"]), _number(said["score"]), low, high)


def _value(said: Record, arrays: Arrays, geometry: Geometry) -> MeasuredValue:
    return MeasuredValue(_concept(said["concept"]), _number(said["value"]), _text(said["unit"]))


def _scores(said: Record, arrays: Arrays, geometry: Geometry) -> ClassScores:
    concepts = tuple(_concept(one) for one in said["concepts"])
    scores = _numbers(arrays, "scores", (len(concepts),))
    places = _places(arrays, "slice_indices", geometry)
    # where there are no slices, the table has no columns either
    by_slice = arrays["slice_scores"]
    if len(places) or by_slice.size:
        by_slice = _numbers(arrays, "slice_scores", (len(places), len(concepts)))
    thresholds = tuple(_number(n) for n in said["thresholds"])
    bands = tuple((_number(low), _number(high)) for low, high in said["bands"])
    if any(len(one) not in (0, len(concepts)) for one in (thresholds, bands)):
        raise ValueError("not one for each class")
    kind = cast(ScoreKind, _one_of(said["kind"], ScoreKind))
    return ClassScores(concepts, scores, kind, places, by_slice, thresholds, bands)


def _map(said: Record, arrays: Arrays, geometry: Geometry) -> HeatMap:
    concept = None if said["concept"] is None else _concept(said["concept"])
    array = arrays["array"]
    if array.dtype != np.uint8 or array.shape != geometry.shape:
        raise ValueError("no map")
    return HeatMap(_text(said["title"]), array, cast(MapKind, _one_of(said["kind"], MapKind)), concept)


def _image(said: Record, arrays: Arrays, geometry: Geometry) -> DerivedImage:
    array = arrays["array"]
    if array.dtype not in _IMAGE_TYPES or array.shape != geometry.shape:
        raise ValueError("no images")
    kind = cast(ImageKind, _one_of(said["kind"], ImageKind))
    # marked where in doubt: what was never measured must not pass for an image
    synthetic = said["is_synthetic"] is not False
    return DerivedImage(_text(said["title"]), array, kind, _text(said["unit"]), synthetic)


def _curve(said: Record, arrays: Arrays, geometry: Geometry) -> Curve:
    count = len(arrays["x"])
    x, values = _numbers(arrays, "x", (count,)), _numbers(arrays, "values", (count,))
    frames = _places(arrays, "frame_indices", geometry)
    if len(frames) not in (0, count):
        raise ValueError("no curve")
    marks = tuple((_text(name), _number(at)) for name, at in said["marks"])
    return Curve(_text(said["title"]), x, values, _text(said["x_unit"]), _text(said["unit"]), marks, frames)


_PAYLOADS: Mapping[str, Callable[[Record, Arrays, Geometry], Payload]] = {
    "box": _box,
    "value": _value,
    "scores": _scores,
    "map": _map,
    "image": _image,
    "curve": _curve,
}


def _plain(value: Any) -> Any:
    """Return a value of plain types: numpy's numbers as Python's, a concept or code as the table of its attributes."""
    if isinstance(value, Concept | Code):
        return {name: _plain(inner) for name, inner in vars(value).items()}
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)  # JSON has no such numbers
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _concept(record: Record) -> Concept:
    red, green, blue = (min(max(int(n), 0), 255) for n in record["colour"])
    category, kind = (Code(**{k: _text(v) for k, v in record[part].items()}) for part in ("category", "type"))
    return Concept(_text(record["id"]), _text(record["label"]), (red, green, blue), category, kind)


def _numbers(arrays: Arrays, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    array = arrays[name]
    if array.shape != shape or array.dtype.kind not in "fiu":
        raise ValueError(f"{name} does not fit")
    return array


def _places(arrays: Arrays, name: str, geometry: Geometry) -> NDArray[np.int64]:
    """Return slices or frames that values belong to; ValueError where there are none such."""
    places = arrays[name]
    is_whole = not places.size or places.dtype.kind in "iu"
    if places.ndim != 1 or not is_whole or ((places < 0) | (places >= geometry.shape[0])).any():
        raise ValueError("no places")
    return places.astype(np.int64, copy=False)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(float(value)):
        raise ValueError("no number")
    return float(value)


def _one_of(value: Any, kinds: Any) -> str:
    if value not in get_args(kinds):
        raise ValueError("an unknown kind")
    return str(value)
