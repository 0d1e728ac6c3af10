"""Laying one volume on another: rigid, affine and bent, by Mattes mutual information (Mattes 2003, in ITK).

Coarse to fine on images that have been averaged down, so that a whole body takes seconds and the memory it needs does
not grow with the volume. Of each level the images are ITK's own; the originals are never touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.imaging.itk_image import (
    affine_matrix,
    displacement_transform,
    itk,
    itk_affine,
    itk_image,
    sampled_displacement,
)
from medview.imaging.shrink import shrink
from medview.progress import Cancelled, Progress, part, unheard
from medview.study.geometry import FloatArray, Geometry
from medview.study.spatial_transform import SpatialTransform
from medview.study.volume import Volume

FittingKind = Literal["rigid", "affine", "deformable"]
_BINS = 50
_SEED = 20_260
_FINEST_VOXELS = 1_500_000  # of the finest level: more changes no millimetre, and takes longer
_SAMPLES = 30_000  # points at which both images are compared, at each level
_SAMPLES_JUDGED = 120_000  # points by which the agreement is told
_LEVELS = (4.0, 2.0, 1.0)  # in steps of the finest level
_ITERATIONS = 80
# bending: level, mm between control points, points compared, iterations of L-BFGS-B
_BENT = ((0, 80.0, 15_000, 20), (1, 40.0, 20_000, 25))
_CALLS = 2.5  # what L-BFGS-B tells for each of its iterations: it also tries steps


@dataclass(frozen=True, eq=False)
class Fitted:
    """A transform that was found, and how well both images agree.

    Attributes
    ----------
    transform
        From the fixed images to the moving ones.
    metric_before, metric_after
        Mutual information in nats at the same points: as the images lay before (None where they did not overlap), and
        now.
    lowest_jacobian
        The least local change of volume, 1 for none; at or below 0 the images are folded. 1 where nothing is bent.
    """

    transform: SpatialTransform
    metric_before: float | None
    metric_after: float
    lowest_jacobian: float = 1.0


@dataclass(frozen=True, eq=False)
class _Level:
    """Both images at one resolution, as ITK images; the mask of the fixed one, or None."""

    fixed: Any
    moving: Any
    mask: Any
    step_mm: float
    voxels: int


def register(
    fixed: Volume,
    moving: Volume,
    kind: FittingKind,
    progress: Progress = unheard,
    *,
    start: SpatialTransform | None = None,
    mask: NDArray[np.bool_] | None = None,
) -> Fitted:
    """Return the transform from the fixed to the moving images under which they agree best.

    Parameters
    ----------
    kind
        "affine" begins with "rigid", "deformable" with both.
    start
        Where the search begins, affine; None takes the images as they lie in one frame of reference, and tries their
        centres as well where the frames of reference differ or nothing overlaps.
    mask
        (slices, rows, columns) of the fixed volume: only what lies in it is compared. None compares everything.

    Raises
    ------
    MedViewError
        The images hardly overlap, are too flat, or none of the transforms tried agrees better than before.
    """
    if not can_register(fixed) or not can_register(moving):
        raise MedViewError(
            "Only volumes of four slices and more that say where they lie are registered.", "Choose another series."
        )
    levels = _levels(fixed, moving, mask, part(progress, 0.0, 0.1))
    finest = levels[-1]
    before = _agreement(finest, start.matrix if start is not None else np.eye(4))
    matrix = _best_start(levels, start, same_frame=_same_frame(fixed, moving), before=before)
    fitting = _Fitting(levels, matrix)
    ends = {"rigid": (1.0,), "affine": (0.55, 1.0), "deformable": (0.25, 0.45, 1.0)}[kind]
    fitting.fit_rigid(part(progress, 0.1, 0.1 + 0.88 * ends[0]))
    if len(ends) > 1:
        fitting.fit_affine(part(progress, 0.1 + 0.88 * ends[0], 0.1 + 0.88 * ends[1]))
    if len(ends) > 2:
        fitting.fit_bent(part(progress, 0.1 + 0.88 * ends[1], 0.98))
    found = replace(fitting.result(fixed.geometry), metric_before=before)
    if before is not None and found.metric_after < before:
        raise MedViewError(
            "Registration found nothing that agrees better than the images as they lie: nothing was changed.",
            "Move the second images roughly into place first (menu Fusion), or register another way.",
        )
    return found


def can_register(volume: Volume) -> bool:
    """Whether a volume can be compared with another: grey, four slices and more, and saying where it lies."""
    return not volume.is_colour and min(volume.geometry.shape) >= 4 and volume.geometry.is_placed


def agreement(
    fixed: Volume, moving: Volume, transform: SpatialTransform, progress: Progress = unheard
) -> tuple[float | None, float | None]:
    """Return the mutual information (nats) of two volumes as they lie, and under an affine transform.

    None where they hardly overlap.
    """
    (level,) = _levels(fixed, moving, None, progress, (1.0,))
    return _agreement(level, np.eye(4)), _agreement(level, transform.matrix)


def _same_frame(fixed: Volume, moving: Volume) -> bool:
    uids = {fixed.geometry.frame_of_reference_uid, moving.geometry.frame_of_reference_uid}
    return len(uids) == 1 and uids != {""}


def _levels(
    fixed: Volume,
    moving: Volume,
    mask: NDArray[np.bool_] | None,
    progress: Progress,
    factors: tuple[float, ...] = _LEVELS,
) -> list[_Level]:
    finest_mm = _finest_mm(fixed.geometry)
    levels = []
    for number, factor in enumerate(factors):
        inner = part(progress, number / len(factors), (number + 1) / len(factors))
        step_mm = factor * finest_mm
        images = [_coarse(volume, step_mm, inner) for volume in (fixed, moving)]
        masked = None
        if mask is not None:
            share, geometry = shrink(mask, fixed.geometry, step_mm, inner)
            masked = itk_image((share > 0).astype(np.uint8), geometry)
        levels.append(_Level(images[0], images[1], masked, step_mm, images[0].GetNumberOfPixels()))
    return levels


def _finest_mm(geometry: Geometry) -> float:
    """Return the voxel edge of the finest level: that of the images, or larger where they have many voxels."""
    size_mm3 = float(abs(np.linalg.det(geometry.affine[:3, :3]))) * float(np.prod(geometry.shape))
    return max(min(geometry.spacing_mm), float(np.cbrt(size_mm3 / _FINEST_VOXELS)))


def _coarse(volume: Volume, step_mm: float, progress: Progress) -> Any:
    """Return a volume averaged down, as an ITK image; four voxels at least are left along each axis."""
    geometry = volume.geometry
    most = min(n * s for n, s in zip(geometry.shape, geometry.spacing_mm, strict=True)) / 4.0
    values, coarse = shrink(volume.array, geometry, min(step_mm, max(most, min(geometry.spacing_mm))), progress)
    return itk_image(np.nan_to_num(values), coarse)


def _best_start(
    levels: list[_Level], start: SpatialTransform | None, *, same_frame: bool, before: float | None
) -> FloatArray:
    """Return the 4x4 to begin with: what was given, the images as they lie, or their centres on each other."""
    if start is not None:
        return start.matrix
    coarsest = levels[0]
    tried = [np.eye(4)] if same_frame and before is not None else [np.eye(4), *_centred(coarsest)]
    scored = [(score, -number) for number, m in enumerate(tried) if (score := _agreement(coarsest, m)) is not None]
    if not scored:
        raise _no_overlap()
    return tried[-max(scored)[1]]


def _centred(level: _Level) -> list[FloatArray]:
    """Return the shifts that lay the centres of both grids, and of what is bright in them, on each other."""
    sitk = itk()
    ways = (sitk.CenteredTransformInitializerFilter.GEOMETRY, sitk.CenteredTransformInitializerFilter.MOMENTS)
    return [
        affine_matrix(sitk.CenteredTransformInitializer(level.fixed, level.moving, sitk.Euler3DTransform(), way))
        for way in ways
    ]


def _method(level: _Level, samples: int) -> Any:
    """Return ITK's registration with the metric, on the images of a level."""
    sitk = itk()
    method: Any = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(min(1.0, samples / level.voxels), _SEED)
    method.SetInterpolator(sitk.sitkLinear)
    if level.mask is not None:
        method.SetMetricFixedMask(level.mask)
    return method


