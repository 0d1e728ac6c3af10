"""Pictures of volumes in 3D against what numpy and geometry say they must show, with OpenGL and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from medview.imaging.camera import Camera
from medview.imaging.clipping import Clipping
from medview.imaging.transfer_function import Blend
from medview.imaging.volume_look import VolumeLook
from medview.imaging.volume_presets import VolumePreset, shipped_presets, volume_preset
from medview.progress import Cancelled
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment
from medview.study.volume import Volume
from medview.view.ray_caster import RayCaster
from medview.view.segment_surfaces import drawn_surfaces, segment_surfaces
from medview.view.volume_fidelity import volume_fidelity
from medview.view.volume_frame import VolumeFrame, VolumePicture
from medview.view.volume_limit import VolumeLimit
from medview.view.volume_view import VolumeView
from tests.view.scenes import GRIDS, scene_of, tilted

SIZE = (200, 160)
WINDOW = (100.0, 400.0)  # black at -100, white at 300


Engine = VolumeView | RayCaster


@pytest.fixture(scope="module", params=["opengl", "hardware", "processor"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Return each way to make a picture: as this machine does, as one with a graphics card does, without OpenGL."""
    yield from _engine(request)


@pytest.fixture(scope="module", params=["opengl", "processor"])
def quick_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Return the ways that are quick here, for many pictures."""
    yield from _engine(request)


def _engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "processor":
        yield RayCaster()
        return
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "hardware":
            patch.setattr("medview.view.volume_view.is_software", lambda name: False)
            patch.setattr("medview.view.volume_limit.is_software", lambda name: False)
        view = VolumeView()
        yield view
        view.close()


@pytest.fixture(scope="module")
def smooth() -> Volume:
    """Return a volume of broad hills, so that linear interpolation between its voxels is nearly exact."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in (24, 30, 36)), indexing="ij"), axis=-1)
    array = np.full((24, 30, 36), -100.0)
    for centre, height, width in (((8, 10, 9), 380, 5.0), ((15, 20, 26), 300, 6.0), ((12, 6, 24), 200, 4.0)):
        array += height * np.exp(-((index - np.array(centre)) ** 2).sum(axis=-1) / (2 * width**2))
    geometry = Geometry.from_axes(
        array.shape, origin=(0, 0, 0), slice_step=(0, 0, 1), row_step=(0, 1, 0), column_step=(1, 0, 0)
    )
    return scene_of(np.rint(array).astype(np.int16), geometry).volume


def frame_of(volume: Volume, look: str, **values: object) -> VolumeFrame:
    camera = Camera.of(volume.geometry, SIZE)
    frame = VolumeFrame(volume, SIZE, camera, volume_preset("CT", look).function, WINDOW)
    return replace(frame, **values)


def shown(picture: VolumePicture, frame: VolumeFrame, point_mm: np.ndarray) -> int:
    """Return the red of the pixel where a point is seen, whatever the size of the picture."""
    height, width = picture.pixels.shape[:2]
    x, y = frame.camera.to_picture(point_mm, (width, height))
    return int(picture.pixels[int(y), int(x), 0])


@pytest.mark.parametrize(
    ("look", "blend", "projected"),
    [("mip", "maximum", np.max), ("minip", "minimum", np.min), ("ct_mean", "mean", np.mean)],
)
def test_a_projection_from_the_front_is_that_of_the_rows(
    engine: Engine, smooth: Volume, look: str, blend: Blend, projected: Callable[..., np.ndarray]
) -> None:
    function = replace(volume_preset("CT", "mip").function, blend=blend)
    frame = frame_of(smooth, look, function=function)
    picture = engine.render(frame)
    expected = np.clip((projected(smooth.array, axis=1) + 100.0) / 400.0, 0, 1) * 255
    assert expected.max() - expected.min() > 60 or blend == "minimum"
    off = [
        shown(picture, frame, smooth.geometry.to_mm((slice_, 15, column))) - expected[slice_, column]
        for slice_ in range(2, 22, 3)
        for column in range(2, 34, 3)
    ]
    # a pixel is not the centre of a voxel: the hills rise by up to 12 of 255 from one to the next
    assert float(np.abs(off).max()) <= 10.0
    assert float(np.abs(off).mean()) <= 4.0


