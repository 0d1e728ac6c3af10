"""What tells images at one place apart: axes, stations, copies; and what parts nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medview.files.headers.dicom_header import Other, read_header
from medview.files.stacks.dicom_sort import sort
from medview.study.joined_series import joined_series
from tests.files.found_stacks import axes, dicom_series, guard, only, placed, stacks, texts
from tests.files.make_dicom import image, mr_image, write


def write_places(folder: Path, count: int, changes: list[dict[str, Any]], slices: int = 3) -> Path:
    """Write several images at each of `slices` places, told apart by `changes`, and by Instance Number in turn."""
    for number, change in enumerate(changes):
        for index in range(slices):
            uid, instance = f"2.25.77{number}0{index}", 1 + index + slices * number
            write(mr_image(index, SOPInstanceUID=uid, InstanceNumber=instance, **change), folder / f"{number}_{index}")
    assert len(changes) == count
    return folder


def test_b_values_are_an_axis_in_s_per_mm2(tmp_path: Path) -> None:
    found = stacks(write_places(tmp_path, 3, [{"DiffusionBValue": b} for b in (0.0, 500.0, 1000.0)]))
    assert list(found) == ["b 0", "b 500", "b 1000"]
    assert axes(found) == [("b-value", "s/mm2", n, 3, b) for n, b in enumerate((0.0, 500.0, 1000.0))]


def test_gradient_directions_and_repeated_b0_are_places_of_their_own(tmp_path: Path) -> None:
    kinds: list[dict[str, Any]] = [{"DiffusionBValue": 0.0}]
    kinds += [{"DiffusionBValue": 1000.0, "DiffusionGradientOrientation": d} for d in ([1, 0, 0], [0, 1, 0], [0, 0, 1])]
    kinds += [{"DiffusionBValue": 0.0}]
    found = stacks(write_places(tmp_path, 5, kinds))
    assert list(found) == [
        "b 0, direction 1", "b 1000, direction 1", "b 1000, direction 2", "b 1000, direction 3", "b 0, direction 2",
    ]  # fmt: skip
    assert [a[4] for a in axes(found)] == [0.0, 1000.0, 1000.0, 1000.0, 0.0]


def test_small_b_values_that_differ_little_keep_their_own(tmp_path: Path) -> None:
    weights = (0.0, 3.0, 6.0, 9.0, 50.0, 400.0)
    found = stacks(write_places(tmp_path, 6, [{"DiffusionBValue": b} for b in weights]))
    assert [a[4] for a in axes(found)] == list(weights)
    assert [next(iter(name.split(","))) for name in found] == [f"b {b:.0f}" for b in weights]
    for (_, series), b in zip(found.items(), weights, strict=True):
        read = [read_header(i.path) for i in series.instances]
        assert [images[0].frame.b_value for images in read if isinstance(images, tuple)] == [b] * 3


def test_places_that_lack_different_moments_are_not_taken_for_the_same(tmp_path: Path) -> None:
    lacking = {(0, 0), (1, 1), (2, 3)}  # (place, moment): each place holds three images of four moments
    for number, (place, moment) in enumerate((p, m) for m in range(4) for p in range(3)):
        if (place, moment) not in lacking:
            changes = {"AcquisitionTime": f"1010{10 * moment + place:02d}", "InstanceNumber": number + 1}
            write(mr_image(place, SOPInstanceUID=f"2.25.78{number}", **changes), tmp_path / str(number))
    found = stacks(tmp_path)
    assert sum(len(s.instances) for s in found.values()) == 9
    for series in found.values():
        moments = {int(float(series_time(i.path)) - 101000) // 10 for i in series.instances}
        assert len(moments) == 1 or "may hold images of several" in texts(series)
        assert series.axis is None or series.axis.value is None


def series_time(path: Path) -> str:
    images = read_header(path)
    assert isinstance(images, tuple)
    return images[0].series.acquisition_time


def test_two_energies_are_an_axis(tmp_path: Path) -> None:
    found = stacks(write_places(tmp_path, 2, [{"KVP": 140}, {"KVP": 80}]))
    assert list(found) == ["80 kVp", "140 kVp"] or list(found) == ["140 kVp", "80 kVp"]
    assert {(a[0], a[1], a[2], a[4]) for a in axes(found)} == {("energy", "kVp", 0, 80.0), ("energy", "kVp", 1, 140.0)}


def test_echoes_at_several_times_are_one_time_axis_for_each_echo(tmp_path: Path) -> None:
    kinds = [{"EchoTime": e, "TemporalPositionIdentifier": t} for t in (1, 2, 3) for e in (10.0, 30.0)]
    found = stacks(write_places(tmp_path, 6, kinds))
    assert set(found) == {f"echo time {e}, time {t}" for e in (10, 30) for t in (1, 2, 3)}
    groups = {s.axis.group for s in found.values() if s.axis}
    assert len(groups) == 2
    assert [a[2:4] for a in axes(found)].count((0, 3)) == 2


def test_heart_phases_follow_the_trigger_though_it_jitters(tmp_path: Path) -> None:
    for index in range(4):
        for phase in range(3):
            delay = 40.0 * phase + 0.7 * index
            made = mr_image(index, SOPInstanceUID=f"2.25.6{index}{phase}", InstanceNumber=9 - phase, TriggerTime=delay)
            write(made, tmp_path / f"{index}{phase}")
    found = stacks(tmp_path)
    assert axes(found) == [] or {a[0] for a in axes(found)} == {"trigger delay"}
    by_number = sorted(axes(found), key=lambda a: a[2])
    assert [a[4] for a in by_number] == pytest.approx([1.05, 41.05, 81.05])
    phases = [[i.instance_number for i in found[f"phase {n}"].instances] for n in (1, 2, 3)]
    assert phases == [[9] * 4, [8] * 4, [7] * 4]


@pytest.mark.parametrize(
    ("facts", "times"),
    [
        ({"RepetitionTime": 2500, "AcquisitionDuration": 7.5}, [0.0, 2500.0, 5000.0]),
        ({"RepetitionTime": 2500, "AcquisitionDuration": 15.0}, [None] * 3),  # each volume in two passes
        ({"RepetitionTime": 2500, "AcquisitionDuration": 1e300}, [None] * 3),
        ({"RepetitionTime": 2500, "AcquisitionDuration": 0.0}, [None] * 3),
        ({"RepetitionTime": 2500}, [None] * 3),
        ({"AcquisitionDuration": 7.5}, [None] * 3),
    ],
)
def test_repetitions_are_times_only_where_the_scan_took_as_many(
    tmp_path: Path, facts: dict[str, Any], times: list[float | None]
) -> None:
    plain = {"RepetitionTime": None, "AcquisitionTime": None, "ContentTime": None}
    found = stacks(write_places(tmp_path, 3, [{**plain, **facts}] * 3))
    assert [(a[0], a[4]) for a in sorted(axes(found), key=lambda a: a[2])] == [("time", time) for time in times]
    assert {a[1] for a in axes(found)} == {"" if None in times else "ms"}


@pytest.mark.parametrize(("repetition", "times"), [(3000, [0.0, 3000.0]), (2900, [0.0, 3010.0])])
def test_a_clock_that_jitters_tells_repetitions(tmp_path: Path, repetition: int, times: list[float]) -> None:
    clocks = [{"AcquisitionTime": t, "RepetitionTime": repetition} for t in ("101500.0000", "101503.0100")]
    found = stacks(write_places(tmp_path, 2, clocks))
    assert sorted(a[4] for a in axes(found)) == times


def test_times_of_a_ge_series_without_clocks_come_from_its_duration(shared_data: Path) -> None:
    found = stacks(shared_data / "mr_4d_fmri_ge")
    steps = sorted(a[4] for a in axes(found) if a[1] == "ms")
    assert steps == [5000.0 * n for n in range(10)]


def test_a_time_point_without_all_its_slices_is_beside_the_axis_and_told(tmp_path: Path) -> None:
    write_places(tmp_path, 3, [{"TemporalPositionIdentifier": t} for t in (1, 2, 3)], slices=5)
    (tmp_path / "1_2").unlink()
    found = stacks(tmp_path)
    assert {name: len(s.instances) for name, s in found.items()} == {"time 1": 5, "time 2": 4, "time 3": 5}
    assert found["time 2"].axis is None
    assert guard(found["time 2"])[0] == "missing: slice 3 missing"
    assert [(a[2], a[3]) for a in axes(found)] == [(0, 2), (1, 2)]
    assert all("more images than others" in texts(s) for s in found.values())


def test_times_are_told_by_instance_numbers_where_a_slice_is_missing(tmp_path: Path) -> None:
    write_places(tmp_path, 4, [{}, {}, {}, {}], slices=4)
    (tmp_path / "1_2").unlink()
    found = stacks(tmp_path)
    assert [i.instance_number for i in found["time 3"].instances] == [9, 10, 11, 12]
    assert [i.instance_number for i in found["time 2"].instances] == [5, 6, 8]
    assert found["time 2"].axis is None


@pytest.mark.parametrize(
    "jitter",
    [
        {"RepetitionTime": [800.0, 815.0, 790.0, 1100.0, 805.0, 812.0]},
        {"EchoTime": [30.0, 30.01, 30.0, 29.99, 30.0, 30.02]},
        {"FlipAngle": [10.0, 12.0, 14.0, 16.0, 18.0, 20.0]},
        {"TriggerTime": [12.0, 8.0, 0.0, 31.0, 5.0, 6.0]},
        {"AcquisitionNumber": [1, 2, 3, 4, 5, 6]},
        {"SliceThickness": [2.0, 2.0001, 2.0, 1.9999, 2.0, 2.0]},
        {"ImageOrientationPatient": [[1, 0, 0, 0, 1, n * 1e-6] for n in range(6)]},
        {"PixelSpacing": [[0.48825, 0.48825], [0.488249, 0.488249], [0.488251, 0.48825], *[[0.48825, 0.48825]] * 3]},
    ],
)
def test_the_scanners_jitter_breaks_no_volume(tmp_path: Path, jitter: dict[str, list[Any]]) -> None:
    ((keyword, values),) = jitter.items()
    for index, value in enumerate(values):
        write(mr_image(index, **{keyword: value}), tmp_path / str(index))
    assert placed(only(tmp_path)).shape == (6, 6, 8)
    assert guard(only(tmp_path)) == ["uniform: even, 2.50 mm"]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"EchoTime": 80.0}, "echo time 80"),
        ({"RepetitionTime": 4000.0}, "repetition time 4000"),
        ({"FlipAngle": 60.0}, "flip angle 60"),
        ({"ScanOptions": "FS"}, "FS"),
    ],
)
def test_two_whole_stacks_in_one_series_are_two(tmp_path: Path, changes: dict[str, Any], name: str) -> None:
    for index in range(3):
        write(mr_image(index, EchoTime=10.0, RepetitionTime=500.0, FlipAngle=20.0), tmp_path / str(index))
    for index in range(3, 6):
        plain = {"EchoTime": 10.0, "RepetitionTime": 500.0, "FlipAngle": 20.0}
        write(mr_image(index, **(plain | changes)), tmp_path / str(index))
    found = stacks(tmp_path)
    assert [len(s.instances) for s in found.values()] == [3, 3]
    assert any(name in stack for stack in found)


def test_stations_of_a_moved_table_are_not_times(tmp_path: Path) -> None:
    coronal = [1, 0, 0, 0, 0, -1]
    for station, z in enumerate((0.0, -400.0)):
        for index in range(4):
            place = [-100.0, 3.0 * index, z]
            uid = f"2.25.4{station}{index}"
            made = mr_image(index, SOPInstanceUID=uid, ImageOrientationPatient=coronal, ImagePositionPatient=place)
            write(made, tmp_path / f"{station}{index}")
    found = stacks(tmp_path)
    assert list(found) == ["station 1", "station 2"]
    assert axes(found) == []
    assert [placed(s).affine[2, 3] for s in found.values()] == [0.0, -400.0]


def test_copies_of_one_image_in_other_syntaxes_are_not_times(shared_data: Path) -> None:
    found = stacks(shared_data / "ct_enhanced_multiframe")
    assert list(found) == [f"copy {n}" for n in range(1, 6)]
    assert axes(found) == []
    assert all("carry the same identifier" in texts(s) for s in found.values())


def test_localizers_secondary_captures_and_dose_pages_are_apart(shared_data: Path) -> None:
    found = dicom_series(shared_data / "ct_head_phantom_mixed")
    assert sorted((s.series_number or 0, s.stack, len(s.instances)) for s in found) == [
        (100, "", 1), (201, "", 28), (401, "DOSE_INFO", 1), (401, "PATIENT_INFO", 1), (401, "REF_SURVIEW, image 1", 1),
        (401, "REF_SURVIEW, image 2", 1), (401, "REF_SURVIEW, image 3", 1), (401, "RESULTS", 1),
    ]  # fmt: skip


def test_every_placed_image_knows_where_it_lies(shared_data: Path) -> None:
    for name in ("mr_4d_fmri_ge", "mr_mosaic_siemens_orientation", "mr_enhanced_multiframe/siemens_xa10"):
        for series in dicom_series(shared_data / name):
            told = np.array([i.image_position_patient for i in series.instances])
            ours = placed(series).to_mm([(k, 0, 0) for k in range(len(told))])
            assert np.abs(told - ours).max() < 0.001, name


def test_thousands_of_orientations_are_parted_at_once(tmp_path: Path) -> None:
    write(mr_image(0), tmp_path / "x")
    found = read_header(tmp_path / "x")
    assert not isinstance(found, Other)
    angles = np.linspace(0, 3, 4000)
    made = [replace(found[0], frame=replace(found[0].frame, orientation=(np.cos(a), np.sin(a), 0.0, 0.0, 0.0, -1.0)))
            for a in angles]  # fmt: skip
    (study,) = sort(made)
    assert len(study.series) == 4000


def test_a_dimension_that_only_the_index_tells_is_an_axis(tmp_path: Path) -> None:
    write(_enhanced(), tmp_path / "x")
    found = stacks(tmp_path)
    assert [(a[0], a[2], a[3], a[4]) for a in axes(found)] == [
        ("metabolite map description", n, 2, n + 1) for n in (0, 1)
    ]
    assert [[i.frame_index for i in s.instances] for s in found.values()] == [[0, 2, 4], [1, 3, 5]]


def _enhanced() -> Dataset:
    """Return an enhanced MR file of two images at each of three places, told apart by a dimension index alone."""
    made = mr_image(0, SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1", NumberOfFrames=6, ImagePositionPatient=None,
                    PixelData=np.arange(6 * 48, dtype="<u2").tobytes())  # fmt: skip
    organisation = []
    for pointer in (0x00209057, 0x00189080):
        item = Dataset()
        item.DimensionIndexPointer = pointer
        organisation.append(item)
    made.DimensionIndexSequence = Sequence(organisation)
    frames = []
    for number in range(6):
        frame, position, orientation, measures, content = (Dataset() for _ in range(5))
        position.ImagePositionPatient = [0.0, 0.0, 3.0 * (number // 2)]
        orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        measures.PixelSpacing, measures.SliceThickness = [1.0, 1.0], 3.0
        content.DimensionIndexValues = [1 + number // 2, 1 + number % 2]
        frame.PlanePositionSequence = Sequence([position])
        frame.PlaneOrientationSequence = Sequence([orientation])
        frame.PixelMeasuresSequence = Sequence([measures])
        frame.FrameContentSequence = Sequence([content])
        frames.append(frame)
    made.PerFrameFunctionalGroupsSequence = Sequence(frames)
    return made


def test_what_parts_a_series_names_its_stacks(tmp_path: Path) -> None:
    for index in range(4):
        write(image(index, FrameOfReferenceUID=f"2.25.{index // 2}"), tmp_path / str(index))
    assert list(stacks(tmp_path)) == ["frame of reference 1", "frame of reference 2"]


def test_a_4d_series_that_has_grown_is_one_axis(tmp_path: Path) -> None:
    write_places(tmp_path, 3, [{"TemporalPositionIdentifier": t} for t in (1, 2, 3)])
    for index in range(3):
        (tmp_path / f"2_{index}").rename(tmp_path.with_name(f"{tmp_path.name}_{index}"))
    before = tuple(dicom_series(tmp_path))
    for index in range(3):
        tmp_path.with_name(f"{tmp_path.name}_{index}").rename(tmp_path / f"2_{index}")
    joined = joined_series(before, dicom_series(tmp_path), lambda series: False)
    assert [(s.stack, s.axis.number, s.axis.count) for s in joined if s.axis] == [
        ("time 1", 0, 3), ("time 2", 1, 3), ("time 3", 2, 3),
    ]  # fmt: skip
    assert len({s.axis.group for s in joined if s.axis}) == 1


def test_two_directions_of_view_are_two_axes(tmp_path: Path) -> None:
    for tilt in (0, 1):
        orientation = [1, 0, 0, 0, np.cos(0.2 * tilt), np.sin(0.2 * tilt)]
        for time in (1, 2):
            for index in range(3):
                uid = f"2.25.5{tilt}{time}{index}"
                made = mr_image(
                    index, SOPInstanceUID=uid, TemporalPositionIdentifier=time, ImageOrientationPatient=orientation
                )
                write(made, tmp_path / f"{tilt}{time}{index}")
    found = dicom_series(tmp_path)
    assert len(found) == 4
    assert len({s.axis.group for s in found if s.axis}) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"ImagePositionPatient": [1e15, 0, 0]},
        {"ImageOrientationPatient": [1e15, 0, 0, 0, 1e15, 0]},
        {"PixelSpacing": [1e-3, 1e-3], "SliceThickness": 1e-3},
    ],
)
def test_numbers_beyond_any_scanner_end_no_scan(tmp_path: Path, changes: dict[str, Any]) -> None:
    for index in range(3):
        write(image(index, **changes), tmp_path / str(index))
    (series,) = dicom_series(tmp_path)
    assert len(series.instances) == 3
    assert placed(series).shape == (3, 6, 8)


def test_images_that_lost_their_place_are_apart_from_those_that_have_one(tmp_path: Path) -> None:
    for index in range(6):
        write(image(index, **({"ImagePositionPatient": None} if index == 5 else {})), tmp_path / str(index))
    found = stacks(tmp_path)
    assert {name: (len(s.instances), guard(s)[0]) for name, s in found.items()} == {
        "axial": (5, "uniform: even, 2.50 mm"),
        "without a place": (1, "single: single image"),
    }


def test_two_frames_of_one_file_are_a_recording(tmp_path: Path) -> None:
    pixels = np.arange(96, dtype="<u2").tobytes()
    write(mr_image(NumberOfFrames=2, FrameTime=50.0, PixelData=pixels), tmp_path / "x")
    series = only(tmp_path)
    assert guard(series)[0] == "cine: recording of 2 frames, 50 ms each"
    assert [i.frame_index for i in series.instances] == [0, 1]


def test_slices_of_different_energies_that_form_no_stacks_of_their_own_are_told(tmp_path: Path) -> None:
    for index, energy in enumerate((80, 140, 140, 80, 140)):
        write(image(index, KVP=energy), tmp_path / "mixed" / str(index))
        write(image(index, KVP=120), tmp_path / "alike" / str(index))
    assert "they differ in energy" in texts(only(tmp_path / "mixed"))
    assert only(tmp_path / "alike").warnings == ()
