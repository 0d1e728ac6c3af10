"""Measurements are added, changed and taken away, each step undone and done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medview.session.give_spacing import give_spacing
from medview.session.jump_to_measurement import jump_to_measurement
from medview.session.measure import (
    add_measurement,
    duplicate_measurement,
    recolour_measurement,
    remove_all_measurements,
    remove_measurements,
    rename_measurement,
    replace_measurement,
    show_measurement,
    show_measurements,
)
from medview.session.measured import findings, fused_findings
from medview.session.regularise import regularise
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.session.undo import redo, undo
from medview.study.fusion import Fusion
from medview.study.geometry import Geometry
from medview.study.measurement import Measurement
from medview.study.study import Study
from medview.study.volume import Volume
from tests.files.make_dicom import write_stack
from tests.session.test_keep_measurements import on_image, opened
from tests.session.waiting import said, wait_idle


@pytest.fixture
def study(session: Session, tmp_path: Path) -> Study:
    """Return an open study with three measurements, one on each of three images."""
    study = opened(session, write_stack(tmp_path / "ct"))
    for number in range(3):
        add_measurement(study, on_image(study, number, label=f"{number}"))
    return study


def state(study: Study) -> list[tuple[str, str, tuple[int, int, int], bool, bytes]]:
    """Return all that a person sees of the measurements."""
    return [(m.tracking_uid, m.label, m.colour, m.is_visible, m.points_mm.tobytes()) for m in study.measurements]


def moved(measurement: Measurement) -> Measurement:
    return replace(measurement, points_mm=measurement.points_mm + [1.0, 2.0, 0.0])


STEPS: dict[str, Callable[[Study, Measurement], object]] = {
    "Length": lambda study, m: add_measurement(study, on_image(study, 1)),
    "Move measurement": lambda study, m: replace_measurement(study, moved(m)),
    "Rename measurement": lambda study, m: rename_measurement(study, m.tracking_uid, " Aorta "),
    "Change colour": lambda study, m: recolour_measurement(study, m.tracking_uid, (1, 2, 3)),
    "Hide measurement": lambda study, m: show_measurement(study, m.tracking_uid, visible=False),
    "Hide measurements": lambda study, m: show_measurements(study, visible=False),
    "Duplicate measurement": lambda study, m: duplicate_measurement(study, m.tracking_uid),
    "Delete measurement": lambda study, m: remove_measurements(study, [m.tracking_uid]),
    "Delete all measurements": lambda study, m: remove_all_measurements(study),
}


@pytest.mark.parametrize("title", STEPS)
def test_every_step_is_undone_and_done_again(session: Session, study: Study, title: str) -> None:
    before, middle = state(study), list(study.measurements)[1]
    STEPS[title](study, middle)
    after = state(study)
    assert after != before
    assert study.history.undo_title == title
    undo(session)
    assert state(study) == before
    assert study.history.redo_title == title
    redo(session)
    assert state(study) == after


def test_what_changes_nothing_is_no_step(study: Study) -> None:
    one = next(iter(study.measurements))
    rename_measurement(study, one.tracking_uid, one.label)
    recolour_measurement(study, one.tracking_uid, one.colour)
    show_measurements(study, visible=True)
    remove_measurements(study, ["2.25.0"])
    rename_measurement(study, "2.25.0", "nothing")
    remove_all_measurements(study, "another series")
    assert study.history.undo_title == "Length"


def test_all_steps_are_undone_to_the_beginning(session: Session, study: Study) -> None:
    states = [state(study)]
    for step in STEPS.values():
        measurements = list(study.measurements)
        step(study, measurements[min(1, len(measurements) - 1)])
        states.append(state(study))
    for before in reversed(states[:-1]):
        undo(session)
        assert state(study) == before


def test_a_drag_shows_the_draft_and_is_one_step(session: Session, study: Study) -> None:
    first, second, third = study.measurements
    measurements = study.measurements
    for _ in range(5):
        measurements.set_draft(moved(measurements.draft or second))
        assert measurements.draft is not None
        assert measurements.shown == (first, measurements.draft, third)
        assert list(measurements) == [first, second, third]
    dragged = measurements.draft
    assert dragged is not None
    replace_measurement(study, dragged)
    assert measurements.draft is None
    assert measurements.shown == (first, dragged, third)
    undo(session)
    assert measurements.shown == (first, second, third)
    fresh = on_image(study, 2)
    measurements.set_draft(fresh)
    assert measurements.shown == (first, second, third, fresh)
    show_measurement(study, first.tracking_uid, visible=False)
    assert [m.tracking_uid for m in measurements.shown] == [m.tracking_uid for m in (second, third)]


def test_a_duplicate_lies_aside_in_the_same_plane(study: Study) -> None:
    first = next(iter(study.measurements))
    made = duplicate_measurement(study, first.tracking_uid)
    assert made is not None
    assert made.tracking_uid != first.tracking_uid
    offset = made.points_mm - first.points_mm
    assert np.ptp(offset, axis=0).max() < 1e-9
    assert abs(offset[0] @ first.normal) < 1e-9
    assert np.linalg.norm(offset[0]) > 1
    assert (made.image, made.label) == (first.image, first.label)


def test_numbers_are_there_for_images_that_are_not_in_view(session: Session, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "study" / "a")
    write_stack(tmp_path / "study" / "b", SeriesInstanceUID="2.25.1002", SeriesNumber=5)
    study = opened(session, folder.parent)
    shown = session.scene
    assert shown is not None
    here, there = sorted(study.series, key=lambda series: series is not shown.series)
    ellipses = [
        Measurement(
            "ellipse",
            series.geometry.to_mm([(1, 4, 2), (1, 4, 6), (1, 2, 4), (1, 6, 4)]),  # type: ignore[union-attr]
            series.key,
            image=on_image(study, 1, place=study.series.index(series)).image,
        )
        for series in (here, there)
    ]
    for ellipse in ellipses:
        add_measurement(study, ellipse)
    seen, unseen = (findings(session, study, ellipse) for ellipse in ellipses)
    assert findings(session, study, ellipses[0]) is seen
    assert seen.quantity("mean") is not None
    assert unseen.quantity("mean") is None
    assert [q.text for q in unseen.quantities] == [q.text for q in seen.quantities if q.name in ("area", "perimeter")]
    assert jump_to_measurement(session, study, ellipses[1])
    wait_idle(session)
    assert session.scene is not None
    assert session.scene.series.key == there.key
    assert session.scene.cursor_index[0] == 1
    assert findings(session, study, ellipses[1]).quantity("mean") is not None
    assert findings(session, study, ellipses[0]).quantity("mean") is not None  # seen before
    calibrated = replace(ellipses[0], kind="calibration", points_mm=ellipses[0].points_mm[:2], known_mm=5.0)
    add_measurement(study, replace(calibrated, tracking_uid="2.25.1"))
    assert findings(session, study, ellipses[1]).quantity("area") is not None


def test_a_measurement_whose_images_are_closed_says_so(session: Session, study: Study) -> None:
    elsewhere = replace(next(iter(study.measurements)), series_key="gone")
    assert "not open" in str(findings(session, study, elsewhere).refusals[0])
    assert not jump_to_measurement(session, study, elsewhere)
    assert "not open" in said(session)


def test_undo_of_a_measurement_is_not_held_up_by_the_series_in_view(session: Session, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "study" / "a")
    write_stack(tmp_path / "study" / "b", SeriesInstanceUID="2.25.1002", SeriesNumber=5)
    study = opened(session, folder.parent)
    add_measurement(study, on_image(study, 1, place=0))
    show_series(session, study, study.series[1])
    wait_idle(session)
    undo(session)
    assert len(study.measurements) == 0
    assert "Undone on a series that is not in view: Length" in said(session)
    redo(session)
    assert len(study.measurements) == 1
    assert "Done again on a series that is not in view: Length" in said(session)


def test_spacing_that_is_given_leaves_measurements_on_their_pixels(session: Session, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "photos", 2, PixelSpacing=None, Modality="OT")
    study = opened(session, folder)
    series = study.series[0]
    assert series.geometry is not None
    before = on_image(study, 1, text_offset_mm=np.array([3.0, 0.0, 0.0]))
    add_measurement(study, before)
    index = series.geometry.to_index(before.points_mm)
    give_spacing(session, study, series, (1.0, 0.5, 0.25))
    wait_idle(session)
    assert study.series[0].geometry is not None
    assert study.series[0].geometry.has_spacing, said(session)
    (after,) = study.measurements
    np.testing.assert_allclose(study.series[0].geometry.to_index(after.points_mm), index, atol=1e-9)
    found = findings(session, study, after).quantity("length")
    assert found is not None
    assert (found.text, found.unit) == (f"{np.hypot(2.5 * 0.5, 3.75 * 0.25):.1f} mm User", "mm User")
    undo(session)
    wait_idle(session)
    (back,) = study.measurements
    np.testing.assert_allclose(back.points_mm, before.points_mm, atol=1e-9)
    assert study.series[0].geometry == series.geometry
    undo(session)
    assert len(study.measurements) == 0, "what was measured before can still be undone"
    redo(session)
    redo(session)
    wait_idle(session)
    (again,) = study.measurements
    np.testing.assert_allclose(again.points_mm, after.points_mm, atol=1e-9)
    assert session.scene is not None
    assert session.scene.volume.geometry.has_spacing


def test_numbers_of_a_resampled_stack_are_those_of_its_own_voxels(session: Session, tmp_path: Path) -> None:
    tilted = {"ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, float(np.cos(0.2)), float(np.sin(0.2))]}
    study = opened(session, write_stack(tmp_path / "ct", 6, **tilted))
    regularise(session, study, study.series[0])
    wait_idle(session)
    scene = session.scene
    assert scene is not None
    assert scene.series.resampled_from is not None
    corners = scene.volume.geometry.to_mm([(2, 1, 1), (2, 1, 3), (2, 3, 3), (2, 3, 1)])
    box = Measurement("rectangle", corners, scene.series.key, normal=scene.volume.geometry.directions[:, 0])
    add_measurement(study, box)
    found = findings(session, study, box)
    mean, pixels = found.quantity("mean"), found.quantity("pixels")
    assert mean is not None
    assert pixels is not None
    assert (mean.value, pixels.value) == (pytest.approx(scene.volume.array[2, 1:4, 1:4].mean()), 9)


def test_what_a_second_volume_holds_under_a_region_is_told_too(session: Session, tmp_path: Path) -> None:
    study = opened(session, write_stack(tmp_path / "ct", 6))
    scene = session.scene
    assert scene is not None
    ct = scene.volume.geometry
    # values that grow along x by 10 Bq/ml a mm, on a coarser grid that reaches beyond the CT
    grid = Geometry.from_axes(
        (9, 9, 12), origin=(-16, -26, -4.4), slice_step=(0, 0, 3), row_step=(0, 2, 0), column_step=(1.5, 0, 0)
    )
    x = grid.to_mm(np.moveaxis(np.indices(grid.shape), 0, -1))[..., 0]
    pet = replace(scene.series, modality="PT", suv_factors=(("bw", 0.01),), geometry=grid, instances=())
    second = Volume((x * 10).astype(np.float32), grid, pet, "Bq/ml")
    region = Measurement(
        "rectangle",
        ct.to_mm([(2, 1, 1), (2, 1, 5), (2, 4, 5), (2, 4, 1)]),
        scene.series.key,
        image=on_image(study, 2).image,
        normal=np.array([0.0, 0.0, 1.0]),
    )
    add_measurement(study, region)
    assert fused_findings(scene, region) is None
    fusion = Fusion(second, second, "frame", (0.0, 1.0), "hot")
    scene.update(fusion=fusion)
    found = fused_findings(scene, region)
    assert found is not None
    assert fused_findings(scene, region) is found
    mean, high = found.quantity("mean"), found.quantity("maximum")
    assert mean is not None
    assert high is not None
    middle, right = (float(ct.to_mm((2, 2, column))[0]) for column in (3, 5))
    assert mean.value == pytest.approx(middle * 10 * 0.01, abs=0.02)
    assert high.value == pytest.approx(right * 10 * 0.01, abs=0.05)
    assert mean.unit == "SUVbw"
    own = findings(session, study, region).quantity("mean")
    assert own is not None
    assert own.unit == "HU"
    scene.update(fusion=fusion.changed(basis="unregistered"))
    assert fused_findings(scene, region) is None
