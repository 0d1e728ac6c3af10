"""Lesions drawn into lung: solid, part-solid, ground glass, spiculated, lobulated, hollow, also at the pleura."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from plugins.lung_lesions.lung_lesions import GRID_MM, FloatArray
from plugins.lung_lesions.recipe.case import Case, Truth, truth_of

_LEAST_MM3 = 30.0  # of a lesion that can be seen at all on this grid
_STEPS = np.array(GRID_MM)


@dataclass(frozen=True, eq=False)
class Stamp:
    """What is laid over the lung: how much of each voxel (0 to 1), and its Hounsfield units; odd sides."""

    share: FloatArray
    hu: FloatArray


def drawn_size_mm(random: Generator) -> float:
    """Return a diameter: 4 to 40 mm, each doubling as likely as another; one in six a mass of up to 80 mm."""
    low, high = (35.0, 80.0) if random.random() < 0.17 else (4.0, 40.0)
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def draw_stamp(random: Generator, diameter_mm: float, case: Case) -> Stamp:
    """Return a lesion of a random kind as slices of the case's thickness would show it."""
    fine = np.array([1.0 if diameter_mm < 30 else 2.0, *((0.75, 0.75) if diameter_mm < 20 else (1.5, 1.5))])
    reach = np.ceil((diameter_mm * 0.9 + case.slab_mm) / _STEPS).astype(int)
    factors = np.rint(_STEPS / fine).astype(int)
    depth, outline = _depth(random, diameter_mm / 2.0, reach, factors)
    share, hu = _tissue(random, depth, outline, diameter_mm)
    return Stamp(_seen(share, factors, case), _seen(hu, factors, case))


def lay(random: Generator, stamp: Stamp, hu: FloatArray, lung: FloatArray, at: NDArray[np.int64]) -> Truth | None:
    """Lay a stamp into `hu` in place with its middle at `at`, where there is lung; None where little would show."""
    here, there = _overlap(hu.shape, stamp.share.shape, at)
    share = stamp.share[there] * lung[here]
    seen = share > 0.25
    if seen.sum() * np.prod(_STEPS) < _LEAST_MM3 or share.sum() < 0.4 * stamp.share.sum():
        return None
    noise = ndimage.gaussian_filter(random.normal(size=share.shape), (0.5, 0.7, 0.7)) * random.uniform(15, 60)
    inside = stamp.hu[there] + noise.astype(np.float32)
    # vessels and bronchial walls that are denser than the lesion stay seen in it
    hu[here] = hu[here] * (1 - share) + np.maximum(inside, np.minimum(hu[here], 50.0)) * share
    pieces, _ = ndimage.label(seen)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    box = ndimage.find_objects(pieces)[int(sizes.argmax()) - 1]
    truth = truth_of(box)
    return Truth(truth.centre + [h.start for h in here], truth.size)


def transplant(random: Generator, case: Case) -> Stamp | None:
    """Return a real lesion of the case, mirrored, turned and scaled at random, or None where it has none."""
    if not case.truths:
        return None
    truth = case.truths[int(random.integers(len(case.truths)))]
    low = np.maximum(np.floor(truth.centre - truth.size / 2 - 2).astype(int), 0)
    high = np.ceil(truth.centre + truth.size / 2 + 3).astype(int)
    place = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    share, hu = case.soft_lesions[place], case.chest.hu[place]
    zoom = random.uniform(0.5, 1.3) * random.uniform(0.85, 1.15, size=3)
    flips = [slice(None, None, -1 if random.random() < 0.5 else 1) for _ in range(3)]
    turns = int(random.integers(4))
    parts = [np.rot90(ndimage.zoom(part, zoom, order=1)[tuple(flips)], turns, (1, 2)) for part in (share, hu)]
    grown = ndimage.gaussian_filter(np.clip(parts[0] * 1.3, 0.0, 1.0), (0.3, 0.5, 0.5))
    return Stamp(*(_odd(part) for part in (grown, np.maximum(parts[1], -300.0))))


