"""The headers of the images that a derived object refers to, completed so that the object can be written.

A derived object copies patient and study from its sources. What they lack is filled in here, on copies that belong to
nobody else; what had to be made up is told.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.valuerep import format_number_as_ds

import medview.files.headers.pydicom_reader  # noqa: F401  tells pydicom not to judge values
from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_file import open_regular
from medview.files.headers.dicom_header import sop_identity
from medview.files.made_uid import made_uid
from medview.imaging.stack import slice_normal
from medview.study.geometry import Geometry
from medview.study.series import Instance, Series

# attributes that must be there and may be empty (type 2), which de-identified images often lack
_MAY_BE_EMPTY = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate",
    "StudyTime", "ReferringPhysicianName",
)  # fmt: skip
# of dates and times (PS3.5 6.2): the marks of old forms between the digits, and what is left without them
_MOMENTS = {"Date": (".", r"\d{8}"), "Time": (":", r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?")}
_CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
}
_LARGE = 65536
_SAME_TEXT = 1e-9  # cosines that differ by no more are the same decimal text


def source_headers(series: Series, geometry: Geometry) -> tuple[list[Dataset], tuple[Sentence, ...]]:
    """Return complete headers of the images of a series, in slice order, and what had to be made up.

    A multi-frame source is one header, whose frames are reduced to those of the series, in slice order.

    Raises
    ------
    MedViewError
        A file is gone or is another one now, or the images cannot be referred to.
    """
    if not series.instances:
        raise MedViewError(
            "A resampled stack has no images of its own that a DICOM object could refer to.", "Export NIfTI instead."
        )
    _check_identities(series)
    said: dict[str, Sentence] = {}
    headers = []
    for instance in {i.path: i for i in reversed(series.instances)}.values():
        header = _read(instance)
        header.SOPInstanceUID, header.SOPClassUID = sop_identity(header)
        if str(header.SOPInstanceUID) != instance.sop_instance_uid:
            raise MedViewError(
                "{file} has changed since it was opened.", "Open the folder again.", file=instance.path.name
            )
        _complete(header, series, said)
        _place(header, series, geometry)
        headers.append(header)
    headers.reverse()
    if _is_multi_frame(headers[0]) and len(headers) > 1:
        raise MedViewError("A mask on several multi-frame images cannot be written yet.", "Export NIfTI instead.")
    return headers, tuple(said.values())


def name_frames(made: Dataset, series: Series) -> None:
    """Name the frames of a multi-frame source by their own numbers: its header holds those of the series alone."""
    # segments of one plane share the item that names their source: each is renamed once
    sources = {
        id(source): source
        for group in made.PerFrameFunctionalGroupsSequence
        for source in group.DerivationImageSequence[0].SourceImageSequence
    }
    for source in sources.values():
        place = int(source.ReferencedFrameNumber) - 1
        source.ReferencedFrameNumber = series.instances[place].frame_index + 1


def _check_identities(series: Series) -> None:
    names = {(i.sop_instance_uid, i.frame_index) for i in series.instances}
    if len(names) < len(series.instances) or not all(uid for uid, _ in names):
        raise MedViewError(
            "The images of this series cannot be told apart by their identifiers, so nothing can refer to them.",
            "Export NIfTI instead.",
        )


def _read(instance: Instance) -> Dataset:
    try:
        with open_regular(instance.path) as file:
            header = dcmread(file, stop_before_pixels=True, force=True, defer_size=_LARGE)
    except OSError as error:
        raise MedViewError("{file} is gone.", "Open the folder again.", file=instance.path.name) from error
    header.decode()  # texts of sequences, too: what is made of it may be written in another character set
    header.SpecificCharacterSet = "ISO_IR 192"
    return header


def _complete(header: Dataset, series: Series, said: dict[str, Sentence]) -> None:
    """Add what patient, study and identity modules must have."""
    for keyword in _MAY_BE_EMPTY:
        if keyword not in header:
            setattr(header, keyword, "")
    for keyword in ("PatientBirthDate", "StudyDate", "StudyTime"):
        _make_plain(header, keyword, said)
    identity = series.series_instance_uid or series.sop_hash
    made = {
        "StudyInstanceUID": made_uid(identity, "study"),
        "SeriesInstanceUID": made_uid(identity, "series"),
        "FrameOfReferenceUID": made_uid(identity, "frame of reference"),
        "SOPClassUID": _CLASSES.get(series.modality, ""),
    }
    for keyword, value in made.items():
        if not str(header.get(keyword, "") or "").strip():
            _fill(header, keyword, value, said)


def _make_plain(header: Dataset, keyword: str, said: dict[str, Sentence]) -> None:
    """Write a date or time as before DICOM 3.0 ("11:20:00") in today's form; what is neither is left out and told."""
    mark, form = next(of for kind, of in _MOMENTS.items() if keyword.endswith(kind))
    given = str(header.get(keyword) or "").strip()
    plain = given.replace(mark, "")
    if given and not re.fullmatch(form, plain):
        plain = ""
        said[keyword] = Sentence(
            "{keyword} of the source images is not readable: it was left out.", {"keyword": keyword}
        )
    if plain != given:
        setattr(header, keyword, plain)


def _place(header: Dataset, series: Series, geometry: Geometry) -> None:
    """Make the header's measures those of the volume: one orientation, and the true distance between slices."""
    measures: Dataset = header
    plane: Dataset = header
    if _is_multi_frame(header):
        shared, frames = header.SharedFunctionalGroupsSequence[0], header.PerFrameFunctionalGroupsSequence
        header.PerFrameFunctionalGroupsSequence = [frames[i.frame_index] for i in series.instances]
        header.NumberOfFrames = len(series.instances)
        first = header.PerFrameFunctionalGroupsSequence[0]
        for keyword in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
            if keyword not in shared:
                setattr(shared, keyword, getattr(first, keyword))
        measures, plane = shared.PixelMeasuresSequence[0], shared.PlaneOrientationSequence[0]
    if "ImageOrientationPatient" not in plane:  # a projection: nothing that refers to it asks how it lies
        return
    slice_mm, _, _ = geometry.spacing_mm
    if not measures.get("SliceThickness"):
        measures.SliceThickness = f"{slice_mm:.6g}"
    orientation = [*geometry.directions[:, 2], *geometry.directions[:, 1]]
    if np.abs(np.array(plane.ImageOrientationPatient, dtype=np.float64) - orientation).max() > _SAME_TEXT:
        plane.ImageOrientationPatient = [format_number_as_ds(float(x) + 0.0) for x in orientation]
    if geometry.shape[0] > 1:
        gap = abs(float(geometry.affine[:3, 0] @ slice_normal(orientation)))
        measures.SpacingBetweenSlices = format_number_as_ds(gap)


def _is_multi_frame(header: Dataset) -> bool:
    return "PerFrameFunctionalGroupsSequence" in header


def _fill(header: Dataset, keyword: str, value: Any, said: dict[str, Sentence]) -> None:
    if not value:
        raise MedViewError("The images do not say what class they are of, so nothing can refer to them.",
                           "Export NIfTI instead.")  # fmt: skip
    setattr(header, keyword, value)
    said[keyword] = Sentence("The source images have no {keyword}: one was made up.", {"keyword": keyword})
