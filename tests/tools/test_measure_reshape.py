"""Points of measurements that are dragged: what moves with them, and what they belong to then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medview.session.scene import Scene
from medview.study.annotation import ImageName
from medview.study.geometry import Geometry
from medview.study.measurement import Measurement
from medview.study.series import Instance, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume
from medview.tools.measure_reshape import moved, with_point_at

GRID = Geometry.from_axes(
    (10, 20, 20), origin=(0, 0, 0), slice_step=(0, 0, 3), row_step=(0, 1, 0), column_step=(1, 0, 0)
)
SERIES = Series("1", "2", geometry=GRID, instances=tuple(Instance(Path("x"), f"1.{n}") for n in range(10)))


@pytest.fixture
def scene() -> Scene:
    return Scene(Study(StudyFacts("2"), (SERIES,)), Volume(np.zeros(GRID.shape, np.int16), GRID, SERIES), (0.0, 1.0))


def drawn(kind: str, *points: tuple[float, float]) -> Measurement:
    """Return a measurement on image 4, at z = 12."""
    space = np.array([(x, y, 12.0) for x, y in points])
    return Measurement(kind, space, SERIES.key, image=ImageName("1.4", 0))  # type: ignore[arg-type]


def test_less_than_half_a_slice_stays_on_the_image(scene: Scene) -> None:
    line = drawn("length", (2, 3), (8, 3))
    near = with_point_at(line, 1, np.array((9.0, 3.0, 13.4)), scene)
    assert near.points_mm[1].tolist() == [9, 3, 12]
    assert near.image == line.image
    far = with_point_at(line, 1, np.array((8.0, 3.0, 20.0)), scene)
    assert far.points_mm[1].tolist() == [8, 3, 20]
    assert far.image is None
    assert abs(float(far.normal @ (far.points_mm[1] - far.points_mm[0]))) < 1e-9


def test_what_is_flat_stays_in_its_plane(scene: Scene) -> None:
    box = drawn("rectangle", (2, 3), (8, 3), (8, 9), (2, 9))
    pulled = with_point_at(box, 2, np.array((10.0, 12.0, 20.0)), scene)
    assert pulled.points_mm[:, 2].tolist() == [12.0] * 4
    np.testing.assert_allclose(pulled.points_mm[:, :2], [(2, 3), (10, 3), (10, 12), (2, 12)])
    assert pulled.image == box.image


def test_the_end_of_an_ellipse_turns_it_and_keeps_the_other_axis(scene: Scene) -> None:
    ellipse = drawn("ellipse", (2, 6), (10, 6), (6, 4), (6, 8))
    pulled = with_point_at(ellipse, 1, np.array((2.0, 12.0, 12.0)), scene)
    one, other = pulled.points_mm[1] - pulled.points_mm[0], pulled.points_mm[3] - pulled.points_mm[2]
    assert np.linalg.norm(one) == pytest.approx(6)
    assert np.linalg.norm(other) == pytest.approx(4)
    assert float(one @ other) == pytest.approx(0)
    np.testing.assert_allclose(pulled.points_mm[2:].mean(axis=0), (2, 9, 12))


def test_a_whole_goes_to_the_image_it_is_moved_to(scene: Scene) -> None:
    box = drawn("rectangle", (2, 3), (8, 3), (8, 9), (2, 9))
    up = moved(box, np.array((1.0, 0.0, 7.0)), scene)  # two slices and a third
    assert up.image == ImageName("1.6", 0)
    np.testing.assert_allclose(up.points_mm, [(3, 3, 18), (9, 3, 18), (9, 9, 18), (3, 9, 18)])
    beyond = moved(box, np.array((0.0, 0.0, 500.0)), scene)
    assert beyond.image == ImageName("1.9", 0)
    space = replace(box, image=None)
    assert moved(space, np.array((0.0, 0.0, 7.0)), scene).points_mm[0].tolist() == [2, 3, 19]


def test_a_point_goes_where_it_is_dragged(scene: Scene) -> None:
    probe = with_point_at(drawn("probe", (2, 3)), 0, np.array((5.0, 6.0, 21.2)), scene)
    assert probe.points_mm.tolist() == [[5, 6, 21]]
    assert probe.image == ImageName("1.7", 0)


def test_a_short_axis_slides_along_the_long_one(scene: Scene) -> None:
    axes = drawn("bidirectional", (0, 5), (10, 5), (5, 3), (5, 7))
    pulled = with_point_at(axes, 3, np.array((8.0, 9.0, 12.0)), scene)
    np.testing.assert_allclose(pulled.points_mm[:, :2], [(0, 5), (10, 5), (8, 3), (8, 9)])
    pulled = with_point_at(axes, 3, np.array((40.0, 9.0, 12.0)), scene)
    assert pulled.points_mm[3, 0] == 10  # no farther than its end


def test_nothing_breaks_where_points_fall_together(scene: Scene) -> None:
    for kind in ("rectangle", "ellipse", "bidirectional"):
        one = drawn(kind, (5, 5), (5, 5), (5, 5), (5, 5))
        for number in range(4):
            assert np.isfinite(with_point_at(one, number, np.array((7.0, 8.0, 12.0)), scene).points_mm).all()


@pytest.mark.parametrize("kind", ["length", "angle", "rectangle"])
def test_a_point_never_leaves_the_frame_of_a_recording_or_a_slice_of_an_uneven_stack(kind: str) -> None:
    grid = replace(GRID, has_depth=False)
    series = replace(SERIES, geometry=grid)
    scene = Scene(Study(StudyFacts("2"), (series,)), Volume(np.zeros(grid.shape, np.int16), grid, series), (0.0, 1.0))
    corners = [(2.0, 3.0), (8.0, 3.0), (8.0, 9.0), (2.0, 9.0)]
    line = drawn(kind, *corners[: {"length": 2, "angle": 3, "rectangle": 4}[kind]])
    pulled = with_point_at(line, 1, np.array((9.0, 3.0, 24.0)), scene)  # played on meanwhile
    assert pulled.points_mm[:, 2] == pytest.approx(12.0)
    assert pulled.points_mm[1].tolist() == [9, 3, 12]
    assert pulled.image == line.image
