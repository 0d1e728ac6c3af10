"""Images without a name of their own: files that share a SOP Instance UID, or have none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread

from medview.imaging.measure import figures
from medview.imaging.placed_measurement import is_on_image
from medview.session.keep_measurements import KeptMeasurements
from medview.session.key_images import is_key_image, toggle_key_image
from medview.session.measure import add_measurement
from medview.session.session import Session
from medview.study.measurement import slice_index
from tests.files.make_dicom import write_stack
from tests.session.test_keep_measurements import on_image, opened, reopened
from tests.session.waiting import said, wait_idle


@pytest.fixture
def kept(session: Session) -> Iterator[KeptMeasurements]:
    made = KeptMeasurements(session)
    yield made
    session.jobs.stop()


def write_images(folder: Path, uid: str, **changes: object) -> Path:
    """Write four slices that all bear one SOP Instance UID, or none."""
    for path in write_stack(folder, 4).iterdir():
        dataset = dcmread(path)
        if uid:
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
        else:
            del dataset.SOPInstanceUID, dataset.file_meta.MediaStorageSOPInstanceUID
        for name, value in changes.items():
            setattr(dataset, name, value)
        dataset.save_as(path, enforce_file_format=False)
    return folder


@pytest.mark.parametrize("uid", ["", "2.25.77"])
def test_a_measurement_is_seen_on_its_own_image_alone_and_comes_back_to_it(
    session: Session, kept: KeptMeasurements, tmp_path: Path, uid: str
) -> None:
    folder = write_images(tmp_path / "ct", uid)
    study = opened(session, folder)
    add_measurement(study, on_image(study, 2))
    again = reopened(session, study, folder)
    (found,) = again.measurements
    series = again.series[0]
    assert series.geometry is not None
    assert slice_index(found, series.geometry) == 2
    assert [is_on_image(found, series, series.geometry, n) for n in range(4)] == [False, False, True, False]


@pytest.mark.parametrize("uid", ["", "2.25.77"])
def test_no_image_is_marked_where_others_would_be_marked_with_it(session: Session, tmp_path: Path, uid: str) -> None:
    opened(session, write_images(tmp_path / "ct", uid))
    toggle_key_image(session)
    assert session.scene is not None
    assert not is_key_image(session.scene)
    assert len(session.scene.study.key_images) == 0
    assert "no identifier of its own" in said(session)


def test_a_calibration_holds_for_its_own_image_alone(session: Session, tmp_path: Path) -> None:
    folder = write_images(
        tmp_path / "cr", "2.25.77", Modality="CR", SOPClassUID="1.2.840.10008.5.1.4.1.1.1", PixelSpacing=None
    )
    study = opened(session, folder, show=False)
    wait_idle(session)
    calibration = on_image(study, 2, "calibration", known_mm=50.0)
    on_same, on_other = (
        figures(on_image(study, number), study.series[0], calibrations=[calibration]) for number in (2, 1)
    )
    assert [q.unit for q in on_same.quantities] == ["mm User"]
    assert [q.unit for q in on_other.quantities] == ["px"]
