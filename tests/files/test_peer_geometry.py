"""Voxels and their places against an independent program and against the definition.

dcm2niix is asked by its command; `ipp_truth.py` holds each slice's own position against the volume.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from medview.errors import MedViewError
from medview.files.demo_study import prepare
from medview.files.dicom_pixels import read_volume
from medview.files.dicom_scan import scan
from medview.study.geometry import LPS_TO_RAS, Geometry
from medview.study.volume import Volume

_ISSUE_SETS = [
    ("mr_t1_siemens_sagittal", 1),
    ("mr_t1_position_prone", 1),
    ("ct_chest_lungdx_a0002", 2),
    ("ct_abdomen_totalseg/dicom", 1),
    ("mr_4d_fmri_ge", 10),
    ("mr_enhanced_multiframe/siemens_xa10", 4),
    ("ct_head_phantom_mixed/S21570/S2010", 1),
]
_UNREADABLE = ("odd_files", "transfer_syntaxes")  # for the judge, whose reader stops at pixels it cannot decode


def volumes(folder: Path) -> list[Volume]:
    return [read_volume(s) for study in scan(folder).studies for s in study.series if s.geometry is not None]


def placed_alike(volume: Volume, array: Any, affine_ras: Any) -> bool:
    """Whether a NIfTI array has the same values at the same places, however its axes are turned."""
    ours = volume.geometry.nifti_affine()
    turn = np.linalg.inv(ours) @ affine_ras
    axes = np.rint(turn[:3, :3]).astype(int)
    if np.abs(axes).sum(axis=0).tolist() != [1, 1, 1]:
        return False
    corners = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * [
        *(np.array(array.shape) - 1),
        1,
    ]
    index = (turn @ corners.T)[:3]
    away_mm = np.linalg.norm(ours[:3, :3] @ (index - np.rint(index)), axis=0).max()
    same = np.transpose(volume.array.transpose(2, 1, 0), [int(np.abs(axes[:, c]).argmax()) for c in range(3)])
    for c in range(3):
        same = np.flip(same, c) if axes[:, c].sum() < 0 else same
    return bool(away_mm < 0.01 and same.shape == array.shape and np.array_equal(same, array))


@pytest.mark.parametrize(("name", "count"), _ISSUE_SETS)
def test_voxels_and_places_equal_those_of_dcm2niix(shared_data: Path, tmp_path: Path, name: str, count: int) -> None:
    compare_with_dcm2niix(shared_data / name, tmp_path, count)


def test_voxels_and_places_of_the_demo_equal_those_of_dcm2niix(tmp_path: Path) -> None:
    compare_with_dcm2niix(prepare().folder, tmp_path, 1)


def compare_with_dcm2niix(folder: Path, out: Path, count: int) -> None:
    """Hold every volume of a folder against dcm2niix's, voxel for voxel and place for place."""
    program = shutil.which("dcm2niix") or shutil.which("dcm2niix", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("dcm2niix is not installed")
    arguments = [program, "-z", "n", "-b", "n", "-p", "n", "-f", "%s_%t", "-o", str(out), str(folder)]
    subprocess.run(arguments, check=True, capture_output=True)
    theirs: list[tuple[Any, Any]] = []
    for path in sorted(out.glob("*.nii")):
        image: Any = nibabel.load(path)
        array = np.asanyarray(image.dataobj)
        series = array[..., None] if array.ndim == 3 else array
        theirs += [(series[..., t], image.affine) for t in range(series.shape[3])]
    ours = volumes(folder)
    assert len(ours) == len(theirs) == count
    for array, affine in theirs:
        assert any(placed_alike(volume, array, affine) for volume in ours)


def test_shapes_places_and_values_equal_the_table_of_peers(shared_data: Path) -> None:
    rows = [line.split("\t") for line in (shared_data / "PEER_GEOMETRY_dcm2niix.tsv").read_text().splitlines()[1:]]
    wanted = {name.split("/")[0] for name, _ in _ISSUE_SETS[:5]}
    checked = 0
    for row in rows:
        if row[0] not in wanted:
            continue
        affine = np.eye(4)
        affine[:3] = [[float(x) for x in line.split(",")] for line in row[5].split(";")]
        shape = [int(n) for n in row[2].split("x")][:3]
        theirs = Geometry((shape[2], shape[1], shape[0]), LPS_TO_RAS @ affine @ np.eye(4)[[2, 1, 0, 3]])
        found = [v for v in volumes(shared_data / row[0]) if _same_corners(v.geometry, theirs)]
        assert found, row[1]
        if "x" in row[2] and row[2].count("x") == 2:
            assert any(
                (float(v.array.min()), float(v.array.max())) == (float(row[6]), float(row[7]))
                and abs(float(v.array.mean(dtype=np.float64)) - float(row[8])) < 1e-4
                for v in found
            ), row[1]
        checked += 1
    assert checked == 6


def _same_corners(one: Geometry, other: Geometry) -> bool:
    """Whether two grids have the same outer voxels, whichever is the first; the table has five decimals."""
    if sorted(one.shape) != sorted(other.shape):
        return False
    sets = []
    for geometry in (one, other):
        corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (np.array(geometry.shape) - 1)
        sets.append(geometry.to_mm(corners))
    away = np.linalg.norm(sets[0][:, None] - sets[1][None], axis=2)
    return bool(max(away.min(axis=0).max(), away.min(axis=1).max()) < 0.01)


def test_every_slice_lies_where_its_own_header_says(shared_data: Path) -> None:
    script = shared_data.parent / "tools" / "ipp_truth.py"
    spec = importlib.util.spec_from_file_location("ipp_truth", script)
    assert spec is not None
    assert spec.loader is not None
    truth = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(truth)
    seen = 0
    for folder in sorted(p for p in shared_data.iterdir() if p.is_dir() and p.name not in _UNREADABLE):
        # the judge reads single-frame files alone
        for line in truth.check(str(folder), _for_judge):
            name, shape, matched, error = line
            if matched.startswith("slices matched by pixels 0 "):
                assert "enhanced" in folder.name, (folder.name, name)
                continue
            assert matched == f"slices matched by pixels {shape[2]} of {shape[2]} planes", (folder.name, name)
            assert float(error.split()[3]) <= 0.01, (folder.name, name, error)
            seen += 1
    assert seen > 20


def _for_judge(folder: str) -> list[tuple[str, Any, Any]]:
    try:
        found = scan(Path(folder)).studies
    except MedViewError:  # a folder without an image that is opened
        return []
    placed = [
        s
        for study in found
        for s in study.series
        if s.geometry is not None
        and s.geometry.has_orientation
        and s.geometry.has_spacing
        and s.photometric_interpretation == "MONOCHROME2"
    ]
    made = [read_volume(s) for s in placed]
    return [(v.series.key, v.array.transpose(2, 1, 0), v.geometry.affine @ np.eye(4)[[2, 1, 0, 3]]) for v in made]
