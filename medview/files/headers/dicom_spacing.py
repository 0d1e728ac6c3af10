"""What a header says of the size of pixels, in full (PS3.3 10.7, C.7.6.3.1.7, C.8.5.5, C.8.7.5, C.8.19.6.8)."""

from __future__ import annotations

from collections.abc import Iterator

from medview.files.headers.dicom_values import Values
from medview.files.headers.remembered import remembered
from medview.study.spacing_facts import NO_SPACING, Pair, SpacingFacts, UltrasoundRegion

_SANE_MM = (0.001, 100.0)
_MOST_REGIONS = 64  # no scanner divides its screen further


@remembered
def spacing_facts(values: Values) -> SpacingFacts:
    """Return what an image tells of its pixels, itself or in functional groups that all its frames share."""
    shared = values.item("SharedFunctionalGroupsSequence")
    measures, properties = shared.item("PixelMeasuresSequence"), shared.item("FramePixelDataPropertiesSequence")
    geometry = shared.item("XRayGeometrySequence")
    facts = SpacingFacts(
        pixel_spacing=_millimetres(values, "PixelSpacing") or _millimetres(measures, "PixelSpacing"),
        imager_pixel_spacing=_millimetres(values, "ImagerPixelSpacing")
        or _millimetres(properties, "ImagerPixelSpacing"),
        calibration_type=values.text("PixelSpacingCalibrationType").upper(),
        calibration_description=values.text("PixelSpacingCalibrationDescription"),
        magnification=values.number("EstimatedRadiographicMagnificationFactor"),
        source_to_detector_mm=_first(values, geometry, "DistanceSourceToDetector"),
        source_to_patient_mm=_first(values, geometry, "DistanceSourceToPatient"),
        aspect_ratio=_pair(values, "PixelAspectRatio"),
        regions=tuple(_regions(values)),
    )
    return NO_SPACING if facts == NO_SPACING else facts


def _first(values: Values, other: Values, keyword: str) -> float | None:
    found = values.number(keyword)
    return found if found is not None else other.number(keyword)


def _pair(values: Values, keyword: str) -> Pair | None:
    numbers = values.numbers(keyword)
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def _millimetres(values: Values, keyword: str) -> Pair | None:
    """Return a pair where both are believable millimetres."""
    pair = _pair(values, keyword)
    return pair if pair is not None and _SANE_MM[0] <= min(pair) and max(pair) <= _SANE_MM[1] else None


def _regions(values: Values) -> Iterator[UltrasoundRegion]:
    """Yield the regions that say where they lie; one that does not holds no point."""
    for item in values.items("SequenceOfUltrasoundRegions")[:_MOST_REGIONS]:
        box = [item.integer(f"RegionLocation{corner}") for corner in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
        if None in box:
            continue
        left, top, right, bottom = (int(edge or 0) for edge in box)
        yield UltrasoundRegion(
            box=(left, top, right, bottom),
            spatial_format=item.integer("RegionSpatialFormat") or 0,
            data_type=item.integer("RegionDataType") or 0,
            is_low_priority=bool((item.integer("RegionFlags") or 0) & 1),
            units=(item.integer("PhysicalUnitsXDirection") or 0, item.integer("PhysicalUnitsYDirection") or 0),
            delta=(abs(item.number("PhysicalDeltaX") or 0.0), abs(item.number("PhysicalDeltaY") or 0.0)),
        )
