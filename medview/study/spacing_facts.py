"""What an image says of the size of its pixels, before anybody decides what may be called a millimetre."""

from __future__ import annotations

from dataclasses import dataclass

Pair = tuple[float, float]


@dataclass(frozen=True)
class UltrasoundRegion:
    """One item of Sequence of Ultrasound Regions (0018,6011): PS3.3 C.8.5.5.

    Attributes
    ----------
    box
        (first column, first row, last column, last row), both ends within.
    spatial_format
        Region Spatial Format (0018,6012): 1 is 2D, 2 M-mode, 3 spectral, 4 wave form, 5 graphics, 0 none.
    data_type
        Region Data Type (0018,6014): 1 is tissue, 2 colour flow.
    is_low_priority
        Bit 0 of Region Flags (0018,6016): where regions lie over each other, the others are meant.
    units
        Physical Units X and Y Direction (0018,6024), (0018,6026): 3 is cm, 4 seconds, 7 cm/s.
    delta
        Physical Delta X and Y (0018,602C), (0018,602E): units a pixel.
    """

    box: tuple[int, int, int, int]
    spatial_format: int
    data_type: int
    is_low_priority: bool
    units: tuple[int, int]
    delta: Pair


@dataclass(frozen=True)
class SpacingFacts:
    """Attributes of one image that tell how large its pixels are; pairs are (rows, columns) in mm, None where absent.

    Attributes
    ----------
    pixel_spacing, imager_pixel_spacing
        (0028,0030) and (0018,1164), each None where it is no pair of believable millimetres.
    calibration_type, calibration_description
        (0028,0A02) and (0028,0A04).
    magnification
        Estimated Radiographic Magnification Factor (0018,1114) as it is stored, be it absurd.
    source_to_detector_mm, source_to_patient_mm
        (0018,1110) and (0018,1111) as they are stored.
    aspect_ratio
        Pixel Aspect Ratio (0028,0034) as it is stored: height and width of a pixel, be it absurd.
    regions
        Of ultrasound.
    """

    pixel_spacing: Pair | None = None
    imager_pixel_spacing: Pair | None = None
    calibration_type: str = ""
    calibration_description: str = ""
    magnification: float | None = None
    source_to_detector_mm: float | None = None
    source_to_patient_mm: float | None = None
    aspect_ratio: Pair | None = None
    regions: tuple[UltrasoundRegion, ...] = ()


NO_SPACING = SpacingFacts()
