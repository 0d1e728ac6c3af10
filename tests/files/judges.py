"""Independent programs that read what we write."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from medview.study.geometry import Geometry


def program(name: str) -> str:
    """Return the path of a judge; the test is skipped where it is not installed."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def complaints(path: Path) -> set[str]:
    """Return what dciodvfy calls an error in a DICOM file."""
    out = subprocess.run([program("dciodvfy"), str(path)], capture_output=True, text=True, check=False)
    return {line for line in (out.stdout + out.stderr).splitlines() if line.startswith("Error")}


def read_by_dcmqi(path: Path, geometry: Geometry, folder: Path) -> list[NDArray[np.bool_]]:
    """Return each segment's mask on the source grid, as dcmqi reads it."""
    folder.mkdir()
    command = [program("segimage2itkimage"), "--inputDICOM", str(path), "--outputDirectory", str(folder)]
    subprocess.run([*command, "-t", "nii", "-p", "s"], check=True, capture_output=True)
    masks = []
    for found in sorted(folder.glob("s-*.nii.gz")):
        stored: Any = nibabel.load(found)
        array = np.asarray(stored.dataobj).transpose(2, 1, 0)
        places = Geometry.from_nifti(array.shape, stored.affine).to_mm(np.argwhere(array))
        index = geometry.to_index(places)
        assert np.abs(index - np.rint(index)).max() < 0.01
        mask = np.zeros(geometry.shape, dtype=bool)
        mask[tuple(np.rint(index).astype(int).T)] = True
        masks.append(mask)
    return masks
