"""The voxels of a series: values, types and units."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGLSLossless

from medview.errors import MedViewError
from medview.files.pixels.dicom_pixels import read_middle_slice, read_volume, thumbnail
from medview.files.scanning.dicom_scan import scan
from medview.imaging.padding import padding_range
from medview.progress import Cancelled
from medview.study import shared_array
from medview.study.series import Series
from medview.study.volume import Volume
from tests.files.make_dicom import image, mr_image, write, write_stack


def only(folder: Path) -> Series:
    ((series,),) = (study.series for study in scan(folder).studies)
    return series


def read(folder: Path) -> Volume:
    return read_volume(only(folder))


def test_a_ct_is_hounsfield_units_in_int16_in_shared_memory(tmp_path: Path) -> None:
    volume = read(write_stack(tmp_path, 3))
    assert (volume.array.dtype, volume.unit, volume.array.shape) == (np.int16, "HU", (3, 6, 8))
    assert volume.array[:, 0, 0].tolist() == [-24, -23, -22]
    assert not volume.array.flags.writeable
    name, shape, _ = shared_array.handle(volume.array)
    assert name
    assert shape == (3, 6, 8)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_ways_of_writing_give_the_same_values(tmp_path: Path, syntax: str) -> None:
    picture = np.arange(48, dtype="<u2").reshape(6, 8)
    write(image(PixelData=picture.tobytes()), tmp_path / "x", syntax)
    assert np.array_equal(read(tmp_path).array[0], picture.astype(np.int16) - 1024)


def test_big_endian_values_are_turned(tmp_path: Path) -> None:
    picture = np.arange(48, dtype=">u2").reshape(6, 8)
    dataset = image(PixelData=picture.tobytes())
    dataset["PixelData"].VR = "OW"
    write(dataset, tmp_path / "x", ExplicitVRBigEndian)
    assert np.array_equal(read(tmp_path).array[0], picture.astype(np.int16) - 1024)


@pytest.mark.parametrize(
    ("low", "high", "changes", "expected"),
    [
        (-2000, 3000, {"PixelRepresentation": 1, "BitsStored": 16, "HighBit": 15, "RescaleIntercept": 0}, np.int16),
        (0, 40000, {"BitsStored": 16, "HighBit": 15, "RescaleIntercept": 0}, np.uint16),
        (0, 40000, {"BitsStored": 16, "HighBit": 15}, np.float32),
        (0, 30000, {"BitsStored": 16, "HighBit": 15}, np.int16),
        (0, 4000, {"RescaleSlope": "0.5"}, np.float32),
        (0, 4000, {"RescaleIntercept": "0.25"}, np.float32),
        (-32768, 30000, {"PixelRepresentation": 1, "BitsStored": 16, "HighBit": 15}, np.float32),
    ],
)
def test_values_are_exact_whatever_type_they_need(
    tmp_path: Path, low: int, high: int, changes: dict[str, Any], expected: type
) -> None:
    stored = np.linspace(low, high, 48).astype("<i4").astype("<i2" if "PixelRepresentation" in changes else "<u2")
    dataset = image(PixelData=stored.tobytes(), **changes)
    write(dataset, tmp_path / "x")
    volume = read(tmp_path)
    truth = stored.astype(np.float64) * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    assert volume.array.dtype == expected
    assert np.array_equal(volume.array.ravel().astype(np.float64), truth)


def test_eight_bits_stay_eight_bits(tmp_path: Path) -> None:
    picture = np.arange(48, dtype=np.uint8)
    dataset = mr_image(PixelData=picture.tobytes(), BitsAllocated=8, BitsStored=8, HighBit=7)
    dataset["PixelData"].VR = "OB"
    write(dataset, tmp_path / "x")
    volume = read(tmp_path)
    assert volume.array.dtype == np.uint8
    assert np.array_equal(volume.array.ravel(), picture)


def test_each_slice_has_its_own_rescale(tmp_path: Path) -> None:
    for index in range(3):
        write(image(index, RescaleSlope=1 + index, RescaleIntercept=-10 * index), tmp_path / str(index))
    volume = read(tmp_path)
    assert volume.array[:, 2, 3].tolist() == [1000.0, 1001 * 2 - 10, 1002 * 3 - 20]


def test_slices_of_different_sign_are_each_read_as_they_are(tmp_path: Path) -> None:
    minus = np.full(48, -5, "<i2").tobytes()
    for index in range(3):
        changes = {"PixelRepresentation": 1, "PixelData": minus} if index == 1 else {}
        write(image(index, BitsStored=16, HighBit=15, **changes), tmp_path / str(index))
    assert read(tmp_path).array[:, 0, 0].tolist() == [-24, -1029, -22]


def test_bits_above_the_stored_ones_are_not_values(tmp_path: Path) -> None:
    stored = np.array([0xF123] * 24 + [0x0FFF] * 24, dtype="<u2")
    write(image(PixelData=stored.tobytes(), RescaleIntercept=0), tmp_path / "a" / "x")
    assert set(read(tmp_path / "a").array.ravel().tolist()) == {0x123, 0xFFF}
    write(image(PixelData=stored.tobytes(), RescaleIntercept=0, PixelRepresentation=1), tmp_path / "b" / "x")
    assert set(read(tmp_path / "b").array.ravel().tolist()) == {0x123, -1}


COMPUTED = {"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]}


@pytest.mark.parametrize(
    ("changes", "unit"),
    [
        ({}, "HU"),
        ({"RescaleType": None}, "HU"),
        ({"RescaleType": "US"}, ""),
        ({"RescaleType": None, "ImageType": ["DERIVED", "PRIMARY", "AXIAL"]}, ""),
        ({"RescaleType": None, "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, ""),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, ""),
        ({"Modality": "MR"}, ""),
        ({"RescaleSlope": 0}, ""),
        (COMPUTED, "HU"),
        (COMPUTED | {"BurnedInAnnotation": "NO"}, "HU"),
        (COMPUTED | {"RescaleType": None}, ""),
        (COMPUTED | {"RescaleType": "US"}, ""),
        (COMPUTED | {"BurnedInAnnotation": "YES"}, ""),
        (COMPUTED | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, ""),
        (COMPUTED | {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2"}, ""),
        (COMPUTED | {"ImageType": ["DERIVED", "SECONDARY", "LOCALIZER"]}, ""),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, ""),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]}, "HU"),
        ({"ImageType": ["ORIGINAL", "SECONDARY", "AXIAL"], "RescaleType": None}, ""),
    ],
)
def test_only_ct_that_is_or_says_so_is_in_hounsfield_units(tmp_path: Path, changes: dict[str, Any], unit: str) -> None:
    write(image(**changes), tmp_path / "x")
    assert read(tmp_path).unit == unit


def test_slices_of_different_units_have_none(tmp_path: Path) -> None:
    for index in range(3):
        write(image(index, RescaleSlope=0 if index == 2 else 1), tmp_path / str(index))
    volume = read(tmp_path)
    assert volume.unit == ""
    assert "no common unit" in " ".join(map(str, volume.series.warnings))


def test_padding_is_kept_and_recorded(tmp_path: Path) -> None:
    write(image(PixelPaddingValue=3000), tmp_path / "x")
    assert padding_range(only(tmp_path), 0) == (3000 - 1024, 3000 - 1024)


def test_monochrome1_is_not_inverted_in_the_volume(tmp_path: Path) -> None:
    write(image(PhotometricInterpretation="MONOCHROME1"), tmp_path / "x")
    assert read(tmp_path).array.max() == -24


def test_a_file_that_has_changed_is_not_read(tmp_path: Path) -> None:
    path = write(image(), tmp_path / "x")
    series = only(tmp_path)
    write(image(PixelData=np.zeros(48, "<u2").tobytes()), path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(MedViewError, match=r"x: The file has changed since the folder was opened\. Open the folder"):
        read_volume(series)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    path = write(image(), tmp_path / "gone")
    series = only(tmp_path)
    path.unlink()
    with pytest.raises(MedViewError, match=r"gone cannot be read: No such file"):
        read_volume(series)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    series = only(write_stack(tmp_path, 5))

    def stop(fraction: float, text: str = "") -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_volume(series, stop)


def test_the_preview_is_windowed_and_in_proportion(tmp_path: Path) -> None:
    picture = np.zeros((6, 8), dtype="<u2")
    picture[:, 4:] = 2000
    write(image(PixelData=picture.tobytes(), PixelSpacing=[1.0, 1.0]), tmp_path / "x")
    series = only(tmp_path)
    small = thumbnail(series, 32)
    assert (small.shape, small.dtype) == ((32, 32), np.uint8)
    assert (small[16, 2], small[16, 30], small[0, 30]) == (0, 255, 0)
    assert read_middle_slice(series)[0].tolist() == [-1024.0] * 4 + [976.0] * 4


def test_the_preview_is_turned_as_the_viewer_turns_the_images(tmp_path: Path) -> None:
    picture = np.zeros((6, 8), dtype="<u2")
    picture[:3, :4] = 2000  # stored first: the patient's left, at the back
    prone = {"ImageOrientationPatient": [-1.0, 0, 0, 0, -1.0, 0], "ImagePositionPatient": [10.0, 20.0, 0.0]}
    write(image(PixelData=picture.tobytes(), PixelSpacing=[1.0, 1.0], **prone), tmp_path / "x")
    small = thumbnail(only(tmp_path), 32)
    assert (small[18, 30], small[18, 2], small[12, 30], small[12, 2]) == (255, 0, 0, 0)


def test_the_preview_of_a_radiograph_has_bright_bones(shared_data: Path) -> None:
    series = next(
        s for study in scan(shared_data / "xray_cr_mg" / "gdcm-CR-MONO1-10-chest.dcm").studies for s in study.series
    )
    values, small = read_middle_slice(series), thumbnail(series, 64)
    assert series.photometric_interpretation == "MONOCHROME1"
    darkest, brightest = np.unravel_index([values.argmax(), values.argmin()], values.shape)
    rows = np.array([darkest[0], brightest[0]]) * 64 // 440, np.array([darkest[1], brightest[1]]) * 64 // 440
    assert small[rows[0][0], rows[1][0]] > small[rows[0][1], rows[1][1]] or small.std() > 20


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(("LICENSE", "README")))


def _reference(path: Path) -> np.ndarray[Any, Any] | None:
    """Return pydicom's values with rescale; None where no decoder of pydicom reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path)
        try:
            pixels = dataset.pixel_array
        except Exception:
            return None
    return pixels * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))


