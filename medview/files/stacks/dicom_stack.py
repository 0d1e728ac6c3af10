"""One stack of sorted images turned into a Series: its geometry, and what the geometry guard says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np

from medview.errors import Sentence
from medview.files.headers.dicom_header import Image
from medview.files.headers.dicom_suv import common_factors
from medview.files.stacks import geometry_guard as guard
from medview.imaging.calibration import calibration
from medview.imaging.image_kind import image_kind
from medview.imaging.stack import Regularity, regularity, slice_normal
from medview.imaging.ultrasound_region import has_scale
from medview.study.geometry import Geometry
from medview.study.series import AxisPlace, GuardLine, Series

_NO_ORIENTATION = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_TILT_DEG = 0.2
_MOST_TILT_DEG = 60.0  # no gantry tilts so far: such slices lie beside each other, and no volume is between them
_FRAME_CLOCKS = ("trigger delay", "frame reference time", "acquisition time", "content time")

_Found = tuple[Geometry, list[GuardLine], list[Sentence]]


@dataclass(frozen=True, eq=False)
class Stack:
    """Images that belong together, in slice order.

    Attributes
    ----------
    names
        What may tell it from the other stacks of its series, from the coarse to the fine.
    warnings
        What sorting has to say of it.
    is_recording
        Whether the images are frames of one place, in the order of time.
    beside
        Number of images of the series that lie at the same places and are a stack of their own, though no axis.
    """

    images: Sequence[Image]
    names: tuple[str, ...]
    warnings: tuple[Sentence, ...] = ()
    axis: AxisPlace | None = None
    is_recording: bool = False
    beside: int = 0


def acquired(image: Image) -> tuple[float, int, int, str, str]:
    """Return the key of acquisition order: time point, instance number, frame."""
    instance, times = image.instance, dict(image.frame.order)
    number = instance.instance_number if instance.instance_number is not None else 2**31
    return times.get("time", 0.0), number, instance.frame_index, instance.sop_instance_uid, str(instance.path)


def series_of(stack: Stack, name: str, said: tuple[Sentence, ...] = ()) -> Series:
    """Return the series of images that are one stack; `said` holds what is to be told of all stacks of the series."""
    images = stack.images
    first, middle = images[0], images[len(images) // 2]
    extra = (*said, *stack.warnings)
    series = replace(
        first.series,
        stack=name,
        instances=tuple(image.instance for image in images),
        windows=middle.series.windows,
        axis=stack.axis,
        frame_time_ms=_frame_time_ms(images) if stack.is_recording else None,
    )
    if len({image.series.rescale_type for image in images}) > 1:
        series = replace(series, rescale_type="US")
        extra += (Sentence("The slices are scaled in different ways: their values have no common unit."),)
    if first.series.modality == "PT":
        factors, why_none = common_factors([image.series.suv_factors for image in images])
        series, extra = replace(series, suv_factors=factors), (*extra, *why_none)
    if len({i.pixels.pixel_representation for i in series.instances if i.pixels is not None}) > 1:
        extra += (Sentence("Some slices are stored with a sign and some without; each was read as it says."),)
    warnings = [*extra, *(w for image in images for w in image.warnings)]
    if first.refusal is not None:
        return replace(series, warnings=_distinct(warnings), refusal=first.refusal)
    geometry, lines, told = _placed(stack, series.frame_time_ms)
    series = replace(series, geometry=geometry)
    lines += _sorting_lines(stack, series, geometry)
    warnings += [*told, *(line.meaning for line in lines if line.kind in guard.TOLD)]
    return replace(series, geometry=geometry, warnings=_distinct(warnings), guard=guard.in_order(lines))


def _distinct(sentences: Iterable[Sentence]) -> tuple[Sentence, ...]:
    """Return one sentence of each kind: the same remark on 200 slices is one remark."""
    return tuple({sentence.template: sentence for sentence in sentences}.values())


def _sorting_lines(stack: Stack, series: Series, geometry: Geometry) -> list[GuardLine]:
    """Return the guard lines that come from how images were sorted rather than from where they lie."""
    lines = []
    if stack.axis is not None:
        lines.append(guard.on_axis(stack.axis))
    if stack.beside:
        lines.append(guard.beside(stack.beside))
    if stack.images[0].instance.tile is not None:
        lines.append(guard.mosaic(len(stack.images)))
    if not geometry.has_spacing:
        lines.append(_length_line(series))
    return lines


def _length_line(series: Series) -> GuardLine:
    """Return what the guard says of images without a spacing that holds in the patient, everywhere."""
    facts = series.instances[0].spacing
    kind = image_kind(series.modality, series.sop_class_uid, is_placed=False)
    if kind == "plane":
        return guard.unspaced()
    return guard.lengths(calibration(series, 0), has_regions=kind == "ultrasound" and has_scale(facts.regions))


def _placed(stack: Stack, frame_time_ms: float | None) -> _Found:
    """Return the geometry, what the guard says of it, and what else a reader must know."""
    images = stack.images
    if stack.is_recording:
        return _without_depth(images), [guard.recording(len(images), frame_time_ms)], []
    if len(images) == 1:
        return _single(images[0])
    if any(image.frame.position is None or image.frame.orientation is None for image in images):
        return _without_depth(images), [guard.unplaced(len(images))], []
    orientation = np.array(images[0].frame.orientation)
    found = regularity([image.frame.position or () for image in images], slice_normal(orientation))
    tilt = _tilt_deg(found, orientation)
    lines, told = [], []
    if tilt > _MOST_TILT_DEG:
        step = slice_normal(orientation) * found.typical_gap_mm
        return _grid(images[0], len(images), tuple(step), has_depth=False), [guard.beside_each_other(tilt)], []
    if tilt > _TILT_DEG:
        lines.append(guard.tilted(tilt))
        told.append(Sentence("The gantry was tilted by {tilt:.1f} degrees: the volume is sheared as it was acquired.",
                             {"tilt": tilt}))  # fmt: skip
    if not found.is_regular:
        step = slice_normal(orientation) * found.typical_gap_mm
        return _grid(images[0], len(images), tuple(step), has_depth=False), [*lines, guard.uneven(found)], told
    geometry = _grid(images[0], len(images), found.step, has_depth=True)
    if geometry.has_depth and not lines:
        lines.append(guard.uniform(found.step_mm))
    return geometry, lines, told + _rounding_warning(found)


def _grid(first: Image, count: int, slice_step: Sequence[float], *, has_depth: bool) -> Geometry:
    """Return the geometry from the first image's own place.

    Without pixel spacing the width of a pixel is one unit, and nothing tells how far slices lie apart in pixels: there
    is no depth. Such a grid, and one of images that do not say where they lie, is in no frame of reference.
    """
    frame = first.frame
    cosines = np.array(frame.orientation or _NO_ORIENTATION)
    row_mm, column_mm = frame.pixel_spacing or (frame.pixel_aspect, 1.0)
    step = np.array(slice_step)
    if frame.pixel_spacing is None:
        step = step / np.linalg.norm(step)
    is_placed = None not in (frame.position, frame.orientation, frame.pixel_spacing)
    return Geometry.from_axes(
        (count, first.series.rows, first.series.columns),
        origin=frame.position or (0.0, 0.0, 0.0),
        slice_step=step,
        row_step=cosines[3:] * row_mm,
        column_step=cosines[:3] * column_mm,
        frame_of_reference_uid=first.frame_of_reference_uid if is_placed else "",
        has_spacing=frame.pixel_spacing is not None,
        has_orientation=frame.orientation is not None,
        has_depth=has_depth and frame.pixel_spacing is not None,
    )


def _without_depth(images: Sequence[Image]) -> Geometry:
    """Return the geometry of images that form no volume: the slice axis only counts them, a column's width apart."""
    frame = images[0].frame
    normal = slice_normal(frame.orientation or _NO_ORIENTATION)
    step = normal * (frame.pixel_spacing or (1.0, 1.0))[1]
    return _grid(images[0], len(images), tuple(step), has_depth=False)


