"""Slots that follow each other through the patient: by position, by hand, by number, and never in a circle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medview.session.edit_mask import new_segmentation, remove_segmentation
from medview.session.layout import grid_layout, shipped_layout
from medview.session.scene import Scene
from medview.session.scene_links import Offset
from medview.session.session import Session
from medview.study.geometry import Geometry
from medview.study.series import Instance, Patient, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume

ERIKA = Patient("Doe^Erika", "ID-42", "19700102", "F")


def axial(count: int, step: float, *, first: float = 0.0, uid: str = "1.9", **facts: Any) -> Geometry:
    """Return axial slices at first, first + step, ... mm."""
    return Geometry.from_axes(
        (count, 8, 8), origin=(-4, -4, first), slice_step=(0, 0, step), row_step=(0, 1, 0), column_step=(1, 0, 0),
        frame_of_reference_uid=uid, **facts,
    )  # fmt: skip


def sagittal(uid: str = "1.9") -> Geometry:
    """Return sagittal slices at x = -4, -2, 0, 2 with rows that go down from z = 40 in steps of 2 mm."""
    return Geometry.from_axes(
        (4, 20, 8), origin=(-4, -4, 40), slice_step=(2, 0, 0), row_step=(0, 0, -2), column_step=(0, 1, 0),
        frame_of_reference_uid=uid,
    )  # fmt: skip


def scene(geometry: Geometry, number: int = 1, patient: Patient = ERIKA, **facts: Any) -> Scene:
    series = Series(f"1.2.{number}", "1.1", geometry=geometry, **{"modality": "CT", **facts})
    study = Study(StudyFacts("1.1", patient=patient), (series,))
    return Scene(study, Volume(np.zeros(geometry.shape, np.int16), geometry, series, "HU"), (40.0, 400.0))


def uneven(positions: list[float]) -> Scene:
    """Return a stack whose slices lie at positions that no affine fits."""
    geometry = axial(len(positions), 1.0, has_depth=False)
    instances = tuple(
        Instance(Path(f"{n}.dcm"), f"1.3.{n}", image_position_patient=(-4.0, -4.0, z)) for n, z in enumerate(positions)
    )
    return scene(geometry, 7, instances=instances)


def together(session: Session, *scenes: Scene) -> tuple[Scene, ...]:
    session.set_layout(grid_layout(1, len(scenes)))
    for slot, one in enumerate(scenes):
        session.show(one, slot)
    return scenes


def go_to(one: Scene, slice_index: int) -> None:
    one.move_cursor(one.volume.geometry.to_mm((slice_index, *one.cursor_index[1:])))


def z_of(one: Scene) -> float:
    return float(one.cursor_mm[2])


def test_the_nearest_slice_to_the_position_is_shown_whatever_the_distance_of_slices(session: Session) -> None:
    thin, thick = together(session, scene(axial(40, 1.0)), scene(axial(9, 5.0), 2))
    go_to(thin, 12)
    assert (z_of(thin), z_of(thick)) == (12.0, 10.0)
    go_to(thin, 13)
    assert (z_of(thin), z_of(thick)) == (13.0, 15.0)
    go_to(thick, 6)
    assert (z_of(thin), z_of(thick)) == (30.0, 30.0)


def test_thick_slices_do_not_move_thin_ones_by_being_rounded(session: Session) -> None:
    thin, cut = together(session, scene(axial(40, 1.0)), scene(sagittal(), 2))
    thin.move_cursor((1.0, 2.0, 11.0))  # x = 1 lies between the sagittal slices at 0 and 2
    sides = cut.cursor_mm[0]
    assert sides in (0.0, 2.0)
    go_to(thin, 12)
    assert thin.cursor_mm.tolist() == [1.0, 2.0, 12.0]
    cut.move_cursor((cut.cursor_mm[0], cut.cursor_mm[1], 20.0))  # along z: x of the thin stack is not asked for
    assert thin.cursor_mm.tolist() == [1.0, 2.0, 20.0]


def test_scrolling_sagittal_images_leaves_the_axial_slice(session: Session) -> None:
    thin, cut = together(session, scene(axial(40, 1.0)), scene(sagittal(), 2))
    go_to(thin, 17)
    before = z_of(thin)
    go_to(cut, 0)
    assert z_of(thin) == before
    assert thin.cursor_mm[0] == -4.0


def test_there_is_no_circle_and_every_scene_is_told_once(session: Session) -> None:
    scenes = together(session, scene(axial(40, 1.0)), scene(axial(20, 2.0), 2), scene(axial(9, 5.0), 3))
    told: list[int] = []
    seen: list[tuple[float, ...]] = []
    for number, one in enumerate(scenes):
        one.cursor_changed.connect(lambda number=number: told.append(number))
    session.links.changed.connect(lambda: seen.append(tuple(map(z_of, scenes))))
    go_to(scenes[0], 30)
    assert sorted(told) == [0, 1, 2]
    assert seen == [(30.0, 30.0, 30.0)]


def test_what_ends_earlier_stays_at_its_end_and_says_so(session: Session) -> None:
    long, short = together(session, scene(axial(40, 1.0)), scene(axial(10, 1.0), 2))
    go_to(long, 30)
    assert (z_of(short), session.links.is_beyond(1), session.links.is_beyond(0)) == (9.0, True, False)
    go_to(short, 8)  # what a person scrolls leads, from where it is seen
    assert (z_of(long), session.links.is_beyond(1)) == (8.0, False)


def test_uneven_slices_follow_by_their_own_positions(session: Session) -> None:
    even, gaps = together(session, scene(axial(60, 1.0)), uneven([0.0, 3.0, 20.0, 50.0]))
    for z, nearest in ((2, 1), (11, 1), (12, 2), (34, 2), (36, 3)):
        go_to(even, z)
        assert gaps.cursor_index[0] == nearest, z
    go_to(gaps, 2)
    assert z_of(even) == 20.0


def test_another_frame_of_reference_and_another_patient_do_not_follow(session: Session) -> None:
    other = replace(ERIKA, patient_id="ID-43")
    one, far, stranger = together(
        session, scene(axial(40, 1.0)), scene(axial(40, 1.0, uid="1.8"), 2), scene(axial(40, 1.0), 3, other)
    )
    before = z_of(far), z_of(stranger)
    go_to(one, 3)
    assert (z_of(far), z_of(stranger)) == before
    assert not session.links.shares_space(0, 2)


def test_the_setting_turns_following_off(session: Session) -> None:
    one, other = together(session, scene(axial(40, 1.0)), scene(axial(40, 1.0), 2))
    session.settings["sync_scroll"] = False
    before = z_of(other)
    go_to(one, 3)
    assert z_of(other) == before


def test_linked_by_hand_they_keep_the_offset_they_had(session: Session) -> None:
    now, prior = together(session, scene(axial(60, 1.0)), scene(axial(30, 2.0, first=-100.0, uid="1.8"), 2))
    go_to(now, 20)
    go_to(prior, 15)  # z = -70: the same vertebra, 90 mm lower on that table
    assert session.links.link_by_hand()
    assert session.links.offset(1) == Offset((0.0, 0.0, -90.0))
    assert session.links.offset(0) is None
    go_to(now, 30)
    assert z_of(prior) == -60.0
    go_to(prior, 10)
    assert z_of(now) == 10.0
    session.links.unlink()
    go_to(now, 50)
    assert z_of(prior) == -80.0
    assert session.links.offset(1) is None


def test_images_without_a_place_are_linked_by_counting_them(session: Session) -> None:
    pictures = axial(12, 1.0, uid="", has_orientation=False)
    one, other = together(session, scene(pictures, 4), scene(axial(20, 3.0), 5))
    go_to(one, 2)
    go_to(other, 6)
    assert session.links.link_by_hand()
    assert session.links.offset(1) == Offset(None, 4)
    go_to(one, 5)
    assert other.cursor_index[0] == 9
    go_to(other, 4)
    assert one.cursor_index[0] == 0


def test_another_series_in_a_slot_ends_the_counting(session: Session) -> None:
    pictures = axial(12, 1.0, uid="", has_orientation=False)
    one, _ = together(session, scene(pictures, 4), scene(pictures, 5))
    session.links.link_by_hand()
    third = scene(pictures, 6)
    session.show(third, 1)
    before = third.cursor_index[0]
    go_to(one, 2)
    assert third.cursor_index[0] == before


def test_what_is_shown_beside_begins_where_the_others_are(session: Session) -> None:
    (one,) = together(session, scene(axial(60, 1.0)))
    go_to(one, 50)
    session.set_layout(grid_layout(1, 2))
    beside, beyond = scene(axial(30, 2.0), 2), scene(axial(10, 1.0), 3)
    session.show(beside, 1)
    assert z_of(beside) == 50.0
    session.show(beyond, 1)  # which does not reach there: it begins in its own middle
    assert z_of(beyond) == 4.0


def test_pointing_out_moves_all_in_the_frame_of_reference_also_where_scrolling_is_not_linked(session: Session) -> None:
    one, cut, far = together(session, scene(axial(40, 1.0)), scene(sagittal(), 2), scene(axial(40, 1.0, uid="1.8"), 3))
    session.settings["sync_scroll"] = False
    one.move_cursor((2.0, 1.0, 24.0))
    session.links.point_out(0)
    assert cut.cursor_mm.tolist() == [2.0, 1.0, 24.0]
    mark = session.links.mark_in(1)
    assert mark is not None
    assert mark.tolist() == [2.0, 1.0, 24.0]
    assert session.links.mark_in(2) is None
    assert z_of(far) != 24.0


def test_the_places_of_a_4d_series_stay_linked(session: Session) -> None:
    one, other = together(session, scene(axial(40, 1.0)), scene(axial(40, 1.0), 2))
    go_to(one, 25)
    later = scene(axial(40, 1.0), 9)
    later.look_as(other)
    session.show(later, 1, keep_view=True)
    assert z_of(later) == 25.0
    go_to(one, 5)
    assert z_of(later) == 5.0


def test_closed_scenes_are_let_go(session: Session) -> None:
    one, other = together(session, scene(axial(40, 1.0)), scene(axial(40, 1.0), 2))
    session.show(None, 1)
    assert len(other.cursor_changed) == 0
    assert len(other.display_changed) == 0
    before = z_of(other)
    go_to(one, 3)
    assert z_of(other) == before


def test_windows_and_zoom_are_handed_on_where_asked_for(session: Session) -> None:
    one, other, mr = together(
        session, scene(axial(40, 1.0)), scene(axial(20, 2.0), 2), scene(axial(9, 5.0), 3, modality="MR")
    )
    one.update(window=(50.0, 350.0))
    session.viewports["1"].update(zoom=2.0, pan_px=(10.0, 5.0))
    assert other.window == (40.0, 400.0)
    assert session.viewports["2"].zoom == 1.0
    session.settings["sync_window"] = session.settings["sync_zoom"] = True
    one.update(window=(-600.0, 1500.0))
    assert (other.window, mr.window) == ((-600.0, 1500.0), (40.0, 400.0))
    session.viewports["2"].update(zoom=3.0, pan_px=(1.0, 2.0))
    assert (session.viewports["1"].zoom, session.viewports["1"].pan_px) == (3.0, (1.0, 2.0))
    session.show(scene(axial(20, 2.0), 8), 1)  # begins fitted; what is beside it stays as it is
    assert session.viewports["1"].zoom == 3.0


def test_pet_is_windowed_by_suv(session: Session) -> None:
    one = scene(axial(9, 5.0), 1, modality="PT", suv_factors=(("bw", 0.001),))
    other = scene(axial(9, 5.0), 2, modality="PT", suv_factors=(("bw", 0.0005),))
    together(session, one, other)
    session.settings["sync_window"] = True
    one.update(window=(2500.0, 5000.0))  # SUV 0 to 5
    assert other.window == (5000.0, 10000.0)


def test_a_smaller_layout_and_back_brings_everything_back(session: Session) -> None:
    scenes = together(session, *(scene(axial(40, 1.0, uid=f"1.{n}"), n) for n in range(4)))
    go_to(scenes[3], 7)
    session.viewports["4"].update(zoom=2.5)
    look = session.viewports["4"]
    session.set_layout(grid_layout(1, 1))
    assert list(session.scenes) == [0]
    session.set_layout(shipped_layout("mpr"))
    session.set_layout(grid_layout(1, 4))
    assert [session.scenes[n] for n in range(4)] == list(scenes)
    assert scenes[3].cursor_index[0] == 7
    assert session.viewports["4"] is look
    assert look.zoom == 2.5


def test_a_closed_study_does_not_come_back_with_a_layout(session: Session) -> None:
    one, other = together(session, scene(axial(40, 1.0)), scene(axial(40, 1.0), 2))
    session.add_study(other.study)
    session.set_layout(grid_layout(1, 1))
    session.remove_study(other.study)
    session.set_layout(grid_layout(1, 2))
    assert session.scenes == {0: one}


def test_a_mask_that_is_removed_goes_from_every_slot_and_from_what_is_put_away(session: Session) -> None:
    one = scene(axial(40, 1.0))
    other = Scene(one.study, one.volume, (40.0, 400.0))
    together(session, one, other)
    session.add_study(one.study)
    mask = new_segmentation(session)
    other.show_segmentation(mask)
    session.set_layout(grid_layout(1, 1))
    remove_segmentation(session, mask)
    assert (one.segmentation, other.segmentation) == (None, None)
