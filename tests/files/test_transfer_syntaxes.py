"""Every transfer syntax: the same picture gives the same values, and other decoders give them, too."""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from medview.errors import MedViewError
from medview.files.headers.codestream import read_jpeg, read_jpeg_2000, read_jpeg_xl
from medview.files.pixels.dicom_decode import decode
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.jobs.process_pool import ProcessPool
from medview.study.series import Series, StoredPixels
from medview.study.volume import Volume
from tests.files.make_dicom import image, mr_image, write

DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
ENCAPSULATED_NATIVE = "1.2.840.10008.1.2.1.98"
JPEG_XL_LOSSLESS = "1.2.840.10008.1.2.4.110"
# Largest and mean distance (stored values) from the uncompressed picture. That of JPEG-LS is the bound that the encoder
# was given (NEAR), which is part of the codestream. JPEG and JPEG 2000 promise none: these are the distances that
# SimpleITK's and pydicom's decoders give, too (another test holds the readers against one another).
LOSSY = {
    "CT1_JLSN": (4, 2.2), "MR1_JLSN": (4, 2.3), "NM1_JLSN": (4, 1.3),
    "CT1_J2KI": (352, 26), "MR1_J2KI": (396, 35), "NM1_J2KI": (101, 4.3), "US1_J2KI": (124, 1.7),
    "MR1_JPLY": (128, 11.3), "NM1_JPLY": (36, 2.3),
}  # fmt: skip
# of the CT in fifteen syntaxes: largest distance in HU
LOSSY_CT = {
    "JPEGLSLossyTransferSyntax": 1, "JPEG2000TransferSyntax": 5, "JPEGProcess1TransferSyntax": 64.3,
    "JPEGProcess2_4": 35.7, "JPEGProcess6_8": 35.7, "JPEGProcess10_12": 35.7,
}  # fmt: skip
# what pydicom does not know as transfer syntaxes is written under the name of another, whose value is as long
STAND_INS = {DEFLATED_FRAMES: b"1.2.840.10008.1.2.4.90", JPEG_XL_LOSSLESS: b"1.2.840.10008.1.2.4.201"}


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(2) as pool:
        yield pool


@pytest.fixture(autouse=True)
def _quiet_libraries() -> Iterator[None]:
    """Let pydicom say nothing of files that it reads here as a judge."""
    before = logging.getLogger("pydicom").level
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.getLogger("pydicom").setLevel(before)


def series_of(path: Path) -> Series:
    (series,) = (series for study in scan(path).studies for series in study.series)
    return series


def values(path: Path, pool: ProcessPool | None = None) -> NDArray[Any]:
    return read_volume(series_of(path), workers=pool).array


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(("LICENSE", "README")))


def by_pydicom(path: Path) -> NDArray[Any] | None:
    """Return pydicom's values, grey ones with rescale; None where none of its decoders reads them."""
    dataset = pydicom.dcmread(path)
    try:
        pixels = pydicom.pixels.pixel_array(dataset)
    except RuntimeError:
        return None
    if dataset.SamplesPerPixel == 3:
        return pixels
    return pixels * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))


def by_simple_itk(path: Path) -> NDArray[Any]:
    import SimpleITK

    picture = SimpleITK.ReadImage(str(path))  # kept alive: the array may be a view of it
    return np.array(SimpleITK.GetArrayFromImage(picture))


def test_lossless_pictures_equal_the_uncompressed_one(shared_data: Path, pool: ProcessPool) -> None:
    compared = 0
    for folder in sorted((shared_data / "transfer_syntaxes" / "wg04").iterdir()):
        truth = values(folder / f"{folder.name}_UNC")
        for path in files(folder):
            if path.name.endswith(("J2KR", "JLSL", "JPLL", "RLE")):
                assert np.array_equal(values(path, pool), truth), path.name
                compared += 1
    assert compared == 14


def test_lossy_pictures_are_as_near_as_the_codec_has_left_them(shared_data: Path, pool: ProcessPool) -> None:
    found = {}
    for folder in sorted((shared_data / "transfer_syntaxes" / "wg04").iterdir()):
        truth = values(folder / f"{folder.name}_UNC").astype(float)
        for path in files(folder):
            if path.name in LOSSY:
                distance = np.abs(values(path, pool) - truth)
                found[path.name] = float(distance.max()), float(distance.mean())
    assert set(found) == set(LOSSY)
    beyond = {name: far for name, far in found.items() if far[0] > LOSSY[name][0] or far[1] > LOSSY[name][1]}
    assert not beyond


