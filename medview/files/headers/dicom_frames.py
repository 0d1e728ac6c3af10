"""Where each frame of a file lies and how its values are meant: plain attributes or functional groups.

PS3.3 C.7.6.2 (image plane), C.7.6.16 (multi-frame functional groups).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from medview.errors import Sentence
from medview.files.headers.dicom_axis_facts import (
    AXIS_GROUPS,
    axis_facts,
    b_value,
    diffusion_direction,
    dimension_facts,
    own_axis_facts,
    traits,
)
from medview.files.headers.dicom_values import Values
from medview.files.headers.remembered import remembered
from medview.study.changed import changed

Vector = tuple[float, ...]
Point = tuple[float, float, float]
_SANE_SPACING_MM = (0.001, 100.0)
_FARTHEST_MM = 1e5
_LARGEST_ASPECT = 20.0
NO_ORIENTATION = Sentence("The image gives no orientation in the patient: no orientation letter is shown.")


@dataclass(frozen=True)
class Frame:
    """One frame's place (LPS mm) and value mapping; None or empty where not given or not usable.

    `order` holds what may tell images at one place apart: (name of `medview.files.stacks.dicom_axis`, value), the most
    telling first. `pixel_aspect` is the height of a pixel in its widths, also where no millimetre is known (PS3.3
    C.7.6.3.1.7). `direction` is the diffusion gradient's (LPS). `traits` are facts that are no numbers and part
    stacks where each part is whole: (name, value).
    """

    position: Point | None = None
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
    direction: Vector | None = None
    order: tuple[tuple[str, float], ...] = ()
    traits: tuple[tuple[str, str], ...] = ()
    pixel_aspect: float = 1.0
    warnings: tuple[Sentence, ...] = ()


def frames_of(values: Values, count: int) -> tuple[Frame, ...]:
    """Return the frames of a file; those of one without functional groups all lie where its own attributes say."""
    per_frame = values.items("PerFrameFunctionalGroupsSequence")
    shared = values.item("SharedFunctionalGroupsSequence")
    if len(per_frame) == count and (count > 1 or not values.has("ImagePositionPatient")):
        return tuple(_from_groups(group, shared, values) for group in per_frame)
    frame = _from_attributes(values)
    if per_frame:
        odd = Sentence("The file describes {told} {told:frame|frames} and holds {count}: their places are not known.",
                       {"told": len(per_frame), "count": count})  # fmt: skip
        frame = replace(frame, position=None, warnings=(*frame.warnings, odd))
    return (frame,) * count


def frame_time_ms(values: Values) -> float | None:
    """Return the time from one frame of a recording to the next (PS3.3 C.7.6.5); None where it is not told."""
    vector = values.numbers("FrameTimeVector")
    steps = [step for step in vector[1:] if step > 0]
    for time in (values.number("FrameTime"), float(np.median(steps)) if steps else None):
        if time is not None and 0.1 <= time <= 60_000:
            return time
    rate = values.number("CineRate") or values.number("RecommendedDisplayFrameRate")
    return 1000.0 / rate if rate is not None and 0.01 <= rate <= 1000 else None


def _from_attributes(values: Values) -> Frame:
    frame = _without_place(values)
    odd = _odd_position(values)
    return changed(
        frame,
        position=point(values),
        order=own_axis_facts(values),
        warnings=odd + frame.warnings if odd else frame.warnings,
    )


@remembered
def _without_place(values: Values) -> Frame:
    """Return what is the same for most images of a series."""
    slope, intercept, rescale_type, odd = _rescale(values)
    thickness, between = _thicknesses(values)
    return Frame(
        orientation=_orientation(values),
        pixel_spacing=_pixel_spacing(values),
        slice_thickness_mm=thickness,
        spacing_between_slices_mm=between,
        rescale_slope=slope,
        rescale_intercept=intercept,
        rescale_type=rescale_type,
        has_rescale=_has_rescale(values),
        windows=_windows(values),
        b_value=b_value(values),
        direction=diffusion_direction(values),
        traits=_own_traits(values),
        pixel_aspect=_pixel_aspect(values),
        warnings=_odd_orientation(values) + _odd_spacing(values) + odd + _odd_window(values),
    )


@remembered
def _own_traits(values: Values) -> tuple[tuple[str, str], ...]:
    return tuple(traits(values))


def _from_groups(frame: Values, shared: Values, file: Values) -> Frame:
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
        direction=diffusion_direction(diffusion.item("DiffusionGradientDirectionSequence")),
        order=tuple(axis_facts(*map(group, AXIS_GROUPS), dimensions=dimension_facts(file, content))),
        traits=tuple(traits(group("CTReconstructionSequence"), group("MRImageFrameTypeSequence"))),
        pixel_aspect=_pixel_aspect(file),
        warnings=_odd_place(*plane) + odd,
    )


def _place(
    position: Values, orientation: Values, measures: Values
) -> tuple[Point | None, Vector | None, tuple[float, float] | None, float | None, float | None]:
    """Return position, orientation, pixel spacing, thickness and spacing between slices where they are usable."""
    return (
        point(position),
        _orientation(orientation),
        _pixel_spacing(measures),
        *_thicknesses(measures),
    )


def point(values: Values) -> Point | None:
    """Return Image Position (Patient) where it is one, and no further away than any scanner reaches."""
    place = values.numbers("ImagePositionPatient")
    if len(place) != 3 or max(map(abs, place)) > _FARTHEST_MM:
        return None
    return place[0], place[1], place[2]


@remembered
def _thicknesses(measures: Values) -> tuple[float | None, float | None]:
    return _positive(measures.number("SliceThickness")), _positive(measures.number("SpacingBetweenSlices"))


def _positive(number: float | None) -> float | None:
    return number if number is not None and _SANE_SPACING_MM[0] <= number <= _SANE_SPACING_MM[1] else None


@remembered
def _pixel_spacing(measures: Values) -> tuple[float, float] | None:
    """Return (row spacing, column spacing) where both are believable millimetres."""
    spacing = measures.numbers("PixelSpacing")
    if len(spacing) != 2 or None in map(_positive, spacing):
        return None
    return spacing[0], spacing[1]


@remembered
def _pixel_aspect(values: Values) -> float:
    """Return the height of a pixel in its widths; 1 where nothing tells, or nothing believable."""
    for keyword in ("PixelSpacing", "PixelAspectRatio", "ImagerPixelSpacing"):
        pair = values.numbers(keyword)
        if len(pair) == 2 and min(pair) > 0 and 1 / _LARGEST_ASPECT <= pair[0] / pair[1] <= _LARGEST_ASPECT:
            return pair[0] / pair[1]
    return 1.0


@remembered
def _orientation(values: Values) -> Vector | None:
    """Return the six cosines, made of unit length where they are not; None where they span no plane."""
    cosines = np.array(values.numbers("ImageOrientationPatient"))
    if cosines.shape != (6,):
        return None
    vectors = cosines.reshape(2, 3)
    lengths = np.linalg.norm(vectors, axis=1)
    if lengths.min() < 1e-3 or lengths.max() > 1e3:
        return None
    if np.abs(lengths - 1).max() > 1e-3:
        vectors = vectors / lengths[:, None]
    if abs(vectors[0] @ vectors[1]) > 0.01:
        return None
    return tuple(vectors.ravel().tolist())


def _odd_place(position: Values, orientation: Values, measures: Values) -> tuple[Sentence, ...]:
    """Say what is given about the place but cannot be used as it is."""
    return _odd_orientation(orientation) + _odd_spacing(measures) + _odd_position(position)


@remembered
def _odd_orientation(orientation: Values) -> tuple[Sentence, ...]:
    cosines = orientation.numbers("ImageOrientationPatient")
    if orientation.has("ImageOrientationPatient") and _orientation(orientation) is None:
        return (Sentence("The image orientation is not usable: no orientation letter is shown."),)
    if not cosines:
        return (NO_ORIENTATION,)
    if np.abs(np.linalg.norm(np.reshape(cosines, (2, 3)), axis=1) - 1).max() > 1e-3:
        return (Sentence("The direction cosines of the image were not of length one; they were made so."),)
    return ()


@remembered
def _odd_spacing(measures: Values) -> tuple[Sentence, ...]:
    if not measures.text("PixelSpacing") or _pixel_spacing(measures) is not None:
        return ()
    return (Sentence("The pixel spacing is not usable: {spacing}.", {"spacing": measures.text("PixelSpacing")[:40]}),)


def _odd_position(position: Values) -> tuple[Sentence, ...]:
    if point(position) is not None or not position.text("ImagePositionPatient"):
        return ()
    return (Sentence("The image position is not usable."),)


@remembered
def _rescale(values: Values) -> tuple[float, float, str, tuple[Sentence, ...]]:
    """Return slope, intercept and type; of an unusable pair the stored values are kept, of no unit (C.11.1)."""
    slope, intercept = values.number("RescaleSlope"), values.number("RescaleIntercept")
    if not _has_rescale(values):
        return 1.0, 0.0, values.text("RescaleType"), ()
    if not slope or intercept is None or abs(slope) > 1e12 or abs(intercept) > 1e12:
        odd = Sentence("The rescale slope or intercept is not usable: stored values are shown, without a unit.")
        return 1.0, 0.0, "US", (odd,)
    return slope, intercept, values.text("RescaleType"), ()


@remembered
def _has_rescale(values: Values) -> bool:
    return bool(values.text("RescaleSlope") or values.text("RescaleIntercept"))


@remembered
def _odd_window(values: Values) -> tuple[Sentence, ...]:
    if any(width > 0 for width in values.numbers("WindowWidth")) or not values.text("WindowWidth"):
        return ()
    return (Sentence("The window of the image is not usable: one is computed from its values."),)


@remembered
def _windows(values: Values) -> tuple[tuple[float, float], ...]:
    pairs = zip(values.numbers("WindowCenter"), values.numbers("WindowWidth"), strict=False)
    return tuple((centre, width) for centre, width in pairs if width > 0)
