"""The voxels of a series, read into one array.

PS3.5 8 (how pixels are stored), PS3.3 C.7.6.3 (image pixel), C.11.1 (modality values).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.dicom_decode import decode
from medview.files.dicom_file import BIG_ENDIAN, DEFLATED, inflated, open_regular
from medview.progress import Progress, unheard
from medview.study import shared_array
from medview.study.series import Instance, Series, StoredPixels
from medview.study.volume import Volume

_RESCAN = "Open the folder again."
_INT16 = (-32768, 32767)


def read_volume(series: Series, progress: Progress = unheard) -> Volume:
    """Read every slice of a series into one array of modality values, in shared memory.

    Returns
    -------
    Volume
        int16 (uint8 for 8-bit images, uint16 where values exceed 32767) where the rescale slope is 1 and the
        intercept whole, else float32. Padding pixels stay as they are. MONOCHROME1 is not inverted: that is display.

    Raises
    ------
    MedViewError
        The series forms no volume, does not fit into memory, a file has changed or is gone, or a slice is damaged.
    """
    if series.geometry is None:
        raise series.refusal or MedViewError("The series {name} forms no volume.", name=series.series_description)
    reader = _Reader(series.instances)
    stored = reader.stored_type
    array = _allocate(series.geometry.shape, stored if stored is not None else np.dtype(np.float32))
    least, most = 0, 0
    for number, instance in enumerate(series.instances):
        progress(number / len(series.instances), "Reading slices")
        pixels = reader.read(series, instance)
        if stored is None:
            array[number] = _modality_values(pixels, instance)
        else:
            array[number] = pixels
            least, most = min(least, int(pixels.min())), max(most, int(pixels.max()))
    if stored is not None:
        array = _shifted(array, series.instances[0].rescale_intercept, least, most)
    progress(1.0, "")
    return Volume(array, series.geometry, series, _unit(series))


def read_middle_slice(series: Series) -> NDArray[np.float32]:
    """Return the modality values (rows, columns) of the slice in the middle, for a preview.

    Raises
    ------
    MedViewError
        The image is not grey, or damaged.
    """
    if series.refusal is not None and not series.photometric_interpretation.startswith("MONOCHROME"):
        raise series.refusal
    instance = series.instances[len(series.instances) // 2]
    return _modality_values(_Reader((instance,)).read(series, instance), instance)


def thumbnail(series: Series, size: int = 96) -> NDArray[np.uint8]:
    """Return a preview (size, size) of the middle slice, in its own window, in proportion, on black."""
    values = read_middle_slice(series)
    values = values[:: max(1, values.shape[0] // (2 * size)), :: max(1, values.shape[1] // (2 * size))]
    low, high = _preview_range(series, values)
    grey = np.clip((values - low) / max(high - low, 1e-6), 0.0, 1.0)
    if series.photometric_interpretation == "MONOCHROME1":
        grey = 1.0 - grey
    return _fitted(grey * 255, size, _pixel_aspect(series) * series.rows / max(series.columns, 1))


def _preview_range(series: Series, values: NDArray[np.float32]) -> tuple[float, float]:
    if series.windows:
        centre, width = series.windows[0]
        return centre - width / 2, centre + width / 2
    kept = values[values != series.pixel_padding_value] if series.pixel_padding_value is not None else values
    low, high = np.percentile(kept if kept.size else values, (0.5, 99.5))
    return float(low), float(high)


def _pixel_aspect(series: Series) -> float:
    """Return the height of a pixel in its widths."""
    if series.geometry is None:
        return 1.0
    _, row_mm, column_mm = series.geometry.spacing_mm
    return row_mm / column_mm


def _fitted(picture: NDArray[np.floating[Any]], size: int, ratio: float) -> NDArray[np.uint8]:
    """Return a picture, `ratio` times as high as wide, scaled into a black square by the nearest pixel."""
    height = max(1, round(size * min(1.0, ratio)))
    width = max(1, round(size * min(1.0, 1.0 / ratio)))
    rows = np.arange(height) * picture.shape[0] // height
    columns = np.arange(width) * picture.shape[1] // width
    square = np.zeros((size, size), dtype=np.uint8)
    top, left = (size - height) // 2, (size - width) // 2
    square[top : top + height, left : left + width] = picture[np.ix_(rows, columns)]
    return square


class _Reader:
    """Reads frames; keeps the file that the last one came from, since a multi-frame file has the next one too."""

    def __init__(self, instances: Sequence[Instance]) -> None:
        self._path: object = None
        self._bytes = b""
        self._fragments: list[bytes] = []
        self.stored_type = _stored_type(instances)

    def read(self, series: Series, instance: Instance) -> NDArray[Any]:
        """Return the stored values (rows, columns) of one image, with sign, before rescale."""
        pixels = instance.pixels
        if pixels is None:
            raise MedViewError("{file} was not read from a scan.", _RESCAN, file=instance.path.name)
        try:
            if pixels.length is None:
                found = self._decoded(series, instance, pixels)
            else:
                found = self._native(series, instance, pixels)
        except OSError as error:
            raise MedViewError(
                "{file} cannot be read: {reason}",
                "Check that the disk or network folder is still there.",
                file=instance.path.name,
                reason=error.strerror or str(error),
            ) from error
        except MedViewError as error:
            raise MedViewError(
                "{file}: {reason}", error.remedy.template, file=instance.path.name, reason=error.message,
                **error.remedy.values,
            ) from error  # fmt: skip
        return _with_sign(found, pixels)

    def _native(self, series: Series, instance: Instance, pixels: StoredPixels) -> NDArray[Any]:
        """Read one frame straight from its place in the file."""
        order = ">" if instance.transfer_syntax_uid == BIG_ENDIAN else "<"
        dtype = np.dtype(f"{order}u{pixels.bits_allocated // 8}")
        size = series.rows * series.columns * dtype.itemsize
        with open_regular(instance.path) as file:
            _check_unchanged(file, pixels)
            stream: BinaryIO = inflated(file) if instance.transfer_syntax_uid == DEFLATED else file
            stream.seek(pixels.offset + instance.frame_index * size)
            data = stream.read(size)
        if len(data) != size:
            raise MedViewError("The pixel data is cut short.", "Copy the images again from their source.")
        return np.frombuffer(data, dtype).reshape(series.rows, series.columns).astype(dtype.newbyteorder("="))

    def _decoded(self, series: Series, instance: Instance, pixels: StoredPixels) -> NDArray[Any]:
        if instance.path != self._path:
            self._fragments = _compressed_frames(instance, pixels)
            self._path = instance.path
        shape = series.rows, series.columns
        frame = self._fragments[instance.frame_index]
        return decode(frame, instance.transfer_syntax_uid, shape, pixels.bits_allocated)


def _stored_type(instances: Sequence[Instance]) -> np.dtype[Any] | None:
    """Return the integer type that all slices can be read into and shifted in; None where they need float32."""
    kinds = {
        (i.pixels.bits_allocated, i.pixels.pixel_representation, i.rescale_slope, i.rescale_intercept)
        for i in instances
        if i.pixels is not None
    }
    if len(kinds) != 1:
        return None
    bits, signed, slope, intercept = kinds.pop()
    if bits > 16 or slope != 1.0 or intercept != int(intercept):
        return None
    return np.dtype(f"{'i' if signed else 'u'}{1 if bits == 8 and not signed and intercept == 0 else 2}")


def _compressed_frames(instance: Instance, pixels: StoredPixels) -> list[bytes]:
    """Return the codestream of every frame of a file (PS3.5 A.4)."""
    from pydicom.encaps import generate_frames

    with open_regular(instance.path) as file:
        _check_unchanged(file, pixels)
        file.seek(pixels.offset)
        try:
            frames = list(generate_frames(file, number_of_frames=pixels.frames))
        except Exception as error:  # ValueError, struct.error, EOFError: a damaged offset table raises any
            raise MedViewError(
                "The compressed frames cannot be told apart.", "Copy the images again from their source."
            ) from error
    if len(frames) < pixels.frames:
        raise MedViewError("The pixel data is cut short.", "Copy the images again from their source.")
    return frames


def _check_unchanged(file: BinaryIO, pixels: StoredPixels) -> None:
    """Refuse a file that is not the one that was scanned: its pixels would carry another image's identity."""
    facts = os.fstat(file.fileno())
    if (facts.st_size, facts.st_mtime_ns) != (pixels.file_size, pixels.file_mtime_ns):
        raise MedViewError("The file has changed since the folder was opened.", _RESCAN)


