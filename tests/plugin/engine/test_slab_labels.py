"""Labels by slabs are those of "interpolate all logits, then argmax", bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medview.errors import MedViewError
from medview.plugin.engine.slab_labels import SlabLabels
from medview.plugin.engine.slab_values import ChosenProbability, slices_of
from tests.plugin.engine.logits import Size, box, interpolated, long_way, slabs, smooth

SHAPES = [
    ((7, 8, 9), (20, 17, 30), 5),
    ((9, 8, 7), (4, 5, 20), 6),  # the network's grid is the finer one along two axes
    ((6, 6, 6), (6, 6, 6), 4),
    ((1, 8, 9), (1, 20, 20), 4),  # one slice
    ((5, 1, 1), (9, 4, 3), 3),
    ((6, 7, 8), (13, 9, 21), 117),
    ((4, 4, 4), (9, 9, 9), 1),
    ((12, 13, 14), (25, 30, 29), 2),
]


@pytest.mark.parametrize(("size", "source", "channels"), SHAPES)
@pytest.mark.parametrize(
    ("kind", "flips"),
    [
        ("random", (False, False, False)),
        ("smooth", (True, False, True)),
        ("ties", (False, True, False)),
        ("nearly tied", (True, True, True)),
        ("large", (False, False, True)),
    ],
)
def test_labels_equal_the_long_way(
    size: Size, source: Size, channels: int, kind: str, flips: tuple[bool, bool, bool]
) -> None:
    values = torch.randn((channels, *size), generator=torch.Generator().manual_seed(channels))
    if kind == "smooth":
        values = smooth(channels, size, channels)
    elif kind == "ties":  # whole numbers: channels are equal at many corners and in between
        values = values.round()
    elif kind == "nearly tied":  # differences of a few units in the last place
        values = 7.3 + values.round() * 5e-7
    elif kind == "large":
        values = values * 1e30
    grid = box(size, source, flips)
    labels = np.full(source, 255, dtype=np.uint8)
    SlabLabels(grid).write(slabs(values), labels)
    np.testing.assert_array_equal(labels, long_way(values, grid))


def test_a_channel_that_wins_at_no_corner_wins_inside() -> None:
    # along columns: channel 0 falls, channel 1 rises, channel 2 is second everywhere and first in the middle
    values = torch.tensor([[10.0, 0.0], [0.0, 10.0], [6.0, 6.0]]).view(3, 1, 1, 2)
    labels = np.zeros((1, 1, 9), dtype=np.uint8)
    grid = box((1, 1, 2), (1, 1, 9))
    SlabLabels(grid).write(slabs(values), labels)
    assert labels.ravel().tolist() == [0, 0, 0, 0, 2, 1, 1, 1, 1]
    np.testing.assert_array_equal(labels, long_way(values, grid))


@pytest.mark.parametrize("flips", [(False, False, False), (True, True, True), (False, True, False)])
def test_what_is_unsure_in_one_part_and_sure_in_another_equals_the_long_way(flips: tuple[bool, bool, bool]) -> None:
    """Whole blocks are interpolated where hardly a cell agrees; borders of blocks lie in the midst of the images."""
    size, source, channels = (3, 71, 135), (7, 90, 170), 6
    values = torch.randn((channels, *size), generator=torch.Generator().manual_seed(4)).round()  # with ties
    values[2, :, :40, 70:] += 30.0
    values[4, :, 50:, :50] += 30.0
    grid = box(size, source, flips)
    labels = np.full(source, 255, dtype=np.uint8)
    SlabLabels(grid).write(slabs(values), labels)
    np.testing.assert_array_equal(labels, long_way(values, grid))


def test_a_slab_is_told_once_it_is_final_and_each_slice_once() -> None:
    values = smooth(4, (17, 6, 6), 3)
    for flipped in (False, True):
        grid = box((17, 6, 6), (40, 9, 9), (flipped, False, False))
        labels, told = np.full((40, 9, 9), 255, dtype=np.uint8), list[int]()
        final = long_way(values, grid)

        def hear(first: int, end: int, told: list[int] = told, labels: object = labels, final: object = final) -> None:
            told.extend(range(first, end))
            np.testing.assert_array_equal(labels[first:end], final[first:end])  # type: ignore[index]

        SlabLabels(grid).write(slabs(values), labels, hear)
        assert sorted(told) == list(range(40))


def test_labels_hardly_differ_from_torchs_own_interpolation() -> None:
    values = smooth(8, (20, 24, 22), 1)
    grid = box((20, 24, 22), (41, 50, 43))
    labels = np.zeros((41, 50, 43), dtype=np.uint8)
    SlabLabels(grid).write(slabs(values), labels)
    theirs = torch.nn.functional.interpolate(values[None], size=(41, 50, 43), mode="trilinear")[0].argmax(dim=0).numpy()
    assert (labels != theirs).mean() < 1e-4  # where two channels are equal but for rounding


def test_channels_are_given_the_numbers_of_segments() -> None:
    values = smooth(4, (6, 6, 6), 5)
    grid = box((6, 6, 6), (11, 12, 13))
    labels = np.zeros((11, 12, 13), dtype=np.uint16)
    SlabLabels(grid, numbers=(0, 300, 7, 12)).write(slabs(values), labels)
    np.testing.assert_array_equal(labels, np.array([0, 300, 7, 12])[long_way(values, grid)])


def test_a_number_that_does_not_fit_is_refused() -> None:
    labels = np.zeros((4, 4, 4), dtype=np.uint8)
    with pytest.raises(OverflowError):
        SlabLabels(box((4, 4, 4), (4, 4, 4)), numbers=(0, 300)).write(slabs(torch.randn(2, 4, 4, 4)), labels)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_refused_with_a_sentence(value: float) -> None:
    values = torch.zeros(2, 4, 4, 4)
    values[1, 2, 3, 1] = value
    with pytest.raises(MedViewError, match="too large for the precision"):
        SlabLabels(box((4, 4, 4), (4, 4, 4))).write(slabs(values), np.zeros((4, 4, 4), dtype=np.uint8))


@pytest.mark.parametrize("seed", range(3))
def test_regions_that_overlap_are_painted_in_their_order(seed: int) -> None:
    size, source = (8, 9, 7), (19, 12, 20)
    values, thresholds = smooth(3, size, seed), (0.0, 0.5, -1.25)
    grid = box(size, source, (seed == 1, False, seed == 2))
    labels = np.full(source, 255, dtype=np.uint8)
    SlabLabels(grid, numbers=(1, 2, 4)).write_regions(slabs(values), labels, thresholds)
    above = interpolated(values - torch.tensor(thresholds).view(3, 1, 1, 1), grid).numpy() > 0
    wanted = np.zeros(source, dtype=np.uint8)
    for number, inside in zip((1, 2, 4), above, strict=True):
        wanted[inside] = number
    np.testing.assert_array_equal(labels, wanted)
    assert len(np.unique(labels)) == 4


def test_the_long_way_by_slabs_is_the_long_way() -> None:
    values, grid = smooth(3, (8, 6, 7), 2), box((8, 6, 7), (15, 16, 9), (False, True, False))
    found = torch.empty((3, 15, 16, 9))
    for number, plane in slices_of(slabs(values), grid):
        found[:, number] = plane
    assert torch.equal(found, interpolated(values, grid))


def test_probabilities_of_a_class_agree_with_its_label() -> None:
    values, grid = smooth(3, (8, 6, 7), 2) / 3, box((8, 6, 7), (15, 16, 9))
    sure = np.zeros((15, 16, 9), dtype=np.uint8)
    labels = np.zeros((15, 16, 9), dtype=np.uint8)
    SlabLabels(grid).write(ChosenProbability(1).beside(slabs(values), grid, sure), labels)
    wanted = interpolated(values, grid).softmax(dim=0)[1].numpy()
    assert np.abs(sure / 255.0 - wanted).max() <= 0.5 / 255 + 1e-6
    np.testing.assert_array_equal(labels, long_way(values, grid))
    assert sure[labels == 1].min() >= 255 // 3
    list(ChosenProbability(2, "sigmoid").beside(slabs(values), grid, sure))
    assert np.abs(sure / 255.0 - interpolated(values, grid)[2].sigmoid().numpy()).max() <= 0.5 / 255 + 1e-6