def _agreement(level: _Level, matrix: FloatArray) -> float | None:
    """Return the mutual information under a 4x4, None where the images hardly overlap."""
    method = _method(level, _SAMPLES_JUDGED)
    method.SetInitialTransform(itk_affine(matrix))
    try:
        return -float(method.MetricEvaluate(level.fixed, level.moving))
    except RuntimeError:  # ITK: too many samples map outside the moving image
        return None


class _Fitting:
    """The transform found so far, made better from step to step: `matrix` first, then what is bent."""

    def __init__(self, levels: list[_Level], matrix: FloatArray) -> None:
        self._levels = levels
        self._matrix = matrix
        self._bends: list[Any] = []

    def fit_rigid(self, progress: Progress) -> None:
        """Turn and shift, at every level."""
        sitk = itk()
        motion = sitk.Euler3DTransform()
        motion.SetCenter(_middle(self._levels[0].fixed))
        self._fit_linear(motion, "Registering (rigid)", progress)

    def fit_affine(self, progress: Progress) -> None:
        """Scale and shear as well, at the two finer levels."""
        sitk = itk()
        motion = sitk.AffineTransform(3)
        motion.SetCenter(_middle(self._levels[0].fixed))
        self._fit_linear(motion, "Registering (affine)", progress, first=1)

    def _fit_linear(self, motion: Any, text: str, progress: Progress, first: int = 0) -> None:
        levels = self._levels[first:]
        for number, level in enumerate(levels):
            inner = part(progress, number / len(levels), (number + 1) / len(levels))
            method = _method(level, _SAMPLES)
            method.SetOptimizerAsRegularStepGradientDescent(
                learningRate=level.step_mm, minStep=level.step_mm * 2e-3, numberOfIterations=_ITERATIONS,
                relaxationFactor=0.6, gradientMagnitudeTolerance=1e-8,
            )  # fmt: skip
            method.SetOptimizerScalesFromPhysicalShift()
            method.SetMovingInitialTransform(itk_affine(self._matrix))
            method.SetInitialTransform(motion, inPlace=True)
            _execute(method, level, _ITERATIONS, text, inner)
        self._matrix = self._matrix @ affine_matrix(motion)

    def fit_bent(self, progress: Progress) -> None:
        """Bend by cubic B-splines over a grid of control points, which is made finer once."""
        sitk = itk()
        for number, (place, grid_mm, samples, iterations) in enumerate(_BENT):
            inner = part(progress, number / len(_BENT), (number + 1) / len(_BENT))
            level = self._levels[place]
            size_mm = np.array(level.fixed.GetSize()) * np.array(level.fixed.GetSpacing())
            mesh = [int(n) for n in np.clip(np.rint(size_mm / grid_mm), 2, 12)]
            spline = sitk.BSplineTransformInitializer(level.fixed, mesh, order=3)
            method = _method(level, samples)
            method.SetOptimizerAsLBFGSB(1e-5, iterations, 5, 2 * iterations, 1e7)
            method.SetMovingInitialTransform(self._whole())
            method.SetInitialTransform(spline, inPlace=True)
            _execute(method, level, round(_CALLS * iterations), "Registering (deformable)", inner)
            # ITK's metric asks a transform for more than its splines can tell, and a field of displacements can
            self._bends.append(displacement_transform(spline, self._levels[1].fixed))

    def _whole(self) -> Any:
        """Return what has been found as an ITK transform; the last of its parts moves a point first."""
        sitk = itk()
        return sitk.CompositeTransform([itk_affine(self._matrix), *self._bends])

    def result(self, grid: Geometry) -> Fitted:
        """Return what was found; what is bent as displacements over the grid of the fixed images."""
        finest = self._levels[-1]
        if not self._bends:
            found = SpatialTransform(self._matrix)
            return Fitted(found, None, _agreement(finest, self._matrix) or 0.0)
        sitk = itk()
        bends = sitk.CompositeTransform(self._bends)
        displacement = sampled_displacement(bends, self._levels[1].fixed, grid.frame_of_reference_uid)
        method = _method(finest, _SAMPLES_JUDGED)
        method.SetMovingInitialTransform(self._whole())
        method.SetInitialTransform(itk_affine(np.eye(4)))
        after = -float(method.MetricEvaluate(finest.fixed, finest.moving))
        found = SpatialTransform(np.eye(4), displacement, self._matrix)
        return Fitted(found, None, after, lowest_jacobian(displacement.vectors, displacement.geometry))


