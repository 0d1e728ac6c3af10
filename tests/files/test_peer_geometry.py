"""Voxels and their places against dcm2niix, and against what each image's own header says.

The table that ``make truth`` prints, row by row; here for the sets that take little time.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.files.demo_study import prepare
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.study.series import Series
from tests.geometry_truth import own_headers, peer
from tests.geometry_truth.rows import Row, lines, rows_of

# (set, series, those that dcm2niix has a volume of the same size for)
_SETS = [
    ("mr_t1_siemens_sagittal", 1, 1),
    ("mr_t1_position_prone", 1, 1),
    ("ct_chest_lungdx_a0002", 2, 2),
    ("ct_abdomen_totalseg", 1, 1),
    ("ct_head_gantry_tilt_ge", 2, 0),
    ("ct_head_phantom_mixed", 8, 5),
    ("ct_enhanced_multiframe", 5, 5),
    ("mr_4d_fmri_ge", 10, 10),
    ("mr_enhanced_multiframe", 6, 4),
    ("mr_mosaic_siemens_orientation", 6, 6),
    ("mr_dti_uih_savebyslice", 17, 17),
    ("mr_cine_cardiac_multiframe", 1, 0),
]
_UNREADABLE = ("odd_files", "transfer_syntaxes")  # for the judge, whose reader stops at pixels it cannot decode


@pytest.fixture(scope="module", autouse=True)
def _needs_peer() -> None:
    if peer.program() is None:
        pytest.skip("dcm2niix is not installed")


@pytest.mark.parametrize(("name", "count", "compared"), _SETS)
def test_every_series_lies_where_its_headers_and_dcm2niix_say(
    shared_data: Path, name: str, count: int, compared: int
) -> None:
    rows = list(rows_of(shared_data / name, shared_data))
    assert all(row.is_true for row in rows), "\n".join(lines(rows))
    assert len(rows) == count
    assert all(row.slices_equal in (row.slices, None) for row in rows)
    with_peer = [row for row in rows if row.peer_mm is not None]
    assert len(with_peer) == compared
    assert all(_equals_peer(row) for row in with_peer)


def _equals_peer(row: Row) -> bool:
    in_table = row.table_mm is None or row.table_mm <= 0.01
    return row.peer_mm is not None and row.peer_mm <= 0.01 and row.voxels_equal is True and in_table


def test_voxels_and_places_of_the_demo_equal_those_of_dcm2niix() -> None:
    folder = prepare().folder
    ((series,),) = [study.series for study in scan(folder).studies]
    volume = read_volume(series)
    (theirs,) = peer.converted(folder)
    assert peer.corner_error_mm(volume.geometry, theirs.geometry()) <= 0.01
    assert peer.same_voxels(volume.array, volume.geometry, theirs)


def test_each_place_of_a_4d_series_is_the_volume_of_that_place_in_dcm2niix_file(shared_data: Path) -> None:
    for name in ("mr_4d_fmri_ge", "mr_dti_uih_savebyslice"):
        found = [s for study in scan(shared_data / name).studies for s in study.series if s.file_format == "DICOM"]
        theirs = peer.converted(shared_data / name)
        assert [s.axis.number for s in found if s.axis] == list(range(len(theirs))), name
        for series, volume in zip(found, theirs, strict=True):
            ours = read_volume(series)
            assert peer.same_voxels(ours.array, ours.geometry, volume), (name, series.stack)


def test_a_table_row_that_is_not_true_says_so() -> None:
    row = Row("set", "series", (2, 3, 4), "uniform", 2, placement_mm=0.02, slices_equal=2)
    assert not row.is_true
    assert "NOT TRUE" in list(lines([row]))[1]
    assert not Row("set", "series", (2, 3, 4), "uniform", 2, placement_mm=0.0, slices_equal=1).is_true
    assert not Row("set", "series", (2, 3, 4), "", 2, placement_mm=0.0, peer_mm=0.0, voxels_equal=False).is_true
    assert Row("set", "series", (2, 3, 4), "", 2, placement_mm=0.0, peer_mm=0.0, voxels_equal=True).is_true


def test_the_own_check_sees_a_shifted_slice(shared_data: Path) -> None:
    from dataclasses import replace

    ((series,),) = [s.series for s in scan(shared_data / "mr_t1_position_prone").studies]
    geometry = series.geometry
    assert geometry is not None
    moved = geometry.affine.copy()
    moved[0, 3] += 0.5
    assert own_headers.placement_error_mm(series) == pytest.approx(0.0, abs=0.001)
    false = replace(series, geometry=replace(geometry, affine=moved))
    assert own_headers.placement_error_mm(false) == pytest.approx(0.5, abs=0.001)


def test_another_judge_finds_every_slice_where_its_own_header_says(shared_data: Path) -> None:
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
    made = [read_volume(s) for study in found for s in study.series if _can_be_judged(s)]
    return [(v.series.key, v.array.transpose(2, 1, 0), v.geometry.affine @ np.eye(4)[[2, 1, 0, 3]]) for v in made]


def _can_be_judged(series: Series) -> bool:
    """Whether the judge can know the series: grey slices, each a file with a place of its own."""
    geometry = series.geometry
    if (
        series.file_format != "DICOM"
        or geometry is None
        or not (geometry.has_orientation and geometry.has_spacing and geometry.has_depth)
    ):
        return False
    is_tiled = any(instance.tile is not None for instance in series.instances)
    return series.photometric_interpretation == "MONOCHROME2" and not is_tiled
