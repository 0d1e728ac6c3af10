"""What a person would do with the mouse before a picture is taken, done through the same verbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from medview.gui.main_window import MainWindow
from medview.imaging.turned_planes import TurnedPlanes
from medview.session.edit_mask import new_segmentation
from medview.session.fuse import best_partner, fuse
from medview.session.measure import add_measurement, remove_all_measurements
from medview.session.scene import Scene
from medview.study.annotation import ImageName
from medview.study.history import Edit
from medview.study.measurement import Measurement, MeasurementKind

_Points = tuple[tuple[float, float], ...]
_RADIUS = 0.15  # of the shortest axis
# parts of the width and of the height of the image
_HANDLES: dict[MeasurementKind, _Points] = {
    "length": ((0.3, 0.3), (0.6, 0.35)),
    "angle": ((0.3, 0.5), (0.5, 0.5), (0.6, 0.3)),
    "cobb": ((0.3, 0.3), (0.6, 0.33), (0.3, 0.7), (0.6, 0.6)),
    "bidirectional": ((0.3, 0.55), (0.6, 0.55), (0.45, 0.48), (0.45, 0.62)),
    "ellipse": ((0.4, 0.4), (0.6, 0.4), (0.5, 0.34), (0.5, 0.46)),
    "rectangle": ((0.35, 0.5), (0.55, 0.5), (0.55, 0.65), (0.35, 0.65)),
    "polygon": ((0.4, 0.3), (0.6, 0.35), (0.55, 0.5), (0.42, 0.48)),
    "probe": ((0.5, 0.6),),
    "arrow": ((0.5, 0.3), (0.65, 0.2)),
    "path": ((0.3, 0.35), (0.45, 0.3), (0.6, 0.4), (0.65, 0.6)),
}


def resized(width: int, height: int) -> Callable[[MainWindow], None]:
    """Return what gives the window a size."""
    return lambda window: window.resize(width, height)


def show_side(name: str) -> Callable[[MainWindow], None]:
    """Return what brings the panel "segmentation" or "measurements" to the front."""
    return lambda window: window.side_tabs.setCurrentIndex(int(name == "measurements"))


def turn_oblique(window: MainWindow) -> None:
    """Turn the three planes."""
    _scene(window).turn(TurnedPlanes.of_angles(20.0, 12.0, 8.0))


def paint_ball(window: MainWindow) -> None:
    """Draw a ball into the mask, a new one where there is none."""
    scene = _scene(window)
    mask = scene.segmentation or new_segmentation(window.session)
    axes = np.ogrid[tuple(slice(n) for n in mask.labels.shape)]
    spacing = mask.geometry.spacing_mm
    radius = _RADIUS * min(n * step for n, step in zip(mask.labels.shape, spacing, strict=True))
    distance = sum(((axis - at) * step) ** 2 for axis, at, step in zip(axes, scene.cursor_index, spacing, strict=True))
    after = np.where(distance < radius**2, scene.active_segment, mask.labels).astype(mask.labels.dtype)
    whole = (slice(0, after.shape[0]), slice(0, after.shape[1]), slice(0, after.shape[2]))
    scene.study.history.do(Edit(mask, whole, mask.labels.copy(), after, "Brush"))


def draw_measurement(kind: MeasurementKind) -> Callable[[MainWindow], None]:
    """Return what puts a measurement on the image in view."""

    def draw(window: MainWindow) -> None:
        scene = _scene(window)
        add_measurement(scene.study, _in_view(scene, kind))

    return draw


def draw_path(window: MainWindow) -> None:
    """Draw the path of a curved reformat, in space."""
    scene = _scene(window)
    add_measurement(scene.study, replace(_in_view(scene, "path"), image=None))


def forget_measurements(window: MainWindow) -> None:
    """Remove every measurement."""
    remove_all_measurements(_scene(window).study)


def fuse_best(window: MainWindow) -> bool:
    """Lay the series that suits best over the one in view; False where there is none."""
    partner = best_partner(window.session)
    if partner is None:
        return False
    fuse(window.session, partner.study, partner.series)
    return True


def _scene(window: MainWindow) -> Scene:
    scene = window.session.scene
    assert scene is not None
    return scene


def _in_view(scene: Scene, kind: MeasurementKind) -> Measurement:
    """Return a measurement with its handles on the image in view."""
    geometry, slice_index = scene.volume.geometry, scene.cursor_index[0]
    shape = geometry.shape
    handles = [geometry.to_mm((slice_index, y * shape[1], x * shape[2])) for x, y in _HANDLES[kind]]
    place = scene.series.instances[slice_index]
    return Measurement(
        kind,
        np.array(handles),
        scene.series.key,
        scene.series.study_instance_uid,
        ImageName(place.sop_instance_uid, place.frame_index),
        np.cross(geometry.directions[:, 2], geometry.directions[:, 1]),
        geometry.frame_of_reference_uid,
    )
