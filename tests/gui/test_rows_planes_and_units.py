"""Units rule by rule, tilted CT, panes that follow each other, registered images: worked by hand, seen in pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.gui.studies.study_card import CardRole
from medview.session.open_folder import open_folder
from tests.files.make_dicom import image, write
from tests.gui.conftest import WAIT_MS
from tests.gui.panes import drag, pixels_of
from tests.gui.seen import place_of_text, reads
from tests.gui.test_layouts import beside, write_z
from tests.gui.test_measured_units import COLUMNS, ROWS, US, Reader, radiograph
from tests.imaging.test_calibration import CR, PHOTO, XA, region
from tests.session.test_fuse import MOTION, write_two_days
from tests.walk.person import Person, _turn_wheel

K, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier
DARK = {"WindowCenter": 3000, "WindowWidth": 400}  # letters are read on a dark ground
LEFT_HALF = {"PhysicalDeltaX": 0.02, "PhysicalDeltaY": 0.02}
# of a line of 30 columns and 40 rows: 50 pixels
UNITS: list[tuple[str, dict[str, Any], str]] = [
    ("1", {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "PixelSpacing": [0.5, 0.5],
           "ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}, "25.0 mm"),
    ("2a geometry", {"PixelSpacing": [0.2, 0.2], "PixelSpacingCalibrationType": "GEOMETRY"}, "10.0 mm ERMF"),
    ("2a fiducial", {"PixelSpacing": [0.2, 0.2], "PixelSpacingCalibrationType": "FIDUCIAL"}, "10.0 mm Calibrated"),
    ("2b distances", {"ImagerPixelSpacing": [0.3, 0.3], "DistanceSourceToDetector": 1200,
                      "DistanceSourceToPatient": 1000, "Modality": "XA", "SOPClassUID": XA}, "12.5 mm ERMF"),
    ("2c", {"ImagerPixelSpacing": [0.2, 0.2], "Modality": "CR", "SOPClassUID": CR}, "10.0 mm Proj"),
    ("2d", {"PixelSpacing": [0.2, 0.2]}, "10.0 mm Unknown"),
    ("2d at the detector", {"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.2, 0.2]}, "10.0 mm Proj"),
    ("3 never Pixel Spacing", {"Modality": "US", "SOPClassUID": US, "PixelSpacing": [0.2, 0.2]}, "50.0 px"),
    ("4", {"Modality": "XC", "SOPClassUID": PHOTO, "PixelSpacing": [0.2, 0.2]}, "50.0 px"),
    ("7 never divided", {"PixelSpacing": [0.2, 0.2], "PixelSpacingCalibrationType": "GEOMETRY",
                         "ImagerPixelSpacing": [0.24, 0.24], "EstimatedRadiographicMagnificationFactor": 1.2},
     "10.0 mm ERMF"),
]  # fmt: skip
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("6 magnification", {"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 0},
     "impossible"),
    ("6 absurd", {"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 10001}, "impossible"),
    ("6 a pair that cannot be", {"ImagerPixelSpacing": [0.1, 0.1], "PixelSpacing": [0.2, 0.2]}, "larger than"),
    ("3 across regions", {"Modality": "US", "SOPClassUID": US, "SequenceOfUltrasoundRegions": [
        region(0, 0, 29, 59, **LEFT_HALF), region(30, 0, 79, 59, **LEFT_HALF)]}, "different regions"),
    ("3 M-mode", {"Modality": "US", "SOPClassUID": US, "SequenceOfUltrasoundRegions": [
        region(0, 0, 79, 59, RegionSpatialFormat=2, PhysicalUnitsXDirection=4)]}, "M-mode"),
]  # fmt: skip


class Opened(Reader):
    """Opens one image after the other and measures on each."""

    def opens(self, folder: Path, settle: Callable[[], None]) -> None:
        open_folder(self.window.session, folder)
        settle()
        self.qtbot.waitUntil(lambda: self.window.session.scene is not None, timeout=WAIT_MS)
        scene = self.window.session.scene
        assert scene is not None
        scene.update(crosshair_visible=False)
        self.qtbot.wait(30)

    def closes(self, settle: Callable[[], None]) -> None:
        QTest.keyClick(self.window, K.Key_W, CONTROL)
        settle()
        assert self.window.session.scene is None


def test_each_rule_of_calibration_is_read_beside_the_line(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> None:
    """F116, F123, conventions 6: what stands at the line in the pane, and in the list."""
    reader = Opened(window, qtbot)
    for number, (rule, told, length) in enumerate(UNITS):
        reader.opens(radiograph(tmp_path / str(number), **(DARK | told)), settle)
        reader.draw("measure_length", (10, 10), (40, 50))
        assert reader.listed() == [("Length", length)], rule
        assert reads(reader.only, length), rule
        reader.closes(settle)


def test_what_may_not_be_measured_says_why_and_no_number(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> None:
    """Rule 6 and rule 3: refused, not merely called pixels."""
    reader = Opened(window, qtbot)
    for number, (rule, told, because) in enumerate(REFUSED):
        reader.opens(radiograph(tmp_path / str(number), **told), settle)
        reader.draw("measure_length", (10, 10), (40, 50))
        told_now = " ".join([*reader.written(), *(value for _, value in reader.listed())])
        tips = " ".join(item.toolTip(n) for item in window.measurement_panel.list.rows() for n in range(5))
        notices = " ".join(str(notice.message) for notice in window.session.notices.notices)
        assert because in f"{told_now} {tips} {notices}", (rule, told_now, tips)
        assert not any(figure.isdigit() for figure in told_now), (rule, told_now)
        reader.closes(settle)


def test_an_angle_follows_the_shape_of_the_pixels_or_is_refused(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> None:
    """Rule 5 and F52: 45 degrees of pixels that are three times as high as wide."""
    reader = Opened(window, qtbot)
    reader.opens(radiograph(tmp_path / "tall", PixelAspectRatio=[3, 1]), settle)
    pane, scale = reader.only, min(reader.only.width() / COLUMNS, reader.only.height() / (3 * ROWS))

    def px(column: float, row: float) -> tuple[float, float]:
        return (pane.width() / 2 + scale * (column - (COLUMNS - 1) / 2),
                pane.height() / 2 + 3 * scale * (row - (ROWS - 1) / 2))  # fmt: skip

    window.commands.actions["measure_angle"].trigger()
    drag(pane, [px(60, 30), px(45, 30), px(40, 30)])
    drag(pane, [px(50, 40)])
    assert reader.listed() == [("Angle", f"{np.degrees(np.arctan(3)):.1f}°")]
    reader.closes(settle)
    reader.opens(radiograph(tmp_path / "none", PixelAspectRatio=[100, 1]), settle)
    window.commands.actions["measure_angle"].trigger()
    pane = reader.only
    x, y = pane.width() / 2, pane.height() / 2
    drag(pane, [(x + 60, y), (x + 20, y), (x, y)])
    drag(pane, [(x + 50, y + 50)])
    assert not any("°" in value for _, value in reader.listed())


def write_tilted(folder: Path, degrees: float = 18.5) -> Path:
    """Write a CT of a tilted gantry: a rod along the patient's long axis, at x = 0 and y = 0, from z = 0 to 58."""
    slant = np.tan(np.deg2rad(degrees))
    rows, columns = np.mgrid[0:60, 0:48]
    for k in range(30):
        origin = np.array([-24.0, -30.0 + 2 * k * slant, 2.0 * k])
        x, y = origin[0] + columns, origin[1] + rows
        values = np.where(np.hypot(x, y) < 3, 1700, 24).astype("<u2")
        told = {"ImagePositionPatient": origin.tolist(), "PixelSpacing": [1, 1], "Rows": 60, "Columns": 48}
        write(image(k, PixelData=values.tobytes(), **told), folder / f"{k}.dcm")
    return folder