def test_every_grey_transfer_syntax_gives_the_values_of_an_independent_reader(shared_data: Path) -> None:
    compared, alone = 0, []
    for path in _files(shared_data / "transfer_syntaxes"):
        for series in (s for study in scan(path).studies for s in study.series):
            if series.geometry is None:
                continue
            volume, truth = read_volume(series), _reference(path)
            if truth is None:
                alone.append(path.name)
                continue
            assert np.array_equal(volume.array[0], truth.astype(volume.array.dtype)), path.name
            compared += 1
    # 12-bit lossy JPEG, which none of pydicom's decoders here reads
    assert len(alone) == 5
    assert compared == 40


def test_lossless_syntaxes_give_the_uncompressed_values(shared_data: Path) -> None:
    for name in ("CT1", "MR1", "NM1"):
        folder = shared_data / "transfer_syntaxes" / "wg04" / name
        truth = read(folder / f"{name}_UNC").array
        for kind in ("J2KR", "JLSL", "JPLL", "RLE"):
            if (path := folder / f"{name}_{kind}").exists():
                assert np.array_equal(read(path).array, truth), path.name


def test_lossy_twelve_bit_jpeg_is_near_the_uncompressed_values(shared_data: Path) -> None:
    folder = shared_data / "transfer_syntaxes" / "wg04" / "MR1"
    truth, lossy = read(folder / "MR1_UNC").array, read(folder / "MR1_JPLY").array
    assert float(np.abs(truth.astype(int) - lossy).mean()) < 20


