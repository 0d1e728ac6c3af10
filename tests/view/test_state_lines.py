"""What a pane says of colours, recordings, uneven stacks, 4-D series, PET and lossy compression."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medview.errors import Sentence
from medview.imaging.volume_look import VolumeLook
from medview.imaging.volume_presets import volume_presets
from medview.imaging.window import COLOUR_WINDOW, default_window
from medview.session.scene import Scene
from medview.session.viewport import Viewport
from medview.study.annotation import ImageName
from medview.study.geometry import Geometry
from medview.study.measurement import Measurement
from medview.study.series import AxisPlace, GuardKind, GuardLine, Instance, Series
from medview.study.volume import Volume
from medview.view.corner_fields import Pointed
from medview.view.corner_text import corner_text, volume_corner_text
from medview.view.position_text import position_text
from medview.view.slice_view import SliceView
from medview.view.true_place import true_place
from medview.view.value_text import value_text
from tests.view.scenes import AXIAL, grid, scene_of

PANE = (500, 400)
FLAT = Geometry(AXIAL.shape, AXIAL.affine, has_depth=False)


def corners(scene: Scene, **options: Any) -> dict[str, str]:
    """Return the mark of each line in all four corners."""
    viewport = Viewport("axial")
    text = corner_text(scene, viewport, SliceView(scene, viewport).picture(PANE), PANE, **options)
    lines = (*text.top_left, *text.top_right, *text.bottom_left, *text.bottom_right)
    return {str(line.text): line.mark for line in lines}


def guard(kind: GuardKind, text: str = "badge") -> GuardLine:
    return GuardLine(kind, Sentence(text), Sentence("meaning"))


def placed(positions: list[tuple[float, float, float] | None], path: Any) -> tuple[Instance, ...]:
    return tuple(
        Instance(path / str(n), f"1.{n}", image_position_patient=position) for n, position in enumerate(positions)
    )


@pytest.fixture
def colours() -> Scene:
    array = np.zeros((*AXIAL.shape, 3), np.uint8)
    array[3, 2, 5] = (250, 128, 3)
    return scene_of(array, AXIAL, COLOUR_WINDOW, photometric_interpretation="RGB", modality="XC")


def test_colours_are_drawn_as_they_are_and_read_as_red_green_blue(colours: Scene) -> None:
    picture = SliceView(colours, Viewport("axial")).picture(PANE)
    assert picture.grey.shape == (9, 11, 3)
    assert picture.grey.flags.c_contiguous
    assert picture.grey[2, 5].tolist() == [250, 128, 3]
    colours.update(inverted=True)
    assert SliceView(colours, Viewport("axial")).picture(PANE).grey[2, 5].tolist() == [250, 128, 3]
    value = picture.value_at_pane(*picture.mm_to_pane(AXIAL.to_mm((3, 2, 5))))
    assert value == (250, 128, 3)
    pointed = Pointed(AXIAL.to_mm((3, 2, 5)), value)
    said = corners(colours, pointed=pointed)
    assert "R 250  G 128  B 3" in said
    assert "Colours as stored" in said
    assert not [text for text in said if text.startswith("W ")]


def test_the_window_of_colours_is_brightness_and_contrast(colours: Scene) -> None:
    colours.update(window=(64.0, 128.0))
    # twice as bright: LINEAR from 0 to 127, by hand ((x - 63.5) / 127 + 0.5) * 255
    picture = SliceView(colours, Viewport("axial")).picture(PANE)
    assert picture.grey[2, 5].tolist() == [255, 255, 6]
    assert picture.value_at_pane(*picture.mm_to_pane(AXIAL.to_mm((3, 2, 5)))) == (250, 128, 3), "the value stays"
    assert "W 128  L 64" in corners(colours)
    assert "Colours as stored" not in corners(colours)


def test_colours_lie_as_the_plane_lies() -> None:
    prone = Geometry.from_axes(
        (1, 2, 3), origin=(0, 0, 0), slice_step=(0, 0, 1), row_step=(-1, 0, 0), column_step=(0, 1, 0)
    )
    array = np.arange(18, dtype=np.uint8).reshape(1, 2, 3, 3)
    scene = scene_of(array, prone, COLOUR_WINDOW, photometric_interpretation="RGB")
    shown = SliceView(scene, Viewport("axial")).picture(PANE).grey
    # columns of the array run down the screen, rows from right to left
    assert shown[..., 0].tolist() == [[9, 0], [12, 3], [15, 6]]
    assert shown[0, 1].tolist() == [0, 1, 2]


def test_a_frame_is_called_a_frame_and_has_its_time() -> None:
    array = np.zeros(AXIAL.shape, np.int16)
    plain = scene_of(array, FLAT, guard=(guard("cine"),))
    assert "Frame 1/7" in corners(plain)
    timed = scene_of(array, FLAT, guard=(guard("cine"),), frame_time_ms=40.0)
    timed.move_cursor(FLAT.to_mm((3, 2, 5)))
    assert "Frame 4/7, 0.12 s" in corners(timed)
    assert not [text for text in corners(timed) if text.startswith("Location")]


def test_an_uneven_stack_says_so_and_tells_places_by_each_image_s_own_position(tmp_path: Any) -> None:
    start = np.array([-12.5, 30.25, 7.0])
    heights = [0, 3, 6, 12, 15, 18, 21]
    positions: list[Any] = [tuple(start + (0, 0, z)) for z in heights]
    facts: dict[str, Any] = {"guard": (guard("missing", "slice 4 missing"),), "instances": placed(positions, tmp_path)}
    scene = scene_of(np.zeros(AXIAL.shape, np.int16), FLAT, **facts)
    scene.move_cursor(FLAT.to_mm((3, 2, 5)))
    said = corners(scene)
    assert said["slice 4 missing"] == "warning"
    assert "Location 19.0 mm" in said
    point = FLAT.to_mm((3, 2, 5))
    assert position_text(scene, point).startswith("R 9.0  P 31.")
    assert position_text(scene, point).endswith("H 19.0 mm")
    assert true_place(scene.volume, point) == pytest.approx((-12.5 + 3.5, 30.25 + 1.4, 19.0))


def test_a_slice_without_a_position_has_no_millimetres(tmp_path: Any) -> None:
    facts: dict[str, Any] = {
        "guard": (guard("unplaced", "7 slices without a place"),),
        "instances": placed([None] * 7, tmp_path),
    }
    scene = scene_of(np.zeros(AXIAL.shape, np.int16), FLAT, **facts)
    said = corners(scene)
    assert said["7 slices without a place"] == "warning"
    assert position_text(scene, FLAT.to_mm((3, 2, 5))) == "(6, 3, 4)"
    assert not [text for text in said if text.startswith("Location")]


def test_the_place_on_the_axis_is_that_of_the_pixels() -> None:
    array = np.zeros(AXIAL.shape, np.int16)
    counted = scene_of(array, AXIAL, axis=AxisPlace("time", "", 2, 10, None, "g"))
    assert "Time 3/10" in corners(counted)
    valued = scene_of(array, AXIAL, axis=AxisPlace("b-value", "s/mm2", 1, 2, 1000.0, "g"))
    assert "b-value 2/2: 1000 s/mm2" in corners(valued)
    unknown = scene_of(array, AXIAL, axis=AxisPlace("spin", "", 0, 2, None, "g"))
    assert "spin 1/2" in corners(unknown)


def test_a_pet_value_has_its_suv_beside_it_and_begins_at_suv_0_to_6() -> None:
    series = Series("1.2", "1", modality="PT", suv_factors=(("bw", 0.0005), ("lbm", 0.0004)), windows=((9.0, 9.0),))
    volume = Volume(np.zeros(AXIAL.shape, np.float32), AXIAL, series, "Bq/ml")
    assert value_text(volume, 6400.0) == "SUVbw 3.20 g/ml  (6400 Bq/ml)"
    assert default_window(volume) == (6000.0, 12000.0)
    without = Volume(volume.array, AXIAL, Series("1.2", "1", modality="PT", windows=((9.0, 8.0),)), "Bq/ml")
    assert value_text(without, 6400.0) == "6400 Bq/ml"
    assert default_window(without) == (9.0, 8.0)


def test_the_window_of_one_slice_looks_at_no_other() -> None:
    array = np.zeros(AXIAL.shape, np.int16)
    array[3] = np.arange(99).reshape(9, 11)
    array[5] = 30000
    volume = Volume(array, AXIAL, Series("1.2", "1", modality="MR"))
    assert default_window(volume, 3)[1] == pytest.approx(99, abs=1)
    assert default_window(volume)[1] > 20000


@pytest.mark.parametrize(("value", "said"), [(1.25126, "1.251 s/mm2"), (1000.83, "1001 s/mm2"), (0.0, "0 s/mm2")])
def test_a_b_value_is_told_with_no_more_digits_than_a_person_reads(value: float, said: str) -> None:
    scene = scene_of(np.zeros(AXIAL.shape, np.int16), AXIAL, axis=AxisPlace("b-value", "s/mm2", 0, 17, value, "g"))
    assert f"b-value 1/17: {said}" in corners(scene)


def test_a_line_of_known_length_is_told_where_the_file_knew_no_millimetre() -> None:
    flat = grid((0, 0, 1), (0, 1, 0), (1, 0, 0), has_spacing=False, has_depth=False)
    lines = (guard("unspaced", "no pixel spacing"),)
    images = placed([None] * 7, Path("x"))
    scene = scene_of(np.zeros(flat.shape, np.int16), flat, modality="XC", guard=lines, instances=images)
    assert corners(scene)["no pixel spacing"] == "badge"
    number = scene.cursor_index[0]
    points = flat.to_mm([(number, 1, 1), (number, 1, 5)])
    name = ImageName(scene.series.instances[number].sop_instance_uid, 0)
    line = Measurement("calibration", points, scene.series.key, image=name, known_mm=20.0)
    scene.study.measurements.set([line])
    said = corners(scene)
    assert said["lengths in mm User"] == "badge"
    assert "no pixel spacing" not in said


def test_which_place_of_a_4d_series_is_seen_is_told_in_3d_too() -> None:
    """In 3D alone on the screen, the phase before contrast and the one after it could not be told apart."""
    array = np.zeros(AXIAL.shape, np.int16)
    scene = scene_of(array, AXIAL, axis=AxisPlace("time", "", 2, 10, None, "g"))
    preset = volume_presets("CT")[0]
    for size in ((600, 500), (200, 150)):
        told = volume_corner_text(scene, preset, VolumeLook(), None, size)
        assert str(told.bottom_left[0].text) == "Time 3/10"
