"""Spatial registrations as transforms, from the frame of reference that is registered to, to those of the sources.

PS3.3 C.20.2 (matrices, which lead from the source to the registered frame) and C.20.3 (deformations, which lead back).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from typing import Any

import numpy as np

from medview.errors import MedViewError
from medview.files.headers.dicom_header import MAKER
from medview.files.headers.dicom_values import Values
from medview.files.objects.dicom_object import read_object
from medview.files.objects.told_provenance import AI_MARK
from medview.study.geometry import FloatArray, Geometry
from medview.study.registration import RegisteredSide, Registration
from medview.study.spatial_transform import DisplacementField, SpatialTransform
from medview.study.study_object import StudyObject

_COPY = "Copy it again from its source."
_Way = tuple[RegisteredSide, SpatialTransform]  # from the registered frame to a side


def read_transforms(found: StudyObject) -> tuple[Registration, ...]:
    """Return what a registration joins; empty where it names fewer than two frames of reference or groups of images.

    Raises
    ------
    MedViewError
        The file is missing or damaged, or a matrix or grid in it makes no sense, such as one that exchanges left and
        right.
    """
    values = read_object(found.path).values
    registered = values.text("FrameOfReferenceUID")
    label = values.text("ContentLabel") or found.label
    try:
        items = [*_matrices(values), *_deformations(values)]
    except ValueError as error:
        raise MedViewError("{name} holds a registration that makes no sense.", _COPY, name=found.path.name) from error
    home, sources = _parted(registered, items)
    now = datetime.now().astimezone().isoformat(timespec="microseconds")
    pairs = [(home, side, way) for side, way in sources if registered]
    for (a, to_a), (b, to_b) in combinations(sources, 2):
        if to_a.is_affine and to_b.is_affine and _are_told_apart(a, b):
            pairs.append((a, b, SpatialTransform.of_matrix(to_b.matrix @ np.linalg.inv(to_a.matrix))))
    facts = {"object_uid": found.sop_instance_uid, **_maker(values, label)}
    return tuple(Registration("file", a, b, way, now, **facts) for a, b, way in pairs)


def _maker(values: Values, label: str) -> dict[str, Any]:
    """Return the label, and the plugin where one has computed it: what a model has found stays marked as such."""
    items = values.items("ContributingEquipmentSequence") if values.text("Manufacturer") == MAKER else ()
    plugin = next((one for one in items if one.text("ManufacturerModelName")), None)
    if plugin is None:
        return {"label": label}
    told = {"plugin": plugin.text("ManufacturerModelName"), "plugin_version": plugin.text("SoftwareVersions")}
    is_classical = not plugin.text("ContributionDescription").startswith(AI_MARK)
    return {"label": told["plugin"], "provenance": {**told, "classical": is_classical}}


def _parted(registered: str, items: list[_Way]) -> tuple[RegisteredSide, list[_Way]]:
    """Return the side that is registered to, and the others.

    Images that stay where they are in the registered frame belong to it; moved ones of that frame only where they are
    named: else nobody knows which are meant.
    """
    stays = [side for side, way in items if side.frame_of_reference_uid == registered and _moves_nothing(way)]
    home = RegisteredSide("", "", registered, frozenset().union(*(side.image_uids for side in stays)))
    sources = [
        (side, way)
        for side, way in items
        if side not in stays and (side.image_uids or side.frame_of_reference_uid not in ("", registered))
    ]
    return home, sources


def _moves_nothing(way: SpatialTransform) -> bool:
    return way.is_affine and bool(np.allclose(way.matrix, np.eye(4), atol=1e-9))


def _are_told_apart(one: RegisteredSide, other: RegisteredSide) -> bool:
    """Whether two sides lie in different frames of reference, or both name their images."""
    return one.frame_of_reference_uid != other.frame_of_reference_uid or bool(one.image_uids and other.image_uids)


def _side(item: Values, uid: str) -> RegisteredSide:
    """Return the images of an item: those it names, in their frame of reference."""
    named = (one.text("ReferencedSOPInstanceUID") for one in item.items("ReferencedImageSequence"))
    return RegisteredSide("", "", uid, frozenset(name for name in named if name))


def _matrices(values: Values) -> Iterator[_Way]:
    """Yield what each item is of, with the transform from the registered frame to it."""
    for item in values.items("RegistrationSequence"):
        whole = np.eye(4)
        for one in (m for r in item.items("MatrixRegistrationSequence") for m in r.items("MatrixSequence")):
            whole = _matrix(one) @ whole  # in the order of the items
        if np.linalg.det(whole[:3, :3]) < 0.0:  # every frame of a patient is right-handed (PS3.3 C.7.6.2.1.1)
            raise ValueError("a matrix exchanges left and right")
        yield _side(item, item.text("FrameOfReferenceUID")), SpatialTransform.of_matrix(whole).inverse()


def _deformations(values: Values) -> Iterator[_Way]:
    for item in values.items("DeformableRegistrationSequence"):
        before, after = (
            next((_matrix(one) for one in item.items(f"{name}DeformationMatrixRegistrationSequence")), np.eye(4))
            for name in ("Pre", "Post")
        )
        grid = next(iter(item.items("DeformableRegistrationGridSequence")), None)
        field = _field(grid, before) if grid is not None else None
        yield _side(item, item.text("SourceFrameOfReferenceUID")), SpatialTransform(before, field, after)


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
