"""Which images belong together, in which order, and where they lie."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medview.errors import MedViewError
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.files.stacks.dicom_sort import FoundStudy
from medview.imaging.statistics import segment_statistics
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Series
from tests.files.found_stacks import dicom_series, guard, only, placed, stacks, texts
from tests.files.make_dicom import image, mr_image, write, write_stack


def test_slices_are_ordered_by_position_whatever_their_names_and_numbers(tmp_path: Path) -> None:
    for index in range(5):
        write(image(index, InstanceNumber=5 - index), tmp_path / f"{(index * 3) % 5}")
    series = only(tmp_path)
    assert [i.instance_number for i in series.instances] == [5, 4, 3, 2, 1]
    assert placed(series).to_mm((4, 0, 0)).tolist() == [-10.0, -20.0, 10.0]
    assert read_volume(series).array[:, 0, 0].tolist() == [-24, -23, -22, -21, -20]
    assert series.warnings == ()


def test_row_and_column_spacing_are_not_exchanged(tmp_path: Path) -> None:
    geometry = placed(only(write_stack(tmp_path)))
    assert geometry.spacing_mm == (2.5, 0.5, 0.75)
    assert geometry.to_mm((0, 1, 0)).tolist() == [-10.0, -19.5, 0.0]
    assert geometry.to_mm((0, 0, 1)).tolist() == [-9.25, -20.0, 0.0]
    assert geometry.frame_of_reference_uid == "2.25.3000"


def test_index_axes_are_right_handed_whatever_the_scan_direction(tmp_path: Path) -> None:
    for index in range(3):
        write(image(index, ImagePositionPatient=[0, 0, -2.0 * index]), tmp_path / str(index))
    series = only(tmp_path)
    geometry = placed(series)
    column, row, step = geometry.affine[:3, 2], geometry.affine[:3, 1], geometry.affine[:3, 0]
    assert np.dot(np.cross(column, row), step) > 0
    assert [i.instance_number for i in series.instances] == [3, 2, 1]


def test_a_tilted_gantry_is_carried_as_shear(tmp_path: Path) -> None:
    cosine, sine = np.cos(np.radians(18.5)), np.sin(np.radians(18.5))
    write_stack(tmp_path, 6, ImageOrientationPatient=[1, 0, 0, 0, round(cosine, 7), round(-sine, 7)])
    series = only(tmp_path)
    assert placed(series).is_sheared
    assert "tilted by 18.5 degrees" in texts(series)
    for index in range(6):
        assert placed(series).to_mm((index, 0, 0)) == pytest.approx([-10, -20, 2.5 * index])


def test_a_missing_slice_is_named_and_the_gap_is_not_closed(tmp_path: Path) -> None:
    for index in (0, 1, 2, 3, 5, 6):
        write(image(index), tmp_path / str(index))
    series = only(tmp_path)
    assert placed(series).shape == (6, 6, 8)
    assert not placed(series).has_depth
    assert placed(series).voxel_ml is None
    assert guard(series) == ["missing: slice 5 missing"]
    assert "after slice 4 there is a gap of 5.00 mm, where the others are 2.50 mm apart" in texts(series)
    assert [i.image_position_patient for i in series.instances] == [(-10, -20, 2.5 * n) for n in (0, 1, 2, 3, 5, 6)]
    assert read_volume(series).array[:, 0, 0].tolist() == [-24, -23, -22, -21, -19, -18]


def test_varying_slice_distances_are_told_and_nothing_is_reformatted(tmp_path: Path) -> None:
    for index, z in enumerate([0.0, 2.0, 4.0, 7.3, 9.3]):
        write(image(index, ImagePositionPatient=[0, 0, z]), tmp_path / str(index))
    series = only(tmp_path)
    assert not placed(series).can_reformat
    assert guard(series) == ["variable: slice distance 2.00 to 3.30 mm"]
    assert "varies from 2.00 to 3.30 mm" in texts(series)


def test_a_slice_shifted_sideways_is_told_and_nothing_is_reformatted(tmp_path: Path) -> None:
    for index in range(5):
        write(image(index, ImagePositionPatient=[3.0 * (index == 2), 0, 2.0 * index]), tmp_path / str(index))
    series = only(tmp_path)
    assert not placed(series).can_reformat
    assert guard(series) == ["variable: slices shifted by up to 3.00 mm"]


def test_positions_rounded_to_a_tenth_make_a_volume_with_a_remark(tmp_path: Path) -> None:
    for index in range(8):
        write(image(index, ImagePositionPatient=[0, 0, round(1.25 * index, 1)]), tmp_path / str(index))
    series = only(tmp_path)
    assert placed(series).spacing_mm[0] == pytest.approx(1.25, abs=0.01)
    assert "beside their regular place" in texts(series)


def test_a_localizer_is_kept_apart(tmp_path: Path) -> None:
    write_stack(tmp_path, 4)
    scout = image(9, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    write(scout, tmp_path / "scout")
    found = stacks(tmp_path)
    assert {name: len(s.instances) for name, s in found.items()} == {"AXIAL": 4, "LOCALIZER": 1}
    assert found["AXIAL"].key != found["LOCALIZER"].key


@pytest.mark.parametrize(
    "changes",
    [
        {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]},
        {"PixelSpacing": [0.5, 0.5]},
        {"FrameOfReferenceUID": "2.25.4"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
        {"ConvolutionKernel": "B70f"},
        {"ContrastBolusAgent": "yes"},
        {"EchoNumbers": 2},
        {"DiffusionBValue": 1000.0},
        {"Rows": 4, "Columns": 12},
    ],
)
def test_what_differs_in_kind_is_never_one_stack(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_stack(tmp_path, 3)
    for index in (3, 4):
        write(image(index, **changes), tmp_path / f"x{index}")
    found = stacks(tmp_path)
    numbers = [{i.instance_number for i in s.instances} for s in found.values()]
    assert {1, 2, 3} in numbers
    assert sum(map(len, numbers)) == 5
    assert len({s.key for s in found.values()}) == len(found)


def test_two_patients_with_one_series_uid_are_two_studies(tmp_path: Path) -> None:
    write_stack(tmp_path, 3)
    write(image(3, PatientID="T2", PatientName="Other^Person"), tmp_path / "other")
    studies = scan(tmp_path).studies
    assert {(s.facts.patient.patient_id, len(s.series[0].instances)) for s in studies} == {("T1", 3), ("T2", 1)}
    assert all("Another patient or study" in texts(study.series[0]) for study in studies)


def test_images_at_one_place_become_time_points(tmp_path: Path) -> None:
    for time in range(3):
        for index in range(4):
            made = mr_image(index, SOPInstanceUID=f"2.25.5{time}{index}", InstanceNumber=1 + time + 3 * index)
            write(made, tmp_path / f"{time}{index}")
    found = stacks(tmp_path)
    assert list(found) == ["time 1", "time 2", "time 3"]
    assert [i.instance_number for i in found["time 2"].instances] == [2, 5, 8, 11]
    assert all(placed(s).shape == (4, 6, 8) for s in found.values())


def test_temporal_position_counts_before_instance_number(tmp_path: Path) -> None:
    for index in range(4):
        for time in (1, 2):
            number = 1 + index if time == 2 else 20 + index
            made = mr_image(
                index, SOPInstanceUID=f"2.25.6{time}{index}", InstanceNumber=number, TemporalPositionIdentifier=time
            )
            write(made, tmp_path / f"{time}{index}")
    found = stacks(tmp_path)
    assert [i.instance_number for i in found["time 1"].instances] == [20, 21, 22, 23]


def test_echoes_at_one_place_are_named_by_their_time(tmp_path: Path) -> None:
    for index in range(3):
        for echo in (10.0, 80.0):
            write(
                mr_image(index, SOPInstanceUID=f"2.25.7{index}{echo:g}", EchoTime=echo), tmp_path / f"{index}{echo:g}"
            )
    assert list(stacks(tmp_path)) == ["echo time 10", "echo time 80"]


def test_one_position_twice_is_a_stack_and_a_rest_with_a_warning(tmp_path: Path) -> None:
    write_stack(tmp_path, 4)
    write(image(2, SOPInstanceUID="2.25.8", InstanceNumber=99), tmp_path / "twice")
    found = stacks(tmp_path)
    assert sorted(len(s.instances) for s in found.values()) == [1, 4]
    assert all("more images than others" in texts(s) for s in found.values())


def test_many_images_of_one_place_are_a_recording(tmp_path: Path) -> None:
    for index in range(6):
        write(image(index, ImagePositionPatient=[0, 0, 0], TriggerTime=40.0 * index), tmp_path / str(index))
    series = only(tmp_path)
    assert placed(series).shape == (6, 6, 8)
    assert not placed(series).has_depth
    assert series.frame_time_ms == 40.0
    assert guard(series) == ["cine: recording of 6 frames, 40 ms each"]
    assert [i.instance_number for i in series.instances] == [1, 2, 3, 4, 5, 6]


def test_one_slice_is_as_thick_as_it_says(tmp_path: Path) -> None:
    write(image(), tmp_path / "x")
    geometry = placed(only(tmp_path))
    assert (geometry.shape, geometry.spacing_mm) == ((1, 6, 8), (2.0, 0.5, 0.75))


def test_one_slice_without_thickness_is_taken_as_a_millimetre_and_told(tmp_path: Path) -> None:
    write(image(SliceThickness=None), tmp_path / "x")
    series = only(tmp_path)
    assert placed(series).spacing_mm[0] == 1.0
    assert "slice thickness is missing" in texts(series)
    labels = np.ones((1, 6, 8), np.uint8)
    source = Source(series.key, series.series_instance_uid, series.study_instance_uid, series.sop_hash)
    mask = Segmentation(labels, placed(series), source, (Segment(1, "One"),))
    assert mask.volumes_ml() == {}
    (found,) = segment_statistics(labels, placed(series), (1,))
    assert (found.voxels, found.ml) == (48, None)
    assert found.centroid_mm is not None


@pytest.mark.parametrize("spacing", [None, [0.0, 0.0], [-1.0, 1.0], [1.0], [1e-30, 1e-30]])
def test_without_pixel_spacing_no_millimetre_is_claimed(tmp_path: Path, spacing: list[float] | None) -> None:
    series = only(write_stack(tmp_path, 3, PixelSpacing=spacing))
    assert not placed(series).has_spacing
    assert "distances are in pixels" in texts(series)
    # pixels without millimetres and slices with: no other plane has true proportions, and nothing lies in the patient
    assert not placed(series).can_reformat
    assert placed(series).frame_of_reference_uid == ""
    assert guard(series) == ["unspaced: no pixel spacing"]


def test_images_that_do_not_say_where_they_lie_are_in_no_frame_of_reference(tmp_path: Path) -> None:
    for name in ("ImagePositionPatient", "ImageOrientationPatient"):
        left_out: dict[str, Any] = {name: None}
        series = only(write_stack(tmp_path / name, 3, **left_out))
        assert placed(series).frame_of_reference_uid == ""


def test_without_orientation_no_letter_is_claimed(tmp_path: Path) -> None:
    write(image(ImageOrientationPatient=None), tmp_path / "x")
    series = only(tmp_path)
    assert not placed(series).has_orientation
    assert "no orientation" in texts(series)


def test_slices_without_positions_are_shown_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    series = only(write_stack(tmp_path, 3, ImagePositionPatient=None))
    assert placed(series).shape == (3, 6, 8)
    assert not placed(series).has_depth
    assert guard(series) == ["unplaced: 3 slices without a place"]
    assert "do not say where in the patient" in texts(series)
    assert [i.instance_number for i in series.instances] == [1, 2, 3]


def test_projections_have_no_millimetres_and_are_opened_one_by_one(tmp_path: Path) -> None:
    write_stack(tmp_path, 2, Modality="DX", ImagePositionPatient=None, ImageOrientationPatient=None)
    found = stacks(tmp_path)
    assert list(found) == ["image 1", "image 2"]
    assert not any(placed(s).has_spacing for s in found.values())
    assert guard(found["image 1"]) == ["lengths: lengths in mm Unknown", "single: single image"]


def test_a_mosaic_that_does_not_say_how_it_is_tiled_is_one_picture(tmp_path: Path) -> None:
    write(mr_image(ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"]), tmp_path / "b")
    series = only(tmp_path)
    assert placed(series).shape == (1, 6, 8)
    assert "mosaic whose slices cannot be told apart" in texts(series)


def test_no_image_is_dropped(shared_data: Path) -> None:
    for folder in sorted(p for p in shared_data.iterdir() if p.is_dir()):
        try:
            report = scan(folder)
        except MedViewError:  # a folder without an image
            continue
        every = [s for study in report.studies for s in study.series]
        assert len({i.path for s in every for i in s.instances}) == report.images, folder.name
        instances = [i for s in every if s.file_format == "DICOM" for i in s.instances]
        assert len({(i.path, i.frame_index, i.tile) for i in instances}) == len(instances), folder.name
        frames = {i.path: i.pixels.frames for i in instances if i.pixels is not None and i.tile is None}
        placed_frames = Counter(i.path for s in _openable(report.studies) for i in s.instances if i.tile is None)
        assert all(placed_frames[path] == frames[path] for path in placed_frames), folder.name


def _openable(studies: tuple[FoundStudy, ...]) -> list[Series]:
    return [s for study in studies for s in study.series if s.refusal is None and s.file_format == "DICOM"]


def test_fmri_is_ten_volumes_of_fifteen_slices(shared_data: Path) -> None:
    found = stacks(shared_data / "mr_4d_fmri_ge")
    assert list(found) == [f"time {n}" for n in range(1, 11)]
    assert {placed(s).shape for s in found.values()} == {(15, 64, 64)}


def test_enhanced_images_are_sorted_by_their_frames(shared_data: Path) -> None:
    found = dicom_series(shared_data / "mr_enhanced_multiframe")
    volumes = [s for s in found if s.geometry is not None and s.geometry.has_depth]
    assert [placed(s).shape for s in volumes] == [(6, 64, 64)] * 4
    assert [s.instances[0].path.name for s in volumes] == ["6_1.dcm", "6_2.dcm", "6_3.dcm", "6_4.dcm"]
    assert [(s.axis.number, s.axis.value) for s in volumes if s.axis] == [(0, 0), (1, 500), (2, 1000), (3, 1500)]
    others = [s for s in found if s.geometry is not None and not s.geometry.has_depth]
    assert [(guard(s)[0], s.frame_time_ms) for s in others] == [
        ("unplaced: 10 slices without a place", None),
        ("cine: recording of 19 frames, 120000 ms each", 120000.0),
    ]


def test_a_cardiac_recording_runs_at_its_own_pace(shared_data: Path) -> None:
    series = only(shared_data / "mr_cine_cardiac_multiframe")
    assert placed(series).shape == (16, 256, 256)
    assert [i.frame_index for i in series.instances] == list(range(16))
    assert series.frame_time_ms == 69.47
    assert guard(series)[0] == "cine: recording of 16 frames, 69 ms each"


def test_siemens_mosaics_are_volumes_at_two_times(shared_data: Path) -> None:
    found = dicom_series(shared_data / "mr_mosaic_siemens_orientation")
    assert [(s.stack, placed(s).shape) for s in found] == [("time 1", (35, 64, 64)), ("time 2", (35, 64, 64))] * 3
    assert [guard(s)[0] for s in found] == ["mosaic: 35 slices of one mosaic"] * 6
    assert all(placed(one).same_grid(placed(two)) for one, two in zip(found[::2], found[1::2], strict=True))
    assert len({s.axis.group for s in found if s.axis}) == 3
    assert all(i.pixels is not None and (i.pixels.rows, i.pixels.columns) == (384, 384) for i in found[0].instances)
    assert {i.tile for i in found[0].instances} == {(64 * (k // 6), 64 * (k % 6)) for k in range(35)}
    assert len({s.sop_hash for s in found}) == 6
    assert len(set(found[0].image_names)) == 35


def test_united_imaging_tiles_are_volumes_of_each_diffusion_direction(shared_data: Path) -> None:
    found = list(stacks(shared_data / "mr_dti_uih_savebyslice").values())
    assert [s.stack for s in found[:3]] == ["b 1", "b 930, direction 1", "b 930, direction 2"]
    assert {placed(s).shape for s in found} == {(20, 64, 64)}
    axes = [s.axis for s in found if s.axis is not None]
    assert [(a.name, a.unit, a.number, a.count) for a in axes] == [("b-value", "s/mm2", n, 17) for n in range(17)]
    assert axes[1].value == pytest.approx(929.75)
    assert len({a.group for a in axes}) == 1


def test_two_images_far_beside_each_other_are_no_tilted_volume(tmp_path: Path) -> None:
    for index in range(2):
        write(image(index, ImagePositionPatient=[300.0 * index, 0.0, 1.0 * index]), tmp_path / str(index))
    series = only(tmp_path)
    assert not placed(series).can_reformat
    assert guard(series) == ["variable: slices beside each other"]
    assert "gantry" not in texts(series)


def test_values_of_a_table_have_no_unit_whatever_stands_beside_it(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [4096, 0, 16], "OD"
    table.LUTData = (2 * np.arange(4096)).astype("<u2").tobytes()
    write(image(0, ModalityLUTSequence=[table]), tmp_path / "both")
    series = only(tmp_path)
    volume = read_volume(series)
    assert (volume.unit, volume.array.min()) == ("", 2000)
    assert "stored values" not in texts(series)
