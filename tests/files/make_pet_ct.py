"""A PET/CT pair made for tests, since none is freely shared: one body on two grids, a lesion at a known place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.study.geometry import Geometry
from tests.files.make_dicom import image, write
from tests.files.test_dicom_suv import pet

LESION_MM = np.array([22.0, -14.0, 36.0])
LESION_RADIUS_MM = 9.0
LESION_SUV = 8.0
BODY_SUV = 1.0
BQML_PER_SUV = 253.3137e6 / 70_000  # of the PET slices of `tests.files.test_dicom_suv.pet`
FRAME = "2.25.3000"

CT_GRID = Geometry.from_axes(
    (24, 64, 80), origin=(-79.0, -63.0, -1.5), slice_step=(0, 0, 3), row_step=(0, 2, 0), column_step=(2, 0, 0),
    frame_of_reference_uid=FRAME,
)  # fmt: skip


def pet_grid(turn_deg: float = 0.0, frame: str = FRAME) -> Geometry:
    """Return a coarser grid that begins elsewhere; turned about the long axis where it is to be oblique."""
    cos, sin = np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))
    return Geometry.from_axes(
        (20, 44, 48), origin=np.array([-96.0, -90.0, -3.7]), slice_step=(0, 0, 4), row_step=(-4 * sin, 4 * cos, 0),
        column_step=(4 * cos, 4 * sin, 0), frame_of_reference_uid=frame,
    )  # fmt: skip


def body(geometry: Geometry) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which voxels of a grid lie in the body and which in the lesion."""
    points = geometry.to_mm(np.moveaxis(np.indices(geometry.shape), 0, -1))
    inside = (points[..., 0] / 66.0) ** 2 + (points[..., 1] / 50.0) ** 2 <= 1.0
    lesion = np.linalg.norm(points - LESION_MM, axis=-1) <= LESION_RADIUS_MM
    return inside, lesion


def ct_values() -> NDArray[np.int16]:
    """Return HU: air, soft tissue, a spine, balls at different heights, and a lesion that the CT hardly shows."""
    inside, lesion = body(CT_GRID)
    points = CT_GRID.to_mm(np.moveaxis(np.indices(CT_GRID.shape), 0, -1))
    values = np.where(inside, 40, -1000).astype(np.int16)
    values[np.hypot(points[..., 0], points[..., 1] - 34.0) <= 9.0] = 600
    for centre, radius, value in (((-30, 5, 15), 10, 500), ((-18, -24, 48), 8, -700), ((30, 14, 22), 7, 300)):
        values[np.linalg.norm(points - centre, axis=-1) <= radius] = value
    values[lesion] = 55
    return values


def pet_values(geometry: Geometry) -> NDArray[np.float64]:
    """Return SUV."""
    inside, lesion = body(geometry)
    return np.where(lesion, LESION_SUV, np.where(inside, BODY_SUV, 0.0))


def write_ct(folder: Path, geometry: Geometry = CT_GRID, **changes: Any) -> Path:
    """Write the CT, on a grid that says that it lies elsewhere where one is given."""
    stored = (ct_values().astype(np.int32) + 1024).astype("<u2")
    facts = {"SeriesDescription": "CT thin", "SeriesInstanceUID": "2.25.5001"}
    return write_slices(folder, geometry, stored, image, facts | changes)


def write_pet(folder: Path, geometry: Geometry, **changes: Any) -> Path:
    """Write the PET on a grid, in Bq/ml with a slope of a half."""
    stored = np.rint(pet_values(geometry) * BQML_PER_SUV / 0.5).astype("<u2")
    facts = {
        "SeriesDescription": "PET WB",
        "SeriesInstanceUID": "2.25.5002",
        "SeriesNumber": 7,
        "BitsStored": 16,
        "HighBit": 15,
    }
    return write_slices(folder, geometry, stored, pet, facts | changes)


def write_pet_ct(folder: Path, *, turn_deg: float = 0.0, pet_frame: str = FRAME) -> Path:
    """Write both into a folder and return it."""
    write_ct(folder / "ct")
    write_pet(folder / "pet", pet_grid(turn_deg, pet_frame))
    return folder


def write_slices(folder: Path, geometry: Geometry, stored: NDArray[Any], make: Any, changes: dict[str, Any]) -> Path:
    spacing, directions = geometry.spacing_mm, geometry.directions
    for index in range(geometry.shape[0]):
        facts = {
            "SOPInstanceUID": f"{changes['SeriesInstanceUID']}.{index + 1}",
            "ImagePositionPatient": geometry.to_mm((index, 0, 0)).tolist(),
            "ImageOrientationPatient": [*directions[:, 2].tolist(), *directions[:, 1].tolist()],
            "PixelSpacing": [spacing[1], spacing[2]],
            "SliceThickness": spacing[0],
            "Rows": geometry.shape[1],
            "Columns": geometry.shape[2],
            "FrameOfReferenceUID": geometry.frame_of_reference_uid,
            "PatientBirthDate": "19700102",
            "PixelData": stored[index].tobytes(),
        }
        write(make(index, **(facts | changes)), folder / f"{index:03d}.dcm")
    return folder
