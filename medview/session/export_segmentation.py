"""Export a mask: written, read back, compared, and only then called saved."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from medview.errors import MedViewError, Sentence
from medview.jobs.job import Job
from medview.progress import Progress
from medview.session.session import Session
from medview.study.segmentation import Segmentation
from medview.study.series import Series
from medview.study.spare_original import spare_original

Kind = Literal["dicom_seg", "nifti", "stl"]
_UNPLACED = Sentence(
    "No even grid holds these slices: the file has the mask slice by slice, without a place in the patient and without "
    "millimetres."
)
_ENDINGS: dict[str, Kind] = {".dcm": "dicom_seg", ".nii": "nifti", ".nii.gz": "nifti", ".stl": "stl"}


def export_segmentation(
    session: Session, segmentation: Segmentation, path: Path, kind: Kind, number: int | None = None
) -> Job:
    """Submit the export of a segmentation as it is when the job begins; later strokes are not in the file.

    Parameters
    ----------
    number
        The segment whose surface is exported; for "stl" alone.
    """
    series = source_series(session, segmentation)
    images = [one for study in session.studies for one in study.series]

    def work(progress: Progress) -> tuple[int, tuple[Sentence, ...]]:
        spare_original(path, images)
        frozen = segmentation.snapshot(progress)
        return frozen.revision, write(frozen, series, path, kind, number, progress)

    def done(value: tuple[int, tuple[Sentence, ...]]) -> None:
        revision, remarks = value
        if kind != "stl":  # the surface of one segment does not hold the mask
            session.note_exported(segmentation, revision)
        session.notices.add("info", "Saved and read back without a difference: {path}", path=str(path))
        for remark in remarks:
            session.notices.add("warning", remark)

    title = Sentence("Exporting {name}", {"name": path.name})
    return session.jobs.submit(title, work, on_done=done, on_failed=session.notices.add_error)


def write(
    segmentation: Segmentation, series: Series, path: Path, kind: Kind, number: int | None, progress: Progress
) -> tuple[Sentence, ...]:
    """Write a segmentation in one format, read it back and compare.

    Returns
    -------
    tuple of Sentence
        What a person should know of the file, such as segments left out because they are empty.

    Raises
    ------
    MedViewError
        The file cannot be written, is one of the images, or what is read back differs.
    """
    from medview.files.formats.nifti import write_labels
    from medview.files.formats.stl import write_surface
    from medview.files.objects.dicom_seg import write_segmentation

    progress(0.0, "Writing and reading back")
    spare_original(path, [series])
    if kind == "dicom_seg" and series.file_format != "DICOM":
        raise MedViewError(
            "A DICOM Segmentation refers to DICOM images, and these are {format}.", "Save the mask as NIfTI.",
            format=series.file_format,
        )  # fmt: skip
    if kind == "dicom_seg":
        return write_segmentation(segmentation, series, path, progress=progress)
    if kind == "nifti":
        write_labels(segmentation, path)
        geometry = segmentation.geometry
        return () if geometry.has_depth or geometry.shape[0] == 1 else (_UNPLACED,)
    write_surface(segmentation, number if number is not None else segmentation.segments[0].number, path)
    return ()


def kind_of(path: Path) -> Kind | None:
    """Return the format that a file name asks for, or None."""
    name = path.name.lower()
    for ending, kind in _ENDINGS.items():
        if name.endswith(ending):
            return kind
    return None


def source_series(session: Session, segmentation: Segmentation) -> Series:
    """Return the open series a segmentation was drawn on."""
    for study in session.studies:
        # by the mask itself: another patient's series may carry the same identifiers
        series = study.find(segmentation.source.series_key) if segmentation in study.segmentations else None
        if series is not None:
            return series
    raise MedViewError("The images of this mask are no longer open.", "Open their folder again.")
