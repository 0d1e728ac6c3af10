"""STL, PNG and result.json."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medview.errors import MedViewError
from medview.files.formats.png import write_picture
from medview.files.formats.stl import read_surface, write_surface
from medview.files.result_json import result_data, write_result_file
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Segmentation, Source
from tests.files.full_disk import limited_file_size


def ball() -> Segmentation:
    geometry = Geometry.from_axes((24, 40, 40), origin=(-20, -30, 50), slice_step=(0, 0, 2), row_step=(0, 1, 0),
                                  column_step=(1, 0, 0))  # fmt: skip
    index = np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), axis=-1)
    inside = np.linalg.norm(geometry.to_mm(index) - geometry.centre_mm, axis=-1) < 15
    segments = (Segment(1, "Ball"), Segment(2, "Nothing"))
    return Segmentation(
        inside.astype(np.uint8), geometry, Source("k", "s", "t", "h"), segments, "Mask", {"plugin": "p"}
    )


def test_a_surface_is_in_lps_millimetres_and_says_so(tmp_path: Path) -> None:
    mask = ball()
    write_surface(mask, 1, tmp_path / "ball.stl")
    data = (tmp_path / "ball.stl").read_bytes()
    assert b"SPACE=LPS" in data[:80]
    assert len(data) == 84 + 50 * int.from_bytes(data[80:84], "little")
    corners = read_surface(tmp_path / "ball.stl").reshape(-1, 3)
    assert np.allclose((corners.min(axis=0) + corners.max(axis=0)) / 2, mask.geometry.centre_mm, atol=0.5)
    assert np.allclose(corners.max(axis=0) - corners.min(axis=0), 30, atol=2)


def test_normals_in_the_file_point_outwards(tmp_path: Path) -> None:
    mask = ball()
    write_surface(mask, 1, tmp_path / "ball.stl")
    kind = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    stored = np.frombuffer((tmp_path / "ball.stl").read_bytes()[84:], kind)
    outward = stored["corners"].mean(axis=1) - mask.geometry.centre_mm
    assert (np.einsum("ij,ij->i", stored["normal"], outward) > 0).all()
    assert np.allclose(np.linalg.norm(stored["normal"], axis=1), 1, atol=1e-3)


def test_no_surface_without_voxels_or_millimetres(tmp_path: Path) -> None:
    mask = ball()
    with pytest.raises(MedViewError, match=r"The segment 2 is empty"):
        write_surface(mask, 2, tmp_path / "x.stl")
    flat = replace(mask, geometry=replace(mask.geometry, has_spacing=False))
    with pytest.raises(MedViewError, match=r"A surface needs millimetres"):
        write_surface(flat, 1, tmp_path / "x.stl")
    with limited_file_size(1000), pytest.raises(MedViewError, match=r"The disk is full"):
        write_surface(mask, 1, tmp_path / "x.stl")
    assert list(tmp_path.iterdir()) == []


def test_figures_of_uneven_slices_claim_no_place(tmp_path: Path) -> None:
    mask = ball()
    data = result_data(replace(mask, geometry=replace(mask.geometry, has_depth=False)))
    assert data["geometry"]["affine_lps"] is None
    assert [(row["ml"], row["centroid_lps_mm"]) for row in data["segments"]] == [(None, None)] * 2
    assert result_data(mask)["geometry"]["affine_lps"] == mask.geometry.affine.tolist()


@pytest.mark.parametrize("channels", [3, 4])
def test_a_picture_is_the_pixels_and_nothing_else(tmp_path: Path, channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, channels), dtype=np.uint8)
    write_picture(pixels, tmp_path / "view.png")
    with Image.open(tmp_path / "view.png") as image:
        assert np.array_equal(np.asarray(image), pixels)
        assert image.info == {}
    with pytest.raises(MedViewError, match=r"is not a PNG name"):
        write_picture(pixels, tmp_path / "view.jpg")
    with limited_file_size(100), pytest.raises(MedViewError, match=r"The disk is full"):
        write_picture(pixels, tmp_path / "full.png")


def test_the_figures_of_a_result_are_written_down(tmp_path: Path) -> None:
    mask = ball()
    data = result_data(mask)
    first, second = data["segments"]
    assert first["voxels"] == int(mask.labels.sum())
    assert first["ml"] == pytest.approx(first["voxels"] * 2 / 1000, abs=1e-3)
    assert first["centroid_lps_mm"] == pytest.approx(mask.geometry.centre_mm.tolist(), abs=1e-3)
    assert (second["voxels"], second["ml"], second["centroid_lps_mm"]) == (0, 0.0, None)
    assert data["provenance"] == {"plugin": "p"}
    write_result_file(data, tmp_path / "result.json")
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8")) == data
