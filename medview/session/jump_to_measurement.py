"""Go to a measurement: show the images it lies on, and its middle."""

from __future__ import annotations

from medview.session.session import Session
from medview.session.when_shown import when_shown
from medview.study.measurement import Measurement
from medview.study.study import Study


def jump_to_measurement(session: Session, study: Study, measurement: Measurement) -> bool:
    """Show the middle of a measurement on its series; False where that is not open, which a notice says."""
    series = study.find(measurement.series_key)
    if series is None:
        session.notices.add(
            "warning", "The image that this refers to is not open.", "Open the folder of the images it belongs to."
        )
        return False
    when_shown(session, study, series, lambda scene: scene.move_cursor(measurement.centre_mm))
    return True
