"""What the header says of greys, overlays, shutters, loss and the shape of pixels, as seen in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from medview.gui.main_window import MainWindow
from medview.gui.panes.corner_tips import CornerTips
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.session.apply_presentation import take_off_presentation
from medview.session.open_folder import open_folder
from medview.session.open_object import open_object
from medview.view.corner_text import corner_text
from tests.files.make_dicom import image, write
from tests.files.make_objects import item, save
from tests.gui.panes import drag
from tests.view.test_grey_pipeline import lut
from tests.view.test_overlay_planes import with_overlay

SIZE = 64
DX: dict[str, Any] = {
    "Modality": "DX", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "ImagePositionPatient": None,
    "ImageOrientationPatient": None, "RescaleType": None, "RescaleSlope": None, "RescaleIntercept": None,
    "Rows": SIZE, "Columns": SIZE, "PixelSpacing": None, "WindowCenter": 2048, "WindowWidth": 4096,
}  # fmt: skip
RAMP = np.tile(np.arange(SIZE, dtype="<u2") * 65, (SIZE, 1))  # columns of 0 to 4095
Settle = Callable[[], None]


def opened(window: MainWindow, settle: Settle, folder: Path, *, make: Any = None, **changes: Any) -> ViewportWidget:
    """Open a radiograph and return the pane that shows it."""
    dataset = image(**(DX | {"PixelData": RAMP.tobytes()} | changes))
    write(dataset if make is None else make(dataset), folder / "images" / "x")
    open_folder(window.session, folder)
    settle()
    window.session.scene.update(crosshair_visible=False)  # type: ignore[union-attr]
    settle()
    (pane,) = [w for w in window.panes.panes.values() if w.isVisible()]
    assert isinstance(pane, ViewportWidget)
    return pane


def colour(pane: ViewportWidget, row: float, column: float) -> list[int]:
    """Return what is painted at the centre of a pixel of the image."""
    picture = pane.picture()
    assert picture is not None
    x, y = picture.transform.to_pane(column + 0.5, row + 0.5)
    found: NDArray[np.uint8] = pane.grab_pixels()
    return [int(part) for part in found[int(y), int(x), :3]]


def choose(window: MainWindow, command_id: str) -> None:
    """Choose a command as in the menu."""
    action = window.commands.actions[command_id]
    assert action.isVisible()
    assert action.isEnabled()
    action.trigger()


def corner(window: MainWindow, pane: ViewportWidget) -> dict[str, str]:
    scene, picture = window.session.scene, pane.picture()
    assert scene is not None
    assert picture is not None
    told = corner_text(scene, pane.viewport, picture, (pane.width(), pane.height()))
    lines = (*told.top_left, *told.top_right, *told.bottom_left, *told.bottom_right)
    return {str(line.text): line.mark for line in lines}


@pytest.mark.parametrize(("kind", "expected"), [("MONOCHROME2", 40 * 65), ("MONOCHROME1", 4095 - 40 * 65)])
def test_grey_on_the_glass_is_what_the_window_makes_of_the_value(
    window: MainWindow, settle: Settle, tmp_path: Path, kind: str, expected: int
) -> None:
    pane = opened(window, settle, tmp_path, PhotometricInterpretation=kind)
    grey = expected / 4095 * 255
    assert colour(pane, 32, 40) == pytest.approx([grey] * 3, abs=2)
    QTest.keyClick(pane, Qt.Key.Key_I)
    assert colour(pane, 32, 40) == pytest.approx([255 - grey] * 3, abs=2)


def test_tables_stand_in_the_menu_and_a_drag_begins_where_the_table_is(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    steps = np.where(np.arange(4096) < 2000, 0, 4095)
    tables = [lut(0, np.arange(4096), 12, "NORMAL & SOFT"), lut(0, steps, 12, "STEP")]
    pane = opened(window, settle, tmp_path, VOILUTSequence=tables, WindowCenter=[1000, 3000], WindowWidth=[100, 200],
                  WindowCenterWidthExplanation=["BONE", "SKIN"])  # fmt: skip
    actions = window.commands.actions
    titles = [actions[f"image_window_{n}"].text() for n in range(1, 9) if actions[f"image_window_{n}"].isVisible()]
    assert titles == ["NORMAL && SOFT", "STEP", "BONE  (W 100  L 1000)", "SKIN  (W 200  L 3000)"]
    assert colour(pane, 32, 40)[0] == pytest.approx(40 * 65 / 4095 * 255, abs=2)
    choose(window, "image_window_2")
    assert (colour(pane, 32, 20)[0], colour(pane, 32, 40)[0]) == (0, 255)
    assert "Look-up table: STEP" in corner(window, pane)
    choose(window, "image_window_4")
    assert "W 200  L 3000" in corner(window, pane)
    choose(window, "default_window")
    assert "Look-up table: NORMAL & SOFT" in corner(window, pane)
    drag(pane, [(200, 200), (200, 240)])
    (window_line,) = [text for text in corner(window, pane) if text.startswith("W ")]
    width, level = (float(part) for part in window_line.replace("L", "").split()[1:])
    # from 2 to 98 percent of the table's rise; down lowers the level by a half of the width
    assert (width, level) == (pytest.approx(3931, abs=3), pytest.approx(2048 - 3931 / 2, abs=3))


def test_padding_is_black_on_an_inverted_image(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    stored = RAMP.copy()
    stored[:20] = 4000
    pane = opened(window, settle, tmp_path, PixelData=stored.tobytes(), PixelPaddingValue=4000,
                  PhotometricInterpretation="MONOCHROME1")  # fmt: skip
    assert colour(pane, 10, 32) == [0, 0, 0]
    assert colour(pane, 40, 2)[0] > 230


def test_overlays_are_seen_and_switched_off_and_that_is_said(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[20:40, 20:40] = True
    pane = opened(window, settle, tmp_path, make=lambda dataset: with_overlay(dataset, 0x6000, mask))
    assert colour(pane, 30, 30) == [255, 236, 140]
    plain = colour(pane, 50, 30)
    choose(window, "image_overlays")
    assert colour(pane, 30, 30) == plain
    assert corner(window, pane)["Overlays hidden"] == "badge"
    choose(window, "image_overlays")
    assert colour(pane, 30, 30) == [255, 236, 140]


def test_a_shutter_hides_in_its_grey_and_is_opened(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    told = {"ShutterShape": ["RECTANGULAR", "CIRCULAR"], "ShutterPresentationValue": 25700,
            "ShutterUpperHorizontalEdge": 11, "ShutterLowerHorizontalEdge": 54, "ShutterLeftVerticalEdge": 11,
            "ShutterRightVerticalEdge": 54, "CenterOfCircularShutter": [32, 32],
            "RadiusOfCircularShutter": 25}  # fmt: skip
    pane = opened(window, settle, tmp_path, **told)
    hidden = [100, 100, 100]
    assert colour(pane, 32, 32) != hidden
    for row, column in ((32, 8), (8, 32), (12, 12), (52, 52)):  # beside the rectangle, or outside the circle
        assert colour(pane, row, column) == hidden
    assert colour(pane, 32, 11)[0] == pytest.approx(11 * 65 / 4095 * 255, abs=2)
    assert "Cut by its shutter" in corner(window, pane)
    choose(window, "image_shutter")
    assert colour(pane, 32, 8)[0] == pytest.approx(8 * 65 / 4095 * 255, abs=2)
    assert "Without its shutter" in corner(window, pane)
    assert "Cut by its shutter" not in corner(window, pane)


@pytest.mark.parametrize(
    "told",
    [{"PixelAspectRatio": [3, 1]}, {"ImagerPixelSpacing": [0.3, 0.1]}, {"Modality": "MR", "PixelSpacing": [0.9, 0.3],
     "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}],
)  # fmt: skip
def test_pixels_that_are_no_squares_are_seen_undistorted(
    window: MainWindow, settle: Settle, tmp_path: Path, told: dict[str, Any]
) -> None:
    bright = np.zeros((SIZE, SIZE), "<u2")
    bright[28:36, 20:44] = 4095  # eight rows of pixels three times as high as wide: a square
    pane = opened(window, settle, tmp_path, PixelData=bright.tobytes(), **told)
    grey = pane.grab_pixels()[..., 0].astype(int)
    middle = grey[
        pane.height() // 2 - 150 : pane.height() // 2 + 150, pane.width() // 2 - 150 : pane.width() // 2 + 150
    ]
    rows, columns = np.nonzero(middle > 128)
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), rel=0.04)


def test_loss_is_red_in_the_corner(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    pane = opened(window, settle, tmp_path, LossyImageCompression="01", LossyImageCompressionRatio=25)
    assert corner(window, pane)["Lossy 25:1"] == "warning"
    red = pane.grab_pixels()[:200, :150, :3].astype(int)
    assert ((red[..., 0] > 200) & (red[..., 1] < 160) & (red[..., 2] < 160)).any()


def test_a_window_beside_all_values_is_red(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    pane = opened(window, settle, tmp_path, WindowCenter=9000, WindowWidth=100)
    assert corner(window, pane)["W 100  L 9000"] == "warning"


def test_colours_are_as_stored_until_they_are_dragged(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    stored = np.full((SIZE, SIZE, 3), (200, 100, 50), np.uint8)
    facts = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "RGB", "BitsAllocated": 8,
             "BitsStored": 8, "HighBit": 7, "Modality": "XC", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.4",
             "WindowCenter": None, "WindowWidth": None}  # fmt: skip
    pane = opened(window, settle, tmp_path, PixelData=stored.tobytes(), **facts)
    assert colour(pane, 32, 32) == [200, 100, 50]
    assert "Colours as stored" in corner(window, pane)
    drag(pane, [(200, 200), (200, 220)])  # 20 pixels down lower the level by a quarter of the width: brighter
    assert colour(pane, 32, 32) == pytest.approx([255, 164, 114], abs=2)
    assert "W 256  L 64" in corner(window, pane)
    choose(window, "default_window")
    assert colour(pane, 32, 32) == [200, 100, 50]


def test_the_ruler_has_the_unit_of_the_calibration_and_the_corner_says_what_that_means(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    pane = opened(window, settle, tmp_path, ImagerPixelSpacing=[0.5, 0.5])
    lines = list(corner(window, pane))
    assert "lengths in mm Proj" in lines
    (tips,) = pane.findChildren(CornerTips)
    row = lines.index("lengths in mm Proj")
    assert "what lies in the patient is smaller" in tips.tip_at(12, 8 + (row + 0.5) * pane.fontMetrics().height())
    assert tips.tip_at(12, 8 + 0.5 * pane.fontMetrics().height()) == ""


def test_a_presentation_state_inverts_by_itself_and_brings_table_and_shutter(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    """MONOCHROME1 and an inverse state: one inversion, not two and none (PS3.3 C.11.6)."""
    reference = item(ReferencedSOPClassUID=DX["SOPClassUID"], ReferencedSOPInstanceUID="2.25.20000")
    series = item(SeriesInstanceUID="2.25.1001", ReferencedImageSequence=[reference])
    table = lut(0, np.where(np.arange(4096) < 2000, 0, 4095), 12, "STEP")
    (tmp_path / "images").mkdir()
    save(
        tmp_path / "images" / "state.dcm", "1.2.840.10008.5.1.4.1.1.11.1", Modality="PR", ContentLabel="LOOK",
        StudyInstanceUID="2.25.1000", ReferencedSeriesSequence=[series], PresentationLUTShape="INVERSE",
        SoftcopyVOILUTSequence=[item(VOILUTSequence=[table])], ShutterShape="RECTANGULAR",
        ShutterUpperHorizontalEdge=1, ShutterLowerHorizontalEdge=64, ShutterLeftVerticalEdge=11,
        ShutterRightVerticalEdge=64, ShutterPresentationValue=0,
    )  # fmt: skip
    pane = opened(window, settle, tmp_path, PhotometricInterpretation="MONOCHROME1")
    before = colour(pane, 32, 40)
    study = window.session.studies[0]
    open_object(window.session, study, next(o for o in study.objects if o.kind == "presentation state"))
    settle()
    assert (colour(pane, 32, 20)[0], colour(pane, 32, 40)[0]) == (255, 0)
    assert colour(pane, 32, 5) == [0, 0, 0]
    assert window.session.scene is not None
    take_off_presentation(window.session.scene)
    settle()
    assert colour(pane, 32, 40) == before
