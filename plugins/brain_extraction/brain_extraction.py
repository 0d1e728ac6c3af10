"""The brain in a T1-weighted MR, found by deepbet's two networks: one for the box around it, one for the mask in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cc3d
import numpy as np
import torch
from numpy.typing import NDArray

from medview.plugin import Context, Labels, Reorientation, Request, load_torchscript, watched

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
Box = tuple[slice, slice, slice]

_BOX_SIZE, _MASK_SIZE = 128, 256  # what the two networks were trained on
_MARGIN = 0.1  # of the box's size, added at each end
_LEAST_SHARE = 0.02  # of a plane of the small grid: less is not counted as part of the brain's box
_OPERATIONS = 114  # of one forward pass, for the progress


def run(request: Request, context: Context) -> Labels:
    """Return the brain mask on the volume's own grid."""
    turn = Reorientation.to(request.volume.geometry, "RAS")
    context.progress(0.0, "Preparing")
    head: FloatArray = np.nan_to_num(turn.apply(request.volume.array).astype(np.float32))
    mask = _brain(head, request, context)
    context.progress(0.97, "Finishing")
    return Labels(np.ascontiguousarray(turn.undo(mask)).astype(np.uint8), request.segments)


def _brain(head: FloatArray, request: Request, context: Context) -> BoolArray:
    """Return the mask of a head turned to right, front, head."""
    threshold = float(request.parameters["threshold"])
    mask = np.zeros(head.shape, dtype=np.bool_)
    small = _nearest(head, (_BOX_SIZE,) * 3)
    low, high = np.quantile(small, (0.005, 0.995))
    if high <= low:
        return mask
    with context.stage("box"):
        rough = _probability(small, low, high, request.weights["box"], context, (0.02, 0.2)) > 0.5
    if not rough.any():
        return mask
    box = _box(_largest(rough), head.shape)
    with context.stage("mask"):
        inner = _nearest(head[box], (_MASK_SIZE,) * 3)
        fine = _probability(inner, low, high, request.weights["mask"], context, (0.25, 0.9)) > threshold
    with context.stage("cleaning"):
        context.progress(0.92, "Cleaning the mask")
        mask[box] = _nearest(fine, mask[box].shape)
        if mask.any():
            mask[box] = _filled(_largest(mask[box]))
    return mask


def _probability(
    image: FloatArray, low: float, high: float, weights: Path, context: Context, span: tuple[float, float]
) -> FloatArray:
    """Return the brain's probability at each voxel of a cube."""
    start, end = span
    model = load_torchscript(weights, context.device)

    def step(fraction: float) -> None:
        context.progress(start + (end - start) * fraction, "Finding the brain")

    with torch.inference_mode(), watched(step, _OPERATIONS):
        cube = _normalised(torch.from_numpy(image).to(context.device), low, high)
        probability = model(cube[None, None])[0, 1].float().cpu()
    found: FloatArray = probability.numpy()
    return found


def _normalised(image: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Clip to the quantiles, then bring to the mean and deviation that the networks were trained with."""
    scaled = ((image - low) / (high - low)).clamp(0.0, 1.0)
    return (scaled - scaled.mean()) / scaled.std() * 0.226 + 0.449


def _nearest(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return `array` with another number of voxels on the same extent, each taken from the one it lies in."""
    picks = [
        np.minimum(((np.arange(new) + 0.5) * (old / new)).astype(np.intp), old - 1)
        for old, new in zip(array.shape, shape, strict=True)
    ]
    return array[np.ix_(*picks)]


def _box(rough: BoolArray, shape: tuple[int, ...]) -> Box:
    """Return the box of the full grid around the brain of the small grid, with a margin."""
    sides = []
    for axis, full in enumerate(shape):
        share = rough.mean(axis=tuple({0, 1, 2} - {axis}))
        inside = np.flatnonzero(share > min(_LEAST_SHARE, share.max() / 2))
        scale = full / rough.shape[axis]
        centre = np.rint((inside[0] + inside[-1] + 1) / 2 * scale)
        size = np.rint((inside[-1] + 1 - inside[0]) * scale * (1 + 2 * _MARGIN))
        sides.append(slice(max(0, int(centre - size / 2)), min(full, int(centre + size / 2))))
    return sides[0], sides[1], sides[2]


def _largest(mask: BoolArray) -> BoolArray:
    """Return the largest piece of a mask that is not empty."""
    pieces: BoolArray = cc3d.largest_k(mask, k=1, connectivity=26) > 0
    return pieces


def _filled(mask: BoolArray) -> BoolArray:
    """Return the mask with its holes filled: what cannot be reached from outside without crossing it."""
    outside = cc3d.connected_components(np.pad(~mask, 1, constant_values=True), connectivity=6)
    filled: BoolArray = outside[1:-1, 1:-1, 1:-1] != outside[0, 0, 0]
    return filled
