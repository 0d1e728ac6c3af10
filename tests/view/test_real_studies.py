"""Real studies, with dcm2niix as the judge of where each voxel lies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.imaging.window import default_window
from medview.session.scene import Scene
from medview.session.viewport import PLANES, Viewport
from medview.study.study import Study
from medview.view.slice_view import SliceView

PANE = (640, 512)
STUDIES = {
    "mr_t1_position_prone": "mr_t1_position_prone",
    "mr_t1_siemens_sagittal": "mr_t1_siemens_sagittal",
    "ct_chest_lungdx_a0002": "ct_chest_lungdx_a0002/3_series",
    "ct_abdomen_totalseg": "ct_abdomen_totalseg/dicom",
}


def scene_of(folder: Path) -> Scene:
    study = scan(folder).studies[0]
    series = max((s for s in study.series if s.refusal is None), key=lambda s: len(s.instances))
    volume = read_volume(series)
    return Scene(Study(study.facts, (series,)), volume, default_window(volume))


def judged(folder: Path, out: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the voxels (i, j, k) and the RAS affine of the largest volume that dcm2niix makes of a folder."""
    program = Path(sys.executable).with_name("dcm2niix")
    if not program.is_file():
        pytest.skip("dcm2niix is not installed")
    subprocess.run([program, "-z", "n", "-f", "%s", "-o", out, folder], check=True, capture_output=True)
    image = max((nibabel.load(path) for path in out.glob("*.nii")), key=lambda image: np.prod(image.shape))
    return np.asarray(image.dataobj), image.affine


@pytest.mark.parametrize("name", STUDIES)
def test_the_pixel_under_the_mouse_is_the_voxel_that_dcm2niix_puts_there(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    voxels, affine = judged(shared_data / STUDIES[name], tmp_path)
    scene = scene_of(shared_data / STUDIES[name])
    random = np.random.default_rng(11)
    to_voxel = np.linalg.inv(affine)
    for plane in PLANES:
        scene.move_cursor(scene.volume.geometry.centre_mm + random.uniform(-15, 15, 3))
        picture = SliceView(scene, Viewport(plane)).picture(PANE)
        (left, top), (right, bottom) = picture.transform.to_pane(0, 0), picture.transform.to_pane(*picture.grid.size)
        for _ in range(150):
            x, y = random.uniform(left, right), random.uniform(top, bottom)
            ras = picture.pane_to_mm(x, y) * (-1, -1, 1)
            at = to_voxel[:3, :3] @ ras + to_voxel[:3, 3]
            if np.abs(at - np.floor(at) - 0.5).min() > 0.01:  # clear of the edges between voxels
                expected = voxels[tuple(np.clip(np.rint(at).astype(int), 0, np.array(voxels.shape) - 1))]
                assert picture.value_at_pane(x, y) == pytest.approx(float(expected)), (plane, x, y)


@pytest.mark.parametrize("name", STUDIES)
def test_letters_follow_dcm2niix_s_affine_whatever_the_patient_position_says(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    _, affine = judged(shared_data / STUDIES[name], tmp_path)
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    scene = scene_of(shared_data / STUDIES[name])
    for plane in PLANES:
        picture = SliceView(scene, Viewport(plane)).picture(PANE)
        for letters, step in zip(picture.letters, _steps(picture.grid), strict=True):
            # the edge lies along one of dcm2niix's axes, and its letters are that axis's in RAS
            axis = max((sign * directions[:, k] for k in range(3) for sign in (1, -1)), key=lambda a: float(a @ step))
            assert float(axis @ step) == pytest.approx(1.0, abs=1e-4)
            assert letters == _ras_letters(axis)


def _steps(grid: object) -> list[np.ndarray]:
    """Return left, right, up and down on the screen as unit RAS vectors."""
    flip = np.array([-1.0, -1.0, 1.0])
    right, down = (np.asarray(step) / np.linalg.norm(step) for step in (grid.x_step_mm, grid.y_step_mm))  # type: ignore[attr-defined]
    return [flip * way for way in (-right, right, -down, down)]


def _ras_letters(axis: np.ndarray) -> str:
    order = np.argsort(-np.abs(axis))
    pairs = ("LR", "PA", "FH")
    return "".join(pairs[k][int(axis[k] > 0)] for k in order if abs(axis[k]) > 0.1)


def test_the_prone_head_is_seen_with_the_face_to_the_left_and_the_head_up(shared_data: Path) -> None:
    scene = scene_of(shared_data / STUDIES["mr_t1_position_prone"])
    picture = SliceView(scene, Viewport("sagittal")).picture(PANE)
    assert picture.letters == ("A", "P", "H", "F")
    assert picture.is_acquired
    # the nose: the foremost tissue of the middle slice lies in the lower half, on the left
    tissue = picture.grey > 60
    row = int(np.argmin(np.where(tissue.any(axis=1), tissue.argmax(axis=1), 999)))
    assert row > tissue.shape[0] / 2
    assert tissue[row].argmax() < tissue.shape[1] / 3


def test_the_tilted_head_is_refused_or_resliced_but_never_skewed(shared_data: Path) -> None:
    scene = scene_of(shared_data / "ct_head_gantry_tilt_ge")
    geometry = scene.volume.geometry
    assert geometry.is_sheared
    picture = SliceView(scene, Viewport("sagittal")).picture(PANE)
    assert picture.is_resampled
    assert picture.letters == ("A", "P", "H", "F")
    line = next(line for line in picture.crosshair if line.plane == "axial")
    x0, y0, x1, y1 = line.ends
    column = geometry.affine[:3, 1]
    tilt = np.rad2deg(np.arctan2(-column[2], column[1]))
    assert abs(tilt) > 15
    assert np.rad2deg(np.arctan2(y1 - y0, x1 - x0)) % 180 == pytest.approx(tilt, abs=1e-6)
