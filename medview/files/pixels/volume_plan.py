"""What a volume will be, decided from the headers: its type, and which stored frame fills which slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from medview.errors import MedViewError
from medview.files.headers.dicom_file import read_dicom_file
from medview.files.pixels.look_up_table import LookUpTable, read_modality_lut, read_palette
from medview.files.pixels.stored_frame import Place, StoredFrame
from medview.files.pixels.value_mapping import ValueMapping
from medview.study.series import Instance, Series

_INT16, _UINT16 = np.iinfo(np.int16), np.iinfo(np.uint16)
_PALETTE = "PALETTE COLOR"


@dataclass(frozen=True, eq=False)
class VolumePlan:
    """Type and frames of a volume.

    Attributes
    ----------
    dtype
        int16, uint16, uint8 or float32.
    is_checked
        Whether values may turn out not to fit `dtype`: 16 stored bits and an intercept can reach beyond 16 bits,
        which hardly any image does.
    frames
        In the order of the first slice that each fills.
    """

    dtype: np.dtype[Any]
    is_colour: bool
    is_checked: bool
    frames: tuple[StoredFrame, ...]


def plan_volume(series: Series, instances: Sequence[Instance]) -> VolumePlan:
    """Return how `instances` of a series become the slices of a volume, in their order.

    Raises
    ------
    MedViewError
        The series was not scanned, or a look-up table of it is damaged.
    """
    tables = _Tables(series)
    mappings = [_mapping(series, instance, tables) for instance in instances]
    dtype, is_checked = (np.dtype(np.uint8), False) if series.is_colour else _value_type(mappings)
    places: dict[tuple[Path, int], list[Place]] = {}
    for number, instance in enumerate(instances):
        places.setdefault((instance.path, instance.frame_index), []).append((number, instance.tile))
    frames = []
    for (path, frame_index), slices in places.items():
        first = slices[0][0]
        mapping = replace(mappings[first], is_checked=True) if is_checked else mappings[first]
        syntax, uid = instances[first].transfer_syntax_uid, instances[first].sop_instance_uid
        frames.append(StoredFrame(path, frame_index, syntax, mapping, tuple(slices), uid))
    return VolumePlan(dtype, series.is_colour, is_checked, tuple(frames))


class _Tables:
    """The look-up tables of a series' files, each file's read once."""

    def __init__(self, series: Series) -> None:
        self._has_palette = series.photometric_interpretation == _PALETTE
        self._of: dict[Path, LookUpTable | None] = {}

    def of(self, instance: Instance) -> LookUpTable | None:
        """Return the table that an image needs; None for nearly all."""
        if not self._has_palette and not instance.has_modality_lut:
            return None
        if instance.path not in self._of:
            dataset = _dataset(instance.path)
            self._of[instance.path] = read_palette(dataset) if self._has_palette else read_modality_lut(dataset)
        return self._of[instance.path]


def _dataset(path: Path) -> Any:
    try:
        file = read_dicom_file(path)
    except OSError as error:
        raise cannot_be_read(path, error) from error
    if file is None:
        raise MedViewError("The file has changed since the folder was opened.", "Open the folder again.")
    return file.dataset


def cannot_be_read(path: Path, error: OSError) -> MedViewError:
    """Return what a person is told about a file that the disk does not give."""
    return MedViewError(
        "{file} cannot be read: {reason}",
        "Check that the disk or network folder is still there.",
        file=path.name,
        reason=error.strerror or str(error),
    )


def _mapping(series: Series, instance: Instance, tables: _Tables) -> ValueMapping:
    pixels = instance.pixels
    if pixels is None:
        raise MedViewError("{file} was not read from a scan.", "Open the folder again.", file=instance.path.name)
    if not pixels.rows or not pixels.columns:
        pixels = replace(pixels, rows=series.rows, columns=series.columns)
    table = tables.of(instance)
    slope, intercept = (instance.rescale_slope, instance.rescale_intercept) if table is None else (1.0, 0.0)
    return ValueMapping(pixels, series.photometric_interpretation, slope, intercept, table)


def _value_type(mappings: Sequence[ValueMapping]) -> tuple[np.dtype[Any], bool]:
    """Return the smallest type that holds every value that the headers allow, and whether that must be checked."""
    ranges = {_range(mapping) for mapping in mappings}
    if None in ranges:
        return np.dtype(np.float32), False
    low = min(r[0] for r in ranges if r is not None)
    high = max(r[1] for r in ranges if r is not None)
    if low == 0 and high <= 255 and all(m.pixels.bits_allocated <= 8 for m in mappings):
        return np.dtype(np.uint8), False
    if low >= _INT16.min and high <= _INT16.max:
        return np.dtype(np.int16), False
    if low >= 0 and high <= _UINT16.max:
        return np.dtype(np.uint16), False
    # what 16 stored bits and an intercept could reach is hardly ever reached: a CT's values fit
    is_likely = all(m.table is None and m.pixels.bits_stored <= 16 and abs(m.intercept) <= 32768 for m in mappings)
    return (np.dtype(np.int16), True) if is_likely else (np.dtype(np.float32), False)


def _range(mapping: ValueMapping) -> tuple[int, int] | None:
    """Return the smallest and largest modality value that the header allows; None where they are not whole."""
    if mapping.pixels.is_float or mapping.slope != 1.0 or mapping.intercept != int(mapping.intercept):
        return None
    if mapping.table is not None:
        return int(mapping.table.entries.min()), int(mapping.table.entries.max())
    low, high = mapping.stored_range
    return low + int(mapping.intercept), high + int(mapping.intercept)
