"""What stored pixel values mean in the real world."""

from __future__ import annotations

from dataclasses import dataclass

from medview.study.annotation import ImageName
from medview.study.series import Instance

_ROUNDING = 1e-6  # a volume of float32 keeps seven digits


@dataclass(frozen=True)
class ValueMapping:
    """One mapping of stored values from `first` to `last` (PS3.3 C.7.6.16.2.11): a line, or a value for each."""

    label: str
    unit: str
    first: float
    last: float
    slope: float = 1.0
    intercept: float = 0.0
    table: tuple[float, ...] = ()

    def value(self, stored: float) -> float | None:
        """Return the real world value of a stored one, None outside the range that is mapped."""
        if not self.first <= stored <= self.last:
            return None
        if not self.table:
            return stored * self.slope + self.intercept
        place = round(stored - self.first)
        return self.table[place] if place < len(self.table) else None


@dataclass(frozen=True, eq=False)
class ValueMap:
    """A real world value mapping object (PS3.3 A.58): its mappings by the image they are for."""

    object_uid: str
    label: str
    mappings: dict[ImageName, tuple[ValueMapping, ...]]

    def of(self, image: ImageName) -> tuple[ValueMapping, ...]:
        """Return the mappings for an image."""
        return self.mappings.get(image) or self.mappings.get(ImageName(image.sop_instance_uid), ())

    def values_of(self, instance: Instance, value: float) -> tuple[tuple[float, ValueMapping], ...]:
        """Return the real world values, each with its mapping, of a modality value of an image.

        None of an image whose modality values come from a table (0028,3000): several stored values may have become one.
        """
        if not instance.rescale_slope or instance.has_modality_lut:
            return ()
        stored = (value - instance.rescale_intercept) / instance.rescale_slope
        lost = _ROUNDING * max(abs(value), abs(instance.rescale_intercept)) / abs(instance.rescale_slope)
        if abs(stored - round(stored)) <= min(lost, 0.25):
            stored = float(round(stored))
        found = [(m.value(stored), m) for m in self.of_instance(instance)]
        return tuple((real, mapping) for real, mapping in found if real is not None)

    def of_instance(self, instance: Instance) -> tuple[ValueMapping, ...]:
        """Return the mappings for an image of a series."""
        return self.of(ImageName(instance.sop_instance_uid, instance.frame_index))
