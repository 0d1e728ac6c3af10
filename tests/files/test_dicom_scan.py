"""Opening a folder: what is found, what is left out and why."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import generate_uid

from medview.errors import MedViewError
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import ScanReport, scan
from medview.files.scanning.findings import Findings, look_at
from medview.files.workers import InThisProcess
from medview.jobs.process_pool import ProcessPool
from medview.progress import Cancelled
from tests.benchmarks.many_files import write_many
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
    with pytest.raises(MedViewError, match=r"holds 2 files, none of which is DICOM\. Choose the folder"):
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
    tmp_path: Path, changes: dict[str, Any], reason: str
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
    monkeypatch.setattr("medview.files.scanning.dicom_scan._TELL_EVERY_S", 0.0)
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


def test_objects_beside_images_join_their_study(shared_data: Path) -> None:
    report = scan([shared_data / "ct_chest_lungdx_a0002", shared_data / "gsps_ko_pdf_for_a0002"])
    (study,) = report.studies
    kinds_found = {one.path.name: (one.kind, one.label) for one in study.objects}
    assert {kind for kind, _ in kinds_found.values()} >= {"presentation state", "key objects", "document"}
    assert len(kinds_found) == len([what for what in kinds(report).values() if what != "not DICOM"])
    assert study.series
    assert all(one.study_instance_uid == study.facts.study_instance_uid for one in study.objects)


def test_every_kind_of_object_is_told_apart(shared_data: Path) -> None:
    report = scan(shared_data / "seg_sr_rt_objects")
    found = {one.path.name: one.kind for study in report.studies for one in study.objects}
    assert found["liver_rle.dcm"] == "segmentation"
    assert found["rtdose.dcm"] == "RT dose"
    assert found["rtplan.dcm"] == "RT plan"
    assert found["rtstruct.dcm"] == "structure set"
    assert found["sr_document.dcm"] == "report"
    assert found["parametric_map_float.dcm"] == "parametric map"
    assert len(found) == len([what for what in kinds(report).values() if what != "not DICOM"])


def test_a_folder_of_objects_only_is_a_study(tmp_path: Path) -> None:
    waveform = image(SOPClassUID="1.2.840.10008.5.1.4.1.1.9.1.1", Rows=None, Columns=None, PixelData=None)
    write(waveform, tmp_path / "ecg")
    report = scan(tmp_path)
    (study,) = report.studies
    (ecg,) = study.objects
    assert (report.images, report.found, study.series) == (0, 1, ())
    assert (ecg.kind, ecg.sop_class_name, ecg.label) == ("waveform", "12-lead ECG Waveform", "Made for tests")
    assert study.facts.patient.patient_id == "T1"


def test_an_object_of_another_patient_is_a_study_of_its_own(tmp_path: Path) -> None:
    write(image(), tmp_path / "image")
    report: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11",
        "Rows": None,
        "Columns": None,
        "PixelData": None,
    }
    write(image(1, **report, PatientName="Test^Patient^^^"), tmp_path / "same")
    write(image(2, **report, PatientID="other"), tmp_path / "other")
    found = scan(tmp_path).studies
    assert [(len(s.series), [o.path.name for o in s.objects]) for s in found] == [(1, ["same"]), (0, ["other"])]


def test_a_copy_of_an_object_is_not_a_second_object(tmp_path: Path) -> None:
    report: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11",
        "Rows": None,
        "Columns": None,
        "PixelData": None,
    }
    for name in ("a", "b"):
        write(image(**report), tmp_path / name)
    found = scan(tmp_path)
    assert len(found.studies[0].objects) == 1
    assert kinds(found) == {"a": "Basic Text SR", "b": "copy of another file"}


def test_thousands_of_files_are_read_by_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_many(tmp_path, 60, slices=20)
    (tmp_path / "note").write_text("text " * 100)
    alone = scan(tmp_path)
    monkeypatch.setattr("medview.files.scanning.dicom_scan._MANY", 10)
    monkeypatch.setattr("medview.files.scanning.dicom_scan._BATCH", 7)
    monkeypatch.setattr("medview.files.scanning.dicom_scan._FEWEST_PROCESSES", 2)
    with ProcessPool(2) as workers:
        together = scan(tmp_path, workers=workers)
    assert (together.images, together.found) == (alone.images, alone.found) == (60, 61)
    for one, other in zip(alone.studies, together.studies, strict=True):
        assert one.facts == other.facts
        assert [s.instances for s in one.series] == [s.instances for s in other.series]


def test_a_file_that_ends_its_process_is_rejected_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Crashing(InThisProcess):
        """A batch that ends its process, and one file of it that does so again."""

        def each(
            self,
            function: Callable[..., Any],
            tasks: Sequence[tuple[Any, ...]],
            *,
            limit_s: float = 60.0,
            waiting: Callable[[], None] | None = None,
        ) -> Iterator[tuple[int, Any]]:
            for number, (task,) in enumerate(tasks):
                crashes = isinstance(task, Sequence) or task.name == "003"
                yield number, MedViewError("It ended.") if crashes else function(task)

    write_stack(tmp_path, 12)
    monkeypatch.setattr("medview.files.scanning.dicom_scan._MANY", 10)
    monkeypatch.setattr("medview.files.scanning.dicom_scan._FEWEST_PROCESSES", 1)
    report = scan(tmp_path, workers=Crashing())
    assert (report.images, report.found) == (11, 12)
    assert reasons(report) == {"003": "It ended."}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"LossyImageCompression": "01", "LossyImageCompressionRatio": 12.5}, "lossy 12.5:1"),
        ({"BurnedInAnnotation": "YES"}, "Text is burned into the image"),
        ({"RecognizableVisualFeatures": "YES"}, "The patient can be recognized"),
        ({"StudyDate": "99999999"}, "The study date is no date"),
        ({"PatientBirthDate": "abcd"}, "The date of birth is no date"),
        ({"StudyTime": "996199"}, "no time of day"),
        ({"SOPInstanceUID": "1." + "2" * 80}, "An identifier (UID) is not made as DICOM wants it"),
        ({"SeriesInstanceUID": "../../x"}, "An identifier (UID) is not made as DICOM wants it"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_what_is_odd_in_a_header_is_a_warning(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    write(image(), tmp_path / "plain" / "x")
    write(image(**changes), tmp_path / "odd" / "x")
    plain, odd = (scan(tmp_path / name).studies[0].series[0] for name in ("plain", "odd"))
    assert not plain.warnings
    assert sentence in " ".join(map(str, odd.warnings))


def test_an_overlay_larger_than_its_data_is_told(tmp_path: Path) -> None:
    dataset = image()
    dataset.add_new(0x60000010, "US", 6)
    dataset.add_new(0x60000011, "US", 8)
    dataset.add_new(0x60003000, "OW", bytes(6))
    write(dataset, tmp_path / "fits")
    assert not scan(tmp_path / "fits").studies[0].series[0].warnings
    dataset[0x60000010].value = 600
    write(dataset, tmp_path / "odd")
    assert "An overlay is larger than its data" in str(scan(tmp_path / "odd").studies[0].series[0].warnings[0])


def test_bytes_after_the_pixels_are_told_unless_they_are_elements(tmp_path: Path) -> None:
    dataset = image()
    dataset.add_new(0xFFFCFFFC, "OB", bytes(20))
    assert not scan(write(dataset, tmp_path / "padded")).studies[0].series[0].warnings
    path = write(image(), tmp_path / "odd")
    path.write_bytes(path.read_bytes() + b"\xde\xad\xbe\xef" * 64)
    assert "Bytes that belong to nothing" in str(scan(path).studies[0].series[0].warnings[0])


def test_a_palette_that_is_missing_is_a_reason_to_refuse(tmp_path: Path) -> None:
    write(image(PhotometricInterpretation="PALETTE COLOR"), tmp_path / "x")
    with pytest.raises(MedViewError, match="The palette is missing"):
        scan(tmp_path)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 1, "BitsAllocated": 8,
          "BitsStored": 8, "HighBit": 7, "PixelData": bytes(144)}, (8, 3, 1, False)),
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "PixelData": bytes(6)}, (1, 1, 0, False)),
        ({"BitsAllocated": 32, "PixelData": None, "FloatPixelData": bytes(192)}, (32, 1, 0, True)),
        ({"BitsAllocated": 64, "PixelData": None, "DoubleFloatPixelData": bytes(384)}, (64, 1, 0, True)),
    ],
)  # fmt: skip
def test_pixels_of_every_kind_are_described(
    tmp_path: Path, changes: dict[str, Any], kind: tuple[int, int, int, bool]
) -> None:
    path = write(image(**changes), tmp_path / "x")
    pixels = scan(path).studies[0].series[0].instances[0].pixels
    assert pixels is not None
    assert (pixels.bits_allocated, pixels.samples_per_pixel, pixels.planar_configuration, pixels.is_float) == kind
    assert (pixels.rows, pixels.columns, pixels.frames) == (6, 8, 1)
    data = path.read_bytes()
    assert pixels.length is not None
    assert len(data) == pixels.offset + pixels.length


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


def test_a_file_that_goes_away_while_the_folder_is_scanned_ends_no_scan(tmp_path: Path) -> None:
    first, second = (write(image(0), tmp_path / name) for name in ("first", "second"))
    findings = Findings()
    findings.add(first, look_at(first))
    found = look_at(second)
    first.unlink()
    findings.add(second, found)
    assert (findings.files, findings.count) == (2, 2)
