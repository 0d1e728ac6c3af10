"""Millimetres that a person gives for pictures hold in every slot that shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medview.files.formats.png import write_picture
from medview.session.give_spacing import give_spacing
from medview.session.layout import grid_layout
from medview.session.measure import add_measurement
from medview.session.open_folder import open_folder
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.annotation import ImageName
from medview.study.measurement import Measurement
from tests.session.waiting import wait_idle


def test_a_measurement_stays_on_its_pixels_in_every_slot(session: Session, tmp_path: Path) -> None:
    write_picture(np.repeat(np.arange(60, dtype=np.uint8)[:, None, None], 80, 1).repeat(3, 2), tmp_path / "a.png")
    open_folder(session, tmp_path)
    wait_idle(session)
    study = session.studies[0]
    session.set_layout(grid_layout(1, 3))
    for slot in (0, 1, 2):
        show_series(session, study, study.series[0], slot)
        wait_idle(session)
    session.set_layout(grid_layout(1, 2))  # the third waits behind it
    pixels = [(0.0, 1.5, 2.25), (0.0, 4.0, 6.0)]
    series, instance = study.series[0], study.series[0].instances[0]
    assert series.geometry is not None
    image = ImageName(instance.sop_instance_uid, instance.frame_index)
    add_measurement(study, Measurement("length", series.geometry.to_mm(pixels), series.key, image=image))
    give_spacing(session, study, series, (1.0, 0.5, 0.25))
    for _ in range(2):
        (measured,) = study.measurements
        for scene in (*session.scenes.values(), *session.away.values()):
            assert np.allclose(scene.volume.geometry.to_index(measured.points_mm), pixels)
            assert scene.volume.geometry.has_spacing
        wait_idle(session)
    assert set(session.scenes) == {0, 1}
