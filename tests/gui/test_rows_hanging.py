"""Studies of each kind that are dropped on the window hang as their protocol says: told by what is painted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from medview.gui.main_window import MainWindow
from tests.files.make_dicom import image, mr_image, write, write_stack
from tests.files.make_pet_ct import LESION_MM, write_pet_ct
from tests.gui.panes import pixels_of
from tests.walk.person import Person

SIZE = 40
NOWHERE: dict[str, Any] = dict.fromkeys(
    ("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID", "PixelSpacing", "RescaleType",
     "RescaleSlope", "RescaleIntercept")
)  # fmt: skip


def flat(level: int, number: int, **told: Any) -> Any:
    """Return an image of one grey: `level` of 0 to 4000."""
    size = {"Rows": SIZE, "Columns": SIZE, "PixelData": np.full((SIZE, SIZE), level, "<u2").tobytes(),
            "WindowCenter": 2000, "WindowWidth": 4000, "SeriesNumber": number, "SeriesInstanceUID": f"2.25.60{number}",
            "SOPInstanceUID": f"2.25.61{number}"}  # fmt: skip
    return image(0, **(NOWHERE | size | told))


@pytest.fixture
def person(window: MainWindow, qtbot: QtBot) -> Person:
    """Return a person in whose window what is opened hangs by protocols."""
    window.session.settings["hanging"] = True
    return Person(window, qtbot)


def seen(person: Person) -> list[int]:
    """Return the grey in the middle of each pane, from left to right."""
    person.qtbot.wait(40)
    panes = sorted((pane for pane in person.window.panes.panes.values() if pane.isVisible()), key=lambda p: p.x())
    found = []
    for pane in panes:
        pixels = pixels_of(pane)
        rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
        found.append(int(np.median(pixels[rows - 60 : rows - 20, columns - 60 : columns - 20])))
    return found


def test_frontal_left_and_lateral_right_whatever_their_order(
    person: Person, tmp_path: Path, settle: Callable[[], None]
) -> None:
    """F88, CR and DX."""
    told = {"Modality": "DX", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "BodyPartExamined": "CHEST"}
    write(flat(3000, 1, ViewPosition="LL", **told), tmp_path / "dx" / "1")
    write(flat(1000, 2, ViewPosition="PA", **told), tmp_path / "dx" / "2")
    person.drops(tmp_path / "dx")
    settle()
    assert seen(person) == pytest.approx([1000 / 4000 * 255, 3000 / 4000 * 255], abs=3)


def test_pet_ct_hangs_ct_both_and_pet(person: Person, tmp_path: Path, settle: Callable[[], None]) -> None:
    """F88 and F111: grey, coloured, and dark on white, at the lesion."""
    person.drops(write_pet_ct(tmp_path / "pet_ct"))
    settle()
    QTest.keyClick(person.window, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    assert person.session.scene is not None
    for scene in person.session.scenes.values():
        scene.move_cursor(LESION_MM)
        scene.update(crosshair_visible=False)
    settle()
    panes = sorted((p for p in person.window.panes.panes.values() if p.isVisible()), key=lambda p: p.x())
    assert len(panes) == 3
    body = LESION_MM + (-50.0, 8.0, 0.0)  # of SUV 1 and 40 HU
    told = []
    for pane in panes:
        place = person.place_of(pane.pane, body)
        patch = pixels_of(pane)[place.y() - 2 : place.y() + 3, place.x() - 2 : place.x() + 3].reshape(-1, 3)
        told.append(np.median(patch, axis=0).astype(int))
    ct, both, pet = told
    assert (np.ptp(ct), np.ptp(pet)) == (0, 0)
    assert ct[0] == pytest.approx(128, abs=3)
    assert pet[0] == pytest.approx(255 * (1 - 1 / 6), abs=6), "dark on white, SUV 1 of 6"
    assert np.ptp(both) > 20


@pytest.mark.parametrize(
    ("modality", "sop_class"),
    [("US", "1.2.840.10008.5.1.4.1.1.6.1"), ("XA", "1.2.840.10008.5.1.4.1.1.12.1"), ("MR", "")],
)
def test_other_kinds_hang_one_image_that_fills_the_window(
    person: Person, tmp_path: Path, settle: Callable[[], None], modality: str, sop_class: str
) -> None:
    """F88: MR, ultrasound and angiography."""
    if modality == "MR":
        size = {"Rows": SIZE, "Columns": SIZE, "PixelData": np.full((SIZE, SIZE), 2000, "<u2").tobytes()}
        write_stack(tmp_path / "x", 5, mr_image, WindowCenter=2000, WindowWidth=4000, **size)
    else:
        write(flat(2000, 1, Modality=modality, SOPClassUID=sop_class), tmp_path / "x" / "1")
    person.drops(tmp_path / "x")
    settle()
    assert seen(person) == pytest.approx([128], abs=3)
