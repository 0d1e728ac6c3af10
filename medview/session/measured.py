"""The numbers of the measurements of open studies, worked out once."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.imaging.findings import Findings
from medview.imaging.measure import figures, measured
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.geometry import Geometry
from medview.study.measurement import Measurement
from medview.study.series import Series
from medview.study.study import Study

_Key = tuple[object, ...]
_NOT_OPEN = MedViewError("The images that this was measured on are not open.")
_Known = dict[tuple[str, bool], tuple[_Key, int, Findings]]  # by Tracking UID, and whether it is a draft
_known: WeakKeyDictionary[Study, _Known] = WeakKeyDictionary()


def findings(session: Session, study: Study, measurement: Measurement) -> Findings:
    """Return the numbers of a measurement: those of pixels where its images are on the screen, or were before.

    They are kept until the measurement, its images or a calibration change, so that it may be asked for at every paint.
    """
    series = study.find(measurement.series_key)
    if series is None or series.geometry is None:
        return Findings(refusals=(_NOT_OPEN,))
    calibrations = tuple(m for m in study.measurements if m.kind == "calibration")
    scene = _scene_of(session, study, series)
    key, is_read = (measurement, series.geometry, calibrations), _is_read(scene)
    read = -1 if scene is None else int(is_read.sum()) if is_read is not None else series.geometry.shape[0]
    place = measurement.tracking_uid, measurement is study.measurements.draft
    known = _known.setdefault(study, {}).get(place)
    if known is not None and known[0] == key and (known[1] >= read or (known[1] >= 0 and known[2].is_complete)):
        return known[2]
    if scene is None:
        found = figures(measurement, series, calibrations=calibrations)
    else:
        found = measured(measurement, scene.volume, calibrations=calibrations, is_read=is_read)
    _known[study][place] = key, read, found
    return found


def _scene_of(session: Session, study: Study, series: Series) -> Scene | None:
    """Return a scene that shows a series, on the grid that it has now."""
    shown = [s for s in session.scenes.values() if s.study is study and s.series.key == series.key]
    fitting = [scene for scene in shown if _is_same(scene.volume.geometry, series.geometry)]
    return max(fitting, key=lambda scene: scene.is_whole, default=None)


def _is_same(one: Geometry, other: Geometry | None) -> bool:
    return one is other or (other is not None and one.same_grid(other))


def _is_read(scene: Scene | None) -> NDArray[np.bool_] | None:
    return scene.loading.is_read if scene is not None and scene.loading is not None else None