def test_fifteen_syntaxes_of_one_ct_give_one_picture(shared_data: Path, pool: ProcessPool) -> None:
    folder = shared_data / "transfer_syntaxes" / "ct_chest_15_syntaxes"
    truth = values(folder / "CTImage.dcm").astype(float)
    assert truth.shape == (1, 512, 512)
    for path in files(folder):
        distance = np.abs(values(path, pool) - truth)
        bound = next((far for name, far in LOSSY_CT.items() if f"_{name}" in path.name), 0)
        assert distance.max() <= bound, path.name


def test_independent_readers_agree_on_every_file(shared_data: Path) -> None:
    """Pydicom's decoders cannot read the five JPEGs of 12 bits; SimpleITK reads every file."""
    paths = files(shared_data / "transfer_syntaxes")
    alone = []
    for path in paths:
        found = values(path).astype(float)
        itk = by_simple_itk(path).reshape(found.shape)
        assert np.abs(found - itk).max() < 1e-3, path.name
        if (other := by_pydicom(path)) is None:
            alone.append(path.name)
        else:
            assert np.abs(found - other.reshape(found.shape)).max() < 1e-3, path.name
    assert (len(paths), len(alone)) == (45, 5)


def test_every_way_of_fragmenting_an_enhanced_ct_gives_the_same_voxels(shared_data: Path, pool: ProcessPool) -> None:
    paths = files(shared_data / "ct_enhanced_multiframe")
    found = [values(path, pool) for path in paths]
    assert len(paths) == 5
    assert all(np.array_equal(array, found[0]) for array in found)
    dataset = pydicom.dcmread(shared_data / "ct_enhanced_multiframe" / "eCT_Supplemental.dcm")
    stored = pydicom.pixels.pixel_array(dataset)
    transformation = dataset.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence[0]
    truth = stored * float(transformation.RescaleSlope) + float(transformation.RescaleIntercept)
    assert sorted(truth.mean(axis=(1, 2)).tolist()) == sorted(found[0].mean(axis=(1, 2)).tolist())


def test_recordings_have_the_colours_of_other_readers(shared_data: Path, pool: ProcessPool) -> None:
    folder = shared_data / "us_cine_echo_acuson"
    plain = values(folder / "IM00001.implicit_little_endian.dcm")
    lossy = values(folder / "IM00001.fragmented_no_bot_jpeg_baseline.50.dcm", pool)
    assert plain.shape == lossy.shape == (8, 240, 320, 3)
    assert np.array_equal(plain, by_pydicom(folder / "IM00001.implicit_little_endian.dcm"))
    judged = by_simple_itk(folder / "IM00001.fragmented_no_bot_jpeg_baseline.50.dcm")
    assert int(np.abs(lossy.astype(int) - judged).max()) <= 1  # colour arithmetic is rounded by each library
    assert np.array_equal(values(folder / "color-pl.dcm"), values(folder / "color-px.dcm"))
    assert np.array_equal(values(folder / "color-px.dcm")[0], by_pydicom(folder / "color-px.dcm"))


def test_palettes_are_the_same_run_length_encoded(shared_data: Path, pool: ProcessPool) -> None:
    folder = shared_data / "us_cine_echo_acuson"
    plain = values(folder / "OBXXXX1A_2frame.dcm")
    assert plain.shape == (2, 600, 800, 3)
    assert np.array_equal(plain, values(folder / "OBXXXX1A_rle_2frame.dcm", pool))
    assert np.array_equal(plain, by_simple_itk(folder / "OBXXXX1A_2frame.dcm"))


def _picture(bits: int = 12) -> NDArray[np.uint16]:
    rng = np.random.default_rng(7)
    return rng.integers(0, 1 << bits, (24, 40), dtype=np.uint16)


def _encode(picture: NDArray[Any], uid: str) -> bytes:
    coders: dict[str, Callable[[], Any]] = {
        JPEGLosslessSV1: lambda: imagecodecs.jpeg8_encode(picture, lossless=True, predictor=1, bitspersample=12),
        JPEGLSLossless: lambda: imagecodecs.jpegls_encode(picture),
        JPEG2000Lossless: lambda: imagecodecs.jpeg2k_encode(picture, reversible=True, codecformat="j2k"),
        HTJ2KLossless: lambda: imagecodecs.htj2k_encode(picture, reversible=True),
        JPEG_XL_LOSSLESS: lambda: imagecodecs.jpegxl_encode(picture, lossless=True),
        DEFLATED_FRAMES: lambda: _deflated(picture.tobytes()),
        ENCAPSULATED_NATIVE: picture.tobytes,
    }
    return bytes(coders[uid]())


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


ENCODED = (
    JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless, HTJ2KLossless, JPEG_XL_LOSSLESS, DEFLATED_FRAMES,
    ENCAPSULATED_NATIVE,
)  # fmt: skip


