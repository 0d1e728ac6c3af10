"""What a header says of how an image was taken, beside its geometry: what a reader wants to see on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AcquisitionFacts:
    """DICOM's attributes in snake case; "" and None where absent.

    Attributes
    ----------
    laterality
        Image Laterality (0020,0062), that of Frame Anatomy (0020,9072) or Laterality (0020,0060): "L", "R", "B" or "U".
    view_position
        (0018,5101) of radiographs, or the mnemonic of View Code Sequence (0054,0220) of mammograms: "PA", "MLO".
    echo_time_ms, repetition_time_ms, magnetic_field_strength_t
        Of MR: (0018,0081), (0018,0080) and (0018,0087).
    kvp
        (0018,0060).
    patient_orientation
        (0020,0020): where the rows run, to the right, and the columns, downwards, in the patient's letters: ("A", "F").
    """

    laterality: str = ""
    view_position: str = ""
    echo_time_ms: float | None = None
    repetition_time_ms: float | None = None
    magnetic_field_strength_t: float | None = None
    kvp: float | None = None
    patient_orientation: tuple[str, ...] = ()


NOTHING_SAID = AcquisitionFacts()
