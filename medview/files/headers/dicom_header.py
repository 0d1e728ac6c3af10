"""What one file's header says: the images in it, each with what sorting and reading need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from medview.errors import MedViewError, Sentence
from medview.files.headers.dicom_acquisition import acquisition_facts
from medview.files.headers.dicom_display import display_facts
from medview.files.headers.dicom_file import DicomFile, read_dicom_file
from medview.files.headers.dicom_frames import NO_ORIENTATION, Frame, frame_time_ms, frames_of
from medview.files.headers.dicom_mosaic import Tiling, mosaic_remark, tiling
from medview.files.headers.dicom_pixel_facts import stored_pixels
from medview.files.headers.dicom_spacing import spacing_facts
from medview.files.headers.dicom_suv import suv_of
from medview.files.headers.dicom_values import Values
from medview.files.headers.header_facts import LOSSY, ODD_UID, is_uid, odd_words, series_facts, study_facts
from medview.files.headers.object_header import DICOMDIR_CLASS, kind_of, sop_class_name, study_object
from medview.files.headers.remembered import remembered
from medview.imaging.image_kind import image_kind
from medview.study.changed import changed
from medview.study.display_facts import DisplayFacts
from medview.study.series import Instance, Series, StudyFacts
from medview.study.study_object import ObjectKind, StudyObject

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAKER = "MedView"  # Manufacturer (0008,0070) of what is written here
_GREY = {"MONOCHROME1", "MONOCHROME2"}
_COLOUR = {"RGB", "PALETTE COLOR"}
_OTHER_SERIES = "Open another series of this study."


@dataclass(frozen=True)
class Other:
    """A file that holds no image to look at: what it is, and the object that it holds where it is DICOM.

    `is_directory` tells a DICOMDIR (PS3.10 8), which is no object of a study.
    """

    what: Sentence
    object: StudyObject | None = None
    study: StudyFacts | None = None
    is_directory: bool = False


@dataclass(frozen=True, eq=False)
class Image:
    """One image: its identity, its place, and what tells it from images of another stack.

    `series` carries the facts of the header without instances or geometry. `refusal` is set where the image cannot
    become a slice of a volume.
    """

    study: StudyFacts
    series: Series
    instance: Instance
    frame: Frame
    frame_of_reference_uid: str
    kernel: str
    sequence: str
    echo_number: int | None
    warnings: tuple[Sentence, ...]
    refusal: MedViewError | None


def read_header(path: Path, *, with_pydicom: bool = False) -> tuple[Image, ...] | Other:
    """Return the images of one file, or what else it is.

    Parameters
    ----------
    with_pydicom
        Whether to leave the fast scanner out: what comes is the same.

    Raises
    ------
    MedViewError
        The file is a DICOM image and damaged, cut short or contradicts itself. OSError where it cannot be read.
    """
    file = read_dicom_file(path, with_pydicom=with_pydicom)
    if file is None:
        return Other(Sentence("empty file") if path.stat().st_size == 0 else Sentence("not DICOM"))
    sop_instance, sop_class = identity(file.values, file.meta)
    kind = _other_than_image(file, sop_class)
    if kind is None:
        return _images(file, sop_instance, sop_class)
    name = sop_class_name(sop_class)
    what = Sentence("{name}", {"name": name}) if name else Sentence("DICOM without an image")
    if sop_class == DICOMDIR_CLASS:
        return Other(what, is_directory=True)
    return Other(what, study_object(file, kind, sop_instance, sop_class), study_facts(file.values))


def is_own(path: Path, kind: str) -> bool:
    """Whether a file is an object of a kind ("segmentation", "report") that was written here.

    A newer one may replace it. What cannot be read is not ours.
    """
    try:
        file = read_dicom_file(path)
    except (MedViewError, OSError):
        return False
    if file is None or kind_of(identity(file.values, file.meta)[1]) != kind:
        return False
    return file.values.text("Manufacturer") == MAKER


def identity(values: Values, meta: Values) -> tuple[str, str]:
    """Return SOP Instance UID and SOP Class UID: the dataset's own, or the file header's copy where those are gone."""
    instance = values.text("SOPInstanceUID") or meta.text("MediaStorageSOPInstanceUID")
    return instance, _sop_class(values) or meta.text("MediaStorageSOPClassUID")


@remembered
def _sop_class(values: Values) -> str:
    return values.text("SOPClassUID")


def sop_identity(dataset: Dataset) -> tuple[str, str]:
    """Return `identity` of a dataset with its file meta information."""
    from pydicom.dataset import Dataset

    return identity(Values(dataset), Values(getattr(dataset, "file_meta", Dataset())))


def _other_than_image(file: DicomFile, sop_class: str) -> ObjectKind | None:
    """Return what an object is that holds no image; None for an image."""
    kind = kind_of(sop_class)
    if kind is not None:
        return kind
    name = sop_class_name(sop_class)
    if file.pixel_element is not None or "Image" in name or (not name and file.values.has("Rows")):
        return None
    if file.values.is_empty():
        raise MedViewError("The file ends right after its DICOM mark.")
    return "other"


def _images(file: DicomFile, sop_instance: str, sop_class: str) -> tuple[Image, ...]:
    values = file.values
    pixels, odd = stored_pixels(file)
    series = series_facts(values)
    if series.sop_class_uid != sop_class:
        series = changed(series, sop_class_uid=sop_class)
    if series.modality == "PT":
        factors, why_none = suv_of(values)
        series, odd = changed(series, suv_factors=factors), odd + why_none
    refusal = _refusal(series)
    frames = frames_of(values, pixels.frames) if refusal is None else (Frame(),)
    if len(frames) > 1:
        series = changed(series, frame_time_ms=frame_time_ms(values))
    number, odd_number = _instance_number(values)
    has_lut = values.has("ModalityLUTSequence")
    display = display_facts(values, file.transfer_syntax_uid)
    image = _FileFacts(
        study_facts(values),
        series,
        Instance(
            file.path, sop_instance, sop_class, number, 0, file.transfer_syntax_uid, pixels=pixels,
            has_modality_lut=has_lut, spacing=spacing_facts(values),
            display=display, acquisition=acquisition_facts(values),
        ),
        values.text("AcquisitionTime"),
        _parting_facts(values),
        _said(file, sop_instance, display, odd + odd_number),
        refusal,
    )  # fmt: skip
    tiled = tiling(values, series.image_type, series.rows, series.columns, frames[0]) if len(frames) == 1 else None
    if tiled is not None:
        return _tiles(image, tiled)
    remark = mosaic_remark(series.image_type)
    if remark:
        image = image._replace(warnings=image.warnings + remark)
    return tuple(_of_frame(image, frame, number) for number, frame in enumerate(frames))


class _FileFacts(NamedTuple):
    """What all images of a file share."""

    study: StudyFacts
    series: Series
    instance: Instance
    acquisition_time: str
    parting: tuple[str, str, str, int | None]
    warnings: tuple[Sentence, ...]
    refusal: MedViewError | None


@remembered
def _parting_facts(values: Values) -> tuple[str, str, str, int | None]:
    """Return frame of reference, kernel, pulse sequence and echo number."""
    return (
        values.text("FrameOfReferenceUID"),
        values.text("ConvolutionKernel"),
        "/".join(filter(None, (values.text("ScanningSequence"), values.text("SequenceVariant")))),
        values.integer("EchoNumbers"),
    )


def _said(file: DicomFile, sop_instance: str, display: DisplayFacts, odd: tuple[Sentence, ...]) -> tuple[Sentence, ...]:
    """Return what is odd about the pixels, with what is odd in the words of the header."""
    said = odd_words(file.values)
    if display.is_lossy and not any("lossy" in s.template for s in said):
        said += (LOSSY,)
    if sop_instance and not is_uid(sop_instance) and ODD_UID not in said:
        said += (ODD_UID,)
    return odd + said if said else odd


def _instance_number(values: Values) -> tuple[int | None, tuple[Sentence, ...]]:
    """Return the number of the image where it is one (PS3.5 6.2: IS fits 32 bits)."""
    number = values.integer("InstanceNumber")
    if number is not None and abs(number) < 2**31:
        return number, ()
    if not values.text("InstanceNumber"):
        return None, ()
    return None, (Sentence("The number of an image is not usable; it was ignored."),)


def _tiles(image: _FileFacts, tiled: Tiling) -> tuple[Image, ...]:
    """Return the slices of a volume that is tiled into one picture."""
    image = image._replace(series=changed(image.series, rows=tiled.rows, columns=tiled.columns))
    slices = [_of_frame(image, frame, 0) for frame in tiled.frames]
    return tuple(
        changed(one, instance=changed(one.instance, tile=tile)) for one, tile in zip(slices, tiled.tiles, strict=True)
    )


def _of_frame(image: _FileFacts, frame: Frame, number: int) -> Image:
    series = image.series
    if image.refusal is not None:
        series = changed(series, acquisition_time=image.acquisition_time)
        return Image(image.study, series, image.instance, frame, *image.parting, image.warnings, image.refusal)
    frame = _as_its_kind(series, frame)
    rescale_type, said = _rescale_type(series, frame, has_table=image.instance.has_modality_lut)
    instance = changed(
        image.instance,
        frame_index=number,
        rescale_slope=frame.rescale_slope,
        rescale_intercept=frame.rescale_intercept,
        image_position_patient=frame.position,
        windows=frame.windows,
    )
    series = changed(
        series,
        acquisition_time=image.acquisition_time,
        image_type=frame.frame_type or series.image_type,
        rescale_type=rescale_type,
        slice_thickness_mm=frame.slice_thickness_mm,
        windows=frame.windows,
    )
    return Image(image.study, series, instance, frame, *image.parting, image.warnings + frame.warnings + said, None)


def _as_its_kind(series: Series, frame: Frame) -> Frame:
    """Return a frame with the pixel spacing that lies in the patient alone, and with what is odd in its kind of image.

    A radiograph, an ultrasound image or a photograph is not expected to say how it lies in the patient, and what its
    spacing is worth is told by `medview.imaging.calibration`.
    """
    is_placed = None not in (frame.position, frame.orientation, frame.pixel_spacing)
    if image_kind(series.modality, series.sop_class_uid, is_placed=is_placed) != "plane":
        odd = tuple(sentence for sentence in frame.warnings if sentence is not NO_ORIENTATION)
        return changed(frame, pixel_spacing=None, warnings=odd)
    if frame.pixel_spacing is None:
        return changed(frame, warnings=(*frame.warnings, _NO_SPACING))
    return frame


def _rescale_type(series: Series, frame: Frame, *, has_table: bool) -> tuple[str, tuple[Sentence, ...]]:
    """Return the unit of the values where it can be trusted, and what is to be said about it."""
    if has_table:
        return "US", ()  # what a Rescale Type beside a table says is not said of the table's values
    if series.modality == "CT" and not frame.has_rescale:
        return "US", (_NO_RESCALE,)  # unspecified: stored values are no Hounsfield units
    return frame.rescale_type, ()


_NO_SPACING = Sentence("The pixel spacing is missing: distances are in pixels, and no millimetre is shown.")
_NO_RESCALE = Sentence("The rescale slope and intercept are missing: stored values are shown, without a unit.")


def _refusal(series: Series) -> MedViewError | None:
    """Return why an image that is in order can still not be shown."""
    photometric = series.photometric_interpretation
    if photometric in _GREY or photometric in _COLOUR or photometric.startswith("YBR"):
        return None
    return MedViewError("The pixels are of an unknown kind: {kind}.", _OTHER_SERIES, kind=photometric[:40])
