"""Nodules and masses of the lung in a chest CT: lungs by thresholds, then a small network's heat map of centres.

X. Zhou and others, Objects as Points, arXiv 1904.07850 (2019): every peak of the heat map is an object, whose size and
exact centre the same network tells at that place. Here in three dimensions, on one grid for all scanners.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cc3d
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import convex_hull_image
from torch import nn

from medview.plugin import (
    Boxes,
    Concept,
    Context,
    Geometry,
    MedViewError,
    Reorientation,
    Request,
    ScoredBox,
    Volume,
    load_safetensors,
    resample,
    watched,
)

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Tell = Callable[[float], None]

GRID_MM = (4.0, 1.5, 1.5)  # (slice, row, column) of the grid that the network sees, along S, P, L
SLAB_MM = 5.0  # thinner slices are averaged to about this thickness: what the network was trained on
HEAT_STRIDE = (1, 2, 2)  # grid steps from one voxel of the heat map to the next
_WIDEST_MM = 4.0  # of a pixel in the axial plane
_OUTSIDE_HU = -1000.0
_TISSUE_HU, _LUNG_HU = -250.0, -400.0
_LUNG_MEDIAN_HU = (-960.0, -600.0)
_LEAST_LUNG_ML = 40.0  # of a piece
_LEAST_LUNGS_ML = 400.0  # of all together: less is no chest
_OPENING_MM = 4.5
_MARGIN = (4, 16, 16)  # grid steps around the chest's cavity that the network sees
_MULTIPLE = (4, 16, 16)  # of the network's coarsest level
_LEAST_SCORE = 0.2  # candidates below are not handed over, unless they are asked for: 50 a chest from 0.1 on
_ROWS = 32  # averaged at a time
_OPERATIONS = 60  # of one forward pass, for the progress
_OFFSET_MM, _SIZE_MM = 10.0, 20.0  # what the network's numbers for centre and size are measured in


@dataclass(frozen=True, eq=False)
class Chest:
    """A chest on the network's grid.

    Attributes
    ----------
    hu
        (slices to S, rows to P, columns to L), `GRID_MM` apart.
    grid
        Where these voxels lie.
    lungs
        Air and vessels of the lungs and great airways.
    cavity
        All between the outer surfaces of the lungs: where a lesion can lie, also one that no air surrounds.
    """

    hu: FloatArray
    grid: Geometry
    lungs: Mask
    cavity: Mask


@dataclass(frozen=True)
class Candidate:
    """A box that may hold a lesion: centre (x, y, z) and size along these axes in LPS mm, and the heat, 0 to 1."""

    centre_mm: tuple[float, float, float]
    size_mm: tuple[float, float, float]
    score: float


def run(request: Request, context: Context) -> Boxes:
    """Return the candidates as boxes on the volume's own grid, the surest first."""
    volume, threshold = request.volume, float(request.parameters["threshold"])
    _refuse_unfit(volume)
    with context.stage("lungs"):
        hu, grid = harmonise(volume.array, volume.geometry, lambda part: context.progress(0.2 * part, "Preparing"))
        chest = find_chest(hu, grid, lambda part: context.progress(0.2 + 0.3 * part, "Finding the lungs"))
    if chest is None:
        raise MedViewError(
            "No lungs were found in this series.", "Choose a CT of the chest, in Hounsfield units, with whole lungs."
        )
    net = load_net(load_safetensors(request.weights["net"]), context.device)

    def step(part: float) -> None:
        context.progress(0.5 + 0.48 * part, "Looking for lesions")

    with context.stage("forward"), watched(step, _OPERATIONS):
        candidates = find_lesions(chest, net, min(_LEAST_SCORE, threshold), context.device)
    concept = request.concepts["lesion"]
    return Boxes(tuple(_scored(c, concept, volume.geometry) for c in candidates), threshold)


