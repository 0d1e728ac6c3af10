"""Structures that may overlap, laid into as few masks as hold them all without losing a voxel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from medview.study.segmentation import Segment


@dataclass(frozen=True, eq=False)
class Patch:
    """Part of a structure: a mask (rows, columns) whose first pixel lies at a row and column of a slice."""

    slice_index: int
    row: int
    column: int
    mask: NDArray[np.bool_]

    def of(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Return the part of `labels` (slices, rows, columns) that it covers, as a view."""
        rows, columns = self.mask.shape
        return labels[self.slice_index, self.row : self.row + rows, self.column : self.column + columns]


@dataclass(frozen=True, eq=False)
class Layer:
    """Labels (slices, rows, columns) of segments that do not overlap."""

    labels: NDArray[Any]
    segments: list[Segment] = field(default_factory=list)


class MaskLayers:
    """Layers that grow as structures are laid into them; each goes into the first layer where it overlaps nothing."""

    def __init__(self, shape: tuple[int, int, int], dtype: DTypeLike) -> None:
        self._shape = shape
        self._dtype = dtype
        self.layers: list[Layer] = []

    def lay(self, segment: Segment, patches: Sequence[Patch]) -> None:
        """Put a structure where nothing else is."""
        layer = next((one for one in self.layers if _is_free(one.labels, patches)), None)
        if layer is None:
            layer = Layer(np.zeros(self._shape, self._dtype))
            self.layers.append(layer)
        layer.segments.append(segment)
        for patch in patches:
            patch.of(layer.labels)[patch.mask] = segment.number


def _is_free(labels: NDArray[Any], patches: Sequence[Patch]) -> bool:
    return not any(np.any(patch.of(labels)[patch.mask]) for patch in patches)
