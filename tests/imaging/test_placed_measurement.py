"""Where measurements are seen: planes through a cube whose crossings are worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medview.imaging.pane_frame import PaneFrame, reach_mm
from medview.imaging.placed_measurement import placed_measurement
from medview.study.annotation import ImageName
from medview.study.geometry import Geometry
from medview.study.measurement import Measurement
from medview.study.series import Instance, Series

GRID = Geometry.from_axes(
    (10, 20, 20), origin=(0, 0, 0), slice_step=(0, 0, 3), row_step=(0, 1, 0), column_step=(1, 0, 0)
)
SERIES = Series("1", "2", geometry=GRID, instances=tuple(Instance(Path("x"), f"1.{n}") for n in range(10)))
X, Y, Z = np.eye(3)


def axial(number: int, px: float = 0.5) -> PaneFrame:
    return PaneFrame(3.0 * number * Z, px * X, px * Y, reach_mm(GRID, Z), number)


def coronal(y: float, px: float = 0.5) -> PaneFrame:
    return PaneFrame(y * Y + 27 * Z, px * X, -px * Z, reach_mm(GRID, Y))


def on_image(kind: str, points: list[tuple[float, float]], number: int) -> Measurement:
    space = [(x, y, 3.0 * number) for x, y in points]
    return Measurement(kind, np.array(space), SERIES.key, image=ImageName(f"1.{number}", 0))  # type: ignore[arg-type]


def test_half_a_slice_is_in_reach() -> None:
    assert (reach_mm(GRID, Z), reach_mm(GRID, Y)) == (1.5, 0.5)
    assert reach_mm(GRID, (Y + Z) / np.sqrt(2)) == pytest.approx(3 / np.sqrt(2) / 2)


def test_one_on_an_image_is_whole_there_and_nowhere_on_another() -> None:
    line = on_image("length", [(2, 3), (8, 3)], 4)
    found = placed_measurement(line, SERIES, GRID, axial(4))
    assert found is not None
    assert found.is_whole
    assert found.lines[0].tolist() == [[4, 6], [16, 6]]
    assert placed_measurement(line, SERIES, GRID, axial(5)) is None


def test_a_line_along_another_plane_is_whole_in_it_too() -> None:
    line = on_image("length", [(2, 3.2), (8, 3.4)], 4)
    found = placed_measurement(line, SERIES, GRID, coronal(3.0))
    assert found is not None
    assert found.is_whole
    np.testing.assert_allclose(found.lines[0], [[4, 30], [16, 30]])


def test_a_line_through_another_plane_leaves_a_mark_and_the_end_that_lies_there() -> None:
    line = on_image("length", [(2, 3), (8, 9)], 4)
    found = placed_measurement(line, SERIES, GRID, coronal(6.0))
    assert found is not None
    assert not found.is_whole
    np.testing.assert_allclose(found.crossings, [[10, 30]])  # at x = 5
    assert found.handle_numbers == ()
    found = placed_measurement(line, SERIES, GRID, coronal(9.3))
    assert found is not None
    assert found.handle_numbers == (1,)
    assert placed_measurement(line, SERIES, GRID, coronal(12.0)) is None


def test_a_region_is_cut_from_where_the_plane_enters_to_where_it_leaves() -> None:
    box = on_image("rectangle", [(2, 3), (8, 3), (8, 9), (2, 9)], 4)
    found = placed_measurement(box, SERIES, GRID, coronal(6.0))
    assert found is not None
    np.testing.assert_allclose(np.sort(found.lines[0][:, 0]), [4, 16])
    notch = on_image("polygon", [(0, 0), (4, 8), (8, 2), (12, 8), (16, 0)], 4)
    found = placed_measurement(notch, SERIES, GRID, coronal(4.0))
    assert found is not None
    # y = 4 is crossed at x = 2, 4 + 8/3 = 6.67, 9.33 and 14
    np.testing.assert_allclose(np.concatenate(found.lines)[:, 0], [4, 40 / 3, 56 / 3, 28])


def test_one_in_space_is_whole_only_where_all_of_it_lies() -> None:
    space = Measurement("length", np.array([(2, 3, 11.0), (8, 3, 13.2)]), SERIES.key)
    found = placed_measurement(space, SERIES, GRID, axial(4))
    assert found is not None
    assert found.is_whole
    tall = Measurement("length", np.array([(2, 3, 6.0), (8, 3, 18.0)]), SERIES.key)
    found = placed_measurement(tall, SERIES, GRID, axial(4))
    assert found is not None
    assert not found.is_whole
    np.testing.assert_allclose(found.crossings, [[10, 6]])


def test_slices_that_are_only_counted_lie_nowhere_in_space() -> None:
    counted = Geometry(GRID.shape, GRID.affine, has_depth=False)
    space = Measurement("length", np.array([(2, 3, 12.0), (8, 3, 12.0)]), SERIES.key)
    found = placed_measurement(space, SERIES, counted, axial(4))
    assert found is None or not found.is_whole
