"""Whatever stands in a record of a measurement, it hides no other, and nothing raises but that it is damaged."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from medview.library.measurement_record import MeasurementPlaces, measurement_record
from medview.session.open_folder import open_folder
from medview.session.session import Session
from medview.study.measurement import Measurement
from tests.files.make_dicom import write_stack
from tests.session.test_keep_measurements import in_space, on_image
from tests.session.waiting import wait_idle

NONSENSE: tuple[Any, ...] = (None, "", "x", -1, 10**400, float("nan"), [], [[]], [[1e400, 2.0]], {}, {"sop": []}, True)


@pytest.mark.parametrize("place", ["image", "space"])
def test_every_field_may_be_nonsense_or_missing(session: Session, tmp_path: Path, place: str) -> None:
    open_folder(session, write_stack(tmp_path / "ct", 4), show=False)
    wait_idle(session)
    (study,) = session.studies
    series = study.series[0]
    good = on_image(study, 1, "calibration", known_mm=5.0) if place == "image" else in_space(study)
    record = measurement_record(good, series) | {"text_at": [1.0, 2.0] if place == "image" else [1.0, 2.0, 3.0]}
    damaged = []
    for name in record:
        damaged.append({key: value for key, value in record.items() if key != name})
        damaged += [record | {name: value} for value in NONSENSE]
    for name in record.get("image", {}):
        for value in NONSENSE:
            other = copy.deepcopy(record)
            other["image"][name] = value
            damaged.append(other)
    places = MeasurementPlaces(study.series, [record, *damaged])
    assert isinstance(places.placed("1", record), Measurement)
    for other in damaged:
        try:
            found = places.placed("1", other)
        except ValueError:
            continue
        assert found is None or isinstance(found, Measurement)
