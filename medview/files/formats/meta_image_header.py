"""The header of a MetaImage file, with its voxels attached (.mha) or in files of their own (.mhd)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.files.formats.other_header import OtherAxis, OtherHeader, beside, damaged
from medview.files.formats.raw_voxels import RawVoxels
from medview.files.headers.dicom_file import open_regular
from medview.study.geometry import Geometry

_FORMAT = "MetaImage"
_LONGEST = 2**16
_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4",
    "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}  # fmt: skip
_FIRST_LINES = re.compile(rb"\s*(ObjectType|NDims|Comment|ObjectSubType)\s*=")


def read_meta_image_header(path: Path) -> OtherHeader | None:
    """Return what a MetaImage header says; None where the file is none; errors as `read_nifti_header`."""
    with open_regular(path) as file:
        head = file.read(_LONGEST)
    if not _FIRST_LINES.match(head) or b"NDims" not in head:
        return None
    fields, start = _fields(head)
    try:
        return _described(path, fields, start)
    except (ValueError, KeyError, IndexError) as error:
        raise damaged(_FORMAT, f"a field is missing or impossible ({error})") from error


def _fields(head: bytes) -> tuple[dict[str, str], int]:
    """Return the fields by name in small letters, and where the data begins; a list of files is joined by line ends."""
    fields: dict[str, str] = {}
    position = 0
    while position < len(head):
        stop = head.find(b"\n", position)
        stop = len(head) if stop < 0 else stop
        line, position = head[position:stop].decode("utf-8", errors="replace").strip(), stop + 1
        name, equals, value = line.partition("=")
        if equals:
            fields[name.strip().lower()] = value.strip()
        elif fields.get("elementdatafile", "").startswith("LIST") and line:
            fields["elementdatafile"] += "\n" + line
        if name.strip().lower() == "elementdatafile" and not value.strip().startswith("LIST"):
            break  # it is the last field: what follows are voxels
    return fields, position


def _described(path: Path, fields: dict[str, str], start: int) -> OtherHeader:
    sizes = [int(n) for n in fields["dimsize"].split()]
    if len(sizes) != int(fields["ndims"]) or not 2 <= len(sizes) <= 4 or min(sizes) < 1:
        raise damaged(_FORMAT, "its sizes do not fit its dimensions")
    columns, rows, slices, places = (*sizes, 1, 1)[:4]
    where = fields["elementdatafile"]
    is_local = where.upper() == "LOCAL"
    paths = (path,) if is_local else _data_files(path, where)
    if len(paths) not in (1, slices):
        raise damaged(_FORMAT, "it names another number of files than slices")
    voxels = RawVoxels(
        paths, start if is_local else 0, 0, "zlib" if _is_true(fields, "compresseddata") else "raw", _dtype(fields),
        (slices, rows, columns), int(fields.get("elementnumberofchannels", "1")), places,
    )  # fmt: skip
    voxels = _skipped(voxels, int(fields.get("headersize", "0")))
    voxels.check()
    geometry, said = _geometry(fields, len(sizes), voxels.shape)
    axis = OtherAxis("volume", "", (None,) * places) if places > 1 else None
    return OtherHeader(_FORMAT, geometry, voxels, (1.0, 0.0), said, axis)


def _skipped(voxels: RawVoxels, header_size: int) -> RawVoxels:
    """Return the voxels behind a foreign header of so many bytes; -1: they are the end of the file."""
    from dataclasses import replace

    if header_size == -1:
        return replace(voxels, start=max(voxels.paths[0].stat().st_size - voxels.size // len(voxels.paths), 0))
    return replace(voxels, start=voxels.start + header_size) if header_size > 0 else voxels


def _dtype(fields: dict[str, str]) -> np.dtype[np.generic]:
    name = fields["elementtype"].upper().removesuffix("_ARRAY")
    if name not in _TYPES:
        raise MedViewError("Voxels of the type {kind} cannot be read.", "Convert them to real numbers first.",
                           kind=name)  # fmt: skip
    is_big = _is_true(fields, "binarydatabyteordermsb") or _is_true(fields, "elementbyteordermsb")
    return np.dtype(f"{'>' if is_big else '<'}{_TYPES[name]}")


def _is_true(fields: dict[str, str], name: str) -> bool:
    return fields.get(name, "").lower() in ("true", "1")


def _numbers(fields: dict[str, str], *names: str) -> list[float]:
    """Return the numbers of the first of some fields that is there; [] where none is."""
    text = next((fields[name] for name in names if name in fields), "")
    found = [float(word) for word in text.split()]
    if not np.isfinite(found).all():
        raise ValueError("a coordinate is no number")
    return found


def _geometry(fields: dict[str, str], count: int, shape: tuple[int, int, int]) -> tuple[Geometry, tuple[Sentence, ...]]:
    """Return where the voxels lie: offset and axes are LPS millimetres, as ITK writes and reads them."""
    said = []
    spacing = _numbers(fields, "elementspacing", "elementsize")[:3]
    has_spacing = len(spacing) == min(count, 3) and min(spacing) > 0
    if not has_spacing:
        spacing = [1.0] * min(count, 3)
        said.append(Sentence("The pixel spacing is missing: distances are in pixels, and no millimetre is shown."))
    matrix = _numbers(fields, "transformmatrix", "rotation", "orientation")
    is_placed = len(matrix) == count * count and count > 2
    axes = np.array(matrix).reshape(count, count)[:3, :3] if is_placed else np.eye(3)
    if not is_placed:
        said.append(Sentence("The file does not say how the patient lies: no side is marked."))
    origin = (_numbers(fields, "offset", "position", "origin") + [0.0, 0.0, 0.0])[:3]
    column_mm, row_mm, slice_mm = (*spacing, 1.0)[:3]
    geometry = Geometry.from_axes(
        shape, origin=origin if is_placed else (0, 0, 0), slice_step=axes[2] * slice_mm, row_step=axes[1] * row_mm,
        column_step=axes[0] * column_mm, has_spacing=has_spacing, has_orientation=is_placed, has_depth=count > 2,
    )  # fmt: skip
    return geometry, tuple(said)


def _data_files(header: Path, text: str) -> tuple[Path, ...]:
    """Return the files that hold the voxels: one, a list, or a numbered pattern."""
    lines = text.splitlines()
    if lines[0].startswith("LIST"):
        return tuple(beside(header, line) for line in lines[1:])
    match = re.fullmatch(r"(\S*)%0?(\d*)d(\S*) (\d+) (\d+) (\d+)", text)
    if match is None:
        return (beside(header, text),)
    width, first, last, step = int(match[2] or 0), int(match[4]), int(match[5]), int(match[6])
    if not step or (last - first) // step > 100_000:
        raise damaged(_FORMAT, "its numbered files have no end")
    return tuple(beside(header, f"{match[1]}{n:0{width}d}{match[3]}") for n in range(first, last + 1, step))
