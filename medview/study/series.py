"""What was acquired: one stack of images that belong together, and its identity."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from medview.errors import MedViewError, Sentence
from medview.study.acquisition_facts import NOTHING_SAID, AcquisitionFacts
from medview.study.display_facts import PLAIN, DisplayFacts
from medview.study.geometry import Geometry
from medview.study.spacing_facts import NO_SPACING, SpacingFacts


@dataclass(frozen=True)
class StoredPixels:
    """How a file holds its pixel data (PS3.3 C.7.6.3), so that it can be read without reading the header again.

    `offset` is that of the value of Pixel Data and `length` its length, None where it is encapsulated (PS3.5 A.4).
    `rows` and `columns` are those of a stored frame; of a mosaic, an image is only a tile of it. `is_float` tells
    (Double) Float Pixel Data. `file_size` and `file_mtime_ns` tell whether the file is still the one that was scanned.
    """

    offset: int
    length: int | None
    frames: int
    bits_allocated: int
    bits_stored: int
    pixel_representation: int
    file_size: int
    file_mtime_ns: int
    rows: int = 0
    columns: int = 0
    samples_per_pixel: int = 1
    planar_configuration: int = 0
    is_float: bool = False


@dataclass(frozen=True)
class Instance:
    """One image of a series: a file, a frame of a multi-frame file, or a tile of a mosaic.

    `rescale_slope` and `rescale_intercept` are (0028,1053) and (0028,1052), 1 and 0 where absent; `has_modality_lut`
    tells that the file has a Modality LUT Sequence (0028,3000) instead. `image_position_patient` is where the first
    pixel of this very image lies (LPS mm), which an uneven stack's geometry cannot tell. `tile` is (first row, first
    column) of the image in a stored frame that holds several.
    """

    path: Path
    sop_instance_uid: str
    sop_class_uid: str = ""
    instance_number: int | None = None
    frame_index: int = 0
    transfer_syntax_uid: str = ""
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    pixels: StoredPixels | None = None
    image_position_patient: tuple[float, float, float] | None = None
    tile: tuple[int, int] | None = None
    has_modality_lut: bool = False
    spacing: SpacingFacts = NO_SPACING
    display: DisplayFacts = PLAIN
    acquisition: AcquisitionFacts = NOTHING_SAID
    windows: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class AxisPlace:
    """Place of one stack in a 4-D series: the same slices at several times, b-values, echoes or energies.

    Each place is a `Series` of its own, so that a mask lies on exactly the images it was drawn on.

    Attributes
    ----------
    name
        "time", "b-value", "echo time", "energy", "trigger delay" and so on.
    unit
        "ms", "s/mm2", "kVp", or "" where the values are only counted.
    number, count
        This stack is `number` (from 0) of `count`.
    value
        Its value on the axis in `unit`, None where only the order is known.
    group
        The same for all stacks of one 4-D series, different for all others of the study.
    """

    name: str
    unit: str
    number: int
    count: int
    value: float | None
    group: str


GuardKind = Literal[
    "uniform",
    "single",
    "tilted",
    "missing",
    "variable",
    "4D",
    "cine",
    "mosaic",
    "mixed",
    "unplaced",
    "unspaced",
    "lengths",
]


@dataclass(frozen=True)
class GuardLine:
    """One line of the geometry guard: what is particular about where the images lie.

    `text` is the badge ("slice 5 missing"), `meaning` says what it means for reformats, measurements and models.
    """

    kind: GuardKind
    text: Sentence
    meaning: Sentence


@dataclass(frozen=True, eq=False)
class Series:
    """One stack: the images of a DICOM series that share orientation, size and acquisition.

    A DICOM series that holds several stacks (echoes, phases, orientations) becomes several of these, told apart by
    `stack`. The names are DICOM's keywords in snake case; a missing attribute is "" or empty.

    Attributes
    ----------
    instances
        In the order of the volume's slices.
    geometry
        None where the images cannot be opened at all; `refusal` then says why. A recording and a stack with gaps have
        one without depth: they are shown slice by slice, and never reformatted.
    windows
        (Window Center, Window Width) pairs as stored, the default first.
    warnings
        What a reader must know about this stack, each a sentence.
    refusal
        Why the stack cannot be opened, with a remedy; None where it can.
    guard
        What the geometry guard says, the gravest first; never empty where there is a geometry.
    axis
        Place in a 4-D series, None in a plain one.
    frame_time_ms
        Time from one frame of a recording to the next; None where it is not known, or the stack is no recording.
    file_format
        "DICOM", or the name of another format ("NIfTI", "NRRD", "MetaImage", "PNG" ...).
    suv_factors
        (kind, factor) for kind "bw", "lbm" and "bsa": PET values times the factor are SUV in g/ml (bsa: cm2/ml).
        Empty where the series is no PET or tags are missing; a warning then says which.
    resampled_from
        The series whose values this one holds on another grid (`medview.imaging.regularise`); it then has no instances
        of its own. None where the values are as they were acquired.
    has_given_spacing
        Whether the millimetres of its geometry were given by a person (`medview.study.asked_spacing`).
    """

    series_instance_uid: str
    study_instance_uid: str
    modality: str = ""
    stack: str = ""
    series_number: int | None = None
    series_description: str = ""
    body_part_examined: str = ""
    image_type: tuple[str, ...] = ()
    sop_class_uid: str = ""
    manufacturer: str = ""
    patient_position: str = ""
    contrast_bolus_agent: str = ""
    scanning_sequence: str = ""
    photometric_interpretation: str = "MONOCHROME2"
    rescale_type: str = ""
    slice_thickness_mm: float | None = None
    acquisition_date: str = ""
    acquisition_time: str = ""
    rows: int = 0
    columns: int = 0
    instances: tuple[Instance, ...] = ()
    geometry: Geometry | None = None
    windows: tuple[tuple[float, float], ...] = ()
    voi_lut_function: str = "LINEAR"
    warnings: tuple[Sentence, ...] = ()
    refusal: MedViewError | None = None
    guard: tuple[GuardLine, ...] = ()
    axis: AxisPlace | None = None
    frame_time_ms: float | None = None
    file_format: str = "DICOM"
    suv_factors: tuple[tuple[str, float], ...] = ()
    resampled_from: Series | None = None
    has_given_spacing: bool = False

    @property
    def is_colour(self) -> bool:
        """Whether the pixels are colours: the volume's array then has a last axis of red, green, blue."""
        return not self.photometric_interpretation.startswith("MONOCHROME")

    @property
    def is_recording(self) -> bool:
        """Whether the images are frames that follow each other in time."""
        return any(line.kind == "cine" for line in self.guard)

    @property
    def key(self) -> str:
        """Return what tells this stack from every other: series UID and stack name."""
        return f"{self.series_instance_uid}#{self.stack}" if self.stack else self.series_instance_uid

    @property
    def sop_hash(self) -> str:
        """Return the SHA-256 of `image_names`: the identity of the voxels."""
        return hashlib.sha256("\n".join(self.image_names).encode()).hexdigest()

    @property
    def image_names(self) -> tuple[str, ...]:
        """Return what tells each image from every other, in slice order: SOP Instance UID and frame.

        Images that have no UID, or share one, are told apart by their paths.
        """
        if self.resampled_from is not None:
            return tuple(f"resampled {name}" for name in self.resampled_from.image_names)
        if self.has_own_names:
            return tuple(f"{i.sop_instance_uid}:{_part(i)}" for i in self.instances)
        return tuple(f"{i.sop_instance_uid}:{i.path}:{_part(i)}" for i in self.instances)

    @cached_property
    def has_own_names(self) -> bool:
        """Whether SOP Instance UID and frame tell each image from the others: some files have no UID, or share one."""
        names = {f"{i.sop_instance_uid}:{_part(i)}" for i in self.instances}
        return len(names) == len(self.instances) and all(i.sop_instance_uid for i in self.instances)


def _part(instance: Instance) -> str:
    """Return which part of its file an image is: the frame, and in a mosaic the tile."""
    if instance.tile is None:
        return str(instance.frame_index)
    row, column = instance.tile
    return f"{instance.frame_index}@{row},{column}"


@dataclass(frozen=True)
class Patient:
    """Who was examined: the patient module's attributes (PS3.3 C.7.1.1), "" where absent."""

    patient_name: str = ""
    patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""


@dataclass(frozen=True)
class StudyFacts:
    """Attributes of the general study and the patient study module (PS3.3 C.7.2.1, C.7.2.2), "" where absent.

    `patient_age` is as it was at the examination, as DICOM writes it: "045Y".
    """

    study_instance_uid: str
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    accession_number: str = ""
    institution_name: str = ""
    patient: Patient = field(default_factory=Patient)
    study_id: str = ""
    patient_age: str = ""
