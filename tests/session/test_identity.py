"""Nothing lands on, or is taken from, another patient's images or other images of the same patient."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from medview.errors import MedViewError
from medview.session.apply_presentation import apply_presentation
from medview.session.edit_mask import new_segmentation
from medview.session.export_segmentation import export_segmentation, source_series
from medview.session.keep_journal import KeptJournals
from medview.session.open_folder import open_folder
from medview.session.open_object import open_object
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.session.undo import redo, undo
from medview.session.when_shown import when_shown
from medview.study.annotation import ImageName
from medview.study.history import Edit
from medview.study.presentation import Presentation
from medview.study.segmentation import Segmentation
from medview.study.series import Series
from medview.study.study_object import StudyObject
from tests.files.make_dicom import write_stack
from tests.files.test_listed_objects import dose
from tests.session.moments import write_moments
from tests.session.waiting import said, wait_idle

BOX = (slice(1, 3), slice(1, 4), slice(2, 5))


def opened(session: Session, *folders: Path) -> None:
    for folder in folders:
        open_folder(session, folder, show=False)
        wait_idle(session)


def shown(session: Session, number: int, place: int = 0) -> Series:
    study = session.studies[number]
    show_series(session, study, study.series[place])
    wait_idle(session)
    assert session.scene is not None
    assert session.scene.study is study
    return study.series[place]


def painted(session: Session) -> Segmentation:
    mask = new_segmentation(session)
    assert session.scene is not None
    before = mask.labels[BOX].copy()
    session.scene.study.history.do(Edit(mask, BOX, before, np.ones_like(before), "Brush"))
    return mask


@pytest.fixture
def two_patients(session: Session, tmp_path: Path) -> Session:
    """Return a session with two patients whose images carry the same identifiers, as careless tools leave them."""
    opened(
        session,
        write_stack(tmp_path / "one"),
        write_stack(tmp_path / "two", PatientName="Other^Patient", PatientID="T2", RescaleIntercept=-24),
    )
    assert len(session.studies) == 2
    return session


def test_a_mask_is_exported_with_its_own_patient_where_two_share_identifiers(
    two_patients: Session, tmp_path: Path
) -> None:
    series = shown(two_patients, 1)
    mask = painted(two_patients)
    assert source_series(two_patients, mask) is series
    target = tmp_path / "mask.dcm"
    export_segmentation(two_patients, mask, target, "dicom_seg")
    wait_idle(two_patients)
    assert dcmread(target).PatientID == "T2", said(two_patients)


def test_of_two_series_with_one_identifier_the_one_asked_for_last_is_shown(two_patients: Session) -> None:
    first, second = two_patients.studies
    seen: list[str] = []

    def note() -> None:
        assert two_patients.scene is not None
        seen.append(two_patients.scene.study.facts.patient.patient_id)

    two_patients.scene_changed.connect(note)
    show_series(two_patients, first, first.series[0])
    show_series(two_patients, second, second.series[0])
    wait_idle(two_patients)
    assert seen == ["T2"]


def test_a_mask_whose_study_is_closed_is_not_exported_with_the_other_patients_images(two_patients: Session) -> None:
    shown(two_patients, 1)
    mask = painted(two_patients)
    two_patients.remove_study(two_patients.studies[1])
    with pytest.raises(MedViewError, match="no longer open"):
        source_series(two_patients, mask)


@pytest.mark.parametrize("keep", [{"seen": False}, {"seen": True}])
def test_the_rest_of_a_series_that_is_opened_later_is_not_dropped(
    session: Session, tmp_path: Path, keep: dict[str, Any]
) -> None:
    folder = write_stack(tmp_path / "ct", 3)
    opened(session, folder)
    if keep["seen"]:
        shown(session, 0)
        painted(session)
    write_stack(folder, 6)
    opened(session, folder)
    (study,) = session.studies
    assert max(len(s.instances) for s in study.series) == 6
    assert len({s.key for s in study.series}) == len(study.series) == (2 if keep["seen"] else 1)
    if keep["seen"]:  # what was drawn on stays as it was
        assert len(study.series[0].instances) == 3
        assert source_series(session, study.segmentations[0]) is study.series[0]
    opened(session, folder)
    assert len(study.series) == (2 if keep["seen"] else 1)


def test_another_stack_of_a_series_that_is_opened_later_is_not_dropped(session: Session, tmp_path: Path) -> None:
    sagittal: dict[str, Any] = {
        "ImageOrientationPatient": [0.0, 1.0, 0.0, 0.0, 0.0, -1.0],
        "ImagePositionPatient": [0.0, 0.0, 0.0],
    }
    opened(
        session, write_stack(tmp_path / "a", 3), write_stack(tmp_path / "b", 1, SOPInstanceUID="2.25.77", **sagittal)
    )
    (study,) = session.studies
    assert sorted(len(s.instances) for s in study.series) == [1, 3]
    assert len({s.key for s in study.series}) == 2


def test_files_that_have_changed_can_be_read_after_opening_the_folder_again(session: Session, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct")
    opened(session, folder)
    for path in folder.iterdir():
        os.utime(path, ns=(1, 1))
    opened(session, folder)
    shown(session, 0)
    assert "has changed" not in said(session)


def test_undo_never_changes_a_mask_of_a_series_that_is_not_in_view(session: Session, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "study" / "a")
    write_stack(tmp_path / "study" / "b", SeriesInstanceUID="2.25.1002", SeriesNumber=5, FrameOfReferenceUID="2.25.9")
    opened(session, folder.parent)
    shown(session, 0, 0)
    mask = painted(session)
    shown(session, 0, 1)
    undo(session)
    assert mask.labels.any()
    assert "another series" in said(session)
    shown(session, 0, 0)
    undo(session)
    assert not mask.labels.any()
    shown(session, 0, 1)
    redo(session)
    assert not mask.labels.any()


def test_undo_shows_the_mask_that_it_changes(session: Session, tmp_path: Path) -> None:
    opened(session, write_stack(tmp_path / "ct"))
    shown(session, 0)
    first = painted(session)
    second = new_segmentation(session)
    assert session.scene is not None
    assert session.scene.segmentation is second
    undo(session)
    assert session.scene.segmentation is first


@pytest.mark.parametrize(("kind", "ending", "is_saved"), [("stl", ".stl", False), ("nifti", ".nii.gz", True)])
def test_a_surface_does_not_count_as_having_saved_the_mask(
    session: Session, tmp_path: Path, kind: Any, ending: str, is_saved: bool
) -> None:
    opened(session, write_stack(tmp_path / "ct"))
    shown(session, 0)
    mask = painted(session)
    export_segmentation(session, mask, tmp_path / f"mask{ending}", kind, 1)
    wait_idle(session)
    assert (tmp_path / f"mask{ending}").exists()
    assert session.is_saved(mask) is is_saved


def test_a_series_chosen_again_is_not_replaced_by_one_that_is_read_late(two_patients: Session) -> None:
    wanted = shown(two_patients, 0)
    second = two_patients.studies[1]
    show_series(two_patients, second, second.series[0])
    show_series(two_patients, two_patients.studies[0], wanted)
    wait_idle(two_patients)
    assert two_patients.scene is not None
    assert two_patients.scene.series is wanted


def test_what_is_to_be_done_on_a_series_is_not_done_on_the_other_patients(two_patients: Session) -> None:
    first, second = two_patients.studies
    shown(two_patients, 0)
    done_on: list[str] = []
    when_shown(
        two_patients, second, second.series[0], lambda scene: done_on.append(scene.study.facts.patient.patient_id)
    )
    wait_idle(two_patients)
    assert done_on == ["T2"]
    when_shown(two_patients, first, first.series[0], lambda scene: done_on.append("late"))
    assert two_patients.reading is not None
    two_patients.reading.cancel()
    wait_idle(two_patients)
    shown(two_patients, 1)
    shown(two_patients, 0)
    assert done_on == ["T2"]


def test_a_dose_is_never_laid_over_the_other_patients_images(two_patients: Session, tmp_path: Path) -> None:
    shown(two_patients, 1)
    path = dose(tmp_path / "dose.dcm")
    open_object(two_patients, two_patients.studies[0], StudyObject(path, "RT dose", "", ""))
    wait_idle(two_patients)
    assert two_patients.scene is not None
    assert two_patients.scene.dose is None
    assert "The dose is not drawn: images of another patient are in view." in said(two_patients)


@pytest.fixture
def two_moving(session: Session, tmp_path: Path) -> Session:
    """Return a session with the same 4-D series, by its identifiers, of two patients."""
    for name, patient in (("one", "T1"), ("two", "T2")):
        write_moments(tmp_path / name)
        for path in (tmp_path / name).iterdir():
            dataset = dcmread(path)
            dataset.PatientID = patient
            dataset.save_as(path)
    opened(session, tmp_path / "one", tmp_path / "two")
    assert len(session.studies) == 2
    return session


def test_nothing_is_carried_from_one_patients_moment_to_the_others(two_moving: Session) -> None:
    shown(two_moving, 0)
    assert two_moving.scene is not None
    two_moving.scene.update(window=(1.0, 2.0), inverted=True, dose=two_moving.scene.volume)
    two_moving.viewports["axial"].update(zoom=3.0)
    seen: list[bool] = []
    two_moving.scene_changed.connect(lambda: seen.append(bool(two_moving.scene and two_moving.scene.is_whole)))
    shown(two_moving, 1, 1)
    assert two_moving.scene.dose is None
    assert not two_moving.scene.inverted
    assert two_moving.scene.window != (1.0, 2.0)
    assert two_moving.viewports["axial"].zoom == 1.0
    assert seen == [False]  # shown from its first image on, like any other patient's


def test_the_window_of_a_presentation_state_stays_with_its_images(two_moving: Session) -> None:
    series = shown(two_moving, 0)
    scene = two_moving.scene
    assert scene is not None
    before = scene.window
    image = ImageName(series.instances[scene.cursor_index[0]].sop_instance_uid, 0)
    state = Presentation(
        "2.25.5", "S", series_key=series.key, images=(image,), windows={image: (5.0, 6.0)}, is_inverted=True
    )
    apply_presentation(two_moving, scene, state)
    assert (scene.window, scene.inverted) == ((5.0, 6.0), True)
    shown(two_moving, 0, 1)
    assert two_moving.scene.presentation is None
    assert (two_moving.scene.window, two_moving.scene.inverted) == (before, False)


def test_strokes_of_a_crash_come_back_on_their_own_patients_images_alone(
    two_patients: Session, medview_home: Path
) -> None:
    journals = KeptJournals(two_patients)
    two_patients.studies_changed.emit()
    shown(two_patients, 0)
    painted(two_patients)
    wait_idle(two_patients)
    journals.close()  # the program ends, with the mask not exported
    del journals
    (mask,) = two_patients.studies[0].segmentations
    two_patients.studies[0].segmentations = ()
    gc.collect()
    again = KeptJournals(two_patients)
    shown(two_patients, 1)
    assert two_patients.studies[1].segmentations == (), said(two_patients)
    shown(two_patients, 0)
    (back,) = two_patients.studies[0].segmentations
    assert back is not mask
    assert np.array_equal(back.labels, mask.labels)
    again.close()
