"""Stacks with gaps and tilt as NIfTI: left out with a sentence, or resampled where that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from tests.files.make_dicom import image, write
from tests.walk.command_line import answer, refusal


@pytest.fixture
def gappy(tmp_path: Path) -> Path:
    for index in (0, 1, 2, 3, 6, 7, 8):
        write(image(index), tmp_path / "in" / str(index))
    return tmp_path / "in"


def test_a_stack_with_a_gap_is_left_out_and_says_what_helps(gappy: Path, tmp_path: Path) -> None:
    assert "--regular" in refusal("convert", gappy, "--all", "-o", tmp_path / "out")


def test_a_resampled_stack_keeps_its_gap_empty(gappy: Path, tmp_path: Path) -> None:
    told = answer("convert", gappy, "--all", "-o", tmp_path / "out", "--regular")
    (row,) = told["written"]
    assert row["stack"] == "resampled"
    assert any("not bridged" in str(warning) for warning in row["warnings"])
    stored: Any = nibabel.load(row["path"])
    values = np.asarray(stored.dataobj)
    assert values.shape == (8, 6, 9)
    assert stored.header.get_zooms() == pytest.approx((0.75, 0.5, 2.5))
    by_height = sorted((float((stored.affine @ [0, 0, k, 1])[2]), float(values[0, 0, k])) for k in range(9))
    air = -1000.0  # what no slice was acquired at is no tissue
    assert by_height == [(2.5 * k, -24.0 + k if k not in (4, 5) else air) for k in range(9)]
