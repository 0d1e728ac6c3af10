"""Segmentations of other programs: every type, on exactly their images, or refused with a sentence."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.uid import RLELossless

from medview.errors import MedViewError
from medview.files.objects.dicom_seg import read_segmentation
from medview.files.objects.dicom_seg_load import load_masks
from medview.files.scanning.dicom_scan import scan
from medview.study.segmentation import Source
from medview.study.series import Series
from tests.files.judges import read_by_dcmqi
from tests.files.make_dicom import write_stack

OBJECTS = "seg_sr_rt_objects"
CT2 = "odd_files/dicomdir_tree/77654033/CT2"


def stacks(folder: Path) -> list[Series]:
    return [s for study in scan(folder).studies for s in study.series if s.geometry is not None]


def by_highdicom(path: Path, series: Series, **how: Any) -> NDArray[Any]:
    """Return (slices, rows, columns, segments) as highdicom puts it on the source images."""
    uids = [i.sop_instance_uid for i in series.instances]
    return highdicom.seg.segread(path).get_pixels_by_source_instance(
        uids, ignore_spatial_locations=True, assert_missing_frames_are_empty=True, **how
    )


def make(series: Series, pixels: NDArray[Any], kind: str, path: Path, **how: Any) -> Path:
    """Write a segmentation of a series with highdicom."""
    code = highdicom.sr.CodedConcept("85756007", "SCT", "Tissue")
    described = [
        highdicom.seg.SegmentDescription(n + 1, f"Part {n + 1}", code, code, "MANUAL")
        for n in range(pixels.shape[3] if pixels.ndim == 4 else int(pixels.max()))
    ]
    made = highdicom.seg.Segmentation(
        [pydicom.dcmread(i.path) for i in series.instances],
        pixels,
        kind,
        described,
        highdicom.UID(),
        5,
        highdicom.UID(),
        1,
        "Maker",
        "Model",
        "1",
        "SN",
        **how,
    )
    made.save_as(path)
    return path


@pytest.fixture
def series(tmp_path: Path) -> Series:
    (found,) = stacks(write_stack(tmp_path / "images", 5, PatientBirthDate="", PatientSex="", AccessionNumber="",
                                  StudyID="", ReferringPhysicianName=""))  # fmt: skip
    return found


@pytest.mark.parametrize("file", ["ct_abdomen_liver_seg/seg/liver.dcm", f"{OBJECTS}/seg_compressed/liver_rle.dcm"])
def test_a_liver_is_what_dcmqi_and_highdicom_read(shared_data: Path, tmp_path: Path, file: str) -> None:
    found = stacks(shared_data / "ct_abdomen_liver_seg" / "ct")
    loaded = load_masks(shared_data / file, found)
    (mask,) = loaded.masks
    plain = shared_data / "ct_abdomen_liver_seg/seg/liver.dcm"  # neither judge can read RLE of single bits
    (judged,) = read_by_dcmqi(plain, mask.geometry, tmp_path / "out")
    assert np.array_equal(mask.labels == 1, judged)
    assert np.array_equal(mask.labels, by_highdicom(plain, loaded.series)[..., 0])
    assert mask.voxel_counts() == {1: 107098}
    assert mask.source == Source.of(loaded.series)
    assert mask.provenance["file"] == Path(file).name
    assert mask.provenance["algorithm"] or mask.provenance["manufacturer"]


def test_a_binary_mask_on_some_of_the_slices(shared_data: Path) -> None:
    path = shared_data / OBJECTS / "seg_highdicom/seg_image_ct_binary.dcm"
    loaded = load_masks(path, stacks(shared_data / CT2))
    assert loaded.masks[0].labels.shape == (4, 16, 16)
    assert np.array_equal(loaded.masks[0].labels, by_highdicom(path, loaded.series)[..., 0])
    assert loaded.masks[0].labels.any()
    assert loaded.masks[0].provenance["manufacturer"] == "Manufacturer"


def test_probabilities_are_shown_from_one_half_and_it_is_said(shared_data: Path) -> None:
    path = shared_data / OBJECTS / "seg_highdicom/seg_image_ct_true_fractional.dcm"
    loaded = load_masks(path, stacks(shared_data / CT2))
    judged = by_highdicom(path, loaded.series, rescale_fractional=True)[..., 0]
    assert np.array_equal(loaded.masks[0].labels, judged >= 0.5)
    assert [str(s) for s in loaded.warnings] == ["The file holds probabilities: shown where they are at least 50 %."]


def test_a_mask_on_a_radiograph_has_no_position_but_a_name(shared_data: Path) -> None:
    path = shared_data / OBJECTS / "seg_highdicom/seg_image_cr_binary.dcm"
    found = stacks(shared_data / "odd_files/dicomdir_tree/77654033")
    loaded = load_masks(path, found)
    assert loaded.series.modality == "CR"
    assert np.array_equal(loaded.masks[0].labels[0], pydicom.dcmread(path).pixel_array)


def test_a_label_map_is_read_voxel_for_voxel(series: Series, tmp_path: Path) -> None:
    labels = np.random.default_rng(0).integers(0, 4, series.geometry.shape).astype(np.uint8)  # type: ignore[union-attr]
    labels[2] = 0
    path = make(series, labels, "LABELMAP", tmp_path / "map.dcm")
    loaded = load_masks(path, [series])
    assert np.array_equal(loaded.masks[0].labels, labels)
    packed = make(series, labels, "LABELMAP", tmp_path / "rle.dcm", transfer_syntax_uid=RLELossless)
    assert np.array_equal(load_masks(packed, [series]).masks[0].labels, labels)


def test_overlapping_segments_become_masks_of_their_own_and_nothing_is_lost(series: Series, tmp_path: Path) -> None:
    pixels = np.zeros((5, 6, 8, 3), np.uint8)
    pixels[1:4, 1:4, 1:5, 0] = 1
    pixels[2, 2:5, 3:7, 1] = 1
    pixels[0, 0, 0, 2] = 1
    path = make(series, pixels, "BINARY", tmp_path / "overlap.dcm")
    loaded = load_masks(path, [series])
    assert [[s.number for s in mask.segments] for mask in loaded.masks] == [[1, 3], [2]]
    for mask in loaded.masks:
        for segment in mask.segments:
            assert np.array_equal(mask.labels == segment.number, pixels[..., segment.number - 1] == 1)
    assert "Segments overlap: they are shown as 2 masks, nothing is lost." in map(str, loaded.warnings)
    with pytest.raises(MedViewError, match=r"overlap, so they do not fit one mask\. Open it in the window"):
        read_segmentation(path, series)


def test_a_mask_of_a_part_of_each_slice_lies_where_its_pixels_are(series: Series, tmp_path: Path) -> None:
    labels = np.zeros((5, 6, 8), np.uint8)
    labels[1, 2:5, 3:7] = np.arange(12).reshape(3, 4) % 2
    path = make(series, labels, "BINARY", tmp_path / "whole.dcm")
    dataset = pydicom.dcmread(path)
    dataset.Rows, dataset.Columns = 3, 4
    bits = np.packbits(labels[1, 2:5, 3:7].ravel(), bitorder="little").tobytes()
    dataset.PixelData = bits.ljust(2, b"\0")
    x, y, z = dataset.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0].ImagePositionPatient
    for shift, expected in ((0.0, True), (0.3, False)):
        place = dataset.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0]
        place.ImagePositionPatient = [float(x) + 3 * 0.75 + shift, float(y) + 2 * 0.5, z]
        dataset.save_as(tmp_path / "part.dcm")
        if expected:
            assert np.array_equal(load_masks(tmp_path / "part.dcm", [series]).masks[0].labels, labels)
        else:
            with pytest.raises(MedViewError, match=r"lies on another grid than its images"):
                load_masks(tmp_path / "part.dcm", [series])


def test_other_pixels_are_refused(series: Series, tmp_path: Path) -> None:
    labels = np.ones((5, 6, 8), np.uint8)
    dataset = pydicom.dcmread(make(series, labels, "BINARY", tmp_path / "x.dcm"))
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.PixelMeasuresSequence[0].PixelSpacing = [0.5, 0.9]
    dataset.save_as(tmp_path / "other.dcm")
    with pytest.raises(MedViewError, match=r"lies on another grid than its images"):
        load_masks(tmp_path / "other.dcm", [series])


def test_a_mask_of_another_frame_of_reference_is_refused(series: Series, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(make(series, np.ones((5, 6, 8), np.uint8), "BINARY", tmp_path / "x.dcm"))
    dataset.FrameOfReferenceUID = "2.25.1"
    dataset.save_as(tmp_path / "other.dcm")
    with pytest.raises(MedViewError, match=r"lies in another frame of reference"):
        load_masks(tmp_path / "other.dcm", [series])


def test_damaged_masks_are_refused_with_a_sentence(series: Series, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(make(series, np.ones((5, 6, 8), np.uint8), "BINARY", tmp_path / "x.dcm"))

    def refused(match: str, **changes: Any) -> None:
        changed = copy.deepcopy(dataset)
        for keyword, value in changes.items():
            setattr(changed, keyword, value)
        changed.save_as(tmp_path / "bad.dcm")
        with pytest.raises(MedViewError, match=match):
            load_masks(tmp_path / "bad.dcm", [series])

    refused(r"describes no segments", SegmentSequence=[])
    refused(r"shorter than its frames", PixelData=dataset.PixelData[:-8])
    refused(r"unknown type: HEIGHTMAP", SegmentationType="HEIGHTMAP")
    refused(r"does not say where its frames lie", NumberOfFrames=4)
    numbered = copy.deepcopy(dataset.SegmentSequence)
    numbered[0].SegmentNumber = 7
    refused(r"refers to segment 1, but it describes only 1", SegmentSequence=numbered)


def test_a_mask_whose_images_are_not_here_names_their_series(shared_data: Path) -> None:
    path = shared_data / OBJECTS / "sr_tid1500_pet/seg.dcm"
    with pytest.raises(MedViewError, match=r"seg\.dcm belongs to another series: 1\.3\.6\.1\.4\.1\.14519"):
        load_masks(path, stacks(shared_data / CT2))
