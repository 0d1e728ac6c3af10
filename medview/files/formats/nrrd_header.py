"""The header of an NRRD file, with its voxels attached (.nrrd) or in files of their own (.nhdr)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.files.formats.other_header import OtherAxis, OtherHeader, beside, damaged
from medview.files.formats.raw_voxels import Packing, RawVoxels
from medview.files.headers.dicom_file import open_regular
from medview.study.geometry import FloatArray, Geometry

_FORMAT = "NRRD"
_LONGEST = 2**20  # a header longer than this is none
_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
_PACKINGS: dict[str, Packing] = {
    "raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2",
    "ascii": "text", "text": "text", "txt": "text",
}  # fmt: skip
# signs that bring a space's axes to LPS; the long and the short name
_SPACES = {
    "left-posterior-superior": (1, 1, 1), "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1), "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1), "las": (1, -1, 1),
}  # fmt: skip
_TO_MM = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001, "µm": 0.001, "micron": 0.001}
_TO_MS = {"ms": 1.0, "s": 1000.0, "msec": 1.0, "sec": 1000.0}


@dataclass(frozen=True)
class _Layout:
    """Which axis of the file, the fastest first, is which."""

    columns: int
    rows: int | None
    slices: int | None
    samples: int | None = None
    places: int | None = None


def read_nrrd_header(path: Path) -> OtherHeader | None:
    """Return what an NRRD header says; None where the file is none; errors as `read_nifti_header`."""
    with open_regular(path) as file:
        if not re.match(rb"NRRD000\d\r?\n", file.read(10)):
            return None
        file.seek(0)
        fields, start = _fields(file)
    try:
        return _described(path, fields, start)
    except (ValueError, KeyError, IndexError) as error:
        raise damaged(_FORMAT, f"a field is missing or impossible ({error})") from error


def _fields(file: BinaryIO) -> tuple[dict[str, str], int]:
    """Return the fields by name and where the data begins; names of data files are joined by line ends."""
    fields: dict[str, str] = {}
    for raw in iter(file.readline, b""):
        line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
        if file.tell() > _LONGEST:
            raise damaged(_FORMAT, "it has no end")
        if not line:
            break
        if fields.get("data file", "").startswith("LIST"):
            fields["data file"] += "\n" + line
            continue
        match = re.match(r"([^:#]+):(=|\s)\s*(.*)$", line)
        if match and not line.startswith("#"):
            name = match[1] if match[2] == "=" else match[1].strip().lower()
            fields["data file" if name == "datafile" else name] = match[3].strip()
    return fields, file.tell()


def _described(path: Path, fields: dict[str, str], start: int) -> OtherHeader:
    sizes = [int(n) for n in fields["sizes"].split()]
    if len(sizes) != int(fields["dimension"]) or min(sizes) < 1:
        raise damaged(_FORMAT, "its sizes do not fit its dimension")
    layout = _layout(fields, sizes)
    size = {name: 1 if (axis := getattr(layout, name)) is None else sizes[axis] for name in _Layout.__annotations__}
    shape = size["slices"], size["rows"], size["columns"]
    paths, start = ((path,), start) if "data file" not in fields else (_data_files(path, fields["data file"]), 0)
    voxels = _placed(RawVoxels(
        paths, start, max(int(fields.get("byte skip", "0")), 0), _packing(fields), _dtype(fields), shape,
        size["samples"], size["places"], layout.places == 0,
    ), fields)  # fmt: skip
    voxels.check()
    if len(paths) not in (1, shape[0]):
        raise damaged(_FORMAT, "it names another number of files than slices")
    geometry, said = _geometry(fields, layout, shape)
    return OtherHeader(_FORMAT, geometry, voxels, (1.0, 0.0), said, _axis(fields, layout, size["places"]))


def _placed(voxels: RawVoxels, fields: dict[str, str]) -> RawVoxels:
    """Return the voxels with what `line skip` and a `byte skip` of -1 say about where they begin."""
    from dataclasses import replace

    if int(fields.get("line skip", "0")):
        raise MedViewError("An NRRD file with lines to pass over cannot be read.", "Save it again without them.")
    if fields.get("byte skip") == "-1" and voxels.packing == "raw":  # the voxels are the end of the file
        return replace(voxels, start=max(voxels.paths[0].stat().st_size - voxels.size // len(voxels.paths), 0))
    return voxels


def _packing(fields: dict[str, str]) -> Packing:
    name = fields["encoding"].lower()
    if name not in _PACKINGS:
        raise MedViewError("Voxels packed as {name} cannot be read.", "Save it again as gzip.", name=name)
    return _PACKINGS[name]


def _dtype(fields: dict[str, str]) -> np.dtype[np.generic]:
    name = fields["type"].lower()
    found = next((code for code, names in _TYPES.items() if name in names), None)
    if found is None:
        raise MedViewError("Voxels of the type {kind} cannot be read.", "Convert them to real numbers first.",
                           kind=name)  # fmt: skip
    packed_as_bytes = _packing(fields) != "text" and found[1] != "1"
    order = fields["endian"].lower() if packed_as_bytes else "little"
    return np.dtype(f"{'>' if order == 'big' else '<'}{found}")


def _layout(fields: dict[str, str], sizes: list[int]) -> _Layout:
    """Return which axes are space, and what the one beside them is."""
    outside = _outside(fields, len(sizes))
    inside = [axis for axis in range(len(sizes)) if axis not in outside]
    if len(outside) > 1 or not 2 <= len(inside) <= 3:
        raise MedViewError("A file of more than four dimensions cannot be shown.", "Split it into volumes first.")
    columns, rows, slices = (*inside, None)[:3]
    if not outside or columns is None:
        return _Layout(inside[0], rows, slices)
    axis = outside[0]
    kinds = fields.get("kinds", "").lower().split()
    kind = kinds[axis] if axis < len(kinds) else ""
    colours = axis == 0 and sizes[0] in (3, 4) and (kind in _COLOURS or _dtype(fields) == np.uint8)
    if colours or sizes[axis] == 1:
        return _Layout(inside[0], rows, slices, samples=axis)
    if kind in _VECTORS or axis not in (0, len(sizes) - 1):
        raise MedViewError("A voxel holds {count} values, which cannot be shown.",
                           "Split it into volumes of one value first.", count=sizes[axis])  # fmt: skip
    return _Layout(inside[0], rows, slices, places=axis)


_COLOURS = {"rgb-color", "rgba-color", "3-color", "4-color"}
_VECTORS = {"complex", "2-vector", "3-vector", "4-vector", "3-normal", "quaternion", "covariant-vector"}


def _outside(fields: dict[str, str], count: int) -> list[int]:
    """Return the axes that are no space: those without a direction, else those whose kind says so."""
    if "space directions" in fields:
        words = _directions(fields["space directions"])
        if len(words) != count:
            raise damaged(_FORMAT, "its directions do not fit its dimension")
        return [axis for axis, word in enumerate(words) if word == "none"]
    kinds = fields.get("kinds", "").lower().split()
    if len(kinds) == count:
        return [axis for axis, kind in enumerate(kinds) if kind not in ("domain", "space", "???", "none")]
    return [3] if count == 4 else []


def _directions(text: str) -> list[str]:
    return re.findall(r"none|\([^)]*\)", text.lower())


def _vector(text: str) -> FloatArray:
    found = np.array([float(word) for word in text.strip("() ").split(",")], dtype=np.float64)
    if not np.isfinite(found).all():
        raise ValueError("a coordinate is no number")
    return found


def _geometry(
    fields: dict[str, str], layout: _Layout, shape: tuple[int, int, int]
) -> tuple[Geometry, tuple[Sentence, ...]]:
    steps = _steps(fields, layout)
    signs = _SPACES.get(fields.get("space", "").lower().removesuffix("-time"))
    if steps is None or signs is None:
        return _unplaced(fields, layout, shape, steps)
    origin = _vector(fields["space origin"]) if "space origin" in fields else np.zeros(3)
    sign = np.array(signs) * _unit_mm(fields)
    facts = {"origin": origin * sign, "slice_step": steps[0] * sign, "row_step": steps[1] * sign}
    said = () if "space origin" in fields else (
        Sentence("The file does not say where the first voxel lies: it is put at 0, 0, 0."),
    )  # fmt: skip
    has_depth = layout.slices is not None
    return Geometry.from_axes(shape, column_step=steps[2] * sign, has_depth=has_depth, **facts), said


def _steps(fields: dict[str, str], layout: _Layout) -> list[FloatArray] | None:
    """Return the vectors to the next slice, row and column in the file's own space; None where there are none."""
    if "space directions" not in fields:
        return None
    words = _directions(fields["space directions"])
    column, row = _vector(words[layout.columns]), _vector(words[layout.rows or 0])
    if len(column) != 3 or len(row) != 3:
        return None
    across = np.cross(column, row)
    normal = across / max(float(np.linalg.norm(across)), 1e-12)
    return [normal if layout.slices is None else _vector(words[layout.slices]), row, column]


