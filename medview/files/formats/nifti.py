"""NIfTI-1: labels and volumes on their own grid, in and out.

The array is stored as (column, row, slice) with an RAS affine; a sheared grid (gantry tilt) has an sform only.
"""

from __future__ import annotations

import gzip
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.files.atomic import written_whole
from medview.study import shared_array
from medview.study.geometry import Geometry
from medview.study.segmentation import Segmentation
from medview.study.series import Series
from medview.study.volume import Volume

_CODE = 1  # scanner-based coordinates
_RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])  # NIfTI's type 128
_PLAIN_TYPES = (np.uint8, np.int16, np.uint16, np.float32)


def write_labels(segmentation: Segmentation, path: Path) -> None:
    """Write the labels on the grid of their source, read them back and compare.

    Raises
    ------
    MedViewError
        The file cannot be written, or what is read back differs.
    """
    _write(segmentation.labels, segmentation.geometry, path, intent="label")


def write_volume(volume: Volume, path: Path) -> None:
    """Write a volume's modality values, or its colours as RGB24, on its grid, read back and compare.

    Errors as `write_labels`.
    """
    _write(volume.array, volume.geometry, path, intent="none")


def read_volume(path: Path) -> Volume:
    """Read a 3-D NIfTI file; its series has no identity but the file name.

    Raises
    ------
    MedViewError
        The file is missing, no NIfTI, damaged, or not of three dimensions.
    """
    values, geometry = _read(path)
    if values.dtype not in _PLAIN_TYPES:
        values = values.astype(np.float32)
    array = shared_array.shared(np.ascontiguousarray(values))
    _, rows, columns = array.shape
    series = Series("", "", series_description=path.name, rows=rows, columns=columns, geometry=geometry)
    return Volume(array, geometry, series)


def read_mask(path: Path, geometry: Geometry) -> NDArray[np.bool_]:
    """Return which voxels of a label file are not background; MedViewError where it lies on another grid."""
    values, found = _read(path)
    if not found.same_grid(geometry):
        raise MedViewError(
            "{name} lies on another grid than the images.", "Resample it to the images first.", name=path.name
        )
    mask: NDArray[np.bool_] = values != 0
    return mask


def _write(array: NDArray[Any], geometry: Geometry, path: Path, intent: str) -> None:
    check_name(path)
    if array.ndim == 4:
        array = np.ascontiguousarray(array).view(_RGB)[..., 0]
    image = new_image(array.transpose(2, 1, 0), geometry, intent)
    with written_whole(path) as beside:
        with beside.open("wb") as file, packed(file, path) as stream:
            image.to_stream(stream)
        values, found = _read(beside)
        same_place = found.same_grid(geometry) or not _is_told(geometry)
        if values.dtype != array.dtype or not np.array_equal(values, array) or not same_place:
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=path.name)


def check_name(path: Path) -> None:
    """Raise MedViewError where a file is not called .nii or .nii.gz."""
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        raise MedViewError("{name} is not a NIfTI name.", "End it in .nii or .nii.gz.", name=path.name)


def new_image(array: NDArray[Any], geometry: Geometry, intent: str) -> Any:
    """Return nibabel's image of an array (column, row, slice[, place]) on a grid."""
    from nibabel.nifti1 import Nifti1Image

    make: Any = Nifti1Image  # untyped
    image = make(array, geometry.nifti_affine() if _is_told(geometry) else None)
    _describe(image, geometry, intent)
    return image


def _describe(image: Any, geometry: Geometry, intent: str) -> None:
    """Say in the header where the grid lies: nowhere, where the source does not say."""
    header = image.header
    header["descrip"] = b"MedView"
    header.set_intent(intent)
    header.set_xyzt_units("mm" if geometry.has_spacing and _is_grid(geometry) else "unknown")
    slice_mm, row_mm, column_mm = geometry.spacing_mm
    header.set_zooms((column_mm, row_mm, slice_mm, 1.0)[: len(image.shape)])
    if _is_told(geometry):
        image.set_sform(geometry.nifti_affine(), code=_CODE)
        # a qform holds no shear; a wrong one would be worse than none
        image.set_qform(*((None, 0) if geometry.is_sheared else (geometry.nifti_affine(), _CODE)))


def _is_grid(geometry: Geometry) -> bool:
    """Whether the slices lie at even distances; a single one does."""
    return geometry.has_depth or geometry.shape[0] == 1


def _is_told(geometry: Geometry) -> bool:
    """Whether one affine says how the patient lies in the voxels: of uneven slices none does, and none is written."""
    return geometry.has_orientation and _is_grid(geometry)


def packed(file: IO[bytes], path: Path) -> AbstractContextManager[Any]:
    """Return the stream to write to: without a name or time in the gzip header."""
    if path.name.lower().endswith(".gz"):
        return gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=3, mtime=0)
    from contextlib import nullcontext

    return nullcontext(file)


def _read(path: Path) -> tuple[NDArray[Any], Geometry]:
    """Return the array (slices, rows, columns) as it is stored or scaled, and its geometry."""
    import nibabel

    if not path.is_file():
        raise MedViewError("{path} does not exist.", "Check the name.", path=str(path))
    try:
        image: Any = nibabel.load(path)
        values = np.asarray(image.dataobj)
    except Exception as error:  # nibabel, gzip and zlib each have their own for a damaged file
        raise MedViewError(
            "{name} cannot be read as NIfTI: {reason}", "Copy it again from its source.",
            name=path.name, reason=type(error).__name__,
        ) from error  # fmt: skip
    values = values.reshape(values.shape[:3]) if values.ndim > 3 and values.shape[3:] == (1,) else values
    if values.ndim != 3:
        raise MedViewError("{name} has {count} {count:dimension|dimensions}, not 3.", "Split it into volumes first.",
                           name=path.name, count=values.ndim)  # fmt: skip
    array = values.transpose(2, 1, 0)
    header = image.header
    placed = header["sform_code"] > 0 or header["qform_code"] > 0
    return array, Geometry.from_nifti(array.shape, image.affine, has_orientation=bool(placed))
