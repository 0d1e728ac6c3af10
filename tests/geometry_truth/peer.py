"""dcm2niix, asked by its command, and the table of what it said of the shared studies."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import LPS_TO_RAS, Geometry

_ARRAY_ORDER = np.eye(4)[[2, 1, 0, 3]]


@dataclass(frozen=True, eq=False)
class PeerVolume:
    """One volume of a NIfTI file: values (column, row, slice), and the affine from that index to RAS mm."""

    name: str
    array: NDArray[Any]
    affine: NDArray[np.float64]

    def geometry(self) -> Geometry:
        """Return where the voxels lie."""
        columns, rows, slices = self.array.shape
        return Geometry((slices, rows, columns), LPS_TO_RAS @ self.affine @ _ARRAY_ORDER)


def program() -> str | None:
    """Return the path of dcm2niix, None where it is not installed."""
    return shutil.which("dcm2niix") or shutil.which("dcm2niix", path=str(Path(sys.executable).parent))


def converted(folder: Path) -> list[PeerVolume]:
    """Return what dcm2niix makes of a folder, each volume of a 4-D file apart."""
    name = program()
    if name is None:
        return []
    with tempfile.TemporaryDirectory() as out:
        arguments = [name, "-z", "n", "-b", "n", "-p", "n", "-f", "%s_%t_%p", "-o", out, str(folder)]
        subprocess.run(arguments, check=False, capture_output=True)
        return [volume for path in sorted(Path(out).glob("*.nii")) for volume in _volumes(path)]


def _volumes(path: Path) -> list[PeerVolume]:
    image: Any = nibabel.load(path)
    array = np.asanyarray(image.dataobj)
    if array.dtype.names:  # colours
        return []
    array = array.reshape((*array.shape, *(1,) * (3 - array.ndim))) if array.ndim < 3 else array
    several = array.reshape(*array.shape[:3], -1)
    return [PeerVolume(f"{path.stem}[{n}]", several[..., n], image.affine) for n in range(several.shape[3])]


def corner_error_mm(one: Geometry, other: Geometry) -> float:
    """Return how far outer voxels of two grids lie apart, whichever of them is the first."""
    sets = []
    for geometry in (one, other):
        last = np.array(geometry.shape) - 1
        sets.append(
            geometry.to_mm([[i * last[0], j * last[1], k * last[2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
        )
    away = np.linalg.norm(sets[0][:, None] - sets[1][None], axis=2)
    return float(max(away.min(axis=0).max(), away.min(axis=1).max()))


def same_voxels(array: NDArray[Any], geometry: Geometry, peer: PeerVolume) -> bool:
    """Whether a volume (slice, row, column) has the peer's values at the peer's places, however its axes are turned."""
    ours, theirs = (a[:3, :3] / np.linalg.norm(a[:3, :3], axis=0) for a in (geometry.nifti_affine(), peer.affine))
    axes = np.rint(np.linalg.inv(ours) @ theirs).astype(int)  # the directions alone: one slice may be of any thickness
    if np.abs(axes).sum(axis=0).tolist() != [1, 1, 1] or np.abs(axes).sum(axis=1).tolist() != [1, 1, 1]:
        return False
    same = np.transpose(array.transpose(2, 1, 0), [int(np.abs(axes[:, c]).argmax()) for c in range(3)])
    for c in range(3):
        same = np.flip(same, c) if axes[:, c].sum() < 0 else same
    return same.shape == peer.array.shape and bool(np.abs(same.astype(np.float64) - peer.array).max() <= 1e-3)


def slices_held(array: NDArray[Any], peers: list[PeerVolume]) -> int:
    """Return how many slices (row, column) are, turned over or not, a plane of one of the peer's volumes."""
    return sum(any(_holds(peer.array, image) for peer in peers) for image in array)


def _holds(stored: NDArray[Any], image: NDArray[Any]) -> bool:
    """Whether a plane (column, row) of an array is an image (row, column)."""
    if stored.shape[:2] != image.T.shape:
        return False
    turned = (image.T, image.T[:, ::-1], image.T[::-1], image.T[::-1, ::-1])
    return any(np.array_equal(stored[..., k], one) for one in turned for k in range(stored.shape[2]))


def table(shared_data: Path) -> dict[str, list[tuple[str, Geometry]]]:
    """Return what PEER_GEOMETRY_dcm2niix.tsv says: (file, geometry) by the name of the set."""
    found: dict[str, list[tuple[str, Geometry]]] = {}
    for line in (shared_data / "PEER_GEOMETRY_dcm2niix.tsv").read_text().splitlines()[1:]:
        cells = line.split("\t")
        affine = np.eye(4)
        affine[:3] = [[float(x) for x in row.split(",")] for row in cells[5].split(";")]
        columns, rows, slices = (int(n) for n in cells[2].split("x")[:3])
        geometry = Geometry((slices, rows, columns), LPS_TO_RAS @ affine @ _ARRAY_ORDER)
        found.setdefault(cells[0], []).append((cells[1], geometry))
    return found
