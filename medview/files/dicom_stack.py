"""One stack of sorted images turned into a Series: its geometry, or the sentence why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.files.dicom_frames import Frame
from medview.files.dicom_header import Image
from medview.imaging.stack import Regularity, regularity, slice_normal
from medview.study.geometry import Geometry
from medview.study.series import Series

_NO_ORIENTATION = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_TILT_DEG = 0.2
_VARIED = 0.02  # of the typical slice distance


def series_of(images: Sequence[Image], stack: str, extra: tuple[Sentence, ...] = ()) -> Series:
    """Return the series of images that are one stack, in slice order."""
    first, middle = images[0], images[len(images) // 2]
    series = replace(
        first.series,
        stack=stack,
        instances=tuple(image.instance for image in images),
        windows=middle.series.windows,
    )
    if len({image.series.rescale_type for image in images}) > 1:
        series = replace(series, rescale_type="US")
        extra += (Sentence("The slices are scaled in different ways: their values have no common unit."),)
    warnings = _distinct([*extra, *(w for image in images for w in image.warnings)])
    if first.refusal is not None:
        return replace(series, warnings=warnings, refusal=first.refusal)
    geometry, said, refusal = _geometry(images)
    return replace(series, geometry=geometry, warnings=_distinct([*warnings, *said]), refusal=refusal)


def _distinct(sentences: Iterable[Sentence]) -> tuple[Sentence, ...]:
    """Return one sentence of each kind: the same remark on 200 slices is one remark."""
    return tuple({sentence.template: sentence for sentence in sentences}.values())


def _geometry(images: Sequence[Image]) -> tuple[Geometry | None, list[Sentence], MedViewError | None]:
    if len(images) == 1:
        geometry, said = _single(images[0])
        return geometry, said, None
    if any(image.frame.position is None or image.frame.orientation is None for image in images):
        return (
            None,
            [],
            MedViewError(
                "No volume can be made: the images do not say where in the patient they lie.",
                "Ask for the original images: position and orientation have been removed from these.",
            ),
        )
    positions = np.array([image.frame.position for image in images])
    orientation = np.array(images[0].frame.orientation)
    found = regularity(positions, slice_normal(orientation))
    if not found.is_regular:
        return None, [], _uneven(found)
    geometry = _grid(images[0], len(images), found.step)
    return geometry, [*_tilt_warning(found, orientation), *_rounding_warning(found)], None


def _grid(first: Image, count: int, slice_step: Sequence[float]) -> Geometry:
    """Return the geometry from the first image's own place; without pixel spacing every step is one unit."""
    frame = first.frame
    cosines = np.array(frame.orientation or _NO_ORIENTATION)
    row_mm, column_mm = frame.pixel_spacing or (1.0, 1.0)
    step = np.array(slice_step)
    if frame.pixel_spacing is None:
        step = step / np.linalg.norm(step)
    return Geometry.from_axes(
        (count, first.series.rows, first.series.columns),
        origin=frame.position or (0.0, 0.0, 0.0),
        slice_step=step,
        row_step=cosines[3:] * row_mm,
        column_step=cosines[:3] * column_mm,
        frame_of_reference_uid=first.frame_of_reference_uid,
        has_spacing=frame.pixel_spacing is not None,
        has_orientation=frame.orientation is not None,
        has_depth=count > 1 or _depth(frame) is not None,
    )


def _single(image: Image) -> tuple[Geometry, list[Sentence]]:
    """Return the geometry of one image: as thick as it says, else 1 mm."""
    frame, said = image.frame, []
    depth = _depth(frame)
    if depth is None and frame.pixel_spacing is not None:
        said.append(Sentence("The slice thickness is missing: it was taken as 1 mm, so no volume can be trusted."))
    if frame.position is None and frame.orientation is not None:
        said.append(Sentence("The image does not say where in the patient it lies."))
    normal = slice_normal(frame.orientation or _NO_ORIENTATION)
    return _grid(image, 1, tuple(normal * (depth or 1.0))), said


def _depth(frame: Frame) -> float | None:
    return frame.slice_thickness_mm or frame.spacing_between_slices_mm


def _uneven(found: Regularity) -> MedViewError:
    """Return the sentence for slices that form no regular grid: which are missing, or how the spacing varies."""
    missing, gaps = found.missing(), found.gaps_mm
    remedy = "Look for the missing files, or open another series: distances in this one would be wrong in 3D."
    if missing:
        return MedViewError(
            "No volume can be made: {total} slice(s) are missing. After slice {slice} there is a gap of {gap:.2f} mm, "
            "where the others are {step:.2f} mm apart.",
            remedy,
            total=sum(count for _, count in missing),
            slice=missing[0][0] + 1,
            gap=gaps[missing[0][0]],
            step=found.typical_gap_mm,
        )
    if max(gaps) - min(gaps) > _VARIED * found.typical_gap_mm:
        return MedViewError(
            "No volume can be made: the slice distance varies from {least:.2f} to {most:.2f} mm.",
            remedy,
            least=min(gaps),
            most=max(gaps),
        )
    return MedViewError(
        "No volume can be made: the slices are shifted against each other by up to {deviation:.2f} mm.",
        "Open another series of this study.",
        deviation=found.deviation_mm,
    )


def _tilt_warning(found: Regularity, orientation: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Sentence]:
    """Say that the slices are stacked at a slant (gantry tilt): the volume is sheared, as it was acquired."""
    cosine = float(np.dot(found.step, slice_normal(orientation)) / found.step_mm)
    tilt = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    if tilt <= _TILT_DEG:
        return []
    return [Sentence("The gantry was tilted by {tilt:.1f} degrees: the volume is sheared as it was acquired.",
                     {"tilt": tilt})]  # fmt: skip


def _rounding_warning(found: Regularity) -> list[Sentence]:
    if found.is_exact:
        return []
    return [Sentence("Slices lie up to {deviation:.3f} mm beside their regular place.",
                     {"deviation": found.deviation_mm})]  # fmt: skip
