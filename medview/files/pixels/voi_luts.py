"""The tables of VOI LUT Sequence (0028,3010), of images and of presentation states (PS3.3 C.11.2.1.1)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import MedViewError
from medview.files.headers.dicom_file import read_dicom_file
from medview.files.pixels.look_up_table import lut_entries
from medview.study.series import Instance, Series
from medview.study.voi_lut import VoiLut

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MOST_TABLES = 32


def read_voi_luts(series: Series) -> tuple[tuple[VoiLut, ...], ...]:
    """Return the tables of each image, () where no image has one; a damaged table is left out.

    Frames of one file share theirs.
    """
    if not any(instance.display.has_voi_lut for instance in series.instances):
        return ()
    known: dict[Path, tuple[VoiLut, ...]] = {}
    for instance in series.instances:
        if instance.path not in known:
            known[instance.path] = _of_file(instance) if instance.display.has_voi_lut else ()
    return tuple(known[instance.path] for instance in series.instances)


def voi_luts(dataset: Dataset, *, is_signed: bool, sequence: str = "VOILUTSequence") -> Iterator[VoiLut]:
    """Yield the tables of a dataset that can be read.

    Parameters
    ----------
    is_signed
        Whether the values that are looked up may be below zero: the first one is then meant with a sign.
    """
    for item in (dataset.get(sequence) or [])[:_MOST_TABLES]:
        try:
            first, entries, bits = lut_entries(item, is_signed=is_signed)
            yield VoiLut.of_entries(first, entries, bits, str(item.get("LUTExplanation", "") or "").strip())
        except (AttributeError, KeyError, IndexError, TypeError, ValueError, struct.error):
            continue  # the window is left, and the image is seen


def _of_file(instance: Instance) -> tuple[VoiLut, ...]:
    try:
        file = read_dicom_file(instance.path)
    except (MedViewError, OSError):  # the pixels are read next, and say so
        return ()
    if file is None:
        return ()
    is_signed = file.dataset.get("PixelRepresentation") == 1 or instance.rescale_intercept < 0
    return tuple(voi_luts(file.dataset, is_signed=is_signed))