def test_signs_lost_in_a_codestream_are_restored_from_the_header(shared_data: Path) -> None:
    path = shared_data / "odd_files" / "headers" / "J2K_pixelrep_mismatch.dcm"
    volume, truth = read(path), _reference(path)
    assert truth is not None
    assert (volume.array.min(), volume.unit) == (-2000, "HU")
    assert np.array_equal(volume.array[0], truth)


def test_fragmented_multi_frame_files_give_the_same_voxels(shared_data: Path) -> None:
    paths = sorted((shared_data / "ct_enhanced_multiframe").glob("*.dcm"))
    volumes = [read(path) for path in paths]
    assert len(volumes) == 5
    assert {v.array.shape for v in volumes} == {(2, 512, 512)}
    assert all(np.array_equal(v.array, volumes[0].array) for v in volumes)


def test_a_ct_without_a_rescale_has_no_unit(tmp_path: Path) -> None:
    """Stored values are mostly 1024 above Hounsfield units: a viewer that calls them HU makes water of air."""
    stripped = {"RescaleSlope": None, "RescaleIntercept": None, "RescaleType": None}
    write(image(**stripped), tmp_path / "x")
    volume = read(tmp_path)
    assert volume.array[0, 0, 0] == 1000
    assert volume.unit == ""
    assert "stored values are shown, without a unit" in " ".join(map(str, volume.series.warnings))


