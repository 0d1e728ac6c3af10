"""A volume written as a DICOM series."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.files.dicom_write import write_series
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.study.geometry import Geometry
from medview.study.series import Patient, Series, StudyFacts
from tests.files.full_disk import limited_file_size
from tests.files.test_nifti import oblique, tilted

STUDY = StudyFacts("", study_date="20240102", study_time="101112", patient=Patient("Demo^Head", "DEMO"))


def facts(modality: str) -> Series:
    return Series("", "", modality=modality, series_number=3, series_description="Demo", windows=((40.0, 400.0),))


@pytest.mark.parametrize("modality", ["CT", "MR"])
@pytest.mark.parametrize("geometry", [oblique(), tilted()], ids=["oblique", "tilted"])
def test_what_is_written_comes_back_and_conforms(tmp_path: Path, modality: str, geometry: Geometry) -> None:
    array = np.random.default_rng(0).integers(-1000, 3000, geometry.shape).astype(np.int16)
    paths = write_series(array, geometry, facts(modality), STUDY, tmp_path / "made")
    (study,) = scan(tmp_path / "made").studies
    volume = read_volume(study.series[0])
    assert len(paths) == geometry.shape[0]
    assert np.array_equal(volume.array, array)
    assert volume.geometry.same_grid(geometry, 1e-4)
    assert (volume.unit, volume.series.windows) == ("HU" if modality == "CT" else "", ((40.0, 400.0),))
    assert study.facts.patient.patient_name == "Demo^Head"
    program = shutil.which("dciodvfy") or shutil.which("dciodvfy", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("dciodvfy is not installed")
    out = subprocess.run([program, str(paths[0])], capture_output=True, text=True, check=False)
    assert [line for line in (out.stdout + out.stderr).splitlines() if line.startswith("Error")] == []


def test_the_same_facts_give_the_same_identifiers(tmp_path: Path) -> None:
    array = np.zeros((4, 5, 6), dtype=np.int16)
    for name in ("a", "b"):
        write_series(array, oblique(), facts("MR"), STUDY, tmp_path / name)
    first, second = (scan(tmp_path / name).studies[0].series[0] for name in ("a", "b"))
    assert first.sop_hash == second.sop_hash
    assert first.series_instance_uid.startswith("2.25.")


def test_values_that_do_not_fit_and_full_disks_are_told(tmp_path: Path) -> None:
    array = np.full((4, 5, 6), 40000, dtype=np.int32)
    with pytest.raises(MedViewError, match=r"Values outside -32768 to 32767"):
        write_series(array, oblique(), facts("MR"), STUDY, tmp_path)
    with limited_file_size(500), pytest.raises(MedViewError, match=r"The disk is full"):
        write_series(np.zeros((4, 5, 6)), oblique(), facts("MR"), STUDY, tmp_path)
