"""DICOM Segmentation: conforming, read by others voxel for voxel, and read back by position."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.objects.dicom_seg import load_segmentation, read_segmentation, write_segmentation
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.study.segmentation import Code, Segment, Segmentation, Source
from medview.study.series import Series
from tests.files.judges import complaints, read_by_dcmqi
from tests.files.make_dicom import image, mr_image, write, write_stack

BRAIN = Code("12738006", "SCT", "Brain")
MADE = {
    "plugin": "brain_extraction",
    "plugin_version": "1.0.2",
    "weights_sha256": {"net": "ab" * 32},
    "parameters": {"threshold": 0.5},
}


def stacks(folder: Path) -> list[Series]:
    return [s for study in scan(folder).studies for s in study.series if s.geometry is not None]


def mask_on(series: Series, **changes: Any) -> Segmentation:
    """Return a mask of two segments, numbered 3 and 7, with 5 empty between; ragged, and not on every slice."""
    assert series.geometry is not None
    shape = series.geometry.shape
    labels = np.zeros(shape, dtype=np.uint8)
    slice_, row, column = (n // 2 for n in shape)
    labels[slice_ // 2 : slice_ + 1, row // 2 : row + 1, column // 2 : column + 2] = 3
    labels[slice_][np.random.default_rng(0).random(shape[1:]) > 0.9] = 3
    labels[slice_, -2:, -3:] = 7
    source = Source(series.key, series.series_instance_uid, series.study_instance_uid, series.sop_hash)
    segments = (Segment(3, "Brain", (10, 200, 30), type=BRAIN), Segment(5, "Nothing"), Segment(7, "Skull"))
    return replace(Segmentation(labels, series.geometry, source, segments, "Test mask", MADE), **changes)


def renumbered(segmentation: Segmentation) -> NDArray[np.uint8]:
    return np.where(segmentation.labels == 3, 1, np.where(segmentation.labels == 7, 2, 0)).astype(np.uint8)


def test_a_mask_is_written_and_read_back_with_its_meaning(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 6))
    mask = mask_on(series)
    said = write_segmentation(mask, series, tmp_path / "mask.dcm")
    labels, segments = read_segmentation(tmp_path / "mask.dcm", series)
    assert np.array_equal(labels, renumbered(mask))
    assert [(s.number, s.label, s.type.value, s.colour) for s in segments] == [
        (1, "Brain", "12738006", (10, 200, 30)),
        (2, "Skull", "85756007", (230, 80, 60)),
    ]
    assert [str(s) for s in said] == ["Left out because they are empty: Nothing."]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["images", "mask.dcm"]


def test_the_object_says_what_made_it_and_what_it_was_made_from(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 6))
    write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")
    dataset = pydicom.dcmread(tmp_path / "mask.dcm")
    assert (tmp_path / "mask.dcm").read_bytes()[:128] == bytes(128)
    assert dataset.SegmentationType == "BINARY"
    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert (dataset.PatientID, dataset.StudyInstanceUID) == ("T1", series.study_instance_uid)
    assert dataset.ContentQualification == "RESEARCH"
    assert "research" in dataset.SeriesDescription
    assert dataset.SOPInstanceUID.startswith("2.25.")
    assert dataset.FrameOfReferenceUID == "2.25.3000"
    named = {r.ReferencedSOPInstanceUID for r in dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence}
    assert named == {i.sop_instance_uid for i in series.instances}
    segment = dataset.SegmentSequence[0]
    assert (segment.SegmentAlgorithmType, segment.TrackingUID[:5]) == ("AUTOMATIC", "2.25.")
    algorithm = segment.SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("brain_extraction", "1.0.2")
    assert "ab" * 32 in algorithm.AlgorithmParameters
    assert all(g.DerivationImageSequence for g in dataset.PerFrameFunctionalGroupsSequence)


@pytest.mark.parametrize(("algorithm", "edits", "said"), [
    ("AUTOMATIC", 0, "AUTOMATIC"), ("AUTOMATIC", 2, "SEMIAUTOMATIC"), ("MANUAL", 5, "MANUAL"),
])  # fmt: skip
def test_what_a_person_has_corrected_is_no_longer_automatic(
    tmp_path: Path, algorithm: str, edits: int, said: str
) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 6))
    segments = (Segment(3, "A", algorithm=algorithm), Segment(7, "B", algorithm=algorithm))
    write_segmentation(mask_on(series, segments=segments, edits=edits), series, tmp_path / "mask.dcm")
    dataset = pydicom.dcmread(tmp_path / "mask.dcm")
    assert {s.SegmentAlgorithmType for s in dataset.SegmentSequence} == {said}


def test_sources_without_type_two_attributes_are_completed_on_a_copy(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 4, PatientName=None, StudyDate=None, SliceThickness=None))
    before = {p.name: p.read_bytes() for p in (tmp_path / "images").iterdir()}
    write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")
    assert {p.name: p.read_bytes() for p in (tmp_path / "images").iterdir()} == before
    assert str(pydicom.dcmread(tmp_path / "mask.dcm").PatientName) == ""


def test_missing_identifiers_are_made_up_and_told(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 4, FrameOfReferenceUID=None, StudyInstanceUID=""))
    said = " ".join(map(str, write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")))
    assert "no StudyInstanceUID" in said
    assert "no FrameOfReferenceUID" in said


def test_an_empty_mask_is_refused(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 4))
    mask = mask_on(series)
    mask.labels[:] = 0
    with pytest.raises(MedViewError, match=r"The mask is empty: there is nothing to save"):
        write_segmentation(mask, series, tmp_path / "mask.dcm")
    assert not (tmp_path / "mask.dcm").exists()


def test_a_label_without_a_segment_is_refused(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 4))
    mask = mask_on(series)
    mask.labels[0, 0, 0] = 9
    with pytest.raises(MedViewError, match=r"belong to no segment \(label 9\)"):
        write_segmentation(mask, series, tmp_path / "mask.dcm")


def test_a_mask_never_lands_on_other_images(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 4))
    (other,) = stacks(write_stack(tmp_path / "other", 4, SOPInstanceUID=None, make=_renamed))
    with pytest.raises(MedViewError, match=r"made from other images"):
        write_segmentation(mask_on(series), other, tmp_path / "mask.dcm")
    write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")
    with pytest.raises(MedViewError, match=r"was not made from these images"):
        read_segmentation(tmp_path / "mask.dcm", other)


def _renamed(index: int, **changes: Any) -> pydicom.Dataset:
    return image(index, **(changes | {"SOPInstanceUID": f"2.25.99{index}", "SeriesInstanceUID": "2.25.98"}))


def test_images_that_share_an_identifier_cannot_be_referred_to(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 4, SOPInstanceUID="2.25.1"))
    with pytest.raises(MedViewError, match=r"cannot be told apart by their identifiers.* Export NIfTI"):
        write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")


@pytest.mark.parametrize("missing", ["PixelSpacing", "ImageOrientationPatient"])
def test_without_a_place_in_the_patient_there_is_no_dicom_mask(tmp_path: Path, missing: str) -> None:
    write(image(**{missing: None}), tmp_path / "images" / "x")
    (series,) = stacks(tmp_path / "images")
    with pytest.raises(MedViewError, match=r"do not say where in the patient"):
        write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")


def test_an_image_is_never_overwritten_but_an_older_mask_is(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 4))
    target = series.instances[0].path
    before = target.read_bytes()
    with pytest.raises(MedViewError, match=r"is a DICOM file that was not made here: it is not replaced"):
        write_segmentation(mask_on(series), series, target)
    assert target.read_bytes() == before
    write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")
    first = (tmp_path / "mask.dcm").read_bytes()
    write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")
    assert (tmp_path / "mask.dcm").read_bytes() != first
    foreign = pydicom.dcmread(tmp_path / "mask.dcm")
    foreign.Manufacturer = "Somebody"
    foreign.save_as(tmp_path / "mask.dcm")
    with pytest.raises(MedViewError, match=r"is a DICOM file that was not made here: it is not replaced"):
        write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")


def test_frames_are_placed_by_position_in_whatever_order_they_are(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 6))
    mask = mask_on(series)
    write_segmentation(mask, series, tmp_path / "mask.dcm")
    dataset = pydicom.dcmread(tmp_path / "mask.dcm")
    order = np.random.default_rng(1).permutation(int(dataset.NumberOfFrames))
    pixels = dataset.pixel_array[order]
    groups = list(dataset.PerFrameFunctionalGroupsSequence)
    dataset.PerFrameFunctionalGroupsSequence = [groups[k] for k in order]
    dataset.PixelData = np.packbits(pixels.ravel(), bitorder="little").tobytes().ljust(len(dataset.PixelData), b"\0")
    dataset.save_as(tmp_path / "shuffled.dcm")
    labels, _ = read_segmentation(tmp_path / "shuffled.dcm", series)
    assert np.array_equal(labels, renumbered(mask))


def test_a_mask_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 6))
    write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")
    dataset = pydicom.dcmread(tmp_path / "mask.dcm")
    group = dataset.PerFrameFunctionalGroupsSequence[0]
    group.PlanePositionSequence[0].ImagePositionPatient = [-10.0, -20.0, 0.0]
    dataset.save_as(tmp_path / "moved.dcm")
    with pytest.raises(MedViewError, match=r"names another image than the one at its place"):
        read_segmentation(tmp_path / "moved.dcm", series)
    group.PlanePositionSequence[0].ImagePositionPatient = [-10.0, -20.0, 1.1]
    dataset.save_as(tmp_path / "moved.dcm")
    with pytest.raises(MedViewError, match=r"lies on another grid"):
        read_segmentation(tmp_path / "moved.dcm", series)


def test_a_file_that_is_no_segmentation_says_so(tmp_path: Path, shared_data: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 4))
    with pytest.raises(MedViewError, match=r"is no DICOM segmentation"):
        read_segmentation(series.instances[0].path, series)
    with pytest.raises(MedViewError, match=r"belongs to another series: 1\.3\.6"):
        load_segmentation(shared_data / "seg_sr_rt_objects/seg_highdicom/seg_image_ct_true_fractional.dcm", [series])
    with pytest.raises(MedViewError, match=r"gone\.dcm cannot be read"):
        load_segmentation(tmp_path / "gone.dcm", [series])


def test_a_tilted_gantry_is_written_with_a_warning(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 6, ImageOrientationPatient=[1, 0, 0, 0, 0.95, -0.3122499]))
    said = write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")
    assert "The gantry was tilted" in " ".join(map(str, said))


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    (series,) = stacks(write_stack(tmp_path / "images", 6, make=mr_image))
    target = tmp_path / "mask.dcm"
    write_segmentation(mask_on(series), series, target)
    before = target.read_bytes()
    with limited_file_size(1000), pytest.raises(MedViewError, match=r"The disk is full: mask\.dcm"):
        write_segmentation(mask_on(series), series, target)
    assert target.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["images", "mask.dcm"]


def limited_file_size(size: int) -> Any:
    from tests.files.full_disk import limited_file_size as limited

    return limited(size)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("mr_t1_siemens_sagittal", 0),
        ("mr_t1_position_prone", 0),
        ("ct_chest_lungdx_a0002", 1),
        ("ct_abdomen_totalseg/dicom", 0),
        ("mr_enhanced_multiframe", 2),
        ("mr_4d_fmri_ge", 3),
        ("odd_files/localizer", 0),
    ],
)
def test_real_series_conform_and_are_read_by_others_voxel_for_voxel(
    shared_data: Path, tmp_path: Path, name: str, place: int
) -> None:
    series = stacks(shared_data / name)[place]
    assert series.geometry is not None
    mask, path = mask_on(series), tmp_path / "mask.dcm"
    write_segmentation(mask, series, path)
    assert complaints(path) - complaints(series.instances[0].path) == set()

    truth = renumbered(mask)
    theirs = read_by_dcmqi(path, series.geometry, tmp_path / "dcmqi")
    assert len(theirs) == 2
    assert all(np.array_equal(found, truth == n) for n, found in enumerate(theirs, 1))

    seg = highdicom.seg.segread(path)
    how: dict[str, Any] = {"combine_segments": True, "assert_missing_frames_are_empty": True}
    if len({i.path for i in series.instances}) < len(series.instances):
        frames = [i.frame_index + 1 for i in series.instances]
        values = seg.get_pixels_by_source_frame(series.instances[0].sop_instance_uid, frames, **how)
    else:
        values = seg.get_pixels_by_source_instance([i.sop_instance_uid for i in series.instances], **how)
    assert np.array_equal(values, truth)


def test_a_mask_finds_its_images_again(shared_data: Path, tmp_path: Path) -> None:
    found = stacks(shared_data / "ct_chest_lungdx_a0002")
    mask = mask_on(found[1])
    write_segmentation(mask, found[1], tmp_path / "mask.dcm")
    loaded, series = load_segmentation(tmp_path / "mask.dcm", found)
    assert series is found[1]
    assert np.array_equal(loaded.labels, renumbered(mask))
    assert loaded.source.sop_hash == found[1].sop_hash
    assert loaded.labels.dtype == np.uint8


def test_a_mask_of_another_program_is_read(shared_data: Path) -> None:
    found = stacks(shared_data / "ct_abdomen_liver_seg" / "ct")
    loaded, series = load_segmentation(shared_data / "ct_abdomen_liver_seg" / "seg" / "liver.dcm", found)
    assert [s.label for s in loaded.segments] == ["Liver"]
    assert series.geometry is not None
    assert loaded.geometry is series.geometry
    assert loaded.voxel_counts()[1] == int(pydicom.dcmread(
        shared_data / "ct_abdomen_liver_seg" / "seg" / "liver.dcm").pixel_array.sum())  # fmt: skip


def test_frames_of_a_multi_frame_source_are_named_by_their_own_numbers(shared_data: Path, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(shared_data / "mr_enhanced_multiframe" / "siemens_xa10" / "6_1.dcm")
    order = [3, 0, 5, 1, 4, 2]
    pixels = dataset.pixel_array[order]
    groups = list(dataset.PerFrameFunctionalGroupsSequence)
    dataset.PerFrameFunctionalGroupsSequence = [groups[k] for k in order]
    dataset.PixelData = pixels.tobytes()
    (tmp_path / "images").mkdir()
    dataset.save_as(tmp_path / "images" / "shuffled.dcm")
    (series,) = stacks(tmp_path / "images")
    frames = [i.frame_index for i in series.instances]
    assert frames == [order.index(k) for k in range(6)] or frames == [order.index(k) for k in reversed(range(6))]
    assert np.array_equal(read_volume(series).array, pixels[frames])

    mask = mask_on(series)
    write_segmentation(mask, series, tmp_path / "mask.dcm")
    values = highdicom.seg.segread(tmp_path / "mask.dcm").get_pixels_by_source_frame(
        series.instances[0].sop_instance_uid,
        [frame + 1 for frame in frames],
        combine_segments=True,
        assert_missing_frames_are_empty=True,
    )
    assert np.array_equal(values, renumbered(mask))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("mr_enhanced_multiframe/MOVEKNEE.dcm", "recording"),
        ("mr_mosaic_siemens_orientation/axasc35", "cannot be told apart by their identifiers"),
    ],
)
def test_recordings_and_mosaics_have_no_slices_to_name(shared_data: Path, tmp_path: Path, name: str, why: str) -> None:
    series = stacks(shared_data / name)[0]
    with pytest.raises(MedViewError, match=why):
        write_segmentation(mask_on(series), series, tmp_path / "mask.dcm")
    assert not list(tmp_path.iterdir())


def test_a_mask_on_a_stack_with_a_gap_lies_on_its_own_slices(tmp_path: Path) -> None:
    for index in (0, 1, 2, 3, 6, 7):
        write(image(index), tmp_path / "in" / str(index))
    (series,) = stacks(tmp_path / "in")
    mask = mask_on(series)
    write_segmentation(mask, series, tmp_path / "mask.dcm")
    labels, _ = read_segmentation(tmp_path / "mask.dcm", series)
    assert np.array_equal(labels, renumbered(mask))
    written = pydicom.dcmread(tmp_path / "mask.dcm")
    heights = {
        float(f.PlanePositionSequence[0].ImagePositionPatient[2]) for f in written.PerFrameFunctionalGroupsSequence
    }
    masked = np.flatnonzero(mask.labels.any(axis=(1, 2)))
    assert heights == {(series.instances[n].image_position_patient or (0, 0, 0))[2] for n in masked}
