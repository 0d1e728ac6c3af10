"""What is marked on images: points, lines, outlines and texts, with what was measured there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

AnnotationKind = Literal["point", "polyline", "polygon", "ellipse", "text"]
_ELLIPSE_STEPS = 72  # corners of a drawn ellipse: off by less than 0.1 % of its radius
_DEFAULT_COLOUR = (255, 214, 64)


@dataclass(frozen=True)
class Measured:
    """One measured value: what (in the words of its code), how much, in which unit; `value` as it is stored."""

    name: str
    value: str
    unit: str = ""

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value} {self.unit}".strip()


@dataclass(frozen=True)
class ImageName:
    """Which image: SOP Instance UID and index of the frame, None where no frame is told apart."""

    sop_instance_uid: str
    frame_index: int | None = None


@dataclass(frozen=True, eq=False)
class Annotation:
    """One mark in patient space.

    Attributes
    ----------
    kind
        "point" (each of the points by itself), "polyline", "polygon" (closed), "ellipse" (4 points: the ends of the
        major, then of the minor axis) or "text" (the point it belongs to).
    points_mm
        (n, 3) LPS, read-only.
    label
        What a person reads beside it.
    tracking_uid
        Tracking Unique Identifier, by which the same thing is found again; "" where none is given.
    image
        The image it was drawn on, on which alone it is shown; None where it lies in space by itself.
    series_key
        Key of the series of that image; "" with none.
    frame_of_reference_uid
        In which `points_mm` are; "" where the images have none.
    object_uid
        SOP Instance UID of the report or other object that it was read from.
    measured, finding, site
        What was measured, what was found, and where in the body: the words of the codes.
    colour
        sRGB, 0 to 255.
    is_filled
        Whether its inside is filled.
    """

    kind: AnnotationKind
    points_mm: NDArray[np.float64]
    label: str = ""
    tracking_uid: str = ""
    image: ImageName | None = None
    series_key: str = ""
    frame_of_reference_uid: str = ""
    object_uid: str = ""
    measured: tuple[Measured, ...] = ()
    finding: str = ""
    site: str = ""
    colour: tuple[int, int, int] = _DEFAULT_COLOUR
    is_filled: bool = False

    def __post_init__(self) -> None:
        points = np.array(self.points_mm, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not len(points) or not np.isfinite(points).all():
            raise ValueError("points must be finite and of shape (n, 3), n at least 1")
        if self.kind == "ellipse" and len(points) != 4:
            raise ValueError("an ellipse has the 4 ends of its axes")
        points.flags.writeable = False
        object.__setattr__(self, "points_mm", points)

    @property
    def centre_mm(self) -> NDArray[np.float64]:
        """LPS mm of the middle of its points."""
        centre: NDArray[np.float64] = self.points_mm.mean(axis=0)
        return centre

    @property
    def outline_mm(self) -> NDArray[np.float64]:
        """The points to join with lines, (m, 3) LPS mm; the first again at the end of what is closed."""
        if self.kind == "polygon":
            return np.concatenate([self.points_mm, self.points_mm[:1]])
        if self.kind != "ellipse":
            return self.points_mm
        major, minor = (self.points_mm[i + 1] - self.points_mm[i] for i in (0, 2))
        angle = np.linspace(0.0, 2.0 * np.pi, _ELLIPSE_STEPS + 1)[:, None]
        outline: NDArray[np.float64] = self.centre_mm + (np.cos(angle) * major + np.sin(angle) * minor) / 2.0
        return outline

    @property
    def length_mm(self) -> float:
        """Length of the line, or of the closed outline."""
        return float(np.linalg.norm(np.diff(self.outline_mm, axis=0), axis=1).sum())

    @property
    def area_mm2(self) -> float:
        """Area inside a closed flat outline; 0 for anything else."""
        if self.kind not in ("polygon", "ellipse"):
            return 0.0
        corner = self.outline_mm - self.centre_mm
        return float(np.linalg.norm(np.cross(corner[:-1], corner[1:]).sum(axis=0)) / 2.0)