_GRIDS = (
    "axial, slices from head to feet",
    "sagittal",
    "decubitus: rows along the patient's width",
    "mirrored (left-handed)",
    "oblique",
)
SPACES = [tilted(18.5, (24, 30, 36)), *(Geometry((24, 30, 36), GRIDS[name].affine) for name in _GRIDS)]
FIRST, LAST = (slice(4, 8), slice(5, 9), slice(6, 10)), (slice(15, 19), slice(20, 24), slice(25, 29))
MIDDLES = ((5.5, 6.5, 7.5), (16.5, 21.5, 26.5))


@pytest.mark.parametrize("geometry", SPACES)
def test_the_box_and_the_plane_take_away_what_lies_beyond_and_nothing_else(engine: Engine, geometry: Geometry) -> None:
    array = np.full(geometry.shape, -1000, dtype=np.int16)
    array[FIRST] = array[LAST] = 1500
    volume = scene_of(array, geometry).volume
    camera = Camera.of(geometry, SIZE, azimuth_deg=25.0, elevation_deg=15.0, zoom=0.7)
    first, last = (geometry.to_mm(middle) for middle in MIDDLES)
    whole = Clipping.whole(geometry)
    between = whole.with_plane((first + last) / 2, last - first)
    for clipping, expected in (
        (None, (True, True)),
        (whole, (True, True)),
        (whole.with_face(1, 1, 14.0, geometry), (True, False)),
        (whole.with_face(2, 0, 14.0, geometry), (False, True)),
        (between, (True, False)),
        (between.turned(), (False, True)),
        (between.with_face(0, 0, 10.0, geometry), (False, False)),
    ):
        frame = frame_of(volume, "mip", camera=camera, clipping=clipping, window=(250.0, 2500.0))
        picture = engine.render(frame)
        assert (shown(picture, frame, first) > 100, shown(picture, frame, last) > 100) == expected, clipping


@pytest.mark.parametrize("geometry", [SPACES[0], SPACES[1]])
def test_surfaces_are_clipped_too_by_the_box_and_the_plane_together(engine: Engine, geometry: Geometry) -> None:
    labels = np.zeros(geometry.shape, np.uint8)
    labels[FIRST] = labels[LAST] = 1
    volume = scene_of(labels.astype(np.int16), geometry).volume
    camera = Camera.of(geometry, SIZE, azimuth_deg=25.0, elevation_deg=15.0, zoom=0.7)
    drawn = drawn_surfaces(segment_surfaces(labels, geometry, {1: None}), [Segment(1, "", (250, 40, 40))], frozenset())
    first, last = (geometry.to_mm(middle) for middle in MIDDLES)
    all_faces = Clipping.whole(geometry)
    for axis, n in enumerate(geometry.shape):
        all_faces = all_faces.with_face(axis, 0, 0.5, geometry).with_face(axis, 1, n - 2.0, geometry)
    seventh = all_faces.with_plane((first + last) / 2, last - first)
    for clipping, expected in (
        (None, (True, True)),
        (all_faces, (True, True)),
        (seventh, (True, False)),
        (seventh.turned(), (False, True)),
        (all_faces.with_face(0, 0, 12.0, geometry), (False, True)),
    ):
        frame = frame_of(volume, "ct_bone", camera=camera, clipping=clipping, surfaces=drawn, tissue_visible=False)
        picture = engine.render(frame)
        assert (shown(picture, frame, first) > 50, shown(picture, frame, last) > 50) == expected, clipping


