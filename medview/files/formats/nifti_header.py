"""The header of a NIfTI-1 or NIfTI-2 file, and where its voxels lie in the patient.

The sform is used where its code is above 0, else the qform where its code is, else there is no orientation.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.files.formats.other_header import OtherAxis, OtherHeader, damaged
from medview.files.formats.raw_voxels import Packing, RawVoxels
from medview.files.headers.dicom_file import open_regular
from medview.study.geometry import FloatArray, Geometry

_FORMAT = "NIfTI"
_HEAD = 544
_GZIP = b"\x1f\x8b"
_MAGICS = {344: ((b"n+1\0", b"ni1\0"), 348), 4: ((b"n+2\0", b"ni2\0"), 540)}  # place of the mark, marks, header size
_TO_MM = {"meter": 1000.0, "mm": 1.0, "micron": 0.001, "unknown": 1.0}
_TO_MS = {"sec": 1000.0, "msec": 1.0, "usec": 0.001}
_DISAGREE_MM = 0.1


def read_nifti_header(path: Path) -> OtherHeader | None:
    """Return what a NIfTI header says; None where the file is none.

    Raises
    ------
    MedViewError
        The file is NIfTI and damaged, or holds what no volume can be made of. OSError where it cannot be read.
    """
    head, packing = _head(path)
    for place, (marks, size) in _MAGICS.items():
        if head[place : place + 4] in marks and len(head) >= size:
            return _described(path, head[:size], packing, is_pair=head[place : place + 2] == b"ni")
    return None


def _head(path: Path) -> tuple[bytes, Packing]:
    with open_regular(path) as file:
        head = file.read(_HEAD)
        if head[:2] != _GZIP:
            return head, "raw"
        file.seek(0)
        try:
            return gzip.GzipFile(fileobj=file, mode="rb").read(_HEAD), "gzip"
        except (EOFError, OSError, zlib.error):  # some other packed file, or a damaged one
            return b"", "gzip"


def _described(path: Path, block: bytes, packing: Packing, *, is_pair: bool) -> OtherHeader:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    kind: Any = Nifti1Header if len(block) == 348 else Nifti2Header
    try:
        header = kind(block, check=False)
        dimensions = [int(n) for n in header["dim"][1 : 1 + int(header["dim"][0])]]
        stored = np.dtype(header.get_data_dtype())
        scaling = header.get_slope_inter()
    except Exception as error:  # nibabel has several errors for what a header may not say
        raise damaged(_FORMAT, type(error).__name__) from error
    columns, rows, slices, places = _four(dimensions)
    samples = len(stored.names) if stored.names else 1
    dtype = np.dtype(np.uint8) if stored.names else stored
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise MedViewError("Voxels of the type {kind} cannot be read.", "Convert them to real numbers first.",
                           kind=str(dtype))  # fmt: skip
    least = 0 if is_pair else len(block) + 4
    voxels = RawVoxels(
        (_image_of(path, is_pair=is_pair),), 0, max(int(header["vox_offset"]), least), packing, dtype,
        (slices, rows, columns), samples, places,
    )  # fmt: skip
    voxels.check()
    slope, intercept = scaling[0] or 1.0, scaling[1] or 0.0
    geometry, said = _geometry(header, voxels.shape)
    if len(dimensions) < 3:  # a picture: nothing tells how thick it is
        geometry = replace(geometry, has_depth=False)
    return OtherHeader(
        _FORMAT, geometry, voxels, (float(slope), float(intercept)), said, _axis(header, path, dimensions)
    )


def _four(dimensions: list[int]) -> tuple[int, int, int, int]:
    """Return (columns, rows, slices, places) of dim[1..n]; MedViewError where there are other axes as well."""
    if not dimensions or min(dimensions) < 1:
        raise damaged(_FORMAT, "a dimension is not above 0")
    if any(n > 1 for n in dimensions[4:]):
        raise MedViewError("A file of more than four dimensions cannot be shown.", "Split it into volumes first.")
    columns, rows, slices, places = (dimensions[:4] + [1, 1, 1])[:4]
    return columns, rows, slices, places


def _image_of(path: Path, *, is_pair: bool) -> Path:
    """Return the file that holds the voxels: of a pair, the .img beside the .hdr."""
    if not is_pair:
        return path
    packed = path.name.lower().endswith(".gz")
    stem = path.name[:-7] if packed else path.stem
    image = path.with_name(f"{stem}.img.gz" if packed else f"{stem}.img")
    if not image.is_file():
        raise MedViewError(
            "The file that holds the voxels of {name} is missing.", "Copy both files into one folder.", name=path.name
        )
    return image


def _geometry(header: Any, shape: tuple[int, int, int]) -> tuple[Geometry, tuple[Sentence, ...]]:
    """Return where the voxels lie, and what a reader must know of that."""
    unit, said = _TO_MM.get(header.get_xyzt_units()[0], 1.0), []
    if header.get_xyzt_units()[0] == "unknown":
        said.append(Sentence("The file does not say the unit of its distances: they are taken to be millimetres."))
    sform, qform = _affine(header, "sform"), _affine(header, "qform")
    if sform is not None and qform is not None and _apart(sform, qform, shape) * unit > _DISAGREE_MM:
        said.append(Sentence("The file gives two places in the patient (sform and qform) that differ by {mm:.1f} mm; "
                             "the sform is used.", {"mm": _apart(sform, qform, shape) * unit}))  # fmt: skip
    affine = sform if sform is not None else qform
    scale = np.diag([unit, unit, unit, 1.0])
    if affine is not None:
        return _checked(shape, scale @ affine), tuple(said)
    said.append(Sentence("The file does not say how the patient lies (sform and qform are 0): no side is marked."))
    zooms = np.abs(np.array(header["pixdim"][1:4], dtype=np.float64))
    known = bool(np.isfinite(zooms).all() and (zooms > 0).all())
    if not known:
        said.append(Sentence("The pixel spacing is missing: distances are in pixels, and no millimetre is shown."))
    plain = np.diag([*(zooms * unit if known else np.ones(3)), 1.0])
    plain[0, 0], plain[1, 1] = -plain[0, 0], -plain[1, 1]  # index axes run along +x and +y of LPS
    return _checked(shape, plain, has_orientation=False, has_spacing=known), tuple(said)


def _affine(header: Any, name: str) -> FloatArray | None:
    """Return the sform or the qform in RAS and the file's unit; None where its code is 0."""
    if int(header[f"{name}_code"]) <= 0:
        return None
    try:
        found = header.get_sform() if name == "sform" else header.get_qform()
    except Exception as error:  # an impossible quaternion is HeaderDataError or LinAlgError
        raise damaged(_FORMAT, f"the {name} is no place") from error
    return np.asarray(found, dtype=np.float64)