def _write_frames(path: Path, data: bytes, uid: str, frames: int, **changes: Any) -> Path:
    dataset = mr_image(Rows=24, Columns=40, NumberOfFrames=frames, PixelData=data, **changes)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    stand_in = STAND_INS.get(uid)
    if stand_in is None:
        return write(dataset, path, uid)
    write(dataset, path, stand_in.decode())
    own = uid.encode().ljust(len(stand_in), b"\x00")
    path.write_bytes(path.read_bytes().replace(stand_in, own, 1))
    return path


@pytest.mark.parametrize("uid", ENCODED)
def test_a_lossless_codestream_gives_what_was_put_in(tmp_path: Path, pool: ProcessPool, uid: str) -> None:
    picture = _picture()
    _write_frames(tmp_path / "x", encapsulate([_encode(picture, uid)]), uid, 1)
    assert np.array_equal(values(tmp_path, pool)[0], picture)
    assert np.array_equal(values(tmp_path)[0], picture)


@pytest.mark.parametrize("uid", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_an_uncompressed_recording_is_read_frame_by_frame(tmp_path: Path, uid: str) -> None:
    pictures = np.stack([_picture() + n for n in range(4)])
    stored = pictures.astype(">u2") if uid == ExplicitVRBigEndian else pictures
    dataset = mr_image(Rows=24, Columns=40, NumberOfFrames=4, BitsStored=16, HighBit=15, PixelData=stored.tobytes())
    dataset["PixelData"].VR = "OW"
    write(dataset, tmp_path / "x", uid)
    assert np.array_equal(values(tmp_path), pictures)


def _several(uid: str, table: str) -> tuple[bytes, dict[str, Any], NDArray[np.uint16]]:
    pictures = np.stack([(_picture() + n) % 4096 for n in range(5)])
    frames = [_encode(picture, uid) for picture in pictures]
    if table == "extended":
        data, offsets, lengths = encapsulate_extended(frames)
        return data, {"ExtendedOffsetTable": offsets, "ExtendedOffsetTableLengths": lengths}, pictures
    return encapsulate(frames, fragments_per_frame=3 if "cut" in table else 1, has_bot="basic" in table), {}, pictures


@pytest.mark.parametrize("table", ["basic", "none", "extended", "basic, cut", "none, cut"])
@pytest.mark.parametrize("uid", [JPEGLSLossless, JPEG2000Lossless])
def test_frames_are_told_apart(tmp_path: Path, pool: ProcessPool, uid: str, table: str) -> None:
    data, changes, pictures = _several(uid, table)
    _write_frames(tmp_path / "x", data, uid, 5, **changes)
    assert np.array_equal(values(tmp_path, pool), pictures)


def test_frames_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    data, _, _ = _several(JPEGLSLossless, "none, cut")
    # a frame's beginning that is no beginning of a codestream, and a fragment more than there are frames
    _write_frames(tmp_path / "x", data.replace(b"\xff\xd8\xff", b"\xff\xd7\xff", 1), JPEGLSLossless, 5)
    with pytest.raises(MedViewError, match=r"x: The compressed frames cannot be told apart\."):
        values(tmp_path)


def _pixels(rows: int, columns: int, bits: int = 16, samples: int = 1) -> StoredPixels:
    return StoredPixels(0, None, 1, bits, bits, 0, 0, 0, rows, columns, samples)


@pytest.mark.parametrize("uid", [uid for uid in ENCODED if uid not in (DEFLATED_FRAMES, ENCAPSULATED_NATIVE)])
def test_a_codestream_of_another_size_is_refused_before_it_is_decoded(
    uid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _encode(_picture(), uid)
    for name in ("jpeg8", "jpegls", "jpeg2k", "htj2k", "jpegxl"):
        monkeypatch.setattr(imagecodecs, f"{name}_decode", lambda *_, **__: pytest.fail("a decoder has seen it"))
    with pytest.raises(MedViewError, match=r"The compressed picture is not 24 x 39, as the header says\."):
        decode(data, uid, _pixels(24, 39), "MONOCHROME2")
    if uid != JPEG_XL_LOSSLESS:  # whose first bytes do not tell
        with pytest.raises(MedViewError, match=r"1 values of (12|16) bits a pixel, which is not what"):
            decode(data, uid, _pixels(24, 40, 8), "MONOCHROME2")
        with pytest.raises(MedViewError, match=r"1 values of (12|16) bits a pixel, which is not what"):
            decode(data, uid, _pixels(24, 40, 16, 3), "RGB")


@pytest.mark.parametrize("uid", [DEFLATED_FRAMES, ENCAPSULATED_NATIVE, RLELossless])
def test_too_little_data_is_refused(uid: str) -> None:
    with pytest.raises(MedViewError, match=r"damaged|cut short"):
        decode(b"\x00" * 20, uid, _pixels(24, 40), "MONOCHROME2")


def test_a_run_length_bomb_fills_no_memory() -> None:
    bomb = struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81a" * 2_000_000
    with pytest.raises(MedViewError, match="damaged"):
        decode(bomb, RLELossless, _pixels(24, 40, 8), "MONOCHROME2")


def test_more_segments_than_a_header_has_room_for_are_refused() -> None:
    frame = struct.pack("<16I", 24, 64, *[64] * 14) + b"\x00" * 64
    with pytest.raises(MedViewError, match="damaged"):
        decode(frame, RLELossless, _pixels(24, 40, 64, 3), "RGB")


@pytest.mark.parametrize("uid", [uid for uid in ENCODED if uid != ENCAPSULATED_NATIVE])
def test_half_a_picture_is_refused_never_filled_up(pool: ProcessPool, tmp_path: Path, uid: str) -> None:
    data = _encode(_picture(), uid)
    path = _write_frames(tmp_path / "cut", encapsulate([data[: len(data) // 3]]), uid, 1)
    with pytest.raises(MedViewError, match=r"^cut: The (compressed picture is (damaged|cut short)|pixel data is cut)"):
        values(path, pool)


@pytest.mark.parametrize(
    ("uid", "first"), [(JPEGLSLossless, "jpegls"), (JPEG2000Lossless, "jpeg2k"), (HTJ2KLossless, "htj2k")]
)
def test_a_second_decoder_is_asked_where_the_first_refuses(
    uid: str, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("not this one")

    picture = _picture()
    data = _encode(picture, uid)
    monkeypatch.setattr(imagecodecs, f"{first}_decode", refuse)
    assert np.array_equal(decode(data, uid, _pixels(24, 40), "MONOCHROME2").values, picture)


def test_the_codestreams_of_real_pictures_say_their_size() -> None:
    picture = _picture()
    for uid, read in ((JPEGLSLossless, read_jpeg), (JPEG2000Lossless, read_jpeg_2000), (HTJ2KLossless, read_jpeg_2000)):
        found = read(_encode(picture, uid))
        assert found is not None
        assert (found.rows, found.columns, found.components, found.bits) == (24, 40, 1, 16)
    for shape in ((24, 40), (40, 40), (8, 16), (300, 200), (2000, 3000), (512, 640)):
        xl = read_jpeg_xl(bytes(imagecodecs.jpegxl_encode(np.zeros(shape, np.uint16), lossless=True)))
        assert xl is not None
        assert (xl.rows, xl.columns) == shape


def test_a_size_hidden_before_the_codestream_is_not_believed() -> None:
    """A box that holds the right size stands before a codestream of another: only the codestream counts."""
    inner = bytes(imagecodecs.jpeg2k_encode(_picture(), codecformat="j2k", reversible=True))
    right = inner[:60]
    wrong = bytes(imagecodecs.jpeg2k_encode(np.zeros((99, 99), np.uint16), codecformat="j2k", reversible=True))
    signature = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
    boxes = struct.pack(">I4s", 8 + len(right), b"xml ") + right + struct.pack(">I4s", 8 + len(wrong), b"jp2c") + wrong
    found = read_jpeg_2000(signature + boxes)
    assert found is not None
    assert (found.rows, found.columns) == (99, 99)


def test_a_syntax_without_a_decoder_is_named(tmp_path: Path) -> None:
    mpeg = "1.2.840.10008.1.2.4.102"
    _write_frames(tmp_path / "video", encapsulate([b"\x00" * 100]), mpeg, 1)
    with pytest.raises(MedViewError, match=rf"Pixels compressed as {mpeg} cannot be read\."):
        values(tmp_path)


def test_a_series_of_several_syntaxes_is_one_volume(tmp_path: Path, pool: ProcessPool) -> None:
    pictures = [(_picture() + n) % 4096 for n in range(4)]
    for index, uid in enumerate((None, JPEGLSLossless, JPEG2000Lossless, RLELossless)):
        dataset = image(index, Rows=24, Columns=40, PixelData=pictures[index].tobytes())
        if uid == RLELossless:
            dataset.compress(RLELossless, pictures[index], generate_instance_uid=False)
        elif uid is not None:
            dataset.PixelData = encapsulate([_encode(pictures[index], uid)])
            dataset["PixelData"].is_undefined_length = True
        write(dataset, tmp_path / str(index), uid or ImplicitVRLittleEndian)
    volume: Volume = read_volume(series_of(tmp_path), workers=pool)
    assert np.array_equal(volume.array, np.stack(pictures).astype(np.int16) - 1024)
