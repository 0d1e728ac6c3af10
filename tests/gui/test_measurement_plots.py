"""Plots of measurements: what they plot against the pixels as they were written, what is read off them, and copied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.measuring.measurement_properties import MeasurementProperties
from medview.gui.measuring.plot_window import PlotWindow
from medview.session.open_folder import open_folder
from tests.files.make_dicom import image, write
from tests.gui.conftest import WAIT_MS, write_ct
from tests.gui.measured import Person
from tests.gui.panes import drag, pixels_of

Z = 124.0
Open = Callable[[Path], Person]


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, settle: Callable[[], None]) -> Open:
    def open_it(path: Path) -> Person:
        open_folder(window.session, path)
        qtbot.waitUntil(lambda: window.session.scene is not None and window.session.scene.is_whole, timeout=WAIT_MS)
        settle()
        return Person(window, qtbot)

    return open_it


def plot(person: Person, command: str) -> PlotWindow:
    person.qtbot.wait(30)
    person.window.commands.actions[command].trigger()
    found = person.window.findChildren(PlotWindow)[-1]
    person.qtbot.waitUntil(lambda: found.data is not None, timeout=WAIT_MS)
    person.qtbot.wait(30)
    return found


def point_at(shown: PlotWindow, x: float) -> str:
    """Put the mouse over a place on the axis, and return what is read there."""
    view = shown.plot.getPlotItem().vb
    (_, _), (low, high) = view.viewRange()
    shown._point(QPointF(view.mapViewToScene(QPointF(x, (low + high) / 2))))
    return shown.value.text()


def test_a_histogram_counts_the_pixels_of_a_region(opened: Open, tmp_path: Path) -> None:
    person = opened(write_ct(tmp_path / "ct"))
    person.window.commands.actions["measure_rectangle"].trigger()
    person.drag("axial", (-14.5, -14.5, Z), (-4.5, -4.5, Z))
    # columns 10 to 19 and rows 6 to 15 of the slice: bone from (12, 15), soft tissue from (10, 12), air elsewhere
    shown = plot(person, "histogram")
    counts = shown.data.curves[0].y
    assert counts.sum() == 100
    assert counts[0] == 100 - 8 * 6  # air
    assert counts[-1] == 5 * 4  # bone
    assert "Pixels: 20" in point_at(shown, 690)
    shown.copy_button.click()
    table = QApplication.clipboard().text().splitlines()
    assert table[0] == "Value [HU],Pixels"
    assert sum(int(row.split(",")[1]) for row in table[1:]) == 100


def test_a_profile_follows_its_line(opened: Open, tmp_path: Path) -> None:
    person = opened(write_ct(tmp_path / "ct"))
    person.key(Qt.Key.Key_D)
    person.drag("axial", (-20, 5, Z), (0, 5, Z))  # row 25, columns 4 to 24: air up to column 11, then soft tissue
    shown = plot(person, "line_profile")
    assert shown.data.x[-1] == pytest.approx(20.0, abs=0.1)
    values = shown.data.curves[0].y
    assert (values[0], values[-1]) == (-1000, 40)
    assert shown.data.x[np.argmax(values > -480)] == pytest.approx(7.5, abs=0.6)
    assert "-1000" in point_at(shown, 2.0)
    assert "40" in point_at(shown, 15.0)
    person.drag("axial", (0, 5, Z), (-12, 5, Z))  # its handle: the plot follows
    assert shown.data.x[-1] == pytest.approx(8.0, abs=0.1)
    person.key(Qt.Key.Key_Delete)
    person.qtbot.wait(30)
    assert person.window.findChildren(PlotWindow) == []  # nothing is left to plot


def test_a_curve_follows_a_region_through_time(opened: Open, tmp_path: Path) -> None:
    levels = [100, 400, 900, 300]
    for time, level in enumerate(levels):
        for index in range(3):
            pixels = np.full((6, 8), level + index, "<u2")
            told = {
                "SOPInstanceUID": f"2.25.77{time}{index}",
                "Modality": "MR",
                "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
                "RescaleIntercept": None,
                "RescaleSlope": None,
                "RescaleType": None,
                "ImageType": ["ORIGINAL", "PRIMARY", "M"],
                "TemporalPositionIdentifier": time + 1,
                "NumberOfTemporalPositions": 4,
                "AcquisitionTime": f"1011{10 + 2 * time:02d}",
                "InstanceNumber": time * 3 + index + 1,
                "PixelData": pixels.tobytes(),
            }
            write(image(index, **told), tmp_path / "4d" / f"{time}-{index}")
    person = opened(tmp_path / "4d")
    person.window.commands.actions["measure_rectangle"].trigger()
    pane = person.pane("axial")
    x, y = pane.width() / 2, pane.height() / 2
    drag(pane, [(x - 60, y - 60), (x, y), (x + 60, y + 60)])
    shown = plot(person, "time_curve")
    place = person.window.session.scene.cursor_index[0]
    assert shown.data.curves[0].y.tolist() == [level + place for level in levels]
    assert f"{900 + place}" in point_at(shown, shown.data.x[2])
    shown.copy_button.click()
    assert len(QApplication.clipboard().text().splitlines()) == 5


def test_a_plot_is_dressed_as_the_window_is(opened: Open, tmp_path: Path) -> None:
    person = opened(write_ct(tmp_path / "ct"))
    person.window.commands.actions["measure_ellipse"].trigger()
    person.drag("axial", (-14.5, -14.5, Z), (5, 5, Z))
    shown = plot(person, "histogram")
    dark = pixels_of(shown.plot).mean()
    person.window.commands.actions["light_theme"].trigger()
    person.qtbot.wait(50)
    assert pixels_of(shown.plot).mean() > dark + 100


def test_properties_tell_every_number_and_where(opened: Open, tmp_path: Path) -> None:
    person = opened(write_ct(tmp_path / "ct"))
    person.window.commands.actions["measure_rectangle"].trigger()
    person.drag("axial", (-14.5, -14.5, Z), (-4.5, -4.5, Z))
    person.qtbot.wait(30)
    person.window.commands.actions["measurement_properties"].trigger()
    form = person.window.findChild(MeasurementProperties).form
    roles = form.ItemRole.LabelRole, form.ItemRole.FieldRole
    rows = dict([form.itemAt(n, role).widget().text() for role in roles] for n in range(form.rowCount()))
    assert rows["Area"] == "100.0 mm²"
    assert rows["Perimeter"] == "40.0 mm"
    assert rows["Pixels"] == "100"
    assert rows["Maximum"] == "700 HU"
    assert rows["Images"] == "Series 3, image 13"
