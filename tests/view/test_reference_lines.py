"""Where slices cut each other: against intersections worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from medview.imaging.turned_planes import TurnedPlanes
from medview.jobs.job_queue import JobQueue
from medview.session.layout import grid_layout, with_kind
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.viewport import Viewport
from medview.study.geometry import Geometry
from medview.study.series import Instance
from medview.view.picture_grid import PictureGrid
from medview.view.reference_lines import cut_of, mark_in_pane, reference_lines, sheet_of
from medview.view.slice_picture import SlicePicture
from medview.view.slice_view import SliceView
from tests.view.scenes import scene_of

SIZE = (400, 400)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    jobs = JobQueue()
    yield Session(jobs, Settings(tmp_path / "settings.json"))
    jobs.stop()


def axial(**facts: object) -> Geometry:
    """Return 40 axial images, 20 x 30 mm, at z = 0, 1 .. 39; pixel edges at x = -10..20 and y = -5..15."""
    return Geometry.from_axes(
        (40, 20, 30), origin=(-9.5, -4.5, 0), slice_step=(0, 0, 1), row_step=(0, 1, 0), column_step=(1, 0, 0),
        frame_of_reference_uid="1.9", **facts,
    )  # fmt: skip


def sagittal() -> Geometry:
    """Return sagittal images at x = 0, 4, 8 with edges at y = -5..15 and z = 45..5."""
    return Geometry.from_axes(
        (3, 20, 20), origin=(0, -4.5, 44), slice_step=(4, 0, 0), row_step=(0, 0, -2), column_step=(0, 1, 0),
        frame_of_reference_uid="1.9",
    )  # fmt: skip


def scene(geometry: Geometry, **facts: object) -> Scene:
    return scene_of(np.zeros(geometry.shape, np.int16), geometry, **facts)


def beside(session: Session, active: Scene, other: Scene) -> SlicePicture:
    """Show two scenes, the first in the active pane; return the picture of the second."""
    session.set_layout(grid_layout(1, 2))
    session.settings["sync_scroll"] = False
    session.show(active, 0)
    session.show(other, 1)
    session.choose(active_pane="1")
    return SliceView(other, session.viewports["2"]).picture(SIZE)


def lines_mm(session: Session, picture: SlicePicture) -> list[tuple[np.ndarray, np.ndarray]]:
    found = reference_lines(session, "2", picture)
    return [(picture.pane_to_mm(*line.ends[:2]), picture.pane_to_mm(*line.ends[2:])) for line in found]


def same_line(found: tuple[np.ndarray, np.ndarray], start: object, end: object) -> bool:
    wanted = np.array([start, end], dtype=float)
    return any(np.allclose(np.array(pair), wanted, atol=1e-6) for pair in (found, found[::-1]))


def test_an_axial_slice_in_a_sagittal_image(session: Session) -> None:
    one, other = scene(axial()), scene(sagittal())
    picture = beside(session, one, other)
    one.move_cursor((0, 0, 12))
    other.move_cursor((4, 0, 20))
    (line,) = lines_mm(session, SliceView(other, session.viewports["2"]).picture(SIZE))
    # z = 12 on the sagittal image at x = 4, as far as both reach: y from -5 to 15
    assert same_line(line, (4, -5, 12), (4, 15, 12))
    assert picture.plane == "sagittal"


def test_a_slice_that_does_not_reach_there_is_not_drawn(session: Session) -> None:
    one, other = scene(axial()), scene(sagittal())
    beside(session, one, other)
    one.move_cursor((0, 0, 2))  # below z = 5, where the sagittal images end
    assert lines_mm(session, SliceView(other, session.viewports["2"]).picture(SIZE)) == []


def test_the_line_ends_where_the_slice_ends(session: Session) -> None:
    one, other = scene(sagittal()), scene(axial())
    beside(session, one, other)
    one.move_cursor((8, 0, 20))
    other.move_cursor((0, 0, 30))
    (line,) = lines_mm(session, SliceView(other, session.viewports["2"]).picture(SIZE))
    assert same_line(line, (8, -5, 30), (8, 15, 30))


def test_parallel_slices_have_no_line(session: Session) -> None:
    one, other = scene(axial()), scene(axial())
    assert lines_mm(session, beside(session, one, other)) == []


def test_another_frame_of_reference_has_no_line(session: Session) -> None:
    far = Geometry(sagittal().shape, sagittal().affine, "1.8")
    assert lines_mm(session, beside(session, scene(axial()), scene(far))) == []


def test_first_and_last_slice(session: Session) -> None:
    one, other = scene(sagittal()), scene(axial())
    session.settings["reference_lines"] = "ends"
    beside(session, one, other)
    one.move_cursor((4, 0, 20))
    other.move_cursor((0, 0, 30))
    picture = SliceView(other, session.viewports["2"]).picture(SIZE)
    found = reference_lines(session, "2", picture)
    assert [(line.which, line.number) for line in found] == [("end", 1), ("end", 3), ("now", 2)]
    places = [picture.pane_to_mm(*line.ends[:2])[0] for line in found]
    assert np.allclose(places, [0, 8, 4])
    session.settings["reference_lines"] = "all"
    assert len(reference_lines(session, "2", picture)) == 3
    session.settings["reference_lines"] = "off"
    assert reference_lines(session, "2", picture) == ()


def test_a_tilted_slice_rises_as_the_gantry_was_tilted(session: Session) -> None:
    tilt = np.deg2rad(20)
    tilted = Geometry.from_axes(
        (20, 20, 30), origin=(-9.5, -4.5, 20), slice_step=(0, 0, 1), row_step=(0, np.cos(tilt), np.sin(tilt)),
        column_step=(1, 0, 0), frame_of_reference_uid="1.9",
    )  # fmt: skip
    one, other = scene(tilted), scene(sagittal())
    beside(session, one, other)
    one.move_cursor(tilted.to_mm((3, 10, 15)))
    other.move_cursor((4, 0, 30))
    (line,) = lines_mm(session, SliceView(other, session.viewports["2"]).picture(SIZE))
    # image 3 begins at y = -4.5, z = 23; its edges are half a pixel before the first row and after the last
    y = [-4.5 + n * np.cos(tilt) for n in (-0.5, 19.5)]
    z = [23.0 + n * np.sin(tilt) for n in (-0.5, 19.5)]
    if y[0] < -5:
        y[0], z[0] = -5.0, z[0] + (-5 - y[0]) * np.tan(tilt)
    assert same_line(line, (4, y[0], z[0]), (4, y[1], z[1]))


def test_uneven_images_are_drawn_at_their_own_positions(session: Session) -> None:
    places = [0.0, 3.0, 17.0, 31.0]
    geometry = Geometry.from_axes(
        (4, 20, 30), origin=(-9.5, -4.5, 0), slice_step=(0, 0, 1), row_step=(0, 1, 0), column_step=(1, 0, 0),
        frame_of_reference_uid="1.9", has_depth=False,
    )  # fmt: skip
    instances = tuple(
        Instance(Path(f"{n}.dcm"), f"1.{n}", image_position_patient=(-9.5, -4.5, z)) for n, z in enumerate(places)
    )
    one, other = scene(geometry, instances=instances), scene(sagittal())
    beside(session, one, other)
    one.move_cursor(geometry.to_mm((2, 5, 5)))
    other.move_cursor((4, 0, 30))
    (line,) = lines_mm(session, SliceView(other, session.viewports["2"]).picture(SIZE))
    assert same_line(line, (4, -5, 17), (4, 15, 17))


def test_a_line_into_an_uneven_stack_is_drawn_on_the_image_where_it_truly_is(session: Session) -> None:
    geometry = Geometry.from_axes(
        (2, 20, 30), origin=(-9.5, -4.5, 0), slice_step=(0, 0, 1), row_step=(0, 1, 0), column_step=(1, 0, 0),
        frame_of_reference_uid="1.9", has_depth=False,
    )  # fmt: skip
    # the second image is shifted by 2 mm to the left: the plane x = 4 lies in another column of it
    places = ((-9.5, -4.5, 10.0), (-7.5, -4.5, 30.0))
    instances = tuple(Instance(Path(f"{n}.dcm"), f"1.{n}", image_position_patient=p) for n, p in enumerate(places))
    one, other = scene(sagittal()), scene(geometry, instances=instances)
    beside(session, one, other)
    one.move_cursor((4, 0, 20))
    columns = []
    for number in (0, 1):
        other.move_cursor(geometry.to_mm((number, 5, 5)))
        picture = SliceView(other, session.viewports["2"]).picture(SIZE)
        (line,) = reference_lines(session, "2", picture)
        columns.append(picture.transform.to_picture(*line.ends[:2])[0])
    assert np.allclose(columns, [14.0, 12.0])


def test_an_oblique_plane_against_its_equation(session: Session) -> None:
    # a sheet in the plane x + z = 20, cut at z = 12: the line x = 8
    step = np.array([1, 0, -1]) / np.sqrt(2)
    geometry = Geometry.from_axes(
        (1, 60, 60), origin=np.array([10, 5, 10]) - 29.5 * step - 29.5 * np.array([0, 1, 0]),
        slice_step=(1 / np.sqrt(2), 0, 1 / np.sqrt(2)), row_step=(0, 1, 0), column_step=step,
        frame_of_reference_uid="1.9",
    )  # fmt: skip
    one, other = scene(geometry), scene(axial())
    other.move_cursor((0, 0, 12))
    beside(session, one, other)
    other.move_cursor((0, 0, 12))
    (line,) = lines_mm(session, SliceView(other, session.viewports["2"]).picture(SIZE))
    assert same_line(line, (8, -5, 12), (8, 15, 12))


def test_a_reformatted_plane_of_a_volume(session: Session) -> None:
    one, other = scene(axial()), scene(axial())
    beside(session, one, other)
    session.set_layout(with_kind(session.layout, "1", "coronal"))
    one.move_cursor((0, 7, 20))
    other.move_cursor((0, 0, 9))
    (line,) = lines_mm(session, SliceView(other, session.viewports["2"]).picture(SIZE))
    # the coronal pane shows row 11.5 -> the voxel centred at y = 6.5 or 7.5, as wide as the images
    y = one.cursor_mm[1]
    assert abs(y - 7) == 0.5
    assert same_line(line, (-10, y, 9), (20, y, 9))


def test_turned_planes_are_drawn_as_they_are_turned(session: Session) -> None:
    one, other = scene(axial()), scene(sagittal())
    beside(session, one, other)
    one.move_cursor((4, 5, 20))
    at = one.cursor_mm
    one.turn(TurnedPlanes.of_angles(30.0, 0.0, 0.0))
    other.move_cursor((4, 0, 30))
    (line,) = lines_mm(session, SliceView(other, session.viewports["2"]).picture(SIZE))
    slopes = [(p[2] - at[2]) / (p[1] - at[1]) for p in line if abs(p[1] - at[1]) > 1e-6]
    assert np.allclose(np.abs(slopes), np.tan(np.deg2rad(30.0)), atol=1e-6)


def test_the_point_that_was_pointed_out_is_marked_in_its_slice_alone(session: Session) -> None:
    one, other = scene(axial()), scene(sagittal())
    beside(session, one, other)
    session.choose(tool="crosshair")
    one.move_cursor((3.5, 2.5, 18.0))
    session.links.point_out(0)
    picture = SliceView(other, session.viewports["2"]).picture(SIZE)
    at = mark_in_pane(session, "2", picture)
    assert at is not None
    assert picture.pane_to_mm(*at).tolist() == pytest.approx([4.0, 2.5, 18.0])
    other.move_cursor((8, 2.5, 18))
    assert mark_in_pane(session, "2", SliceView(other, session.viewports["2"]).picture(SIZE)) is None


def test_a_sheet_beside_the_picture_is_not_drawn() -> None:
    sheet = sheet_of(scene(sagittal()), Viewport("1"))
    beside = PictureGrid(np.array([100.0, 0, 20]), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), (10, 10))
    assert cut_of(sheet, beside) is None
