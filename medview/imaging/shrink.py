"""A coarser volume whose values are the means of blocks of voxels: what registration looks at first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.progress import Progress, unheard
from medview.study.geometry import Geometry


def shrink(
    array: NDArray[Any], geometry: Geometry, step_mm: float, progress: Progress = unheard
) -> tuple[NDArray[np.float32], Geometry]:
    """Return the means of whole blocks of voxels, and where they lie.

    Along each axis as many voxels are joined as fit into `step_mm`; a rest at the end, less than a block, is left away.

    Parameters
    ----------
    array
        (slices, rows, columns), real numbers or bool.
    """
    factors = tuple(
        max(1, min(int(step_mm / spacing + 1e-6), n))
        for spacing, n in zip(geometry.spacing_mm, geometry.shape, strict=True)
    )
    shape = tuple(n // f for n, f in zip(geometry.shape, factors, strict=True))
    out = np.empty(shape, dtype=np.float32)
    rows, columns = shape[1] * factors[1], shape[2] * factors[2]
    for number in range(shape[0]):
        progress(number / shape[0])
        block = array[number * factors[0] : (number + 1) * factors[0], :rows, :columns].astype(np.float32)
        blocks = block.reshape(factors[0], shape[1], factors[1], shape[2], factors[2])
        out[number] = blocks.mean(axis=(0, 2, 4), dtype=np.float32)
    affine = geometry.affine.copy()
    affine[:3, :3] *= factors
    affine[:3, 3] = geometry.to_mm([(f - 1) / 2.0 for f in factors])
    return out, Geometry((shape[0], shape[1], shape[2]), affine, geometry.frame_of_reference_uid)
