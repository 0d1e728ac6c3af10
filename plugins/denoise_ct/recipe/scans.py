"""The patients that this network was trained, watched and measured with: where they come from, and how they are read.

All come from public collections; the card (`../README.md`) says under which licence. The split is by patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813  its own documentation names it so
from numpy.typing import NDArray

TRAINING: Mapping[str, str] = {
    "chest_a0002": "ct_chest_lungdx_a0002/3_series",
    "head_tilt": "ct_head_gantry_tilt_ge",
}
WATCHED: Mapping[str, str] = {"abdomen_99000": "ct_abdomen_liver_seg/ct"}
HELD_OUT: Mapping[str, str] = {"abdomen_held_out": "ct_abdomen_totalseg/dicom"}


@dataclass(frozen=True, eq=False)
class Scan:
    """Slices of one patient.

    Attributes
    ----------
    hu
        (slices, rows, columns) int16; what the scanner did not reconstruct is air.
    spacing_mm
        Of the square pixels.
    """

    name: str
    hu: NDArray[np.int16]
    spacing_mm: float


def read_scan(name: str, folder: Path) -> Scan:
    """Return the slices of a folder from the feet upward."""
    files = [path for path in sorted(folder.iterdir()) if path.suffix == ".dcm" or path.name.startswith("CT.")]
    images: list[Any] = [sitk.ReadImage(str(path)) for path in files]
    slices = sorted(images, key=lambda image: float(image.GetOrigin()[2]))
    hu = np.stack([sitk.GetArrayFromImage(image)[0] for image in slices])
    return Scan(name, np.maximum(hu, -1000).astype(np.int16), float(slices[0].GetSpacing()[0]))
