"""Figures of segments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medview.imaging.statistics import dice, segment_statistics
from medview.study.geometry import Geometry

OBLIQUE = Geometry.from_axes((5, 6, 7), origin=(1, 2, 3), slice_step=(0, -1, 2), row_step=(0, 1, 0.5),
                             column_step=(0.8, 0, 0))  # fmt: skip


def test_voxels_volume_and_centre_are_those_of_each_label() -> None:
    labels = np.random.default_rng(0).integers(0, 4, OBLIQUE.shape).astype(np.uint16)
    for found in segment_statistics(labels, OBLIQUE, (3, 1)):
        where = np.argwhere(labels == found.number)
        assert found.voxels == len(where)
        assert found.ml == pytest.approx(len(where) * OBLIQUE.voxel_ml)
        assert found.centroid_mm == pytest.approx(OBLIQUE.to_mm(where).mean(axis=0).tolist())


def test_a_label_beyond_the_declared_ones_disturbs_nothing() -> None:
    labels = np.full(OBLIQUE.shape, 9, dtype=np.uint8)
    labels[0, 0, 0] = 1
    (found,) = segment_statistics(labels, OBLIQUE, (1,))
    assert (found.voxels, found.centroid_mm) == (1, (1.0, 2.0, 3.0))


def test_without_spacing_there_is_no_volume() -> None:
    labels = np.ones(OBLIQUE.shape, dtype=np.uint8)
    (found,) = segment_statistics(labels, replace(OBLIQUE, has_spacing=False), (1,))
    assert (found.voxels, found.ml, found.centroid_mm) == (210, None, None)


@pytest.mark.parametrize("missing", ["has_depth", "has_orientation"])
def test_a_grid_that_does_not_tell_where_voxels_lie_has_no_centre(missing: str) -> None:
    labels = np.ones(OBLIQUE.shape, dtype=np.uint8)
    facts: dict[str, Any] = {missing: False}
    (found,) = segment_statistics(labels, replace(OBLIQUE, **facts), (1,))
    assert (found.voxels, found.centroid_mm) == (210, None)


def test_dice_of_known_masks() -> None:
    one, other = np.zeros((2, 10), dtype=bool)
    one[:6] = other[3:7] = True
    assert dice(one, other) == pytest.approx(2 * 3 / 10)
    assert dice(np.zeros(3, dtype=bool), np.zeros(3, dtype=bool)) == 1.0
    with pytest.raises(ValueError, match="cannot be compared"):
        dice(one, other[:5])
