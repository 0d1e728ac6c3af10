"""Body, lungs, airways and bone in a CT by thresholds, connected components and morphology. Nothing is learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medview.plugin import Context, Labels, MedViewError, Reorientation, Request

Mask = NDArray[np.bool_]
Flat = Callable[[Mask], Mask]

_REST, _LUNGS, _AIRWAYS, _BONE = 1, 2, 3, 4
_TISSUE_HU = -250  # above: skin, fat, muscle, bone
_OPENING_MM = 4.0  # thinner things (table top, blanket, tube) are not body
_LEAST_SHARE = 0.01  # of the trunk's voxels
_FLESH_HU = (-150.0, 200.0)  # median of fat and muscle with some bone; foam and carbon lie below, metal above
_LUNG_HU = -400  # below: air, or lung with its small vessels
_LUNG_MEDIAN_HU = (-945.0, -600.0)  # of a whole lung; gas in the bowel lies below, stool above
_BIG_LUNG_ML, _SMALL_LUNG_ML = 250.0, 10.0  # a small piece counts only where the scan's upper end cuts it
_TRACHEA_MM2 = (40.0, 800.0)
_TRACHEA_ML = 6.0  # what a seed must at least grow to
_AIRWAY_HU = (-950, -930, -910, -890, -870, -850, -820, -790)
_LEAK = 1.6  # growing by more than this factor at one step, the airways have burst into the lung
_AIRWAY_ML = 90.0
_COMPACT_HU = 250  # above the bone threshold by this much: compact bone, which every bone has
_LEAST_BONE_ML = 0.3


@dataclass(frozen=True, eq=False)
class _Scan:
    """The volume with slices from feet to head, and how to go on telling progress."""

    hu: NDArray[Any]
    spacing_mm: tuple[float, float, float]
    context: Context

    def slices(self, start: float, end: float, text: str) -> Iterator[int]:
        """Yield the index of every slice, telling progress and noticing a cancel at each."""
        for index in range(len(self.hu)):
            self.context.progress(start + (end - start) * index / len(self.hu), text)
            yield index

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel."""
        return float(np.prod(self.spacing_mm)) / 1000.0

    def disk(self, radius_mm: float) -> Mask:
        """Return an in-plane disk, one voxel at least to each side."""
        reach = [max(1, round(radius_mm / step)) for step in self.spacing_mm[1:]]
        rows, columns = np.ogrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
        disk: Mask = (rows / (reach[0] + 0.5)) ** 2 + (columns / (reach[1] + 0.5)) ** 2 <= 1.0
        return disk


def run(request: Request, context: Context) -> Labels:
    """Return the label map on the volume's own grid: each voxel has one label, so "body" is what the others leave."""
    if request.volume.unit != "HU":
        raise MedViewError(
            "The values of this series are not in Hounsfield units, which the thresholds are made for.",
            "Choose an original CT series.",
        )
    geometry = request.volume.geometry
    turn = Reorientation.to(geometry, "SPL")
    scan = _Scan(turn.apply(request.volume.array), turn.geometry(geometry).spacing_mm, context)
    labels = np.zeros(scan.hu.shape, dtype=np.uint8)
    with context.stage("body"):
        body = _body(scan)
    labels[body] = _REST
    with context.stage("bone"):
        labels[_bone(scan, body, int(request.parameters["bone_hu"]))] = _BONE
    with context.stage("airways"):
        airways = _airways(scan, body)
    with context.stage("lungs"):
        labels[_lungs(scan, body, airways)] = _LUNGS
    labels[airways] = _AIRWAYS
    return Labels(np.ascontiguousarray(turn.undo(labels)), request.segments)


def _body(scan: _Scan) -> Mask:
    """Return the patient with everything inside; table and clothes are left out."""
    thick = np.empty(scan.hu.shape, dtype=np.bool_)
    disk = scan.disk(_OPENING_MM)
    for index in scan.slices(0.0, 0.2, "Finding the body"):
        thick[index] = ndimage.binary_opening(scan.hu[index] > _TISSUE_HU, disk)
    body = _patient(thick, scan)
    for index in scan.slices(0.2, 0.4, "Finding the body"):
        grown = ndimage.binary_dilation(body[index], disk) & (scan.hu[index] > _TISSUE_HU)
        body[index] = _filled(grown)
    return body


def _bone(scan: _Scan, body: Mask, threshold_hu: int) -> Mask:
    """Return what is above the threshold and joined to compact bone, with its marrow."""
    scan.context.progress(0.4, "Finding bone")
    dense = body & (scan.hu > threshold_hu)
    scan.context.progress(0.42, "Finding bone")
    pieces = cc3d.dust(dense, threshold=max(1, int(_LEAST_BONE_ML / scan.voxel_ml)), connectivity=6) > 0
    scan.context.progress(0.45, "Finding bone")
    labels = cc3d.connected_components(pieces, connectivity=6)
    scan.context.progress(0.48, "Finding bone")
    sizes = np.bincount(labels.ravel())
    compact = np.bincount(labels[scan.hu > threshold_hu + _COMPACT_HU], minlength=len(sizes))
    is_bone = compact > 0.03 * sizes  # a vessel full of contrast medium is even: it has no denser rim
    is_bone[0] = False
    bone = is_bone[labels]
    disk = scan.disk(2.0)
    for index in scan.slices(0.5, 0.6, "Finding bone"):
        bone[index] = _filled(ndimage.binary_closing(bone[index], disk)) & body[index]
    return bone