def _unplaced(
    fields: dict[str, str], layout: _Layout, shape: tuple[int, int, int], steps: list[FloatArray] | None
) -> tuple[Geometry, tuple[Sentence, ...]]:
    """Return a grid that says nothing of the patient, with whatever spacing is told."""
    said = [Sentence("The file does not say how the patient lies: no side is marked.")]
    axes = (layout.slices, layout.rows, layout.columns)
    told = fields.get("spacings", "").split()
    if steps is not None:
        zooms = [float(np.linalg.norm(step)) for step in steps]
    else:
        zooms = [float(told[axis]) if axis is not None and axis < len(told) else np.nan for axis in axes]
    needed = [z for z, axis in zip(zooms, axes, strict=True) if axis is not None]
    known = bool(np.isfinite(needed).all() and min(needed) > 0)
    if not known:
        said.append(Sentence("The pixel spacing is missing: distances are in pixels, and no millimetre is shown."))
    slice_mm, row_mm, column_mm = (z * _unit_mm(fields) if known and np.isfinite(z) else 1.0 for z in zooms)
    geometry = Geometry.from_axes(
        shape, origin=(0, 0, 0), slice_step=(0, 0, slice_mm), row_step=(0, row_mm, 0), column_step=(column_mm, 0, 0),
        has_spacing=known, has_orientation=False, has_depth=layout.slices is not None,
    )  # fmt: skip
    return geometry, tuple(said)


