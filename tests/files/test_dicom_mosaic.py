"""Volumes that are tiled into one picture: which way the slices go, and what does not say how it is tiled."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from medview.files.pixels.dicom_pixels import read_volume
from tests.files.found_stacks import dicom_series, only, placed, texts
from tests.files.make_dicom import mr_image, write
from tests.geometry_truth import own_headers


def csa_header(**tags: list[str]) -> bytes:
    """Return a CSA2 header of these items, as Siemens' scanners write it."""
    made = b"SV10\4\3\2\1" + struct.pack("<2I", len(tags), 77)
    for name, items in tags.items():
        kind = b"FD" if name == "SliceNormalVector" else b"US"
        made += struct.pack("<64si4s3i", name.encode(), len(items), kind, 4, len(items), 77)
        for item in items:
            text = item.encode() + b"\0"
            made += struct.pack("<4i", len(text), len(text), 77, len(text)) + text + b"\0" * (-len(text) % 4)
    return made


def mosaic(count: int = 5, side: int = 3, **changes: Any) -> Dataset:
    """Return a mosaic of `side` x `side` tiles of 4 x 6 pixels; each tile holds its number."""
    tiles = [[np.full((4, 6), min(side * r + c, 99), "<u2") for c in range(side)] for r in range(side)]
    made = mr_image(
        ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"],
        Rows=4 * side,
        Columns=6 * side,
        PixelSpacing=[2.0, 1.5],
        SpacingBetweenSlices=3.0,
        ImagePositionPatient=[-20.0, -30.0, 7.0],
        PixelData=np.block(tiles).tobytes(),
        **changes,
    )
    made.Manufacturer = "SIEMENS"
    made.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
    made.add_new(0x0019100A, "US", count)
    return made


def with_csa(made: Dataset, normal: list[str], count: int) -> Dataset:
    made.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
    raw = csa_header(NumberOfImagesInMosaic=[str(count)], SliceNormalVector=normal)
    made.add_new(0x00291010, "OB", raw)
    return made


@pytest.mark.parametrize("sign", [1, -1])
def test_slices_follow_the_direction_that_the_private_header_gives(tmp_path: Path, sign: int) -> None:
    write(with_csa(mosaic(), ["0.0", "0.0", f"{sign}.0"], 5), tmp_path / "x")
    series = only(tmp_path)
    geometry = placed(series)
    assert geometry.shape == (5, 4, 6)
    heights = [7.0 + sign * 3.0 * k for k in range(5)]
    # the mosaic is as a picture of 12 x 18 pixels around the middle of one of 4 x 6: 4 rows, 6 columns further in
    assert geometry.to_mm((0, 0, 0)).tolist() == [-20.0 + 6 * 1.5, -30.0 + 4 * 2.0, min(heights)]
    by_place = list(range(5)) if sign > 0 else [4, 3, 2, 1, 0]
    assert read_volume(series).array[:, 0, 0].tolist() == by_place
    assert [i.tile for i in series.instances] == [(4 * (k // 3), 6 * (k % 3)) for k in by_place]
    assert own_headers.matching_slices(read_volume(series)) == 5
    assert series.warnings == ()


def test_without_a_private_header_the_direction_is_that_of_the_plane_and_it_is_told(tmp_path: Path) -> None:
    write(mosaic(), tmp_path / "x")
    series = only(tmp_path)
    assert placed(series).to_mm((4, 0, 0))[2] == 19.0
    assert "does not say in which direction" in texts(series)


@pytest.mark.parametrize("raw", [b"", b"SV10", b"\xff" * 400, csa_header(SliceNormalVector=["x"]) + b"junk"])
def test_a_damaged_private_header_ends_no_scan(tmp_path: Path, raw: bytes) -> None:
    made = mosaic()
    made.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
    made.add_new(0x00291010, "OB", raw)
    write(made, tmp_path / "x")
    assert placed(only(tmp_path)).shape == (5, 4, 6)


@pytest.mark.parametrize(
    "made",
    [
        mosaic(count=17),  # a grid of 5, which the picture is not
        mosaic(count=60000),
        mosaic(ImageOrientationPatient=None),
        with_csa(mosaic(), ["1.0", "0.0", "0.0"], 5),  # along the rows
    ],
)
def test_a_mosaic_that_contradicts_itself_is_one_picture(tmp_path: Path, made: Dataset) -> None:
    write(made, tmp_path / "x")
    series = only(tmp_path)
    assert placed(series).shape == (1, 12, 18)
    assert "mosaic whose slices cannot be told apart" in texts(series)


def test_the_private_header_is_found_in_whichever_block_it_lies(tmp_path: Path) -> None:
    made = mosaic()
    made.add_new(0x00290010, "LO", "SIEMENS MEDCOM HEADER2")
    made.add_new(0x00290011, "LO", "SIEMENS CSA HEADER")
    made.add_new(0x00291110, "OB", csa_header(NumberOfImagesInMosaic=["5"], SliceNormalVector=["0.0", "0.0", "-1.0"]))
    write(made, tmp_path / "x")
    assert placed(only(tmp_path)).to_mm((0, 0, 0))[2] == -5.0


def test_real_mosaics_read_in_reverse_lie_where_nibabel_puts_them(shared_data: Path, tmp_path: Path) -> None:
    source = next((shared_data / "mr_mosaic_siemens_orientation" / "corasc35").glob("MR*"))
    header = pydicom.dcmread(source)
    raw = bytes(header[0x0029, 0x1010].value)
    assert raw.count(b"0.98822844") == 1
    header[0x0029, 0x1010].value = raw.replace(b"0.98822844", b"-0.9882284").replace(b"-0.15298548", b"0.152985480")
    header.save_as(tmp_path / "x")
    (series,) = dicom_series(tmp_path)
    assert series.instances[-1].tile == (0, 0)
    assert own_headers.placement_error_mm(series) == pytest.approx(0.0, abs=1e-3)
    assert own_headers.matching_slices(read_volume(series)) == 35
