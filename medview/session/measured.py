"""The numbers of the measurements of open studies, worked out once."""

from __future__ import annotations

from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.imaging.findings import Findings
from medview.imaging.measure import figures, measured, values_under
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
_fused: WeakKeyDictionary[Scene, dict[str, tuple[_Key, Findings]]] = WeakKeyDictionary()


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


def fused_findings(scene: Scene, measurement: Measurement) -> Findings | None:
    """Return what the second volume laid over a scene holds under a region or probe; None where that is not known.

    Nothing is told of volumes that lie there on a person's word alone: the positions may not agree.
    """
    fusion, geometry = scene.fusion, scene.volume.geometry
    if fusion is None or fusion.basis == "unregistered" or not geometry.is_placed:
        return None
    if not (measurement.is_region or measurement.kind == "probe"):
        return None
    key = (measurement, ref(fusion.placed))  # the volume itself would stay in memory
    known = _fused.setdefault(scene, {}).get(measurement.tracking_uid)
    if known is None or known[0] != key:
        found = values_under(measurement, fusion.placed, min(geometry.spacing_mm[1:]))
        known = _fused[scene][measurement.tracking_uid] = key, found
    return known[1]


def _scene_of(session: Session, study: Study, series: Series) -> Scene | None:
    """Return a scene that shows a series, on the grid that it has now."""
    shown = [s for s in session.scenes.values() if s.study is study and s.series.key == series.key]
    fitting = [scene for scene in shown if _is_same(scene.volume.geometry, series.geometry)]
    return max(fitting, key=lambda scene: scene.is_whole, default=None)


def _is_same(one: Geometry, other: Geometry | None) -> bool:
    return one is other or (other is not None and one.same_grid(other))


def _is_read(scene: Scene | None) -> NDArray[np.bool_] | None:
    return scene.loading.is_read if scene is not None and scene.loading is not None else None
