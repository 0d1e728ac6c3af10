"""Measurements and key images come back with their study, with no other, and whatever ends the program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from medview.errors import MedViewError
from medview.library.marks import Change, Marks
from medview.session.close_study import close_study
from medview.session.keep_measurements import KeptMeasurements
from medview.session.key_images import listed_key_images, toggle_key_image
from medview.session.measure import (
    add_measurement,
    recolour_measurement,
    remove_all_measurements,
    remove_measurements,
    rename_measurement,
    replace_measurement,
)
from medview.session.open_folder import open_folder
from medview.session.regularise import regularise
from medview.session.session import Session
from medview.session.undo import undo
from medview.study.annotation import ImageName
from medview.study.measurement import Measurement, MeasurementKind, slice_index
from medview.study.study import Study
from tests.files.full_disk import limited_file_size
from tests.files.make_dicom import write_stack
from tests.session.waiting import said, wait_idle

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def kept(session: Session) -> Iterator[KeptMeasurements]:
    made = KeptMeasurements(session)
    yield made
    session.jobs.stop()


def opened(session: Session, folder: Path, *, show: bool = True) -> Study:
    """Open a folder, and show its images where they are to be seen."""
    open_folder(session, folder, show=show)
    wait_idle(session)
    return session.studies[-1]


def reopened(session: Session, study: Study, folder: Path, *, show: bool = False) -> Study:
    """Close a study and open it again, as on another day."""
    wait_idle(session)
    close_study(session, study)
    wait_idle(session)
    return opened(session, folder, show=show)


def on_image(
    study: Study, slice_number: int = 1, kind: MeasurementKind = "length", place: int = 0, **facts: Any
) -> Measurement:
    """Return a measurement from column 2.25, row 1.5 to column 6, row 4 of an image."""
    series = study.series[place]
    assert series.geometry is not None
    instance = series.instances[slice_number]
    points = series.geometry.to_mm([(slice_number, 1.5, 2.25), (slice_number, 4.0, 6.0)])
    image = ImageName(instance.sop_instance_uid, instance.frame_index)
    frame = series.geometry.frame_of_reference_uid
    return Measurement(
        kind, points, series.key, series.study_instance_uid, image, frame_of_reference_uid=frame, **facts
    )


def in_space(study: Study) -> Measurement:
    """Return a length across the slices."""
    series = study.series[0]
    assert series.geometry is not None
    points = series.geometry.to_mm([(0.25, 1.5, 2.25), (2.0, 4.0, 6.0)])
    frame = series.geometry.frame_of_reference_uid
    return Measurement("length", points, series.key, "", None, np.array([0.0, 1.0, 0.0]), frame)


def marks_folder(home: Path) -> Path:
    return home / "library" / "marks"


def the_file(home: Path) -> Path:
    (path,) = marks_folder(home).glob("*.json")
    return path


def test_measurements_come_back_as_they_were(session: Session, kept: KeptMeasurements, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct")
    study = opened(session, folder, show=False)
    first = on_image(study, label="Left kidney", colour=(10, 200, 30), text_offset_mm=np.array([4.0, -2.0, 0.0]))
    across = in_space(study)
    calibration = on_image(study, 2, "calibration", known_mm=25.0, is_visible=False)
    for measurement in (first, across, calibration):
        add_measurement(study, measurement)
    again = reopened(session, study, folder)
    assert again is not study
    found = list(again.measurements)
    assert [m.tracking_uid for m in found] == [m.tracking_uid for m in (first, across, calibration)]
    for before, after in zip((first, across, calibration), found, strict=True):
        np.testing.assert_allclose(after.points_mm, before.points_mm, atol=1e-6)
        assert (after.kind, after.image, after.label) == (before.kind, before.image, before.label)
        assert (after.colour, after.is_visible, after.known_mm) == (before.colour, before.is_visible, before.known_mm)
        assert (after.series_key, after.frame_of_reference_uid) == (before.series_key, before.frame_of_reference_uid)
    assert found[0].text_offset_mm is not None
    np.testing.assert_allclose(found[0].text_offset_mm, (4.0, -2.0, 0.0), atol=1e-6)
    np.testing.assert_allclose(found[1].normal, (0.0, 1.0, 0.0))
    assert again.history.undo_title is None
    assert said(session).count("measurement") == 0


def test_every_change_is_kept_undone_ones_too(session: Session, kept: KeptMeasurements, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct")
    study = opened(session, folder)
    one, two, three = (on_image(study, n) for n in range(3))
    for measurement in (one, two, three):
        add_measurement(study, measurement)
    rename_measurement(study, one.tracking_uid, "Aorta")
    recolour_measurement(study, two.tracking_uid, (1, 2, 3))
    remove_measurements(study, [three.tracking_uid])
    undo(session)
    remove_measurements(study, [two.tracking_uid])
    undo(session)
    remove_measurements(study, [one.tracking_uid])
    again = reopened(session, study, folder)
    assert [(m.label, m.colour) for m in again.measurements] == [("", (1, 2, 3)), ("", three.colour)]
    remove_all_measurements(again)
    assert len(reopened(session, again, folder).measurements) == 0


def test_key_images_come_back(session: Session, kept: KeptMeasurements, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct")
    study = opened(session, folder)
    scene = session.scene
    assert scene is not None
    for slice_number in (4, 1, 2):
        scene.move_cursor(scene.volume.geometry.to_mm((slice_number, 0, 0)))
        toggle_key_image(session)
    toggle_key_image(session)  # the last one is unmarked again
    again = reopened(session, study, folder, show=True)
    assert [place.slice_index for place in listed_key_images(again)] == [1, 4]
    undo(session)
    assert len(again.key_images) == 2  # what came back is not undone


def test_another_patients_study_with_the_same_identifiers_gets_none_of_them(
    session: Session, kept: KeptMeasurements, tmp_path: Path
) -> None:
    study = opened(session, write_stack(tmp_path / "one"))
    add_measurement(study, on_image(study))
    toggle_key_image(session)
    wait_idle(session)
    other = opened(session, write_stack(tmp_path / "two", PatientName="Other^Patient", PatientID="T2"))
    assert other.series[0].key == study.series[0].key
    assert len(other.measurements) == len(other.key_images) == 0
    add_measurement(other, on_image(other, 2))
    other = reopened(session, other, tmp_path / "two")
    assert [m.image for m in other.measurements] == [on_image(other, 2).image]
    assert [m.image for m in study.measurements] == [on_image(study, 1).image]


@pytest.mark.parametrize("how", ["no", "link", "copy"])
def test_they_are_kept_whether_the_study_is_on_the_list_or_not(
    session: Session, kept: KeptMeasurements, tmp_path: Path, how: str
) -> None:
    session.settings["library_add"] = how
    folder = write_stack(tmp_path / "ct")
    study = opened(session, folder, show=False)
    add_measurement(study, on_image(study))
    again = reopened(session, study, folder)
    assert len(again.measurements) == 1
    assert session.library is None or session.library.count() == (how != "no")
    assert "rebuil" not in said(session).lower()


def test_images_that_are_gone_keep_their_measurements_for_later(
    session: Session, kept: KeptMeasurements, tmp_path: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    study = opened(session, folder, show=False)
    add_measurement(study, on_image(study, 1))
    add_measurement(study, on_image(study, 5))
    place_mm = next(iter(study.measurements)).points_mm
    wait_idle(session)
    last = study.series[0].instances[5].path
    last.rename(tmp_path / "last.dcm")
    study = reopened(session, study, folder)
    (left,) = study.measurements
    np.testing.assert_allclose(left.points_mm, place_mm, atol=1e-6)
    assert "1 measurement of this study lies on images that are not here." in said(session)
    rename_measurement(study, left.tracking_uid, "changed meanwhile")
    wait_idle(session)
    opened(session, tmp_path / "last.dcm", show=False)
    assert len(session.studies) == 1
    assert sorted(m.label for m in session.studies[0].measurements) == ["", "changed meanwhile"]


def test_slices_that_come_before_move_no_measurement_to_another_image(
    session: Session, kept: KeptMeasurements, tmp_path: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 6)
    first = folder / sorted(os.listdir(folder))[0]
    first.rename(tmp_path / "first.dcm")
    study = opened(session, folder, show=False)
    add_measurement(study, on_image(study, 1))
    (before,) = study.measurements
    wait_idle(session)
    (tmp_path / "first.dcm").rename(first)
    again = reopened(session, study, folder)
    (after,) = again.measurements
    assert after.image == before.image
    series = again.series[0]
    assert series.geometry is not None
    number = round(float(series.geometry.to_index(after.centre_mm)[0]))
    assert ImageName(series.instances[number].sop_instance_uid, 0) == before.image
    np.testing.assert_allclose(after.points_mm, before.points_mm, atol=1e-6)


def test_two_programs_do_not_lose_each_others_measurements(tmp_path: Path) -> None:
    one, other = Marks(tmp_path / "marks"), Marks(tmp_path / "marks")
    one.change("a" * 32, {"measurements": Change({"1": {"label": "one"}}, ("1",))})
    other.change("a" * 32, {"measurements": Change({"2": {"label": "two"}}, ("2",))})
    one.change("a" * 32, {"measurements": Change({"1": {"label": "new"}, "3": {"label": "three"}}, ("1", "3"))})
    other.change("a" * 32, {"measurements": Change({"2": None})})
    assert one.read("a" * 32).sections["measurements"] == {"1": {"label": "new"}, "3": {"label": "three"}}


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from medview.library.marks import Change, Marks
        marks = Marks(Path(sys.argv[1]))
        for number in range(10):
            marks.change("b" * 32, {"measurements": Change({f"{sys.argv[2]}.{number}": {"label": "x"}})})
        """
    )
    command = [sys.executable, "-c", script, str(tmp_path / "marks")]
    programs = [subprocess.Popen([*command, str(n)], cwd=ROOT) for n in range(3)]
    assert [program.wait(timeout=60) for program in programs] == [0, 0, 0]
    assert len(Marks(tmp_path / "marks").read("b" * 32).sections["measurements"]) == 30
    assert sorted(p.suffix for p in (tmp_path / "marks").iterdir()) == [".json", ".lock"]


