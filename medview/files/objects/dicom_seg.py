"""DICOM Segmentation: written with references to its source images, read back by their positions.

Written BINARY, uncompressed, without empty frames and empty segments: the form that every reader we know opens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.files.atomic import written_whole
from medview.files.objects.dicom_seg_frames import read_seg_file
from medview.files.objects.dicom_seg_load import labels_on, load_masks
from medview.progress import Progress, part, unheard
from medview.study.geometry import Geometry
from medview.study.segmentation import Segment, Segmentation
from medview.study.series import Series

_NIFTI = "Export NIfTI instead."
_TILTED = Sentence("The gantry was tilted: some programs, 3D Slicer among them, cannot open a mask on such images.")


def write_segmentation(
    segmentation: Segmentation, series: Series, path: Path, *, progress: Progress = unheard
) -> tuple[Sentence, ...]:
    """Write a segmentation of a series as DICOM SEG, read it back and compare voxel for voxel.

    Returns
    -------
    tuple of Sentence
        What a person should know: segments left out because they are empty, identifiers that had to be made up.

    Raises
    ------
    MedViewError
        The mask is empty or was made from other images, the images give no place to refer to, or the file cannot be
        written. The target is then as it was.
    """
    geometry = _checked(segmentation, series)
    from medview.files.headers.dicom_header import is_own
    from medview.files.objects.dicom_seg_object import segmentation_object
    from medview.files.objects.dicom_sources import source_headers

    segments, labels, said = _renumbered(segmentation)
    headers, made_up = source_headers(series, geometry)
    progress(0.2, "Writing")
    dataset = segmentation_object(segmentation, segments, labels, series, headers)
    with written_whole(path, may_replace=lambda there: is_own(there, "segmentation")) as beside:
        dataset.save_as(beside, enforce_file_format=True)
        progress(0.7, "Reading back")
        written, found = read_segmentation(beside, series, part(progress, 0.7, 1.0))
        if not np.array_equal(written, labels) or _meanings(found) != _meanings(segments):
            raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=path.name)
    tilted = (_TILTED,) if geometry.is_sheared else ()
    return said + made_up + tilted


def read_segmentation(
    path: Path, series: Series, progress: Progress = unheard
) -> tuple[NDArray[Any], tuple[Segment, ...]]:
    """Return the labels (slices, rows, columns) of a SEG file on the grid of its source series, and the segments.

    Raises
    ------
    MedViewError
        The file is no segmentation of this series, has segments that overlap, or is damaged.
    """
    file = read_seg_file(path)
    if series.geometry is None:
        raise series.refusal or MedViewError("The series of this segmentation forms no volume.")
    if not file.source_uids & {i.sop_instance_uid for i in series.instances}:
        raise MedViewError("{name} was not made from these images.", "Open the images it belongs to.", name=path.name)
    return labels_on(file, series, series.geometry, progress), file.segments


def load_segmentation(path: Path, candidates: Iterable[Series]) -> tuple[Segmentation, Series]:
    """Read a SEG file whose segments do not overlap, and find, among series, the one it was made from.

    Raises
    ------
    MedViewError
        None of the series is its source, its segments need several masks, or the file cannot be read.
    """
    loaded = load_masks(path, candidates)
    if len(loaded.masks) > 1:
        raise MedViewError(
            "The segments of {name} overlap, so they do not fit one mask.",
            "Open it in the window: it becomes {count} masks.",
            name=path.name,
            count=len(loaded.masks),
        )
    return loaded.masks[0], loaded.series


def _checked(segmentation: Segmentation, series: Series) -> Geometry:
    """Return the common geometry; MedViewError where the mask cannot be written for this series."""
    if not segmentation.labels.any():
        raise MedViewError("The mask is empty: there is nothing to save.", "Draw something, or run a segmentation.")
    if series.resampled_from is not None and segmentation.source.sop_hash == series.sop_hash:
        raise MedViewError("The mask lies on a stack that was resampled, whose slices are no DICOM images.", _NIFTI)
    if segmentation.source.sop_hash != series.sop_hash or series.geometry is None:
        raise MedViewError("The mask was made from other images than these.", "Open the images it was made from.")
    geometry = series.geometry
    if not geometry.same_grid(segmentation.geometry):
        raise MedViewError("The mask lies on another grid than its images.", _NIFTI)
    if any(line.kind == "cine" for line in series.guard):
        raise MedViewError("The images are a recording: a DICOM mask needs slices with a place of their own.", _NIFTI)
    placed = geometry.has_spacing and geometry.has_orientation
    if not placed:
        raise MedViewError("The images do not say where in the patient they lie, so a DICOM mask cannot.", _NIFTI)
    return geometry


def _renumbered(segmentation: Segmentation) -> tuple[list[Segment], NDArray[Any], tuple[Sentence, ...]]:
    """Return the segments that have voxels, numbered 1, 2, 3 ..., the labels to match, and which were left out."""
    counts = np.bincount(segmentation.labels.ravel())
    present = {int(n) for n in np.flatnonzero(counts)} - {0}
    known = {segment.number: segment for segment in segmentation.segments}
    if present - set(known):
        raise MedViewError(
            "The mask has voxels that belong to no segment (label {number}).", _NIFTI, number=min(present - set(known))
        )
    table = np.zeros(len(counts), dtype=np.uint8 if len(present) < 256 else np.uint16)
    kept = []
    for new, old in enumerate(sorted(present), 1):
        table[old] = new
        kept.append(replace(known[old], number=new))
    empty = [s.label for s in segmentation.segments if s.number not in present]
    said = (Sentence("Left out because they are empty: {names}.", {"names": ", ".join(empty)}),) if empty else ()
    return kept, table[segmentation.labels], said


def _meanings(segments: Iterable[Segment]) -> list[tuple[int, str, str]]:
    return [(s.number, s.type.value, s.type.scheme) for s in segments]
