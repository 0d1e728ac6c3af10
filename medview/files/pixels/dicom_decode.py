"""One compressed frame turned into stored values (PS3.5 8.2, A.4).

What the codestream says of itself is held against the header before a decoder may allocate anything. Decoders are
native code that foreign data reaches: call this in a process of its own (`medview.files.workers`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.headers.codestream import Codestream, read_jpeg, read_jpeg_2000, read_jpeg_xl
from medview.files.pixels.native_frame import frame_bits, native_values
from medview.files.pixels.rle import decode_rle
from medview.study.series import StoredPixels

Values = NDArray[Any]
_YBR = "YBR_FULL"
_LENIENT = {"jpeg8", "htj2k"}  # they fill what is missing with something, and say nothing
_END, _END_IN = b"\xff\xd9", 4096  # the end marker, and how near to the end: some writers pad


@dataclass(frozen=True)
class Codec:
    """How the frames of a transfer syntax are decoded.

    `first` is the decoder of imagecodecs, `second` pydicom's plugin that is asked where the first refuses.
    `ms_per_megapixel` is what a 16-bit picture takes, from which the size of a task is made.
    """

    first: str
    second: str
    ms_per_megapixel: float
    is_lossy: bool = False


# Measured on a 512x512 CT of 12 bits with 14 HU of noise (tests/files/make_ct.py), ms a frame, one thread, median of 9:
#   JPEG lossless   imagecodecs jpeg8 (libjpeg-turbo 3) 1.6, ljpeg 2.9, gdcm 4.1, jpegsof3 4.4, SimpleITK 4.7
#   JPEG-LS         imagecodecs 4.1, pyjpegls 4.2 (both CharLS), gdcm 5.6, SimpleITK 6.2
#   JPEG 2000       pylibjpeg-openjpeg 22.7, imagecodecs 23.2 (both OpenJPEG 2.5), gdcm and SimpleITK 31 (two threads)
#   HTJ2K lossless  imagecodecs htj2k (OpenJPH) 1.9, jpeg2k (OpenJPEG) 7.8, pylibjpeg-openjpeg 8.9
#   JPEG XL         imagecodecs 42
#   RLE             packbits of imagecodecs 0.21, pylibjpeg-rle 0.39, pydicom 2.0, SimpleITK 26.8
# The second decoder is of another library where there is one, else another binding of the same.
_JPEG = Codec("jpeg8", "gdcm", 8.0, is_lossy=True)
_JPEG_LOSSLESS = Codec("jpeg8", "gdcm", 7.0)
_J2K = Codec("jpeg2k", "pylibjpeg", 90.0)
_HTJ2K = Codec("htj2k", "pylibjpeg", 8.0)
_CODECS = {
    "1.2.840.10008.1.2.5": Codec("rle", "pydicom", 1.0),
    "1.2.840.10008.1.2.1.98": Codec("native", "", 1.0),
    "1.2.840.10008.1.2.8.1": Codec("deflate", "", 5.0),
    "1.2.840.10008.1.2.4.50": _JPEG,
    "1.2.840.10008.1.2.4.51": _JPEG,
    "1.2.840.10008.1.2.4.53": _JPEG,
    "1.2.840.10008.1.2.4.55": _JPEG,
    "1.2.840.10008.1.2.4.57": _JPEG_LOSSLESS,
    "1.2.840.10008.1.2.4.70": _JPEG_LOSSLESS,
    "1.2.840.10008.1.2.4.80": Codec("jpegls", "gdcm", 16.0),
    "1.2.840.10008.1.2.4.81": Codec("jpegls", "gdcm", 16.0, is_lossy=True),
    "1.2.840.10008.1.2.4.90": _J2K,
    "1.2.840.10008.1.2.4.91": Codec("jpeg2k", "pylibjpeg", 90.0, is_lossy=True),
    "1.2.840.10008.1.2.4.110": Codec("jpegxl", "", 160.0),
    "1.2.840.10008.1.2.4.111": Codec("jpegxl", "", 160.0, is_lossy=True),
    "1.2.840.10008.1.2.4.112": Codec("jpegxl", "", 160.0, is_lossy=True),
    "1.2.840.10008.1.2.4.201": _HTJ2K,
    "1.2.840.10008.1.2.4.202": _HTJ2K,
    # not htj2k: where a lossy value leaves its range, that lets it come back at the other end (255 became 0)
    "1.2.840.10008.1.2.4.203": Codec("jpeg2k", "pylibjpeg", 30.0, is_lossy=True),
}
_HEADERS: dict[str, Callable[[bytes], Codestream | None]] = {
    "jpeg8": read_jpeg,
    "jpegls": read_jpeg,
    "jpeg2k": read_jpeg_2000,
    "htj2k": read_jpeg_2000,
    "jpegxl": read_jpeg_xl,
}


@dataclass(frozen=True)
class Decoded:
    """A decoded frame.

    Attributes
    ----------
    values
        (rows, columns), of colours (rows, columns, 3), as whatever integer the codec gives.
    photometric_interpretation
        What the values mean now: a codec may have turned luminance and colour differences into red, green and blue.
    bits
        How many low bits of a value hold it.
    is_lossy
        Whether values may have left the range that the header gives.
    """

    values: Values
    photometric_interpretation: str
    bits: int
    is_lossy: bool = False


def prepare_decoding() -> None:
    """Import what decoding needs: run in a process of the pool before the first frame is asked for."""
    import imagecodecs

    imagecodecs.packbits_decode(b"\x00\x00")
    imagecodecs.version()
    for codec in ("jpeg8", "jpegls", "jpeg2k"):
        getattr(imagecodecs, f"{codec}_check")(b"")


def codec_of(transfer_syntax_uid: str) -> Codec:
    """Return how a transfer syntax is decoded.

    Raises
    ------
    MedViewError
        It has no decoder here.
    """
    found = _CODECS.get(transfer_syntax_uid)
    if found is None:
        raise MedViewError(
            "Pixels compressed as {uid} cannot be read.",
            "Ask for the series uncompressed, or as JPEG 2000.",
            uid=transfer_syntax_uid,
        )
    return found


def decode(data: bytes, transfer_syntax_uid: str, pixels: StoredPixels, photometric_interpretation: str) -> Decoded:
    """Return the stored values of one frame.

    Raises
    ------
    MedViewError
        The transfer syntax has no decoder here, the codestream is not what the header says, or it is damaged.
    """
    codec = codec_of(transfer_syntax_uid)
    if codec.first not in _HEADERS:
        return Decoded(_simple(codec, data, pixels), photometric_interpretation, pixels.bits_allocated)
    said = _checked(_HEADERS[codec.first](data), pixels)
    if codec.first in _LENIENT and _END not in data[-_END_IN:]:
        raise MedViewError("The compressed picture is cut short.", "Copy the series again from its source.")
    after = _photometric_after(codec, photometric_interpretation)
    try:
        values = _by_imagecodecs(codec, data[said.start :], said, photometric_interpretation)
    except Exception as error:  # every codec has an error class of its own, and damaged data reaches all of them
        values, after = _by_second(codec, data, transfer_syntax_uid, pixels, photometric_interpretation, error)
    if values.shape != _shape(pixels) or values.dtype.kind not in "iu":
        raise _damaged(codec)
    bits = min(said.bits or pixels.bits_allocated, pixels.bits_allocated)
    # a codestream with a sign of its own gives whole values, whatever its precision
    return Decoded(values, after, pixels.bits_allocated if said.is_signed else bits, codec.is_lossy)


def _simple(codec: Codec, data: bytes, pixels: StoredPixels) -> Values:
    if codec.first == "rle":
        return decode_rle(data, pixels)
    if codec.first == "deflate":
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflate.decompress(data, frame_bits(pixels) // 8 + 2)
        except zlib.error as error:
            raise _damaged(codec) from error
    return native_values(data, pixels)


def _checked(said: Codestream | None, pixels: StoredPixels) -> Codestream:
    """Refuse a codestream that is not the picture of the header: it would be allocated as it says itself."""
    if said is None or (said.rows, said.columns) != (pixels.rows, pixels.columns):
        raise MedViewError(
            "The compressed picture is not {rows} x {columns}, as the header says.",
            "Copy the series again from its source.",
            rows=pixels.rows,
            columns=pixels.columns,
        )
    components = said.components or pixels.samples_per_pixel
    if components != pixels.samples_per_pixel or (said.bits or 1) > pixels.bits_allocated:
        raise MedViewError(
            "The compressed picture has {components} values of {bits} bits a pixel, which is not what the header says.",
            "Copy the series again from its source.",
            components=components,
            bits=said.bits,
        )
    return said


def _photometric_after(codec: Codec, photometric: str) -> str:
    """Return what the values mean once decoded (PS3.5 8.2): most codecs undo a colour transform of their own."""
    if not photometric.startswith(("YBR", "RGB", "XYB")):
        return photometric
    if codec.first in ("jpeg2k", "htj2k"):
        return _YBR if photometric == _YBR else "RGB"
    if codec.first == "jpegxl" or codec is _JPEG:
        return "RGB"
    return _YBR if photometric.startswith("YBR") else photometric


def _by_imagecodecs(codec: Codec, data: bytes, said: Codestream, photometric: str) -> Values:
    import imagecodecs

    options: dict[str, Any] = {"numthreads": 1} if codec.first in ("jpeg2k", "jpegxl") else {}
    if codec.first == "jpeg8" and said.components == 3:
        # what the codestream says of itself is truer than the header, which is often not renewed with it
        is_ybr = codec.is_lossy and (said.colours or photometric[:3]) == "YBR"
        options = {"colorspace": "YCBCR" if is_ybr else "RGB", "outcolorspace": "RGB"}
    return np.asarray(getattr(imagecodecs, f"{codec.first}_decode")(data, **options))


def _by_second(
    codec: Codec, data: bytes, transfer_syntax_uid: str, pixels: StoredPixels, photometric: str, error: Exception
) -> tuple[Values, str]:
    """Ask pydicom's plugin for a frame that the first decoder refuses."""
    if not codec.second:
        raise _damaged(codec) from error
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    facts: dict[str, Any] = {
        name: getattr(pixels, name)
        for name in (
            "rows", "columns", "samples_per_pixel", "bits_allocated", "bits_stored", "pixel_representation",
            "planar_configuration",
        )
    }  # fmt: skip
    facts |= {"number_of_frames": 1, "photometric_interpretation": photometric, "pixel_keyword": "PixelData"}
    try:
        decoder = get_decoder(UID(transfer_syntax_uid))
        values, told = decoder.as_array(encapsulate([data]), raw=True, decoding_plugin=codec.second, **facts)
    except Exception as second:  # the plugins raise whatever their libraries do
        raise _damaged(codec) from second
    return values, str(told["photometric_interpretation"])


def _shape(pixels: StoredPixels) -> tuple[int, ...]:
    size = pixels.rows, pixels.columns
    return size if pixels.samples_per_pixel == 1 else (*size, pixels.samples_per_pixel)


def _damaged(codec: Codec) -> MedViewError:
    return MedViewError(
        "The compressed picture is damaged ({codec}).", "Copy the series again from its source.", codec=codec.first
    )
