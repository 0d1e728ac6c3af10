"""A series on the screen from its first image on, with real files, and from one place of a 4-D series to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from medview.jobs.job import Job
from medview.session.close_study import close_study
from medview.session.edit_mask import new_segmentation
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.session.step_place import go_to_place, places, step_place
from medview.study.study import Study
from tests.files.make_dicom import COLUMNS, ROWS, image, write, write_stack
from tests.session.moments import write_moments
from tests.session.waiting import said, wait_idle, wait_until

SLICES = 12


def opened(session: Session, folder: Path) -> Study:
    """Scan a folder without showing anything."""
    open_folder(session, folder, show=False)
    wait_idle(session)
    return session.studies[-1]


def scene_of(session: Session) -> Scene:
    assert session.scene is not None, said(session)
    return session.scene


@pytest.fixture
def study(session: Session, tmp_path: Path) -> Study:
    return opened(session, write_stack(tmp_path / "ct", SLICES))


def test_the_first_image_is_shown_while_the_others_are_still_being_read(session: Session, study: Study) -> None:
    seen: list[tuple[bool, float | None, tuple[float, float]]] = []

    def note() -> None:
        scene = scene_of(session)
        seen.append((scene.is_whole, scene.value_at(scene.cursor_mm), scene.window))  # type: ignore[arg-type]

    session.scene_changed.connect(note)
    show_series(session, study, study.series[0])
    wait_idle(session)
    assert seen == [(False, 1006 - 1024, (40.0, 400.0))]
    scene = scene_of(session)
    assert scene.is_whole
    assert scene.volume.array[:, 2, 3].tolist() == [1000 + n - 1024 for n in range(SLICES)]


def test_a_single_image_is_shown_once_and_whole(session: Session, tmp_path: Path) -> None:
    study = opened(session, write_stack(tmp_path / "one", 1))
    seen: list[bool] = []
    session.scene_changed.connect(lambda: seen.append(scene_of(session).is_whole))
    show_series(session, study, study.series[0])
    wait_idle(session)
    assert seen == [True]


def test_a_reading_that_is_cancelled_leaves_a_scene_that_is_not_whole_and_can_be_read_again(
    session: Session, study: Study
) -> None:
    job = show_series(session, study, study.series[0])
    assert job is not None
    session.scene_changed.connect(job.cancel)
    wait_idle(session)
    scene = scene_of(session)
    assert not scene.is_whole
    assert scene.loading is not None
    assert scene.loading.state == "stopped"
    session.scene_changed.disconnect(job.cancel)
    again = show_series(session, study, study.series[0])
    assert again is not None
    wait_idle(session)
    assert scene_of(session) is not scene
    assert scene_of(session).is_whole


def test_an_image_that_is_gone_ends_the_reading_and_nothing_passes_for_whole(session: Session, study: Study) -> None:
    study.series[0].instances[-1].path.unlink()
    show_series(session, study, study.series[0])
    wait_idle(session)
    assert "cannot be read" in said(session)
    scene = scene_of(session)
    assert not scene.is_whole
    assert scene.loading is not None
    assert scene.loading.state == "stopped"
    assert 0 < scene.loading.count < SLICES


def test_asking_twice_reads_once_and_another_series_ends_the_reading_of_the_first(
    session: Session, study: Study, tmp_path: Path
) -> None:
    other = opened(session, write_stack(tmp_path / "other", 3, StudyInstanceUID="2.25.5", SeriesInstanceUID="2.25.6"))
    first = show_series(session, study, study.series[0])
    assert first is not None
    assert show_series(session, study, study.series[0]) is first
    second = show_series(session, other, other.series[0])
    assert first.cancel_requested
    wait_idle(session)
    assert second is not None
    assert (first.state, second.state) == ("cancelled", "done")
    assert scene_of(session).study is other


def test_what_is_on_the_screen_is_not_read_again(session: Session, study: Study) -> None:
    show_series(session, study, study.series[0])
    wait_idle(session)
    assert show_series(session, study, study.series[0]) is None
    assert session.reading is None


# 4-D


@pytest.fixture
def moments(session: Session, tmp_path: Path) -> Study:
    """Return a study of 5 moments of 4 slices, the first moment on the screen."""
    study = opened(session, write_moments(tmp_path / "4d"))
    assert len(study.series) == 5, [s.stack for s in study.series]
    show_series(session, study, study.stacks_along(study.series[0])[0])
    wait_idle(session)
    return study


def value(session: Session) -> Any:
    scene = scene_of(session)
    return scene.value_at(scene.cursor_mm)


def test_the_next_moment_is_shown_at_the_same_place_window_and_zoom(session: Session, moments: Study) -> None:
    scene = scene_of(session)
    scene.move_cursor(scene.volume.geometry.to_mm((3, 1, 2)))
    scene.update(window=(123.0, 45.0))
    session.viewports["axial"].update(zoom=2.5, pan_px=(7.0, 8.0))
    for number in (1, 2):
        step_place(session, 1)
        wait_until(session, lambda number=number: value(session) == 100 * number + 3)  # type: ignore[misc]
        after = scene_of(session)
        assert after.series.axis is not None
        assert after.series.axis.number == number
        assert (after.cursor_index, after.window) == ((3, 1, 2), (123.0, 45.0))
        assert (session.viewports["axial"].zoom, session.viewports["axial"].pan_px) == (2.5, (7.0, 8.0))


def test_pixels_and_place_are_of_one_moment_at_every_change(session: Session, moments: Study) -> None:
    pairs: list[tuple[int, Any]] = []

    def note() -> None:
        scene = scene_of(session)
        assert scene.series.axis is not None
        assert scene.is_whole
        pairs.append((scene.series.axis.number, value(session)))

    session.scene_changed.connect(note)
    for number in (3, 1, 4, 0, 2):
        go_to_place(session, number)
        session.jobs.deliver()
    wait_idle(session)
    assert pairs[-1][0] == 2
    assert all(found == 100 * number + 2 for number, found in pairs), pairs


def test_neighbours_are_read_while_nothing_is_going_on_and_then_shown_without_reading(
    session: Session, moments: Study
) -> None:
    along = places(session)
    assert all(session.kept_volumes.find(series) is not None for series in along)
    go_to_place(session, 4)
    assert session.reading is None
    assert value(session) == 402


def test_steps_stop_at_the_ends_or_go_round(session: Session, moments: Study) -> None:
    step_place(session, -1)
    assert scene_of(session).series is places(session)[0]
    step_place(session, -1, round_and_round=True)
    assert scene_of(session).series is places(session)[4]
    step_place(session, 7)
    assert scene_of(session).series is places(session)[4]


def test_a_mask_belongs_to_its_own_moment(session: Session, moments: Study) -> None:
    mask = new_segmentation(session)
    step_place(session, 1)
    assert scene_of(session).segmentation is None
    step_place(session, -1)
    assert scene_of(session).segmentation is mask


def test_nothing_is_kept_of_a_study_that_is_closed(session: Session, moments: Study) -> None:
    along = places(session)
    close_study(session, moments)
    assert all(session.kept_volumes.find(series) is None for series in along)


def read_ahead(session: Session, most: int) -> list[str]:
    """Return the titles of the jobs that read ahead from now on, and fail beyond a number of them."""
    seen: list[str] = []

    def note(job: Job) -> None:
        if job.place == "previews":
            seen.append(str(job.title))
            assert len(seen) <= most, "the same place is read again and again"

    session.jobs.added.connect(note)
    return seen


def test_places_with_a_remark_of_their_pixels_are_read_ahead_once(session: Session, tmp_path: Path) -> None:
    folder = write_moments(tmp_path / "4d")
    for path in folder.iterdir():
        dataset = dcmread(path)
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.RescaleSlope = 32, 32, 31, "1.5"
        dataset.RescaleIntercept = "0"
        dataset.PixelData = np.full((ROWS, COLUMNS), 2**24 + 1, "<u4").tobytes()
        dataset.save_as(path)
    study = opened(session, folder)
    seen = read_ahead(session, 4)
    show_series(session, study, study.stacks_along(study.series[0])[0])
    wait_idle(session)
    assert len(seen) == 4
    assert all("rounded" in str(series.warnings) for series in study.series)
    assert all(session.kept_volumes.find(series) is not None for series in places(session))
    go_to_place(session, 3)
    assert session.reading is None
    assert scene_of(session).series is places(session)[3]


def test_what_is_read_ahead_is_given_up_where_there_is_no_room_for_it(session: Session, tmp_path: Path) -> None:
    study = opened(session, write_moments(tmp_path / "4d"))
    seen = read_ahead(session, 4)
    show_series(session, study, study.stacks_along(study.series[0])[0])
    wait_until(session, lambda: bool(seen))
    session.kept_volumes.follow([])  # another series was asked for, and given up before it was on the screen
    wait_idle(session)


def test_a_plain_series_has_no_places(session: Session, study: Study) -> None:
    show_series(session, study, study.series[0])
    wait_idle(session)
    assert places(session) == ()
    before = scene_of(session)
    step_place(session, 1)
    assert scene_of(session) is before


def test_a_series_of_colours_is_shown_in_colour(session: Session, tmp_path: Path) -> None:
    pixels = np.zeros((ROWS, COLUMNS, 3), np.uint8)
    pixels[2, 3] = (200, 100, 50)
    picture = image(
        0, Modality="XC", SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, BitsAllocated=8,
        BitsStored=8, HighBit=7, PixelData=pixels.tobytes(), RescaleSlope=None, RescaleIntercept=None,
        RescaleType=None, WindowCenter=None, WindowWidth=None,
    )  # fmt: skip
    write(picture, tmp_path / "photo" / "1.dcm")
    study = opened(session, tmp_path / "photo")
    show_series(session, study, study.series[0])
    wait_idle(session)
    scene = scene_of(session)
    assert scene.volume.array.shape == (1, ROWS, COLUMNS, 3)
    assert scene.value_at(scene.volume.geometry.to_mm((0, 2, 3))) == (200, 100, 50)