def test_a_tilted_ct_is_cut_undistorted_and_says_that_it_is_interpolated(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> None:
    """F93, F97, F98: the rod stands upright in the sagittal plane, and 30 mm of it are 30 mm."""
    reader = Opened(window, qtbot)
    reader.opens(write_tilted(tmp_path / "tilted"), settle)
    QTest.keyClick(window, K.Key_3, CONTROL)
    qtbot.wait(60)
    pane, scene = window.panes.panes["sagittal"], window.session.scene
    assert isinstance(pane, ViewportWidget)
    assert scene is not None
    scene.move_cursor((0.0, 0.0, 29.0))
    window.session.choose(active_pane="sagittal")
    qtbot.wait(30)
    picture = pane.picture()
    assert picture is not None
    seen = pixels_of(pane)[..., 0].astype(int)
    rows = [round(picture.mm_to_pane((0.0, 0.0, z))[1]) for z in (12.0, 22.0, 36.0, 46.0)]
    x = round(picture.mm_to_pane((0.0, 0.0, 29.0))[0])
    middles = []
    for row in rows:
        lit = np.flatnonzero(seen[row, x - 60 : x + 60] > 200)
        middles.append(lit.mean())
    assert np.ptp(middles) < 2.0, "a skewed rod would lean by a third"
    assert reads(pane, "Interpolated: the images are tilted")
    card = window.study_panel.tree.topLevelItem(0).child(0).data(0, CardRole.CARD)
    assert card.badge == "tilted by 18.5 degrees"
    window.commands.actions["measure_length"].trigger()
    start, end = picture.mm_to_pane((0.0, 0.0, 14.0)), picture.mm_to_pane((0.0, 0.0, 44.0))
    drag(pane, [start, (start[0], (start[1] + end[1]) / 2), end])
    ((_, length),) = reader.listed()
    assert length == "30.0 mm"


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]) -> Person:
    """Return a person who has two series of one examination side by side."""
    write_z(tmp_path / "study" / "thin", 2.0)
    write_z(tmp_path / "study" / "thick", 8.0)
    found = Person(window, qtbot)
    found.drops(tmp_path / "study")
    settle()
    beside(found)
    return found


