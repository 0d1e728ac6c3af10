"""Patients in every position: what a pane shows, straight and turned, is what dcm2niix puts there in the patient.

dcm2niix reads the same files and says by its own affine where each voxel lies; values, letters, left and right, and
the order of slices are held against that alone. No study with a patient on his side could be found: there the files
are written, and dcm2niix is asked about them all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from medview.files.dicom_write import write_series
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.imaging.plane import PlaneName
from medview.imaging.turned_planes import TurnedPlanes
from medview.imaging.window import default_window
from medview.session.scene import Scene
from medview.session.viewport import PLANES, Viewport
from medview.study.geometry import Geometry
from medview.study.series import Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume
from medview.view.slice_picture import SlicePicture
from medview.view.slice_view import SliceView
from tests.geometry_truth import peer

PANE = (420, 360)
TURNED = TurnedPlanes.of_angles(23.0, -14.0, 31.0)


@dataclass(frozen=True)
class Row:
    """A series, by its folder, and how the patient lay when it was acquired."""

    position: str
    folder: str


ROWS = {
    "CT, head first, supine": Row("HFS", "ct_abdomen_totalseg/dicom"),
    "CT, feet first, supine": Row("FFS", "ct_abdomen_liver_seg/ct"),
    "CT, feet first, other maker": Row("FFS", "odd_files/dicomdir_tree/98892001/CT5N"),
    "MR, head first, prone, sagittal": Row("HFP", "mr_t1_position_prone"),
    "MR, head first, double oblique sagittal": Row("HFS", "mr_t1_siemens_sagittal"),
    "MR, oblique axial": Row("HFS", "mr_mosaic_siemens_orientation/axasc35"),
    "MR, oblique coronal": Row("HFS", "mr_mosaic_siemens_orientation/corasc35"),
    "MR, sagittal mosaic": Row("HFS", "mr_mosaic_siemens_orientation/sagasc35"),
}
# row, column and slice directions in LPS as scanners write them with the patient on a side
DECUBITUS = {
    "head first, on the right side": ("HFDR", (0, 1, 0), (-1, 0, 0), (0, 0, 2.5)),
    "head first, on the left side": ("HFDL", (0, -1, 0), (1, 0, 0), (0, 0, 2.5)),
    "feet first, on the right side": ("FFDR", (0, 1, 0), (1, 0, 0), (0, 0, -2.5)),
    "feet first, on the left side": ("FFDL", (0, -1, 0), (-1, 0, 0), (0, 0, -2.5)),
    "feet first, prone": ("FFP", (1, 0, 0), (0, -1, 0), (0, 0, -2.5)),
}


def opened(folder: Path) -> tuple[Scene, peer.PeerVolume]:
    """Return a scene of the largest series of a folder, and the volume of the same voxels that dcm2niix makes."""
    study, volume, theirs = read(folder)
    return Scene(study, volume, default_window(volume)), theirs


@lru_cache(maxsize=2)
def read(folder: Path) -> tuple[Study, Volume, peer.PeerVolume]:
    """Read a folder once for all planes."""
    if peer.program() is None:
        pytest.skip("dcm2niix is not installed")
    study = scan(folder).studies[0]
    series = max((s for s in study.series if s.refusal is None), key=lambda s: len(s.instances))
    volume = read_volume(series)
    theirs = peer.converted(folder)
    fitting = [one for one in theirs if sorted(one.array.shape) == sorted(volume.array.shape)]
    assert fitting, f"dcm2niix made {[one.array.shape for one in theirs]}"
    nearest = min(fitting, key=lambda one: peer.corner_error_mm(volume.geometry, one.geometry()))
    return Study(study.facts, (series,)), volume, nearest


def points_in_ras(picture: SlicePicture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return columns and rows of all pixels, and the RAS points that the pane says their centres lie at."""
    origin, right, down = (picture.pane_to_mm(*at) for at in ((0, 0), (1, 0), (0, 1)))
    width, height = picture.grid.size
    columns, rows = (a.ravel() for a in np.meshgrid(np.arange(width), np.arange(height)))
    x, y = np.array([picture.transform.to_pane(c + 0.5, r + 0.5) for c, r in ((0, 0), (1, 1))]).T
    x, y = x[0] + columns * (x[1] - x[0]), y[0] + rows * (y[1] - y[0])
    lps = origin + x[:, None] * (right - origin) + y[:, None] * (down - origin)
    return columns, rows, lps * (-1.0, -1.0, 1.0)


