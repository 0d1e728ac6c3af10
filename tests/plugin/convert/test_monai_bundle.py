from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.plugin.contract import Labels
from medview.plugin.convert.import_model import import_model
from medview.plugin.convert.told import Told
from medview.plugin.run import PluginRun
from medview.progress import unheard
from medview.study.geometry import Geometry
from tests.plugin.convert.bundles import INFERENCE, labels_of_monai, write_bundle
from tests.plugin.folders import volume_of


def dice(a: NDArray, b: NDArray) -> list[float]:
    return [2 * np.sum((a == n) & (b == n)) / max(np.sum(a == n) + np.sum(b == n), 1) for n in np.unique(b)]


def ellipsoids(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    """Two of different brightness in air, with noise, on no axis of symmetry."""
    rng = np.random.default_rng(5)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    left = (z + 0.1) ** 2 / 0.5 + (y - 0.2) ** 2 / 0.3 + (x - 0.45) ** 2 / 0.12 < 1
    right = (z - 0.2) ** 2 / 0.3 + (y + 0.1) ** 2 / 0.5 + (x + 0.5) ** 2 / 0.1 < 1
    values = -100.0 + 180 * left + 90 * right + rng.normal(0, 15, shape)
    return values.round().astype(np.int16)


def tilted(shape: tuple[int, int, int]) -> Geometry:
    """An oblique grid: slices of 3 mm, pixels of 1.1 and 0.9, rows to the back, turned by some degrees."""
    a = np.deg2rad(12)
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.array([[0, 0, 0.9], [0, 1.1, 0], [3.0, 0, 0]])
    affine[:3, 3] = (-30, -40, 10)
    return Geometry(shape, affine)


def test_a_bundle_gives_the_labels_that_monai_gives(tmp_path: Path) -> None:
    folder, shape = write_bundle(tmp_path), (22, 48, 60)
    array, geometry = ellipsoids(shape), tilted(shape)
    plugin, notes = import_model(folder, Told(), unheard)
    assert plugin.manifest.id == "two_ellipsoids"
    result = PluginRun(plugin, volume_of(array, geometry, "CT"))(unheard)
    (labels,) = result.answers
    assert isinstance(labels, Labels)
    truth = labels_of_monai(folder, array, geometry)
    assert [round(float(n), 3) for n in np.bincount(truth.ravel(), minlength=3) / truth.size if n < 0.02] == []
    assert min(dice(labels.array, truth)) >= 0.999