def test_near_tissue_hides_what_lies_behind_it(engine: Engine) -> None:
    geometry = SPACES[1]
    array = np.full(geometry.shape, -1000, dtype=np.int16)
    array[8:16, 4:8, 10:26] = 60  # towards the patient's front: muscle
    array[10:14, 20:24, 14:22] = 1500  # behind it: bone
    volume = scene_of(array, geometry).volume
    for azimuth, is_bone in ((0.0, False), (180.0, True)):
        camera = Camera.of(geometry, SIZE, azimuth_deg=azimuth)
        frame = frame_of(volume, "ct_muscle", camera=camera)
        pixels = engine.render(frame).pixels
        height, width = pixels.shape[:2]
        x, y = camera.to_picture(geometry.to_mm((11.5, 13.5, 17.5)), (width, height))
        red, green, _ = (int(channel) for channel in pixels[int(y), int(x), :3])
        assert red > 60
        assert (green > 0.75 * red) == is_bone


@pytest.mark.parametrize("preset", shipped_presets(), ids=lambda preset: preset.id)
def test_every_look_is_drawn(quick_engine: Engine, smooth: Volume, preset: VolumePreset) -> None:
    function = preset.function
    hills = replace(smooth, array=(smooth.array * 6 - 400).astype(np.int16))
    picture = quick_engine.render(frame_of(hills, "mip", function=function, window=(200.0, 2400.0), coarseness=2.0))
    assert picture.pixels[..., :3].max() > 20
    assert picture.pixels[..., :3].min() < 235


def test_looks_may_follow_each_other_in_any_order(quick_engine: Engine, smooth: Volume) -> None:
    hills = replace(smooth, array=(smooth.array * 6 - 400).astype(np.int16))
    looks = ["ct_bone", "ct_bone_skin", "mip", "ct_bone", "ct_mean", "ct_bone_skin", "minip", "ct_bone"]
    made = [quick_engine.render(frame_of(hills, look)).pixels for look in looks]
    assert np.array_equal(made[0], made[3])
    assert np.array_equal(made[0], made[7])
    assert np.array_equal(made[1], made[5])


def test_without_opengl_a_picture_is_given_up_between_two_layers(smooth: Volume) -> None:
    asked: list[float] = []

    def unwanted(fraction: float, text: str = "") -> None:
        asked.append(fraction)
        if fraction > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        RayCaster().render(frame_of(smooth, "mip"), unwanted)
    assert asked[-1] < 0.95


def test_a_volume_larger_than_the_card_is_decimated_and_says_by_how_much(
    smooth: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medview.view.volume_view.is_software", lambda name: False)
    monkeypatch.setattr("medview.view.volume_view.volume_limit", lambda window: VolumeLimit(18, 2**40))
    view = VolumeView()
    frame = frame_of(smooth, "mip")
    picture = view.render(frame)
    view.close()
    assert picture.reduction == (2, 2, 2)
    assert shown(picture, frame, smooth.geometry.to_mm((8, 10, 9))) > 200  # the highest hill is where it was


@pytest.mark.parametrize(
    ("longest", "size", "shape", "factors"),
    [
        (2048, 2**40, (2048, 512, 512), (1, 1, 1)),
        (2048, 2**40, (2049, 512, 512), (2, 1, 1)),
        (16384, 2**30, (1024, 512, 512), (1, 1, 1)),  # 2^28 voxels at 4 bytes are just 2^30
        (16384, 2**30 - 1, (1024, 512, 512), (2, 1, 1)),
        (256, 2**62, (300, 256, 600), (2, 1, 3)),
    ],
)
def test_no_more_is_averaged_than_must_be(
    longest: int, size: int, shape: tuple[int, int, int], factors: tuple[int, int, int]
) -> None:
    assert VolumeLimit(longest, size).factors(shape) == factors


def test_a_picture_of_few_rays_is_said_to_be_coarse(smooth: Volume) -> None:
    """It may be saved while the view turns."""
    view = VolumeView()
    for coarseness, is_told in ((1.0, False), (3.0, True)):
        picture = view.render(frame_of(smooth, "mip", coarseness=coarseness))
        told = [str(line.text) for line in volume_fidelity(VolumeLook(), picture)]
        assert ("Coarse while it moves" in told) is is_told
    view.close()