@pytest.mark.parametrize("is_compressed", [False, True])
@pytest.mark.parametrize("held", [1, 3])
def test_pixels_of_more_images_than_the_header_tells_are_not_left_out_in_silence(
    tmp_path: Path, is_compressed: bool, held: int
) -> None:
    dataset = image(0, NumberOfFrames=held, PixelData=np.arange(48 * held, dtype="<u2").tobytes())
    path = write(dataset, tmp_path / "x")
    if is_compressed:
        dataset = pydicom.dcmread(path)
        dataset.compress(JPEGLSLossless, generate_instance_uid=False)
        del dataset.NumberOfFrames
        dataset.save_as(path)
    else:
        del dataset.NumberOfFrames
        write(dataset, path)
    (series,) = (series for study in scan(tmp_path).studies for series in study.series)
    said = [str(warning) for warning in series.warnings if "pixels of more images" in str(warning)]
    assert len(said) == (held > 1)
    assert read_volume(series).array.ravel().tolist() == [n - 1024 for n in range(48)]


@pytest.mark.parametrize("is_far", [False, True])
@pytest.mark.parametrize("other", [2, 10])  # the identifier of the first begins that of the tenth
def test_files_renamed_among_each_other_show_no_slice_in_another_s_place(
    tmp_path: Path, is_far: bool, other: int
) -> None:
    paths = []
    for index in (1, other):
        kinds = ["ORIGINAL", "PRIMARY", *["LONG"] * (1000 if is_far else 1)]
        dataset = image(index, SOPInstanceUID=f"2.25.20000{index}", ImageType=kinds)
        paths.append(write(dataset, tmp_path / str(index)))
        if is_far:  # the identifier lies behind the first bytes of the file, and the file header has another
            uid = dataset.SOPInstanceUID.encode()
            paths[-1].write_bytes(paths[-1].read_bytes().replace(uid, b"9" * len(uid), 1))
        os.utime(paths[-1], (1e9, 1e9))
    assert len({path.stat().st_size for path in paths}) == 1
    (series,) = (one for study in scan(tmp_path).studies for one in study.series)
    assert read_volume(series).array[:, 0, 0].tolist() == [1001 - 1024, 1000 + other - 1024]
    paths[0].rename(tmp_path / "x")
    paths[1].rename(paths[0])
    (tmp_path / "x").rename(paths[1])
    with pytest.raises(MedViewError, match=r"has changed since the folder was opened"):
        read_volume(series)
