"""A second series over the one in view: which, where, and what becomes of it; read from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medview.session.close_study import close_study
from medview.session.fuse import best_partner, change_fusion, end_fusion, exchange, fuse, partners, turn_flicker
from medview.session.open_folder import open_folder
from medview.session.open_object import open_object
from medview.session.register import (
    forget_registration,
    register_images,
    screen_axes,
    shift_second,
    turn_second,
    why_no_motion,
    why_no_registration,
)
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.session.undo import redo, undo
from medview.study.fusion import Fusion
from medview.study.geometry import Geometry
from medview.study.series import Series
from medview.study.spatial_transform import shift_by
from medview.study.study import Study
from tests.files.make_objects import item, save
from tests.files.make_pet_ct import (
    BQML_PER_SUV,
    CT_GRID,
    FRAME,
    LESION_MM,
    LESION_SUV,
    pet_grid,
    write_ct,
    write_pet,
    write_pet_ct,
)
from tests.session.waiting import said, wait_idle, wait_until

ELSEWHERE = "2.25.3333"


def opened(session: Session, folder: Path) -> Scene:
    """Open a folder and show its CT."""
    open_folder(session, folder)
    wait_idle(session)
    study, series = one(session, "CT thin")
    show_series(session, study, series, session.active_slot)
    wait_idle(session)
    for scene in session.scenes.values():
        scene.update(fusion=None)
    assert session.scene is not None
    assert session.scene.series.key == series.key
    return session.scene


def one(session: Session, description: str) -> tuple[Study, Series]:
    return next((st, s) for st in session.studies for s in st.series if s.series_description == description)


def fused(session: Session, description: str = "PET WB") -> Fusion:
    """Lay a series over the one in view."""
    scene = session.scene
    assert scene is not None
    fuse(session, *one(session, description))
    wait_until(session, lambda: scene.fusion is not None)
    assert scene.fusion is not None
    return scene.fusion


def test_the_pet_of_a_ct_is_chosen_and_shown_from_suv_0_to_6(session: Session, tmp_path: Path) -> None:
    scene = opened(session, write_pet_ct(tmp_path))
    best = best_partner(session)
    assert best is not None
    assert (best.series.modality, best.basis) == ("PT", "frame")
    fusion = fused(session)
    low, high = (fusion.window[0] + side * fusion.window[1] / 2 for side in (-1, 1))
    assert (low / BQML_PER_SUV, high / BQML_PER_SUV) == pytest.approx((0.0, 6.0), abs=1e-3)
    assert (fusion.colour_map, fusion.mode, fusion.basis) == ("hot_iron", "blend", "frame")
    assert fusion.placed is fusion.volume  # nothing is copied
    value = fusion.placed.value_at(LESION_MM)
    assert value is not None
    assert value / BQML_PER_SUV == pytest.approx(LESION_SUV, rel=1e-3)
    change_fusion(session, opacity=0.2)
    end_fusion(session)
    assert scene.fusion is None


def test_series_say_why_they_cannot_be_laid_over_another(session: Session, tmp_path: Path) -> None:
    write_pet_ct(tmp_path / "a")
    write_ct(tmp_path / "b", SeriesDescription="Other", SeriesInstanceUID="2.25.9", StudyInstanceUID="2.25.99",
             PatientID="T2", PatientName="Else^Somebody")  # fmt: skip
    opened(session, tmp_path)
    reasons = {p.series.series_description: str(p.refusal or "") for p in partners(session)}
    assert reasons == {"CT thin": "It is in view already.", "PET WB": "", "Other": "It is of another patient."}
    assert [p.refusal is None for p in partners(session)] == [True, False, False]
    assert fuse(session, *one(session, "Other")) is None
    assert "It is of another patient." in said(session)


def test_series_of_different_frames_are_fused_with_a_warning(session: Session, tmp_path: Path) -> None:
    opened(session, write_pet_ct(tmp_path, pet_frame=ELSEWHERE))
    assert best_partner(session) is None
    fusion = fused(session)
    assert fusion.basis == "unregistered"
    assert "different frames of reference and are not registered" in said(session)


def test_a_closed_study_takes_its_images_off_those_of_others(session: Session, tmp_path: Path) -> None:
    write_ct(tmp_path / "a")
    write_pet(tmp_path / "b", pet_grid(), StudyInstanceUID="2.25.1111")
    scene = opened(session, tmp_path)
    fused(session)
    study, _ = one(session, "PET WB")
    assert study is not scene.study
    close_study(session, study)
    assert scene.fusion is None


def test_exchanging_shows_the_second_at_the_same_place(session: Session, tmp_path: Path) -> None:
    scene = opened(session, write_pet_ct(tmp_path))
    scene.move_cursor(LESION_MM)
    fused(session)
    exchange(session)
    wait_until(session, lambda: session.scene is not scene and session.scene is not None)
    wait_until(session, lambda: session.scene is not None and session.scene.fusion is not None)
    now = session.scene
    assert now is not None
    assert now.fusion is not None
    assert (now.series.modality, now.fusion.volume.series.modality) == ("PT", "CT")
    assert np.linalg.norm(now.cursor_mm - LESION_MM) < 4.0


def test_a_flicker_turns_until_it_is_stopped(session: Session, tmp_path: Path) -> None:
    scene = opened(session, write_pet_ct(tmp_path))
    fused(session)

    def seen() -> bool:
        assert scene.fusion is not None
        return scene.fusion.shows_second

    turn_flicker(scene)
    assert seen()  # it is blended
    change_fusion(session, mode="flicker")
    turn_flicker(scene)
    assert not seen()
    turn_flicker(scene)
    assert seen()
    change_fusion(session, is_flickering=False)
    turn_flicker(scene)
    assert seen()


def lesion_now(session: Session) -> np.ndarray:
    """Return where the lesion of the second volume is drawn, in the patient space of the one in view."""
    scene = session.scene
    assert scene is not None
    assert scene.fusion is not None
    placed = scene.fusion.placed
    bright = np.argwhere(np.nan_to_num(placed.array) > 0.6 * LESION_SUV * BQML_PER_SUV)
    return placed.geometry.to_mm(bright.mean(axis=0))


def test_the_second_is_shifted_as_the_pane_is_turned_and_each_step_is_undone(session: Session, tmp_path: Path) -> None:
    scene = opened(session, write_pet_ct(tmp_path))
    fused(session)
    start = lesion_now(session)
    session.choose(active_pane=next(v.pane for v in session.viewports.values() if v.kind in ("axial", "acquired")))
    shift_second(session, 3.0, 2.0)
    assert lesion_now(session) - start == pytest.approx((3.0, 2.0, 0.0), abs=1e-6)  # right is L, down is P
    session.active_viewport.update(turn_deg=90)  # now right is A and down is L
    shift_second(session, 5.0, 0.0)
    assert lesion_now(session) - start == pytest.approx((3.0, -3.0, 0.0), abs=1e-6)
    session.active_viewport.update(turn_deg=0, is_mirrored=True)
    right, down = screen_axes(scene, session.active_viewport)
    assert (right.tolist(), down.tolist()) == ([-1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    assert len(scene.study.registrations) == 1
    assert scene.fusion is not None
    assert (scene.fusion.basis, scene.fusion.registration and scene.fusion.registration.kind) == (
        "registration",
        "manual",
    )
    undo(session)
    assert lesion_now(session) - start == pytest.approx((3.0, 2.0, 0.0), abs=1e-6)
    undo(session)
    assert lesion_now(session) == pytest.approx(start, abs=1e-6)
    redo(session)
    redo(session)
    assert lesion_now(session) - start == pytest.approx((3.0, -3.0, 0.0), abs=1e-6)
    forget_registration(session)
    assert lesion_now(session) == pytest.approx(start, abs=1e-6)
    assert scene.fusion.basis == "frame"


def test_the_second_is_turned_clockwise_about_the_crosshair(session: Session, tmp_path: Path) -> None:
    scene = opened(session, write_pet_ct(tmp_path))
    fused(session)
    session.choose(active_pane=next(v.pane for v in session.viewports.values() if v.kind in ("axial", "acquired")))
    start = lesion_now(session)
    scene.move_cursor((start[0] - 20.0, start[1], start[2]))
    centre = scene.cursor_mm.copy()
    turn_second(session, 90.0)
    turned = lesion_now(session) - centre
    before = start - centre
    # clockwise on the screen, where right is L (x) and down is P (y): right goes down
    assert turned == pytest.approx((-before[1], before[0], before[2]), abs=1e-6)


MOTION = shift_by((5.0, -3.0, -7.0))


def write_two_days(folder: Path) -> Path:
    """Write a PET/CT, and the CT of another day: in another frame of reference, 5 mm left, 3 mm front, 7 mm lower."""
    write_pet_ct(folder)
    later = Geometry(CT_GRID.shape, MOTION @ CT_GRID.affine, ELSEWHERE)
    write_ct(folder / "later", later, SeriesDescription="CT later", SeriesInstanceUID="2.25.5003", SeriesNumber=9)
    return folder


def test_two_frames_are_joined_by_a_registration_and_by_it_the_pet_of_the_one_lies_on_the_other(
    session: Session, tmp_path: Path
) -> None:
    opened(session, write_two_days(tmp_path))
    show_series(session, *one(session, "CT later"), session.active_slot)
    wait_idle(session)
    scene = session.scene
    assert scene is not None
    assert fused(session, "CT thin").basis == "unregistered"
    job = register_images(session, "rigid")
    assert job is not None
    assert why_no_registration(session) is not None  # one at a time
    wait_idle(session)
    assert job.state == "done", said(session)
    assert scene.fusion is not None
    registration = scene.fusion.registration
    assert registration is not None
    assert registration.metric_after is not None
    assert registration.metric_before is not None
    assert registration.metric_after > registration.metric_before + 0.1
    assert "Mutual information rose from" in said(session)
    points = CT_GRID.to_mm([(4, 20, 20), (12, 32, 40), (20, 40, 60)])
    errors = np.linalg.norm(registration.transform.to_other(points @ MOTION[:3, :3].T + MOTION[:3, 3]) - points, axis=1)
    assert errors.max() < 1.0

    # the PET lies in the frame of the first CT: it goes with it
    assert fused_pet(session).basis == "registration"
    assert np.linalg.norm(lesion_now(session) - (LESION_MM + MOTION[:3, 3])) < 2.0
    undo(session)
    assert scene.fusion is not None
    assert scene.fusion.basis == "unregistered"
    assert np.linalg.norm(lesion_now(session) - LESION_MM) < 2.0
    redo(session)
    assert scene.fusion.basis == "registration"


def fused_pet(session: Session) -> Fusion:
    scene = session.scene
    assert scene is not None
    fuse(session, *one(session, "PET WB"))
    wait_until(session, lambda: scene.fusion is not None and scene.fusion.volume.series.modality == "PT")
    assert scene.fusion is not None
    return scene.fusion


def test_a_registration_is_ended_and_changes_nothing(session: Session, tmp_path: Path) -> None:
    scene = opened(session, write_two_days(tmp_path))
    before = fused(session, "CT later")
    job = register_images(session, "deformable")
    assert job is not None
    wait_until(session, lambda: job.text == "Registering (rigid)" or job.is_finished)
    assert job.state == "running"
    wait_until(session, lambda: job.seconds_left is not None)
    job.cancel()
    wait_until(session, lambda: job.is_finished)
    assert job.state == "cancelled"
    assert scene.fusion is before
    assert len(scene.study.registrations) == 0


def test_a_registration_file_places_the_images_that_it_joins(session: Session, tmp_path: Path) -> None:
    folder = write_pet_ct(tmp_path / "images", pet_frame=ELSEWHERE)
    matrix = item(
        FrameOfReferenceTransformationMatrixType="RIGID",
        FrameOfReferenceTransformationMatrix=shift_by((4, 5, 6)).ravel().tolist(),
    )
    sources = item(FrameOfReferenceUID=ELSEWHERE, MatrixRegistrationSequence=[item(MatrixSequence=[matrix])])
    save(
        folder / "registration.dcm", "1.2.840.10008.5.1.4.1.1.66.1", FrameOfReferenceUID=FRAME, Modality="REG",
        SeriesInstanceUID="2.25.5009", RegistrationSequence=[sources],
    )  # fmt: skip
    scene = opened(session, folder)
    assert fused(session).basis == "unregistered"
    study = scene.study
    (found,) = study.objects
    open_object(session, study, found)
    wait_idle(session)
    assert scene.fusion is not None
    assert scene.fusion.basis == "registration"
    assert lesion_now(session) == pytest.approx(LESION_MM + (4, 5, 6), abs=1.5)
    undo(session)
    assert scene.fusion.basis == "unregistered"


def test_a_deformation_from_a_file_bends_the_second(session: Session, tmp_path: Path) -> None:
    folder = write_pet_ct(tmp_path / "images", pet_frame=ELSEWHERE)
    vectors = np.zeros((2, 2, 2, 3), "<f4")
    vectors[...] = (-8.0, 0.0, 0.0)
    grid = item(
        ImagePositionPatient=[-200, -200, -200], ImageOrientationPatient=[1, 0, 0, 0, 1, 0], GridDimensions=[2, 2, 2],
        GridResolution=[400.0, 400.0, 400.0], VectorGridData=vectors.tobytes(),
    )  # fmt: skip
    bending = item(SourceFrameOfReferenceUID=ELSEWHERE, DeformableRegistrationGridSequence=[grid])
    save(
        folder / "registration.dcm", "1.2.840.10008.5.1.4.1.1.66.3", FrameOfReferenceUID=FRAME, Modality="REG",
        SeriesInstanceUID="2.25.5009", DeformableRegistrationSequence=[bending],
    )  # fmt: skip
    scene = opened(session, folder)
    fused(session)
    (found,) = scene.study.objects
    open_object(session, scene.study, found)
    wait_idle(session)
    # what is seen at p is what lies 8 mm to the right of it: the lesion is drawn 8 mm to the left
    assert lesion_now(session) == pytest.approx(LESION_MM + (8.0, 0.0, 0.0), abs=1.5)
    assert scene.fusion is not None
    assert scene.fusion.placed.geometry.same_grid(CT_GRID)
    assert str(why_no_motion(session)).startswith("Bent images are not moved by hand")
