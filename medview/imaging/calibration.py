"""What of a measurement on an image may be called a millimetre, and which: PS3.3 10.7 and C.8.5.5.

A spacing at the detector is no spacing in the patient, and a scan converter's scale holds in its region alone. What is
not known is given in pixels; what would be wrong is refused with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medview.errors import MedViewError, Sentence
from medview.imaging.image_kind import image_kind
from medview.imaging.ultrasound_region import has_scale, has_square_pixels, region_of, region_spacing
from medview.study.series import Series
from medview.study.spacing_facts import NO_SPACING, Pair, SpacingFacts

LengthUnit = Literal["mm", "mm Proj", "mm ERMF", "mm Calibrated", "mm Unknown", "mm User", "px"]
_LARGEST_MAGNIFICATION = 10.0  # beyond it no patient fits between the source and the detector
_LARGEST_ASPECT = 20.0
_SAME = 1e-3  # of a spacing: writers round differently
_AS_STORED = Sentence("Pixel Spacing of the file.")
_PROJ = Sentence("At the detector, by Imager Pixel Spacing: what lies in the patient is smaller.")
_ERMF_GEOMETRY = Sentence("In the patient, by the geometry that the file says its Pixel Spacing was worked out from.")
_ERMF = Sentence("In the patient, by Imager Pixel Spacing and the magnification that the file estimates.")
_FIDUCIAL = Sentence("In the patient, by an object of known size in the image, as the file says.")
_UNKNOWN = Sentence("By a Pixel Spacing of which the file does not say whether it holds in the patient.")
_UNKNOWN_METHOD = Sentence("In the patient, calibrated in a way that the file does not name.")
_USER = Sentence("By a distance that a person has given.")
_NO_SPACING = Sentence("The file does not say how large a pixel is.")
_REGION = Sentence("By the scale of the region of the ultrasound image.")
_NO_REGION = Sentence("Not all of it lies in one region of the ultrasound image whose scale is known.")
_REFUSED_PAIR = Sentence(
    "Pixel Spacing is larger than Imager Pixel Spacing: nothing is larger than its shadow, so one of them is wrong."
)
_REFUSED_MAGNIFICATION = Sentence("The magnification that the file gives is impossible.")
_REFUSED_ASPECT = Sentence("The shape of a pixel that the file gives is impossible, so no angle can be measured.")
_REFUSED_UNEVEN = Sentence(
    "The slices do not lie at even, known distances: resample the stack before measuring across it."
)


@dataclass(frozen=True)
class Calibration:
    """What lengths, areas and angles between points of one image are worth.

    Attributes
    ----------
    unit
        Of a length; of an area it stands squared (`area_unit`).
    pixel_mm
        Height and width of a pixel in `unit`; (1, 1) where that is "px".
    reason
        What the unit means, or why it is only pixels: a line for a person.
    refusal
        Why no length and no area may be told at all; None where they may.
    angle_refusal
        Why no angle may be told; None where one may.
    aspect
        Height of a pixel in its widths, for angles.
    """

    unit: LengthUnit
    pixel_mm: Pair
    reason: Sentence
    refusal: Sentence | None = None
    angle_refusal: Sentence | None = None
    aspect: float = 1.0

    @property
    def area_unit(self) -> str:
        """The unit of an area: "mm² Proj", "px²"."""
        first, _, kind = self.unit.partition(" ")
        return f"{first}² {kind}".strip()

    def length(self, points_px: ArrayLike) -> tuple[float, LengthUnit]:
        """Return the length of the line through points (n, 2) of (column, row).

        Raises
        ------
        MedViewError
            Lengths are refused here.
        """
        return float(np.linalg.norm(np.diff(self._scaled(points_px), axis=0), axis=1).sum()), self.unit

    def area(self, points_px: ArrayLike) -> tuple[float, str]:
        """Return the area of the polygon with corners (n, 2) of (column, row); errors as `length`."""
        x, y = self._scaled(points_px).T
        return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2), self.area_unit

    def angle_deg(self, first_px: ArrayLike, second_px: ArrayLike) -> float:
        """Return the angle between two vectors (column, row), 0 to 180 degrees.

        Raises
        ------
        MedViewError
            The shape of a pixel is not known.
        """
        if self.angle_refusal is not None:
            raise refused(self.angle_refusal)
        one, other = (np.asarray(v, dtype=np.float64) * (1.0, self.aspect) for v in (first_px, second_px))
        cross, dot = one[0] * other[1] - one[1] * other[0], float(one @ other)
        return float(np.degrees(np.arctan2(abs(cross), dot)))

    def _scaled(self, points_px: ArrayLike) -> NDArray[np.float64]:
        """Return points (x, y) in the unit."""
        if self.refusal is not None:
            raise refused(self.refusal)
        return np.asarray(points_px, dtype=np.float64) * self.pixel_mm[::-1]


def refused(reason: Sentence) -> MedViewError:
    """Return the error of a measurement that is refused."""
    return MedViewError(reason.template, "", **reason.values)


def calibration(
    series: Series, slice_index: int, points_px: ArrayLike = (), *, user_mm: float | None = None
) -> Calibration:
    """Return what measuring between points of one image, as it was acquired, is worth.

    Parameters
    ----------
    points_px
        (n, 2) handles as (column, row), the centre of the first pixel at (0, 0). In ultrasound they decide; without
        any, what holds wherever a line is drawn is returned.
    user_mm
        Width of a pixel that a person has given (`user_spacing`); left out where the file knows better.
    """
    facts = _facts(series, slice_index)
    points = np.asarray(points_px, dtype=np.float64).reshape(-1, 2)
    found = _by_kind(series, facts, points)
    if user_mm is None or not _may_be_given(found, facts):
        return found
    return Calibration("mm User", (user_mm * found.aspect, user_mm), _USER, None, found.angle_refusal, found.aspect)


def calibration_across(series: Series) -> Calibration:
    """Return what measuring in a plane that was cut through the images, or between them, is worth.

    `pixel_mm` is (1, 1): points are taken in the millimetres of the series' geometry.
    """
    geometry = series.geometry
    if geometry is None or not geometry.can_reformat or not geometry.has_spacing:
        return Calibration("px", (1.0, 1.0), _REFUSED_UNEVEN, _REFUSED_UNEVEN, _REFUSED_UNEVEN)
    if series.has_given_spacing:
        return Calibration("mm User", (1.0, 1.0), _USER)
    return Calibration("mm", (1.0, 1.0), _AS_STORED)


def user_spacing(series: Series, slice_index: int, points_px: ArrayLike, known_mm: float) -> float:
    """Return the width of a pixel in mm by which two points (2, 2) of (column, row) lie `known_mm` apart.

    Raises
    ------
    MedViewError
        The file gives a spacing, which no person overrules, the points are one, or the distance is none.
    """
    found = calibration(series, slice_index, points_px)
    if not _may_be_given(found, _facts(series, slice_index)):
        raise MedViewError(
            "The image has its own spacing, which is not overruled.",
            "Measure on it directly, or calibrate an image that holds no spacing.",
        )
    if found.angle_refusal is not None:
        raise refused(found.angle_refusal)
    first, last = np.asarray(points_px, dtype=np.float64) * (1.0, found.aspect)
    widths = float(np.linalg.norm(last - first))
    if widths < 1.0:
        raise MedViewError("The line is too short to calibrate by.", "Draw it along something whose length is known.")
    if not (np.isfinite(known_mm) and 1e-3 < known_mm < 1e4):
        raise MedViewError("A known distance is above 0 and below 10,000 mm.", "Type it in millimetres.")
    return known_mm / widths


def _may_be_given(found: Calibration, facts: SpacingFacts) -> bool:
    """Whether a person may say how large a pixel is: only where nothing tells its size in the patient (rules 1, 4).

    A radiograph of which only the detector's spacing is known is one of these: a ball of known size beside the patient
    is what it is calibrated by.
    """
    if found.unit == "mm Proj" or found.refusal is _REFUSED_MAGNIFICATION:
        return True
    return found.unit == "px" and found.refusal is None and not has_scale(facts.regions)


def _facts(series: Series, slice_index: int) -> SpacingFacts:
    instances = series.instances
    return instances[slice_index].spacing if 0 <= slice_index < len(instances) else NO_SPACING


def _by_kind(series: Series, facts: SpacingFacts, points: NDArray[np.float64]) -> Calibration:
    """Return the calibration by the kind of the images; what a person gave for all of them comes first."""
    geometry = series.geometry
    has_spacing = geometry is not None and geometry.has_spacing
    if geometry is not None and has_spacing and series.has_given_spacing:
        return _spaced("mm User", geometry.spacing_mm[1:], _USER)
    kind = image_kind(series.modality, series.sop_class_uid, is_placed=has_spacing)
    if kind == "projection":
        return _projected(facts)
    if kind == "ultrasound":
        return _sounded(facts, points)
    if geometry is not None and has_spacing and kind == "plane":
        return _spaced("mm", geometry.spacing_mm[1:], _AS_STORED)
    return _unspaced(facts)


def _spaced(unit: LengthUnit, pixel_mm: Pair, reason: Sentence) -> Calibration:
    return Calibration(unit, pixel_mm, reason, aspect=pixel_mm[0] / pixel_mm[1])


def _projected(facts: SpacingFacts) -> Calibration:
    """Return the calibration of a radiograph: rules 2a to 2d."""
    pixel, imager = facts.pixel_spacing, facts.imager_pixel_spacing
    if pixel is None:
        return _unspaced(facts) if imager is None else _at_detector(facts, imager)
    if imager is not None and np.any(np.array(pixel) > np.array(imager) * (1 + _SAME)):
        return _refused(facts, _REFUSED_PAIR)
    if facts.calibration_type == "GEOMETRY":
        return _spaced("mm ERMF", pixel, _ERMF_GEOMETRY)
    if facts.calibration_type == "FIDUCIAL":
        return _spaced("mm Calibrated", pixel, _FIDUCIAL)
    if imager is None:
        return _spaced("mm Unknown", pixel, _UNKNOWN)
    if np.allclose(pixel, imager, rtol=_SAME, atol=0):
        return _at_detector(facts, imager)
    return _spaced("mm Unknown", pixel, _UNKNOWN_METHOD)


def _at_detector(facts: SpacingFacts, imager: Pair) -> Calibration:
    """Return the calibration of a spacing at the detector, brought into the patient where the file says how."""
    magnification = facts.magnification
    if magnification is None and facts.source_to_detector_mm and facts.source_to_patient_mm:
        magnification = facts.source_to_detector_mm / facts.source_to_patient_mm
    if magnification is None or magnification == 1.0:
        return _spaced("mm Proj", imager, _PROJ)
    if not 1.0 < magnification <= _LARGEST_MAGNIFICATION:
        return _refused(facts, _REFUSED_MAGNIFICATION)
    return _spaced("mm ERMF", (imager[0] / magnification, imager[1] / magnification), _ERMF)


def _sounded(facts: SpacingFacts, points: NDArray[np.float64]) -> Calibration:
    """Return the calibration of ultrasound: by the one region that holds every point (rule 3)."""
    region, refusal = region_of(facts.regions, points)
    if refusal is not None:
        return Calibration("px", (1.0, 1.0), refusal, refusal, refusal)
    spacing = region_spacing(region) if region is not None else None
    if spacing is None:
        found = _unspaced(facts, _NO_REGION if facts.regions else _NO_SPACING)
        return found if has_square_pixels(facts.regions) else replace(found, angle_refusal=_NO_REGION)
    return _spaced("mm", spacing, _REGION)


def _unspaced(facts: SpacingFacts, reason: Sentence = _NO_SPACING) -> Calibration:
    aspect = _aspect(facts)
    return Calibration(
        "px", (1.0, 1.0), reason, None, _REFUSED_ASPECT if aspect is None else None, 1.0 if aspect is None else aspect
    )


def _refused(facts: SpacingFacts, reason: Sentence) -> Calibration:
    """Return what is left where a length would be wrong: angles, by the shape of a pixel."""
    found = _unspaced(facts)
    return Calibration("px", (1.0, 1.0), reason, reason, found.angle_refusal, found.aspect)


def _aspect(facts: SpacingFacts) -> float | None:
    """Return height of a pixel in its widths; 1 where nothing tells, None where what is told is impossible (rule 5)."""
    for pair in (facts.pixel_spacing, facts.aspect_ratio, facts.imager_pixel_spacing):
        if pair is not None:
            sane = min(pair) > 0 and 1 / _LARGEST_ASPECT <= pair[0] / pair[1] <= _LARGEST_ASPECT
            return pair[0] / pair[1] if sane else None
    return 1.0