def lit_width(person: Person, pane: str) -> int:
    seen = pixels_of(person.window.panes.panes[pane])
    return int((seen[seen.shape[0] // 3, 16:-16].max(axis=1) > 60).sum())


def test_zoom_and_window_go_together_where_a_person_wants_that(person: Person) -> None:
    """F84: each by its own switch in the menu, seen in the other pane."""
    panes, actions = person.window.panes.panes, person.window.commands.actions
    person.clicks(panes["1"])
    person.presses(K.Key_Home)
    for _ in range(10):
        _turn_wheel(panes["1"], -120)  # z = 20: grey 100
    before = lit_width(person, "2")

    def zoom_out() -> None:
        drag(panes["1"], [(60, 200), (60, 240)], Qt.MouseButton.RightButton)
        person.qtbot.wait(20)

    zoom_out()
    assert (lit_width(person, "1") < 0.9 * before, lit_width(person, "2")) == (True, before)
    actions["sync_zoom"].trigger()
    zoom_out()
    assert lit_width(person, "2") == pytest.approx(lit_width(person, "1"), abs=2)
    assert lit_width(person, "2") < 0.9 * before
    drag(panes["1"], [(30, 200), (38, 200)])
    person.qtbot.wait(20)
    assert reads(panes["1"], "W 281  L 128")  # 255 and 8 pixels of 255 / 80
    assert reads(panes["2"], "W 255  L 128")
    actions["sync_window"].trigger()
    drag(panes["1"], [(30, 200), (38, 200)])
    assert place_of_text(panes["1"], "W 309  L 128") is not None
    assert place_of_text(panes["2"], "W 309  L 128") is not None


def test_reference_lines_show_one_slice_its_ends_or_all_of_them(person: Person) -> None:
    """F85: counted in the coronal pane beside, by their colour."""
    actions = person.window.commands.actions
    person.clicks(person.window.panes.panes["2"])
    actions["show_coronal"].trigger()
    person.qtbot.wait(30)
    person.clicks(person.window.panes.panes["1"])
    for _ in range(3):
        _turn_wheel(person.window.panes.panes["1"], -120)

    def redness(lines: str) -> np.ndarray:
        actions[f"reference_lines_{lines}"].trigger()
        person.qtbot.wait(30)
        seen = pixels_of(person.window.panes.panes["2"]).astype(int)[:, 90:-90]
        return np.asarray(np.mean(seen[..., 0] - seen[..., 2], axis=1))

    plain = redness("off")
    counts = {}
    for name in ("slice", "ends", "all"):
        red = redness(name) - plain > 4
        counts[name] = int((red[1:] & ~red[:-1]).sum())
    assert counts == {"slice": 1, "ends": 3, "all": 25}


def test_two_ct_of_two_days_are_registered_by_the_menu(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settle: Callable[[], None]
) -> None:
    """F112, F113: after it the second lies where it was moved by hand when the files were made."""
    session, actions = window.session, window.commands.actions
    person = Person(window, qtbot)
    person.drops(write_two_days(tmp_path / "days"))
    settle()
    QTest.keyClick(window, K.Key_3, CONTROL)
    tree = window.study_panel.tree
    rows = [tree.topLevelItem(n).child(c) for n in range(tree.topLevelItemCount())
            for c in range(tree.topLevelItem(n).childCount())]  # fmt: skip
    (later,) = [row for row in rows if "CT later" in row.toolTip(0)]
    tree.setCurrentItem(later)
    QTest.keyClick(tree, K.Key_Return)
    settle()
    scene = session.scene
    assert scene is not None
    assert scene.series.series_description == "CT later"
    scene.update(crosshair_visible=False, fusion=None)
    ball = np.array([-30.0, 5.0, 15.0]) + MOTION[:3, 3]  # of 500 HU in soft tissue, radius 10 mm
    scene.move_cursor(ball)
    session.choose(active_pane="axial")
    qtbot.wait(30)
    actions["fuse"].trigger()
    menu = window.findChild(QMenu, "second_series")
    assert menu is not None
    (entry,) = [action for action in menu.actions() if "CT thin" in action.text()]
    entry.trigger()
    menu.close()
    settle()
    window.fusion_bar.settings.opacity.setValue(100)
    settle()
    edge = ball + (8.0, 0.0, 0.0)  # within the ball, but not where the ball lies before

    def light(point: np.ndarray) -> int:
        x, y = person.place_of("axial", point).toTuple()
        patch = pixels_of(person.pane("axial"))[y - 1 : y + 2, x - 1 : x + 2]
        return int(np.median(patch.max(axis=2)))

    before = light(edge)
    actions["register_rigid"].trigger()
    settle()
    qtbot.wait(50)
    assert light(edge) > before + 60
    assert light(edge) == pytest.approx(light(ball), abs=12)
    assert reads(person.pane("axial"), "Registered: rigid") or "Mutual information rose" in person.told()
    QTest.keyClick(window, K.Key_Z, CONTROL)
    settle()
    assert light(edge) == pytest.approx(before, abs=6)
