"""What a person measures or points at on images: handles in space, and to which images they belong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence
from medview.study.annotation import ImageName
from medview.study.geometry import FloatArray, Geometry

MeasurementKind = Literal[
    "length",  # 2 points
    "angle",  # 3 points, the vertex in the middle
    "cobb",  # 4 points: two lines
    "bidirectional",  # 4 points: the long axis, then the short one at right angles to it
    "ellipse",  # 4 points: the ends of one axis, then of the other
    "rectangle",  # 4 corners in order
    "polygon",  # 3 or more corners
    "freehand",  # a polygon of many corners, drawn in one go
    "probe",  # 1 point
    "arrow",  # 2 points: tip, then tail
    "text",  # 1 point
    "path",  # 2 or more points that a curved reformat runs along
    "calibration",  # 2 points whose distance a person knows
]
KIND_TITLES: dict[MeasurementKind, Sentence] = {
    "length": Sentence("Length"),
    "angle": Sentence("Angle"),
    "cobb": Sentence("Cobb angle"),
    "bidirectional": Sentence("Bidirectional"),
    "ellipse": Sentence("Ellipse"),
    "rectangle": Sentence("Rectangle"),
    "polygon": Sentence("Polygon"),
    "freehand": Sentence("Freehand"),
    "probe": Sentence("Probe"),
    "arrow": Sentence("Arrow"),
    "text": Sentence("Text"),
    "path": Sentence("Path"),
    "calibration": Sentence("Calibration"),
}
# the least and the most points of each kind; None is no limit
POINT_COUNTS: dict[MeasurementKind, tuple[int, int | None]] = {
    "length": (2, 2),
    "angle": (3, 3),
    "cobb": (4, 4),
    "bidirectional": (4, 4),
    "ellipse": (4, 4),
    "rectangle": (4, 4),
    "polygon": (3, None),
    "freehand": (3, None),
    "probe": (1, 1),
    "arrow": (2, 2),
    "text": (1, 1),
    "path": (2, None),
    "calibration": (2, 2),
}
REGION_KINDS: tuple[MeasurementKind, ...] = ("ellipse", "rectangle", "polygon", "freehand")
DEFAULT_COLOUR = (255, 214, 64)
_ELLIPSE_STEPS = 72  # corners of a drawn ellipse: off by less than 0.1 % of its radius


@dataclass(frozen=True, eq=False)
class Measurement:
    """One thing that a person has put on images. Its numbers are worked out from the images, never kept with it.

    Attributes
    ----------
    points_mm
        (n, 3) handles in the coordinates of the series' `Geometry.to_mm`, read-only: LPS mm where that is placed
        (`is_placed`), else the grid's own (pixels where there is no spacing, slices merely counted without depth).
    series_key, study_instance_uid
        The series it was put on.
    image
        The image it was put on where it was drawn in the plane of acquisition; None where it lies in space by itself,
        in a plane that was cut.
    normal
        (3,) unit normal of the plane it was drawn in, in the same coordinates; read-only.
    frame_of_reference_uid
        "" where the images have none.
    label
        What a person has called it; of a text, the text.
    known_mm
        Of a "calibration", the distance of its two points; else None.
    text_offset_mm
        (3,) from its middle to where its text stands, where a person has moved that; else None. Read-only.
    tracking_uid
        By which it is found again after every change.
    """

    kind: MeasurementKind
    points_mm: NDArray[np.float64]
    series_key: str
    study_instance_uid: str = ""
    image: ImageName | None = None
    normal: NDArray[np.float64] = field(default_factory=lambda: np.array([0.0, 0.0, 1.0]))
    frame_of_reference_uid: str = ""
    label: str = ""
    colour: tuple[int, int, int] = DEFAULT_COLOUR
    is_visible: bool = True
    known_mm: float | None = None
    text_offset_mm: NDArray[np.float64] | None = None
    tracking_uid: str = field(default_factory=lambda: f"2.25.{uuid4().int}")

    def __post_init__(self) -> None:
        points = np.array(self.points_mm, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not len(points) or not np.isfinite(points).all():
            raise ValueError("points must be finite and of shape (n, 3), n at least 1")
        least, most = POINT_COUNTS[self.kind]
        if len(points) < least or (most is not None and len(points) > most):
            raise ValueError(f"{len(points)} points are no {self.kind}")
        normal = np.array(self.normal, dtype=np.float64)
        for array in (points, normal):
            array.flags.writeable = False
        object.__setattr__(self, "points_mm", points)
        object.__setattr__(self, "normal", normal)
        if self.text_offset_mm is not None:
            offset = np.array(self.text_offset_mm, dtype=np.float64)
            offset.flags.writeable = False
            object.__setattr__(self, "text_offset_mm", offset)

    @property
    def centre_mm(self) -> NDArray[np.float64]:
        """The middle of its points."""
        centre: NDArray[np.float64] = self.points_mm.mean(axis=0)
        return centre

    @property
    def title(self) -> Sentence | str:
        """What it is called in a list: as a person has called it, else its kind."""
        return self.label or KIND_TITLES[self.kind]

    @property
    def is_region(self) -> bool:
        """Whether it has an inside."""
        return self.kind in REGION_KINDS

    @property
    def outline_mm(self) -> FloatArray:
        """The points to join with lines, (m, 3); the first again at the end of what is closed."""
        if self.kind == "ellipse":
            return ellipse_outline(self.points_mm, _ELLIPSE_STEPS)
        return np.concatenate([self.points_mm, self.points_mm[:1]]) if self.is_region else self.points_mm

    @property
    def lines_mm(self) -> tuple[FloatArray, ...]:
        """The lines to draw, (m, 3) each; none for what is only a point."""
        if self.kind in ("cobb", "bidirectional"):
            return self.points_mm[:2], self.points_mm[2:]
        return () if len(self.points_mm) < 2 else (self.outline_mm,)


def ellipse_outline(points: FloatArray, steps: int) -> FloatArray:
    """Return (steps + 1, n) points of the ellipse through the ends of one axis, then of the other: `points` (4, n)."""
    one, other = (points[1] - points[0]) / 2.0, (points[3] - points[2]) / 2.0
    angle = np.linspace(0.0, 2.0 * np.pi, steps + 1)[:, None]
    outline: FloatArray = points.mean(axis=0) + np.cos(angle) * one + np.sin(angle) * other
    return outline


def slice_index(measurement: Measurement, geometry: Geometry) -> int:
    """Return the slice of its series' volume that the middle of a measurement lies on or nearest to."""
    index = round(float(geometry.to_index(measurement.centre_mm)[0]))
    return min(max(index, 0), geometry.shape[0] - 1)
