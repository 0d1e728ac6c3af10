"""Opening what is no image: it goes to its own images, says what it is, and can be taken off."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from medview.session.close_study import close_study
from medview.session.jump_to import jump_to_image, jump_to_mark
from medview.session.open_folder import open_folder
from medview.session.open_object import open_object
from medview.session.save_document import save_document
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.take_off import is_applied, take_off
from medview.study.annotation import ImageName
from medview.study.study_object import ObjectKind, StudyObject
from tests.files.make_dicom import image, write, write_stack
from tests.files.make_objects import found, save
from tests.files.test_listed_objects import dose
from tests.files.test_rt_structure import contour, rectangle, structure_set
from tests.session.waiting import said, wait_idle

OBJECTS = "seg_sr_rt_objects"


def opened(session: Session, *paths: Path) -> None:
    for path in paths:
        open_folder(session, path)
        wait_idle(session)


def put(session: Session, path: Path, kind: ObjectKind) -> StudyObject:
    """Open an object for the first study, as the study list does."""
    study = session.studies[0]
    one = next((o for o in study.objects if o.path == path), None) or found(path, kind)
    open_object(session, study, one)
    wait_idle(session)
    return one


def scene(session: Session) -> Scene:
    assert session.scene is not None
    return session.scene


@pytest.fixture
def chest(session: Session, shared_data: Path, tmp_path: Path) -> Path:
    """Open the chest CT and the objects made for it from one folder."""
    folder = tmp_path / "chest"
    shutil.copytree(shared_data / "ct_chest_lungdx_a0002" / "2_series", folder)
    for path in (shared_data / "gsps_ko_pdf_for_a0002").glob("*.dcm"):
        shutil.copy(path, folder)
    opened(session, folder)
    return folder


def test_a_presentation_state_shows_its_image_with_its_window_and_is_taken_off(session: Session, chest: Path) -> None:
    study, before = session.studies[0], scene(session).window
    put(session, chest / "gsps.dcm", "presentation state")
    shown, report = scene(session), session.desk.report
    uid = dcmread(chest / "gsps.dcm").GraphicAnnotationSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID
    assert shown.series.instances[shown.cursor_index[0]].sop_instance_uid == uid
    assert shown.window == (-500.0, 1200.0)
    assert [a.kind for a in study.annotations] == ["polygon", "text"]
    assert report is not None
    assert report.title == "TESTPS"
    shown.move_cursor(shown.volume.geometry.to_mm((2, 100, 100)))
    assert shown.window == before
    jump_to_image(session, study, ImageName(uid))
    assert shown.window == (-500.0, 1200.0)
    assert is_applied(session, study, report)
    take_off(session, study, report)
    assert shown.window == before
    assert len(study.annotations) == 0
    assert not is_applied(session, study, report)


def test_a_window_that_a_person_chooses_stays(session: Session, chest: Path) -> None:
    put(session, chest / "gsps.dcm", "presentation state")
    shown = scene(session)
    shown.update(window=(40.0, 400.0))
    shown.move_cursor(shown.volume.geometry.to_mm((2, 100, 100)))
    assert shown.window == (40.0, 400.0)
    assert session.desk.report is not None
    take_off(session, session.studies[0], session.desk.report)
    assert shown.window == (40.0, 400.0)


def test_key_images_are_jumped_to(session: Session, chest: Path) -> None:
    put(session, chest / "key_object_selection.dcm", "key objects")
    uids = [e.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
            for e in dcmread(chest / "key_object_selection.dcm").ContentSequence if e.ValueType == "IMAGE"]  # fmt: skip
    shown = scene(session)
    assert shown.series.instances[shown.cursor_index[0]].sop_instance_uid == uids[0]
    assert jump_to_image(session, session.studies[0], ImageName(uids[1]))
    assert shown.series.instances[shown.cursor_index[0]].sop_instance_uid == uids[1]
    assert not jump_to_image(session, session.studies[0], ImageName("2.25.404"))
    assert "The image that this refers to is not open." in said(session)


def test_a_document_is_copied_out(session: Session, chest: Path, tmp_path: Path) -> None:
    one = put(session, chest / "encapsulated_pdf.dcm", "document")
    assert session.desk.report is not None
    assert session.desk.report.enclosed == ".pdf"
    save_document(session, one, tmp_path / "copy.pdf")
    wait_idle(session)
    assert (tmp_path / "copy.pdf").read_bytes().startswith(b"%PDF-")


def test_a_segmentation_is_shown_on_its_series(session: Session, shared_data: Path) -> None:
    opened(session, shared_data / "ct_abdomen_liver_seg" / "ct")
    path = shared_data / "ct_abdomen_liver_seg/seg/liver.dcm"
    put(session, path, "segmentation")
    mask = scene(session).segmentation
    assert mask is not None
    assert [s.label for s in mask.segments] == ["Liver"]
    assert mask.edits == 0
    assert session.is_saved(mask)
    put(session, path, "segmentation")  # a second time: it is there already
    assert session.studies[0].segmentations == (mask,)


def test_a_compressed_segmentation_is_decoded_by_the_pool(session: Session, shared_data: Path) -> None:
    opened(session, shared_data / "ct_abdomen_liver_seg" / "ct")
    put(session, shared_data / OBJECTS / "seg_compressed/liver_rle.dcm", "segmentation")
    packed = scene(session).segmentation
    put(session, shared_data / "ct_abdomen_liver_seg/seg/liver.dcm", "segmentation")
    plain = scene(session).segmentation
    assert packed is not None
    assert plain is not None
    assert packed is not plain
    assert np.array_equal(packed.labels, plain.labels)


def test_a_report_goes_with_its_study(session: Session, chest: Path) -> None:
    put(session, chest / "key_object_selection.dcm", "key objects")
    assert session.desk.report is not None
    close_study(session, session.studies[0])
    assert session.desk.report is None
    assert session.desk.study is None


def test_marks_can_be_taken_off_after_another_series_was_shown(session: Session, chest: Path) -> None:
    put(session, chest / "gsps.dcm", "presentation state")
    study, shown = session.studies[0], scene(session)
    session.show(Scene(study, shown.volume, (0.0, 1.0)))  # the series anew: the state is not applied to it
    assert session.desk.report is not None
    assert is_applied(session, study, session.desk.report)
    take_off(session, study, session.desk.report)
    assert len(study.annotations) == 0


def test_a_segmentation_of_other_images_is_refused_and_listed_so(session: Session, shared_data: Path) -> None:
    opened(session, shared_data / "ct_abdomen_liver_seg" / "ct")
    study = session.studies[0]
    one = found(shared_data / OBJECTS / "sr_tid1500_pet/seg.dcm", "segmentation")
    study.replace_series(study.series, (one,))
    open_object(session, study, one)
    wait_idle(session)
    assert study.segmentations == ()
    assert "seg.dcm belongs to another series: 1.3.6.1.4.1.14519" in said(session)
    assert study.objects[0].refusal is not None
    assert session.desk.report is None


def test_structures_and_their_points_are_shown(session: Session, tmp_path: Path) -> None:
    opened(session, write_stack(tmp_path / "images", 5))
    series = session.studies[0].series[0]
    rois = {
        "Organ": [contour(rectangle(-9.0, -19.3, 2.0, 1.0, 7.5))],
        "Isocentre": [contour([(-8.0, -19.0, 2.5)], "POINT")],
    }
    put(session, structure_set(tmp_path / "rt.dcm", series, rois), "structure set")
    shown = scene(session)
    assert shown.segmentation is not None
    assert shown.cursor_index[0] == 3  # where the organ is
    (mark,) = session.studies[0].annotations
    assert jump_to_mark(session, session.studies[0], mark)
    assert shown.cursor_index == (1, 2, 3)


def test_a_point_in_space_is_gone_to_on_the_slice_that_truly_holds_it(session: Session, tmp_path: Path) -> None:
    for index, z in enumerate((0.0, 2.5, 5.0, 20.0, 22.5)):
        write(image(index, ImagePositionPatient=[-10.0, -20.0, z]), tmp_path / "images" / str(index))
    opened(session, tmp_path / "images")
    series = session.studies[0].series[0]
    rois = {"Isocentre": [contour([(-8.0, -19.0, 20.0)], "POINT")]}
    put(session, structure_set(tmp_path / "rt.dcm", series, rois), "structure set")
    shown = scene(session)
    assert not shown.volume.geometry.has_depth
    (mark,) = session.studies[0].annotations
    assert jump_to_mark(session, session.studies[0], mark)
    assert shown.cursor_index == (3, 2, 3)


def test_a_dose_is_laid_only_over_images_of_its_frame_of_reference(session: Session, tmp_path: Path) -> None:
    opened(session, write_stack(tmp_path / "images", 5))
    put(session, dose(tmp_path / "other.dcm", FrameOfReferenceUID="2.25.1"), "RT dose")
    assert scene(session).dose is None
    assert "lies in another frame of reference" in said(session)
    put(session, dose(tmp_path / "same.dcm"), "RT dose")
    laid = scene(session).dose
    assert laid is not None
    assert laid.unit == "Gy"
    assert session.desk.report is not None
    take_off(session, session.studies[0], session.desk.report)
    assert scene(session).dose is None


def test_a_parametric_map_is_a_series_of_its_own(session: Session, shared_data: Path) -> None:
    opened(session, shared_data / OBJECTS / "seg_highdicom/ct_image.dcm")
    put(session, shared_data / OBJECTS / "parametric_map/parametric_map_float.dcm", "parametric map")
    shown = scene(session)
    assert shown.volume.array.dtype == np.float32
    assert shown.series in session.studies[0].series
    assert shown.volume.array.shape == (1, 128, 128)


def test_what_comes_after_the_study_was_closed_is_dropped(session: Session, chest: Path) -> None:
    study = session.studies[0]
    open_object(session, study, found(chest / "gsps.dcm", "presentation state"))
    session.remove_study(study)
    wait_idle(session)
    assert session.desk.report is None


def test_a_damaged_object_says_what_is_wrong(session: Session, tmp_path: Path) -> None:
    opened(session, write_stack(tmp_path / "images", 3))
    kinds: tuple[ObjectKind, ...] = (
        "segmentation", "structure set", "RT dose", "report", "presentation state", "parametric map",
        "real world value map", "registration", "document", "waveform",
    )  # fmt: skip
    empty = save(tmp_path / "empty.dcm", "1.2.840.10008.5.1.4.1.1.66")
    for kind in kinds:
        put(session, empty, kind)
        assert session.desk.report is None, kind
        assert "empty.dcm" in said(session), kind
        assert "fault of MedView" not in said(session), kind


def test_an_object_in_a_study_of_its_own_finds_the_images_of_its_patient(session: Session, tmp_path: Path) -> None:
    opened(session, write_stack(tmp_path / "images", 5))
    series = session.studies[0].series[0]
    folder = tmp_path / "plan"
    write_stack(folder, 1, StudyInstanceUID="2.25.1999", SeriesInstanceUID="2.25.1998", SOPInstanceUID="2.25.1997")
    rois = {"Organ": [contour(rectangle(-9.0, -19.3, 2.0, 1.0, 7.5))]}
    path = structure_set(
        folder / "rt.dcm", series, rois, StudyInstanceUID="2.25.1999", PatientID="T1", PatientName="Test^Patient"
    )
    opened(session, folder)
    images, plan = session.studies
    one = next(o for o in plan.objects if o.path == path)
    open_object(session, plan, one)
    wait_idle(session)
    assert [m.name for m in images.segmentations] == ["Plan A"]
    assert scene(session).study is images


def test_an_object_never_lands_on_another_patient_s_images(session: Session, tmp_path: Path) -> None:
    opened(session, write_stack(tmp_path / "images", 5))
    series = session.studies[0].series[0]
    folder = write_stack(tmp_path / "other", 2, PatientID="T2", PatientName="Other^Patient", StudyInstanceUID="2.25.7")
    rois = {"Organ": [contour(rectangle(-9.0, -19.3, 2.0, 1.0, 40.0))]}
    path = structure_set(
        folder / "rt.dcm", series, rois, StudyInstanceUID="2.25.7", PatientID="T2", PatientName="Other^Patient"
    )
    opened(session, folder)
    images, other = session.studies
    one = next(o for o in other.objects if o.path == path)
    open_object(session, other, one)
    wait_idle(session)
    assert images.segmentations == ()
