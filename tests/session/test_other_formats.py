"""Images that are not DICOM in an open session: shown, given millimetres, drawn on, and exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PIL import Image

from medview.errors import MedViewError
from medview.progress import unheard
from medview.session.edit_mask import new_segmentation
from medview.session.export_segmentation import write
from medview.session.give_spacing import give_spacing
from medview.session.open_folder import open_folder
from medview.session.session import Session
from medview.study.history import Edit
from medview.study.segmentation import Segmentation
from tests.session.waiting import said, wait_idle


def opened(session: Session, path: Path) -> None:
    open_folder(session, path)
    wait_idle(session)
    assert session.scene is not None, said(session)


def painted(session: Session) -> Segmentation:
    mask = new_segmentation(session)
    assert session.scene is not None
    box = (slice(1, 2), slice(1, 3), slice(2, 4))
    before = mask.labels[box].copy()
    session.scene.study.history.do(Edit(mask, box, before, np.ones_like(before), "Brush"))
    return mask


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number in range(4):
        Image.fromarray(np.full((5, 6), 40 * number, np.uint8)).save(tmp_path / f"{number}.png")
    return tmp_path


def test_pictures_are_shown_in_pixels_until_they_are_given_millimetres(session: Session, pictures: Path) -> None:
    opened(session, pictures)
    assert session.scene is not None
    assert not session.scene.volume.geometry.has_spacing
    study = session.scene.study
    give_spacing(session, study, session.scene.series, (3.0, 0.5, 0.5))
    wait_idle(session)
    assert session.scene.volume.geometry.spacing_mm == (3.0, 0.5, 0.5)
    assert session.scene.volume.geometry.can_reformat
    assert len(study.series) == 1
    assert "was given by hand" in str(study.series[0].warnings[-1])


def test_millimetres_are_not_changed_under_a_mask(session: Session, pictures: Path) -> None:
    opened(session, pictures)
    painted(session)
    assert session.scene is not None
    assert give_spacing(session, session.scene.study, session.scene.series, (3.0, 0.5, 0.5)) is None
    assert "A mask has been drawn on these images" in said(session)
    assert not session.scene.volume.geometry.has_spacing


def test_a_mask_on_a_nifti_file_goes_out_as_nifti_on_its_grid_and_never_as_dicom(
    session: Session, tmp_path: Path
) -> None:
    affine = np.array([[0.0, 0, 3, -5], [2, 0, 0, 7], [0, -2, 0, 9], [0, 0, 0, 1]])
    nibabel.save(nibabel.Nifti1Image(np.zeros((6, 5, 4), np.int16), affine), tmp_path / "scan.nii.gz")
    opened(session, tmp_path / "scan.nii.gz")
    assert session.scene is not None
    mask, series = painted(session), session.scene.series
    out = tmp_path / "mask.nii.gz"
    write(mask, series, out, "nifti", None, unheard)
    stored: Any = nibabel.load(out)
    np.testing.assert_allclose(stored.affine, affine)
    np.testing.assert_array_equal(np.asarray(stored.dataobj).T, mask.labels)
    with pytest.raises(MedViewError, match="refers to DICOM images, and these are NIfTI"):
        write(mask, series, tmp_path / "mask.dcm", "dicom_seg", None, unheard)
    assert not (tmp_path / "mask.dcm").exists()
