"""What the files themselves say of each image, read with pydicom alone: none of the program's own reading is used.

Siemens' mosaics are placed by nibabel's wrapper, United Imaging's tiles by the item of each slice.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.processing import apply_modality_lut

from medview.study.series import Instance, Series
from medview.study.volume import Volume

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """One image's place: first pixel (LPS mm) and the steps to the next row and column (mm)."""

    origin: Array
    row_step: Array
    column_step: Array

    def corners(self, rows: int, columns: int) -> Array:
        """Return the four corner pixels' centres (4, 3)."""
        places = [(r, c) for r in (0, rows - 1) for c in (0, columns - 1)]
        return np.array([self.origin + r * self.row_step + c * self.column_step for r, c in places])


@lru_cache(maxsize=64)
def dataset(path: Path) -> Any:
    """Return a file as pydicom reads it."""
    return pydicom.dcmread(path, force=True)


def plane(series: Series, number: int) -> Plane | None:
    """Return where the header puts the image of a slice; None where it does not say."""
    instance = series.instances[number]
    header = dataset(instance.path)
    if instance.tile is not None:
        return _tile(header, series, instance)
    position, orientation, spacing = (_of_frame(header, instance.frame_index, *names) for names in _NAMES)
    if position is None or orientation is None or spacing is None or len(position) != 3 or len(orientation) != 6:
        return None
    return _plane(np.array(position), np.array(orientation), np.array(spacing))


_NAMES = (
    ("PlanePositionSequence", "ImagePositionPatient"),
    ("PlaneOrientationSequence", "ImageOrientationPatient"),
    ("PixelMeasuresSequence", "PixelSpacing"),
)


def _plane(position: Array, orientation: Array, spacing: Array) -> Plane:
    return Plane(position, orientation[3:] * spacing[0], orientation[:3] * spacing[1])


def _of_frame(header: Any, frame: int, group: str, keyword: str) -> list[float] | None:
    """Return the value of one frame: its own, the one that all share, or the file's."""
    places = []
    if "PerFrameFunctionalGroupsSequence" in header:
        places.append(header.PerFrameFunctionalGroupsSequence[frame])
    if "SharedFunctionalGroupsSequence" in header:
        places.append(header.SharedFunctionalGroupsSequence[0])
    for place in places:
        if group in place and keyword in place[group].value[0]:
            return [float(v) for v in place[group].value[0][keyword].value]
    value = header.get(keyword)
    return None if value in (None, "") else [float(v) for v in value]


def _tile(header: Any, series: Series, instance: Instance) -> Plane:
    """Return where a tile of a mosaic lies."""
    assert instance.tile is not None
    across = int(header.Columns) // series.columns
    number = (instance.tile[0] // series.rows) * across + instance.tile[1] // series.columns
    spacing = np.array([float(v) for v in header.PixelSpacing])
    orientation = np.array([float(v) for v in header.ImageOrientationPatient])
    if header.Manufacturer == "UIH":
        item = header[0x0065, 0x1051].value[number]
        return _plane(np.array([float(v) for v in item.ImagePositionPatient]), orientation, spacing)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nibabel.nicom.dicomwrappers import wrapper_from_data

        affine = wrapper_from_data(header).affine  # type: ignore[no-untyped-call]  # (row, column, slice) to LPS
    return Plane(affine[:3, 3] + number * affine[:3, 2], affine[:3, 0], affine[:3, 1])


def pixels(series: Series, number: int) -> Any:
    """Return the values of one image after rescale, as pydicom decodes them."""
    instance = series.instances[number]
    header = dataset(instance.path)
    stored = header.pixel_array
    if int(header.get("NumberOfFrames") or 1) > 1:
        stored = stored[instance.frame_index]
    if instance.tile is not None:
        row, column = instance.tile
        stored = stored[row : row + series.rows, column : column + series.columns]
    if "ModalityLUTSequence" in header:
        return apply_modality_lut(stored, header)
    slope, intercept = _rescale(header, instance.frame_index)
    return stored * slope + intercept


def _rescale(header: Any, frame: int) -> tuple[float, float]:
    for name in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        if name in header:
            place = header[name].value[frame if name.startswith("Per") else 0]
            if "PixelValueTransformationSequence" in place:
                found = place.PixelValueTransformationSequence[0]
                return float(found.RescaleSlope), float(found.RescaleIntercept)
    return float(header.get("RescaleSlope", 1)), float(header.get("RescaleIntercept", 0))


def placement_error_mm(series: Series) -> float | None:
    """Return how far a corner of any slice lies from where its own header says; None where no header says."""
    geometry = series.geometry
    assert geometry is not None
    worst = -math.inf
    _, rows, columns = geometry.shape
    for number, instance in enumerate(series.instances):
        told = plane(series, number)
        if told is None:
            return None
        corners = np.array([(number, r, c) for r in (0, rows - 1) for c in (0, columns - 1)], dtype=np.float64)
        if geometry.has_depth or geometry.shape[0] == 1:
            ours = geometry.to_mm(corners)
        else:  # the slice axis is no distance: each image has its own place
            corners[:, 0] = 0
            origin = np.array(instance.image_position_patient)
            ours = geometry.to_mm(corners) - geometry.to_mm((0, 0, 0)) + origin
        worst = max(worst, float(np.linalg.norm(ours - told.corners(rows, columns), axis=1).max()))
    return worst


def matching_slices(volume: Volume) -> int:
    """Return how many slices hold exactly the pixels of their own file."""
    same = 0
    for number, array in enumerate(volume.array):
        theirs = pixels(volume.series, number)
        same += theirs.shape == array.shape and bool(np.abs(theirs - array.astype(np.float64)).max() <= 1e-3)
    return same