def test_what_was_measured_before_a_kill_comes_back(session: Session, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct")
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from tests.session.test_keep_measurements import on_image, opened
        from tests.session.waiting import wait_idle
        from medview.jobs.job_queue import JobQueue
        from medview.session.keep_measurements import KeptMeasurements
        from medview.session.measure import add_measurement
        from medview.session.session import Session
        from medview.session.settings import Settings

        if __name__ == "__main__":
            session = Session(JobQueue(), Settings())
            kept = KeptMeasurements(session)
            study = opened(session, Path(sys.argv[1]), show=False)
            for number in range(4):
                add_measurement(study, on_image(study, number))
            wait_idle(session)
            add_measurement(study, on_image(study, 4))  # may be on its way
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    (tmp_path / "script.py").write_text(script)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(tmp_path / "script.py"), str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    kept = KeptMeasurements(session)
    assert len(opened(session, folder, show=False).measurements) in (4, 5)
    session.jobs.stop()
    kept.close()


def test_what_is_not_written_yet_is_written_at_the_end(session: Session, tmp_path: Path, medview_home: Path) -> None:
    kept = KeptMeasurements(session)
    study = opened(session, write_stack(tmp_path / "ct"), show=False)
    session.jobs.stop()  # the program ends: what is submitted now is worked off by nobody
    measurement = on_image(study)
    study.measurements.set([measurement])
    kept.close()
    assert list(json.loads(the_file(medview_home).read_text())["measurements"]) == [measurement.tracking_uid]
    session.jobs.stop()


@pytest.mark.parametrize("damage", ["", "{", '{"format": 1, "measurements": [1]}', "[]", '{"measurements": {}}'])
def test_a_damaged_file_is_set_aside_and_told(
    session: Session, kept: KeptMeasurements, tmp_path: Path, medview_home: Path, damage: str
) -> None:
    folder = write_stack(tmp_path / "ct")
    study = opened(session, folder, show=False)
    add_measurement(study, on_image(study))
    wait_idle(session)
    path = the_file(medview_home)
    path.write_text(damage)
    again = reopened(session, study, folder)
    assert len(again.measurements) == 0
    assert "was damaged and has been set aside as" in said(session)
    (aside,) = marks_folder(medview_home).glob("*-damaged-*.json")
    assert aside.read_text() == damage
    add_measurement(again, on_image(again, 2))
    assert len(reopened(session, again, folder).measurements) == 1
    assert aside.read_text() == damage


def test_a_damaged_record_hides_no_other_and_stays(
    session: Session, kept: KeptMeasurements, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "ct")
    study = opened(session, folder, show=False)
    for number in range(4):
        add_measurement(study, on_image(study, number))
    wait_idle(session)
    path = the_file(medview_home)
    content = json.loads(path.read_text())
    records = list(content["measurements"].values())
    records[0]["points"] = [["x", 2]]
    records[1]["kind"] = "a kind of the future"
    del records[2]["image"]
    path.write_text(json.dumps(content))
    again = reopened(session, study, folder)
    (left,) = again.measurements
    assert "3 measurements kept with this study cannot be understood." in said(session)
    rename_measurement(again, left.tracking_uid, "good")
    wait_idle(session)
    now = json.loads(path.read_text())["measurements"]
    assert len(now) == 4
    assert list(now.values()).count(records[0]) == list(now.values()).count(records[1]) == 1


def test_a_file_of_a_newer_version_is_left_alone(
    session: Session, kept: KeptMeasurements, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "ct")
    study = opened(session, folder, show=False)
    add_measurement(study, on_image(study))
    wait_idle(session)
    path = the_file(medview_home)
    path.write_text('{"format": 2, "new": "things"}')
    again = reopened(session, study, folder)
    assert "newer version" in said(session)
    add_measurement(again, on_image(again))
    wait_idle(session)
    assert path.read_text() == '{"format": 2, "new": "things"}'


def test_a_full_disk_is_told_and_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "marks")
    marks.change("c" * 32, {"measurements": Change({"1": {"label": "one"}})})
    with limited_file_size(2000), pytest.raises(MedViewError, match="disk is full"):
        marks.change("c" * 32, {"measurements": Change({"2": {"label": "x" * 10_000}})})
    assert marks.read("c" * 32).sections["measurements"] == {"1": {"label": "one"}}
    assert sorted(p.suffix for p in (tmp_path / "marks").iterdir()) == [".json", ".lock"]


