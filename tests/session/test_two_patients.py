"""Two patients whose files bear the same identifiers: what is laid over, moved or exchanged stays with one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from medview.session.close_study import close_study
from medview.session.fuse import exchange, fuse
from medview.session.host_study import studies_of_patient
from medview.session.open_folder import open_folder
from medview.session.register import register_images, shift_second
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.series import Series
from medview.study.study import Study
from tests.files.make_dicom import write_stack
from tests.files.make_pet_ct import FRAME, pet_grid, write_ct, write_pet
from tests.session.waiting import said, wait_idle, wait_until

ELSEWHERE = "2.25.3333"


def write_patients(folder: Path, pet_frame: str = FRAME) -> Path:
    """Write the PET/CT of two patients, all UIDs the same."""
    for patient in ("T1", "T2"):
        who = {"PatientID": patient, "PatientName": f"{patient}^Test"}
        write_ct(folder / patient / "ct", **who)
        write_pet(folder / patient / "pet", pet_grid(frame=pet_frame), **who)
    return folder


def of(session: Session, patient: str, modality: str) -> tuple[Study, Series]:
    """Return a series of a patient."""
    study = next(one for one in session.studies if one.facts.patient.patient_id == patient)
    return study, next(one for one in study.series if one.modality == modality)


def fused(session: Session, patient: str) -> Scene:
    """Show the CT of a patient with the PET over it."""
    show_series(session, *of(session, patient, "CT"))
    wait_idle(session)
    scene = session.scene
    assert scene is not None
    assert scene.study is of(session, patient, "CT")[0]
    fuse(session, *of(session, patient, "PT"))
    wait_until(session, lambda: scene.fusion is not None)
    return scene


@pytest.mark.parametrize("pet_frame", [FRAME, ELSEWHERE])
def test_images_moved_by_hand_lie_so_for_their_own_patient_alone(
    session: Session, tmp_path: Path, pet_frame: str
) -> None:
    open_folder(session, write_patients(tmp_path, pet_frame))
    wait_idle(session)
    fused(session, "T1")
    session.choose(active_pane=next(v.pane for v in session.viewports.values() if v.kind in ("axial", "acquired")))
    shift_second(session, 30.0, 0.0)
    assert session.scene is not None
    assert session.scene.fusion is not None
    assert session.scene.fusion.basis == "registration"
    other = fused(session, "T2")
    assert other.fusion is not None
    assert other.fusion.registration is None
    assert other.fusion.basis == ("frame" if pet_frame == FRAME else "unregistered")
    assert other.fusion.placed is other.fusion.volume


def test_exchanging_shows_the_second_of_the_same_patient(session: Session, tmp_path: Path) -> None:
    open_folder(session, write_patients(tmp_path))
    wait_idle(session)
    for patient in ("T2", "T1"):
        scene = fused(session, patient)
        exchange(session)
        wait_until(session, lambda before=scene: session.scene not in (None, before))
        wait_until(session, lambda: session.scene is not None and session.scene.fusion is not None)
        assert session.scene is not None
        assert session.scene.series.modality == "PT"
        assert session.scene.study.facts.patient.patient_id == patient


def test_a_frame_shared_by_examinations_that_may_be_of_two_patients_is_told(session: Session, tmp_path: Path) -> None:
    write_ct(tmp_path / "a", PatientID="", PatientName="")
    write_pet(tmp_path / "b", pet_grid(), StudyInstanceUID="2.25.1111", PatientID="", PatientName="")
    open_folder(session, tmp_path)
    wait_idle(session)
    assert len(session.studies) == 2
    study, series = next((st, s) for st in session.studies for s in st.series if s.modality == "CT")
    show_series(session, study, series)
    wait_idle(session)
    scene = session.scene
    assert scene is not None
    fuse(session, *next((st, s) for st in session.studies for s in st.series if s.modality == "PT"))
    wait_until(session, lambda: scene.fusion is not None)
    assert "do not tell whether both series are of one patient" in said(session)


def test_a_registration_that_ends_while_other_images_are_looked_at_is_not_lost(
    session: Session, tmp_path: Path
) -> None:
    open_folder(session, write_patients(tmp_path, ELSEWHERE))
    wait_idle(session)
    scene = fused(session, "T1")
    session.choose(active_pane=next(v.pane for v in session.viewports.values() if v.kind in ("axial", "acquired")))
    shift_second(session, 20.0, 0.0)
    job = register_images(session, "rigid")
    assert job is not None
    show_series(session, *of(session, "T2", "CT"))
    wait_idle(session)
    assert session.scene is not scene
    assert job.state == "done", said(session)
    assert [len(of(session, patient, "CT")[0].registrations) for patient in ("T1", "T2")] == [2, 0]
    again = fused(session, "T1")
    assert again.fusion is not None
    assert again.fusion.basis == "registration"


def test_objects_of_a_namesake_with_the_same_number_are_another_patients(session: Session, tmp_path: Path) -> None:
    for day, folder in (("19700102", "a"), ("19830405", "b")):
        write_stack(tmp_path / folder, 2, StudyInstanceUID=f"2.25.{day}", PatientName="Doe^J", PatientBirthDate=day)
    open_folder(session, tmp_path, show=False)
    wait_idle(session)
    first, second = session.studies
    assert first.facts.patient.patient_id == second.facts.patient.patient_id != ""
    assert studies_of_patient(session, first) == (first,)


def test_closing_one_patients_study_ends_no_work_for_the_other(session: Session, tmp_path: Path) -> None:
    open_folder(session, write_patients(tmp_path), show=False)
    wait_idle(session)
    (first, _), (second, series) = (of(session, patient, "CT") for patient in ("T1", "T2"))
    assert first.facts.study_instance_uid == second.facts.study_instance_uid
    job = show_series(session, second, series)
    assert job is not None
    close_study(session, first)
    wait_idle(session)
    assert job.state == "done"
    assert session.scene is not None
    assert session.scene.study is second
