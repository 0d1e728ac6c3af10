"""The main job without a window, on real studies, judged by programs that are not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import highdicom
import nibabel
import numpy as np
import pytest

import medview
from tests.files.judges import complaints, read_by_dcmqi
from tests.files.make_dicom import SERIES_UID, image, write, write_stack
from tests.walk.command_line import answer, refusal
from tests.walk.command_line import medview as command


@pytest.fixture(scope="module")
def brain(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that `medview run brain_extraction` has filled."""
    out = tmp_path_factory.mktemp("brain")
    done = command("run", "brain_extraction", shared_data / "mr_t1_siemens_sagittal", "-o", out)
    assert done.returncode == 0, done.stderr
    assert "Brain" in done.stdout
    return out


def test_a_brain_of_plausible_size_lies_inside_the_head(brain: Path, shared_data: Path) -> None:
    volume = medview.read(shared_data / "mr_t1_siemens_sagittal")
    image = nibabel.load(brain / "segmentation.nii.gz")
    labels = np.asarray(image.dataobj).T
    (row,) = json.loads((brain / "result.json").read_text())["segments"]
    assert row["voxels"] == np.count_nonzero(labels)
    assert row["ml"] == pytest.approx(row["voxels"] * abs(np.linalg.det(image.affine[:3, :3])) / 1000, rel=1e-4)
    assert 1300 < row["ml"] < 1900
    np.testing.assert_allclose(
        volume.geometry.to_mm(np.argwhere(labels).mean(axis=0)), row["centroid_lps_mm"], atol=0.01
    )
    # air in front of the face and beside the ears is dark; the brain is not
    assert volume.array[labels > 0].mean() > 3 * np.median(volume.array[:, :20, :20])


def test_the_nifti_lies_on_the_sources_affine(brain: Path, shared_data: Path) -> None:
    table = (shared_data / "PEER_GEOMETRY_dcm2niix.tsv").read_text().splitlines()
    (peer,) = (line.split("\t") for line in table if line.startswith("mr_t1_siemens_sagittal\t"))
    expected = np.array([[float(v) for v in row.split(",")] for row in peer[5].split(";")] + [[0, 0, 0, 1]])
    image = nibabel.load(brain / "segmentation.nii.gz")
    shape = [int(n) for n in peer[2].split("x")]
    ours = {tuple(np.round(nibabel.affines.apply_affine(image.affine, c), 2)) for c in _corners(image.shape)}
    theirs = {tuple(np.round(nibabel.affines.apply_affine(expected, c), 2)) for c in _corners(shape)}
    ours_sorted, theirs_sorted = (np.array(sorted(corners)) for corners in (ours, theirs))
    np.testing.assert_allclose(ours_sorted, theirs_sorted, atol=0.02)


def _corners(shape: object) -> list[tuple[int, ...]]:
    sizes = tuple(shape)  # type: ignore[arg-type]
    return [
        tuple(n - 1 if bit else 0 for n, bit in zip(sizes, np.unravel_index(i, (2, 2, 2)), strict=True))
        for i in range(8)
    ]


def test_the_segmentation_is_read_voxel_for_voxel_by_dcmqi_and_highdicom(
    brain: Path, shared_data: Path, tmp_path: Path
) -> None:
    labels = np.asarray(nibabel.load(brain / "segmentation.nii.gz").dataobj).T
    volume = medview.read(shared_data / "mr_t1_siemens_sagittal")
    assert complaints(brain / "segmentation.dcm") == set()
    (seen,) = read_by_dcmqi(brain / "segmentation.dcm", volume.geometry, tmp_path / "dcmqi")
    np.testing.assert_array_equal(seen, labels > 0)
    segmentation = highdicom.seg.segread(brain / "segmentation.dcm")
    names = [instance.sop_instance_uid for instance in volume.series.instances]
    pixels = segmentation.get_pixels_by_source_instance(
        names, ignore_spatial_locations=True, assert_missing_frames_are_empty=True
    )
    np.testing.assert_array_equal(pixels[..., 0], labels > 0)


