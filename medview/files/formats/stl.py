"""Binary STL: the surface of one segment, in LPS millimetres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.imaging.surface import surface
from medview.study.segmentation import Segmentation

_HEADER = b"MedView. SPACE=LPS"  # how 3D Slicer and others learn which way the axes point
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def write_surface(segmentation: Segmentation, number: int, path: Path) -> None:
    """Write the surface of a segment, read it back and compare.

    Raises
    ------
    MedViewError
        The segment is empty, the spacing is not known, or the file cannot be written.
    """
    if segmentation.geometry.voxel_ml is None:
        raise MedViewError("A surface needs millimetres, and these images give none.", "Export NIfTI instead.")
    mask = segmentation.labels == number
    if not mask.any():
        raise MedViewError("The segment {number} is empty.", "Choose one that has voxels.", number=number)
    triangles = _triangles(*surface(mask, segmentation.geometry))
    with written_whole(path) as beside:
        with beside.open("wb") as file:
            file.write(_HEADER.ljust(80, b" ") + np.uint32(len(triangles)).tobytes())
            file.write(triangles.data)
        # as bytes: numpy compares records with the interpreter held, and with it the window
        if not np.array_equal(_stored(beside).view(np.uint8), triangles.view(np.uint8)):
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=path.name)


def read_surface(path: Path) -> NDArray[np.float32]:
    """Return the corners of the triangles (m, 3 corners, 3) of a binary STL file, as stored."""
    corners: NDArray[np.float32] = _stored(path)["corners"]
    return corners


def _triangles(vertices: NDArray[np.float32], corners: NDArray[np.int32]) -> NDArray[Any]:
    found = np.zeros(len(corners), dtype=_TRIANGLE)
    found["corners"] = vertices[corners]
    a, b, c = (found["corners"][:, k].astype(np.float64) for k in range(3))
    normals = np.cross(b - a, c - a)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    found["normal"] = normals / np.where(lengths > 0, lengths, 1.0)
    return found


def _stored(path: Path) -> NDArray[Any]:
    data = path.read_bytes()
    count = int.from_bytes(data[80:84], "little")
    if len(data) != 84 + count * _TRIANGLE.itemsize:
        raise MedViewError("{name} is cut short.", "Write it again.", name=path.name)
    return np.frombuffer(data, _TRIANGLE, count, 84)
