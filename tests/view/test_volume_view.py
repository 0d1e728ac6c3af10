"""The 3D picture shows things where they are in the patient, on this machine's renderer."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.imaging.camera import Camera
from medview.imaging.volume_presets import volume_preset
from medview.progress import Cancelled
from medview.study.geometry import Geometry
from medview.study.volume import Volume
from medview.view.load_vtk import load_vtk
from medview.view.opengl import check_libraries, is_software
from medview.view.segment_surfaces import drawn_surfaces, segment_surfaces
from medview.view.volume_frame import VolumeFrame
from medview.view.volume_view import VolumeView
from tests.view.scenes import GRIDS, scene_of, tilted

SIZE = (240, 200)
SHAPE = (30, 40, 50)
CUBE = (slice(20, 25), slice(6, 12), slice(30, 38))
CUBE_MIDDLE = (22.0, 8.5, 33.5)


@pytest.fixture(scope="module")
def view() -> Iterator[VolumeView]:
    view = VolumeView()
    yield view
    view.close()


def volume_of(geometry: Geometry) -> Volume:
    array = np.full(geometry.shape, -1000, dtype=np.int16)
    array[CUBE] = 1500
    return scene_of(array, geometry).volume


def centroid(bright: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(bright)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


SPACES = [tilted(18.5, SHAPE), *(Geometry(SHAPE, grid.affine) for grid in GRIDS.values())]


@pytest.mark.parametrize(("azimuth", "elevation"), [(0.0, 0.0), (65.0, 30.0)])
@pytest.mark.parametrize("geometry", SPACES)
def test_tissue_is_seen_where_it_lies(view: VolumeView, geometry: Geometry, azimuth: float, elevation: float) -> None:
    camera = Camera.of(geometry, SIZE, azimuth_deg=azimuth, elevation_deg=elevation, zoom=0.8, pan_px=(7.0, -5.0))
    function = volume_preset("CT", "mip").function
    picture = view.render(VolumeFrame(volume_of(geometry), SIZE, camera, function, (250.0, 2500.0)))
    assert picture.pixels.shape == (SIZE[1], SIZE[0], 4)
    assert np.all(picture.pixels[..., 3] == 255)
    expected = camera.to_picture(geometry.to_mm(CUBE_MIDDLE), SIZE)
    assert centroid(picture.pixels[..., 0] > 100) == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("geometry", SPACES)
def test_the_surface_of_a_segment_lies_in_its_tissue_and_has_its_colour(view: VolumeView, geometry: Geometry) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[CUBE] = 1
    scene = scene_of(labels.astype(np.int16), geometry)
    from medview.study.segmentation import Segment

    drawn = drawn_surfaces(
        segment_surfaces(labels, geometry, {1: None}), [Segment(1, "Cube", (20, 220, 40))], frozenset()
    )
    camera = Camera.of(geometry, SIZE, azimuth_deg=200.0, elevation_deg=-20.0)
    frame = VolumeFrame(scene.volume, SIZE, camera, volume_preset("CT").function, (0.0, 100.0), drawn)
    pixels = view.render(frame).pixels.astype(int)
    green = (pixels[..., 1] > 60) & (pixels[..., 1] > 2 * pixels[..., 0])
    expected = camera.to_picture(geometry.to_mm(CUBE_MIDDLE), SIZE)
    assert centroid(green) == pytest.approx(expected, abs=2.0)


def test_a_large_volume_is_averaged_on_the_processor_and_says_so(view: VolumeView) -> None:
    geometry = Geometry((8, 8, 600), np.eye(4))
    array = np.zeros(geometry.shape, np.int16)
    volume = scene_of(array, geometry).volume
    picture = view.render(
        VolumeFrame(volume, SIZE, Camera.of(geometry, SIZE), volume_preset("CT").function, (0.0, 1.0))
    )
    assert picture.reduction == ((1, 1, 3) if is_software(view.renderer_name) else (1, 1, 1))


def test_a_picture_that_is_not_wanted_is_given_up(view: VolumeView) -> None:
    geometry = SPACES[0]

    def unwanted(fraction: float, text: str = "") -> None:
        if fraction > 0.05:
            raise Cancelled

    frame = VolumeFrame(volume_of(geometry), SIZE, Camera.of(geometry, SIZE), volume_preset("CT").function, (0.0, 1.0))
    with pytest.raises(Cancelled):
        view.render(frame, unwanted)
    view.stop()
    # a stop that came too late or too early does not spoil the next picture
    assert view.render(frame).pixels[..., :3].any()


def test_the_view_can_be_closed_and_used_again() -> None:
    view = VolumeView()
    geometry = SPACES[0]
    frame = VolumeFrame(
        volume_of(geometry), (64, 64), Camera.of(geometry, (64, 64)), volume_preset("CT").function, (0.0, 1.0)
    )
    first = view.render(frame).pixels
    view.clear()
    assert np.array_equal(view.render(frame).pixels, first)
    view.close()
    assert view.renderer_name == ""
    assert np.array_equal(view.render(frame).pixels, first)
    view.close()


def test_loading_before_it_is_needed_leaves_the_views_alone(view: VolumeView) -> None:
    camera = Camera.of(SPACES[0], SIZE)
    frame = VolumeFrame(volume_of(SPACES[0]), SIZE, camera, volume_preset("CT", "mip").function, (250.0, 2500.0))
    before = view.render(frame).pixels
    assert before[..., :3].any()
    load_vtk()
    assert np.array_equal(view.render(frame).pixels, before)


def test_without_opengl_there_is_a_sentence_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(name: str, *args: object) -> None:
        raise OSError(name)

    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", no_library)
    with pytest.raises(MedViewError, match=r"3D needs OpenGL 3\.2.*2D views work without it"):
        check_libraries()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("llvmpipe (LLVM 15.0.6, 256 bits)", True), ("NVIDIA H100/PCIe/SSE2", False), ("GDI Generic", True), ("", True)],
)
def test_renderers_that_work_on_the_processor_are_known(name: str, expected: bool) -> None:
    assert is_software(name) is expected
