"""From stored pixels to grey, through files: padding, modality values, VOI LUT or window, inversion (PS3.3 C.11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi, apply_windowing

from medview.files.pixels.dicom_pixels import read_volume
from medview.imaging.window import default_window, percentile_window
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.series import StudyFacts
from medview.study.study import Study
from medview.view.corner_text import corner_text
from medview.view.grey_part import GreyPart
from medview.view.slice_picture import SlicePicture
from medview.view.slice_view import SliceView
from tests.files.found_stacks import only
from tests.files.make_dicom import COLUMNS, ROWS, image, write

PANE = (400, 300)
STORED = np.arange(ROWS * COLUMNS, dtype="<u2").reshape(ROWS, COLUMNS) * 85  # 0 to 3995 of 12 bits
PLAIN: dict[str, Any] = {
    "ImagePositionPatient": None, "ImageOrientationPatient": None, "RescaleType": None, "Modality": "DX",
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "RescaleSlope": None, "RescaleIntercept": None, "PixelSpacing": None,
    "PixelData": STORED.tobytes(),
}  # fmt: skip


def shown(path: Path) -> Scene:
    series = only(path.parent)
    volume = read_volume(series)
    return Scene(Study(StudyFacts("1"), (series,)), volume, default_window(volume))


def picture(scene: Scene) -> SlicePicture:
    return SliceView(scene, Viewport("acquired")).picture(PANE)


def texts(scene: Scene, seen: SlicePicture) -> list[str]:
    return [str(line.text) for line in corner_text(scene, Viewport("acquired"), seen, PANE).bottom_left]


def made(tmp_path: Path, **changes: Any) -> Path:
    return write(image(**(PLAIN | changes)), tmp_path / "x")


def lut(first: int, entries: NDArray[Any], bits: int, name: str = "") -> Dataset:
    table = Dataset()
    table.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(entries), first, bits])
    table.LUTExplanation = name
    table.add_new("LUTData", "OW", entries.astype("<u2").tobytes())
    return table


def judged(path: Path, levels: float | None = None) -> NDArray[np.float64]:
    """Return what pydicom makes of the modality and VOI attributes, 0 to 255."""
    dataset = dcmread(path)
    values = apply_modality_lut(dataset.pixel_array, dataset)
    if "VOILUTSequence" in dataset:
        return np.asarray(apply_voi(values, dataset), np.float64) / float(levels or 1) * 255
    out = np.asarray(apply_windowing(values, dataset), np.float64)
    bits = dataset.BitsStored
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if dataset.PixelRepresentation else (0, 2**bits - 1)
    slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
    low, high = low * slope + intercept, high * slope + intercept
    return (out - low) / (high - low) * 255


CURVE = np.round(4095 * np.linspace(0, 1, 1000) ** 2)


@pytest.mark.parametrize(
    ("told", "levels"),
    [
        ({"WindowCenter": 2000, "WindowWidth": 1500}, None),
        ({"WindowCenter": 2000, "WindowWidth": 1500, "VOILUTFunction": "LINEAR_EXACT"}, None),
        ({"WindowCenter": 2000, "WindowWidth": 1500, "VOILUTFunction": "SIGMOID"}, None),
        ({"WindowCenter": 100, "WindowWidth": 300, "RescaleSlope": 1, "RescaleIntercept": -1024}, None),
        ({"WindowCenter": 100, "WindowWidth": 300, "RescaleSlope": 0.25, "RescaleIntercept": -20,
          "VOILUTFunction": "SIGMOID"}, None),
        ({"VOILUTSequence": [lut(1000, CURVE, 12)], "WindowCenter": 5, "WindowWidth": 9}, 4095),
        ({"VOILUTSequence": [lut(-500, CURVE, 12)], "RescaleSlope": 1, "RescaleIntercept": -1024}, 4095),
        ({"VOILUTSequence": [lut(1000, CURVE / 4095 * 65535, 16)]}, 65535),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["MONOCHROME2", "MONOCHROME1"])
def test_grey_is_what_the_standard_says(tmp_path: Path, told: dict[str, Any], levels: float | None, kind: str) -> None:
    path = made(tmp_path, PhotometricInterpretation=kind, **told)
    expected = judged(path, levels)
    expected = 255 - expected if kind == "MONOCHROME1" else expected
    assert np.abs(picture(shown(path)).grey.astype(float) - expected).max() <= 0.51


@pytest.mark.parametrize(
    ("kind", "shape", "is_inverted"),
    [
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "IDENTITY", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
    ],
)
def test_two_ways_to_say_inverse_invert_once(tmp_path: Path, kind: str, shape: str | None, is_inverted: bool) -> None:
    scene = shown(made(tmp_path, PhotometricInterpretation=kind, PresentationLUTShape=shape))
    grey = picture(scene).grey
    assert (grey[0, 0] > grey[-1, -1]) == is_inverted
    scene.update(inverted=not scene.inverted)
    assert np.array_equal(picture(scene).grey, 255 - grey)


@pytest.mark.parametrize("kind", ["MONOCHROME2", "MONOCHROME1"])
@pytest.mark.parametrize("slope", [1, 0.5])
def test_padding_is_black_inverted_or_not_and_counts_in_no_window(tmp_path: Path, kind: str, slope: float) -> None:
    stored = STORED.copy()
    stored[:2] = 4000 + np.arange(2 * COLUMNS).reshape(2, COLUMNS)
    path = made(
        tmp_path, PixelData=stored.tobytes(), PhotometricInterpretation=kind, PixelPaddingValue=4015,
        PixelPaddingRangeLimit=4000, RescaleSlope=slope, RescaleIntercept=-100, WindowCenter=None, WindowWidth=None,
    )  # fmt: skip
    scene = shown(path)
    for inverted in (False, True):
        scene.update(inverted=inverted)
        grey = picture(scene).grey
        assert not grey[:2].any()
        assert grey[2:].max() == 255
    centre, width = percentile_window(scene.volume)
    assert centre + width / 2 <= 3995 * slope - 100 + 1


def test_padding_with_the_sign_of_the_pixels_is_found_whatever_its_vr(tmp_path: Path) -> None:
    stored = (STORED.astype(np.int16) - 1000).astype("<i2")
    stored[0] = -2000
    signed = {"PixelData": stored.tobytes(), "PixelRepresentation": 1, "BitsStored": 16, "HighBit": 15}
    dataset = image(**(PLAIN | signed))
    dataset.add_new("PixelPaddingValue", "US", 65536 - 2000)
    scene = shown(write(dataset, tmp_path / "x"))
    scene.update(inverted=True)
    assert not picture(scene).grey[0].any()


def test_several_tables_are_offered_before_the_windows_and_a_choice_is_kept(tmp_path: Path) -> None:
    tables = [lut(0, CURVE, 12, "NORMAL"), lut(0, CURVE[::-1], 12, "HARDER")]
    path = made(tmp_path, VOILUTSequence=tables, WindowCenter=[2000, 1000], WindowWidth=[100, 50],
                WindowCenterWidthExplanation=["WINDOW1", "WINDOW2"])  # fmt: skip
    scene = shown(path)
    first = picture(scene).grey
    assert [table.name for table in scene.volume.voi_luts[0]] == ["NORMAL", "HARDER"]
    assert first[0, 0] == 0
    assert "Look-up table: NORMAL" in texts(scene, picture(scene))
    assert scene.series.instances[0].display.window_names == ("WINDOW1", "WINDOW2")
    scene.update(window=(2000.0, 100.0))  # a person drags: the window takes the place of the table
    assert scene.voi_lut is None
    assert "W 100  L 2000" in texts(scene, picture(scene))
    scene.take_look()
    assert np.array_equal(picture(scene).grey, first)


def test_a_curved_window_says_so(tmp_path: Path) -> None:
    scene = shown(made(tmp_path, WindowCenter=2000, WindowWidth=1500, VOILUTFunction="SIGMOID"))
    assert "W 1500  L 2000  sigmoid" in texts(scene, picture(scene))


def test_a_damaged_table_leaves_the_window(tmp_path: Path) -> None:
    table = lut(0, CURVE, 12)
    table.add_new("LUTData", "OW", b"\0\0")
    scene = shown(made(tmp_path, VOILUTSequence=[table], WindowCenter=2000, WindowWidth=1500))
    assert (scene.voi_lut, scene.window) == (None, (2000, 1500))


def test_images_that_are_no_volume_show_each_its_own_window_until_the_person_chooses(tmp_path: Path) -> None:
    for index in range(3):
        told: dict[str, Any] = {"ImagePositionPatient": None, "ImageOrientationPatient": None}
        write(image(index, WindowCenter=100 * index, WindowWidth=50, **told), tmp_path / str(index))
    series = only(tmp_path)
    volume = read_volume(series)
    scene = Scene(Study(StudyFacts("1"), (series,)), volume, default_window(volume))
    for index in (0, 2, 1):
        scene.move_cursor(volume.geometry.to_mm((index, 0, 0)))
        assert scene.window == (100 * index, 50)
    scene.update(window=(7.0, 9.0))
    scene.move_cursor(volume.geometry.to_mm((2, 0, 0)))
    assert scene.window == (7, 9)


def test_images_that_are_no_volume_show_each_its_own_function(tmp_path: Path) -> None:
    functions = ["LINEAR", "SIGMOID", "LINEAR_EXACT"]
    for index, function in enumerate(functions):
        told: dict[str, Any] = {"ImagePositionPatient": None, "ImageOrientationPatient": None}
        write(image(index, WindowCenter=100, WindowWidth=50, VOILUTFunction=function, **told), tmp_path / str(index))
    series = only(tmp_path)
    volume = read_volume(series)
    scene = Scene(Study(StudyFacts("1"), (series,)), volume, default_window(volume))
    for index in (1, 0, 2):
        scene.move_cursor(volume.geometry.to_mm((index, 0, 0)))
        assert scene.voi_function == functions[index]


def test_the_images_of_a_volume_share_one_window(tmp_path: Path) -> None:
    for index in range(3):
        write(image(index, WindowCenter=100 * index, WindowWidth=5000), tmp_path / str(index))
    series = only(tmp_path)
    volume = read_volume(series)
    scene = Scene(Study(StudyFacts("1"), (series,)), volume, default_window(volume))
    scene.move_cursor(volume.geometry.to_mm((0, 0, 0)))
    assert scene.window == (100, 5000)


def test_a_picture_larger_than_the_pane_is_averaged_and_a_detail_is_cut_out_as_it_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    stored = rng.integers(0, 4096, (2051, 1203), dtype=np.uint16).astype("<u2")
    path = made(tmp_path, Rows=2051, Columns=1203, PixelData=stored.tobytes(), WindowCenter=2048, WindowWidth=4096)
    scene, viewport = shown(path), Viewport("acquired")
    view = SliceView(scene, viewport)
    seen = view.picture((300, 400))
    assert seen.grey_rect == (0, 0, 1205, 2055)
    assert seen.grey.shape == (411, 241)
    expected = stored[5:10, 10:15].mean() / 4095 * 255
    assert seen.grey[1, 2] == pytest.approx(expected, abs=1.01)
    assert seen.values.shape == stored.shape
    viewport.update(zoom=20.0)
    seen = view.picture((300, 400))
    left, top, width, height = seen.grey_rect
    assert width * height < 300_000
    assert np.abs(seen.grey - np.round((stored[top : top + height, left : left + width] / 4095) * 255)).max() <= 1
    (x0, y0), (x1, y1) = seen.transform.to_picture(0, 0), seen.transform.to_picture(300, 400)
    assert left <= x0 and top <= y0 and left + width >= x1 and top + height >= y1  # noqa: PT018


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_table_of_12_bits_is_one_whatever_its_writer_says(tmp_path: Path, bits: int) -> None:
    """Said to have 8 bits, it was white from a sixteenth of its range on."""
    path = made(tmp_path, PhotometricInterpretation="MONOCHROME2", VOILUTSequence=[lut(1000, CURVE, bits)])
    expected = CURVE[np.clip(STORED.astype(int) - 1000, 0, 999)] / 4095 * 255
    assert np.abs(picture(shown(path)).grey.astype(float) - expected).max() <= 0.51


def test_a_table_of_bytes_and_one_of_a_single_entry(tmp_path: Path) -> None:
    table = lut(1000, np.zeros(2), 8)
    table.LUTDescriptor = [255, 1000, 8]
    table["LUTData"].value = bytes(range(255)) + b"\0"  # one byte an entry, padded to an even length
    grey = picture(shown(made(tmp_path, VOILUTSequence=[table]))).grey
    assert np.array_equal(grey, np.clip(STORED.astype(int) - 1000, 0, 254))
    alone = picture(shown(made(tmp_path / "one", VOILUTSequence=[lut(1000, np.array([4095]), 12)])))
    assert (alone.grey == 255).all()


def test_forty_thousand_pixels_drawn_as_one_are_their_mean() -> None:
    values = np.full((400, 400), 60_000, np.uint16)
    values[:200, :200] = 65_535
    assert GreyPart((0, 0, 400, 400), 200).of(values).tolist() == [[65_535, 60_000], [60_000, 60_000]]
