"""Statistics of images whose whole numbers lie far apart."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch

from medview.plugin.engine.intensity import measured
from medview.plugin.manifest.input_record import IntensityStep


@pytest.mark.parametrize("kind", [np.int32, np.uint32])
def test_values_far_apart_are_not_counted_one_by_one(kind: type) -> None:
    """Doses and some MR have 32 bits: a table of all numbers between would take 16 GB."""
    values = np.random.default_rng(0).integers(0, 2**31 - 1, (4, 5, 6)).astype(kind)
    values[0, 0, 0], values[-1, -1, -1] = 0, 2**31 - 1
    tracemalloc.start()
    steps = measured([IntensityStep(op="zscore")], values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20
    given = steps.apply(torch.from_numpy(values.astype(np.float32)))
    real = values.astype(np.float64)
    np.testing.assert_allclose(given.numpy(), (real - real.mean()) / real.std(), atol=1e-5)
