"""Studies that are opened in the window hang as readers of their kind want them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from tests.files.make_dicom import image, write
from tests.gui.panes import pixels_of
from tests.gui.test_layouts import write_z
from tests.walk.person import Person

ROWS, COLUMNS = 48, 24


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot) -> Person:
    """Return a person in whose window what is opened hangs by protocols."""
    window.session.settings["hanging"] = True
    return Person(window, qtbot)


def write_breast(folder: Path, side: str, view: str, number: int) -> None:
    """Write a mammogram as it left the detector: the chest wall at the left, whichever side it is."""
    pixels = np.zeros((ROWS, COLUMNS), "<u2")
    pixels[8:40, :12] = 1000  # at the chest wall
    pixels[8:20, :12] += 1000  # lighter in the upper half of the stored image
    down = {"CC": "R" if side == "L" else "L", "MLO": "F"}[view]
    dataset = image(
        number, Modality="MG", SOPClassUID="1.2.840.10008.5.1.4.1.1.1.2", SeriesInstanceUID=f"2.25.60{number}",
        SOPInstanceUID=f"2.25.61{number}", SeriesNumber=number, SeriesDescription=f"{side} {view}", ViewPosition=view,
        ImageLaterality=side, PatientOrientation=["A", down], BodyPartExamined="BREAST", ImageType=["ORIGINAL"],
        ImagePositionPatient=None, ImageOrientationPatient=None, FrameOfReferenceUID=None, PixelSpacing=None,
        ImagerPixelSpacing=[1.0, 1.0], RescaleIntercept=None, RescaleSlope=None, RescaleType=None, Rows=ROWS,
        Columns=COLUMNS, WindowCenter=1000, WindowWidth=2000, PixelData=pixels.tobytes(),
    )  # fmt: skip
    write(dataset, folder / f"{number}.dcm")


def test_mammograms_hang_chest_wall_to_chest_wall(person: Person, tmp_path: Path) -> None:
    for number, (side, view) in enumerate((("L", "MLO"), ("R", "MLO"), ("L", "CC"), ("R", "CC")), start=1):
        write_breast(tmp_path / "mg", side, view, number)
    person.drops(tmp_path / "mg")
    panes = person.window.panes.panes
    person.waits_until(lambda: len(person.session.scenes) == 4)
    person.qtbot.wait(50)
    told = [person.session.scenes[slot].series.series_description for slot in range(4)]
    assert told == ["R CC", "L CC", "R MLO", "L MLO"]
    for left, right in (("1", "2"), ("3", "4")):
        assert panes[left].geometry().right() + 3 == panes[right].geometry().left()
        for pane, wall in ((left, -14), (right, 14)):
            seen = pixels_of(panes[pane]).astype(int).mean(axis=2)
            # tissue at the wall, the upper half of the stored image still up: nobody hangs upside down
            upper, lower = (seen[round(seen.shape[0] * part), wall] for part in (0.3, 0.7))
            assert (upper > 200, 90 < lower < 160) == (True, True), pane
            assert seen[round(seen.shape[0] * 0.3), seen.shape[1] // 2 * (1 if wall > 0 else -1)] < 20


def test_a_ct_with_its_prior_hangs_left_and_right_and_the_stages_go_by_keys(
    person: Person, tmp_path: Path, settle: Callable[[], None]
) -> None:
    write_z(tmp_path / "both" / "now", 2.0)
    write_z(tmp_path / "both" / "then", 4.0, uid="2.25.501", study_date="20211125")
    person.drops(tmp_path / "both")
    settle()
    shown = [scene.study.facts.study_date for _, scene in sorted(person.session.scenes.items())]
    assert shown == ["20240229", "20211125"]
    assert person.session.active_pane == "1"
    title = person.window.commands.actions["next_stage"].text()
    assert title == "MPR beside MPR"
    person.presses(Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert list(person.window.panes.panes) == ["axial", "coronal", "sagittal", "axial 2", "coronal 2", "sagittal 2"]
    person.presses(Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert list(person.window.panes.panes) == ["1", "2"]
    person.window.commands.actions["layout_mpr"].trigger()
    person.presses(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    settle()
    assert list(person.window.panes.panes) == ["1", "2"]
