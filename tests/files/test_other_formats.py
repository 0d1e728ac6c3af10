"""NIfTI, NRRD, MetaImage and pictures, held against SimpleITK and nibabel as readers of their own."""

from __future__ import annotations

import bz2
import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray
from PIL import Image

from medview.errors import MedViewError, Sentence
from medview.files.formats.other_formats import is_picture, read_other_format, read_other_volume, read_pictures
from medview.study.asked_spacing import with_spacing
from medview.study.series import GuardLine, Series
from medview.study.volume import Volume

COSINE, SINE = np.cos(0.3), np.sin(0.3)
# columns, rows, slices in LPS, as SimpleITK wants them: row by row
OBLIQUE = (1.0, 0.0, 0.0, 0.0, COSINE, -SINE, 0.0, SINE, COSINE)


def found(path: Path) -> tuple[Series, ...]:
    study = read_other_format(path)
    assert study is not None
    return study[1]


def read(path: Path) -> Volume:
    (series,) = found(path)
    return read_other_volume(series)


def values(kind: str, shape: tuple[int, ...] = (4, 5, 6)) -> NDArray[Any]:
    numbers = np.random.default_rng(7).integers(0, 120, shape)
    return (numbers - (60 if np.dtype(kind).kind != "u" else 0)).astype(kind)


def oblique(kind: str = "<i2") -> Any:
    image = SimpleITK.GetImageFromArray(values(kind))
    image.SetOrigin((-10.5, 20.25, 30.0))
    image.SetSpacing((0.9, 0.7, 2.5))
    image.SetDirection(OBLIQUE)
    return image


def assert_same(volume: Volume, image: Any) -> None:
    """Assert that voxels and all eight corners agree with SimpleITK's."""
    array = SimpleITK.GetArrayFromImage(image)
    np.testing.assert_array_equal(volume.array, array)
    for corner in np.ndindex(2, 2, 2):
        index = np.array(corner) * (np.array(array.shape[:3]) - 1)
        place = image.TransformIndexToPhysicalPoint([int(n) for n in index[::-1]])
        np.testing.assert_allclose(volume.geometry.to_mm(index), place, atol=1e-4)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.nhdr", "a.mha", "a.mhd"])
