"""One row for each series of a folder: its own headers' verdict, and the peer's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medview.errors import MedViewError
from medview.files.pixels.dicom_pixels import read_volume
from medview.files.scanning.dicom_scan import scan
from medview.study.geometry import Geometry
from medview.study.series import Series
from medview.study.volume import Volume
from tests.geometry_truth import own_headers, peer

LIMIT_MM = 0.01
_PEER_FAULTS = {"J2K_pixelrep_mismatch.dcm": "dcm2niix believes the codestream, which says unsigned, not the header"}


@dataclass(frozen=True)
class Row:
    """What is true of one series.

    `placement_mm` is the worst corner of a slice against its own header, None where the header gives no place;
    `peer_mm` and `voxels_equal` compare with dcm2niix, None where it has no such volume; `table_mm` with the table of
    the peer's older run.
    """

    folder: str
    name: str
    shape: tuple[int, ...]
    guard: str
    slices: int
    placement_mm: float | None = None
    slices_equal: int | None = None
    peer_mm: float | None = None
    voxels_equal: bool | None = None
    table_mm: float | None = None
    remark: str = ""

    @property
    def is_true(self) -> bool:
        """Whether nothing in the row speaks against the series' geometry."""
        own = self.placement_mm is None or self.placement_mm <= LIMIT_MM
        values = self.slices_equal is None or self.slices_equal == self.slices
        peers = self.peer_mm is None or (self.peer_mm <= LIMIT_MM and self.voxels_equal is not False)
        return own and values and (peers or bool(self.remark))


def rows_of(folder: Path, shared_data: Path) -> Iterator[Row]:
    """Yield a row for each series of a folder that has a geometry."""
    try:
        studies = scan(folder).studies
    except MedViewError:  # a folder without images
        return
    theirs = peer.converted(folder)
    table = peer.table(shared_data).get(folder.relative_to(shared_data).parts[0], [])
    for study in studies:
        for series in (s for s in study.series if s.file_format == "DICOM"):
            yield _row(folder.relative_to(shared_data).as_posix(), series, theirs, table)


def _row(folder: str, series: Series, theirs: list[peer.PeerVolume], table: list[tuple[str, Geometry]]) -> Row:
    geometry = series.geometry
    name = " ".join(filter(None, (str(series.series_number or ""), series.series_description[:24], series.stack)))
    if geometry is None:
        return Row(folder, name, (), "", len(series.instances), remark=f"not opened: {series.refusal}")
    facts = {
        "folder": folder,
        "name": name,
        "shape": geometry.shape,
        "guard": ", ".join(line.kind for line in series.guard),
        "slices": len(series.instances),
    }
    placement = own_headers.placement_error_mm(series)
    remark = _remark(series, placement)
    volume, why = _read(series)
    if volume is None:
        return Row(**facts, placement_mm=placement, remark=why)  # type: ignore[arg-type]
    equal, why = _own_pixels(volume)
    if geometry.is_sheared and theirs:
        held = peer.slices_held(volume.array, theirs)
        why = f"its uncorrected file holds {held} of {len(volume.array)} slices voxel for voxel"
    found = _nearest(volume, theirs) if placement is not None and geometry.has_depth else None
    in_table = [peer.corner_error_mm(geometry, g) for _, g in table if sorted(g.shape) == sorted(geometry.shape)]
    return Row(
        **facts,  # type: ignore[arg-type]
        placement_mm=placement,
        slices_equal=equal,
        peer_mm=found and found[0],
        voxels_equal=found and found[1],
        table_mm=min(in_table) if in_table and placement is not None and geometry.has_depth else None,
        remark="; ".join(filter(None, (remark, why))),
    )


def _read(series: Series) -> tuple[Volume | None, str]:
    try:
        return read_volume(series), ""
    except MedViewError as error:
        return None, f"not read: {error.message}"


def _own_pixels(volume: Volume) -> tuple[int | None, str]:
    if volume.is_colour:
        return None, "colours: values are held against another decoder elsewhere"
    try:
        return own_headers.matching_slices(volume), ""
    except Exception as error:  # the judge, pydicom, raises nearly anything on what it cannot decode
        return None, f"pydicom cannot decode it ({type(error).__name__})"


def _nearest(volume: Volume, theirs: list[peer.PeerVolume]) -> tuple[float, bool] | None:
    """Return (corner error, whether the voxels are equal) of the peer's best volume of the same size."""
    found = [
        (peer.corner_error_mm(volume.geometry, t.geometry()), not peer.same_voxels(volume.array, volume.geometry, t))
        for t in theirs
        if sorted(t.array.shape) == sorted(volume.geometry.shape)
    ]
    if not found:
        return None
    error, differs = min(found, key=lambda pair: (round(pair[0], 3), pair[1]))
    return error, not differs


def _remark(series: Series, placement: float | None) -> str:
    geometry = series.geometry
    assert geometry is not None
    known = [why for name, why in _PEER_FAULTS.items() if series.instances[0].path.name == name]
    if known:
        return known[0]
    if placement is None:
        return "no place in the file: nothing to hold it against"
    if geometry.is_sheared:
        return "tilted: dcm2niix joins both acquisitions and resamples them, misplaced for a positive tilt"
    if not geometry.has_depth and geometry.shape[0] > 1:
        return "no volume: each image is held against its own place"
    return ""


def lines(rows: list[Row]) -> Iterator[str]:
    """Yield the table, a line a series."""
    head = ("set", "series", "slices x rows x columns", "guard", "own place", "own pixels", "dcm2niix", "voxels",
            "table", "remark")  # fmt: skip
    cells = [head, *(_cells(row) for row in rows)]
    widths = [min(48, max(len(line[n]) for line in cells)) for n in range(len(head) - 1)]
    for line in cells:
        yield "  ".join([*(text[:w].ljust(w) for text, w in zip(line, widths, strict=False)), line[-1]]).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    def mm(value: float | None) -> str:
        return "-" if value is None else f"{value:.4f} mm"

    values = "-" if row.slices_equal is None else f"{row.slices_equal}/{row.slices}"
    voxels = {None: "-", True: "equal", False: "DIFFER"}[row.voxels_equal]
    remark = row.remark if row.is_true else f"NOT TRUE {row.remark}".strip()
    shape = " x ".join(map(str, row.shape)) or "-"
    place = mm(None if row.placement_mm is None or not np.isfinite(row.placement_mm) else row.placement_mm)
    return (row.folder, row.name, shape, row.guard, place, values, mm(row.peer_mm), voxels, mm(row.table_mm), remark)
