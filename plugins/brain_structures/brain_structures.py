"""Structures of the brain in a T1-weighted MR, by brainchop's MeshNet: nine dilated convolutions and a classifier."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cc3d
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional

from medview.plugin import (
    Context,
    Geometry,
    Labels,
    Reorientation,
    Request,
    converted,
    grid_around,
    load_safetensors,
    load_torchscript,
    resample,
    watched,
)

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
Box = tuple[slice, slice, slice]

_SIDE, _LETTERS = 256, "LIA"  # the grid that MeshNet was trained on: 1 mm, axes to the left, the feet, the front
_DILATIONS = (1, 2, 4, 8, 16, 8, 4, 2, 1)
_HALO = max(_DILATIONS)
_ROUGH_SIDE, _ROUGH_OPERATIONS = 128, 114  # the box network's cube and the operations of its forward pass
_MARGIN_VOXELS = 12
_PLANES = 16  # resampled at a time
_SLAB = 12  # planes computed at a time at most
_LONGEST_S = 0.4  # that they may take
# by number of classes: channels; the value that white matter has in the authors' sample as they scale it; the ceiling.
# They scale by quantiles of the whole image. Where the scalp is bright the brain then comes out too dark, and on a real
# head 3 classes found 26 ml of brain instead of 1,233: the brain itself, roughly known, is the better measure.
_MODELS: Mapping[str, tuple[int, float, float]] = {
    "3": (20, 1.0, np.inf),
    "18": (21, 0.8, 1.0),
    "50": (30, 1.0, np.inf),
}
_WHITE_QUANTILE = 0.9  # of the rough brain's values


def run(request: Request, context: Context) -> Labels:
    """Return the structures on the volume's own grid: computed at 1 mm, each voxel takes the nearest one's label."""
    context.progress(0.0, "Finding the brain")
    with context.stage("box"):
        rough, rough_grid = _rough_brain(request, context)
    empty = np.zeros(request.volume.geometry.shape, dtype=np.uint8)
    if not rough.any():
        return Labels(empty, request.segments)
    with context.stage("conform"):
        where = rough_grid.to_mm(np.argwhere(rough))
        grid = grid_around((where.min(axis=0) + where.max(axis=0)) / 2.0, _LETTERS, _SIDE, 1.0)
        told = _Told(context, 0.1, "Resampling to 1 mm")
        head = _resampled(request.volume.array, request.volume.geometry, grid, "linear", told)
        near = _resampled(rough, rough_grid, grid, "nearest", told)
        box = _box(near)
    classes = str(request.parameters["classes"])
    with context.stage("forward"):
        image = _scaled(head, near, classes, box)
        found = _classes(image, classes, request.weights[f"meshnet_{classes}"], context)
    with context.stage("back"):
        labels = np.zeros(grid.shape, dtype=np.uint8)
        labels[box] = _cleaned(found, near[box])
        told = _Told(context, 0.97, "Bringing the labels to the images")
        labels = _resampled(labels, grid, request.volume.geometry, "nearest", told)
    return Labels(labels, request.segments)


@dataclass(frozen=True)
class _Told:
    """What is said while a step that takes long is done a few planes at a time."""

    context: Context
    fraction: float
    text: str

    def planes(self, count: int) -> Iterator[slice]:
        """Yield planes to do next, telling progress and noticing a cancel before each lot."""
        for start in range(0, count, _PLANES):
            self.context.progress(self.fraction, self.text)
            yield slice(start, min(start + _PLANES, count))


def _resampled(
    array: NDArray[Any], source: Geometry, target: Geometry, how: Literal["nearest", "linear"], told: _Told
) -> NDArray[Any]:
    """Return an array on another grid; beyond labels there is none, beyond an image its lowest value."""
    is_image = how == "linear"
    out = np.empty(target.shape, dtype=np.float32 if is_image else array.dtype)
    outside = float(array.min()) if is_image else 0.0
    for planes in told.planes(target.shape[0]):
        affine = target.affine.copy()
        affine[:3, 3] = target.to_mm((planes.start, 0, 0))
        part = Geometry((planes.stop - planes.start, *target.shape[1:]), affine)
        out[planes] = resample(array, source, part, how, outside)
    return out


def _rough_brain(request: Request, context: Context) -> tuple[BoolArray, Geometry]:
    """Return a coarse brain mask, grown by two voxels, and its grid; deepbet's box network finds it."""
    volume = request.volume
    turn = Reorientation.to(volume.geometry, "RAS")
    turned = turn.geometry(volume.geometry)
    cube, grid = _coarse(turn.apply(volume.array), turned)
    low, high = np.quantile(cube, (0.005, 0.995))
    if high <= low:
        return np.zeros(cube.shape, dtype=np.bool_), grid
    model = load_torchscript(request.weights["box"], context.device)

    def step(fraction: float) -> None:
        context.progress(0.02 + 0.07 * fraction, "Finding the brain")

    with torch.inference_mode(), watched(step, _ROUGH_OPERATIONS):
        scaled = ((torch.from_numpy(cube).to(context.device) - low) / (high - low)).clamp(0.0, 1.0)
        scaled = (scaled - scaled.mean()) / scaled.std() * 0.226 + 0.449
        probability = model(scaled[None, None])[0, 1].float().cpu().numpy()
    rough: BoolArray = cc3d.largest_k(probability > 0.5, k=1, connectivity=26) > 0
    return ndimage.binary_dilation(rough, iterations=2), grid


