"""Images that a model made from others, as a DICOM series of their own beside the originals (PS3.3 C.7.6.1.1.3).

New identifiers throughout: an original is never written over, nor can a derived image be taken for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian

from medview.errors import MedViewError, Sentence
from medview.files.atomic import write_error, written_whole
from medview.files.headers.dicom_header import MAKER
from medview.files.made_uid import new_uid
from medview.files.objects.dicom_sources import source_headers
from medview.files.objects.finding_groups import STATUSES
from medview.files.objects.told_provenance import contribution, short_text, told_provenance
from medview.files.pixels.value_unit import value_unit
from medview.imaging.stamp import SYNTHETIC, stamped, written_mask
from medview.progress import Progress, unheard
from medview.study.finding import DerivedImage, Status
from medview.study.geometry import Geometry
from medview.study.series import Series

_LONGEST = 64
# what belongs to the source's pixels or file and not to what was made of them
_NOT_TAKEN_OVER = (
    "PixelPaddingValue", "PixelPaddingRangeLimit", "SmallestImagePixelValue", "LargestImagePixelValue",
    "SmallestPixelValueInSeries", "LargestPixelValueInSeries", "ModalityLUTSequence", "VOILUTSequence",
    "IconImageSequence", "RescaleType", "PixelData", "NumberOfFrames", "DigitalSignaturesSequence",
    "MACParametersSequence", "ReferencedImageSequence", "SourceImageSequence", "OriginalAttributesSequence",
    "RealWorldValueMappingSequence", "InstanceCreationDate", "InstanceCreationTime",
)  # fmt: skip
# how values of the source are shown: of other values it would show another part
_LOOK = (
    "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction", "PresentationLUTShape",
    "PixelIntensityRelationship", "PixelIntensityRelationshipSign",
)  # fmt: skip


def write_derived(
    image: DerivedImage,
    series: Series,
    geometry: Geometry,
    folder: Path,
    provenance: Mapping[str, Any],
    name: str,
    *,
    status: Status = "proposed",
    progress: Progress = unheard,
) -> tuple[tuple[Path, ...], tuple[Sentence, ...]]:
    """Write derived images as one DICOM file a slice into a new folder; each is read back and compared.

    Parameters
    ----------
    image
        (slices, rows, columns) on `geometry`, the geometry of `series`.
    name
        Of the plugin, for the description.
    status
        What a person thinks of the images.

    Returns
    -------
    tuple
        The files in slice order, and what a person should know of them.

    Raises
    ------
    MedViewError
        The source is no DICOM series of single images, or a file cannot be written or differs when read back. What was
        written is then taken away again.
    """
    if series.file_format != "DICOM":
        raise MedViewError(
            "A derived DICOM series refers to DICOM images, and these are {format}.",
            "Save it as NIfTI.",
            format=series.file_format,
        )
    headers, said = source_headers(series, geometry)
    if len(headers) != len(image.array) or "NumberOfFrames" in headers[0]:
        raise MedViewError("A derived series of multi-frame images cannot be written yet.", "Save it as NIfTI.")
    _check_unit(image, series)
    slope = _slope(image.array)
    shared = _Shared.of(image, series, _Made(provenance, name, status), slope)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise write_error(error, folder) from error
    paths: list[Path] = []
    try:
        for index, (header, plane) in enumerate(zip(headers, image.array, strict=True)):
            progress(index / len(headers), "Writing and reading back")
            paths.append(folder / f"{index + 1:04d}.dcm")
            _write_plane(header, plane, index, shared, paths[-1])
    except BaseException:  # a cancel too: half a series must not stay where a whole one was asked for
        for path in paths:
            path.unlink(missing_ok=True)
        folder.rmdir()
        raise
    return tuple(paths), said


@dataclass(frozen=True)
class _Made:
    """By what the images were made, and what a person thinks of them."""

    provenance: Mapping[str, Any]
    name: str
    status: Status

    @property
    def mark(self) -> str:
        """What stands before all titles: an image that leaves this program is still one that a model made."""
        return "" if self.provenance.get("classical") else "AI "


class _Shared:
    """What all slices have in common."""

    def __init__(
        self,
        attributes: Mapping[str, Any],
        contribution: Dataset,
        slope: float,
        stamp: NDArray[np.bool_] | None,
        has_same_look: bool,
    ) -> None:
        self.attributes, self.contribution = attributes, contribution
        self.slope, self.stamp, self.has_same_look = slope, stamp, has_same_look

    @classmethod
    def of(cls, image: DerivedImage, series: Series, made: _Made, slope: float) -> _Shared:
        now = datetime.now()
        description = f"{made.mark}{image.title} ({made.name}, research)"
        attributes = {
            "SeriesInstanceUID": new_uid(),
            "SeriesNumber": min(max(series.series_number or 0, 0) * 100 + 2, 2**31 - 1),
            "SeriesDescription": (f"{SYNTHETIC} {description}" if image.is_synthetic else description)[:_LONGEST],
            **(
                {} if series.modality == "PT" else _dated("Series", now)
            ),  # SUV is worked out for the time of the series
            **_dated("Content", now),
            "DerivationDescription": _told(image, made),
            "ContentQualification": "RESEARCH",
            "BurnedInAnnotation": "YES" if image.is_synthetic else "NO",
            "SpecificCharacterSet": "ISO_IR 192",
            **({"RescaleType": _rescale_type(image)} if series.modality == "CT" else {}),
        }
        stamp = written_mask(image.array.shape[1:], SYNTHETIC) if image.is_synthetic else None
        return cls(
            attributes, contribution(made.provenance), slope, stamp, image.kind in ("denoised", "super_resolved")
        )


def _rescale_type(image: DerivedImage) -> str:
    """Return the unit of the values as CT tells it (PS3.3 C.11.1.1.2); what SYNTHETIC is written into has none."""
    return "HU" if image.unit == "HU" and not image.is_synthetic else "US"


def _dated(what: str, now: datetime) -> dict[str, str]:
    return {f"{what}Date": now.strftime("%Y%m%d"), f"{what}Time": now.strftime("%H%M%S")}


def _check_unit(image: DerivedImage, series: Series) -> None:
    """Refuse values that would stand under the Units (0054,1001) of a PET source though they are in others."""
    if series.modality == "PT" and image.unit != value_unit(series):
        raise MedViewError(
            "The values of these images have another unit than those of the originals, and a DICOM series beside them "
            "would not tell.",
            "Save it as NIfTI.",
        )


def _write_plane(header: Dataset, plane: NDArray[Any], index: int, shared: _Shared, path: Path) -> None:
    dataset = _without_old(header, shared)
    source_uid, source_class = header.SOPInstanceUID, header.SOPClassUID
    for keyword, value in shared.attributes.items():
        setattr(dataset, keyword, value)
    dataset.ImageType = ["DERIVED", "SECONDARY", *list(header.get("ImageType", []))[2:]]
    dataset.SOPInstanceUID = new_uid()
    dataset.InstanceNumber = index + 1
    dataset.SourceImageSequence = DicomSequence([_reference(source_uid, source_class)])
    dataset.ContributingEquipmentSequence = [*header.get("ContributingEquipmentSequence", []), shared.contribution]
    stored = np.rint(plane / shared.slope)
    if shared.stamp is not None:
        sign = -1.0 if dataset.PhotometricInterpretation == "MONOCHROME1" else 1.0  # there the least value is bright
        stored = sign * stamped(sign * stored, shared.stamp)
    _put_pixels(dataset, stored.astype("<i2"), shared.slope)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with written_whole(path) as beside:
        dataset.save_as(beside, enforce_file_format=True)
        _compare(beside, stored, str(dataset.SOPInstanceUID), path.name)


def _without_old(header: Dataset, shared: _Shared) -> Dataset:
    """Return a copy of a header without what belongs to the source's own pixels, private elements and overlays."""
    header.remove_private_tags()
    dataset = Dataset()
    left = _NOT_TAKEN_OVER if shared.has_same_look else (*_NOT_TAKEN_OVER, *_LOOK)
    for element in header:
        is_drawn = 0x5000 <= element.tag.group <= 0x50FF or 0x6000 <= element.tag.group <= 0x60FF
        if not is_drawn and element.keyword not in left:
            dataset.add(element)
    is_inverse = shared.has_same_look and header.get("PhotometricInterpretation") == "MONOCHROME1"
    dataset.PhotometricInterpretation = "MONOCHROME1" if is_inverse else "MONOCHROME2"
    return dataset