@pytest.mark.parametrize("kind", ["i1", "u1", "<i2", "<u2", "<i4", "<f4", "<f8"])
def test_voxels_and_corners_of_an_oblique_volume(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    SimpleITK.WriteImage(oblique(kind), str(path), useCompression=name.endswith((".gz", ".nrrd", ".mha")))
    volume = read(path)
    assert_same(volume, SimpleITK.ReadImage(str(path)))
    kept = {"i1": "int16", "u1": "uint8", "<i2": "int16", "<u2": "uint16"}
    assert volume.array.dtype == kept.get(kind, "float32")
    assert volume.geometry.has_spacing
    assert volume.geometry.has_orientation
    assert [line.kind for line in volume.series.guard] == ["uniform"]


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd", "a.mha"])
def test_colours(tmp_path: Path, name: str) -> None:
    image = SimpleITK.GetImageFromArray(values("u1", (3, 4, 5, 3)), isVector=True)
    image.SetSpacing((0.5, 0.5, 2.0))
    SimpleITK.WriteImage(image, str(tmp_path / name))
    if name == "a.nii.gz":  # ITK writes a vector of five dimensions, which are no colours
        with pytest.raises(MedViewError, match="more than four dimensions"):
            read_other_format(tmp_path / name)
        rgb = np.ascontiguousarray(values("u1", (3, 4, 5, 3))).view([("R", "u1"), ("G", "u1"), ("B", "u1")])[..., 0]
        nibabel.save(nibabel.Nifti1Image(rgb.transpose(2, 1, 0), np.eye(4)), tmp_path / name)
    volume = read(tmp_path / name)
    assert volume.is_colour
    assert volume.series.is_colour
    np.testing.assert_array_equal(volume.array, values("u1", (3, 4, 5, 3)))


def test_real_files_agree_with_itk(shared_data: Path) -> None:
    names = ("nifti_misc/CT_pitch.nii.gz", "seg_mr_brain_pyradiomics/brain1_image.nrrd",
             "seg_mr_brain_pyradiomics/brain1_label.nrrd")  # fmt: skip
    for name in names:
        assert_same(read(shared_data / name), SimpleITK.ReadImage(str(shared_data / name)))


# NIfTI


def nifti(path: Path, array: NDArray[Any], affine: Any, **header: Any) -> Path:
    image: Any = nibabel.Nifti1Image(array, affine)
    codes = header.pop("sform_code", 1), header.pop("qform_code", 1)
    image.set_sform(header.pop("sform", affine), code=codes[0])
    image.set_qform(header.pop("qform", affine), code=codes[1])
    for name, value in header.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


def test_the_sform_goes_before_the_qform_and_a_difference_is_told(tmp_path: Path) -> None:
    sform, qform = np.diag([2.0, 2, 3, 1]), np.diag([2.0, 2, 3, 1])
    sform[:3, 3] = 10, 20, 30
    array = values("<i2").transpose(2, 1, 0)
    volume = read(nifti(tmp_path / "a.nii", array, None, sform=sform, qform=qform))
    assert volume.geometry.to_mm((0, 0, 0)).tolist() == [-10.0, -20.0, 30.0]
    assert "differ by 37.4 mm; the sform is used" in " ".join(map(str, volume.series.warnings))
    volume = read(nifti(tmp_path / "b.nii", array, None, sform=sform, qform=qform, sform_code=0))
    assert volume.geometry.to_mm((0, 0, 0)).tolist() == [0.0, 0.0, 0.0]
    assert volume.geometry.has_orientation


def test_without_sform_and_qform_no_side_is_known(tmp_path: Path) -> None:
    path = nifti(tmp_path / "a.nii", values("<i2").transpose(2, 1, 0), np.diag([2.0, 3, 4, 1]), sform_code=0,
                 qform_code=0)  # fmt: skip
    volume = read(path)
    assert not volume.geometry.has_orientation
    assert volume.geometry.spacing_mm == (4.0, 3.0, 2.0)
    assert "no side is marked" in " ".join(map(str, volume.series.warnings))


def test_a_unit_of_metres_or_micrometres(tmp_path: Path) -> None:
    array = values("<i2").transpose(2, 1, 0)
    volume = read(nifti(tmp_path / "m.nii", array, np.diag([0.002, 0.002, 0.004, 1]), xyzt_units=1))
    assert volume.geometry.spacing_mm == pytest.approx((4.0, 2.0, 2.0))
    volume = read(nifti(tmp_path / "u.nii", array, np.diag([500.0, 500, 500, 1]), xyzt_units=3))
    assert volume.geometry.spacing_mm == pytest.approx((0.5, 0.5, 0.5))


def test_scaled_values_agree_with_nibabel(tmp_path: Path) -> None:
    image: Any = nibabel.Nifti1Image(values("<f4").transpose(2, 1, 0) * 0.37 + 11, np.eye(4))
    image.set_data_dtype(np.int16)
    nibabel.save(image, tmp_path / "a.nii.gz")
    stored: Any = nibabel.load(tmp_path / "a.nii.gz")
    assert stored.dataobj.slope != 1
    np.testing.assert_allclose(read(tmp_path / "a.nii.gz").array, np.asarray(stored.dataobj).T, rtol=1e-6)


def test_big_endian_and_nifti_2(tmp_path: Path) -> None:
    array = values(">i2").transpose(2, 1, 0)
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4), nibabel.Nifti1Header(endianness=">")), tmp_path / "big.nii")
    nibabel.save(nibabel.Nifti2Image(array, np.eye(4)), tmp_path / "two.nii.gz")
    nibabel.save(nibabel.Nifti1Pair(array, np.eye(4)), tmp_path / "pair.hdr")
    for name in ("big.nii", "two.nii.gz", "pair.hdr"):
        np.testing.assert_array_equal(read(tmp_path / name).array, array.T)


def test_a_file_of_two_dimensions_has_no_depth(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(values("<i2", (6, 5)), np.diag([2.0, 2, 1, 1])), tmp_path / "a.nii")
    volume = read(tmp_path / "a.nii")
    assert volume.array.shape == (1, 5, 6)
    assert not volume.geometry.has_depth


