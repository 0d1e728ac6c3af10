"""A head of our own making around a given brain: fluid, skull, scalp, face, neck, receive field and noise.

It looks enough like a T1-weighted MR to run brain extraction on, and its true brain mask is known exactly. It is no
patient and no anatomy to learn from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.reorientation import Reorientation
from medview.progress import Progress, unheard
from medview.study.geometry import Geometry

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]

SHAPE = (192, 248, 240)  # slices to the right, rows to the feet, columns to the back, 1 mm each
_BRAIN_TOP_ROW, _BRAIN_FRONT_COLUMN = 24, 28  # where the brain's box begins: room for skull, scalp and face
_NOD_DEGREES = 4.0  # the head is tilted, as heads in scanners are: no axis lies along the patient's
_WHITE = 700.0  # stored value of white matter before the receive field

# signal of each tissue, white matter being 1, as a T1-weighted gradient echo shows it
_AIR, _BONE, _FLUID, _MUSCLE, _MARROW, _SKIN, _FAT = 0.0, 0.06, 0.2, 0.45, 0.5, 0.6, 1.1
# shells around the brain: (outer distance in mm, signal)
_SHELLS = ((2.2, _FLUID), (4.2, _BONE), (7.0, _MARROW), (9.0, _BONE), (13.0, _FAT), (15.5, _SKIN))
_CLOSING_MM = 10.0  # the shells follow a hull that spans the sulci


@dataclass(frozen=True, eq=False)
class SyntheticHead:
    """The head's values (int16), its true brain mask (bool) and where both lie: all of shape `SHAPE`."""

    array: NDArray[np.int16]
    brain: Mask
    geometry: Geometry


def synthetic_head(
    brain: NDArray[Any], geometry: Geometry, seed: int = 152, progress: Progress = unheard
) -> SyntheticHead:
    """Return a head around `brain`.

    Parameters
    ----------
    brain
        Skull-stripped T1-weighted values, 0 outside the brain, on 1 mm voxels in any orientation.
    geometry
        Of `brain`; it must be so small that its box fits into `SHAPE`.
    seed
        Of thickness, texture and noise: the same seed gives the same voxels.
    """
    random = np.random.default_rng(seed)
    progress(0.05, "Placing the brain")
    values = _placed(Reorientation.to(geometry, "RIP").apply(brain))
    mask = _filled(values > 0)
    progress(0.2, "Building skull and scalp")
    head = _tissues(mask, random, progress)
    head[mask] = values[mask] / np.percentile(values[mask], 95)
    progress(0.75, "Adding receive field and noise")
    signal = _WHITE * _blurred(head, 0.45) * _receive_field()
    noise = random.normal(0.0, 0.018 * _WHITE, (2, *SHAPE)).astype(np.float32)
    magnitude = np.hypot(signal + noise[0], noise[1])  # Rician, as in a magnitude image
    progress(1.0, "")
    return SyntheticHead(np.rint(magnitude).astype(np.int16), mask, _grid())