def _unit_mm(fields: dict[str, str]) -> float:
    units = re.findall(r'"([^"]*)"', fields.get("space units", fields.get("units", ""))) or ["mm"]
    unit = units[0].lower() or "mm"
    if unit not in _TO_MM:
        raise MedViewError("Distances in {unit} cannot be read.", "Save it again in millimetres.", unit=unit)
    return _TO_MM[unit]


def _axis(fields: dict[str, str], layout: _Layout, count: int) -> OtherAxis | None:
    """Return the fourth axis: b-values of a diffusion file, time where the axis says so, else only counted."""
    if layout.places is None:
        return None
    b_values = _b_values(fields, count)
    if b_values:
        return OtherAxis("b-value", "s/mm2", b_values)
    spacings = fields.get("spacings", "").split()
    units = re.findall(r'"([^"]*)"', fields.get("units", ""))
    step = float(spacings[layout.places]) if layout.places < len(spacings) else np.nan
    unit = _TO_MS.get(units[layout.places].lower()) if layout.places < len(units) else None
    kinds = fields.get("kinds", "").lower().split()
    if unit is None or layout.places >= len(kinds) or kinds[layout.places] != "time" or not step > 0:
        return OtherAxis("volume", "", (None,) * count)
    return OtherAxis("time", "ms", tuple(n * step * unit for n in range(count)))


def _b_values(fields: dict[str, str], count: int) -> tuple[float, ...]:
    """Return the b-value of each direction: the file's own times the squared length of its gradient, to the largest."""
    if "DWMRI_b-value" not in fields:
        return ()
    names = [f"DWMRI_gradient_{n:04d}" for n in range(count)]
    if not all(name in fields for name in names):
        return ()
    squares = [float(np.sum(np.square([float(w) for w in fields[name].split()]))) for name in names]
    largest = max(squares) or 1.0
    return tuple(round(float(fields["DWMRI_b-value"]) * square / largest, 1) for square in squares)


def _data_files(header: Path, text: str) -> tuple[Path, ...]:
    """Return the files that hold the voxels: one, a list, or a numbered pattern."""
    lines = text.splitlines()
    if lines[0].startswith("LIST"):
        return tuple(beside(header, line) for line in lines[1:] if line.strip())
    match = re.fullmatch(r"(\S*)%0?(\d*)d(\S*) (-?\d+) (-?\d+) (-?\d+)( \d+)?", text)
    if match is None:
        return (beside(header, text),)
    width, first, last, step = int(match[2] or 0), int(match[4]), int(match[5]), int(match[6])
    if not step or abs(last - first) // abs(step) > 100_000:
        raise damaged(_FORMAT, "its numbered files have no end")
    numbers = range(first, last + (1 if step > 0 else -1), step)
    return tuple(beside(header, f"{match[1]}{n:0{width}d}{match[3]}") for n in numbers)
