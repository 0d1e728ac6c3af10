"""NIfTI on the source's own grid."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK

from medview.errors import MedViewError
from medview.files.formats.nifti import read_mask, read_volume, write_labels, write_volume
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Series
from medview.study.volume import Volume
from tests.files.full_disk import limited_file_size


def oblique(shape: tuple[int, int, int] = (4, 5, 6), **facts: Any) -> Geometry:
    cosine, sine = np.cos(0.3), np.sin(0.3)
    return Geometry.from_axes(shape, origin=(-10.5, 20.25, 30), slice_step=(0, -2.5 * sine, 2.5 * cosine),
                              row_step=(0, 0.7 * cosine, 0.7 * sine), column_step=(0.9, 0, 0), **facts)  # fmt: skip


def tilted() -> Geometry:
    return Geometry.from_axes((4, 5, 6), origin=(1, 2, 3), slice_step=(0, 1.5, 5), row_step=(0, 0.7, 0),
                              column_step=(0.9, 0, 0))  # fmt: skip


def mask(geometry: Geometry) -> Segmentation:
    labels = np.random.default_rng(0).integers(0, 3, geometry.shape).astype(np.uint8)
    return Segmentation(labels, geometry, Source("k", "s", "t", "h"), (Segment(1, "A"), Segment(2, "B")))


@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz"])
def test_labels_lie_where_the_source_lies(tmp_path: Path, name: str) -> None:
    segmentation = mask(oblique())
    write_labels(segmentation, tmp_path / name)
    image: Any = nibabel.load(tmp_path / name)
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)
    assert image.header.get_xyzt_units()[0] == "mm"
    array = np.asarray(image.dataobj)
    assert array.dtype == np.uint8
    for index in ((0, 0, 0), (3, 4, 5), (1, 2, 3)):
        slice_, row, column = index
        assert array[column, row, slice_] == segmentation.labels[index]
        ras = (image.affine @ [column, row, slice_, 1])[:3]
        assert np.allclose(ras * [-1, -1, 1], segmentation.geometry.to_mm(index), atol=1e-4)


def test_an_independent_reader_finds_the_same_places(tmp_path: Path) -> None:
    segmentation = mask(oblique())
    write_labels(segmentation, tmp_path / "mask.nii.gz")
    image = SimpleITK.ReadImage(str(tmp_path / "mask.nii.gz"))
    assert np.array_equal(SimpleITK.GetArrayFromImage(image), segmentation.labels)
    place = image.TransformIndexToPhysicalPoint((5, 4, 3))
    assert np.allclose(place, segmentation.geometry.to_mm((3, 4, 5)), atol=1e-4)


def test_a_sheared_grid_has_an_sform_alone(tmp_path: Path) -> None:
    segmentation = mask(tilted())
    write_labels(segmentation, tmp_path / "mask.nii")
    image: Any = nibabel.load(tmp_path / "mask.nii")
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 0)
    assert np.allclose(image.affine, segmentation.geometry.nifti_affine(), atol=1e-5)


@pytest.mark.parametrize("kind", [np.int16, np.uint16, np.uint8, np.float32])
def test_a_volume_goes_out_and_comes_back(tmp_path: Path, kind: type) -> None:
    geometry = oblique()
    array = (np.random.default_rng(1).random(geometry.shape) * 250).astype(kind)
    write_volume(Volume(array, geometry, Series("s", "t")), tmp_path / "v.nii.gz")
    found = read_volume(tmp_path / "v.nii.gz")
    assert found.array.dtype == kind
    assert np.array_equal(found.array, array)
    assert found.geometry.same_grid(geometry)


def test_a_grid_without_a_place_claims_none(tmp_path: Path) -> None:
    geometry = Geometry((4, 5, 6), np.diag([2.0, 0.7, 0.9, 1.0])[[2, 1, 0, 3]], has_orientation=False)
    write_volume(Volume(np.zeros((4, 5, 6), np.int16), geometry, Series("s", "t")), tmp_path / "v.nii")
    image: Any = nibabel.load(tmp_path / "v.nii")
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (0, 0)
    assert image.header.get_zooms() == pytest.approx((0.9, 0.7, 2.0))
    assert not read_volume(tmp_path / "v.nii").geometry.has_orientation


def test_slices_that_are_not_even_claim_no_place_and_no_millimetre(tmp_path: Path) -> None:
    uneven = mask(oblique(has_depth=False))
    write_labels(uneven, tmp_path / "m.nii")
    image: Any = nibabel.load(tmp_path / "m.nii")
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (0, 0)
    assert image.header.get_xyzt_units()[0] == "unknown"
    assert np.array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), uneven.labels)
    single = mask(oblique((1, 5, 6), has_depth=False))
    write_labels(single, tmp_path / "s.nii")
    alone: Any = nibabel.load(tmp_path / "s.nii")
    assert int(alone.header["sform_code"]) == 1


def test_nothing_of_the_patient_and_no_name_is_in_the_file(tmp_path: Path) -> None:
    write_labels(mask(oblique()), tmp_path / "mask.nii.gz")
    packed = (tmp_path / "mask.nii.gz").read_bytes()
    assert packed[3] == 0  # no file name in the gzip header
    assert packed[4:8] == bytes(4)  # nor a time
    assert gzip.decompress(packed)[148:228].rstrip(b"\0") == b"MedView"


def test_a_mask_on_another_grid_is_refused(tmp_path: Path) -> None:
    segmentation = mask(oblique())
    write_labels(segmentation, tmp_path / "mask.nii")
    assert np.array_equal(read_mask(tmp_path / "mask.nii", oblique()), segmentation.labels > 0)
    with pytest.raises(MedViewError, match=r"mask\.nii lies on another grid"):
        read_mask(tmp_path / "mask.nii", tilted())


@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz"])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    with limited_file_size(4000), pytest.raises(MedViewError, match=r"The disk is full"):
        write_labels(mask(oblique((40, 50, 60))), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_damaged_missing_and_misnamed_files_are_told(tmp_path: Path) -> None:
    write_labels(mask(oblique()), tmp_path / "mask.nii.gz")
    (tmp_path / "cut.nii.gz").write_bytes((tmp_path / "mask.nii.gz").read_bytes()[:100])
    with pytest.raises(MedViewError, match=r"cut\.nii\.gz cannot be read as NIfTI"):
        read_volume(tmp_path / "cut.nii.gz")
    with pytest.raises(MedViewError, match=r"gone\.nii does not exist"):
        read_volume(tmp_path / "gone.nii")
    with pytest.raises(MedViewError, match=r"is not a NIfTI name\. End it in"):
        write_labels(mask(oblique()), tmp_path / "mask.img")


def test_a_rotated_ct_of_another_program_is_read(shared_data: Path) -> None:
    (path,) = (shared_data / "nifti_misc").glob("*.nii.gz")
    volume = read_volume(path)
    image: Any = nibabel.load(path)
    index = np.array(volume.array.shape) // 3
    ras = (image.affine @ [*index[::-1], 1])[:3]
    assert np.allclose(volume.geometry.to_mm(index), ras * [-1, -1, 1], atol=1e-3)
    assert volume.array[tuple(index)] == pytest.approx(float(np.asarray(image.dataobj)[tuple(index[::-1])]))
