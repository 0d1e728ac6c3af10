"""Spatial registrations as transforms: direction, order of matrices, grids; against points worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.files.objects.registration_transforms import read_transforms
from medview.study.geometry import Geometry
from medview.study.series import Series
from medview.study.spatial_transform import rotation_about, shift_by
from tests.files.make_objects import found, item, save

RIGID = "1.2.840.10008.5.1.4.1.1.66.1"
DEFORMABLE = "1.2.840.10008.5.1.4.1.1.66.3"
REGISTERED, SOURCE, OTHER = "2.25.30", "2.25.31", "2.25.32"


def matrix_item(matrix: Any, kind: str = "RIGID") -> Any:
    return item(
        FrameOfReferenceTransformationMatrixType=kind,
        FrameOfReferenceTransformationMatrix=np.asarray(matrix, dtype=float).ravel().tolist(),
    )


def registered(uid: str, *matrices: Any) -> Any:
    sequence = [item(MatrixSequence=[matrix_item(matrix) for matrix in matrices])]
    return item(FrameOfReferenceUID=uid, MatrixRegistrationSequence=sequence)


def series_of(uid: str) -> Series:
    return Series("2.25.1", "2.25.2", geometry=Geometry((5, 6, 7), np.eye(4), uid))


def test_a_matrix_leads_from_the_source_to_the_registered_frame(tmp_path: Path) -> None:
    path = save(
        tmp_path / "r", RIGID, FrameOfReferenceUID=REGISTERED,
        RegistrationSequence=[registered(REGISTERED, np.eye(4)), registered(SOURCE, shift_by((10, -4, 2)))],
    )  # fmt: skip
    (one,) = read_transforms(found(path, "registration"))
    to_source = one.between(series_of(REGISTERED), series_of(SOURCE))
    assert to_source is not None
    # a source point p lies at p + (10, -4, 2) in the registered frame
    assert to_source.to_other((10.0, -4.0, 2.0)).tolist() == [0.0, 0.0, 0.0]
    back = one.between(series_of(SOURCE), series_of(REGISTERED))
    assert back is not None
    assert back.to_other((0.0, 0.0, 0.0)).tolist() == [10.0, -4.0, 2.0]
    assert one.between(series_of(REGISTERED), series_of(OTHER)) is None
    assert one.between(series_of(SOURCE), series_of(SOURCE)) is None
    assert one.kind == "file"


def test_matrices_are_applied_in_the_order_of_their_items(tmp_path: Path) -> None:
    turn = rotation_about((0, 0, 1), 90.0, (0, 0, 0))
    path = save(
        tmp_path / "r", RIGID, FrameOfReferenceUID=REGISTERED,
        RegistrationSequence=[registered(SOURCE, shift_by((5, 0, 0)), turn)],
    )  # fmt: skip
    (one,) = read_transforms(found(path, "registration"))
    # first 5 mm to the left, then a quarter turn: the origin of the source comes to (0, 5, 0)
    assert one.transform.to_other((0.0, 5.0, 0.0)) == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)


def test_two_sources_of_one_registration_are_joined_with_each_other(tmp_path: Path) -> None:
    path = save(
        tmp_path / "r", RIGID, FrameOfReferenceUID=REGISTERED,
        RegistrationSequence=[registered(SOURCE, shift_by((10, 0, 0))), registered(OTHER, shift_by((0, 3, 0)))],
    )  # fmt: skip
    made = read_transforms(found(path, "registration"))
    way = next(t for one in made if (t := one.between(series_of(SOURCE), series_of(OTHER))) is not None)
    assert way.to_other((0.0, 0.0, 0.0)).tolist() == [10.0, -3.0, 0.0]


def deformable(path: Path, **grid_changes: Any) -> Path:
    """Write a grid of 3 x 2 x 2 points from (100, 0, 0) on, with a shift by (1, 2, 3) at one of them."""
    vectors = np.zeros((2, 2, 3, 3), "<f4")
    vectors[1, 0, 2] = (1, 2, 3)
    grid = {
        "ImagePositionPatient": [100, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "GridDimensions": [3, 2, 2], "GridResolution": [10.0, 20.0, 5.0], "VectorGridData": vectors.tobytes(),
    } | grid_changes  # fmt: skip
    one = item(
        SourceFrameOfReferenceUID=SOURCE,
        PreDeformationMatrixRegistrationSequence=[matrix_item(shift_by((-100, 0, 0)))],
        PostDeformationMatrixRegistrationSequence=[matrix_item(rotation_about((0, 0, 1), 90.0, (0, 0, 0)))],
        DeformableRegistrationGridSequence=[item(**grid)],
    )
    return save(path, DEFORMABLE, FrameOfReferenceUID=REGISTERED, DeformableRegistrationSequence=[one])


def test_a_deformation_leads_from_the_registered_frame_by_its_three_parts(tmp_path: Path) -> None:
    (one,) = read_transforms(found(deformable(tmp_path / "d"), "registration"))
    # the grid lies in the registered frame: its point (2, 0, 1) is (120, 0, 5); less 100 it is (20, 0, 5), moved
    # (21, 2, 8), and after a quarter turn (-2, 21, 8)
    assert one.transform.to_other((120.0, 0.0, 5.0)) == pytest.approx((-2.0, 21.0, 8.0), abs=1e-6)
    assert one.transform.to_other((110.0, 0.0, 5.0)) == pytest.approx((0.0, 10.0, 5.0), abs=1e-6)
    # halfway between both
    assert one.transform.to_other((115.0, 0.0, 5.0)) == pytest.approx((-1.0, 15.5, 6.5), abs=1e-6)
    assert one.between(series_of(SOURCE), series_of(REGISTERED)) is None  # it does not lead back


@pytest.mark.parametrize(
    "changes", [{"VectorGridData": b"\0" * 40}, {"GridDimensions": [3, 2]}, {"ImageOrientationPatient": [1, 0, 0]}]
)
def test_a_grid_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(MedViewError, match="makes no sense"):
        read_transforms(found(deformable(tmp_path / "d", **changes), "registration"))


@pytest.mark.parametrize("diagonal", [[1, 0, 1, 1], [-1, 1, 1, 1]], ids=["without an inverse", "mirrored"])
def test_a_matrix_that_no_patient_allows_is_refused(tmp_path: Path, diagonal: list[int]) -> None:
    path = save(
        tmp_path / "r", RIGID, FrameOfReferenceUID=REGISTERED,
        RegistrationSequence=[registered(SOURCE, np.diag(diagonal))],
    )  # fmt: skip
    with pytest.raises(MedViewError, match="makes no sense"):
        read_transforms(found(path, "registration"))