def harmonise(array: NDArray[Any], geometry: Geometry, tell: Tell = lambda _: None) -> tuple[FloatArray, Geometry]:
    """Return Hounsfield units on the network's grid, whatever slices they came in, and that grid.

    Thin slices are averaged along the slice normal to about `SLAB_MM`; small pixels are smoothed as the coarser grid
    demands; thick slices are interpolated linearly. `tell` hears how far it is, 0 to 1.
    """
    turn = Reorientation.to(geometry, "SPL")
    turned = turn.geometry(geometry)
    values = np.empty(turned.shape, dtype=np.float32)
    for index, plane in enumerate(turn.apply(array)):
        tell(0.1 * index / len(values))
        values[index] = np.nan_to_num(plane.astype(np.float32), nan=_OUTSIDE_HU)
    slab = SLAB_MM / turned.spacing_mm[0]
    if slab >= 2:
        for start in range(0, values.shape[1], _ROWS):
            tell(0.1 + 0.3 * start / values.shape[1])
            rows = values[:, start : start + _ROWS]
            rows[:] = ndimage.convolve1d(rows, _box(slab), axis=0, mode="nearest")
    sigmas = [
        0.4 * np.sqrt(max(0.0, (g / s) ** 2 - 1)) for g, s in zip(GRID_MM[1:], turned.spacing_mm[1:], strict=True)
    ]
    for index in range(len(values)):
        tell(0.4 + 0.5 * index / len(values))
        ndimage.gaussian_filter(values[index], sigmas, output=values[index])
    grid = _grid_over(turned)
    tell(0.9)
    return resample(values, turned, grid, outside=_OUTSIDE_HU), grid


def find_chest(hu: FloatArray, grid: Geometry, tell: Tell) -> Chest | None:
    """Return lungs and cavity, or None where there are no lungs. `tell` hears how far it is, 0 to 1."""
    voxel_ml = float(np.prod(GRID_MM)) / 1000.0
    body = _body(hu, tell)
    lungs = _lungs(hu, body, voxel_ml)
    tell(0.6)
    if lungs.sum() * voxel_ml < _LEAST_LUNGS_ML:
        return None
    cavity = np.zeros_like(lungs)
    disk = _disk(6.0)
    for index in np.flatnonzero(lungs.any(axis=(1, 2))):
        tell(0.6 + 0.4 * index / len(lungs))
        hull = convex_hull_image(lungs[index])  # type: ignore[no-untyped-call]
        lungs[index] = ndimage.binary_closing(np.pad(lungs[index], 8), disk)[8:-8, 8:-8] | lungs[index]
        cavity[index] = ndimage.binary_dilation(hull, _disk(3.0)) & body[index]
    return Chest(hu, grid, lungs, cavity)


class LesionNet(nn.Module):
    """A small U-shaped network; 7 channels at `HEAT_STRIDE`: heat (logit), centre offset (z, y, x), log size (z, y, x).

    Input (N, 2, slices, rows, columns) from `channels`; every spatial side a multiple of (4, 16, 16).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _Step(2, 16, (1, 3, 3), (1, 2, 2))
        self.level_0 = _Step(16, 16)
        self.level_1 = nn.Sequential(_Step(16, 32, stride=(1, 2, 2)), _Step(32, 32))
        self.level_2 = nn.Sequential(_Step(32, 64, stride=(2, 2, 2)), _Step(64, 64))
        self.level_3 = nn.Sequential(_Step(64, 64, stride=(2, 2, 2)), _Step(64, 64), _Step(64, 64))
        self.up_2 = _Rise(64, 64)
        self.up_1 = _Rise(64, 32)
        self.up_0 = _Rise(32, 16)
        self.head = nn.Sequential(_Step(16, 16), nn.Conv3d(16, 7, 1))
        last = self.head[1].bias
        assert isinstance(last, torch.Tensor)
        with torch.no_grad():
            last[0] = -4.6  # a lesion is rare: the heat begins at 0.01

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the 7 channels."""
        fine = self.level_0(self.stem(image))
        middle = self.level_1(fine)
        coarse = self.level_2(middle)
        rising = self.up_2(self.level_3(coarse), coarse)
        rising = self.up_0(self.up_1(rising, middle), fine)
        found: torch.Tensor = self.head(rising)
        return found


class _Step(nn.Sequential):
    """Convolution, batch norm, rectifier."""

    def __init__(
        self, into: int, out: int, kernel: tuple[int, int, int] = (3, 3, 3), stride: tuple[int, int, int] = (1, 1, 1)
    ) -> None:
        padding = kernel[0] // 2, kernel[1] // 2, kernel[2] // 2
        super().__init__(
            nn.Conv3d(into, out, kernel, stride, padding, bias=False), nn.BatchNorm3d(out), nn.ReLU(inplace=True)
        )


