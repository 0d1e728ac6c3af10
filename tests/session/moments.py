"""A small 4-D series on disk: 5 moments of 4 slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.files.make_dicom import COLUMNS, ROWS, mr_image, write

MOMENTS, SLICES = 5, 4


def write_moments(folder: Path) -> Path:
    """Write slices whose pixels are all 100 * moment + slice, and return the folder."""
    for time in range(MOMENTS):
        for index in range(SLICES):
            dataset = mr_image(
                index,
                SOPInstanceUID=f"2.25.9{time}{index:02d}",
                InstanceNumber=1 + time * SLICES + index,
                TemporalPositionIdentifier=time + 1,
                NumberOfTemporalPositions=MOMENTS,
                AcquisitionTime=f"1000{time:02d}",
                PixelData=np.full((ROWS, COLUMNS), 100 * time + index, "<u2").tobytes(),
                WindowCenter=None,
                WindowWidth=None,
            )
            write(dataset, folder / f"{index}-{time}.dcm")
    return folder
