"""What was acquired: one stack of images that belong together, and its identity."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from medview.errors import MedViewError, Sentence
from medview.study.geometry import Geometry


@dataclass(frozen=True)
class StoredPixels:
    """How a file holds its pixel data (PS3.3 C.7.6.3), so that it can be read without reading the header again.

    `offset` is that of the value of Pixel Data and `length` its length, None where it is encapsulated (PS3.5 A.4).
    `file_size` and `file_mtime_ns` tell whether the file is still the one that was scanned.
    """

    offset: int
    length: int | None
    frames: int
    bits_allocated: int
    bits_stored: int
    pixel_representation: int
    file_size: int
    file_mtime_ns: int


@dataclass(frozen=True)
class Instance:
    """One image of a series: a file, or a frame of a multi-frame file.

    `rescale_slope` and `rescale_intercept` are (0028,1053) and (0028,1052), 1 and 0 where absent.
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
        None where the images form no regular grid; `refusal` then says why.
    windows
        (Window Center, Window Width) pairs as stored, the default first.
    warnings
        What a reader must know about this stack, each a sentence.
    refusal
        Why the stack cannot be opened as a volume, with a remedy; None where it can.
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
    pixel_padding_value: int | None = None
    warnings: tuple[Sentence, ...] = ()
    refusal: MedViewError | None = None

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
        names = tuple(f"{i.sop_instance_uid}:{i.frame_index}" for i in self.instances)
        if len(set(names)) == len(names) and all(i.sop_instance_uid for i in self.instances):
            return names
        return tuple(f"{i.sop_instance_uid}:{i.path}:{i.frame_index}" for i in self.instances)


@dataclass(frozen=True)
class Patient:
    """Who was examined: the patient module's attributes (PS3.3 C.7.1.1), "" where absent."""

    patient_name: str = ""
    patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""


@dataclass(frozen=True)
class StudyFacts:
    """The general study module's attributes (PS3.3 C.7.2.1), "" where absent."""

    study_instance_uid: str
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    accession_number: str = ""
    institution_name: str = ""
    patient: Patient = field(default_factory=Patient)
