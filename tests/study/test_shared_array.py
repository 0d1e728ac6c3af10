"""Arrays in shared memory: whatever way a slice is set, it is that slice."""

from __future__ import annotations

import numpy as np
import pytest

from medview.study import shared_array


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_a_slice_is_put_where_it_belongs(dtype: type) -> None:
    array = shared_array.allocate((4, 5, 6), dtype)
    array[...] = 0
    part = np.arange(30).reshape(5, 6).astype(dtype)
    shared_array.put(array, 2, part)
    assert np.array_equal(array[2], part)
    assert not array[[0, 1, 3]].any()
    assert np.array_equal(shared_array.attach(*shared_array.handle(array))[2], part)


def test_a_slice_of_another_type_or_order_is_put_as_numpy_would() -> None:
    array = shared_array.allocate((3, 4, 5), np.int16)
    array[...] = 0
    part = np.arange(20, dtype=np.uint8).reshape(5, 4).T
    shared_array.put(array, 1, part)
    assert np.array_equal(array[1], part)
    assert not array[[0, 2]].any()


def test_a_part_of_a_shared_array_has_its_own_first_slice() -> None:
    array = shared_array.allocate((4, 2, 2), np.int16)
    array[...] = 0
    shared_array.put(array[2:], 0, np.ones((2, 2), np.int16))
    assert array.any(axis=(1, 2)).tolist() == [False, False, True, False]


def test_colours_and_whole_rows() -> None:
    array = shared_array.allocate((2, 3, 4, 3), np.uint8)
    array[...] = 0
    part = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    shared_array.put(array, 1, part)
    assert np.array_equal(array[1], part)
    assert not array[0].any()