def test_a_mask_is_exported_to_other_formats_from_its_file(brain: Path, shared_data: Path, tmp_path: Path) -> None:
    target = tmp_path / "again.nii.gz"
    said = answer("export", brain / "segmentation.dcm", shared_data / "mr_t1_siemens_sagittal", "-o", target)
    assert said["path"] == str(target)
    one, other = (nibabel.load(path) for path in (target, brain / "segmentation.nii.gz"))
    np.testing.assert_array_equal(np.asarray(one.dataobj), np.asarray(other.dataobj))
    np.testing.assert_allclose(one.affine, other.affine)


def test_series_are_converted_on_their_own_grid(shared_data: Path, tmp_path: Path) -> None:
    data = answer("convert", shared_data / "ct_chest_lungdx_a0002", "--all", "-o", tmp_path)
    assert [Path(row["path"]).name for row in data["written"]] == sorted(path.name for path in tmp_path.iterdir())
    assert len(data["written"]) == 2
    volume = medview.read(shared_data / "ct_chest_lungdx_a0002", data["written"][0]["series_instance_uid"])
    image = nibabel.load(data["written"][0]["path"])
    np.testing.assert_array_equal(np.asarray(image.dataobj).T, volume.array)


def test_a_script_does_the_same_in_three_lines(shared_data: Path, tmp_path: Path) -> None:
    volume = medview.read(shared_data / "ct_abdomen_totalseg")
    assert volume.unit == "HU"
    result = medview.run("body_and_lungs", volume)
    assert medview.export(result, tmp_path / "body.nii.gz") == tmp_path / "body.nii.gz"
    np.testing.assert_array_equal(np.asarray(nibabel.load(tmp_path / "body.nii.gz").dataobj).T, result.labels.array)
    studies = medview.scan(shared_data / "ct_abdomen_totalseg")
    assert [[s.file_format for s in study.series] for study in studies] == [["DICOM"], ["NIfTI"]]  # its masks


def test_models_are_listed_with_what_they_still_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDVIEW_MODEL_MIRROR", raising=False)
    rows = {row["id"]: row for row in answer("models", "list")["models"]}
    assert rows["brain_extraction"]["missing_weights"] == []
    assert rows["body_and_lungs"]["missing_weights"] == []
    assert rows["brain_structures"]["missing_weights"] != []


def test_the_demo_without_a_window_tells_its_dice(tmp_path: Path) -> None:
    data = answer("demo", "--headless", "-o", tmp_path / "demo")
    assert data["dice"] >= 0.95
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {
        "segmentation.dcm",
        "segmentation.nii.gz",
        "result.json",
    }


def test_two_stacks_of_one_series_are_not_written_over_each_other(tmp_path: Path) -> None:
    folder, out = write_stack(tmp_path / "ct", 4), tmp_path / "out.nii.gz"
    sagittal: dict[str, Any] = {"ImageOrientationPatient": [0.0, 1.0, 0.0, 0.0, 0.0, -1.0], "SOPInstanceUID": "2.25.77"}
    write(image(**sagittal), folder / "other")
    said = refusal("convert", folder, "--series", SERIES_UID, "-o", out)
    assert f"holds 2 stacks. Choose one: {SERIES_UID}#" in said
    assert not out.exists()
    key = said.partition("Choose one: ")[2].split(", ")[0]
    assert len(answer("convert", folder, "--series", key, "-o", out)["written"]) == 1


def test_an_image_is_never_written_over(tmp_path: Path) -> None:
    image = tmp_path / "a.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.diag([2, 3, 4, 1])), image)
    before = image.read_bytes()
    (series,) = answer("scan", image)["studies"][0]["series"]
    said = refusal("convert", image, "--series", series["series_instance_uid"], "-o", image)
    assert said.startswith("a.nii.gz is one of the images themselves: it is not written over.")
    assert image.read_bytes() == before