def check(picture: SlicePicture, theirs: peer.PeerVolume, *, is_exact: bool) -> None:
    """Hold the values of a picture and the letters of its edges against dcm2niix's voxels and affine."""
    columns, rows, ras = points_in_ras(picture)
    index = (ras - theirs.affine[:3, 3]) @ np.linalg.inv(theirs.affine[:3, :3]).T
    last = np.array(theirs.array.shape) - 1
    within = np.flatnonzero(((index >= -1e-3) & (index <= last + 1e-3)).all(axis=1))
    assert len(within) > 60
    within = within[:: 1 + len(within) // 2000]
    found = picture.values[rows[within], columns[within]].astype(np.float64)
    if is_exact:
        assert np.abs(index[within] - np.rint(index[within])).max() < 0.02
        expected = theirs.array[tuple(np.rint(index[within]).astype(int).T)]
        assert np.array_equal(found, expected)
    else:
        expected = map_coordinates(theirs.array.astype(np.float64), np.clip(index[within], 0, last).T, order=1)
        steepest = max(float(np.ptp(theirs.array)), 1.0)
        assert np.abs(found - expected).max() <= 0.51 + 1e-3 * steepest
    assert np.ptp(expected) > 0
    width, height = PANE
    across = (picture.pane_to_mm(width, height / 2) - picture.pane_to_mm(0, height / 2)) * (-1, -1, 1)
    upwards = (picture.pane_to_mm(width / 2, 0) - picture.pane_to_mm(width / 2, height)) * (-1, -1, 1)
    letters = [ras_letter(-across), ras_letter(across), ras_letter(upwards), ras_letter(-upwards)]
    assert [edge[0] for edge in picture.letters] == letters


def ras_letter(direction: np.ndarray) -> str:
    """Return the letter of the axis that a RAS direction lies nearest to."""
    axis = int(np.abs(direction).argmax())
    return ("LR", "PA", "FH")[axis][int(direction[axis] > 0)]


def check_all_planes(scene: Scene, theirs: peer.PeerVolume, plane: PlaneName) -> None:
    """Look at three places straight, then at one turned."""
    view = SliceView(scene, Viewport(plane))
    geometry = scene.volume.geometry
    for part in (0.3, 0.5, 0.8):
        scene.move_cursor(geometry.to_mm((np.array(geometry.shape) - 1) * part))
        picture = view.picture(PANE)
        assert not picture.is_resampled
        check(picture, theirs, is_exact=True)
        wanted = {"axial": "RLAP", "coronal": "RLHF", "sagittal": "APHF"}[plane]
        assert "".join(edge[0] for edge in picture.letters) == wanted
    scene.turn(TURNED, geometry.centre_mm)
    check(view.picture(PANE), theirs, is_exact=False)
    scene.turn(None)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("name", ROWS)
def test_every_pixel_lies_where_dcm2niix_puts_its_voxel(name: str, plane: PlaneName, shared_data: Path) -> None:
    row = ROWS[name]
    folder = shared_data / row.folder
    if not folder.is_dir():
        pytest.skip(f"{row.folder} is not here")
    scene, theirs = opened(folder)
    check_all_planes(scene, theirs, plane)


@pytest.mark.parametrize("name", DECUBITUS)
def test_patients_on_their_sides_are_shown_as_dcm2niix_understands_the_files(name: str, tmp_path: Path) -> None:
    _, along_row, along_column, step = DECUBITUS[name]
    array = np.random.default_rng(3).integers(-900, 900, (14, 22, 26)).astype(np.int16)
    geometry = Geometry.from_axes(
        array.shape,
        origin=(12.0, -30.0, 44.0),
        slice_step=step,
        row_step=np.array(along_column) * 1.4,
        column_step=np.array(along_row) * 1.1,
    )
    series = Series("", "", modality="CT", series_number=1, windows=((0.0, 1800.0),))
    write_series(array, geometry, series, StudyFacts("", study_date="20240229"), tmp_path / "ct")
    scene, theirs = opened(tmp_path / "ct")
    for plane in PLANES:
        check_all_planes(scene, theirs, plane)


def test_slices_come_in_the_order_that_dcm2niix_numbers_them(shared_data: Path) -> None:
    for name in ("CT, feet first, supine", "CT, head first, supine", "MR, head first, prone, sagittal"):
        scene, theirs = opened(shared_data / ROWS[name].folder)
        plane = scene.acquired_plane
        view = SliceView(scene, Viewport(plane))
        geometry = scene.volume.geometry
        numbers = []
        for index in range(geometry.shape[0]):
            scene.move_cursor(geometry.to_mm((index, geometry.shape[1] // 2, geometry.shape[2] // 2)))
            picture = view.picture(PANE)
            assert picture.slice_index == index
            ras = picture.pane_to_mm(PANE[0] / 2, PANE[1] / 2) * (-1, -1, 1)
            numbers.append(float((np.linalg.inv(theirs.affine[:3, :3]) @ (ras - theirs.affine[:3, 3]))[2]))
        steps = np.diff(numbers)
        assert np.abs(np.abs(steps) - 1).max() < 1e-3
        assert len(set(np.sign(steps))) == 1, name