def _with_sign(values: NDArray[Any], pixels: StoredPixels) -> NDArray[Any]:
    """Return the low Bits Stored bits of each value as what they mean (PS3.5 8.1.1); higher bits may hold overlays."""
    size = pixels.bits_allocated // 8
    raw = values.astype(f"u{size}", copy=False)
    unused = pixels.bits_allocated - pixels.bits_stored
    if not pixels.pixel_representation:
        return np.bitwise_and(raw, (1 << pixels.bits_stored) - 1) if unused else raw
    signed: NDArray[Any] = np.left_shift(raw, unused).view(f"i{size}")
    return signed >> unused


def _modality_values(pixels: NDArray[Any], instance: Instance) -> NDArray[np.float32]:
    values = pixels.astype(np.float64) * instance.rescale_slope + instance.rescale_intercept
    return values.astype(np.float32)


def _shifted(array: NDArray[Any], intercept: float, least: int, most: int) -> NDArray[Any]:
    """Return the array with a whole intercept added, in place where the values then still fit 16 bits."""
    shift = int(intercept)
    if array.dtype == np.uint8:
        return array
    low, high = least + shift, most + shift
    if _INT16[0] <= low and high <= _INT16[1]:
        result = array.view(np.int16)
    elif low >= 0 and high <= 65535:
        result = array.view(np.uint16)
    else:
        wide = _allocate(array.shape, np.dtype(np.float32))
        for before, after in zip(array, wide, strict=True):
            np.add(before, np.float32(shift), out=after, casting="unsafe")
        return wide
    # arithmetic modulo 2^16 is exact here, because the sums are known to fit the type
    raw = array.view(np.uint16)
    np.add(raw, np.uint16(shift % 65536), out=raw)
    return result


def _unit(series: Series) -> str:
    """Return "HU" for original CT images whose values are Hounsfield units, "" for all others (C.8.2.1.1.2)."""
    if series.modality != "CT" or "LOCALIZER" in series.image_type or "SECONDARY" in series.image_type:
        return ""
    if series.rescale_type:
        return "HU" if series.rescale_type == "HU" else ""
    return "HU" if series.image_type[:1] == ("ORIGINAL",) else ""


def _allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    try:
        return shared_array.allocate(shape, dtype)
    except (OSError, MemoryError, ValueError) as error:
        raise MedViewError(
            "The series needs {size:.1f} GB of memory, which is not free.",
            "Close other studies or programs, or open a smaller series.",
            size=size / 1e9,
        ) from error
