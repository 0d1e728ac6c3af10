"""`medview library`: the list without a window."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from medview import cli
from tests.library.studies import write_study


def answer(capfd: pytest.CaptureFixture[str], *words: str, status: int = 0) -> dict[str, Any]:
    assert cli.run(cli.parse(["library", *words, "--json", "--quiet"])) == status
    data: dict[str, Any] = json.loads(capfd.readouterr().out)
    assert data["verb"] == "library"
    return data


def test_the_list_is_kept_without_a_window(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = write_study(tmp_path / "in", 1, PatientName="Müller^Jürgen", StudyDescription="Thorax")
    (folder / "notes.txt").write_text("no image")
    linked = answer(capfd, "import", str(folder))
    assert (linked["new"], linked["new_files"], linked["studies"]) == (4, 3, ["2.25.701"])
    assert [row["kind"] for row in linked["other"]] == ["not DICOM"]
    again = answer(capfd, "import", str(folder))
    assert (again["unchanged"], again["new"]) == (4, 0)
    copied = answer(capfd, "import", "--copy", str(write_study(tmp_path / "b", 2)))
    assert (copied["new_files"], copied["known_files"], copied["left_out"]) == (3, 0, [])
    assert answer(capfd, "list")["count"] == 2
    (row,) = answer(capfd, "list", "muller")["studies"]
    assert (row["patient_name"], row["where"], row["images"], row["modalities"]) == (
        "Müller^Jürgen", "linked", 3, ["CT"],
    )  # fmt: skip
    (folder / "000.dcm").unlink()
    troubled = answer(capfd, "verify")["troubled"]
    assert troubled == [{"study_instance_uid": "2.25.701", "missing": [str(folder / "000.dcm")], "changed": []}]
    rebuilt = answer(capfd, "rebuild", "--fresh")
    assert (rebuilt["studies"], rebuilt["files"], rebuilt["orphans"]) == (2, 5, 3)


def test_an_archive_is_copied_only(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", write_study(tmp_path / "in"))
    assert "can only be copied" in answer(capfd, "import", archive, status=1)["error"]
    assert answer(capfd, "import", archive, "--copy")["new_files"] == 3
    assert answer(capfd, "verify")["troubled"] == []


def test_the_text_tells_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_study(tmp_path / "in", 1)
    for words in (["import", str(folder)], ["list"], ["verify"], ["rebuild"]):
        assert cli.run(cli.parse(["library", *words, "--quiet"])) == 0
    text = capsys.readouterr().out
    assert "1 study; 0 unchanged, 3 new, 0 changed, 0 gone; 0 other files, 0 remarks" in text
    assert "20240102 CT            3 images  linked  Test Number1" in text
    assert "\n1 study\n" in text
    assert "1 study, 3 files, 0 studies with missing or changed files" in text
    assert text.endswith("\n1 study, 3 files\n")
