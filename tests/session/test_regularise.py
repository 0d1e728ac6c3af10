"""A tilted stack resampled, shown, drawn on and saved, without a claim on the original images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.files.formats.nifti import write_labels
from medview.files.objects.dicom_seg import write_segmentation
from medview.session.image_in_view import image_in_view
from medview.session.open_folder import open_folder
from medview.session.regularise import regularise
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Series
from tests.files.make_dicom import image, write
from tests.session.waiting import said, wait_idle, wait_until


@pytest.fixture
def tilted(session: Session, shared_data: Path) -> Session:
    """Return a session with a tilted head on the screen."""
    open_folder(session, shared_data / "ct_head_gantry_tilt_ge")
    wait_until(session, lambda: session.scene is not None and session.scene.is_whole)
    return session


def _resampled(session: Session) -> Series:
    (study,) = session.studies
    assert session.scene is not None
    regularise(session, study, session.scene.series)
    wait_idle(session)
    return session.scene.series


def test_a_tilted_stack_is_shown_at_right_angles_and_says_that_it_is_resampled(tilted: Session) -> None:
    (study,) = tilted.studies
    before = study.series
    series = _resampled(tilted)
    assert tilted.scene is not None
    assert series in study.series
    assert set(before) < set(study.series)
    assert not tilted.scene.volume.geometry.is_sheared
    assert tilted.scene.volume.series is series
    assert "Resampled to even slices" in str(series.warnings[0])
    assert tilted.scene.volume.unit == "HU"


def test_it_is_made_once(tilted: Session) -> None:
    (study,) = tilted.studies
    series = _resampled(tilted)
    original = series.resampled_from
    assert original is not None
    show_series(tilted, study, original)
    wait_idle(tilted)
    assert tilted.scene is not None
    assert tilted.scene.series is original
    regularise(tilted, study, original)
    wait_idle(tilted)
    assert tilted.scene.series is series
    assert len(study.series) == 3


def test_a_mask_on_it_claims_no_original_slice(tilted: Session, tmp_path: Path) -> None:
    series = _resampled(tilted)
    (study,) = tilted.studies
    assert tilted.scene is not None
    labels = np.zeros(tilted.scene.volume.geometry.shape, np.uint8)
    labels[3:5, 200:220, 200:230] = 1
    mask = Segmentation(labels, tilted.scene.volume.geometry, Source.of(series), (Segment(1, "One"),))
    study.add(mask)
    with pytest.raises(MedViewError, match="resampled"):
        write_segmentation(mask, series, tmp_path / "mask.dcm")
    assert series.resampled_from is not None
    with pytest.raises(MedViewError, match="other images"):
        write_segmentation(mask, series.resampled_from, tmp_path / "mask.dcm")
    assert not list(tmp_path.iterdir())
    write_labels(mask, tmp_path / "mask.nii.gz")
    assert (tmp_path / "mask.nii.gz").stat().st_size > 0


def test_what_does_not_say_where_it_lies_is_not_resampled(session: Session, shared_data: Path) -> None:
    open_folder(session, shared_data / "mr_cine_cardiac_multiframe")
    wait_until(session, lambda: bool(session.studies))
    (study,) = session.studies
    assert regularise(session, study, study.series[0]) is None
    assert "say where they lie" in said(session)
    assert len(study.series) == 1
    wait_idle(session)


def test_the_original_image_nearest_to_a_resampled_slice_is_the_one_in_view(session: Session, tmp_path: Path) -> None:
    for index in (0, 1, 2, 5, 6, 7):
        write(image(index), tmp_path / f"{index}.dcm")
    open_folder(session, tmp_path)
    wait_idle(session)
    original = session.studies[0].series[0]
    _resampled(session)
    scene = session.scene
    assert scene is not None
    for number, (slice_, expected) in enumerate([(6, 6), (0, 0), (7, 7), (5, 5)]):
        scene.move_cursor(scene.volume.geometry.to_mm((slice_, 1, 1)))
        found = image_in_view(scene)
        assert found is not None, number
        assert found.series is original
        assert original.instances[found.slice_index].path.name == f"{expected}.dcm"


@pytest.fixture
def gapped(session: Session, tmp_path: Path) -> Session:
    """Return a session with a stack of 20 HU on the screen in which two slices are missing."""
    for index in (0, 1, 2, 5, 6, 7):
        write(image(index, PixelData=np.full((6, 8), 1044, "<u2").tobytes()), tmp_path / f"{index}")
    open_folder(session, tmp_path)
    wait_until(session, lambda: session.scene is not None and session.scene.is_whole)
    return session


def test_a_gap_that_is_not_bridged_looks_like_air_and_not_like_tissue(gapped: Session) -> None:
    _resampled(gapped)
    assert gapped.scene is not None
    values = gapped.scene.volume.array[:, 3, 4]
    assert values.max() == 20
    assert values.min() == -1000


def test_the_advice_to_resample_goes_when_it_is_followed(gapped: Session) -> None:
    assert any("missing" in str(notice.message) for notice in gapped.notices.notices)
    _resampled(gapped)
    assert not any("missing" in str(notice.message) for notice in gapped.notices.notices)
