"""`medview run --input`: a plugin with a second series, its registration file read back, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest

from medview import cli
from tests.files.judges import complaints
from tests.files.make_pet_ct import write_ct
from tests.plugin.registering import TRUE_WAY, write_told_plugin, write_two_scans
from tests.walk.command_line import answer

LANDMARKS_MM = np.array([(-30, 5, 15), (-18, -24, 48), (30, 14, 22), (0, 34, 30), (50, 0, 60)], float)


def test_a_prior_is_registered_from_the_shell(tmp_path: Path, medview_home: Path) -> None:
    write_told_plugin(medview_home / "plugins")
    scans, out = write_two_scans(tmp_path / "scans", PatientName="Test^Patient"), tmp_path / "out"
    told = answer("run", "register", scans, "--input", "moving=2.25.5101", "--series", "2.25.5001", "-o", out)
    assert told["files"] == [str(out / "registration.dcm"), str(out / "result.json")]
    assert told["remarks"] == []
    (row,) = told["registrations"]
    assert (row["moving_series_instance_uid"], row["is_bent"], row["files"]) == (
        "2.25.5101", False, [str(out / "registration.dcm")],
    )  # fmt: skip
    matrix = np.array(row["matrix_lps"])
    found = LANDMARKS_MM @ matrix[:3, :3].T + matrix[:3, 3]
    assert np.linalg.norm(found - TRUE_WAY.to_other(LANDMARKS_MM), axis=1).max() < 1e-6
    saved = pydicom.dcmread(out / "registration.dcm")
    stored = saved.RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence[0]
    back = np.array([float(x) for x in stored.FrameOfReferenceTransformationMatrix]).reshape(4, 4)
    assert np.allclose(back @ matrix, np.eye(4), atol=1e-6)
    assert complaints(out / "registration.dcm") == set()
    inputs = json.loads((out / "result.json").read_text())["provenance"]["inputs"]
    assert inputs["moving"]["series_instance_uid"] == "2.25.5101"


def test_a_second_series_that_is_missing_or_of_somebody_else_is_refused(
    tmp_path: Path, medview_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_told_plugin(medview_home / "plugins")
    write_ct(tmp_path / "a")
    write_ct(tmp_path / "b", SeriesInstanceUID="2.25.9", StudyInstanceUID="2.25.99", PatientID="T2",
             PatientName="Else^Somebody")  # fmt: skip

    def refusal(*words: str) -> str:
        asked = ["run", "register", str(tmp_path), "-o", str(tmp_path / "out"), "--quiet", *words]
        assert cli.run(cli.parse(asked)) == 1
        return capsys.readouterr().err

    assert "Register needs a second series. Name it: --input moving=SERIES" in refusal()
    others = "--input", "moving=2.25.9", "--series"
    assert "The series are of different patients" in refusal(*others, "2.25.5001")
    assert "One series is chosen for two inputs" in refusal(*others, "2.25.9")
    assert "names no further input of Register" in refusal("--input", "prior=2.25.9")
    assert "There is no series 2.25.404 here." in refusal("--input", "moving=2.25.404")
    assert not (tmp_path / "out").exists()
