"""How somebody wanted images to be looked at: a presentation state."""

from __future__ import annotations

from dataclasses import dataclass, field

from medview.study.annotation import Annotation, ImageName


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
    windows
        (Window Center, Window Width) by image.
    is_inverted
        Whether the lowest values are shown white (Presentation LUT Shape).
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
    is_inverted: bool = False
    rotation_deg: int = 0
    is_flipped: bool = False
    annotations: tuple[Annotation, ...] = ()

    def is_for(self, image: ImageName) -> bool:
        """Whether an image is one of those it is for."""
        return image in self.images
