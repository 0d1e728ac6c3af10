"""What is opened is laid out, with its prior beside it: from a folder or the library, never another patient's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medview.session.choose_layout import choose_layout
from medview.session.close_study import close_study
from medview.session.hang import hang, step_stage
from medview.session.hanging_rule import own_hanging_folder
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.session.session import Session
from medview.session.show_series import show_series
from tests.files.make_dicom import image, write, write_stack
from tests.session.waiting import said, wait_idle


def chest(folder: Path, date: str, **changes: Any) -> Path:
    """Write a CT of five slices."""
    told = {
        "StudyDate": date, "StudyInstanceUID": f"2.25.8{date}", "SeriesInstanceUID": f"2.25.9{date}",
        "BodyPartExamined": "CHEST", "PatientBirthDate": "19700101", "PatientID": "H-17", "PatientName": "Hang^Hanna",
        "SeriesDescription": "Lung",
    } | changes  # fmt: skip
    for index in range(5):
        write(image(index, SOPInstanceUID=f"2.25.7{date}{index}", **told), folder / f"{index}.dcm")
    return folder


def opened(session: Session, folder: Path) -> None:
    open_folder(session, folder)
    wait_idle(session)


def dates(session: Session) -> list[str]:
    """Return the dates of what the slots show, in their order."""
    return [scene.study.facts.study_date for _, scene in sorted(session.scenes.items())]


def close_all(session: Session) -> None:
    for study in list(session.studies):
        close_study(session, study)
    wait_idle(session)


def test_a_ct_is_shown_alone_and_its_stages_follow(session: Session, tmp_path: Path) -> None:
    for index in range(12):
        write(image(index, SOPInstanceUID=f"2.25.7{index}"), tmp_path / "ct" / f"{index}.dcm")
    opened(session, tmp_path / "ct")
    assert (session.layout.id, session.active_pane) == ("1x1", "1")
    step_stage(session, 1)
    assert session.layout.id == "mpr"
    step_stage(session, 1)  # there is no further one
    assert session.layout.id == "mpr"
    step_stage(session, -1)
    assert session.layout.id == "1x1"


def test_the_setting_leaves_the_layout_alone(session: Session, tmp_path: Path) -> None:
    session.settings["hanging"] = False
    opened(session, chest(tmp_path / "ct", "20240229"))
    assert (session.layout.id, session.hanging) == ("mpr", None)
    assert session.scene is not None


def test_a_series_that_a_person_picks_changes_no_layout(session: Session, tmp_path: Path) -> None:
    opened(session, chest(tmp_path / "ct", "20240229"))
    study = session.studies[0]
    show_series(session, study, study.series[0])
    assert session.layout.id == "1x1"


def test_of_two_studies_in_one_folder_the_older_one_hangs_right(session: Session, tmp_path: Path) -> None:
    chest(tmp_path / "both" / "a", "20211125")
    chest(tmp_path / "both" / "b", "20240229")
    opened(session, tmp_path / "both")
    assert session.hanging is not None
    assert (session.hanging.rule.id, session.layout.id) == ("ct_prior", "1x2")
    assert dates(session) == ["20240229", "20211125"]


def test_opening_the_older_study_afterwards_hangs_it_beside_the_newer(session: Session, tmp_path: Path) -> None:
    opened(session, chest(tmp_path / "new", "20240229"))
    opened(session, chest(tmp_path / "old", "20211125"))
    assert dates(session) == ["20240229", "20211125"]


def test_an_older_study_of_another_part_is_shown_when_it_is_opened(session: Session, tmp_path: Path) -> None:
    opened(session, chest(tmp_path / "new", "20240229"))
    opened(session, chest(tmp_path / "old", "20211125", BodyPartExamined="HEAD"))
    assert (session.layout.id, dates(session)) == ("1x1", ["20211125"])


def test_the_prior_comes_from_the_library(session: Session, tmp_path: Path) -> None:
    opened(session, chest(tmp_path / "older", "20190101"))
    opened(session, chest(tmp_path / "old", "20211125"))
    opened(session, chest(tmp_path / "later", "20250101"))
    close_all(session)
    assert session.studies == ()
    opened(session, chest(tmp_path / "new", "20240229"))
    assert dates(session) == ["20240229", "20211125"], "the newest that is older"
    assert len(session.studies) == 2
    assert session.active_pane == "1"


@pytest.mark.parametrize(
    "changes",
    [
        {"PatientID": "H-18"},
        {"PatientName": "Hang^Heinz"},
        {"PatientBirthDate": "19700102"},
        {"BodyPartExamined": "HEAD"},
        {"Modality": "MR"},
        {"PatientID": ""},
    ],
)
def test_another_patients_study_is_never_taken_for_a_prior(
    session: Session, tmp_path: Path, changes: dict[str, str]
) -> None:
    opened(session, chest(tmp_path / "old", "20211125", **changes))
    close_all(session)
    opened(session, chest(tmp_path / "new", "20240229"))
    assert dates(session) == ["20240229"]
    assert len(session.studies) == 1


@pytest.mark.parametrize("name", ["Anonymous", "ANON^^", "Patient"])
def test_names_that_stand_for_nobody_tell_no_patient(session: Session, tmp_path: Path, name: str) -> None:
    opened(session, chest(tmp_path / "old", "20211125", PatientName=name, PatientID="0"))
    close_all(session)
    opened(session, chest(tmp_path / "new", "20240229", PatientName=name, PatientID="0"))
    assert dates(session) == ["20240229"]


def test_a_prior_that_comes_late_does_not_change_what_a_person_has_laid_out(session: Session, tmp_path: Path) -> None:
    opened(session, chest(tmp_path / "old", "20211125"))
    close_all(session)
    open_folder(session, chest(tmp_path / "new", "20240229"))
    session.jobs.deliver()
    while session.hanging is None:
        session.jobs.deliver()
    choose_layout(session, shipped_layout("mpr"))
    wait_idle(session)
    assert (session.layout.id, len(session.studies)) == ("mpr", 2)
    assert "An earlier examination of the patient was found" in said(session)
    hang(session, session.studies[0])
    wait_idle(session)
    assert session.layout.id == "1x2"


def test_without_the_setting_the_library_is_not_asked(session: Session, tmp_path: Path) -> None:
    opened(session, chest(tmp_path / "old", "20211125"))
    close_all(session)
    session.settings["hanging_priors"] = False
    opened(session, chest(tmp_path / "new", "20240229"))
    assert len(session.studies) == 1


def test_another_study_leaves_nothing_of_the_one_before_in_any_slot(session: Session, tmp_path: Path) -> None:
    chest(tmp_path / "both" / "a", "20211125")
    chest(tmp_path / "both" / "b", "20240229")
    opened(session, tmp_path / "both")
    seen: set[tuple[str, ...]] = set()
    session.scene_changed.connect(
        lambda: seen.add(tuple(sorted({scene.study.facts.patient.patient_id for scene in session.scenes.values()})))
    )
    opened(session, chest(tmp_path / "other", "20230101", PatientID="Z-1", PatientName="Other^Otto"))
    assert dates(session) == ["20230101"]
    assert ("H-17", "Z-1") not in seen, "nobody has seen two patients, not for a moment"


def test_a_broken_file_of_ones_own_is_one_notice(session: Session, tmp_path: Path) -> None:
    own_hanging_folder().mkdir()
    (own_hanging_folder() / "mine.toml").write_text("title = 7", encoding="utf-8")
    opened(session, chest(tmp_path / "new", "20240229"))
    opened(session, chest(tmp_path / "old", "20211125"))
    assert session.layout.id == "1x2"
    assert said(session).count("mine.toml cannot be used") == 1


def test_a_mammogram_is_turned_when_it_is_there(session: Session, tmp_path: Path) -> None:
    facts = {
        "Modality": "MG", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2", "ViewPosition": "CC",
        "BodyPartExamined": "BREAST", "ImagePositionPatient": None, "ImageOrientationPatient": None,
        "RescaleType": None,
    }  # fmt: skip
    for number, (side, rows) in enumerate((("R", ["A", "L"]), ("L", ["A", "R"]))):
        more = {"ImageLaterality": side, "PatientOrientation": rows, "SeriesInstanceUID": f"2.25.44{number}"}
        write(image(number, SOPInstanceUID=f"2.25.45{number}", **facts, **more), tmp_path / "mg" / f"{number}.dcm")
    opened(session, tmp_path / "mg")
    assert session.layout.id == "1x2"
    looks = [(v.is_mirrored, v.turn_deg, v.side) for v in session.viewports.values()]
    assert looks == [(True, 0, "right"), (False, 0, "left")]
    session.active_viewport.reset(keep_look=True)  # "fit" leaves it as it hangs
    assert session.active_viewport.is_mirrored


def test_a_stack_for_the_stages(session: Session, tmp_path: Path) -> None:
    write_stack(tmp_path / "us", 3, Modality="US", ImagePositionPatient=None, ImageOrientationPatient=None)
    opened(session, tmp_path / "us")
    assert session.hanging is not None
    assert session.hanging.rule.id == "ultrasound"
    step_stage(session, 1)
    wait_idle(session)
    assert len(session.scenes) == 3


def test_pet_is_laid_over_its_ct_in_the_middle_pane(session: Session, tmp_path: Path) -> None:
    pet = {"Modality": "PT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.128", "SeriesInstanceUID": "2.25.72"}
    for index in range(12):
        ct = image(index, SOPInstanceUID=f"2.25.7{index}", SeriesInstanceUID="2.25.71")
        write(ct, tmp_path / "pet" / f"{index}.dcm")
        write(image(index, SOPInstanceUID=f"2.25.8{index}", **pet), tmp_path / "pet" / f"p{index}.dcm")
    opened(session, tmp_path / "pet")
    scenes = [session.scenes[slot] for slot in range(3)]
    assert (session.layout.id, [scene.series.modality for scene in scenes]) == ("1x3", ["CT", "CT", "PT"])
    fused = [scene.fusion.volume.series.modality if scene.fusion else "" for scene in scenes]
    assert fused == ["", "PT", ""]
    scenes[0].move_cursor(scenes[0].volume.geometry.to_mm((3, 1, 1)))
    assert [scene.cursor_index[0] for scene in scenes] == [3, 3, 3]


def test_a_larger_layout_does_not_bring_back_the_patient_before(session: Session, tmp_path: Path) -> None:
    chest(tmp_path / "both" / "a", "20211125")
    chest(tmp_path / "both" / "b", "20240229")
    opened(session, tmp_path / "both")
    opened(session, chest(tmp_path / "other", "20230101", PatientID="Z-1", PatientName="Other^Otto"))
    choose_layout(session, shipped_layout("1x2"))
    wait_idle(session)
    assert dates(session) == ["20230101"]
