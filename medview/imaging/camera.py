"""From where the 3D view looks at the patient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from medview.imaging.oblique import cross
from medview.imaging.orientation import letters
from medview.imaging.turn import turned_axes
from medview.study.geometry import FloatArray, Geometry


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera without perspective.

    Attributes
    ----------
    right, up
        Unit LPS vectors of the picture.
    focus_mm
        LPS point in the middle of the picture.
    half_height_mm
        From the middle to the top of the picture.
    distance_mm
        From the focus; the whole volume lies in front of the camera.
    """

    right: FloatArray
    up: FloatArray
    focus_mm: FloatArray
    half_height_mm: float
    distance_mm: float

    @classmethod
    def of(
        cls,
        geometry: Geometry,
        size: tuple[int, int],
        *,
        azimuth_deg: float = 0.0,
        elevation_deg: float = 0.0,
        roll_deg: float = 0.0,
        zoom: float = 1.0,
        pan_px: tuple[float, float] = (0.0, 0.0),
    ) -> Camera:
        """Return the camera that looks at a volume.

        Parameters
        ----------
        size
            (width, height) of the picture in the pixels of `pan_px`.
        azimuth_deg, elevation_deg, roll_deg
            As `medview.imaging.turn.turned_axes` takes them: 0, 0, 0 looks from the front with the head up.
        zoom, pan_px
            1 fits the volume into the picture; pan shifts it right and down.

        Examples
        --------
        >>> geometry = Geometry((3, 3, 3), np.eye(4))
        >>> front = Camera.of(geometry, (100, 100))
        >>> front.edge_letters()
        ('R', 'L', 'H', 'F')
        >>> Camera.of(geometry, (100, 100), azimuth_deg=90).edge_letters()
        ('A', 'P', 'H', 'F')
        """
        right, up, _ = turned_axes(azimuth_deg, elevation_deg, roll_deg)
        corners = geometry.to_mm(list(product(*[(-0.5, n - 0.5) for n in geometry.shape])))
        radius = float(np.linalg.norm(corners - geometry.centre_mm, axis=1).max())
        scale = zoom * min(size) / (2 * radius) * _FILL
        focus = geometry.centre_mm + (-pan_px[0] * right + pan_px[1] * up) / scale
        return cls(right, up, focus, size[1] / 2 / scale, 4 * radius)

    @cached_property
    def towards(self) -> FloatArray:
        """Unit LPS vector from the focus to the camera."""
        return cross(self.right, self.up)

    def to_picture(self, point_mm: FloatArray, size: tuple[int, int]) -> tuple[float, float]:
        """Return where an LPS point is seen in a picture (width, height), y down."""
        offset = (np.asarray(point_mm) - self.focus_mm) * self.px_per_mm(size)
        return size[0] / 2 + float(offset @ self.right), size[1] / 2 - float(offset @ self.up)

    def ray(self, x: float, y: float, size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
        """Return the LPS point in the plane of the focus that is seen at (x, y) of a picture, and the way into it."""
        scale = 2 * self.half_height_mm / size[1]
        point = self.focus_mm + (x - size[0] / 2) * scale * self.right + (size[1] / 2 - y) * scale * self.up
        return point, -self.towards

    def px_per_mm(self, size: tuple[int, int]) -> float:
        """Return how many pixels of a picture a millimetre takes, the same everywhere in it."""
        return size[1] / 2 / self.half_height_mm

    def edge_letters(self) -> tuple[str, str, str, str]:
        """Return the letters of the (left, right, top, bottom) edge."""
        return letters(-self.right), letters(self.right), letters(self.up), letters(-self.up)


_FILL = 1.4  # bodies do not reach the corners of their box