class _Rise(nn.Module):
    """From a coarse level to the next finer one: what lies there is added."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.narrow = nn.Conv3d(into, out, 1)
        self.mix = _Step(out, out)

    def forward(self, coarse: torch.Tensor, fine: torch.Tensor) -> torch.Tensor:
        """Return the mix at the finer level."""
        size = tuple(int(side) for side in fine.shape[2:])
        risen = nn.functional.interpolate(self.narrow(coarse), size=size, mode="nearest")
        mixed: torch.Tensor = self.mix(risen + fine)
        return mixed


def channels(hu: FloatArray) -> FloatArray:
    """Return (2, ...) what the network sees: a lung window and a soft-tissue window, each 0 to 1."""
    return np.stack([np.clip((hu + 1000.0) / 1000.0, 0.0, 1.0), np.clip((hu + 160.0) / 400.0, 0.0, 1.0)])


def seen_box(cavity: Mask) -> tuple[slice, slice, slice]:
    """Return the part of the grid that the network is shown: the cavity with a margin, as far as there is grid."""
    sides = []
    for axis, (full, margin) in enumerate(zip(cavity.shape, _MARGIN, strict=True)):
        inside = np.flatnonzero(cavity.any(axis=tuple({0, 1, 2} - {axis})))
        sides.append(slice(max(0, int(inside[0]) - margin), min(full, int(inside[-1]) + 1 + margin)))
    return sides[0], sides[1], sides[2]


def find_lesions(chest: Chest, net: LesionNet, least_score: float, device: str = "cpu") -> list[Candidate]:
    """Return candidates of at least `least_score` whose centre lies in the cavity, the surest first, none twice."""
    place = seen_box(chest.cavity)
    shown = channels(chest.hu[place])
    pad = [(0, 0)] + [(0, -side % multiple) for side, multiple in zip(shown.shape[1:], _MULTIPLE, strict=True)]
    with torch.inference_mode():
        image = torch.from_numpy(np.pad(shown, pad)).to(device)
        answer = net(image[None])[0].float().cpu()
    corner = np.array([side.start for side in place])
    return _apart(_peaks(answer, corner, chest, least_score))


def load_net(tensors: Mapping[str, torch.Tensor], device: str = "cpu") -> LesionNet:
    """Return the network with the given weights, ready to be asked."""
    net = LesionNet()
    net.load_state_dict(
        {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    )
    return net.eval().to(device)


def _peaks(answer: torch.Tensor, corner: NDArray[np.int64], chest: Chest, least_score: float) -> list[Candidate]:
    heat = torch.sigmoid(answer[0])
    highest = nn.functional.max_pool3d(heat[None, None], 3, 1, 1)[0, 0]
    places = torch.nonzero((heat == highest) & (heat >= least_score)).numpy()
    found = []
    for place in places:
        at = int(place[0]), int(place[1]), int(place[2])
        numbers = answer[1:, at[0], at[1], at[2]].numpy()
        # the centre of a heat voxel lies on the even grid voxel that the strided stem is centred on
        index = corner + place * HEAT_STRIDE
        centre = index + numbers[:3] * _OFFSET_MM / GRID_MM
        nearest = np.clip(np.rint(centre).astype(int), 0, np.array(chest.cavity.shape) - 1)
        if not chest.cavity[tuple(nearest)]:
            continue
        x, y, z = (float(v) for v in chest.grid.to_mm(centre))
        depth, height, width = (float(v) for v in np.exp(np.clip(numbers[3:], -3.0, 2.5)) * _SIZE_MM)
        found.append(Candidate((x, y, z), (width, height, depth), float(heat[at])))
    return sorted(found, key=lambda candidate: -candidate.score)


def _apart(sorted_candidates: list[Candidate]) -> list[Candidate]:
    """Drop what lies with its centre in a surer candidate's box, or holds the centre of one."""
    kept: list[Candidate] = []
    for candidate in sorted_candidates:
        if not any(_inside(candidate, other) or _inside(other, candidate) for other in kept):
            kept.append(candidate)
    return kept


def _inside(inner: Candidate, outer: Candidate) -> bool:
    away = np.abs(np.subtract(inner.centre_mm, outer.centre_mm))
    return bool((away <= np.array(outer.size_mm) / 2).all())