def test_four_dimensions_are_an_axis_of_time(tmp_path: Path) -> None:
    array = values("<i2", (5, 3, 4, 2))  # time, slices, rows, columns
    image: Any = nibabel.Nifti1Image(array.T, np.diag([2.0, 2, 3, 1]))
    image.header.set_xyzt_units("mm", "sec")
    image.header["pixdim"][4] = 2.5
    nibabel.save(image, tmp_path / "bold.nii.gz")
    places = found(tmp_path / "bold.nii.gz")
    assert [s.axis.value for s in places if s.axis] == [0.0, 2500.0, 5000.0, 7500.0, 10000.0]
    assert {(s.axis.name, s.axis.unit, s.axis.count) for s in places if s.axis} == {("time", "ms", 5)}
    assert len({s.key for s in places}) == 5
    for number, series in enumerate(places):
        np.testing.assert_array_equal(read_other_volume(series).array, array[number])


def test_b_values_beside_a_diffusion_file_name_its_axis(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(values("<i2", (3, 3, 4, 2)).T, np.eye(4)), tmp_path / "dwi.nii.gz")
    (tmp_path / "dwi.bval").write_text("0 1000 1000\n")
    axes = [s.axis for s in found(tmp_path / "dwi.nii.gz") if s.axis]
    assert [(a.name, a.value) for a in axes] == [("b-value", 0.0), ("b-value", 1000.0), ("b-value", 1000.0)]


def test_voxels_without_a_number_are_told(tmp_path: Path) -> None:
    array = values("<f4").copy()
    array[1, 2, 3] = np.nan
    nibabel.save(nibabel.Nifti1Image(array.T, np.eye(4)), tmp_path / "a.nii")
    volume = read(tmp_path / "a.nii")
    assert volume.array[1, 2, 3] == 0
    assert "hold no number" in str(volume.series.warnings[-1])


# NRRD and MetaImage


def nrrd(path: Path, lines: str, data: bytes = b"") -> Path:
    path.write_bytes(f"NRRD0004\n{lines}\n\n".encode() + data)
    return path


SMALL = "type: short\ndimension: 3\nsizes: 6 5 4\nendian: little\nencoding: raw"


def test_spaces_of_nrrd(tmp_path: Path) -> None:
    data = values("<i2").tobytes()
    axes = "space directions: (1,0,0) (0,2,0) (0,0,3)\nspace origin: (10,20,30)"
    ras = read(nrrd(tmp_path / "ras.nrrd", f"{SMALL}\nspace: right-anterior-superior\n{axes}", data))
    assert ras.geometry.to_mm((1, 1, 1)).tolist() == [-11.0, -22.0, 33.0]
    las = read(nrrd(tmp_path / "las.nrrd", f"{SMALL}\nspace: LAS\n{axes}", data))
    assert las.geometry.to_mm((1, 1, 1)).tolist() == [11.0, -22.0, 33.0]
    none = read(nrrd(tmp_path / "none.nrrd", f"{SMALL}\nspacings: 1 2 3", data))
    assert (none.geometry.has_orientation, none.geometry.spacing_mm) == (False, (3.0, 2.0, 1.0))
    bare = read(nrrd(tmp_path / "bare.nrrd", SMALL, data))
    assert (bare.geometry.has_orientation, bare.geometry.has_spacing) == (False, False)


@pytest.mark.parametrize("packing", ["raw", "gzip", "bzip2", "text"])
def test_packings_of_nrrd(tmp_path: Path, packing: str) -> None:
    array = values("<i2")
    data = array.tobytes()
    packed = {"raw": data, "gzip": gzip.compress(data), "bzip2": bz2.compress(data),
              "text": " ".join(map(str, array.ravel())).encode()}[packing]  # fmt: skip
    path = nrrd(tmp_path / "a.nrrd", SMALL.replace("raw", packing), packed)
    np.testing.assert_array_equal(read(path).array, array)


