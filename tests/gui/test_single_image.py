"""A single image, as a radiograph is: one pane, no names of planes that nobody knows, and nothing black beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from medview.gui.main_window import MainWindow
from medview.session.open_folder import open_folder
from medview.view.corner_text import corner_text
from tests.files.make_dicom import write_stack
from tests.gui.conftest import write_ct

Settle = Callable[[], None]


@pytest.fixture
def radiograph(window: MainWindow, settle: Settle, tmp_path: Path) -> MainWindow:
    """Return the window with one image that gives no place in the patient, after a volume."""
    open_folder(window.session, write_ct(tmp_path / "ct"))
    settle()
    window.session.choose(active_pane="volume")
    nowhere = {"ImageOrientationPatient": None, "ImagePositionPatient": None, "Modality": "CR"}
    open_folder(window.session, write_stack(tmp_path / "cr", 1, StudyInstanceUID="1.2.3", **nowhere))
    settle()
    assert window.session.scene.volume.geometry.shape[0] == 1
    return window


def visible(window: MainWindow) -> list[str]:
    """Return the panes that can be seen."""
    return [name for name, pane in window.panes.panes.items() if pane.isVisible()]


def test_a_single_image_fills_the_window(radiograph: MainWindow) -> None:
    assert visible(radiograph) == ["axial"]
    assert radiograph.session.active_pane == "axial"


def test_tab_and_double_click_do_not_lead_to_panes_without_pictures(radiograph: MainWindow) -> None:
    pane = radiograph.panes.panes["axial"]
    QTest.keyClick(pane, Qt.Key.Key_Tab)
    QTest.mouseDClick(pane, Qt.MouseButton.LeftButton)
    assert visible(radiograph) == ["axial"]
    assert radiograph.session.active_pane == "axial"
    assert radiograph.session.maximised is None
    assert not radiograph.commands.actions["maximise"].isEnabled()


def test_an_image_without_orientation_is_not_called_axial(radiograph: MainWindow) -> None:
    scene = radiograph.session.scene
    pane = radiograph.panes.panes["axial"]
    texts = corner_text(scene, radiograph.session.viewports["axial"], pane.picture(), (600, 600))
    assert str(texts.top_left[0].text) == "Image"


def test_a_volume_after_it_has_its_four_panes(radiograph: MainWindow, settle: Settle, tmp_path: Path) -> None:
    open_folder(radiograph.session, write_ct(tmp_path / "next"))
    settle()
    assert visible(radiograph) == ["axial", "sagittal", "coronal", "volume"]
    assert radiograph.commands.actions["maximise"].isEnabled()


def test_images_that_cannot_be_shown_are_not_followed_by_an_invitation(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    assert "Open images to begin" in window.welcome.text()
    open_folder(window.session, write_stack(tmp_path / "odd", 1, PhotometricInterpretation="NEVER HEARD OF"))
    assert "Opening images…" in window.welcome.text() or window.session.jobs.jobs
    settle()
    assert window.session.scene is None
    (series,) = window.session.studies[0].series
    assert series.refusal is not None
    assert "These images cannot be shown yet" in window.welcome.text()