def _refuse_unfit(volume: Volume) -> None:
    """Raise MedViewError where the values or the size of the pixels are none that the network knows."""
    if volume.unit != "HU":
        raise MedViewError(
            "The values of this series are not in Hounsfield units, which the network was trained on.",
            "Choose an original CT series.",
        )
    size_mm = max(Reorientation.to(volume.geometry, "SPL").geometry(volume.geometry).spacing_mm[1:])
    if size_mm > _WIDEST_MM:
        raise MedViewError(
            "Axial images of this series have pixels of {size:.3g} mm: too coarse for lesions of the lung.",
            "Choose a series with pixels of at most {most:g} mm.",
            size=size_mm,
            most=_WIDEST_MM,
        )


def _scored(candidate: Candidate, concept: Concept, geometry: Geometry) -> ScoredBox:
    """Return the box along the volume's own axes around a candidate, a voxel thick at least, within the grid."""
    half = np.array(candidate.size_mm) / 2
    signs = np.stack(np.meshgrid(*[(-1, 1)] * 3, indexing="ij"), axis=-1).reshape(8, 3)
    corners = geometry.to_index(np.array(candidate.centre_mm) + signs * half)
    # the network may put the centre of a lesion that the scan cuts beyond its last slice
    middle = np.clip(geometry.to_index(np.array(candidate.centre_mm)), 0.0, np.array(geometry.shape) - 1.0)
    low, high = np.minimum(corners.min(axis=0), middle - 0.5), np.maximum(corners.max(axis=0), middle + 0.5)
    low, high = np.maximum(low, -0.5), np.minimum(high, np.array(geometry.shape) - 0.5)
    return ScoredBox(concept, candidate.score, _three(low), _three(high))


def _three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _box(width: float) -> FloatArray:
    """Return the weights of a mean over so many slices, also a broken number: symmetric, so that nothing is shifted."""
    reach = int(np.ceil((width - 1) / 2))
    weights = np.clip(width / 2 + 0.5 - np.abs(np.arange(-reach, reach + 1)), 0.0, 1.0).astype(np.float32)
    box: FloatArray = weights / weights.sum()
    return box


def _grid_over(turned: Geometry) -> Geometry:
    """Return the network's grid over all of a volume, along the patient's axes."""
    ends = np.array([(0, n - 1) for n in turned.shape])
    corners = turned.to_mm(np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3))
    low, high = corners.min(axis=0), corners.max(axis=0)
    counts = np.ceil((high - low)[::-1] / GRID_MM - 1e-6).astype(int) + 1
    return Geometry.from_axes(
        (int(counts[0]), int(counts[1]), int(counts[2])),
        origin=low,
        slice_step=(0, 0, GRID_MM[0]),
        row_step=(0, GRID_MM[1], 0),
        column_step=(GRID_MM[2], 0, 0),
    )


def _body(hu: FloatArray, tell: Tell) -> Mask:
    """Return the patient, filled; table top and blankets are too thin to be kept."""
    thick = np.zeros(hu.shape, dtype=np.bool_)
    disk = _disk(_OPENING_MM)
    for index, values in enumerate(hu):
        tell(0.4 * index / len(hu))
        thick[index] = ndimage.binary_opening(values > _TISSUE_HU, disk)
    if not thick.any():
        return thick
    body: Mask = cc3d.largest_k(thick, k=1, connectivity=6) > 0
    for index in range(len(hu)):
        tell(0.4 + 0.1 * index / len(hu))
        # whole pieces of the slice, not what the opening left of them: a thin chest wall must stay closed
        pieces = cc3d.connected_components(hu[index] > _TISSUE_HU, connectivity=4)
        of_patient = np.bincount(pieces[body[index]], minlength=int(pieces.max()) + 1) > 0
        of_patient[0] = False
        body[index] = ndimage.binary_fill_holes(of_patient[pieces])
    return body


def _lungs(hu: FloatArray, body: Mask, voxel_ml: float) -> Mask:
    """Return air inside the body that has the size and the density of lung."""
    pieces = cc3d.connected_components(body & (hu < _LUNG_HU), connectivity=6)
    lungs = np.zeros(body.shape, dtype=np.bool_)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    for number in np.flatnonzero(sizes * voxel_ml >= _LEAST_LUNG_ML):
        piece = pieces == number
        low, high = _LUNG_MEDIAN_HU
        if low < np.median(hu[piece]) < high:
            lungs |= piece
    return lungs


def _disk(radius_mm: float) -> Mask:
    reach = round(radius_mm / GRID_MM[1])
    rows, columns = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    disk: Mask = rows**2 + columns**2 <= (reach + 0.5) ** 2
    return disk
