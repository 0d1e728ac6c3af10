"""Images that are not DICOM, found and read through the same types: NIfTI, NRRD, MetaImage, and pictures.

Such a file names no patient; each is a study of its own, and its identifiers are made from where it lies. They tell it
from every other file here and are never written into a DICOM file.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.files.formats.meta_image_header import read_meta_image_header
from medview.files.formats.nifti_header import read_nifti_header
from medview.files.formats.nrrd_header import read_nrrd_header
from medview.files.formats.other_header import OtherHeader
from medview.files.formats.picture import PictureFacts, picture_format, read_picture, read_picture_facts
from medview.files.headers.dicom_file import open_regular
from medview.files.stacks import geometry_guard as guard
from medview.files.workers import InThisProcess, Workers
from medview.progress import Progress, unheard
from medview.study import shared_array
from medview.study.display_facts import PLAIN, DisplayFacts
from medview.study.geometry import Geometry
from medview.study.series import AxisPlace, GuardLine, Instance, Series, StoredPixels, StudyFacts
from medview.study.volume import Volume

OtherStudy = tuple[StudyFacts, tuple[Series, ...]]
_PICTURES = ("PNG", "JPEG", "TIFF")
_PAGES_AT_ONCE = 8
_DISPLAYED = {"JPEG": DisplayFacts(is_lossy=True)}


def read_other_format(path: Path) -> OtherStudy | None:
    """Return the study that a NIfTI, NRRD or MetaImage file is, by its header; None where it is none of these.

    Returns
    -------
    (StudyFacts, tuple of Series)
        One series; of a file of four dimensions, one for each place of the fourth axis.

    Raises
    ------
    MedViewError
        The file is of such a format and damaged, cut short, or holds what no volume can be made of. OSError where it
        cannot be read.
    """
    header = _read_header(path)
    return None if header is None else _study_of(path, header)


def _read_header(path: Path) -> OtherHeader | None:
    return read_nifti_header(path) or read_nrrd_header(path) or read_meta_image_header(path)


def is_picture(path: Path) -> bool:
    """Whether a file begins like a PNG, JPEG or TIFF picture and can be read."""
    try:
        with open_regular(path) as file:
            return picture_format(file.read(8)) is not None
    except OSError:
        return False


def read_pictures(paths: Sequence[Path]) -> tuple[OtherStudy, ...]:
    """Return pictures as studies: those of one folder and one size are one stack, in the order of their names.

    A picture of several pages is a stack of its own. Nothing is known of millimetres or of the patient.

    Raises
    ------
    MedViewError
        A file is no picture, or damaged. OSError where one cannot be read.
    """
    groups: dict[tuple[object, ...], list[tuple[Path, PictureFacts]]] = defaultdict(list)
    for path in sorted(paths, key=_natural):
        facts = read_picture_facts(path)
        if facts is None:
            raise MedViewError("{name} is no picture.", "Choose PNG, JPEG or TIFF files.", name=path.name)
        alone = path if facts.pages > 1 else None
        groups[path.parent, facts.rows, facts.columns, facts.is_colour, alone].append((path, facts))
    return tuple(_pictures_of(group) for group in groups.values())


def read_other_volume(series: Series, progress: Progress = unheard, workers: Workers | None = None) -> Volume:
    """Read a series that `read_other_format` or `read_pictures` has found into one array, in shared memory.

    Parameters
    ----------
    workers
        Processes that decode pictures; this one where it is None. The other formats are read here: no foreign code
        unpacks them, and no more than the header says.

    Raises
    ------
    MedViewError
        A file has changed or is gone, is damaged, or the volume does not fit into memory.
    """
    _check_unchanged(series.instances)
    try:
        if series.file_format in _PICTURES:
            return _picture_volume(series, progress, workers or InThisProcess())
        return _block_volume(series, progress)
    except OSError as error:
        raise MedViewError(
            "{file} cannot be read: {reason}", "Check that the disk or network folder is still there.",
            file=series.instances[0].path.name, reason=error.strerror or str(error),
        ) from error  # fmt: skip


def _block_volume(series: Series, progress: Progress) -> Volume:
    path = series.instances[0].path
    header = _read_header(path)
    geometry = series.geometry
    if header is None or geometry is None:
        raise MedViewError("{file} has changed since it was opened.", "Open it again.", file=path.name)
    place = series.axis.number if series.axis is not None else 0
    array, had_gaps = header.voxels.read(place, header.scaling, progress)
    if had_gaps:
        said = Sentence("Some voxels hold no number (NaN or infinite): they are shown as 0.")
        series = replace(series, warnings=(*series.warnings, said))
    progress(1.0, "")
    return Volume(array, geometry, series)


def _picture_volume(series: Series, progress: Progress, workers: Workers) -> Volume:
    """Read pictures in worker processes, a few pages at a time, into one array."""
    assert series.geometry is not None
    slices, rows, columns = series.geometry.shape
    batches = list(_batches(series.instances))
    tasks = [
        (str(batch[0].path), series.file_format, tuple(i.frame_index for i in batch), (rows, columns))
        for batch in batches
    ]
    starts = np.cumsum([0, *(len(batch) for batch in batches)])
    array, done = None, 0
    for number, pixels in workers.each(read_picture, tasks):
        if isinstance(pixels, MedViewError):
            raise pixels
        if array is None:
            array = shared_array.allocate_for_series((slices, *pixels.shape[1:]), pixels.dtype)
        elif array.dtype != pixels.dtype:
            array = array.astype(np.float32)
        array[starts[number] : starts[number] + len(pixels)] = pixels
        done += len(pixels)
        progress(done / slices, "Reading slices")
    assert array is not None
    return Volume(shared_array.shared(array), series.geometry, series)


def _batches(instances: Iterable[Instance]) -> Iterator[tuple[Instance, ...]]:
    """Yield pages that one worker reads at once: some of one file."""
    batch: list[Instance] = []
    for instance in instances:
        if batch and (instance.path != batch[0].path or len(batch) >= _PAGES_AT_ONCE):
            yield tuple(batch)
            batch = []
        batch.append(instance)
    yield tuple(batch)


def _study_of(path: Path, header: OtherHeader) -> OtherStudy:
    uid = _identity(path)
    slices, rows, columns = header.voxels.shape
    series = Series(
        uid, f"{uid}.1", series_description=_stem(path), rows=rows, columns=columns, geometry=header.geometry,
        photometric_interpretation="RGB" if header.voxels.samples > 1 else "MONOCHROME2",
        instances=_instances((path,) * slices, uid, header.voxels.dtype.itemsize * 8),
        warnings=header.warnings, guard=_guard(header.geometry), file_format=header.file_format,
    )  # fmt: skip
    facts = StudyFacts(series.study_instance_uid, study_description=path.name)
    if header.axis is None:
        return facts, (series,)
    axis, count = header.axis, len(header.axis.values)
    places = [AxisPlace(axis.name, axis.unit, number, count, value, uid) for number, value in enumerate(axis.values)]
    return facts, tuple(
        replace(
            series,
            stack=f"{place.name} {place.number + 1}",
            axis=place,
            guard=guard.in_order([guard.on_axis(place), *series.guard]),
        )
        for place in places
    )


def _pictures_of(group: Sequence[tuple[Path, PictureFacts]]) -> OtherStudy:
    first, facts = group[0]
    uid = _identity(*(path for path, _ in group))
    paths = tuple(path for path, one in group for _ in range(one.pages))
    geometry = Geometry(
        (len(paths), facts.rows, facts.columns), np.eye(4)[[2, 1, 0, 3]], has_spacing=False, has_orientation=False,
        has_depth=False,
    )  # fmt: skip
    name = _stem(first) if len(group) == 1 else first.parent.name
    said = Sentence("A picture: it holds neither millimetres nor how the patient lies. Distances are in pixels.")
    shown = {path: _DISPLAYED.get(one.file_format, PLAIN) for path, one in group}
    images = tuple(replace(one, display=shown[one.path]) for one in _instances(paths, uid, 8))
    series = Series(
        uid, f"{uid}.1", series_description=name, rows=facts.rows, columns=facts.columns, geometry=geometry,
        photometric_interpretation="RGB" if facts.is_colour else "MONOCHROME2",
        instances=images, warnings=(said,), guard=_guard(geometry), file_format=facts.file_format,
    )  # fmt: skip
    return StudyFacts(series.study_instance_uid, study_description=name), (series,)


def _instances(paths: Sequence[Path], uid: str, bits: int) -> tuple[Instance, ...]:
    """Return an image for each slice; `frame_index` is its number within its own file."""
    found, seen = [], defaultdict[Path, int](int)
    stored = {path: _stored(path, bits) for path in set(paths)}
    for number, path in enumerate(paths):
        found.append(
            Instance(path, uid, instance_number=number + 1, frame_index=seen[path], pixels=stored[path])
            if len(stored) == 1
            else Instance(path, f"{uid}.{number + 1}", instance_number=number + 1, pixels=stored[path])
        )
        seen[path] += 1
    return tuple(found)


def _stored(path: Path, bits: int) -> StoredPixels:
    facts = path.stat()
    return StoredPixels(0, None, 1, bits, bits, 0, facts.st_size, facts.st_mtime_ns)


def _check_unchanged(instances: Iterable[Instance]) -> None:
    """Refuse files that are not those that were found."""
    for path, pixels in {i.path: i.pixels for i in instances}.items():
        try:
            facts = path.stat()
        except OSError as error:
            raise MedViewError("{file} is gone.", "Open the folder again.", file=path.name) from error
        if pixels is None or (facts.st_size, facts.st_mtime_ns) != (pixels.file_size, pixels.file_mtime_ns):
            raise MedViewError("{file} has changed since it was opened.", "Open it again.", file=path.name)


def _identity(*paths: Path) -> str:
    """Return an identifier made from where files lie, how long they are and when they were written."""
    rows = []
    for path in paths:
        facts = path.stat()
        rows.append(f"{path.resolve()}\0{facts.st_size}\0{facts.st_mtime_ns}")
    digest = hashlib.sha256("\n".join(rows).encode(errors="surrogateescape")).digest()
    return f"2.25.{int.from_bytes(digest[:15], 'big')}"


def _stem(path: Path) -> str:
    return re.sub(r"(\.nii)?\.[A-Za-z]{1,4}$", "", path.name.removesuffix(".gz")) or path.name


def _natural(path: Path) -> tuple[str, list[tuple[int, str]]]:
    """Return the key of the order that a person expects: image 2 comes before image 10."""
    words = re.findall(r"\d+|\D+", path.name.lower())
    return str(path.parent), [(int(word), "") if word.isdigit() else (-1, word) for word in words]


def _guard(geometry: Geometry) -> tuple[GuardLine, ...]:
    """Return what is particular about where the voxels of a file lie."""
    lines = []
    if not geometry.has_orientation:
        meaning = Sentence("Left and right of the patient are not known: no side is marked.")
        lines.append(GuardLine("unplaced", Sentence("orientation unknown"), meaning))
    if not geometry.has_spacing:
        lines.append(guard.unspaced())
    if geometry.is_sheared:
        lines.append(guard.tilted(geometry.tilt_deg))
    if geometry.shape[0] == 1:
        lines.append(guard.single())
    return guard.in_order(lines or [guard.uniform(geometry.spacing_mm[0])])
