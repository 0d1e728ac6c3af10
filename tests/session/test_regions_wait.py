"""A region that was drawn between the images of one series tells the values of that series, or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from medview.session.keep_measurements import KeptMeasurements
from medview.session.measure import add_measurement
from medview.session.session import Session
from medview.study.measurement import Measurement
from tests.files.make_pet_ct import FRAME, LESION_MM, pet_grid, write_ct, write_pet
from tests.session.test_keep_measurements import opened, reopened
from tests.session.waiting import said


@pytest.fixture
def kept(session: Session) -> Iterator[KeptMeasurements]:
    made = KeptMeasurements(session)
    yield made
    session.jobs.stop()


def test_it_waits_for_its_series_and_is_not_put_on_another_of_the_same_frame(
    session: Session, kept: KeptMeasurements, tmp_path: Path
) -> None:
    folder, away = tmp_path / "study", tmp_path / "away"
    write_ct(folder / "ct")
    write_pet(folder / "pet", pet_grid())
    study = opened(session, folder)
    pet = next(series for series in study.series if series.modality == "PT")
    corners = LESION_MM + np.array([(-6.0, 0.0, -6.0), (6.0, 0.0, -6.0), (6.0, 0.0, 6.0), (-6.0, 0.0, 6.0)])
    normal = np.array([0.0, 1.0, 0.0])
    for kind, points in (("rectangle", corners), ("probe", corners[:1]), ("length", corners[:2])):
        add_measurement(study, Measurement(kind, points, pet.key, "", None, normal, FRAME))  # type: ignore[arg-type]
    (folder / "pet").rename(away)
    alone = reopened(session, study, folder)
    assert [m.kind for m in alone.measurements] == ["length"]  # a length in the patient holds in any of the frame
    assert "2 measurements of this study lie on images that are not here" in said(session)
    away.rename(folder / "pet")
    whole = reopened(session, alone, folder)
    assert {m.kind for m in whole.measurements if m.series_key == pet.key} == {"rectangle", "probe", "length"}