def test_what_lies_in_a_resampled_stack_comes_back_in_the_patient(
    session: Session, kept: KeptMeasurements, tmp_path: Path
) -> None:
    tilted: dict[str, Any] = {"ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, float(np.cos(0.2)), float(np.sin(0.2))]}
    folder = write_stack(tmp_path / "ct", 6, **tilted)
    study = opened(session, folder, show=False)
    regularise(session, study, study.series[0])
    wait_idle(session)
    made = next(series for series in study.series if series.resampled_from is not None)
    assert made.geometry is not None
    points = made.geometry.to_mm([(1, 2, 3), (1, 4, 6)])
    drawn = Measurement("length", points, made.key, frame_of_reference_uid=made.geometry.frame_of_reference_uid)
    add_measurement(study, drawn)
    again = reopened(session, study, folder)
    (found,) = again.measurements
    np.testing.assert_allclose(found.points_mm, points, atol=1e-6)
    assert found.series_key == again.series[0].key


def test_a_moved_handle_is_written_and_names_no_patient(
    session: Session, kept: KeptMeasurements, tmp_path: Path, medview_home: Path
) -> None:
    from dataclasses import replace

    study = opened(
        session, write_stack(tmp_path / "ct", PatientName="Zyxmark^Name", PatientID="Zyxmark-ID"), show=False
    )
    measurement = on_image(study)
    add_measurement(study, measurement)
    replace_measurement(study, replace(measurement, points_mm=measurement.points_mm + [1.0, 0.0, 0.0]))
    wait_idle(session)
    text = the_file(medview_home).read_text()
    assert "zyxmark" not in text.lower()
    (record,) = json.loads(text)["measurements"].values()
    spacing = study.series[0].geometry.spacing_mm[2]  # type: ignore[union-attr]
    np.testing.assert_allclose(record["points"][0], (2.25 + 1 / spacing, 1.5), atol=1e-6)


def test_the_rest_of_uneven_slices_moves_no_measurement_to_another_image(
    session: Session, kept: KeptMeasurements, tmp_path: Path
) -> None:
    folder = write_stack(tmp_path / "ct", 7)
    names = sorted(folder.iterdir(), key=lambda path: float(dcmread(path).ImagePositionPatient[2]))
    (tmp_path / "late").mkdir()
    for number in (0, 3, 4):  # what is left has gaps
        names[number].rename(tmp_path / "late" / names[number].name)
    study = opened(session, folder)
    assert study.series[0].geometry is not None
    assert not study.series[0].geometry.is_placed
    add_measurement(study, on_image(study, 1))
    (before,) = study.measurements
    session.show(None)
    session.wanted.clear()
    opened(session, tmp_path / "late")
    for measurement in study.measurements:
        series = study.find(measurement.series_key)
        assert series is not None
        assert series.geometry is not None
        number = slice_index(measurement, series.geometry)
        assert ImageName(series.instances[number].sop_instance_uid, 0) == before.image
    again = reopened(session, study, folder)
    (after,) = again.measurements
    assert after.image == before.image


def test_they_outlive_the_list_of_studies(session: Session, kept: KeptMeasurements, tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct")
    study = opened(session, folder, show=False)
    add_measurement(study, on_image(study))
    wait_idle(session)
    close_study(session, study)
    library = session.library
    assert library is not None
    library.forget([row.id for row in library.search()])
    library.rebuild(fresh=True)
    assert len(opened(session, folder, show=False).measurements) == 1


def test_what_cannot_be_kept_is_told_once_when_it_is_measured(
    session: Session, kept: KeptMeasurements, tmp_path: Path, medview_home: Path
) -> None:
    folder = write_stack(tmp_path / "x", 4)
    study = opened(session, folder)
    add_measurement(study, on_image(study, 1))
    wait_idle(session)
    (file,) = (medview_home / "library" / "marks").glob("*.json")
    newer = file.read_text(encoding="utf-8").replace('"format": 1', '"format": 99')
    file.write_text(newer, encoding="utf-8")
    again = reopened(session, study, folder)
    assert "is not kept" not in said(session)
    for number in (2, 3):
        add_measurement(again, on_image(again, number))
        wait_idle(session)
    assert said(session).count("What is measured on this study is not kept") == 1
    assert file.read_text(encoding="utf-8") == newer
