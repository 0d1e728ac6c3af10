from __future__ import annotations

import numpy as np
import pytest

from medview.imaging.reorientation import Reorientation
from medview.imaging.synthetic_head import SHAPE, SyntheticHead, synthetic_head
from medview.study.geometry import Geometry

GRID = Geometry((100, 110, 120), np.eye(4)[[2, 1, 0, 3]])  # slices to the head, rows to the back, columns to the left


def ball() -> np.ndarray:
    """Return a brain that is brighter to the left and to the head, with a dark hollow that is none of the outside."""
    s, r, c = np.ogrid[:100, :110, :120]
    inside = ((s - 50) / 45) ** 2 + ((r - 55) / 50) ** 2 + ((c - 60) / 55) ** 2 < 1
    brain = np.where(inside, 100 + c + 0 * s + 0 * r, 0)
    brain[45:55, 50:60, 55:65] = 0
    return brain.astype(np.uint8)


@pytest.fixture(scope="module")
def head() -> SyntheticHead:
    return synthetic_head(ball(), GRID, seed=1)


def test_the_true_mask_is_the_brain_with_its_hollows(head: SyntheticHead) -> None:
    assert head.array.shape == head.brain.shape == head.geometry.shape == SHAPE
    assert head.array.dtype == np.int16
    assert head.brain.sum() == (ball() > 0).sum() + 1000
    assert head.geometry.spacing_mm == pytest.approx((1.0, 1.0, 1.0))


def test_left_stays_left(head: SyntheticHead) -> None:
    turned = Reorientation.to(head.geometry, "LPS")
    values, brain = turned.apply(head.array).astype(float), turned.apply(head.brain)
    by_plane = [values[n][brain[n]].mean() for n in np.flatnonzero(brain.any(axis=(1, 2)))[10:-10]]
    assert np.corrcoef(np.arange(len(by_plane)), by_plane)[0, 1] > 0.95


def test_the_brain_lies_within_fluid_bone_and_scalp(head: SyntheticHead) -> None:
    middle = SHAPE[0] // 2, int(np.argwhere(head.brain)[:, 2].mean())
    line = head.array[middle[0], :, middle[1]].astype(float)
    top = int(np.flatnonzero(head.brain[middle[0], :, middle[1]])[0])
    assert line[: top - 20].max() < 100  # air
    assert line[top - 18 : top - 8].max() > 500  # scalp
    assert line[top - 10 : top - 1].min() < 150  # bone
    assert line[top + 3] > 300


def test_the_same_seed_gives_the_same_head(head: SyntheticHead) -> None:
    assert (synthetic_head(ball(), GRID, seed=1).array == head.array).all()


def test_a_brain_that_is_too_big_is_refused() -> None:
    grid = Geometry((200, 230, 220), np.eye(4)[[2, 1, 0, 3]])
    with pytest.raises(ValueError, match="does not fit into the head"):
        synthetic_head(np.ones(grid.shape, dtype=np.uint8), grid)
