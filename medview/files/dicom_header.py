"""What one file's header says: the images in it, each with what sorting and reading need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID

from medview.errors import MedViewError, Sentence
from medview.files.dicom_file import DicomFile, read_dicom_file
from medview.files.dicom_frames import Frame, frame_time_ms, frames_of
from medview.files.dicom_mosaic import Tiling, mosaic_remark, tiling
from medview.files.dicom_pixel_facts import stored_pixels
from medview.files.dicom_suv import suv_of
from medview.files.dicom_values import Values
from medview.study.series import Instance, Patient, Series, StudyFacts

# classes that carry rows and columns but are made from images, and are opened with them
_DERIVED_OBJECTS = {
    "1.2.840.10008.5.1.4.1.1.66.4": "Segmentation",
    "1.2.840.10008.5.1.4.1.1.66.7": "Label map segmentation",
    "1.2.840.10008.5.1.4.1.1.66.8": "Height map segmentation",
    "1.2.840.10008.5.1.4.1.1.30": "Parametric map",
    "1.2.840.10008.5.1.4.1.1.481.2": "RT dose",
}
MAKER = "MedView"  # Manufacturer (0008,0070) of what is written here
_GREY = {"MONOCHROME1", "MONOCHROME2"}
_COLOUR = {"RGB", "PALETTE COLOR", "ARGB", "CMYK", "HSV"}
_PROJECTIONS = {"CR", "DX", "MG", "IO", "PX", "XA", "RF", "RG"}
_UNSPACED = {"US", "ES", "XC", "GM", "SM"}
_OTHER_SERIES = "Open another series of this study."


@dataclass(frozen=True)
class Other:
    """A file that holds no image to look at, and what it is."""

    what: str


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


def read_header(path: Path) -> tuple[Image, ...] | Other:
    """Return the images of one file, or what else it is.

    Raises
    ------
    MedViewError
        The file is a DICOM image and damaged, cut short or contradicts itself. OSError where it cannot be read.
    """
    file = read_dicom_file(path)
    if file is None:
        return Other("empty file" if path.stat().st_size == 0 else "not DICOM")
    values = Values(file.dataset)
    what = _other_than_image(file, values)
    return Other(what) if what else _images(file, values)


def is_own_segmentation(path: Path) -> bool:
    """Whether a file is a segmentation that this program has written; errors as `read_header`."""
    file = read_dicom_file(path)
    if file is None or "segmentation" not in _other_than_image(file, Values(file.dataset)).lower():
        return False
    return Values(file.dataset).text("Manufacturer") == MAKER


def sop_identity(dataset: Dataset) -> tuple[str, str]:
    """Return SOP Instance UID and SOP Class UID: the dataset's own, or the file header's copy where those are gone."""
    values, meta = Values(dataset), Values(getattr(dataset, "file_meta", Dataset()))
    instance = values.text("SOPInstanceUID") or meta.text("MediaStorageSOPInstanceUID")
    return instance, values.text("SOPClassUID") or meta.text("MediaStorageSOPClassUID")


def _other_than_image(file: DicomFile, values: Values) -> str:
    """Return what an object is that holds no image; "" for an image."""
    _, sop_class = sop_identity(file.dataset)
    if sop_class in _DERIVED_OBJECTS:
        return _DERIVED_OBJECTS[sop_class]
    name = UID(sop_class).name if sop_class else ""
    if file.pixel_element is not None or values.has("Rows") or "Image Storage" in name:
        return ""
    if not len(file.dataset):
        raise MedViewError("The file ends right after its DICOM mark.")
    return name.removesuffix(" Storage") or "DICOM without an image"


def _images(file: DicomFile, values: Values) -> tuple[Image, ...]:
    pixels, odd = stored_pixels(file, values)
    study, series = _study_facts(values), _series_facts(values)
    sop_instance, sop_class = sop_identity(file.dataset)
    series = replace(series, sop_class_uid=sop_class)
    if series.modality == "PT":
        factors, why_none = suv_of(values)
        series, odd = replace(series, suv_factors=factors), odd + why_none
    refusal = _refusal(values, series, pixels.frames)
    frames = frames_of(values, pixels.frames) if refusal is None else (Frame(),)
    if len(frames) > 1:
        series = replace(series, frame_time_ms=frame_time_ms(values))
    image = Image(
        study,
        series,
        Instance(
            path=file.path,
            sop_instance_uid=sop_instance,
            sop_class_uid=sop_class,
            instance_number=values.integer("InstanceNumber"),
            transfer_syntax_uid=file.transfer_syntax_uid,
            pixels=replace(pixels, rows=series.rows, columns=series.columns),
        ),
        frames[0],
        values.text("FrameOfReferenceUID"),
        values.text("ConvolutionKernel"),
        "/".join(filter(None, (values.text("ScanningSequence"), values.text("SequenceVariant")))),
        values.integer("EchoNumbers"),
        odd,
        refusal,
    )
    tiled = tiling(values, series.image_type, series.rows, series.columns, frames[0]) if len(frames) == 1 else None
    if tiled is not None:
        return _tiles(image, tiled)
    image = replace(image, warnings=image.warnings + mosaic_remark(series.image_type))
    return tuple(_of_frame(image, frame, number) for number, frame in enumerate(frames))


def _tiles(image: Image, tiled: Tiling) -> tuple[Image, ...]:
    """Return the slices of a volume that is tiled into one picture."""
    image = replace(image, series=replace(image.series, rows=tiled.rows, columns=tiled.columns))
    slices = [_of_frame(image, frame, 0) for frame in tiled.frames]
    return tuple(
        replace(one, instance=replace(one.instance, tile=tile)) for one, tile in zip(slices, tiled.tiles, strict=True)
    )


def _of_frame(image: Image, frame: Frame, number: int) -> Image:
    if image.refusal is not None:
        return image
    said, spacing = image.warnings + frame.warnings, frame.pixel_spacing
    if image.series.modality in _PROJECTIONS:
        spacing = None
        said += (Sentence("A projection image: distances are in pixels, because true millimetres are not known."),)
    elif image.series.modality in _UNSPACED:
        spacing = None
        said += (Sentence("Distances are in pixels: this kind of image has no spacing that holds everywhere."),)
    elif spacing is None:
        said += (Sentence("The pixel spacing is missing: distances are in pixels, and no millimetre is shown."),)
    rescale_type = frame.rescale_type
    if image.series.modality == "CT" and not frame.has_rescale:
        rescale_type = "US"  # unspecified: stored values are no Hounsfield units
        said += (Sentence("The rescale slope and intercept are missing: stored values are shown, without a unit."),)
    instance = replace(
        image.instance,
        frame_index=number,
        rescale_slope=frame.rescale_slope,
        rescale_intercept=frame.rescale_intercept,
        image_position_patient=frame.position,
    )
    series = replace(
        image.series,
        image_type=frame.frame_type or image.series.image_type,
        rescale_type=rescale_type,
        slice_thickness_mm=frame.slice_thickness_mm,
        windows=frame.windows,
    )
    frame = replace(frame, pixel_spacing=spacing)
    return replace(image, series=series, instance=instance, frame=frame, warnings=said)


def _study_facts(values: Values) -> StudyFacts:
    return StudyFacts(
        study_instance_uid=values.text("StudyInstanceUID"),
        study_date=values.text("StudyDate"),
        study_time=values.text("StudyTime"),
        study_description=values.text("StudyDescription"),
        accession_number=values.text("AccessionNumber"),
        institution_name=values.text("InstitutionName"),
        patient=Patient(
            patient_name=values.text("PatientName"),
            patient_id=values.text("PatientID"),
            patient_birth_date=values.text("PatientBirthDate"),
            patient_sex=values.text("PatientSex"),
        ),
    )


def _series_facts(values: Values) -> Series:
    return Series(
        series_instance_uid=values.text("SeriesInstanceUID"),
        study_instance_uid=values.text("StudyInstanceUID"),
        modality=values.text("Modality"),
        series_number=values.integer("SeriesNumber"),
        series_description=values.text("SeriesDescription"),
        body_part_examined=values.text("BodyPartExamined"),
        image_type=values.texts("ImageType"),
        manufacturer=values.text("Manufacturer"),
        patient_position=values.text("PatientPosition"),
        contrast_bolus_agent=values.text("ContrastBolusAgent"),
        scanning_sequence=values.text("ScanningSequence"),
        photometric_interpretation=values.text("PhotometricInterpretation") or "MONOCHROME2",
        acquisition_date=values.text("AcquisitionDate"),
        acquisition_time=values.text("AcquisitionTime"),
        rows=values.integer("Rows") or 0,
        columns=values.integer("Columns") or 0,
        voi_lut_function=values.text("VOILUTFunction") or "LINEAR",
        pixel_padding_value=values.integer("PixelPaddingValue"),
    )


def _refusal(values: Values, series: Series, frames: int) -> MedViewError | None:
    """Return why an image that is in order can still not be a slice of a volume."""
    photometric = series.photometric_interpretation
    if photometric in _COLOUR or photometric.startswith("YBR"):
        if frames > 1:
            return MedViewError(
                "This is a colour recording of {frames} frames, which is not shown yet.", _OTHER_SERIES, frames=frames
            )
        return MedViewError("This is a colour image, which is not shown yet.", _OTHER_SERIES)
    if photometric not in _GREY:
        return MedViewError("The pixels are of an unknown kind: {kind}.", _OTHER_SERIES, kind=photometric)
    if values.has("ModalityLUTSequence"):
        return MedViewError(
            "The stored values need a look-up table (Modality LUT), which is not applied yet.", _OTHER_SERIES
        )
    return None
