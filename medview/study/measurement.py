"""What a person measures or points at on images: handles in space, and to which images they belong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from medview.study.annotation import ImageName

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
DEFAULT_COLOUR = (255, 214, 64)


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
    tracking_uid: str = field(default_factory=lambda: f"2.25.{uuid4().int}")

    def __post_init__(self) -> None:
        points = np.array(self.points_mm, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not len(points) or not np.isfinite(points).all():
            raise ValueError("points must be finite and of shape (n, 3), n at least 1")
        normal = np.array(self.normal, dtype=np.float64)
        for array in (points, normal):
            array.flags.writeable = False
        object.__setattr__(self, "points_mm", points)
        object.__setattr__(self, "normal", normal)

    @property
    def centre_mm(self) -> NDArray[np.float64]:
        """The middle of its points."""
        centre: NDArray[np.float64] = self.points_mm.mean(axis=0)
        return centre
