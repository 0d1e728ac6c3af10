"""Every kind of stored pixel becomes the values that the standard means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless, UltrasoundImageStorage

from medview.errors import MedViewError
from medview.files.pixels.dicom_overlay import read_overlays
from medview.files.pixels.dicom_pixels import read_middle_slice, read_volume, thumbnail
from medview.files.scanning.dicom_scan import scan
from medview.study.series import Series
from medview.study.volume import Volume
from tests.files.make_dicom import image, mr_image, write

ROWS, COLUMNS = 6, 8
RNG = np.random.default_rng(3)


def series_of(folder: Path) -> Series:
    (series,) = (series for study in scan(folder).studies for series in study.series)
    return series


def read(folder: Path) -> Volume:
    return read_volume(series_of(folder))


def colour(index: int = 0, **changes: Any) -> Dataset:
    """Return an ultrasound picture in colours."""
    plain = {
        "Modality": "US", "SOPClassUID": UltrasoundImageStorage, "SamplesPerPixel": 3, "PlanarConfiguration": 0,
        "PhotometricInterpretation": "RGB", "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "RescaleIntercept": None,
        "RescaleSlope": None, "RescaleType": None, "ImageType": ["ORIGINAL", "PRIMARY"],
    }  # fmt: skip
    return image(index, **(plain | changes))


def put(folder: Path, dataset: Dataset, values: NDArray[Any], syntax: str = ImplicitVRLittleEndian) -> Path:
    dataset.PixelData = values.tobytes() + b"\x00" * (values.nbytes % 2)
    dataset["PixelData"].VR = "OB" if dataset.BitsAllocated <= 8 and syntax != ImplicitVRLittleEndian else "OW"
    return write(dataset, folder / "x", syntax)


@pytest.mark.parametrize("columns", [8, 7])
def test_single_bits(tmp_path: Path, columns: int) -> None:
    """Frames of single bits follow one another without a gap: the second begins within a byte."""
    bits = RNG.integers(0, 2, (5, 5, columns), dtype=np.uint8)
    packed = np.packbits(bits.ravel(), bitorder="little")
    dataset = mr_image(Rows=5, Columns=columns, NumberOfFrames=5, BitsAllocated=1, BitsStored=1, HighBit=0)
    put(tmp_path, dataset, packed)
    volume = read(tmp_path)
    assert volume.array.dtype == np.uint8
    assert np.array_equal(volume.array, bits)


@pytest.mark.parametrize(
    ("stored", "bits", "signed", "dtype"),
    [
        (np.uint8, 8, 0, np.uint8),
        (np.int8, 8, 1, np.int16),
        (np.uint8, 6, 0, np.uint8),
        (np.uint16, 12, 0, np.int16),
        (np.int16, 12, 1, np.int16),
        (np.uint16, 16, 0, np.uint16),
        (np.uint32, 16, 0, np.uint16),
        (np.uint32, 20, 0, np.float32),
        (np.int32, 24, 1, np.float32),
    ],
)
def test_whole_numbers_of_every_width(tmp_path: Path, stored: type, bits: int, signed: int, dtype: type) -> None:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    truth = RNG.integers(low, high, (ROWS, COLUMNS), endpoint=True)
    truth[0, 0], truth[0, 1] = low, high
    dirt = RNG.integers(0, 2, truth.shape) << (bits if bits < np.dtype(stored).itemsize * 8 else 0)
    dirty = truth if bits == np.dtype(stored).itemsize * 8 else (truth & ((1 << bits) - 1)) | dirt
    allocated = np.dtype(stored).itemsize * 8
    dataset = mr_image(BitsAllocated=allocated, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=signed)
    put(tmp_path, dataset, dirty.astype(stored, casting="unsafe"))
    volume = read(tmp_path)
    assert volume.array.dtype == dtype
    assert np.array_equal(volume.array[0], truth)
    assert not volume.series.warnings or "seven digits" not in " ".join(map(str, volume.series.warnings))


def test_numbers_of_more_than_24_bits_are_not_rounded_in_silence(tmp_path: Path) -> None:
    truth = np.full((ROWS, COLUMNS), 2**24 + 1, "<u4")
    put(tmp_path, mr_image(BitsAllocated=32, BitsStored=32, HighBit=31), truth)
    volume = read(tmp_path)
    assert volume.array.dtype == np.float32
    assert "rounded to seven digits" in " ".join(map(str, volume.series.warnings))
    assert volume.series.key == series_of(tmp_path).key


def _float_image(values: NDArray[Any], **changes: Any) -> Dataset:
    wide = values.dtype.itemsize == 8
    dataset = mr_image(PixelData=None, BitsAllocated=8 * values.dtype.itemsize, **changes)
    for name in ("BitsStored", "HighBit", "PixelRepresentation"):
        del dataset[name]
    setattr(dataset, "DoubleFloatPixelData" if wide else "FloatPixelData", values.tobytes())
    return dataset


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_point_pixels(tmp_path: Path, dtype: type) -> None:
    truth = (RNG.normal(size=(ROWS, COLUMNS)) * 100).astype(np.float32).astype(dtype)
    write(_float_image(truth), tmp_path / "x")
    volume = read(tmp_path)
    assert volume.array.dtype == np.float32
    assert np.array_equal(volume.array[0], truth.astype(np.float32))


def test_digits_beyond_those_of_float32_are_said_to_be_rounded(tmp_path: Path) -> None:
    write(_float_image(np.full((ROWS, COLUMNS), 1 / 3)), tmp_path / "x")
    assert "rounded to seven digits" in " ".join(map(str, read(tmp_path).series.warnings))


def test_voxels_that_hold_no_number_are_zero_and_said_to_be(tmp_path: Path) -> None:
    truth = np.ones((ROWS, COLUMNS), np.float32)
    truth[0, :3] = np.nan, np.inf, -np.inf
    write(_float_image(truth), tmp_path / "x")
    volume = read(tmp_path)
    assert volume.array[0, 0, :4].tolist() == [0, 0, 0, 1]
    assert "hold no number" in " ".join(map(str, volume.series.warnings))


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_colours_by_pixel_and_by_plane(tmp_path: Path, planar: int, syntax: str) -> None:
    truth = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    stored = np.ascontiguousarray(np.moveaxis(truth, -1, 0)) if planar else truth
    put(tmp_path, colour(Rows=5, Columns=7, PlanarConfiguration=planar), stored, syntax)
    volume = read(tmp_path)
    assert (volume.array.dtype, volume.array.shape) == (np.uint8, (1, 5, 7, 3))
    assert np.array_equal(volume.array[0], truth)


def test_bytes_in_words_of_a_big_endian_file_are_turned(tmp_path: Path) -> None:
    truth = RNG.integers(0, 256, (5, 3, 5), dtype=np.uint8)  # frames of 15 bytes: every second begins within a word
    padded = np.append(truth.ravel(), 0).astype(np.uint8)
    dataset = mr_image(Rows=3, Columns=5, NumberOfFrames=5, BitsAllocated=8, BitsStored=8, HighBit=7)
    dataset.PixelData = padded.view("<u2").astype(">u2").tobytes()
    dataset["PixelData"].VR = "OW"
    write(dataset, tmp_path / "x", ExplicitVRBigEndian)
    assert np.array_equal(read(tmp_path).array, truth)


def test_sixteen_bit_colours_keep_their_highest_eight(tmp_path: Path) -> None:
    truth = RNG.integers(0, 65536, (ROWS, COLUMNS, 3), dtype=np.uint16)
    put(tmp_path, colour(BitsAllocated=16, BitsStored=16, HighBit=15), truth)
    assert np.array_equal(read(tmp_path).array[0], truth >> 8)


# luminance and colour differences -> red, green, blue: white, black, grey, and the primaries of ITU-R BT.601
FULL = {
    (255, 128, 128): (255, 255, 255),
    (0, 128, 128): (0, 0, 0),
    (76, 85, 255): (254, 0, 0),
    (29, 255, 107): (0, 0, 254),
}
PARTIAL = {(235, 128, 128): (255, 255, 255), (16, 128, 128): (0, 0, 0), (81, 90, 240): (254, 0, 0)}


@pytest.mark.parametrize(
    ("photometric", "table"), [("YBR_FULL", FULL), ("YBR_FULL_422", FULL), ("YBR_PARTIAL_422", PARTIAL)]
)
def test_luminance_and_colour_differences(
    tmp_path: Path, photometric: str, table: dict[tuple[int, ...], tuple[int, ...]]
) -> None:
    for number, (stored, truth) in enumerate(table.items()):
        y, cb, cr = stored
        pixel = [y, y, cb, cr] if photometric.endswith("422") else [y, cb, cr] * 2
        values = np.array(pixel * (ROWS * COLUMNS // 2), np.uint8)
        folder = tmp_path / str(number)
        put(folder, colour(PhotometricInterpretation=photometric), values)
        found = read(folder).array[0].reshape(-1, 3)
        assert np.abs(found.astype(int) - truth).max() <= 1, stored


def _palette(dataset: Dataset, tables: Sequence[NDArray[Any]], first: int, bits: int = 16) -> Dataset:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "PALETTE COLOR"
    del dataset["PlanarConfiguration"]
    for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        length = len(table) % 65536
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [length, first, bits])
        setattr(dataset, f"{name}PaletteColorLookupTableData", table.tobytes())
    return dataset


def test_a_palette_is_looked_up_and_indices_beyond_it_take_its_ends(tmp_path: Path) -> None:
    tables = [RNG.integers(0, 65536, 10, dtype=np.uint16) for _ in range(3)]
    stored = RNG.integers(0, 30, (ROWS, COLUMNS), dtype=np.uint8)
    stored[0, :4] = 0, 5, 14, 29
    put(tmp_path, _palette(colour(), tables, first=5), stored)
    index = np.clip(stored.astype(int) - 5, 0, 9)
    truth = np.stack([table[index] >> 8 for table in tables], axis=-1)
    assert np.array_equal(read(tmp_path).array[0], truth)


def test_a_palette_of_bytes(tmp_path: Path) -> None:
    tables = [RNG.integers(0, 256, 256, dtype=np.uint8) for _ in range(3)]
    stored = RNG.integers(0, 256, (ROWS, COLUMNS), dtype=np.uint8)
    put(tmp_path, _palette(colour(), tables, first=0, bits=8), stored)
    assert np.array_equal(read(tmp_path).array[0], np.stack([t[stored] for t in tables], axis=-1))


def test_a_palette_said_to_be_of_16_bits_and_filled_with_8(tmp_path: Path) -> None:
    tables = [np.arange(256, dtype=np.uint16)] * 3
    stored = RNG.integers(0, 256, (ROWS, COLUMNS), dtype=np.uint8)
    put(tmp_path, _palette(colour(), tables, first=0), stored)
    assert np.array_equal(read(tmp_path).array[0], np.stack([stored] * 3, axis=-1))


def test_a_segmented_palette(tmp_path: Path) -> None:
    """Ten given entries, a line of 100 up to 60,000, and both again (PS3.3 C.7.9.2)."""
    given = [500 * n for n in range(10)]
    data = [0, 10, *given, 1, 100, 60000, 2, 2, 0, 0]
    line = [round(4500 + (60000 - 4500) * step / 100) for step in range(1, 101)]
    truth = np.array((given + line) * 2) >> 8
    dataset = _palette(colour(BitsAllocated=16, BitsStored=16, HighBit=15), [np.zeros(220, np.uint16)] * 3, first=0)
    for name in ("Red", "Green", "Blue"):
        del dataset[f"{name}PaletteColorLookupTableData"]
        setattr(dataset, f"Segmented{name}PaletteColorLookupTableData", np.array(data, np.uint16).tobytes())
    stored = RNG.integers(0, 220, (ROWS, COLUMNS), dtype=np.uint16)
    put(tmp_path, dataset, stored)
    assert np.array_equal(read(tmp_path).array[0, ..., 1], truth[stored])


def test_a_palette_that_repeats_itself_without_end_is_refused(tmp_path: Path) -> None:
    dataset = _palette(colour(), [np.zeros(65536, np.uint16)] * 3, first=0)
    for name in ("Red", "Green", "Blue"):
        del dataset[f"{name}PaletteColorLookupTableData"]
        data = np.array([0, 1, 7, 2, 65535, 6, 0], np.uint16)  # repeats the repetition itself
        setattr(dataset, f"Segmented{name}PaletteColorLookupTableData", data.tobytes())
    put(tmp_path, dataset, np.zeros((ROWS, COLUMNS), np.uint8))
    with pytest.raises(MedViewError, match="colour palette of the image is missing or damaged"):
        read(tmp_path)


def _modality_lut(entries: NDArray[np.uint16], first: int, kind: str, **changes: Any) -> Dataset:
    dataset = image(RescaleIntercept=None, RescaleSlope=None, RescaleType=None, **changes)
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, 16]
    item.ModalityLUTType = kind
    item.LUTData = entries.tobytes()
    item["LUTData"].VR = "OW"
    dataset.ModalityLUTSequence = DicomSequence([item])
    return dataset


def test_a_modality_table_is_looked_up(tmp_path: Path) -> None:
    entries = (np.arange(100, dtype=np.uint16) ** 2).astype(np.uint16)
    stored = RNG.integers(0, 200, (ROWS, COLUMNS), dtype=np.uint16)
    put(tmp_path, _modality_lut(entries, 50, "US"), stored)
    volume = read(tmp_path)
    assert np.array_equal(volume.array[0], entries[np.clip(stored.astype(int) - 50, 0, 99)])
    assert (volume.array.dtype, volume.unit) == (np.int16, "")


def test_a_stored_value_table_below_zero(tmp_path: Path) -> None:
    entries = np.arange(1000, 1100, dtype=np.uint16)
    stored = RNG.integers(-80, 80, (ROWS, COLUMNS)).astype(np.int16)
    put(tmp_path, _modality_lut(entries, -50, "US", PixelRepresentation=1), stored)
    assert np.array_equal(read(tmp_path).array[0], np.clip(stored.astype(int) + 50, 0, 99) + 1000)


def test_real_tables_equal_what_pydicom_applies(shared_data: Path) -> None:
    import pydicom
    from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array

    path = shared_data / "odd_files" / "luts" / "mlut_18.dcm"
    dataset = pydicom.dcmread(path)
    assert np.array_equal(read(path).array[0], apply_modality_lut(pixel_array(dataset), dataset))
    path = shared_data / "odd_files" / "luts" / "OT-PAL-8-face.dcm"
    dataset = pydicom.dcmread(path, force=True)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    truth = apply_color_lut(dataset.pixel_array, dataset)
    assert np.array_equal(read(path).array[0], truth >> 8 if truth.max() > 255 else truth)


def test_overlays_equal_pydicoms_and_pollute_no_values(shared_data: Path) -> None:
    import pydicom

    path = shared_data / "odd_files" / "overlay" / "MR-SIEMENS-DICOM-WithOverlays.dcm"
    dataset, series = pydicom.dcmread(path), series_of(path)
    (overlay,) = read_overlays(series.instances[0])
    assert (overlay.kind, overlay.origin, int(overlay.mask.sum())) == ("G", (0, 0), 323)
    assert overlay.description == "Siemens MedCom Object Graphics"
    assert np.array_equal(overlay.mask, dataset.overlay_array(0x6000).astype(bool))
    assert int(read_volume(series).array.max()) < 4096


def test_an_overlay_in_the_pixels_is_told_apart_from_the_values(tmp_path: Path) -> None:
    values = RNG.integers(0, 4096, (ROWS, COLUMNS), dtype=np.uint16)
    mask = RNG.integers(0, 2, (ROWS, COLUMNS)).astype(bool)
    dataset = mr_image()
    for element, vr, value in (
        (0x0010, "US", ROWS), (0x0011, "US", COLUMNS), (0x0040, "CS", "R"), (0x0050, "SS", [3, -1]),
        (0x0100, "US", 16), (0x0102, "US", 13), (0x1500, "LO", "lesion"),
    ):  # fmt: skip
        dataset.add_new((0x6002, element), vr, value)
    put(tmp_path, dataset, values | mask.astype(np.uint16) << 13)
    series = series_of(tmp_path)
    (overlay,) = read_overlays(series.instances[0])
    assert np.array_equal(overlay.mask, mask)
    assert (overlay.kind, overlay.label, overlay.origin) == ("R", "lesion", (2, -2))
    assert np.array_equal(read_volume(series).array[0], values)


def test_an_overlay_of_several_frames_lies_on_its_own(tmp_path: Path) -> None:
    masks = RNG.integers(0, 2, (2, ROWS, COLUMNS)).astype(bool)
    dataset = mr_image(NumberOfFrames=5)
    for element, vr, value in (
        (0x0010, "US", ROWS), (0x0011, "US", COLUMNS), (0x0015, "IS", 2), (0x0040, "CS", "G"), (0x0050, "SS", [1, 1]),
        (0x0051, "US", 2), (0x0100, "US", 1), (0x0102, "US", 0),
        (0x3000, "OW", np.packbits(masks.ravel(), bitorder="little").tobytes()),
    ):  # fmt: skip
        dataset.add_new((0x6000, element), vr, value)
    put(tmp_path, dataset, np.zeros((5, ROWS, COLUMNS), np.uint16))
    instances = series_of(tmp_path).instances
    found = [read_overlays(instance) for instance in instances]
    assert [len(overlays) for overlays in found] == [0, 1, 1, 0, 0]
    assert np.array_equal(found[1][0].mask, masks[0])
    assert np.array_equal(found[2][0].mask, masks[1])
    dataset.PatientID = "somebody else"
    put(tmp_path, dataset, np.zeros((5, ROWS, COLUMNS), np.uint16))
    with pytest.raises(MedViewError, match=r"changed since the folder was opened"):
        read_overlays(instances[1])


def test_tiles_of_a_real_mosaic_are_cut_from_one_frame(shared_data: Path) -> None:
    import pydicom

    series = next(
        series
        for study in scan(shared_data / "mr_mosaic_siemens_orientation").studies
        for series in study.series
        if series.instances and series.instances[0].tile is not None
    )
    volume, instances = read_volume(series), series.instances
    assert len({i.path for i in instances}) == 1
    stored = pydicom.dcmread(instances[0].path).pixel_array
    rows, columns = volume.array.shape[1:]
    for found, instance in zip(volume.array, instances, strict=True):
        assert instance.tile is not None
        top, left = instance.tile
        assert np.array_equal(found, stored[top : top + rows, left : left + columns])
    assert np.array_equal(read_middle_slice(series), volume.array[len(instances) // 2])


def test_a_run_length_encoded_colour_picture(tmp_path: Path) -> None:
    truth = RNG.integers(0, 256, (ROWS, COLUMNS, 3), dtype=np.uint8)
    dataset = colour(PixelData=truth.tobytes())
    dataset.compress(RLELossless, truth, generate_instance_uid=False)
    write(dataset, tmp_path / "x", RLELossless)
    assert np.array_equal(read(tmp_path).array[0], truth)


def test_the_preview_of_a_colour_picture_is_in_colours(tmp_path: Path) -> None:
    truth = np.zeros((ROWS, COLUMNS, 3), np.uint8)
    truth[..., 0] = 200
    put(tmp_path, colour(), truth)
    series = series_of(tmp_path)
    small = thumbnail(series, 32)
    assert small.shape == (32, 32, 3)
    assert small[16, 16].tolist() == [200, 0, 0]


@pytest.mark.parametrize(
    ("modality", "told"),
    [
        ("US", {"PixelSpacing": None, "PixelAspectRatio": [4, 3]}),
        ("US", {"PixelSpacing": [0.4, 0.3]}),
        ("CR", {"PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.15]}),
    ],
)
def test_pixels_that_are_no_squares_keep_their_proportion_where_no_millimetre_is_known(
    tmp_path: Path, modality: str, told: dict[str, Any]
) -> None:
    write(image(Modality=modality, ImagePositionPatient=None, ImageOrientationPatient=None, **told), tmp_path / "x")
    geometry = series_of(tmp_path).geometry
    assert geometry is not None
    assert not geometry.has_spacing
    assert geometry.spacing_mm[1:] == pytest.approx((4 / 3, 1.0))


def test_a_proportion_that_is_none_is_left_out(tmp_path: Path) -> None:
    write(image(PixelSpacing=None, PixelAspectRatio=[0, 1], ImageOrientationPatient=None), tmp_path / "x")
    geometry = series_of(tmp_path).geometry
    assert geometry is not None
    assert geometry.spacing_mm[1:] == (1.0, 1.0)


@pytest.mark.parametrize(("units", "unit"), [("BQML", "Bq/ml"), ("CNTS", "counts"), ("GML", "g/ml"), (None, "")])
def test_pet_is_in_its_own_units(tmp_path: Path, units: str | None, unit: str) -> None:
    for index in range(3):
        write(
            image(index, Modality="PT", Units=units, RescaleSlope=1.5 + index, RescaleIntercept=0, RescaleType=None),
            tmp_path / str(index),
        )
    volume = read(tmp_path)
    assert volume.unit == unit
    assert volume.array[:, 0, 0].tolist() == [1500.0, 1001 * 2.5, 1002 * 3.5]