def _apart(one: FloatArray, other: FloatArray, shape: tuple[int, int, int]) -> float:
    """Return how far the corners of two grids lie apart, in their unit."""
    corners = np.stack(np.meshgrid(*[(0, n - 1) for n in shape[::-1]]), axis=-1).reshape(-1, 3)
    homogeneous = np.concatenate([corners, np.ones((len(corners), 1))], axis=1)
    return float(np.linalg.norm(homogeneous @ (one - other).T, axis=1).max())


def _checked(shape: tuple[int, int, int], affine: FloatArray, **facts: bool) -> Geometry:
    try:
        return Geometry.from_nifti(shape, affine, **facts)
    except ValueError as error:
        raise damaged(_FORMAT, "its axes span no volume") from error


def _axis(header: Any, path: Path, dimensions: list[int]) -> OtherAxis | None:
    """Return the fourth axis: b-values of a .bval file beside, else time where the header gives its unit."""
    count = dimensions[3] if len(dimensions) > 3 else 1
    if count < 2:
        return None
    b_values = _b_values(path)
    if len(b_values) == count:
        return OtherAxis("b-value", "s/mm2", b_values)
    step, unit = float(header["pixdim"][4]), _TO_MS.get(header.get_xyzt_units()[1])
    if unit is None or not np.isfinite(step) or step <= 0:
        return OtherAxis("volume", "", (None,) * count)
    first = float(header["toffset"]) if np.isfinite(header["toffset"]) else 0.0
    return OtherAxis("time", "ms", tuple((first + n * step) * unit for n in range(count)))


def _b_values(path: Path) -> tuple[float, ...]:
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    try:
        words = path.with_name(f"{stem}.bval").read_text(encoding="ascii")[:200_000].split()
        return tuple(float(word) for word in words)
    except (OSError, ValueError):  # there is none, or it is something else
        return ()