def _put_pixels(dataset: Dataset, stored: NDArray[Any], slope: float) -> None:
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel = 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
    dataset.RescaleSlope, dataset.RescaleIntercept = f"{slope:.10g}", "0"
    dataset.PixelData = stored.tobytes()


def _reference(sop_instance_uid: str, sop_class_uid: str) -> Dataset:
    """Return an item of the Source Image Sequence (PS3.3 C.7.6.1, CID 7202: source image for image processing)."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "121322", "DCM"
    code.CodeMeaning = "Source image for image processing operation"
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class_uid, sop_instance_uid
    item.PurposeOfReferenceCodeSequence = DicomSequence([code])
    return item


def _slope(array: NDArray[Any]) -> float:
    """Return the step between stored values: 1 for whole numbers that fit, else as fine as 16 bits allow."""
    largest = float(np.abs(array).max(initial=0.0))
    if array.dtype.kind in "iu" and largest <= 32767:
        return 1.0
    if largest == 0.0:
        return 1.0
    return float(f"{np.nextafter(largest / 32767.0, np.inf) * 1.0000001:.9g}")


def _told(image: DerivedImage, made: _Made) -> str:
    """Return what the images are and how they were made, as a Short Text (PS3.5 6.2)."""
    head = f"{MAKER}: {image.kind} by {'a model (AI)' if made.mark else 'a program'}. For research. "
    if image.is_synthetic:
        head = f"{SYNTHETIC}: this was computed, not measured. {head}"
    version = f"{made.provenance.get('plugin', 'unknown')} {made.provenance.get('plugin_version', '')}".strip()
    facts = (f"{name}={text}" for name, text in told_provenance(made.provenance).items())
    return short_text(f"{head}{STATUSES[made.status][2]}. {version}; {'; '.join(facts)}")


def _compare(path: Path, stored: NDArray[Any], uid: str, name: str) -> None:
    from pydicom import dcmread

    found = dcmread(path)
    if str(found.SOPInstanceUID) != uid or not np.array_equal(found.pixel_array, stored):
        raise MedViewError("What was read back from {name} differs.", "Save to another disk.", name=name)
