"""Plugins with a second series, run from the real window on the real worker: chosen, laid over, undone, saved."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog

from medview.gui.main_window import MainWindow
from medview.imaging.place_volume import moved_volume
from medview.plugin.discovery import Plugin, find
from medview.session.close_study import close_study
from medview.session.fuse import fuse
from medview.session.layout import shipped_layout
from medview.session.open_folder import open_folder
from medview.session.scene import Scene
from medview.session.show_series import show_series
from medview.study.fusion import Fusion
from medview.study.geometry import Geometry
from medview.study.volume import Volume
from tests.files.judges import complaints
from tests.files.make_pet_ct import pet_grid, write_ct, write_pet
from tests.gui.panes import pixels_of
from tests.gui.test_fusion import colour_at, corner
from tests.plugin.registering import ADDED_HU, SPINE_BALL_MM, TRUE_WAY, write_second_input_plugin, write_two_scans

Settle = Callable[[], None]
Reading = Callable[[], Scene]
# where anatomy is: no two of them on one line
LANDMARKS_MM = np.array([(-30, 5, 15), (-18, -24, 48), (30, 14, 22), (22, -14, 36), (0, 34, 30), (50, 0, 60)], float)


@pytest.fixture
def reading(window: MainWindow, settle: Settle, tmp_path: Path, medview_home: Path) -> Reading:
    """Return what opens both scans with a PET beside them, shows the CT of today and chooses the registering plugin."""

    def show() -> Scene:
        session = window.session
        write_second_input_plugin(medview_home / "plugins", "register")
        session.forget_plugins()
        write_pet(tmp_path / "scans" / "pet", pet_grid())
        open_folder(session, write_two_scans(tmp_path / "scans"))
        settle()
        session.set_layout(shipped_layout("mpr"))
        study, series = next((st, s) for st in session.studies for s in st.series if s.series_description == "CT thin")
        show_series(session, study, series, session.active_slot)
        settle()
        scene = session.scene
        assert scene is not None
        scene.update(fusion=None, crosshair_visible=False, window=(40.0, 400.0))
        scene.move_cursor(SPINE_BALL_MM)
        session.choose(active_pane="axial")
        plugin = find("register", session.plugins)
        assert isinstance(plugin, Plugin)
        window.plugin_panel.choose(plugin, {})
        for notice in session.notices.notices:
            session.notices.dismiss(notice)
        settle()
        return scene

    return show


def offered(box: QComboBox) -> dict[str, bool]:
    flags = [box.model().index(row, 0).flags() for row in range(box.count())]
    return {box.itemText(row): bool(flag & Qt.ItemFlag.ItemIsEnabled) for row, flag in enumerate(flags)}


def ball_middle(volume: Volume) -> NDArray[np.float64]:
    """Return the middle (mm) of what is brighter than 400 HU near the ball: the spine is at 34 mm."""
    index = np.argwhere((volume.array > 400) & (volume.array < 560))
    points = volume.geometry.to_mm(index)
    near = points[np.linalg.norm(points - SPINE_BALL_MM, axis=1) < 14.0]
    return near.mean(axis=0)


def fused(scene: Scene) -> Fusion:
    assert scene.fusion is not None
    return scene.fusion


def test_a_model_registers_a_prior_that_was_chosen_in_the_panel(
    window: MainWindow, settle: Settle, reading: Reading, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene = reading()
    _the_prior_is_offered(window)
    scene.update(window=(50.0, 380.0))
    QTest.mouseClick(window.plugin_panel.button, Qt.MouseButton.LeftButton)
    settle()
    _lies_where_the_anatomy_meets(window, scene)
    _tiles_show_both(window, settle, scene)
    _is_undone_and_done_again(window, settle, scene)
    _is_saved_and_read_back(window, settle, scene, monkeypatch, tmp_path / "registration.dcm")
    _is_corrected_by_hand_and_forgotten(window, settle, scene)


def _the_prior_is_offered(window: MainWindow) -> None:
    box = window.plugin_panel.inputs.lists["moving"]
    assert box.isVisible()
    assert offered(box) == {"2023-03-10 · 9 CT prior": True, "4 CT thin": False, "7 PET WB": False}
    assert box.currentText() == "2023-03-10 · 9 CT prior"
    assert window.plugin_panel.button.isEnabled()
    assert window.plugin_panel.button.text() == "Run registration"


def _lies_where_the_anatomy_meets(window: MainWindow, scene: Scene) -> None:
    (one,) = scene.study.registrations
    fusion = fused(scene)
    assert (one.kind, one.label, fusion.mode, fusion.basis) == ("model", "Register", "checkerboard", "registration")
    assert fusion.volume.series.series_description == "CT prior"
    apart = np.linalg.norm(one.transform.to_other(LANDMARKS_MM) - TRUE_WAY.to_other(LANDMARKS_MM), axis=1)
    assert apart.max() < 1.0
    assert np.linalg.norm(ball_middle(fusion.placed) - ball_middle(scene.volume)) < 1.0
    # the other direction, and none at all, would be seen
    inverted = moved_volume(fusion.volume, one.transform.inverse(), "")
    far = np.linalg.norm(inverted.geometry.to_mm((15, 30, 37)) - fusion.placed.geometry.to_mm((15, 30, 37)))
    assert far > 10.0
    assert np.linalg.norm(TRUE_WAY.to_other(LANDMARKS_MM) - LANDMARKS_MM, axis=1).min() > 10.0
    told = one.provenance
    assert set(told["inputs"]) == {"fixed", "moving"}
    assert told["inputs"]["moving"]["series_instance_uid"] == "2.25.5101"
    assert told["inputs"]["moving"]["sop_hash"] == fusion.volume.series.sop_hash
    assert told["inputs"]["fixed"] == told["input"]
    assert (told["plugin"], told["plugin_version"]) == ("register", "1.4.0")
    assert "AI: registered by Register" in corner(window)
    assert one.metric_before is not None
    assert one.metric_after is not None
    assert one.metric_after > one.metric_before + 0.2
    agreement = f"agreement {one.metric_before:.2f} to {one.metric_after:.2f}"
    assert window.fusion_bar.basis.text() == f"AI: registered by Register, {agreement}"
    assert any("Register has registered CT prior." in str(n.message) for n in window.session.notices.notices)


def _tiles_show_both(window: MainWindow, settle: Settle, scene: Scene) -> None:
    """Look at the middles of tiles of 30 mm: those of the prior are 60 HU brighter, and its ball is where ours is."""
    assert fused(scene).window == (50.0, 380.0)  # side by side, the same value is the same grey
    first, second = (round(255 * (0.5 + (hu - 50.0) / 380.0)) for hu in (40.0, 40.0 + ADDED_HU))
    for x, y in ((-45.0, -15.0), (-15.0, -15.0), (-15.0, 15.0), (15.0, 15.0), (45.0, 15.0), (45.0, -15.0)):
        seen = colour_at(window, (x, y, SPINE_BALL_MM[2]))
        is_second = (np.floor(x / 30.0) + np.floor(y / 30.0)) % 2 == 1
        assert np.abs(seen - (second if is_second else first)).max() <= 4, (x, y, seen)
    scene.update(fusion=fused(scene).changed(tile_mm=60.0))
    settle()
    assert colour_at(window, SPINE_BALL_MM).min() > 240  # in a tile of the prior
    beside = SPINE_BALL_MM + np.array([0.0, 14.0, 0.0])
    assert np.abs(colour_at(window, beside) - second).max() <= 6
    scene.update(fusion=fused(scene).changed(tile_mm=30.0))


def _is_undone_and_done_again(window: MainWindow, settle: Settle, scene: Scene) -> None:
    before = pixels_of(window.panes.panes["axial"])
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert len(scene.study.registrations) == 0
    assert fused(scene).basis == "unregistered"
    assert "Not registered" in corner(window)
    QTest.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert fused(scene).basis == "registration"
    again = pixels_of(window.panes.panes["axial"])
    assert np.array_equal(before[40:-40, 200:-200], again[40:-40, 200:-200])


def _is_saved_and_read_back(
    window: MainWindow, settle: Settle, scene: Scene, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.commands.actions["export_registration"].trigger()
    settle()
    saved = pydicom.dcmread(path)
    assert saved.Modality == "REG"
    assert (saved.PatientID, saved.FrameOfReferenceUID) == ("T1", "2.25.3000")
    fixed, moving = saved.RegistrationSequence
    assert fixed.FrameOfReferenceUID == "2.25.3000"
    assert moving.FrameOfReferenceUID == "2.25.3999"
    assert len(moving.ReferencedImageSequence) == 30
    (item,) = moving.MatrixRegistrationSequence
    assert item.MatrixSequence[0].FrameOfReferenceTransformationMatrixType == "RIGID"
    matrix = np.array([float(x) for x in item.MatrixSequence[0].FrameOfReferenceTransformationMatrix]).reshape(4, 4)
    # PS3.3 C.20.2.1: from the frame of the item to the registered one; a ball of the prior comes to ours by ITK, too
    prior = TRUE_WAY.to_other(LANDMARKS_MM)
    assert np.linalg.norm(prior @ matrix[:3, :3].T + matrix[:3, 3] - LANDMARKS_MM, axis=1).max() < 1.0
    assert np.linalg.norm(_ball_by_itk(fused(scene).volume, scene.volume.geometry, matrix) - SPINE_BALL_MM) < 1.0
    equipment = saved.ContributingEquipmentSequence[0]
    assert (equipment.ManufacturerModelName, equipment.SoftwareVersions) == ("register", "1.4.0")
    assert "AI" in saved.SeriesDescription
    assert complaints(path) == set()


def _ball_by_itk(volume: Volume, grid: Geometry, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where SimpleITK puts the ball of the prior among our images, by the matrix that was read from the file."""
    import SimpleITK

    def image(array: NDArray[np.float32], geometry: Geometry) -> SimpleITK.Image:
        made = SimpleITK.GetImageFromArray(array)
        made.SetSpacing([float(s) for s in reversed(geometry.spacing_mm)])
        made.SetOrigin([float(x) for x in geometry.to_mm((0, 0, 0))])
        return made

    back = np.linalg.inv(matrix)  # ITK asks where a point of the output comes from
    way = SimpleITK.AffineTransform(3)
    way.SetMatrix(back[:3, :3].ravel().tolist())
    way.SetTranslation(back[:3, 3].tolist())
    laid = SimpleITK.Resample(image(volume.array.astype(np.float32), volume.geometry),
                         image(np.zeros(grid.shape, np.float32), grid), way, SimpleITK.sitkLinear, -1000.0)  # fmt: skip
    return ball_middle(Volume(SimpleITK.GetArrayFromImage(laid), grid, volume.series))


