"""How somebody wanted images to be looked at: a presentation state."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from medview.study.annotation import Annotation, ImageName
from medview.study.display_facts import Shutter
from medview.study.voi_lut import VoiLut


@dataclass(frozen=True, eq=False)
class Presentation:
    """A presentation state, as far as it is applied (PS3.3 A.33).

    Attributes
    ----------
    object_uid, label
        SOP Instance UID and Content Label.
    series_key
        Of the series that its first image is in.
    images
        The images that it is for, those that are here alone.
    windows, functions
        (Window Center, Window Width) by image, and the VOI LUT Functions by which they are applied.
    luts
        Tables in the place of a window, by image.
    is_inverted
        Whether the lowest values are shown white (Presentation LUT Shape), whatever the images say themselves.
    presentation_lut
        What the result of the window goes through (Presentation LUT Sequence), or None.
    shutter
        What of the images may be seen, or None for all.
    rotation_deg
        Clockwise turn of the image as it is stored: 0, 90, 180 or 270.
    is_flipped
        Whether the turned image is mirrored from left to right.
    annotations
        What is drawn and written on the images.
    """

    object_uid: str
    label: str
    series_key: str
    images: tuple[ImageName, ...]
    windows: dict[ImageName, tuple[float, float]] = field(default_factory=dict)
    functions: dict[ImageName, Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]] = field(default_factory=dict)
    luts: dict[ImageName, VoiLut] = field(default_factory=dict)
    is_inverted: bool = False
    presentation_lut: VoiLut | None = None
    shutter: Shutter | None = None
    rotation_deg: int = 0
    is_flipped: bool = False
    annotations: tuple[Annotation, ...] = ()

    def is_for(self, image: ImageName) -> bool:
        """Whether an image is one of those it is for."""
        return image in self._images

    @cached_property
    def _images(self) -> frozenset[ImageName]:
        return frozenset(self.images)
