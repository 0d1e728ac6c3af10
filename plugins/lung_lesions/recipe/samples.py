"""Pieces of chests with lesions drawn into them, and what the network should say of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from plugins.lung_lesions.lung_lesions import GRID_MM, HEAT_STRIDE, FloatArray, Mask, channels
from plugins.lung_lesions.recipe.case import Case, Truth
from plugins.lung_lesions.recipe.synthesis import Stamp, draw_stamp, drawn_size_mm, lay, transplant

PATCH = (20, 80, 80)
_STEPS, _STRIDE = np.array(GRID_MM), np.array(HEAT_STRIDE)
_OFFSET_MM, _SIZE_MM = 10.0, 20.0  # as in lung_lesions


@dataclass(frozen=True, eq=False)
class Sample:
    """What the network is shown, and what it should answer.

    Attributes
    ----------
    image
        (2, *PATCH).
    heat
        On the network's coarser grid, 1 at a lesion's centre.
    numbers
        (6, ...) centre offset and log size, right where `near` is above 0.
    near
        Weight of `numbers`.
    counted
        1 where the heat counts; 0 in a real lesion whose middle lies outside the piece.
    """

    image: FloatArray
    heat: FloatArray
    numbers: FloatArray
    near: FloatArray
    counted: FloatArray


def draw_sample(random: Generator, case: Case) -> Sample:
    """Return a random piece of a case, at a real lesion (one in five) or anywhere in the cavity; lesions drawn in."""
    chest = case.chest
    start = _start(random, case)
    place = tuple(slice(int(s), int(s) + n) for s, n in zip(start, PATCH, strict=True))
    hu = np.array(chest.hu[place])
    lung = lung_share(chest.lungs[place])
    real = [Truth(truth.centre - start, truth.size) for truth in case.truths]
    truths = [truth for truth in real if _is_within(truth)]
    counted = _counted([truth for truth in real if not _is_within(truth)])
    for _ in range(int(random.choice(4, p=[0.2, 0.4, 0.25, 0.15]))):
        truth = insert(random, case, hu, lung, real + truths)
        truths += [truth] if truth is not None else []
    heat, numbers, near = _targets(truths)
    return Sample(channels(_varied(random, hu)).astype(np.float32), heat, numbers, near, counted)


def insert(random: Generator, case: Case, hu: FloatArray, lung: FloatArray, others: list[Truth]) -> Truth | None:
    """Draw one lesion, or a real one from elsewhere in the case, into `hu` in place; None where no place was met."""
    stamp = transplant(random, case) if random.random() < 0.2 else None
    stamp = stamp if stamp is not None else draw_stamp(random, drawn_size_mm(random), case)
    return place_stamp(random, stamp, hu, lung, others)


def place_stamp(random: Generator, stamp: Stamp, hu: FloatArray, lung: FloatArray, others: list[Truth]) -> Truth | None:
    """Lay a stamp somewhere into the lung, in place, away from `others`; None where no fair place was met."""
    margin = np.minimum(np.array(hu.shape) // 8, (2, 8, 8))
    inner = tuple(slice(int(m), n - int(m)) for m, n in zip(margin, hu.shape, strict=True))
    places = np.argwhere(lung[inner] > 0.5)
    size = np.array(stamp.share.shape)
    for _ in range(4 if len(places) else 0):
        at = places[int(random.integers(len(places)))] + margin
        if all((np.abs(at - other.centre) > (size + other.size) / 2).any() for other in others):
            truth = lay(random, stamp, hu, lung, at)
            if truth is not None:
                return truth
    return None


def lung_share(lungs: Mask) -> FloatArray:
    """Return how much of each voxel a lesion may fill: the lungs up to their very edge, so that no gap is left."""
    grown = ndimage.binary_dilation(lungs, np.ones((1, 3, 3)))
    share: FloatArray = ndimage.gaussian_filter(grown.astype(np.float32), (0.3, 0.6, 0.6))
    return share


def _start(random: Generator, case: Case) -> NDArray[np.int64]:
    shape = np.array(case.chest.hu.shape)
    if case.truths and random.random() < 0.2:
        middle = case.truths[int(random.integers(len(case.truths)))].centre
    else:
        inside = case.chest.lungs if random.random() < 0.6 else case.chest.cavity
        slices = np.flatnonzero(inside.any(axis=(1, 2)))
        index = int(slices[int(random.integers(len(slices)))])
        flat = np.argwhere(inside[index])
        middle = np.array([index, *flat[int(random.integers(len(flat)))]])
    start = np.rint(middle - np.array(PATCH) / 2 + random.uniform(-0.3, 0.3, size=3) * PATCH)
    # an even start: the heat map's voxels lie on even voxels of the grid
    return np.clip(start, 0, shape - PATCH).astype(np.int64) // 2 * 2


def _is_within(truth: Truth) -> bool:
    return bool(((truth.centre > 1) & (truth.centre < np.array(PATCH) - 2)).all())


def _counted(outside: list[Truth]) -> FloatArray:
    counted = np.ones(np.array(PATCH) // _STRIDE, dtype=np.float32)
    for truth in outside:
        low = np.floor((truth.centre - truth.size / 2) / _STRIDE).astype(int)
        high = np.ceil((truth.centre + truth.size / 2) / _STRIDE).astype(int) + 1
        counted[tuple(slice(max(0, int(a)), max(0, int(b))) for a, b in zip(low, high, strict=True))] = 0.0
    return counted


def _targets(truths: list[Truth]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return heat, numbers and their weight."""
    shape = tuple(int(n) for n in np.array(PATCH) // _STRIDE)
    heat = np.zeros(shape, dtype=np.float32)
    numbers = np.zeros((6, *shape), dtype=np.float32)
    places = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1) * _STRIDE
    for truth in truths:
        away = (truth.centre - places) * _STEPS
        size_mm = truth.size * _STEPS
        bell = np.exp(-0.5 * ((away / np.maximum(size_mm / 7.0, (3.0, 2.25, 2.25))) ** 2).sum(axis=-1))
        bell[np.unravel_index(bell.argmax(), shape)] = 1.0
        wins = bell > heat
        heat[wins] = bell[wins]
        values = np.concatenate([away / _OFFSET_MM, np.broadcast_to(np.log(size_mm / _SIZE_MM), away.shape)], axis=-1)
        numbers[:, wins] = values[wins].T
    return heat, numbers, np.where(heat > 0.4, heat, 0.0).astype(np.float32)


def _varied(random: Generator, hu: FloatArray) -> FloatArray:
    """Return the piece as another scanner might show it: kernel, noise, calibration."""
    if random.random() < 0.5:
        soft = ndimage.gaussian_filter(hu, (0.0, 0.8, 0.8))
        hu = hu + random.uniform(-0.6, 0.8) * (hu - soft)
    if random.random() < 0.5:
        grain = ndimage.gaussian_filter(random.normal(size=hu.shape).astype(np.float32), (0.4, 0.6, 0.6))
        hu = hu + grain / grain.std() * random.uniform(0, 35)
    return hu * random.uniform(0.97, 1.03) + random.uniform(-20, 20)
