"""Overlay planes and shutters, from files to where they are drawn (PS3.3 C.9.2, C.7.6.11, C.7.6.15)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medview.files.pixels.dicom_overlay import read_overlays
from medview.files.pixels.dicom_pixels import read_volume
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.series import StudyFacts
from medview.study.study import Study
from medview.view.overlay_planes import GRAPHICS, REGION
from medview.view.slice_picture import SlicePicture
from medview.view.slice_view import SliceView
from tests.files.found_stacks import only
from tests.files.make_dicom import COLUMNS, ROWS, image, write

SEEN = {"Modality": "DX", "ImagePositionPatient": None, "ImageOrientationPatient": None}


def with_overlay(
    dataset: Dataset, group: int, mask: NDArray[Any], kind: str = "G", origin: tuple[int, int] = (1, 1)
) -> Dataset:
    """Add a plane of its own element (PS3.5 8.1.2)."""
    bits = np.packbits(mask.astype(np.uint8).ravel(), bitorder="little").tobytes()
    values = {0x0010: ("US", mask.shape[-2]), 0x0011: ("US", mask.shape[-1]), 0x0040: ("CS", kind),
              0x0050: ("SS", list(origin)), 0x0100: ("US", 1), 0x0102: ("US", 0),
              0x3000: ("OW", bits + b"\0" * (len(bits) % 2))}  # fmt: skip
    for element, (vr, value) in values.items():
        dataset.add_new(group << 16 | element, vr, value)
    return dataset


def shown(path: Path, plane: str = "acquired", **looks: Any) -> tuple[Scene, SlicePicture]:
    series = only(path)
    volume = read_volume(series)
    scene = Scene(Study(StudyFacts("1"), (series,)), volume, (1.0, 1.0))
    number = scene.cursor_index[0]
    scene.update(overlays={number: read_overlays(series.instances[number])}, **looks)
    return scene, SliceView(scene, Viewport(plane)).picture((300, 300))


def drawn(picture: SlicePicture) -> NDArray[np.uint8]:
    """Return the planes on all pixels of the picture."""
    width, height = picture.grid.size
    whole = np.zeros((height, width), np.uint8)
    layer = picture.overlay_planes
    assert layer is not None
    left, top, wide, high = layer.rect
    assert layer.pixels.shape == (high, wide)
    whole[top : top + high, left : left + wide] = layer.pixels
    return whole


MASK = np.zeros((ROWS, COLUMNS), bool)
MASK[1, 2:5] = True
OTHER = np.zeros((3, 4), bool)
OTHER[0, 0] = OTHER[2, 3] = True


def test_graphics_lie_on_regions_each_where_its_origin_says(tmp_path: Path) -> None:
    dataset = with_overlay(with_overlay(image(**SEEN), 0x6000, MASK), 0x6002, OTHER, "R", (2, 3))
    write(dataset, tmp_path / "x")
    _, picture = shown(tmp_path)
    assert picture.overlay_planes is not None
    expected = np.zeros((ROWS, COLUMNS), int)
    expected[1, 2], expected[3, 5] = REGION, REGION
    expected[1, 2:5] = GRAPHICS
    assert drawn(picture).tolist() == expected.tolist()
    assert picture.overlay_planes.rect == (2, 1, 4, 3), "no larger than what is drawn"
    assert shown(tmp_path, overlays_visible=False)[1].overlay_planes is None


def test_a_plane_that_reaches_beyond_the_image_is_cut(tmp_path: Path) -> None:
    dataset = with_overlay(image(**SEEN), 0x6000, np.ones((4, 4), bool), origin=(-1, COLUMNS - 1))
    write(dataset, tmp_path / "x")
    _, picture = shown(tmp_path)
    assert picture.overlay_planes is not None
    assert np.argwhere(drawn(picture)).tolist() == [[r, c] for r in (0, 1) for c in (COLUMNS - 2, COLUMNS - 1)]


def test_a_plane_turns_with_its_image(tmp_path: Path) -> None:
    prone = {"ImageOrientationPatient": [-1, 0, 0, 0, -1, 0]}
    write(with_overlay(image(**prone), 0x6000, MASK), tmp_path / "x")
    _, picture = shown(tmp_path)
    assert picture.overlay_planes is not None
    assert np.array_equal(drawn(picture) > 0, MASK[::-1, ::-1])


def test_no_plane_and_no_shutter_lie_over_a_slab_or_across_the_images(tmp_path: Path) -> None:
    for index in range(3):
        dataset = image(index, ShutterShape="CIRCULAR", CenterOfCircularShutter=[3, 3], RadiusOfCircularShutter=2)
        write(with_overlay(dataset, 0x6000, MASK), tmp_path / str(index))
    scene, picture = shown(tmp_path, "axial")
    assert picture.overlay_planes is not None
    assert picture.shutter is not None
    slab = Viewport("axial")
    slab.update(slab_mm=5.0)
    for viewport in (slab, Viewport("coronal")):
        other = SliceView(scene, viewport).picture((300, 300))
        assert (other.overlay_planes, other.shutter) == (None, None)


def test_bits_above_the_pixels_are_a_plane_and_no_brightness(tmp_path: Path) -> None:
    stored = np.full((ROWS, COLUMNS), 1000, "<u2") | MASK.astype("<u2") << 12
    dataset = image(**SEEN, PixelData=stored.tobytes(), RescaleIntercept=0)
    for element, (vr, value) in {0x0010: ("US", ROWS), 0x0011: ("US", COLUMNS), 0x0040: ("CS", "G"),
                                 0x0050: ("SS", [1, 1]), 0x0100: ("US", 16), 0x0102: ("US", 12)}.items():  # fmt: skip
        dataset.add_new(0x60000000 | element, vr, value)
    write(dataset, tmp_path / "x")
    scene, picture = shown(tmp_path)
    assert picture.overlay_planes is not None
    assert np.array_equal(drawn(picture) > 0, MASK)
    assert np.unique(scene.volume.array).tolist() == [1000]


EDGES = {"ShutterUpperHorizontalEdge": 2, "ShutterLowerHorizontalEdge": 5, "ShutterLeftVerticalEdge": 3,
         "ShutterRightVerticalEdge": 6}  # fmt: skip


def test_the_shapes_of_a_shutter_leave_what_lies_within_all_of_them(tmp_path: Path) -> None:
    told = {"ShutterShape": ["RECTANGULAR", "CIRCULAR", "POLYGONAL"], "ShutterPresentationValue": 32896,
            "CenterOfCircularShutter": [3, 4], "RadiusOfCircularShutter": 2,
            "VerticesOfThePolygonalShutter": [1, 1, 1, 8, 6, 8]}  # fmt: skip
    write(image(**SEEN, **EDGES, **told, PixelSpacing=[1.0, 0.5]), tmp_path / "x")
    _, picture = shown(tmp_path)
    shutter = picture.shutter
    assert shutter is not None
    assert shutter.colour == (128, 128, 128)
    rectangle, circle, polygon = shutter.outlines
    # columns 3 to 6 and rows 2 to 5, counted from 1, are seen: from the left edge of the one to the right of the other
    assert rectangle.tolist() == [[2, 1], [6, 1], [6, 5], [2, 5]]
    assert polygon.tolist() == [[0.5, 0.5], [7.5, 0.5], [7.5, 5.5]]
    # its radius counts columns; of pixels twice as high as wide it is half as many rows
    assert circle.min(axis=0) == pytest.approx([3.5 - 2, 2.5 - 1], abs=1e-3)
    assert circle.max(axis=0) == pytest.approx([3.5 + 2, 2.5 + 1], abs=1e-3)
    assert shown(tmp_path, shutter_visible=False)[1].shutter is None


def test_a_bitmap_shutter_hides_and_is_no_overlay(tmp_path: Path) -> None:
    dataset = with_overlay(image(**SEEN, ShutterShape="BITMAP", ShutterOverlayGroup=0x6004), 0x6004, MASK)
    write(dataset, tmp_path / "x")
    _, picture = shown(tmp_path)
    assert picture.overlay_planes is None
    assert picture.shutter is not None
    assert picture.shutter.hidden is not None
    assert (picture.shutter.hidden.rect, picture.shutter.hidden.pixels.all()) == ((2, 1, 3, 1), True)
    assert picture.shutter.colour == (0, 0, 0)


def test_a_thin_line_on_a_large_image_is_not_lost_where_it_is_drawn_smaller(tmp_path: Path) -> None:
    mask = np.zeros((1600, 1603), bool)
    mask[801, :] = True
    plain = {"Rows": 1600, "Columns": 1603, "PixelData": bytes(2 * 1600 * 1603)}
    write(with_overlay(image(**SEEN, **plain), 0x6000, mask), tmp_path / "x")
    _, picture = shown(tmp_path)
    assert picture.overlay_planes is not None
    layer = picture.overlay_planes
    assert (layer.rect, layer.pixels.shape) == ((0, 800, 1605, 5), (1, 321))
    assert layer.pixels.all()
