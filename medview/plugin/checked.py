"""Hold what a plugin has given against what its manifest declares: what breaks the contract is not kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medview.plugin.contract import ANSWER_TYPES, Answer, Labels, Parameter, Partial
from medview.plugin.plugin_fault_error import NothingFoundError, PluginFaultError
from medview.study.finding import Boxes, ClassScores, Concept, Curve, DerivedImage, HeatMap, MeasuredValue
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment
from medview.study.spatial_transform import SpatialTransform

if TYPE_CHECKING:
    from medview.plugin.manifest.manifest import Manifest
    from medview.plugin.manifest.output_record import Output

_OUTPUT_TYPES = {answer: name for name, answer in ANSWER_TYPES.items()}
_MOST_BOXES = 10_000


def checked(
    given: object, manifest: Manifest, parameters: Mapping[str, Parameter], geometry: Geometry
) -> tuple[Answer, ...]:
    """Return the answers of a run; of labels only the segments that have voxels.

    Raises
    ------
    PluginFaultError
        An answer has another type, shape, class or number than the manifest declares, or holds values that are no
        numbers.
    NothingFoundError
        There is no label, and no other answer; empty labels beside others are left out.
    """
    answers = given if isinstance(given, tuple) else (given,)
    if not answers:
        raise _wrong(manifest, "nothing")
    if sum(isinstance(answer, Labels) for answer in answers) > 1:
        raise _wrong(manifest, "labels twice")
    kept: list[Answer] = []
    for answer in answers:
        try:
            kept.append(_checked(answer, manifest, parameters, geometry))
        except NothingFoundError:  # what else was said is not lost for it
            if len(answers) == 1:
                raise
    return tuple(kept)


def _checked(answer: Any, manifest: Manifest, parameters: Mapping[str, Parameter], geometry: Geometry) -> Answer:
    kind = _OUTPUT_TYPES.get(type(answer))
    if kind is None:
        raise _wrong(manifest, f"an answer of type {type(answer).__name__}")
    outputs = manifest.outputs_of(parameters, kind)
    if not outputs:
        raise _wrong(manifest, f"an answer of type {kind} that its manifest does not declare")
    if isinstance(answer, Labels):
        return _labels(answer, manifest, manifest.segments(parameters), geometry)
    if isinstance(answer, HeatMap | DerivedImage):
        _check_array(answer, manifest, geometry)
        _check_meaning(answer, manifest, outputs[0])
        return _as_declared(answer, outputs[0])
    _check_numbers(answer, manifest, {c.concept() for output in outputs for c in output.concepts}, geometry)
    checked_answer: Answer = _as_told(answer, outputs) if isinstance(answer, ClassScores) else answer
    return checked_answer


def _labels(answer: Labels, manifest: Manifest, declared: tuple[Segment, ...], geometry: Geometry) -> Labels:
    if answer.array.shape != geometry.shape or answer.array.dtype not in (np.uint8, np.uint16):
        raise _wrong(manifest, f"labels of shape {answer.array.shape} and type {answer.array.dtype}")
    present = _numbers_in(answer.array) - {0}
    if not set(answer.segments) <= set(declared) or not present <= {s.number for s in answer.segments}:
        raise _wrong(manifest, f"labels {sorted(present)} that its manifest does not declare")
    if not present:
        raise NothingFoundError(
            "{plugin} found nothing in these images.",
            "Check that the series shows the body part it is made for: {use}",
            plugin=manifest.name,
            use=manifest.intended_use,
        )
    return Labels(answer.array, tuple(segment for segment in answer.segments if segment.number in present))


def _numbers_in(labels: NDArray[Any]) -> set[int]:
    """Return which numbers occur; slice by slice, since numpy widens what it counts to 64 bits."""
    counts = np.zeros(1 << 8 * labels.dtype.itemsize, dtype=np.int64)
    for plane in labels:
        counts += np.bincount(plane.ravel(), minlength=len(counts))
    return {int(number) for number in np.flatnonzero(counts)}


def _check_array(answer: HeatMap | DerivedImage, manifest: Manifest, geometry: Geometry) -> None:
    allowed: tuple[type, ...] = (np.uint8,) if isinstance(answer, HeatMap) else (np.int16, np.float32)
    if answer.array.shape != geometry.shape or answer.array.dtype not in allowed:
        raise _wrong(manifest, f"an image of shape {answer.array.shape} and type {answer.array.dtype}")
    if not all_finite(answer.array):
        raise _wrong(manifest, "an image with values that are no numbers")


def _check_meaning(answer: HeatMap | DerivedImage, manifest: Manifest, output: Output) -> None:
    """Refuse a unit or a class that is not what the manifest says of it; a map may be of what no output is about."""
    if isinstance(answer, DerivedImage) and output.unit and answer.unit != output.unit:
        raise _wrong(manifest, f"an image in {answer.unit or 'no unit'} where its manifest says {output.unit}")
    if isinstance(answer, HeatMap) and answer.concept is not None:
        known = {c.id: c.concept() for one in manifest.outputs for c in one.concepts}
        if known.get(answer.concept.id, answer.concept) != answer.concept:
            raise _wrong(manifest, f"a map of {answer.concept.id} that its manifest calls another thing")


def _as_declared(answer: HeatMap | DerivedImage, output: Output) -> HeatMap | DerivedImage:
    """Return the answer under the kind that the manifest gives it: a plugin cannot unsay "synthetic" at run time."""
    if isinstance(answer, HeatMap):
        return replace(answer, kind=output.map_kind)
    return replace(answer, kind=output.image_kind, is_synthetic=output.is_synthetic or answer.is_synthetic)


def _as_told(answer: ClassScores, outputs: Sequence[Output]) -> ClassScores:
    """Return scores as what the manifest calls them: that they are probabilities cannot be claimed at run time."""
    used = {concept.id for concept in answer.concepts}
    output = next((o for o in outputs if used <= {c.id for c in o.concepts}), outputs[0])
    levels = {c.id: c.threshold for c in output.concepts}
    told = [level for c in answer.concepts if (level := levels.get(c.id)) is not None]
    thresholds = tuple(told) if len(told) == len(answer.concepts) else ()
    bands = answer.bands if output.scores == "calibrated" and len(answer.bands) == len(answer.concepts) else ()
    return replace(answer, kind=output.scores, thresholds=thresholds, bands=bands)


def checked_partial(given: object, manifest: Manifest, geometry: Geometry) -> Partial:
    """Return finished slices of a run that goes on; PluginFaultError where they are none of the images'."""
    array: Any = given.array if isinstance(given, Partial) else None  # what a plugin has put there
    if isinstance(given, Partial) and isinstance(array, np.ndarray) and array.ndim == 3:
        fits = array.shape[1:] == geometry.shape[1:] and array.dtype in (np.uint8, np.uint16)
        largest = max((s.number for output in manifest.outputs for s in output.segments), default=0)
        if fits and 0 <= given.first_slice <= geometry.shape[0] - len(array) and array.max(initial=0) <= largest:
            return given
    raise _wrong(manifest, "finished slices that do not fit the images")