def _placed(brain: NDArray[Any]) -> Field:
    """Return the brain's box set into the empty grid: in the middle from side to side, towards the top and the back."""
    box = tuple(
        slice(int(hit.min()), int(hit.max()) + 1) for hit in (np.flatnonzero(brain.any(axis=a)) for a in _OTHER_AXES)
    )
    cut = brain[box].astype(np.float32)
    start = ((SHAPE[0] - cut.shape[0]) // 2, _BRAIN_TOP_ROW, _BRAIN_FRONT_COLUMN)
    if any(s + n > full for s, n, full in zip(start, cut.shape, SHAPE, strict=True)):
        raise ValueError(f"a brain of {cut.shape} voxels does not fit into the head")
    placed = np.zeros(SHAPE, dtype=np.float32)
    placed[tuple(slice(s, s + n) for s, n in zip(start, cut.shape, strict=True))] = cut
    return placed


_OTHER_AXES = ((1, 2), (0, 2), (0, 1))


def _tissues(brain: Mask, random: np.random.Generator, progress: Progress) -> Field:
    """Return the signal of everything but the brain."""
    hull = _distance_mm(_distance_mm(brain) > _CLOSING_MM) > _CLOSING_MM
    progress(0.35, "Building skull and scalp")
    distance = _distance_mm(hull) + 0.8 * _smooth_noise(random, 18.0)  # thickness varies from place to place
    progress(0.5, "Building face and neck")
    soft = _MUSCLE + 0.12 * _smooth_noise(random, 3.0) + 0.10 * _smooth_noise(random, 8.0)
    lower = _face_and_neck(brain)
    depth = _distance_mm(~lower)  # from the surface of face and neck inwards
    soft[depth < 5.0] = _FAT
    soft[depth < 2.0] = _SKIN
    head = np.where(lower, soft, np.float32(_AIR)).astype(np.float32)
    _carve(head, brain)
    for outer_mm, signal in reversed(_SHELLS):
        inside = distance <= outer_mm
        if signal in (_FAT, _SKIN):
            inside &= ~lower  # no scalp between skull and face
        head[inside] = signal * (1.0 + 0.05 * _TEXTURED.get(signal, 0.0))
    return head


_TEXTURED = {_MARROW: 1.0}


def _face_and_neck(brain: Mask) -> Mask:
    """Return where face and neck are: an ellipsoid before and below the brain, and a column to the feet."""
    slices, rows, columns = _index_grid()
    middle, floor, front, back = _landmarks(brain)
    face = (
        ((slices - middle) / 66.0) ** 2
        + ((rows - (floor - 30.0)) / 92.0) ** 2
        + ((columns - (front + 62.0)) / 84.0) ** 2
    ) < 1.0
    face &= rows > floor - 95.0
    neck = ((slices - middle) / 58.0) ** 2 + ((columns - (front + back) / 2.0 - 8.0) / 62.0) ** 2 < 1.0
    grown: Mask = face | (neck & (rows > floor - 45.0))
    return grown


def _carve(head: Field, brain: Mask) -> None:
    """Put air ways, spine and eyes into face and neck."""
    slices, rows, columns = _index_grid()
    middle, floor, front, back = _landmarks(brain)
    across = np.abs(slices - middle)
    centre = (front + back) / 2.0
    spine = (across / 17.0) ** 2 + ((columns - centre - 14.0) / 15.0) ** 2
    below = rows > floor - 4.0
    head[below & (spine < 1.2)] = _BONE
    head[below & (spine < 0.9)] = _MARROW
    canal = (across / 10.0) ** 2 + ((columns - centre - 36.0) / 9.0) ** 2 < 1.0
    head[below & canal] = _FLUID
    airway = (across / 10.0) ** 2 + ((columns - centre + 14.0) / 8.0) ** 2 < 1.0
    nose = (across < 9.0) & (np.abs(rows - (floor - 38.0)) < 16.0) & (columns < front + 45.0)
    head[(below & airway) | (nose & (head > 0) & (columns > front - 8.0))] = _AIR
    eye = np.hypot(np.hypot(across - 33.0, rows - (floor - 62.0)), columns - (front + 2.0))
    head[(eye < 17.0) & (head > 0)] = _FAT
    head[(eye < 12.0) & (head > 0)] = _FLUID


def _landmarks(brain: Mask) -> tuple[float, float, float, float]:
    """Return the brain's middle slice, lowest row, first and last column."""
    rows, columns = np.flatnonzero(brain.any(axis=(0, 2))), np.flatnonzero(brain.any(axis=(0, 1)))
    return (SHAPE[0] - 1) / 2.0, float(rows[-1]), float(columns[0]), float(columns[-1])


def _index_grid() -> list[Field]:
    """Return the indices along slices, rows and columns, each shaped to be broadcast."""
    return list(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in SHAPE), indexing="ij", sparse=True))


def _distance_mm(mask: Mask) -> Field:
    """Return the distance of every voxel outside `mask` to it; 0 inside."""
    import SimpleITK

    itk: Any = SimpleITK  # its own annotations are partial
    image = itk.GetImageFromArray(mask.astype(np.uint8))
    signed: Field = itk.GetArrayFromImage(itk.SignedMaurerDistanceMap(image, squaredDistance=False))
    distance: Field = np.maximum(signed, np.float32(0.0))
    return distance


def _blurred(array: Field, sigma: float) -> Field:
    from scipy.ndimage import gaussian_filter

    blurred: Field = gaussian_filter(array, sigma, truncate=3.0)
    return blurred


def _smooth_noise(random: np.random.Generator, width: float) -> Field:
    """Return noise of deviation 1 that is smooth over `width` voxels."""
    from scipy.ndimage import gaussian_filter, zoom

    step = max(1, int(width / 2))
    coarse = random.normal(size=[-(-n // step) + 1 for n in SHAPE]).astype(np.float32)
    coarse = gaussian_filter(coarse, width / step)
    coarse /= coarse.std()
    fine: Field = coarse if step == 1 else zoom(coarse, step, order=1)
    return fine[: SHAPE[0], : SHAPE[1], : SHAPE[2]]


def _receive_field() -> Field:
    """Return the smooth fall of signal away from the coil: within about a fifth."""
    s, r, c = (2.0 * index / n - 1.0 for index, n in zip(_index_grid(), SHAPE, strict=True))
    field = 1.0 + 0.10 * s - 0.12 * r + 0.08 * c - 0.08 * s * s - 0.06 * r * c
    return np.asarray(field, dtype=np.float32)


def _filled(mask: Mask) -> Mask:
    """Return the largest piece of a mask with its holes filled."""
    import SimpleITK

    itk: Any = SimpleITK
    pieces = itk.RelabelComponent(itk.ConnectedComponent(itk.GetImageFromArray(mask.astype(np.uint8)), True))
    filled: Mask = itk.GetArrayFromImage(itk.BinaryFillhole(pieces == 1)) > 0
    return filled


def _grid() -> Geometry:
    """Return a sagittal acquisition's grid, its middle at the scanner's."""
    angle = np.deg2rad(_NOD_DEGREES)
    down = np.array([0.0, np.sin(angle), -np.cos(angle)])
    back = np.array([0.0, np.cos(angle), np.sin(angle)])
    steps = np.stack([np.array([-1.0, 0.0, 0.0]), down, back], axis=1)
    origin = -steps @ ((np.array(SHAPE) - 1) / 2.0)
    return Geometry.from_axes(
        SHAPE, origin=origin, slice_step=steps[:, 0], row_step=steps[:, 1], column_step=steps[:, 2]
    )
