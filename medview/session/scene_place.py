"""Where in the patient a scene looks, also in stacks that no affine fits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medview.session.scene import Scene
from medview.study.geometry import FloatArray
from medview.study.image_index import ImagePlace


def is_in_patient(scene: Scene) -> bool:
    """Whether it is known where in the patient each slice lies: by the affine, or by the images' own positions."""
    geometry = scene.volume.geometry
    if geometry.is_placed:
        return True
    own = (instance.image_position_patient is not None for instance in scene.series.instances)
    known = geometry.has_spacing and geometry.has_orientation and not scene.is_recording
    return known and len(scene.series.instances) == geometry.shape[0] and all(own)


def to_patient(scene: Scene, index: ArrayLike) -> FloatArray:
    """Return LPS mm of a fractional index (slice, row, column); of uneven slices by the position of the image itself.

    A fraction of a slice is kept only where an affine fits.
    """
    place = np.asarray(index, dtype=np.float64)
    if scene.volume.geometry.is_placed:
        return scene.volume.geometry.to_mm(place)
    number = int(np.clip(round(float(place[0])), 0, len(scene.series.instances) - 1))
    found: FloatArray = ImagePlace(scene.series, number).to_mm((place[2] + 0.5, place[1] + 0.5))[0]
    return found


def to_voxels(scene: Scene, point_mm: ArrayLike) -> FloatArray:
    """Return the fractional index (slice, row, column) of an LPS point; of uneven slices the truly nearest one."""
    geometry = scene.volume.geometry
    point = np.asarray(point_mm, dtype=np.float64)
    if geometry.is_placed:
        return geometry.to_index(point)
    normal = np.cross(geometry.directions[:, 2], geometry.directions[:, 1])
    places = [ImagePlace(scene.series, number) for number in range(len(scene.series.instances))]
    nearest = min(places, key=lambda place: abs(float((place.origin_mm - point) @ normal)))
    return nearest.to_index(point)