@pytest.mark.parametrize("places_first", [True, False])
def test_a_list_of_volumes_in_nrrd(tmp_path: Path, places_first: bool) -> None:
    array = values("<i2", (2, 4, 5, 6))  # place, slice, row, column
    stored = np.moveaxis(array, 0, -1) if places_first else array
    sizes, kinds = ("2 6 5 4", "list domain domain domain") if places_first else ("6 5 4 2", "domain " * 3 + "list")
    steps = "none (1,0,0) (0,1,0) (0,0,1)" if places_first else "(1,0,0) (0,1,0) (0,0,1) none"
    head = f"type: short\ndimension: 4\nspace: LPS\nsizes: {sizes}\nspace directions: {steps}\nkinds: {kinds}"
    gradients = "DWMRI_b-value:=1000\nDWMRI_gradient_0000:=0 0 0\nDWMRI_gradient_0001:=0 0 1"
    path = nrrd(tmp_path / "a.nrrd", f"{head}\nendian: little\nencoding: raw\n{gradients}", stored.tobytes())
    places = found(path)
    assert [s.axis.value for s in places if s.axis] == [0.0, 1000.0]
    for number, series in enumerate(places):
        np.testing.assert_array_equal(read_other_volume(series).array, array[number])


def test_slices_in_files_of_their_own(tmp_path: Path) -> None:
    array = values("<i2")
    for number, slice_ in enumerate(array):
        (tmp_path / f"s{number:02d}.raw").write_bytes(slice_.tobytes())
    names = "\n".join(f"s{n:02d}.raw" for n in range(4))
    mhd = "ObjectType = Image\nNDims = 3\nDimSize = 6 5 4\nElementType = MET_SHORT\nElementSpacing = 1 1 2\n"
    (tmp_path / "list.mhd").write_text(f"{mhd}ElementDataFile = LIST\n{names}\n")
    (tmp_path / "pattern.mhd").write_text(f"{mhd}ElementDataFile = s%02d.raw 0 3 1\n")
    nrrd(tmp_path / "list.nhdr", f"{SMALL}\ndata file: LIST\n{names}")
    nrrd(tmp_path / "pattern.nhdr", f"{SMALL}\ndata file: s%02d.raw 0 3 1")
    for name in ("list.mhd", "pattern.mhd", "list.nhdr", "pattern.nhdr"):
        np.testing.assert_array_equal(read(tmp_path / name).array, array)


@pytest.mark.parametrize("name", ["../secret.raw", "/etc/passwd", "C:/secret.raw", "link.raw"])
def test_voxels_outside_the_headers_folder_are_not_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.raw").write_bytes(bytes(240))
    (folder / "link.raw").symlink_to(tmp_path / "secret.raw")
    with pytest.raises(MedViewError, match="outside its own folder"):
        read_other_format(nrrd(folder / "a.nhdr", f"{SMALL}\ndata file: {name}"))
    (folder / "a.mhd").write_text(f"NDims = 3\nDimSize = 6 5 4\nElementType = MET_SHORT\nElementDataFile = {name}\n")
    with pytest.raises(MedViewError, match="outside its own folder"):
        read_other_format(folder / "a.mhd")


# what is wrong


def test_more_voxels_than_the_file_can_hold_are_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(values("<i2").T, np.eye(4)), tmp_path / "a.nii")
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[42:48] = np.array([30000, 30000, 30000], "<i2").tobytes()
    (tmp_path / "bomb.nii").write_bytes(data)
    (tmp_path / "bomb.nii.gz").write_bytes(gzip.compress(bytes(data)))
    nrrd(tmp_path / "bomb.nrrd", SMALL.replace("6 5 4", "60000 60000 60000"), bytes(240))
    for name in ("bomb.nii", "bomb.nii.gz", "bomb.nrrd"):
        with pytest.raises(MedViewError, match="more voxels than the file can hold"):
            read_other_format(tmp_path / name)


def test_damaged_files_end_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MedViewError, match="NRRD header is damaged"):
        read_other_format(nrrd(tmp_path / "a.nrrd", "type: short\ndimension: 3\nsizes: 6 5"))
    (tmp_path / "a.mha").write_text("NDims = 3\nDimSize = 6 5 four\n")
    with pytest.raises(MedViewError, match="MetaImage header is damaged"):
        read_other_format(tmp_path / "a.mha")
    path = nrrd(tmp_path / "cut.nrrd", SMALL.replace("raw", "gzip"), gzip.compress(values("<i2").tobytes())[:-40])
    with pytest.raises(MedViewError, match=r"packed voxels are damaged|cut short"):
        read(path)
    (tmp_path / "text").write_text("nothing of the kind")
    assert read_other_format(tmp_path / "text") is None


