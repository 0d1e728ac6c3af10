"""The table of measurements, read again as another program would."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from medview.session.export_measurements import export_measurements
from medview.session.measure import add_measurement
from medview.session.session import Session
from medview.study.measurement import Measurement
from medview.study.study import Study
from tests.files.make_dicom import write_stack
from tests.session.test_keep_measurements import in_space, on_image, opened
from tests.session.test_time_curve import region
from tests.session.waiting import said, wait_idle


@pytest.fixture
def study(session: Session, tmp_path: Path) -> Study:
    """Return a study of two series, with measurements on both: the second is not on the screen."""
    folder = write_stack(tmp_path / "study" / "a", PatientName="Zyxmark^Name", PatientID="Zyxmark-ID")
    patient: dict[str, Any] = {"PatientName": "Zyxmark^Name", "PatientID": "Zyxmark-ID"}
    write_stack(tmp_path / "study" / "b", SeriesInstanceUID="2.25.1002", SeriesNumber=5, **patient)
    study = opened(session, folder.parent)
    add_measurement(study, on_image(study, 1, label="=2+3, \u809d"))
    add_measurement(study, in_space(study))
    for series in study.series:
        add_measurement(study, region(series, 2))
    assert study.series[0].geometry is not None
    add_measurement(study, Measurement("text", study.series[0].geometry.to_mm([(0, 2, 2)]), study.series[0].key))
    return study


def test_every_number_is_in_the_table(session: Session, study: Study, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    export_measurements(session, study, path)
    wait_idle(session)
    assert "The measurements were saved as table.csv." in said(session)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    lengths = [row for row in rows if row["quantity"] == "length"]
    assert [row["label"] for row in lengths] == ["'=2+3, \u809d", ""]  # no spreadsheet calculates it
    geometry = study.series[0].geometry
    assert geometry is not None
    _, height, width = geometry.spacing_mm
    assert float(lengths[0]["value"]) == pytest.approx(((2.5 * height) ** 2 + (3.75 * width) ** 2) ** 0.5)
    assert {row["unit"] for row in lengths} == {"mm"}
    assert [row["image"] for row in lengths] == ["2", ""]
    means = [row for row in rows if row["quantity"] == "mean"]
    assert len(means) == 2
    assert means[0]["value"] == means[1]["value"]  # the same pixels in both series
    assert {row["unit"] for row in means} == {"HU"}
    assert {row["series_number"] for row in rows} >= {"5"}
    assert [row["kind"] for row in rows][-1] == "Text"
    assert "zyxmark" not in path.read_text(encoding="utf-8-sig").lower()


def test_the_same_as_json(session: Session, study: Study, tmp_path: Path) -> None:
    path = tmp_path / "table.JSON"
    export_measurements(session, study, path)
    wait_idle(session)
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert rows[0]["label"] == "=2+3, \u809d"
    assert rows[0]["measurement"] == 1
    assert isinstance(rows[0]["value"], float)
    assert {row["measurement"] for row in rows} == {1, 2, 3, 4, 5}


def test_a_place_that_cannot_be_written_is_told(session: Session, study: Study, tmp_path: Path) -> None:
    export_measurements(session, study, tmp_path / "nowhere" / "table.csv")
    wait_idle(session)
    assert "does not exist" in said(session)
