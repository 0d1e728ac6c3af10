"""A measurement after one of its points, or the whole of it, has been dragged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medview.imaging.pane_frame import reach_mm
from medview.session.scene import Scene
from medview.study.annotation import ImageName
from medview.study.geometry import FloatArray
from medview.study.measurement import Measurement, slice_index

_FREE = ("length", "angle", "arrow", "path")  # what may lie in any direction; all else stays flat in its plane


def with_point_at(measurement: Measurement, number: int, point_mm: FloatArray, scene: Scene) -> Measurement:
    """Return a measurement with one of its points somewhere else.

    A point that is dragged by less than half a slice out of the measurement's plane stays in it. Dragged farther, a
    line or an angle comes to lie in space, and belongs to no image any more; what is flat by nature stays in its plane,
    and so does all where no distance lies between the images: a recording, or slices that lie unevenly.
    A lone point goes to the image that it is dragged to. Axes stay at right angles, boxes keep theirs.
    """
    if len(measurement.points_mm) == 1:
        return moved(measurement, point_mm - measurement.points_mm[0], scene)
    depth = float((point_mm - measurement.points_mm[number]) @ measurement.normal)
    off = float((point_mm - measurement.centre_mm) @ measurement.normal)
    reach = 0.0 if measurement.image is None else reach_mm(scene.volume.geometry, measurement.normal)
    is_bound = measurement.image is not None and not scene.volume.geometry.has_depth
    if measurement.kind not in _FREE or is_bound or abs(off) <= reach:
        target = point_mm - depth * measurement.normal
        return replace(measurement, points_mm=_reshaped(measurement, number, target))
    points = measurement.points_mm.copy()
    points[number] = point_mm
    return replace(measurement, points_mm=points, normal=_normal(points, measurement.normal), image=None)


def moved(measurement: Measurement, by_mm: FloatArray, scene: Scene) -> Measurement:
    """Return a measurement shifted as a whole; from one image it goes to another where it is dragged there."""
    if measurement.image is None:
        return replace(measurement, points_mm=measurement.points_mm + by_mm)
    geometry, before = scene.volume.geometry, slice_index(measurement, scene.volume.geometry)
    index = geometry.to_index(measurement.points_mm + by_mm)
    number = min(max(round(float(index[:, 0].mean())), 0), geometry.shape[0] - 1)
    if number == before or not geometry.has_depth:
        flat = by_mm - float(by_mm @ measurement.normal) * measurement.normal
        return replace(measurement, points_mm=measurement.points_mm + flat)
    index[:, 0] = number
    return replace(measurement, points_mm=geometry.to_mm(index), image=image_name(scene, number))


def image_name(scene: Scene, number: int) -> ImageName | None:
    """Return what tells an image of the scene from others; None where the slices are no images of files."""
    instances = scene.series.instances
    if number >= len(instances):
        return None
    return ImageName(instances[number].sop_instance_uid, instances[number].frame_index)


def _normal(points: FloatArray, before: FloatArray) -> FloatArray:
    """Return the normal of the plane through points; of a line the one nearest to the normal before."""
    line = points[-1] - points[0]
    normal = (
        np.cross(points[1] - points[0], line) if len(points) > 2 else before * (line @ line) - line * (line @ before)
    )
    length = float(np.linalg.norm(normal))
    found: FloatArray = normal / length if length > 1e-9 else before
    return found


def _reshaped(measurement: Measurement, number: int, target: FloatArray) -> FloatArray:
    points = measurement.points_mm.copy()
    if measurement.kind == "rectangle":
        return _box_with(points, number, target)
    if measurement.kind == "ellipse":
        return _ellipse_with(points, number, target, measurement.normal)
    if measurement.kind == "bidirectional":
        return _axes_with(points, number, target, measurement.normal)
    points[number] = target
    return points


def _box_with(points: FloatArray, number: int, target: FloatArray) -> FloatArray:
    """Move a corner; the opposite one stays, and so do the directions of the sides."""
    opposite, beside, other = points[(number + 2) % 4], (number + 1) % 4, (number + 3) % 4
    along = points[beside] - opposite
    length = float(np.linalg.norm(along))
    if length < 1e-9:
        return points
    along = along / length
    points[beside] = opposite + along * float((target - opposite) @ along)
    points[other] = opposite + target - points[beside]
    points[number] = target
    return points


def _ellipse_with(points: FloatArray, number: int, target: FloatArray, normal: FloatArray) -> FloatArray:
    """Move the end of an axis; its other end stays, and the other axis stays as long as it is."""
    first = number - number % 2
    other = 2 - first
    half = float(np.linalg.norm(points[other + 1] - points[other])) / 2.0
    turned = float(np.cross(points[1] - points[0], points[3] - points[2]) @ normal) * (1 if first == 0 else -1)
    points[number] = target
    axis = points[first + 1] - points[first]
    length = float(np.linalg.norm(axis))
    if length < 1e-9:
        return points
    across = np.cross(normal, axis) / length * half * (1.0 if turned >= 0 else -1.0)
    middle = (points[first] + points[first + 1]) / 2.0
    points[other], points[other + 1] = middle - across, middle + across
    return points


def _axes_with(points: FloatArray, number: int, target: FloatArray, normal: FloatArray) -> FloatArray:
    """Move the end of the first axis, which turns the second with it; or of the second, which stays square to it."""
    axis = points[1] - points[0]
    length = float(np.linalg.norm(axis))
    if length < 1e-9:
        points[number] = target
        return points
    along, across = axis / length, np.cross(normal, axis / length)
    if number < 2:
        sides = [(float((p - points[0]) @ axis) / length**2, float((p - points[0]) @ across)) for p in points[2:]]
        points[number] = target
        axis = points[1] - points[0]
        across = np.cross(normal, axis / max(float(np.linalg.norm(axis)), 1e-9))
        for place, (share, side) in enumerate(sides, start=2):
            points[place] = points[0] + share * axis + side * across
        return points
    share = min(max(float((target - points[0]) @ along), 0.0), length)
    other = 5 - number
    side = float((points[other] - points[0]) @ across)
    points[other] = points[0] + share * along + side * across
    points[number] = points[0] + share * along + across * float((target - points[0]) @ across)
    return points
