"""What two series laid over each other are called: nobody may take one for the other."""

from __future__ import annotations

import pytest

from medview.study.series import Series
from medview.view.fusion_lines import pair_names


def _series(modality: str, number: int, description: str = "") -> Series:
    return Series("", "", modality=modality, series_number=number, series_description=description)


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        (_series("CT", 3), _series("PT", 3), ("CT", "PET")),
        (_series("MR", 1, "T1"), _series("MR", 2, "T1"), ("MR 1", "MR 2")),
        (_series("MR", 5, "T1"), _series("MR", 5, "T1 later"), ("MR T1", "MR T1 later")),  # of two studies
        (_series("MR", 5, "T1"), _series("MR", 5, "T1"), ("MR I", "MR II")),
    ],
)
def test_names_tell_two_series_apart(first: Series, second: Series, names: tuple[str, str]) -> None:
    assert pair_names(first, second) == names
