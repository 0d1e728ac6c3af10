"""What a length is called where millimetres are not plain: radiographs, pictures, ultrasound; calibration by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.panes.measurement_entry import MeasurementEntry
from medview.gui.panes.pane_widget import PaneWidget
from medview.session.open_folder import open_folder
from tests.files.make_dicom import image, write
from tests.gui.conftest import WAIT_MS, write_ct
from tests.gui.measured import Person
from tests.gui.panes import drag

ROWS, COLUMNS = 60, 80
DX = "1.2.840.10008.5.1.4.1.1.1.1"
US = "1.2.840.10008.5.1.4.1.1.6.1"
NOWHERE: dict[str, Any] = {"ImagePositionPatient": None, "ImageOrientationPatient": None, "FrameOfReferenceUID": None}


class Reader(Person):
    """Measures on one image of 60 rows and 80 columns of square pixels."""

    @property
    def only(self) -> PaneWidget:
        return self.window.panes.panes[self.window.session.active_pane]

    def px(self, column: float, row: float) -> tuple[float, float]:
        """Return where the centre of a pixel lies in the pane."""
        pane = self.only
        scale = min(pane.width() / COLUMNS, pane.height() / ROWS)
        x, y = column - (COLUMNS - 1) / 2, row - (ROWS - 1) / 2
        return pane.width() / 2 + scale * x, pane.height() / 2 + scale * y

    def draw(self, command: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.window.commands.actions[command].trigger()
        drag(self.only, [self.px(*start), self.px(*end), self.px(*end)])

    def written(self) -> set[str]:
        return self.texts(self.window.session.active_pane)


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, settle: Callable[[], None]) -> Callable[[Path], Reader]:
    def open_it(path: Path) -> Reader:
        open_folder(window.session, path)
        qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
        settle()
        return Reader(window, qtbot)

    return open_it


def radiograph(folder: Path, **changes: Any) -> Path:
    values = np.full((ROWS, COLUMNS), 500, "<u2")
    values[10:30, 20:60] = 900
    told = {"Modality": "DX", "SOPClassUID": DX, "PixelSpacing": None, "RescaleType": "US", "RescaleIntercept": 0}
    size = {"Rows": ROWS, "Columns": COLUMNS, "PixelData": values.tobytes(), "ImageType": ["ORIGINAL", "PRIMARY"]}
    write(image(**(NOWHERE | told | size | changes)), folder / "x.dcm")
    return folder


def picture(folder: Path) -> Path:
    folder.mkdir()
    pixels = np.zeros((ROWS, COLUMNS, 3), np.uint8)
    pixels[:, :40] = (200, 100, 50)
    pixels[:, 40:] = (100, 50, 0)
    Image.fromarray(pixels).save(folder / "photo.png")
    return folder


def test_on_a_radiograph_millimetres_are_those_at_the_detector(
    opened: Callable[[Path], Reader], tmp_path: Path
) -> None:
    reader = opened(radiograph(tmp_path / "dx", ImagerPixelSpacing=[0.2, 0.2]))
    reader.draw("measure_length", (10, 10), (40, 50))  # 30 and 40 pixels of 0.2 mm
    assert reader.written() == {"10.0 mm Proj"}
    assert reader.listed() == [("Length", "10.0 mm Proj")]
    reader.draw("measure_rectangle", (19.5, 9.5), (29.5, 29.5))
    assert {"8.0 mm² Proj", "900 ± 0"} <= reader.written()  # 10 by 20 pixels of one value


def test_a_magnified_radiograph_is_brought_into_the_patient(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    told = {"ImagerPixelSpacing": [0.3, 0.3], "EstimatedRadiographicMagnificationFactor": 1.5}
    reader = opened(radiograph(tmp_path / "dx", **told))
    reader.draw("measure_length", (10, 10), (40, 50))
    assert reader.written() == {"10.0 mm ERMF"}


def test_a_spacing_that_cannot_be_is_refused_with_its_reason(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    reader = opened(radiograph(tmp_path / "dx", ImagerPixelSpacing=[0.1, 0.1], PixelSpacing=[0.2, 0.2]))
    reader.draw("measure_length", (10, 10), (40, 50))
    (line,) = reader.written()
    assert "larger than Imager Pixel Spacing" in line or line.endswith("…")
    assert "mm" not in line.replace("Imager", "")
    reader.window.commands.actions["measure_angle"].trigger()
    reader.draw("measure_angle", (10, 40), (30, 40))
    drag(reader.only, [reader.px(30, 20)])
    assert "90.0°" in reader.written()  # an angle needs no millimetres


def test_an_unspaced_picture_is_measured_in_pixels_and_calibrated_by_hand(
    opened: Callable[[Path], Reader], tmp_path: Path
) -> None:
    reader = opened(picture(tmp_path / "photo"))
    reader.draw("measure_length", (10, 10), (40, 50))
    assert reader.written() == {"50.0 px"}
    reader.draw("measure_calibration", (60, 10), (60, 30))  # 20 pixels
    entry = reader.only.findChild(MeasurementEntry)
    assert entry is not None
    assert entry.placeholderText() == "Known length in mm"
    reader.qtbot.keyClicks(entry, "10")
    reader.qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert reader.written() == {"25.0 mm User", "Known: 10 mm"}
    reader.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert reader.written() == {"50.0 px"}


def test_colours_are_told_by_channel(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    reader = opened(picture(tmp_path / "photo"))
    reader.draw("measure_rectangle", (9.5, 9.5), (19.5, 19.5))
    assert reader.written() == {"100.0 px²", "R 200 ± 0", "G 100 ± 0", "B 50 ± 0"}
    reader.window.commands.actions["measure_probe"].trigger()
    drag(reader.only, [reader.px(60, 40)])
    assert "R 100 G 50 B 0" in reader.written()


def test_a_distance_that_is_none_is_asked_for_again(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    reader = opened(picture(tmp_path / "photo"))
    reader.draw("measure_calibration", (60, 10), (60, 30))
    entry = reader.only.findChild(MeasurementEntry)
    assert entry is not None
    reader.qtbot.keyClicks(entry, "ten")
    reader.qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert entry.isVisible()
    assert any("known distance" in str(n.message) for n in reader.window.session.notices.notices)
    reader.qtbot.keyClick(entry, Qt.Key.Key_Escape)
    assert reader.measured() == ()
    assert reader.written() == set()


def test_no_person_calibrates_what_has_its_spacing(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    reader = opened(write_ct(tmp_path / "ct"))
    reader.window.commands.actions["measure_calibration"].trigger()
    reader.drag("axial", (-10, -10, 124), (10, -10, 124))
    assert reader.measured() == ()
    assert any("own spacing" in str(n.message) for n in reader.window.session.notices.notices)


def test_ultrasound_is_measured_within_a_region_alone(opened: Callable[[Path], Reader], tmp_path: Path) -> None:
    from tests.imaging.test_calibration import region

    half = region(0, 0, 39, 59, PhysicalDeltaX=0.02, PhysicalDeltaY=0.02)
    told = {"Modality": "US", "SOPClassUID": US, "PixelSpacing": [9.0, 9.0], "SequenceOfUltrasoundRegions": [half]}
    reader = opened(radiograph(tmp_path / "us", **told))
    reader.draw("measure_length", (5, 10), (35, 50))
    assert reader.written() == {"10.0 mm"}  # 50 pixels of 0.2 mm
    reader.draw("measure_length", (45, 10), (75, 50))
    assert "50.0 px" in reader.written()
