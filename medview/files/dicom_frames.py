"""Where each frame of a file lies and how its values are meant: plain attributes or functional groups.

PS3.3 C.7.6.2 (image plane), C.7.6.16 (multi-frame functional groups).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from medview.errors import Sentence
from medview.files.dicom_values import Values

Vector = tuple[float, ...]
_SANE_SPACING_MM = (0.001, 100.0)
# private element, the private creator that makes it one (PS3.5 7.8.1), and what the creator's name starts with
_PRIVATE_B_VALUES = ((0x0019100C, 0x00190010, "SIEMENS MR"), (0x00431039, 0x00430010, "GEMS"))


@dataclass(frozen=True)
class Frame:
    """One frame's place (LPS mm) and value mapping; None or empty where not given or not usable.

    `order` holds what may tell images at one place apart: (name, value), the most telling first.
    """

    position: Vector | None = None
    orientation: Vector | None = None
    pixel_spacing: tuple[float, float] | None = None
    slice_thickness_mm: float | None = None
    spacing_between_slices_mm: float | None = None
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    rescale_type: str = ""
    has_rescale: bool = True
    windows: tuple[tuple[float, float], ...] = ()
    frame_type: tuple[str, ...] = ()
    stack_id: str = ""
    b_value: float | None = None
    order: tuple[tuple[str, float], ...] = ()
    warnings: tuple[Sentence, ...] = ()


def frames_of(values: Values, count: int) -> tuple[Frame, ...] | None:
    """Return the frames of a file; None for a multi-frame file that gives its frames no place."""
    per_frame = values.items("PerFrameFunctionalGroupsSequence")
    shared = values.item("SharedFunctionalGroupsSequence")
    if len(per_frame) == count and (count > 1 or not values.has("ImagePositionPatient")):
        return tuple(_from_groups(group, shared) for group in per_frame)
    return (_from_attributes(values),) if count == 1 else None


def _from_attributes(values: Values) -> Frame:
    slope, intercept, rescale_type, odd = _rescale(values)
    return Frame(
        *_place(values, values, values),
        rescale_slope=slope,
        rescale_intercept=intercept,
        rescale_type=rescale_type,
        has_rescale=_has_rescale(values),
        windows=_windows(values),
        b_value=_b_value(values),
        order=tuple(_order(values)),
        warnings=_odd_place(values, values, values) + odd,
    )


def _from_groups(frame: Values, shared: Values) -> Frame:
    def group(name: str) -> Values:
        return frame.item(name) if frame.has(name) else shared.item(name)

    plane = group("PlanePositionSequence"), group("PlaneOrientationSequence"), group("PixelMeasuresSequence")
    content, diffusion = group("FrameContentSequence"), group("MRDiffusionSequence")
    transformation = group("PixelValueTransformationSequence")
    slope, intercept, rescale_type, odd = _rescale(transformation)
    kinds = ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence")
    return Frame(
        *_place(*plane),
        rescale_slope=slope,
        rescale_intercept=intercept,
        rescale_type=rescale_type,
        has_rescale=_has_rescale(transformation),
        windows=_windows(group("FrameVOILUTSequence")),
        frame_type=next((t for kind in kinds if (t := group(kind).texts("FrameType"))), ()),
        stack_id=content.text("StackID"),
        b_value=diffusion.number("DiffusionBValue"),
        order=tuple(_order(content, group("MREchoSequence"), group("CardiacSynchronizationSequence"))),
        warnings=_odd_place(*plane) + odd,
    )


def _place(
    position: Values, orientation: Values, measures: Values
) -> tuple[Vector | None, Vector | None, tuple[float, float] | None, float | None, float | None]:
    """Return position, orientation, pixel spacing, thickness and spacing between slices where they are usable."""
    place = position.numbers("ImagePositionPatient")
    return (
        place if len(place) == 3 else None,
        _orientation(orientation),
        _pixel_spacing(measures),
        _positive(measures.number("SliceThickness")),
        _positive(measures.number("SpacingBetweenSlices")),
    )


def _positive(number: float | None) -> float | None:
    return number if number is not None and _SANE_SPACING_MM[0] <= number <= _SANE_SPACING_MM[1] else None


def _pixel_spacing(measures: Values) -> tuple[float, float] | None:
    """Return (row spacing, column spacing) where both are believable millimetres."""
    spacing = measures.numbers("PixelSpacing")
    if len(spacing) != 2 or None in map(_positive, spacing):
        return None
    return spacing[0], spacing[1]


def _orientation(values: Values) -> Vector | None:
    """Return the six cosines, made of unit length where they are not; None where they span no plane."""
    cosines = np.array(values.numbers("ImageOrientationPatient"))
    if cosines.shape != (6,):
        return None
    vectors = cosines.reshape(2, 3)
    lengths = np.linalg.norm(vectors, axis=1)
    if lengths.min() < 1e-3:
        return None
    if np.abs(lengths - 1).max() > 1e-3:
        vectors = vectors / lengths[:, None]
    if abs(vectors[0] @ vectors[1]) > 0.01:
        return None
    return tuple(vectors.ravel().tolist())


def _odd_place(position: Values, orientation: Values, measures: Values) -> tuple[Sentence, ...]:
    """Say what is given about the place but cannot be used as it is."""
    found = []
    cosines = orientation.numbers("ImageOrientationPatient")
    if orientation.has("ImageOrientationPatient") and _orientation(orientation) is None:
        found.append(Sentence("The image orientation is not usable: no orientation letter is shown."))
    elif cosines and np.abs(np.linalg.norm(np.reshape(cosines, (2, 3)), axis=1) - 1).max() > 1e-3:
        found.append(Sentence("The direction cosines of the image were not of length one; they were made so."))
    elif not cosines:
        found.append(Sentence("The image gives no orientation in the patient: no orientation letter is shown."))
    if measures.text("PixelSpacing") and _pixel_spacing(measures) is None:
        found.append(Sentence("The pixel spacing is not usable: {spacing}.",
                              {"spacing": measures.text("PixelSpacing")[:40]}))  # fmt: skip
    if position.text("ImagePositionPatient") and len(position.numbers("ImagePositionPatient")) != 3:
        found.append(Sentence("The image position is not usable."))
    return tuple(found)


def _rescale(values: Values) -> tuple[float, float, str, tuple[Sentence, ...]]:
    """Return slope, intercept and type; of an unusable pair the stored values are kept, of no unit (C.11.1)."""
    slope, intercept = values.number("RescaleSlope"), values.number("RescaleIntercept")
    if not _has_rescale(values):
        return 1.0, 0.0, values.text("RescaleType"), ()
    if not slope or intercept is None or abs(slope) > 1e12 or abs(intercept) > 1e12:
        odd = Sentence("The rescale slope or intercept is not usable: stored values are shown, without a unit.")
        return 1.0, 0.0, "US", (odd,)
    return slope, intercept, values.text("RescaleType"), ()


def _has_rescale(values: Values) -> bool:
    return bool(values.text("RescaleSlope") or values.text("RescaleIntercept"))


def _windows(values: Values) -> tuple[tuple[float, float], ...]:
    pairs = zip(values.numbers("WindowCenter"), values.numbers("WindowWidth"), strict=False)
    return tuple((centre, width) for centre, width in pairs if width > 0)


def _b_value(values: Values) -> float | None:
    """Return the diffusion b-value: the standard's, Siemens' or GE's (whose first number carries a marker of 1e9)."""
    number = values.number("DiffusionBValue")
    for tag, creator_tag, creator in _PRIVATE_B_VALUES:
        if number is None and values.text(creator_tag).startswith(creator):
            number = values.number(tag)
    return None if number is None else number % 1e5


def _order(*groups: Values) -> Iterator[tuple[str, float]]:
    names = {
        "TemporalPositionIndex": "time",
        "TemporalPositionIdentifier": "time",
        "EffectiveEchoTime": "echo time",
        "EchoTime": "echo time",
        "AcquisitionNumber": "acquisition",
        "FrameAcquisitionNumber": "acquisition",
        "NominalCardiacTriggerDelayTime": "trigger",
        "TriggerTime": "trigger",
        "KVP": "kVp",
        "AcquisitionTime": "acquisition time",
        "ContentTime": "content time",
        "FrameAcquisitionDateTime": "acquisition time",
    }
    for keyword, name in names.items():
        number = next((n for g in groups if (n := g.number(keyword)) is not None), None)
        if number is not None:
            yield name, number
