"""The images on the network's grid: values changed as its manifest wants, interpolated, slice by slice."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medview.plugin.engine.intensity import Intensity
from medview.plugin.engine.model_grid import ModelGrid
from medview.plugin.engine.taps import Interpolation, taps_in
from medview.progress import Progress, unheard


def resample_in(
    array: NDArray[Any],
    grid: ModelGrid,
    intensity: Intensity | None = None,
    *,
    device: str = "cpu",
    interpolation: Interpolation = "linear",
    progress: Progress = unheard,
) -> Tensor:
    """Return the images on the network's grid, float32 (slices, rows, columns) on `device`.

    The steps of `intensity` come before the interpolation, so that what is clipped away is not mixed in. Beyond the
    outer centres of the images the outermost value holds. Only a few slices of the images are held as float32.

    Parameters
    ----------
    array
        (slices, rows, columns) real numbers; may be read-only, in shared memory.
    interpolation
        "linear", or "area", which is the mean over each of the network's voxels where they are the larger ones.
    """
    along, down, across = (taps_in(axis, interpolation).to(device) for axis in grid.maps)
    out = torch.empty(grid.size, dtype=torch.float32, device=device)
    steps = intensity or Intensity()

    @lru_cache(maxsize=along.index.shape[1] + 1)
    def plane(number: int) -> Tensor:
        return steps.apply(torch.from_numpy(array[number].astype(np.float32)).to(device))

    for index, (sources, weights) in enumerate(zip(along.index.tolist(), along.weight.tolist(), strict=True)):
        progress(index / grid.size[0], "Resampling")
        mixed = torch.zeros(grid.source_size[1:], device=device)
        for source, weight in zip(sources, weights, strict=True):
            if weight > 0:
                mixed.add_(plane(source), alpha=weight)
        out[index] = across.apply(down.apply(mixed, 0), 1)
    return out
