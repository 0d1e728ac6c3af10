"""How true to the images a pane is, kind by kind, in the corner of the pane and through files where a header tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import JPEG2000, ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit

from medview.files.headers.dicom_header import read_header
from medview.imaging.turned_planes import TurnedPlanes
from medview.session.loading import Loading
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.display_facts import DisplayFacts
from medview.study.geometry import Geometry
from medview.study.series import Instance
from medview.view.fidelity import FidelityMark, Shown, fidelity
from medview.view.slice_view import SliceView
from medview.view.volume_frame import VolumePicture
from tests.files.make_dicom import image, write
from tests.view.scenes import AXIAL, draw, lit, scene_of, tilted

PANE = (500, 400)


def marks(scene: Scene, viewport: Viewport | None = None) -> tuple[FidelityMark, ...]:
    viewport = viewport or Viewport("axial")
    return fidelity(scene, Shown.of_picture(viewport, SliceView(scene, viewport).picture(PANE)))


def told(scene: Scene, viewport: Viewport | None = None) -> list[tuple[str, str, str]]:
    return [(mark.kind, str(mark.text.text), mark.text.mark) for mark in marks(scene, viewport)]


@pytest.fixture
def scene() -> Scene:
    return scene_of(lit(AXIAL, (3, 4, 5)), AXIAL)


def displayed(**facts: Any) -> Scene:
    """Return a scene whose middle image has these facts, the others none."""
    plain = [Instance(Path(str(n)), f"2.25.{n}") for n in range(AXIAL.shape[0])]
    plain[3] = Instance(Path("3"), "2.25.3", display=DisplayFacts(**facts))
    return scene_of(lit(AXIAL, (3, 4, 5)), AXIAL, instances=tuple(plain))


def test_images_as_they_were_acquired_are_full(scene: Scene) -> None:
    assert told(scene) == [("full", "Full fidelity", "")]
    magnified = Viewport("axial")
    magnified.update(zoom=7.3)
    assert told(scene, magnified) == [("full", "Full fidelity", "")], "plain magnification is none"


def test_voxels_of_several_images_side_by_side_are_reformatted_not_interpolated(scene: Scene) -> None:
    assert told(scene, Viewport("coronal")) == [("full", "Reformatted", "badge")]


def test_partial(scene: Scene) -> None:
    scene.loading = Loading(7)
    for number in (2, 3):
        scene.loading.mark(number)
    assert told(scene) == [("partial", "Reading: 2 of 7 images", "badge")]
    scene.loading.stop()
    assert told(scene) == [("partial", "Not whole: 2 of 7 images were read", "warning")]


def test_lossy_strikes_on_the_image_that_it_is_true_of_and_on_all_that_is_made_of_it() -> None:
    scene = displayed(is_lossy=True, lossy_ratio=12.0)
    assert told(scene) == [("lossy", "Lossy 12:1", "warning")]
    assert ("lossy", "Lossy 12:1", "warning") in told(scene, Viewport("coronal"))
    scene.move_cursor(AXIAL.to_mm((2, 4, 5)))
    assert told(scene) == [("full", "Full fidelity", "")]
    assert told(displayed(is_lossy=True)) == [("lossy", "Compressed with loss", "warning")]


@pytest.mark.parametrize(
    ("syntax", "header", "expected"),
    [
        (ExplicitVRLittleEndian, {}, (False, None)),
        (ExplicitVRLittleEndian, {"LossyImageCompression": "01", "LossyImageCompressionRatio": [10, 7.5],
                                  "LossyImageCompressionMethod": ["ISO_10918_1"]}, (True, 10.0)),
        (ExplicitVRLittleEndian, {"LossyImageCompression": "00", "LossyImageCompressionRatio": [1.0]}, (False, None)),
        (JPEGBaseline8Bit, {}, (True, None)),
        (JPEGBaseline8Bit, {"LossyImageCompression": "00"}, (True, None)),
        (JPEG2000, {}, (True, None)),
        (JPEG2000, {"LossyImageCompression": "00"}, (False, None)),
        (JPEG2000Lossless, {}, (False, None)),
        (JPEG2000Lossless, {"LossyImageCompression": "01"}, (True, None)),
        ("1.2.840.10008.1.2.4.81", {}, (True, None)),
        ("1.2.840.10008.1.2.4.80", {}, (False, None)),
        ("1.2.840.10008.1.2.4.103", {}, (True, None)),
        ("1.2.840.10008.1.2.4.203", {"LossyImageCompression": "00"}, (False, None)),
        ("1.2.840.10008.1.2.4.202", {}, (False, None)),
    ],
)  # fmt: skip
def test_loss_is_known_by_the_header_and_by_the_transfer_syntax(
    tmp_path: Path, syntax: str, header: dict[str, Any], expected: tuple[bool, float | None]
) -> None:
    dataset = image(**header)
    if syntax != ExplicitVRLittleEndian:
        fragment = b"\xff\xd8\xff\xe0" + bytes(60)
        item = b"\xfe\xff\x00\xe0" + len(fragment).to_bytes(4, "little") + fragment
        dataset.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0" + item
        dataset["PixelData"].is_undefined_length = True
    write(dataset, tmp_path / "x", syntax)
    found = read_header(tmp_path / "x")
    assert isinstance(found, tuple)
    display = found[0].instance.display
    assert (display.is_lossy, display.lossy_ratio) == expected
    assert any("lossy" in str(warning) for warning in found[0].warnings) == expected[0]


def test_decimated_in_3d(scene: Scene) -> None:
    assert [m.kind for m in fidelity(scene, Shown.in_3d(None))] == ["full"]
    thinned = VolumePicture(np.zeros((2, 2, 4), np.uint8), (3, 2, 1))
    (mark,) = fidelity(scene, Shown.in_3d(thinned))
    assert (mark.kind, str(mark.text.text), mark.text.mark) == ("decimated", "Decimated 1x2x3", "badge")


def test_pixels_that_share_one_of_the_screen_are_decimated() -> None:
    large = Geometry.from_axes((1, 1000, 900), origin=(0, 0, 0), slice_step=(0, 0, 1), row_step=(0, 1, 0),
                               column_step=(1, 0, 0))  # fmt: skip
    scene = scene_of(np.zeros(large.shape, np.int16), large)
    assert told(scene) == [("decimated", "Decimated 2x2", "badge")], "1000 rows on 400"
    viewport = Viewport("axial")
    viewport.update(zoom=1.3)
    assert told(scene, viewport) == [("full", "Full fidelity", "")]


def test_interpolated_slab_tilted_images_and_turned_planes(scene: Scene) -> None:
    viewport = Viewport("axial")
    viewport.update(slab_mm=10.0, slab_mode="mean")
    assert told(scene, viewport) == [("interpolated", "Mean, slab of 10 mm", "badge")]
    geometry = tilted(18.5)
    sheared = scene_of(lit(geometry, (3, 4, 5)), geometry)
    assert told(sheared, Viewport("coronal")) == [("interpolated", "Interpolated: the images are tilted", "badge")]
    assert told(sheared) == [("full", "Full fidelity", "")], "the tilted images themselves are as they are"
    scene.turn(TurnedPlanes.of_angles(20.0, 0.0, 0.0))
    assert told(scene) == [("interpolated", "Interpolated: the planes are turned", "badge")]


def test_derived() -> None:
    derived = scene_of(lit(AXIAL, (3, 4, 5)), AXIAL, image_type=("DERIVED", "PRIMARY", "AXIAL"))
    assert told(derived) == [("derived", "Derived images", "badge")]
    original = scene_of(lit(AXIAL, (3, 4, 5)), AXIAL, image_type=("ORIGINAL", "PRIMARY", "AXIAL"))
    resampled = scene_of(lit(AXIAL, (3, 4, 5)), AXIAL, resampled_from=original.series)
    assert told(resampled) == [("derived", "Derived: resampled", "badge")]
    assert [kind for kind, *_ in told(original)] == ["full"]


@pytest.mark.parametrize(
    ("facts", "kind", "text"),
    [
        ({"plugin": "brain", "plugin_version": "1.2"}, "AI", "AI: brain 1.2"),
        ({"plugin": "lungs", "plugin_version": "1", "classical": True}, "mask", "Computed: lungs 1"),
        ({"file": "x.dcm", "algorithm": "TotalSegmentator", "algorithm_type": "AUTOMATIC"}, "AI",
         "Mask from a file: TotalSegmentator"),
        ({"file": "x.dcm", "manufacturer": "Slicer"}, "mask", "Mask from a file: Slicer"),
        ({}, "mask", "Mask: drawn by hand"),
    ],
)  # fmt: skip
def test_ai_is_told_while_its_mask_is_in_view(scene: Scene, facts: dict[str, Any], kind: str, text: str) -> None:
    draw(scene, np.ones(AXIAL.shape, np.uint8), **facts)
    assert told(scene) == [("full", "Full fidelity", ""), (kind, text, "badge")]
    scene.update(mask_visible=False)
    assert told(scene) == [("full", "Full fidelity", "")]


def test_a_mask_on_which_nothing_is_drawn_yet_is_told_by_nothing(scene: Scene) -> None:
    draw(scene, np.zeros(AXIAL.shape, np.uint8))
    assert told(scene) == [("full", "Full fidelity", "")]


def test_the_gravest_comes_first() -> None:
    scene = displayed(is_lossy=True)
    scene.loading = Loading(7)
    draw(scene, np.ones(AXIAL.shape, np.uint8), plugin="brain")
    viewport = Viewport("axial")
    viewport.update(slab_mm=6.0)
    assert [mark.kind for mark in marks(scene, viewport)] == ["partial", "lossy", "interpolated", "AI"]