def _airways(scan: _Scan, body: Mask) -> Mask:
    """Return trachea and great bronchi, grown from a seed as far as they do not burst into the lung; maybe nothing."""
    smooth = np.empty(scan.hu.shape, dtype=np.float32)
    sigma = [0.7 / step for step in scan.spacing_mm[1:]]
    for index in scan.slices(0.6, 0.7, "Finding the airways"):
        smooth[index] = ndimage.gaussian_filter(scan.hu[index].astype(np.float32), sigma)
    smooth[~body] = 0.0
    seed = _trachea(smooth, body, scan)
    airways = np.zeros(body.shape, dtype=np.bool_)
    if seed is None:
        return airways
    for threshold in _AIRWAY_HU:
        scan.context.progress(0.74, "Finding the airways")
        labels = cc3d.connected_components(smooth < threshold, connectivity=6)
        scan.context.progress(0.74, "Finding the airways")
        grown = labels == labels[seed]
        before, after = airways.sum() * scan.voxel_ml, grown.sum() * scan.voxel_ml
        if labels[seed] == 0:
            continue
        if after > _AIRWAY_ML or (before > _TRACHEA_ML and after > _LEAK * before):
            break
        airways = grown
    if airways.sum() * scan.voxel_ml < _TRACHEA_ML:
        return np.zeros_like(airways)
    disk = scan.disk(1.0)
    for index in scan.slices(0.76, 0.8, "Finding the airways"):
        airways[index] = _filled(ndimage.binary_dilation(airways[index], disk)) & body[index]
    return airways


def _trachea(smooth: NDArray[np.float32], body: Mask, scan: _Scan) -> tuple[int, int, int] | None:
    """Return a voxel of the trachea: a round hole of air near the middle of the upper half, going on downwards."""
    best, found = np.inf, None
    pixel_mm2 = scan.spacing_mm[1] * scan.spacing_mm[2]
    below = max(1, round(15.0 / scan.spacing_mm[0]))
    for index in range(len(smooth) - 1, max(len(smooth) // 2, below) - 1, -1):
        scan.context.progress(0.72, "Finding the airways")
        if not body[index].any():
            continue
        middle = ndimage.center_of_mass(body[index])
        labels = cc3d.connected_components((smooth[index] < _AIRWAY_HU[3]) & body[index], connectivity=8)
        for number, place in enumerate(ndimage.find_objects(labels), start=1):
            area = float((labels[place] == number).sum())
            height, width = (s.stop - s.start for s in place)
            is_round = area > 0.5 * height * width and max(height, width) < 2.0 * min(height, width)
            if not is_round or not _TRACHEA_MM2[0] < area * pixel_mm2 < _TRACHEA_MM2[1]:
                continue
            row, column = (round(c) for c in ndimage.center_of_mass(labels == number))
            away_mm = np.hypot((row - middle[0]) * scan.spacing_mm[1] * 0.5, (column - middle[1]) * scan.spacing_mm[2])
            goes_on = smooth[index - below : index + 1, row, column].max() < _AIRWAY_HU[-1]
            if goes_on and away_mm < min(best, 60.0):
                best, found = away_mm, (index, row, column)
    return found


def _lungs(scan: _Scan, body: Mask, airways: Mask) -> Mask:
    """Return the lungs with their vessels; gas in the bowel is told from them by its density and its place."""
    air = body & (scan.hu < _LUNG_HU) & ~airways
    scan.context.progress(0.82, "Finding the lungs")
    air = cc3d.dust(air, threshold=max(1, int(_SMALL_LUNG_ML / scan.voxel_ml)), connectivity=6) > 0
    scan.context.progress(0.84, "Finding the lungs")
    labels = cc3d.connected_components(air, connectivity=6)
    lungs = np.zeros(body.shape, dtype=np.bool_)
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        scan.context.progress(0.85, "Finding the lungs")
        piece = labels[place] == number
        median = float(np.median(scan.hu[place][piece]))
        is_cut_above = place[0].stop == len(labels)
        least_ml = _SMALL_LUNG_ML if is_cut_above else _BIG_LUNG_ML
        if _LUNG_MEDIAN_HU[0] < median < _LUNG_MEDIAN_HU[1] and piece.sum() * scan.voxel_ml >= least_ml:
            lungs[place] |= piece
    disk = scan.disk(5.0)
    for index in scan.slices(0.88, 1.0, "Finding the lungs"):
        if lungs[index].any():
            closed = ndimage.binary_closing(lungs[index], disk) | lungs[index]
            lungs[index] = _filled(closed) & body[index] & ~airways[index]
    return lungs


def _patient(thick: Mask, scan: _Scan) -> Mask:
    """Return the trunk and what else is big enough and of tissue: arms that lie apart, but no table."""
    labels = cc3d.connected_components(thick, connectivity=6)
    scan.context.progress(0.2, "Finding the body")
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    kept = np.zeros(len(sizes), dtype=np.bool_)
    for number in np.flatnonzero(sizes >= max(1, _LEAST_SHARE * sizes.max())):
        scan.context.progress(0.2, "Finding the body")
        low, high = _FLESH_HU
        kept[number] = number == sizes.argmax() or low < np.median(scan.hu[labels == number]) < high
    kept[0] = False
    scan.context.progress(0.2, "Finding the body")
    patient: Mask = kept[labels]
    return patient


def _filled(mask: Mask) -> Mask:
    """Return one slice's mask with its holes filled."""
    outside = cc3d.connected_components(np.pad(~mask, 1, constant_values=True), connectivity=4)
    filled: Mask = outside[1:-1, 1:-1] != outside[0, 0]
    return filled
