"""A whole volume tiled into one picture: Siemens' mosaics and United Imaging's tiled volumes of MR.

Siemens: Image Position (Patient) is that of a picture as large as the mosaic around the first slice's centre, so the
first slice lies half the difference further in; the direction from slice to slice is the CSA header's
SliceNormalVector. United Imaging: private element (0065,1051) holds an item with the position of each slice.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.files.headers.dicom_frames import Frame, point
from medview.files.headers.dicom_values import Values
from medview.imaging.stack import slice_normal

_MOSAIC_COUNT = 0x0019100A
_CSA_GROUP, _CSA_CREATOR = 0x0029, "SIEMENS CSA HEADER"
_CSA_IMAGE_HEADER = 0x10
_TILES_CREATOR, _TILES_CREATOR_NAME = 0x00650010, "Image Private Header"
_TILES_COUNT, _TILES_ITEMS = 0x00651050, 0x00651051
_MOST_TILES = 4096
_SAME_DIRECTION = 0.999


@dataclass(frozen=True)
class Tiling:
    """How a stored picture is cut: size of a tile (px), where each begins (row, column), and its frame."""

    rows: int
    columns: int
    tiles: tuple[tuple[int, int], ...]
    frames: tuple[Frame, ...]


def tiling(values: Values, image_type: Sequence[str], rows: int, columns: int, frame: Frame) -> Tiling | None:
    """Return how a classic MR picture of `rows` x `columns` is a volume of tiles; None where it is a plain image.

    A picture that is said to be tiled but does not say how comes back as None too: `mosaic_remark` tells it then.
    """
    if "MOSAIC" in image_type or (values.integer(_MOSAIC_COUNT) or 0) > 1:
        return _siemens(values, rows, columns, frame)
    if "VFRAME" in image_type and values.text(_TILES_CREATOR).startswith(_TILES_CREATOR_NAME):
        return _united_imaging(values, rows, columns, frame)
    return None


def mosaic_remark(image_type: Sequence[str]) -> tuple[Sentence, ...]:
    """Say that a picture calls itself a mosaic though its slices could not be told apart."""
    if "MOSAIC" not in image_type:
        return ()
    return (Sentence("This is a mosaic whose slices cannot be told apart: it is shown as one picture."),)


def _siemens(values: Values, rows: int, columns: int, frame: Frame) -> Tiling | None:
    csa = _csa_header(values)
    count = values.integer(_MOSAIC_COUNT) or _whole(csa.get("NumberOfImagesInMosaic"))
    side = math.ceil(math.sqrt(count)) if 1 < count <= _MOST_TILES else 0
    places = _siemens_places(frame, csa, count, (rows, columns), side)
    if places is None or rows % side or columns % side:
        return None
    made = _frames(frame, places)
    if not csa.get("SliceNormalVector"):
        odd = Sentence("The mosaic does not say in which direction its slices follow; it was taken from their plane.")
        made = tuple(replace(one, warnings=(*one.warnings, odd)) for one in made)
    return _cut(rows // side, columns // side, side, made)


def _siemens_places(
    frame: Frame, csa: dict[str, tuple[Any, ...]], count: int, size: tuple[int, int], side: int
) -> NDArray[np.float64] | None:
    """Return the position (LPS mm) of each slice, in the order of the tiles."""
    step_mm = frame.spacing_between_slices_mm or frame.slice_thickness_mm
    if not side or frame.position is None or frame.orientation is None or frame.pixel_spacing is None or not step_mm:
        return None
    cosines, (row_mm, column_mm) = np.array(frame.orientation), frame.pixel_spacing
    beside = (np.array(size) - np.array(size) // side) / 2
    first = np.array(frame.position) + cosines[:3] * column_mm * beside[1] + cosines[3:] * row_mm * beside[0]
    normal = slice_normal(cosines)
    told = np.array(csa.get("SliceNormalVector") or normal, dtype=np.float64)
    if told.shape != (3,) or abs(told @ normal) < _SAME_DIRECTION * np.linalg.norm(told):
        return None
    towards = normal if told @ normal > 0 else -normal
    return np.asarray(first + np.arange(count)[:, None] * towards * step_mm)


def _united_imaging(values: Values, rows: int, columns: int, frame: Frame) -> Tiling | None:
    items = values.items(_TILES_ITEMS)
    count = values.integer(_TILES_COUNT) or len(items)
    if not 1 <= count <= _MOST_TILES or len(items) != count or frame.orientation is None:
        return None
    across = math.ceil(math.sqrt(count))
    down = math.ceil(count / across)
    places = [place for item in items if (place := point(item)) is not None]
    if rows % down or columns % across or len(places) < count:
        return None
    return _cut(rows // down, columns // across, across, _frames(frame, np.array(places)))


def _frames(frame: Frame, places: NDArray[np.float64]) -> tuple[Frame, ...]:
    return tuple(replace(frame, position=(x, y, z)) for x, y, z in places.tolist())


def _cut(rows: int, columns: int, across: int, frames: tuple[Frame, ...]) -> Tiling:
    """Return the tiling of `across` tiles a line, filled line by line."""
    tiles = tuple((rows * (k // across), columns * (k % across)) for k in range(len(frames)))
    return Tiling(rows, columns, tiles, frames)


def _csa_header(values: Values) -> dict[str, tuple[Any, ...]]:
    """Return the items of Siemens' CSA image header by name; {} where there is none, or it is damaged."""
    for block in range(0x10, 0x100):
        if values.text((_CSA_GROUP << 16) + block) == _CSA_CREATOR:
            raw = values.binary((_CSA_GROUP << 16) + (block << 8) + _CSA_IMAGE_HEADER)
            return _parsed(raw) if raw else {}
    return {}


def _parsed(raw: bytes) -> dict[str, tuple[Any, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nibabel warns of its own age when the reader is loaded
        from nibabel.nicom import csareader
    try:
        tags = csareader.read(raw)["tags"]  # type: ignore[no-untyped-call]
    except Exception:  # a damaged header raises anything from struct.error to AssertionError; the image is still good
        return {}
    return {name: tuple(tag["items"]) for name, tag in tags.items()}


def _whole(items: tuple[Any, ...] | None) -> int:
    return int(items[0]) if items and isinstance(items[0], int | float) else 0