def test_a_file_that_has_changed_is_not_read(tmp_path: Path) -> None:
    path = nrrd(tmp_path / "a.nrrd", SMALL, values("<i2").tobytes())
    (series,) = found(path)
    nrrd(path, SMALL, values("<i2").tobytes() + b"more")
    with pytest.raises(MedViewError, match=r"a\.nrrd has changed"):
        read_other_volume(series)


# pictures


@pytest.mark.parametrize(("ending", "kind"), [("png", "u1"), ("tif", "u1"), ("png", "<u2"), ("tif", "<u2")])
def test_a_stack_of_pictures_has_no_millimetres(tmp_path: Path, ending: str, kind: str) -> None:
    array = values(kind, (11, 5, 6))
    for number, picture in enumerate(array):
        Image.fromarray(picture).save(tmp_path / f"image {number}.{ending}")
    paths = sorted(tmp_path.iterdir())  # 0, 1, 10, 2 ...
    assert all(map(is_picture, paths))
    ((_, (series,)),) = read_pictures(paths)
    volume = read_other_volume(series)
    np.testing.assert_array_equal(volume.array, array)
    geometry = volume.geometry
    assert (geometry.has_spacing, geometry.has_orientation, geometry.can_reformat) == (False, False, False)
    assert geometry.voxel_ml is None
    spaced = with_spacing(series, (2.5, 0.7, 0.6))
    assert spaced.geometry is not None
    assert spaced.geometry.spacing_mm == (2.5, 0.7, 0.6)
    assert spaced.geometry.can_reformat
    assert "was given by hand" in str(spaced.warnings[-1])
    assert [(line.kind, str(line.text)) for line in spaced.guard] == [
        ("unplaced", "orientation unknown"), ("uniform", "even, 2.50 mm"),
    ]  # fmt: skip
    recording = GuardLine("cine", Sentence("recording"), Sentence("The frames follow each other."))
    moving = with_spacing(replace(series, guard=(recording, *series.guard)), (2.5, 0.7, 0.6))
    assert moving.geometry is not None
    assert not moving.geometry.can_reformat
    assert [line.kind for line in moving.guard] == ["cine", "unplaced"]
    with pytest.raises(MedViewError, match="has its own spacing"):
        with_spacing(spaced, (1, 1, 1))


def test_colours_pages_and_sizes_of_pictures(tmp_path: Path) -> None:
    colours = values("u1", (5, 6, 3))
    Image.fromarray(colours).save(tmp_path / "b.png")
    Image.fromarray(values("u1", (7, 6))).save(tmp_path / "c.png")
    pages = [Image.fromarray(page) for page in values("<u2", (20, 5, 6))]
    pages[0].save(tmp_path / "d.tif", save_all=True, append_images=pages[1:])
    studies = read_pictures([tmp_path / name for name in ("b.png", "c.png", "d.tif")])
    one, other, many = (read_other_volume(series) for _, (series,) in studies)
    np.testing.assert_array_equal(one.array[0], colours)
    assert other.array.shape == (1, 7, 6)
    np.testing.assert_array_equal(many.array, values("<u2", (20, 5, 6)))


def test_a_picture_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    Image.fromarray(values("u1", (5, 6))).save(tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[16:24] = (60000).to_bytes(4, "big") * 2
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(MedViewError, match=r"far more than its file can hold|picture is damaged"):
        read_pictures([tmp_path / "bomb.png"])
    (tmp_path / "cut.png").write_bytes((tmp_path / "a.png").read_bytes()[:-30])
    ((_, (series,)),) = read_pictures([tmp_path / "cut.png"])
    with pytest.raises(MedViewError, match="PNG picture is damaged"):
        read_other_volume(series)


def test_a_jpeg_picture_is_known_to_be_compressed_with_loss(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.png"):
        Image.fromarray(values("u1", (7, 6))).save(tmp_path / name)
    ((_, (series,)),) = read_pictures([tmp_path / "a.jpg", tmp_path / "b.png"])
    assert [(one.path.name, one.display.is_lossy) for one in series.instances] == [("a.jpg", True), ("b.png", False)]