def _coarse(array: NDArray[Any], geometry: Geometry) -> tuple[FloatArray, Geometry]:
    """Return the array on the box network's cube over the same extent, each voxel taken from the one it lies in."""
    picks = [((np.arange(_ROUGH_SIDE) + 0.5) * (n / _ROUGH_SIDE)).astype(np.intp) for n in array.shape]
    cube: FloatArray = np.nan_to_num(array[np.ix_(*picks)].astype(np.float32))
    scale = np.array(array.shape) / _ROUGH_SIDE
    to_fine = np.diag([*scale, 1.0])
    to_fine[:3, 3] = (scale - 1.0) / 2.0
    return cube, Geometry(cube.shape, geometry.affine @ to_fine)


def _box(mask: BoolArray) -> Box:
    """Return the box around a mask with a margin, within the grid."""
    sides = []
    for axis in range(3):
        inside = np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis})))
        sides.append(slice(max(0, int(inside[0]) - _MARGIN_VOXELS), min(_SIDE, int(inside[-1]) + 1 + _MARGIN_VOXELS)))
    return sides[0], sides[1], sides[2]


def _scaled(head: FloatArray, near: BoolArray, classes: str, box: Box) -> FloatArray:
    """Return the values of the box as the network was trained on them: air 0, white matter its usual value."""
    _, white, ceiling = _MODELS[classes]
    low, high = float(np.quantile(head, 0.02)), float(np.quantile(head[near], _WHITE_QUANTILE))
    scaled: FloatArray = (head[box] - np.float32(low)) * np.float32(white / max(high - low, 1e-6))
    return np.minimum(scaled, np.float32(ceiling))


