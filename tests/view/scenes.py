"""Scenes made of arrays, on grids that lie in the patient in every way that matters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.session.scene import Scene
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Segmentation, Source
from medview.study.series import Patient, Series, StudyFacts
from medview.study.study import Study
from medview.study.volume import Volume

SHAPE = (7, 9, 11)


def grid(
    slice_step: Any, row_step: Any, column_step: Any, *, shape: tuple[int, int, int] = SHAPE, **facts: Any
) -> Geometry:
    """Return a grid whose middle is not the origin."""
    return Geometry.from_axes(
        shape, origin=(-12.5, 30.25, 7.0), slice_step=slice_step, row_step=row_step, column_step=column_step, **facts
    )


def turned(geometry: Geometry, degrees: tuple[float, float, float]) -> Geometry:
    """Return the grid turned about x, then y, then z."""
    rotation = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(degrees)):
        step = np.eye(3)
        i, j = [k for k in range(3) if k != axis]
        step[i, i] = step[j, j] = np.cos(angle)
        step[i, j], step[j, i] = -np.sin(angle), np.sin(angle)
        rotation = step @ rotation
    affine = geometry.affine.copy()
    affine[:3, :3] = rotation @ affine[:3, :3]
    return Geometry(geometry.shape, affine)


AXIAL = grid((0, 0, 3), (0, 0.7, 0), (0.7, 0, 0))
GRIDS = {
    "axial, thick slices": AXIAL,
    "axial, slices from head to feet": grid((0, 0, -2), (0, 1, 0), (1, 0, 0)),
    "coronal": grid((0, 1.5, 0), (0, 0, -0.8), (0.8, 0, 0)),
    "sagittal": grid((1.2, 0, 0), (0, 0, -0.9), (0, 0.9, 0)),
    "sagittal, from left to right": grid((-1.2, 0, 0), (0, 0, -0.9), (0, 0.9, 0)),
    "prone: the table's top is the patient's front": grid((0, 0, 2.5), (0, -0.6, 0), (-0.6, 0, 0)),
    "decubitus: rows along the patient's width": grid((0, 0, 2.5), (0.6, 0, 0), (0, -0.6, 0)),
    "non-square pixels": grid((0, 0, 2), (0, 0.5, 0), (1.25, 0, 0)),
    "mirrored (left-handed)": grid((0, 0, 2), (0, 1, 0), (-1, 0, 0)),
    "oblique": turned(AXIAL, (17.0, -9.0, 12.0)),
    "double oblique sagittal": turned(grid((1.2, 0, 0), (0, 0, -0.9), (0, 0.9, 0)), (-14.0, 8.0, 21.0)),
}


def tilted(degrees: float, shape: tuple[int, int, int] = SHAPE) -> Geometry:
    """Return the grid of a tilted gantry: slices are turned about x, the table moves along z all the same."""
    t = np.deg2rad(degrees)
    return grid((0, 0, 3), (0, 0.7 * np.cos(t), -0.7 * np.sin(t)), (0.7, 0, 0), shape=shape)


def scene_of(
    array: NDArray[Any], geometry: Geometry, window: tuple[float, float] = (128.0, 256.0), **facts: Any
) -> Scene:
    """Return a scene of an array; facts of the series may be given."""
    series = Series("1.2.3", "1.2", geometry=geometry, **{"modality": "CT", **facts})
    patient = Patient("Doe^Jane^M", "ID-42", "19700102", "F")
    study = Study(
        StudyFacts("1.2", "20240131", "101502.5", "Chest with contrast", institution_name="City", patient=patient),
        (series,),
    )
    return Scene(study, Volume(array, geometry, series, "HU" if series.modality == "CT" else ""), window)


def lit(geometry: Geometry, index: tuple[int, int, int], value: int = 1000) -> NDArray[np.int16]:
    """Return a dark array with one bright voxel."""
    array = np.zeros(geometry.shape, dtype=np.int16)
    array[index] = value
    return array


def draw(scene: Scene, labels: NDArray[Any], *segments: Segment, **provenance: Any) -> Segmentation:
    """Add a mask to a scene's study and show it."""
    series = scene.series
    source = Source(series.key, series.series_instance_uid, series.study_instance_uid, series.sop_hash)
    mask = Segmentation(labels, scene.volume.geometry, source, segments or (Segment(1, "One"),), provenance=provenance)
    scene.study.add(mask)
    scene.show_segmentation(mask)
    return mask


def screen_axes(geometry: Geometry, plane: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return right and down of a plane in LPS: the volume's own axes nearest to the radiologist's, worked out anew."""
    wanted = {
        "axial": ((1, 0, 0), (0, 1, 0)),
        "coronal": ((1, 0, 0), (0, 0, -1)),
        "sagittal": ((0, 1, 0), (0, 0, -1)),
    }[plane]
    axes = [sign * geometry.directions[:, k] for k in range(3) for sign in (1, -1)]
    right, down = (max(axes, key=lambda axis: float(axis @ np.array(way))) for way in wanted)
    return right, down
