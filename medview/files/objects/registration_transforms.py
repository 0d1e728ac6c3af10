"""Spatial registrations as transforms, from the frame of reference that is registered to, to those of the sources.

PS3.3 C.20.2 (matrices, which lead from the source to the registered frame) and C.20.3 (deformations, which lead back).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import permutations

import numpy as np

from medview.errors import MedViewError
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.study.geometry import FloatArray, Geometry
from medview.study.registration import RegisteredSide, Registration
from medview.study.spatial_transform import DisplacementField, SpatialTransform
from medview.study.study_object import StudyObject

_COPY = "Copy it again from its source."


def read_transforms(found: StudyObject) -> tuple[Registration, ...]:
    """Return what a registration joins; empty where it names fewer than two frames of reference.

    Raises
    ------
    MedViewError
        The file is missing or damaged, or a matrix or grid in it makes no sense.
    """
    values = read_object(found.path).values
    registered = values.text("FrameOfReferenceUID")
    label = values.text("ContentLabel") or found.label
    try:
        to_source = dict(_matrices(values, registered)) | dict(_deformations(values))
    except ValueError as error:
        raise MedViewError("{name} holds a registration that makes no sense.", _COPY, name=found.path.name) from error
    to_source.setdefault(registered, SpatialTransform())
    to_source = {uid: transform for uid, transform in to_source.items() if uid}
    now = datetime.now().astimezone().isoformat(timespec="microseconds")

    def side(uid: str) -> RegisteredSide:
        return RegisteredSide("", "", uid)

    pairs = [(registered, uid) for uid in to_source if uid != registered and registered]
    between = [(a, b) for a, b in permutations((uid for uid in to_source if uid != registered), 2) if a < b]
    made = [Registration("file", side(a), side(b), to_source[b], now, label=label, object_uid=found.sop_instance_uid)
            for a, b in pairs]  # fmt: skip
    for a, b in between:
        if to_source[a].is_affine and to_source[b].is_affine:
            way = SpatialTransform.of_matrix(to_source[b].matrix @ np.linalg.inv(to_source[a].matrix))
            made.append(
                Registration("file", side(a), side(b), way, now, label=label, object_uid=found.sop_instance_uid)
            )
    return tuple(made)


def _matrices(values: Values, registered: str) -> Iterator[tuple[str, SpatialTransform]]:
    """Yield (frame of reference, transform from the registered frame to it)."""
    for item in values.items("RegistrationSequence"):
        whole = np.eye(4)
        for one in (m for r in item.items("MatrixRegistrationSequence") for m in r.items("MatrixSequence")):
            whole = _matrix(one) @ whole  # in the order of the items
        uid = item.text("FrameOfReferenceUID")
        if uid != registered:
            yield uid, SpatialTransform.of_matrix(whole).inverse()


def _deformations(values: Values) -> Iterator[tuple[str, SpatialTransform]]:
    for item in values.items("DeformableRegistrationSequence"):
        before, after = (
            next((_matrix(one) for one in item.items(f"{name}DeformationMatrixRegistrationSequence")), np.eye(4))
            for name in ("Pre", "Post")
        )
        grid = next(iter(item.items("DeformableRegistrationGridSequence")), None)
        field = _field(grid, before) if grid is not None else None
        yield item.text("SourceFrameOfReferenceUID"), SpatialTransform(before, field, after)


def _matrix(item: Values) -> FloatArray:
    numbers = item.numbers("FrameOfReferenceTransformationMatrix")
    if len(numbers) != 16:
        raise ValueError("a matrix has 16 numbers")
    return np.array(numbers).reshape(4, 4)


def _field(grid: Values, before: FloatArray) -> DisplacementField:
    """Return the displacements, whose grid lies in the registered frame, as seen after the first matrix."""
    columns, rows, slices = (int(n) for n in grid.numbers("GridDimensions"))
    x_mm, y_mm, z_mm = grid.numbers("GridResolution")
    orientation = np.array(grid.numbers("ImageOrientationPatient"))
    right, down = orientation[:3], orientation[3:]
    vectors = np.frombuffer(grid.binary("VectorGridData"), dtype="<f4").reshape(slices, rows, columns, 3)
    geometry = Geometry.from_axes(
        (slices, rows, columns),
        origin=grid.numbers("ImagePositionPatient"),
        slice_step=np.cross(right, down) * z_mm,
        row_step=down * y_mm,
        column_step=right * x_mm,
    )
    return DisplacementField(vectors, Geometry(geometry.shape, before @ geometry.affine))
