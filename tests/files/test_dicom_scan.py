"""Opening a folder: what is found, what is left out and why."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from medview.errors import MedViewError
from medview.files.dicom_pixels import read_volume
from medview.files.dicom_scan import ScanReport, scan
from medview.progress import Cancelled
from tests.files.make_dicom import image, write, write_stack


def reasons(report: ScanReport) -> dict[str, str]:
    return {path.name: str(reason) for path, reason in report.rejected}


def kinds(report: ScanReport) -> dict[str, str]:
    return {path.name: str(what) for path, what in report.other}


def test_files_are_found_at_any_depth_whatever_they_are_called(tmp_path: Path) -> None:
    for index in range(4):
        write(image(index), tmp_path / "a" / str(index) / "IM.txt")
    (tmp_path / "a" / "readme.dcm").write_text("no DICOM here, whatever the name says, and long enough to look at")
    report = scan(tmp_path)
    (study,) = report.studies
    (series,) = study.series
    assert (report.images, report.found, len(series.instances)) == (4, 5, 4)
    assert kinds(report) == {"readme.dcm": "not DICOM"}
    assert study.facts.patient.patient_name == "Test^Patient"
    assert (series.modality, series.series_number, series.rows, series.columns) == ("CT", 4, 6, 8)
    assert series.windows == ((40.0, 400.0),)


def test_a_single_file_and_several_paths_can_be_opened(tmp_path: Path) -> None:
    first = write(image(0), tmp_path / "one")
    write_stack(tmp_path / "more", 3, SeriesInstanceUID="2.25.77")
    assert scan(first).images == 1
    assert scan([first, tmp_path / "more"]).images == 4


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(MedViewError, match=r"There is no file in .* Choose a folder"):
        scan(tmp_path)


def test_a_folder_of_text_files_says_so(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("text " * 100)
    with pytest.raises(MedViewError, match=r"None of the 2 files in .* is DICOM\. Choose the folder"):
        scan(tmp_path)


def test_a_file_that_is_no_image_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("text " * 100)
    with pytest.raises(MedViewError, match=r"notes holds no image: not DICOM"):
        scan(tmp_path / "notes")


def test_a_path_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(MedViewError, match=r"nowhere does not exist\. Check the name"):
        scan(tmp_path / "nowhere")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0)
    with pytest.raises(MedViewError, match=r"cannot be read"):
        scan(folder)


def test_a_file_cut_short_is_left_out_with_the_reason(tmp_path: Path) -> None:
    write_stack(tmp_path, 3)
    whole = write(image(9, SeriesInstanceUID="2.25.9"), tmp_path / "cut")
    whole.write_bytes(whole.read_bytes()[:-10])
    report = scan(tmp_path)
    assert reasons(report) == {"cut": "The pixel data is cut short: 86 of 96 bytes are there."}
    assert (report.images, report.found) == (3, 4)


def test_only_damaged_files_are_an_error_with_the_first_reason(tmp_path: Path) -> None:
    whole = write(image(), tmp_path / "cut")
    whole.write_bytes(whole.read_bytes()[:-10])
    with pytest.raises(MedViewError, match=r"No image .* \(1 damaged\): The pixel data is cut short"):
        scan(tmp_path)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Rows": 0}, "image size"),
        ({"Rows": 65535, "Columns": 65535}, "cut short: 96 of 8589672450"),
        ({"NumberOfFrames": 2147483647}, "cut short"),
        ({"BitsAllocated": 12}, "12 bits per pixel"),
        ({"BitsStored": 20, "HighBit": 19}, "20 bits are said to be stored in 16"),
        ({"SamplesPerPixel": 3}, "do not fit"),
        ({"PixelData": None}, "ends before its pixel data"),
    ],
)
def test_an_impossible_description_is_refused_before_anything_is_allocated(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    write(image(**changes), tmp_path / "odd")
    write(image(5, SeriesInstanceUID="2.25.5"), tmp_path / "good")
    report = scan(tmp_path)
    assert reason in reasons(report)["odd"]
    assert report.images == 1


def test_a_named_pipe_does_not_stop_the_scan(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    write(image(), tmp_path / "good")
    os.mkfifo(tmp_path / "pipe.dcm")
    report = scan(tmp_path)
    assert kinds(report) == {"pipe.dcm": "special file"}


def test_folders_linked_in_a_circle_are_looked_at_once(tmp_path: Path) -> None:
    write(image(), tmp_path / "a" / "good")
    try:
        (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert scan(tmp_path).found == 1


def test_a_copy_of_an_image_is_not_a_second_image(tmp_path: Path) -> None:
    write_stack(tmp_path / "first", 3)
    write_stack(tmp_path / "second", 3)
    report = scan(tmp_path)
    assert (report.images, report.found) == (3, 6)
    assert set(kinds(report).values()) == {"copy of another file"}


def test_studies_are_told_as_they_are_found_and_cancelling_stops_the_scan(tmp_path: Path) -> None:
    write_stack(tmp_path, 40)
    seen: list[float] = []

    def progress(fraction: float, text: str = "") -> None:
        seen.append(fraction)
        if len(seen) == 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        scan(tmp_path, progress)
    assert seen == sorted(seen)
    assert 0 < seen[-1] < 1


def test_found_studies_arrive_before_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stack(tmp_path, 30)
    monkeypatch.setattr("medview.files.dicom_scan._TELL_EVERY_S", 0.0)
    counts: list[int] = []

    def slow(fraction: float, text: str = "") -> None:
        time.sleep(0.002)

    scan(tmp_path, slow, lambda studies: counts.append(len(studies[0].series[0].instances)))
    assert counts == sorted(counts)
    assert 0 < counts[0] < 30


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 192", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("ISO_IR 144", "Люкceмбypг"),
    ],
)
def test_names_in_other_scripts_are_read(tmp_path: Path, charset: str, name: str) -> None:
    write(image(SpecificCharacterSet=charset, PatientName=name), tmp_path / "x")
    assert scan(tmp_path).studies[0].facts.patient.patient_name == name


def test_a_file_without_preamble_and_header_is_opened_with_a_warning(tmp_path: Path) -> None:
    whole = write(image(), tmp_path / "x").read_bytes()
    (tmp_path / "x").write_bytes(whole[whole.index(b"\x08\x00\x05\x00CS") :])
    series = scan(tmp_path).studies[0].series[0]
    assert any("no DICOM file header" in str(w) for w in series.warnings)
    assert read_volume(series).array.max() == -24


def test_objects_made_from_images_are_named(shared_data: Path) -> None:
    report = scan([shared_data / "seg_sr_rt_objects", shared_data / "gsps_ko_pdf_for_a0002"])
    found = kinds(report)
    assert found["liver_rle.dcm"] == "Segmentation"
    assert found["rtdose.dcm"] == "RT Dose"
    assert found["rtplan.dcm"] == "RT Plan"
    assert found["sr_document.dcm"] == "Comprehensive 3D SR"
    assert found["parametric_map_float.dcm"] == "Parametric Map"
    assert found["encapsulated_pdf.dcm"] == "Encapsulated PDF"
    assert report.images == 3


def test_every_odd_file_has_its_place(shared_data: Path) -> None:
    report = scan(shared_data / "odd_files")
    files = sum(len(names) for _, _, names in os.walk(shared_data / "odd_files"))
    assert report.found == files
    assert reasons(report)["MR_truncated.dcm"] == "The pixel data is cut short: 8130 of 8192 bytes are there."
    names = {study.facts.patient.patient_name for study in report.studies}
    assert {"Yamada^Tarou=山田^太郎=やまだ^たろう", "Wang^XiaoDong=王^小東", "Äneas^Rüdiger"} <= names
    assert report.images == sum(len(s.instances) for study in report.studies for s in study.series)


def test_every_transfer_syntax_is_scanned(shared_data: Path) -> None:
    report = scan(shared_data / "transfer_syntaxes")
    assert (report.images, len(report.rejected)) == (45, 0)


def test_a_hostile_collection_gives_sentences_and_no_traceback(shared_data: Path, tmp_path: Path) -> None:
    maker = shared_data.parent / "tools" / "make_hostile.py"
    out = tmp_path / "hostile"
    subprocess.run([sys.executable, str(maker), str(out), "--no-big"], check=True, capture_output=True)
    opened, refused = {}, {}
    for case in sorted(out.iterdir()):
        if not case.is_dir() or case.name[:3] >= "134" or "3000" in case.name:
            continue
        try:
            opened[case.name[4:]] = [s for study in scan(case).studies for s in study.series]
        except MedViewError as error:
            refused[case.name[4:]] = str(error)
    assert len(opened) + len(refused) > 120
    assert "cut short" in refused["truncated_half_pixels"]
    assert "unpacks to far more data" in refused["deflate_bomb"]
    assert "not known" in refused["unknown_transfer_syntax"]
    (tilted,) = opened["gantry_tilt"]
    assert tilted.geometry is not None
    assert tilted.geometry.is_sheared
    (gap,) = opened["missing_slice"]
    assert "missing" in [line.kind for line in gap.guard]
    assert [len(s.instances) for s in opened["two_patients_one_series"]] == [7, 1]
    for name in ("rle_zero_segments", "j2k_declares_2Gx2G", "jpeg_sof_65500", "rle_expands_too_far"):
        with pytest.raises(MedViewError, match="compressed picture"):
            read_volume(opened[name][0])


def test_two_series_with_the_same_folder_and_no_uid_stay_apart_by_folder(tmp_path: Path) -> None:
    write_stack(tmp_path / "a", 2, SeriesInstanceUID="")
    write_stack(tmp_path / "b", 3, SeriesInstanceUID="", SOPInstanceUID=generate_uid())
    series = scan(tmp_path).studies[0].series
    assert sorted(len(s.instances) for s in series) == [2, 3]
    assert len({s.key for s in series}) == 2