def _check_numbers(answer: object, manifest: Manifest, declared: set[Concept], geometry: Geometry) -> None:
    if isinstance(answer, Boxes) and len(answer.boxes) > _MOST_BOXES:
        raise _wrong(manifest, f"{len(answer.boxes)} boxes, more than anybody can review")
    used = set(_concepts(answer))  # as a whole: a label or a code of its own would be another class
    if not used <= declared:
        raise _wrong(manifest, f"classes {sorted({c.id for c in used - declared})} that its manifest does not declare")
    if isinstance(answer, MeasuredValue) and not answer.unit:
        raise _wrong(manifest, "a value without a unit")
    if not all(np.all(np.isfinite(numbers)) for numbers in _numbers(answer)):
        raise _wrong(manifest, "values that are no numbers")
    if not _is_shaped(answer, geometry):
        raise _wrong(manifest, "numbers that do not fit the images")
    if isinstance(answer, SpatialTransform) and np.linalg.det(answer.matrix[:3, :3]) <= 0.0:
        raise _wrong(manifest, "a transform that exchanges left and right")


def _concepts(answer: object) -> tuple[Concept, ...]:
    if isinstance(answer, Boxes):
        return tuple(box.concept for box in answer.boxes)
    if isinstance(answer, ClassScores):
        return answer.concepts
    return (answer.concept,) if isinstance(answer, MeasuredValue) else ()


def _numbers(answer: object) -> tuple[Any, ...]:
    if isinstance(answer, ClassScores):
        return answer.scores, answer.slice_scores
    if isinstance(answer, Curve):
        return answer.x, answer.values, [place for _, place in answer.marks]
    if isinstance(answer, Boxes):
        return (answer.threshold,)
    if isinstance(answer, SpatialTransform):
        vectors = answer.displacement.vectors if answer.displacement is not None else 0.0
        return answer.before, answer.after, vectors
    return (answer.value,) if isinstance(answer, MeasuredValue) else ()


def _is_shaped(answer: object, geometry: Geometry) -> bool:
    if isinstance(answer, Boxes):
        last = np.array(geometry.shape) - 0.5
        return all(np.all(np.array(b.low_index) < last) and np.all(np.array(b.high_index) > -0.5) for b in answer.boxes)
    if isinstance(answer, ClassScores):
        classes, indices = len(answer.concepts), answer.slice_indices
        inside = bool(np.all((indices >= 0) & (indices < geometry.shape[0])))
        per_slice = answer.slice_scores.shape == (len(indices), classes) or not len(indices)
        return answer.scores.shape == (classes,) and inside and per_slice
    if isinstance(answer, Curve):
        frames = answer.frame_indices
        leads = bool(np.all((frames >= 0) & (frames < geometry.shape[0]))) and len(frames) in (0, len(answer.x))
        return answer.x.shape == answer.values.shape and answer.x.ndim == 1 and leads
    return True


def all_finite(array: NDArray[Any]) -> bool:
    """Whether no value is NaN or infinite; slice by slice, so that no second volume is made."""
    return array.dtype.kind in "iu" or all(bool(np.isfinite(plane).all()) for plane in array)


def _wrong(manifest: Manifest, what: str) -> PluginFaultError:
    return PluginFaultError(
        "{plugin} gave back {what}: a fault of the plugin, and nothing was kept.",
        "Report it to the plugin's authors.",
        plugin=manifest.name,
        what=what,
    )