def _execute(method: Any, level: _Level, iterations: int, text: str, progress: Progress) -> None:
    """Run ITK's registration; an unwanted one ends with the iteration it is at, a bent one with its level.

    L-BFGS-B heeds no one: where that is too long, the process it runs in is ended (`jobs.worker_place`).
    """
    sitk = itk()
    stopped: list[Cancelled] = []
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        try:
            progress(min(count / iterations, 1.0), text)
        except Cancelled as cancelled:  # must not pass through ITK, which would print it and carry on
            stopped.append(cancelled)
            method.StopRegistration()

    method.AddCommand(sitk.sitkIterationEvent, step)
    progress(0.0, text)
    try:
        method.Execute(level.fixed, level.moving)
    except RuntimeError as error:
        if stopped:
            raise stopped[0] from None
        raise _no_overlap() from error
    if stopped:
        raise stopped[0]
    progress(1.0, text)


def _no_overlap() -> MedViewError:
    return MedViewError(
        "The images overlap too little to be registered.",
        "Move the second images roughly into place first (menu Fusion), then register again.",
    )


def _middle(image: Any) -> tuple[float, ...]:
    """Return the LPS point in the middle of an ITK image."""
    middle: tuple[float, ...] = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2.0 for n in image.GetSize()])
    return middle


def lowest_jacobian(vectors: NDArray[np.float32], geometry: Geometry) -> float:
    """Return the least determinant of the derivative of p + displacement(p)."""
    by_index = np.stack([np.gradient(vectors.astype(np.float64), axis=axis) for axis in range(3)], axis=-1)
    derivative = by_index @ np.linalg.inv(geometry.affine[:3, :3])
    return float(np.linalg.det(np.eye(3) + derivative).min())