def _is_corrected_by_hand_and_forgotten(window: MainWindow, settle: Settle, scene: Scene) -> None:
    start = fused(scene).placed.geometry.to_mm((0, 0, 0))
    pane = window.panes.panes["axial"]
    pane.setFocus()
    QTest.keyClick(pane, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    settle()
    assert fused(scene).placed.geometry.to_mm((0, 0, 0)) - start == pytest.approx((1.0, 0.0, 0.0), abs=1e-6)
    assert "Registered: by hand, after AI (Register)" in corner(window)
    window.commands.actions["forget_registration"].trigger()
    settle()
    assert len(scene.study.registrations) == 0
    assert fused(scene).basis == "unregistered"


def test_what_was_chosen_stays_through_another_language_and_goes_with_its_study(
    window: MainWindow, settle: Settle, reading: Reading, tmp_path: Path
) -> None:
    write_ct(tmp_path / "scans" / "again", SeriesInstanceUID="2.25.5009", SeriesDescription="CT again", SeriesNumber=8)
    scene = reading()
    box = window.plugin_panel.inputs.lists["moving"]
    assert box.currentText() == "2023-03-10 · 9 CT prior"
    session = window.session
    fuse(session, *next((st, s) for st in session.studies for s in st.series if s.series_description == "CT again"))
    settle()
    assert box.currentText() == "8 CT again"  # what lies over the images
    window.commands.actions["end_fusion"].trigger()
    settle()
    assert box.currentText() == "2023-03-10 · 9 CT prior"
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == "8 CT again"
    window.session.settings["language"] = "zh_CN"
    settle()
    assert window.plugin_panel.inputs.lists["moving"].currentText() == "8 CT again"
    assert scene.fusion is None
    window.session.settings["language"] = "en"
    settle()
    box = window.plugin_panel.inputs.lists["moving"]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert box.currentText() == "2023-03-10 · 9 CT prior"
    prior = next(st for st in window.session.studies for s in st.series if s.series_description == "CT prior")
    held = weakref.ref(prior)
    close_study(window.session, prior)
    del prior
    settle()
    assert box.currentText() == "8 CT again"
    gc.collect()
    assert held() is None


def test_a_plugin_without_a_second_series_says_what_is_missing(
    window: MainWindow, settle: Settle, reading: Reading
) -> None:
    reading()
    prior = next(st for st in window.session.studies for s in st.series if s.series_description == "CT prior")
    close_study(window.session, prior)
    settle()
    names = [window.plugin_panel.plugins.item(n) for n in range(window.plugin_panel.plugins.count())]
    row = next(item for item in names if item.text() == "Register")
    assert not row.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "needs a second series" in row.toolTip()
    assert not window.plugin_panel.inputs.isVisible()
