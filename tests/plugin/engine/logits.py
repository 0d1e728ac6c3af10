"""Logits to try the reduction on, and the long way that it must equal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medview.plugin.engine.model_grid import AxisMap, ModelGrid
from medview.plugin.engine.sliding_window import Slab

Size = tuple[int, int, int]


def slabs(values: Tensor, thick: int = 5) -> Iterator[Slab]:
    """Yield (channels, slices, rows, columns) in slabs whose memory is spoilt afterwards."""
    for first in range(0, values.shape[1], thick):
        part = values[:, first : first + thick].clone()
        yield Slab(first, part)
        part.fill_(1e9)


def box(size: Size, source: Size, flips: tuple[bool, bool, bool] = (False, False, False)) -> ModelGrid:
    """Return grids that fill the same box."""
    maps = [AxisMap(n, m, (m / n - 1) / 2, m / n) for n, m in zip(size, source, strict=True)]
    a, b, c = (one.flipped() if flip else one for one, flip in zip(maps, flips, strict=True))
    return ModelGrid((a, b, c))


def smooth(channels: int, size: Size, seed: int, pooled: int = 5) -> Tensor:
    """Return random logits with structures some voxels wide, as networks give them."""
    from scipy.ndimage import uniform_filter

    noise = np.random.default_rng(seed).standard_normal((channels, *size))
    once = uniform_filter(noise, size=(1, pooled, pooled, pooled))
    return torch.from_numpy((uniform_filter(once, size=(1, pooled, pooled, pooled)) * 30.0).astype(np.float32))


def interpolated(values: Tensor, grid: ModelGrid) -> Tensor:
    """Return all logits at the images' voxels, written down once more: clamped, then slices, rows, columns."""
    for axis, one in enumerate(grid.maps):
        places = (np.arange(one.source_size) - one.start) / one.step
        lower = np.clip(np.floor(places), 0, max(one.size - 2, 0)).astype(int)
        share = torch.from_numpy(np.clip(places - lower, 0, 1).astype(np.float32))
        if one.size == 1:
            share = torch.zeros_like(share)
        shape = [-1 if n == axis + 1 else 1 for n in range(4)]
        below = values.index_select(axis + 1, torch.from_numpy(lower))
        above = values.index_select(axis + 1, torch.from_numpy(np.minimum(lower + 1, one.size - 1)))
        values = below * (1 - share).view(shape) + above * share.view(shape)
    return values


def long_way(values: Tensor, grid: ModelGrid) -> NDArray[Any]:
    """Return the labels of all logits interpolated, then argmax."""
    return interpolated(values, grid).argmax(dim=0).numpy()