def _single(image: Image) -> _Found:
    """Return the geometry of one image: as thick as it says, else 1 mm."""
    frame, said = image.frame, []
    depth = frame.slice_thickness_mm or frame.spacing_between_slices_mm
    if depth is None and frame.pixel_spacing is not None:
        said.append(Sentence("The slice thickness is missing: it was taken as 1 mm, so no volume can be trusted."))
    if frame.position is None and frame.orientation is not None:
        said.append(Sentence("The image does not say where in the patient it lies."))
    normal = slice_normal(frame.orientation or _NO_ORIENTATION)
    geometry = _grid(image, 1, tuple(normal * (depth or 1.0)), has_depth=depth is not None)
    return geometry, [guard.single()], said


def _tilt_deg(found: Regularity, orientation: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the angle between the direction from slice to slice and the slices' normal."""
    cosine = float(np.dot(found.step, slice_normal(orientation)) / found.step_mm)
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def _rounding_warning(found: Regularity) -> list[Sentence]:
    if found.is_exact:
        return []
    return [Sentence("Slices lie up to {deviation:.3f} mm beside their regular place.",
                     {"deviation": found.deviation_mm})]  # fmt: skip


def _frame_time_ms(images: Sequence[Image]) -> float | None:
    """Return the time from frame to frame: what the file says, else what the images' own clocks tell."""
    if images[0].series.frame_time_ms is not None or len(images) < 2:
        return images[0].series.frame_time_ms
    for clock in _FRAME_CLOCKS:
        times = [value for image in images for name, value in image.frame.order if name == clock]
        steps = [b - a for a, b in pairwise(times)]
        if len(times) == len(images) and min(steps) > 0:
            return median(steps)
    return None