def _depth(
    random: Generator, radius: float, reach: NDArray[np.int64], factors: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """Return how far each fine voxel lies inside the outline (mm, negative outside), and relative to its radius."""
    sides = [
        (np.arange((2 * r + 1) * f) - ((2 * r + 1) * f - 1) / 2) * s / f
        for r, f, s in zip(reach, factors, _STEPS, strict=True)
    ]
    places = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).astype(np.float32)
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    stretched = (places @ turn.astype(np.float32)) / random.uniform(0.75, 1.2, size=3).astype(np.float32)
    distance = np.linalg.norm(stretched, axis=-1)
    outline = radius * _outline(random, stretched / np.maximum(distance, 1e-3)[..., None])
    return outline - distance, distance / outline


def _outline(random: Generator, towards: FloatArray) -> FloatArray:
    """Return the radius in each direction as a multiple: lobes always, spicules in a third."""
    radius = np.ones(towards.shape[:-1], dtype=np.float32)
    lobes = [(random.uniform(-0.25, 0.3), random.uniform(2, 10)) for _ in range(int(random.integers(2, 7)))]
    spicules = [(random.uniform(0.2, 0.7), random.uniform(40, 150)) for _ in range(int(random.integers(5, 14)))]
    for height, sharpness in lobes + (spicules if random.random() < 0.35 else []):
        axis = random.normal(size=3)
        axis /= np.linalg.norm(axis)
        radius += height * np.exp(sharpness * (towards @ axis.astype(np.float32) - 1))
    return np.clip(radius, 0.4, 1.7)


def _tissue(
    random: Generator, depth: FloatArray, outline: FloatArray, diameter_mm: float
) -> tuple[FloatArray, FloatArray]:
    """Return share and Hounsfield units of solid (7 in 10), part-solid, ground-glass or hollow lesions."""
    edge = random.uniform(0.5, 1.5)
    whole = _falling(-depth, 0.0, edge)
    rough = ndimage.gaussian_filter(random.normal(size=depth.shape).astype(np.float32), 2.0) * 8.0
    hu = (random.uniform(-20, 90) + rough * random.uniform(5, 25)).astype(np.float32)
    kind = random.random()
    if kind < 0.7 or diameter_mm < 6:
        return whole, hu
    glass = whole * random.uniform(0.25, 0.55)
    if kind < 0.85:
        core = _falling(outline, random.uniform(0.35, 0.7), 0.06)
        return np.maximum(glass, whole * core), hu
    if kind < 0.92:
        return glass, hu
    hollow = _falling(outline, random.uniform(0.3, 0.6), 0.05)
    return whole, hu - hollow * random.uniform(100, 900)


def _falling(values: FloatArray, middle: float, width: float) -> FloatArray:
    """Return 1 well below `middle`, 0 well above."""
    fallen: FloatArray = 1 / (1 + np.exp(np.clip((values - middle) / width, -30, 30)))
    return fallen


def _seen(fine: FloatArray, factors: NDArray[np.int64], case: Case) -> FloatArray:
    """Return fine voxels as slices of the case's thickness and distance show them, on the network's grid."""
    per_mm = factors[0] / GRID_MM[0]
    blurred = ndimage.uniform_filter1d(fine, max(1, round(case.slab_mm * per_mm)), axis=0, mode="nearest")
    if case.step_mm > GRID_MM[0]:  # what linear interpolation between distant slices smears
        blurred = ndimage.uniform_filter1d(blurred, max(1, round(case.step_mm * 0.7 * per_mm)), axis=0, mode="nearest")
    counts = [n // f for n, f in zip(fine.shape, factors, strict=True)]
    cells = blurred.reshape(counts[0], factors[0], counts[1], factors[1], counts[2], factors[2])
    seen: FloatArray = cells.mean(axis=(1, 3, 5))
    return seen


def _overlap(
    shape: tuple[int, ...], stamp: tuple[int, ...], at: NDArray[np.int64]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the part of the volume under the stamp, and the part of the stamp over the volume."""
    low = at - np.array(stamp) // 2
    start, stop = np.maximum(low, 0), np.minimum(low + stamp, shape)
    here = tuple(slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    there = tuple(slice(int(a - o), int(b - o)) for a, b, o in zip(start, stop, low, strict=True))
    return here, there


def _odd(array: FloatArray) -> FloatArray:
    return np.pad(array, [(0, 1 - side % 2) for side in array.shape], mode="edge")