def _classes(image: FloatArray, classes: str, weights: Path, context: Context) -> NDArray[np.uint8]:
    """Return the most likely class of every voxel of the box."""
    channels = _MODELS[classes][0]
    shapes = _shapes(channels, int(classes))
    tensors = load_safetensors(converted(weights, lambda path: _arrays(path, shapes)))
    tensors = {name: tensor.to(context.device) for name, tensor in tensors.items()}
    depth, height, width = image.shape

    def buffer(channels: int) -> torch.Tensor:
        """Return room with zeros before the first and after the last plane; channels last is twice as fast."""
        shape = (1, channels, depth + 2 * _HALO, height, width)
        room = torch.empty(shape, device=context.device, memory_format=torch.channels_last_3d)
        room[:, :, :_HALO], room[:, :, _HALO + depth :] = 0.0, 0.0
        return room

    with torch.inference_mode():
        source, target = buffer(1), buffer(channels)
        source[0, 0, _HALO : _HALO + depth] = torch.from_numpy(image).to(context.device)
        slab = _SLAB
        for layer, dilation in enumerate(_DILATIONS):
            weight, bias = tensors[f"{layer}.weight"], tensors[f"{layer}.bias"]
            start = 0
            while start < depth:
                done = (layer + start / depth) / (len(_DILATIONS) + 0.5)
                context.progress(0.12 + 0.85 * done, f"Layer {layer + 1} of {len(_DILATIONS)}")
                began_s = time.perf_counter()
                planes = slice(start + _HALO - dilation, min(start + slab, depth) + _HALO + dilation)
                made = functional.conv3d(
                    source[:, :, planes], weight, bias, padding=(0, dilation, dilation), dilation=dilation
                )
                target[:, :, start + _HALO : start + _HALO + made.shape[2]] = functional.elu_(made)
                start += slab
                slab = _next_slab(slab, time.perf_counter() - began_s)
            source, target = target, source if layer else buffer(channels)
        return _most_likely(source[:, :, _HALO : _HALO + depth], tensors, context)


def _next_slab(slab: int, seconds: float) -> int:
    """Return how many planes to compute at a time: on a slow computer fewer, so that a cancel is noticed in time."""
    if seconds > _LONGEST_S:
        return max(1, int(slab * _LONGEST_S / seconds))
    return min(_SLAB, slab + 1)


def _most_likely(features: torch.Tensor, tensors: Mapping[str, torch.Tensor], context: Context) -> NDArray[np.uint8]:
    last = len(_DILATIONS)
    found = np.empty(features.shape[2:], dtype=np.uint8)
    for start in range(0, len(found), _SLAB):
        context.progress(0.93 + 0.04 * start / len(found), "Choosing classes")
        scores = functional.conv3d(
            features[:, :, start : start + _SLAB], tensors[f"{last}.weight"], tensors[f"{last}.bias"]
        )
        found[start : start + _SLAB] = scores[0].argmax(dim=0).to(torch.uint8).cpu().numpy()
    return found


def _shapes(channels: int, classes: int) -> list[tuple[int, ...]]:
    """Return the shapes of brainchop's kernels and biases in the order of its file: (x, y, z, in, out) and (out)."""
    shapes: list[tuple[int, ...]] = []
    for layer in range(len(_DILATIONS)):
        shapes += [(3, 3, 3, channels if layer else 1, channels), (channels,)]
    return [*shapes, (1, 1, 1, channels, classes), (classes,)]


def _arrays(path: Path, shapes: list[tuple[int, ...]]) -> dict[str, NDArray[Any]]:
    """Return the layers of brainchop's file of little-endian float32, kernels turned to torch's (out, in, x, y, z)."""
    values, start, arrays = np.fromfile(path, dtype="<f4"), 0, {}
    for number, shape in enumerate(shapes):
        array = values[start : start + int(np.prod(shape))].reshape(shape)
        start += array.size
        is_kernel = number % 2 == 0
        name = f"{number // 2}.{'weight' if is_kernel else 'bias'}"
        arrays[name] = array.transpose(4, 3, 0, 1, 2) if is_kernel else array
    if start != values.size:
        raise ValueError(f"{path.name} holds {values.size} numbers, not {start}")
    return arrays


def _cleaned(found: NDArray[np.uint8], near: BoolArray) -> NDArray[np.uint8]:
    """Return the labels of the largest piece within the rough brain: scalp and eyes are sometimes taken for brain."""
    brain = cc3d.largest_k((found > 0) & near, k=1, connectivity=6) > 0
    return np.where(brain, found, np.uint8(0))
