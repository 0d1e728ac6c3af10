"""Overlay planes: graphics and regions that lie over an image, one bit a pixel (PS3.3 C.9.2, PS3.5 8.1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.headers.dicom_file import BIG_ENDIAN, DEFLATED, read_dicom_file
from medview.files.pixels.frame_file import FrameFile
from medview.files.pixels.native_frame import native_values
from medview.study.series import Instance

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_GROUPS = range(0x6000, 0x6020, 2)
_MOST_PIXELS = 2**28


@dataclass(frozen=True, eq=False)
class Overlay:
    """One overlay plane as it lies on one image.

    Attributes
    ----------
    mask
        bool (rows, columns) of the overlay, which may be smaller or larger than the image.
    origin
        (row, column) of the image's pixel under the overlay's first one, counted from 0; may be negative.
    kind
        "G" for graphics, "R" for a region of interest.
    label, description
        As stored; "" where absent.
    group
        0x6000 to 0x601E, by which a shutter names it.
    """

    mask: NDArray[np.bool_]
    origin: tuple[int, int]
    kind: str
    label: str
    description: str
    group: int = 0x6000


def read_overlays(instance: Instance) -> tuple[Overlay, ...]:
    """Return the overlay planes of one image, kept in elements of their own or in unused bits of its pixels.

    Planes that are damaged, or that lie in compressed pixels, which the standard rules out, are left out.

    Raises
    ------
    MedViewError
        The file is damaged, or is another one by now. OSError where it cannot be read.
    """
    file = read_dicom_file(instance.path)
    if file is None:
        return ()
    pixels = instance.pixels
    if pixels is not None and (file.file_size, file.file_mtime_ns) != (pixels.file_size, pixels.file_mtime_ns):
        raise MedViewError("The file has changed since the folder was opened.", "Open the folder again.")
    return tuple(_overlays(file.dataset, instance))


def _overlays(dataset: Dataset, instance: Instance) -> Iterator[Overlay]:
    for group in _GROUPS:
        try:
            mask = _mask(dataset, group, instance)
            origin = _numbers(dataset, group, 0x0050) or [1, 1]
        except (AttributeError, KeyError, IndexError, TypeError, ValueError, MedViewError):
            continue  # a damaged plane hides no image
        if mask is not None:
            kind, label, description = (
                str(_value(dataset, group, element) or "").strip() for element in (0x0040, 0x1500, 0x0022)
            )
            yield Overlay(mask, (origin[0] - 1, origin[1] - 1), kind, label, description, group)


def _mask(dataset: Dataset, group: int, instance: Instance) -> NDArray[np.bool_] | None:
    """Return the plane of a group on this image; None where the group has none for it."""
    if (group, 0x0010) not in dataset:
        return None
    rows, columns = (int(_value(dataset, group, element)) for element in (0x0010, 0x0011))
    if not 0 < rows * columns <= _MOST_PIXELS:
        return None
    if (group, 0x3000) not in dataset:
        return _from_pixels(int(_value(dataset, group, 0x0102)), instance)
    frames = int(_value(dataset, group, 0x0015) or 1)
    frame = instance.frame_index + 1 - int(_value(dataset, group, 0x0051) or 1)
    if frames == 1 and (group, 0x0051) not in dataset:
        frame = 0  # one plane without a frame of its own lies on all
    if not 0 <= frame < frames:
        return None
    bits = _bits(dataset, group)[frame * rows * columns : (frame + 1) * rows * columns]
    return bits.reshape(rows, columns).astype(bool)


def _bits(dataset: Dataset, group: int) -> NDArray[np.uint8]:
    data = dataset[group, 0x3000]
    packed = np.frombuffer(data.value, np.uint8)
    if data.VR == "OW" and dataset.original_encoding[1] is False:
        packed = packed.view(">u2").astype("<u2").view(np.uint8)
    return np.unpackbits(packed, bitorder="little")


def _from_pixels(bit: int, instance: Instance) -> NDArray[np.bool_] | None:
    """Return the plane that lies in one bit of the stored pixels."""
    pixels = instance.pixels
    if pixels is None or pixels.length is None or not pixels.bits_stored <= bit < pixels.bits_allocated:
        return None
    size = pixels.rows * pixels.columns * pixels.bits_allocated // 8
    is_deflated = instance.transfer_syntax_uid == DEFLATED
    with FrameFile(instance.path, pixels, is_deflated=is_deflated, sop_instance_uid=instance.sop_instance_uid) as file:
        data = file.read(pixels.offset + instance.frame_index * size, size)
    values = native_values(data, pixels, order=">" if instance.transfer_syntax_uid == BIG_ENDIAN else "<")
    mask: NDArray[np.bool_] = (values >> bit & 1).astype(bool)
    return mask


def _value(dataset: Dataset, group: int, element: int) -> Any:
    return dataset[group, element].value if (group, element) in dataset else None


def _numbers(dataset: Dataset, group: int, element: int) -> list[int]:
    value = _value(dataset, group, element)
    return [int(number) for number in value] if value is not None else []
