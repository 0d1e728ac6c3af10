"""Mouse and wheel turned into changes of the session, in patient millimetres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medview.imaging.plane import PlaneName, SlicePlane
from medview.imaging.turned_planes import TurnedPlanes
from medview.jobs.job_queue import JobQueue
from medview.session.edit_mask import clear_segment, remove_segmentation
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.settings import Settings
from medview.session.undo import redo, undo
from medview.study.geometry import FloatArray, Geometry
from medview.study.series import Instance, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume
from medview.tools import toolbox
from medview.tools.pointer import Button, PointerEvent

# a sagittal acquisition, feet to head rows reversed: no index axis runs along its screen axis unturned
GEOMETRY = Geometry.from_axes(
    (10, 20, 30), origin=(-15, 5, 40), slice_step=(3, 0, 0), row_step=(0, 0, -2), column_step=(0, 1, 0)
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    jobs = JobQueue()
    made = Session(jobs, Settings(tmp_path / "settings.json"))
    instances = tuple(Instance(Path(f"{n}.dcm"), f"1.2.{n}") for n in range(10))
    series = Series("1.2", "1.1", modality="MR", instances=instances, geometry=GEOMETRY)
    study = Study(StudyFacts("1.1"), (series,))
    made.add_study(study)
    array = np.arange(6000, dtype=np.int16).reshape(10, 20, 30)
    made.show(Scene(study, Volume(array, GEOMETRY, series), (500.0, 800.0)))
    yield made
    jobs.stop()


def _scene(session: Session) -> Scene:
    assert session.scene is not None
    return session.scene


def _event(
    pane: str, px: tuple[float, float] = (0, 0), mm: FloatArray | None = None, button: Button = "left"
) -> PointerEvent:
    return PointerEvent(pane, px, mm, (400, 300), button)


def _drag(session: Session, pane: str, *events: tuple[tuple[float, float], FloatArray | None], button: Button) -> None:
    toolbox.press(session, _event(pane, *events[0], button=button))
    for px, mm in events[1:]:
        toolbox.move(session, _event(pane, px, mm, button=button))
    toolbox.release(session, _event(pane, *events[-1], button=button))


def test_window_level_right_widens_and_down_brightens(session: Session) -> None:
    _drag(session, "axial", ((100, 100), None), ((108, 100), None), button="left")
    assert _scene(session).window == pytest.approx((500, 880))
    _drag(session, "axial", ((100, 100), None), ((100, 104), None), button="left")
    centre, width = _scene(session).window
    assert width == pytest.approx(880)
    assert centre == pytest.approx(500 - 4 * 880 / 80)


def test_one_setting_turns_the_brightness_of_the_drag(session: Session) -> None:
    session.settings["window_drag_inverted"] = True
    _drag(session, "axial", ((100, 100), None), ((100, 110), None), button="left")
    assert _scene(session).window == pytest.approx((600, 800))


def test_the_window_never_becomes_narrower_than_one_grey_value(session: Session) -> None:
    for _ in range(30):
        _drag(session, "axial", ((300, 0), None), ((0, 0), None), button="left")
    assert _scene(session).window[1] == 1.0


def test_middle_pans_and_right_zooms_whatever_the_tool(session: Session) -> None:
    session.choose(tool="brush")
    _drag(session, "coronal", ((10, 10), None), ((30, 5), None), button="middle")
    assert session.viewports["coronal"].pan_px == (20, -5)
    _drag(session, "coronal", ((10, 110), None), ((10, 10), None), button="right")
    assert session.viewports["coronal"].zoom == pytest.approx(np.exp(0.7))
    # the image point under (10, 110), 190 px left of the middle and 40 above it, has stayed where it was
    away = np.array((-190 - 20, -40 + 5)) * np.exp(0.7)
    assert session.viewports["coronal"].pan_px == pytest.approx(np.array((-190, -40)) - away)
    assert _scene(session).segmentation is None


@pytest.mark.parametrize("pane", ["axial", "coronal", "sagittal"])
def test_the_wheel_moves_one_image_ten_with_shift_and_stops_at_the_ends(session: Session, pane: PlaneName) -> None:
    scene = _scene(session)
    axis = SlicePlane.of(GEOMETRY, pane).axis
    others = [i for i in range(3) if i != axis]
    start = scene.cursor_index
    toolbox.wheel(session, replace(_event(pane), wheel_steps=-1))
    assert scene.cursor_index[axis] == start[axis] + 1
    assert [scene.cursor_index[i] for i in others] == [start[i] for i in others]
    toolbox.wheel(session, replace(_event(pane), wheel_steps=100, shift=True))
    assert scene.cursor_index[axis] == 0
    toolbox.wheel(session, replace(_event(pane), wheel_steps=-100))
    assert scene.cursor_index[axis] == GEOMETRY.shape[axis] - 1


def test_ctrl_wheel_zooms(session: Session) -> None:
    toolbox.wheel(session, replace(_event("axial"), wheel_steps=1, control=True))
    assert session.viewports["axial"].zoom > 1


def test_the_crosshair_goes_to_the_voxel_under_the_mouse(session: Session) -> None:
    session.choose(tool="crosshair")
    target = GEOMETRY.to_mm((7, 3, 11))
    _drag(session, "axial", ((0, 0), GEOMETRY.centre_mm), ((5, 5), target + (0.4, 0.2, -0.3)), button="left")
    np.testing.assert_allclose(_scene(session).cursor_mm, target)
    assert _scene(session).volume.value_at(_scene(session).cursor_mm) == 7 * 600 + 3 * 30 + 11


@pytest.mark.parametrize("pane", ["axial", "coronal", "sagittal"])
def test_a_stroke_paints_the_voxels_within_its_radius_on_that_slice_and_undoes(
    session: Session, pane: PlaneName
) -> None:
    session.choose(tool="brush")
    session.settings["brush_radius_mm"] = 3.2
    plane = SlicePlane.of(GEOMETRY, pane)
    start, end = np.array((4.0, 8.0, 12.0)), np.array((4.0, 8.0, 12.0))
    end[plane.x_axis] += 2
    for point in (start, end):
        point[plane.axis] = _scene(session).cursor_index[plane.axis]
    a, b = GEOMETRY.to_mm(start), GEOMETRY.to_mm(end)
    _drag(session, pane, ((0, 0), a), ((9, 0), b), button="left")
    mask = _scene(session).segmentation
    assert mask is not None
    centres = GEOMETRY.to_mm(np.stack(np.indices(GEOMETRY.shape), axis=-1))
    along = np.clip((centres - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    near = np.linalg.norm(centres - (a + along[..., None] * (b - a)), axis=-1) <= 3.2
    on_slice = np.zeros(GEOMETRY.shape, bool)
    index: list[slice | int] = [slice(None)] * 3
    index[plane.axis] = int(start[plane.axis])
    on_slice[tuple(index)] = True
    np.testing.assert_array_equal(mask.labels == 1, near & on_slice)
    painted = mask.labels.copy()
    undo(session)
    assert not mask.labels.any()
    redo(session)
    np.testing.assert_array_equal(mask.labels, painted)


def test_the_eraser_takes_the_active_segment_alone(session: Session) -> None:
    session.choose(tool="brush")
    session.settings["brush_radius_mm"] = 4.0
    middle = _scene(session).cursor_mm
    _drag(session, "axial", ((0, 0), middle), button="left")
    mask = _scene(session).segmentation
    assert mask is not None
    mask.labels[mask.labels == 1] = 2  # as if another structure lay there
    session.choose(tool="eraser")
    _drag(session, "axial", ((0, 0), middle), button="left")
    assert (mask.labels == 2).any()
    _scene(session).active_segment = 2
    _drag(session, "axial", ((0, 0), middle), button="left")
    assert not mask.labels.any()


def test_one_stroke_is_one_edit_and_clear_is_one_too(session: Session) -> None:
    session.choose(tool="brush")
    history = _scene(session).study.history
    middle = _scene(session).cursor_mm
    _drag(session, "axial", ((0, 0), middle), ((1, 0), middle + (3, 0, 0)), ((2, 0), middle + (6, 0, 0)), button="left")
    assert history.undo_title == "Brush"
    clear_segment(session, 1)
    mask = _scene(session).segmentation
    assert mask is not None
    assert not mask.labels.any()
    assert history.undo() == "Clear segment"
    assert mask.labels.any()
    assert history.undo() == "Brush"
    assert history.undo() is None


def test_a_slab_cannot_be_painted_on_and_says_so(session: Session) -> None:
    session.choose(tool="brush")
    session.viewports["axial"].update(slab_mm=10.0)
    _drag(session, "axial", ((0, 0), _scene(session).cursor_mm), button="left")
    assert _scene(session).segmentation is None
    assert "A slab shows many slices" in str(session.notices.notices[-1].message)


def test_tilted_images_are_painted_on_their_own_plane_only(session: Session) -> None:
    affine = np.array(GEOMETRY.affine)
    affine[:3, 0] += (0, 0.8, 0)
    scene = _scene(session)
    tilted = Geometry(GEOMETRY.shape, affine)
    series = replace(scene.series, geometry=tilted)
    scene.study.replace_series((series,))
    session.show(Scene(scene.study, Volume(scene.volume.array, tilted, series), scene.window))
    session.choose(tool="brush")
    _drag(session, "axial", ((0, 0), _scene(session).cursor_mm), button="left")
    assert _scene(session).segmentation is None
    assert "resliced from tilted images" in str(session.notices.notices[-1].message)
    _drag(session, "sagittal", ((0, 0), _scene(session).cursor_mm), button="left")
    assert _scene(session).segmentation is not None


def test_dragging_in_3d_turns_the_body_with_the_mouse(session: Session) -> None:
    _drag(session, "volume", ((0, 0), None), ((20, 0), None), button="left")
    viewport = session.viewports["volume"]
    assert (viewport.azimuth_deg, viewport.elevation_deg, viewport.roll_deg) == (350.0, 0.0, 0.0)
    viewport.reset()
    # nothing stops it over the head: 100 degrees down shows the patient's back, upside down
    _drag(session, "volume", ((0, 0), None), ((0, 200), None), button="left")
    assert (viewport.azimuth_deg, viewport.elevation_deg, viewport.roll_deg) == (180.0, 80.0, 180.0)


def test_a_stroke_goes_on_where_the_wheel_has_led_and_never_on_a_slice_that_is_not_seen(session: Session) -> None:
    session.choose(tool="brush")
    session.settings["brush_radius_mm"] = 1.0
    scene, plane = _scene(session), SlicePlane.of(GEOMETRY, "sagittal")
    first = scene.cursor_index[plane.axis]
    point = scene.cursor_mm
    toolbox.press(session, _event("sagittal", (0, 0), point))
    toolbox.wheel(session, replace(_event("sagittal"), wheel_steps=-1))
    far = scene.cursor_mm + (0, 6, 0)
    toolbox.move(session, _event("sagittal", (5, 0), far))
    toolbox.release(session, _event("sagittal", (5, 0), far))
    mask = scene.segmentation
    assert mask is not None
    painted = np.argwhere(mask.labels)
    seen = GEOMETRY.to_index(far)
    on_first, on_second = painted[painted[:, 0] == first], painted[painted[:, 0] == first + 1]
    assert len(on_first) + len(on_second) == len(painted)
    assert np.abs(on_first - GEOMETRY.to_index(point)).max() <= 1
    assert np.abs(on_second - seen).max() <= 1
    assert len(on_second)
    undo(session)
    undo(session)
    assert not mask.labels.any()


def test_a_stroke_ends_where_another_series_comes_into_view(session: Session) -> None:
    session.choose(tool="brush")
    scene = _scene(session)
    toolbox.press(session, _event("axial", (0, 0), scene.cursor_mm))
    mask = scene.segmentation
    assert mask is not None
    drawn = mask.labels.copy()
    session.show(Scene(scene.study, scene.volume, scene.window))
    toolbox.move(session, _event("axial", (9, 0), scene.cursor_mm + (9, 0, 0)))
    toolbox.release(session, _event("axial", (9, 0), scene.cursor_mm + (9, 0, 0)))
    np.testing.assert_array_equal(mask.labels, drawn)
    assert scene.study.history.undo() == "Brush"
    assert not mask.labels.any()


def test_undo_during_a_stroke_takes_back_the_stroke_and_nothing_comes_back_later(session: Session) -> None:
    session.choose(tool="brush")
    middle = _scene(session).cursor_mm
    _drag(session, "axial", ((0, 0), middle), button="left")
    mask = _scene(session).segmentation
    assert mask is not None
    first = mask.labels.copy()
    toolbox.press(session, _event("axial", (0, 0), middle + (6, 0, 0)))
    undo(session)
    np.testing.assert_array_equal(mask.labels, first)
    undo(session)
    assert not mask.labels.any()
    toolbox.release(session, _event("axial", (0, 0), middle + (6, 0, 0)))
    while _scene(session).study.history.undo():
        assert mask.labels.sum() <= first.sum()
    assert not mask.labels.any()


def test_a_stroke_on_a_mask_that_is_removed_leaves_no_edit(session: Session) -> None:
    session.choose(tool="brush")
    middle = _scene(session).cursor_mm
    toolbox.press(session, _event("axial", (0, 0), middle))
    mask = _scene(session).segmentation
    assert mask is not None
    remove_segmentation(session, mask)
    removed = mask.labels.copy()
    toolbox.move(session, _event("axial", (3, 0), middle + (3, 0, 0)))
    toolbox.release(session, _event("axial", (3, 0), middle + (3, 0, 0)))
    assert _scene(session).study.history.undo_title == "Remove the segmentation"
    np.testing.assert_array_equal(mask.labels, removed)
    undo(session)
    assert _scene(session).segmentation is mask
    undo(session)
    assert not mask.labels.any(), "the stroke as far as it had come is a step of its own"


@pytest.mark.parametrize("change", ["slab", "turn", "kind"])
def test_a_stroke_ends_where_the_pane_shows_the_voxels_of_its_slice_no_more(session: Session, change: str) -> None:
    session.choose(tool="brush")
    session.settings["brush_radius_mm"] = 1.0
    at = GEOMETRY.to_mm((5, 10, 15))
    toolbox.press(session, _event("sagittal", (100, 100), at))
    mask = _scene(session).segmentation
    assert mask is not None
    painted = mask.labels.copy()
    if change == "slab":
        session.viewports["sagittal"].update(slab_mm=20.0)
    elif change == "turn":
        _scene(session).turn(TurnedPlanes.of_angles(20.0, 0.0, 30.0))
    else:
        session.viewports["sagittal"].kind = "axial"
    toolbox.move(session, _event("sagittal", (130, 100), GEOMETRY.to_mm((5, 10, 20))))
    toolbox.release(session, _event("sagittal", (130, 100), GEOMETRY.to_mm((5, 10, 20))))
    np.testing.assert_array_equal(mask.labels, painted)
    assert painted.any()
    undo(session)
    assert not mask.labels.any()
