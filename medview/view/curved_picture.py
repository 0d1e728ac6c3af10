"""What a curved pane shows, and where it lies in the pane and in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.curve import Curve
from medview.imaging.curved_sheet import CurvedSheet
from medview.study.geometry import FloatArray
from medview.view.pane_transform import PaneTransform
from medview.view.picture_grid import PictureGrid
from medview.view.unread import PictureRect

PaneRect = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class CrossSection:
    """A plane at right angles to the path.

    Attributes
    ----------
    arc_mm
        How far along the path it lies.
    grey
        (height, width) uint8.
    grid
        Where its pixels lie in the patient.
    rect
        (left, top, width, height) in the pane.
    letters
        Of the (left, top) edge.
    """

    arc_mm: float
    grey: NDArray[np.uint8]
    grid: PictureGrid
    rect: PictureRect
    letters: tuple[str, str]

    def pane_to_mm(self, x: float, y: float) -> FloatArray | None:
        """Return the LPS point under a pane point, None beside the section."""
        left, top, width, height = self.rect
        if not (left <= x < left + width and top <= y < top + height):
            return None
        return self.grid.to_mm((x - left) * self.grid.size[0] / width, (y - top) * self.grid.size[1] / height)


@dataclass(frozen=True, eq=False)
class CurvedPicture:
    """A curved reformat.

    Picture coordinates are pixels, x to the right and y down, as in `PictureGrid`.

    Attributes
    ----------
    grey, values
        (height, width) uint8, and the interpolated values behind it.
    is_upright
        The path runs down the screen (its picture has a column for each distance across), else from left to right.
    pixel_mm
        Size of a pixel: (along the path, across it).
    area
        (left, top, width, height) of the pane that the reformat has; the sections lie beside it.
    arc_mm
        How far along the path the place nearest to the crosshair is.
    away_mm
        How far from the path the crosshair lies.
    letters
        Of the (left, right, top, bottom) edge at that place.
    sections
        Before, at and behind that place.
    is_coarse
        Drawn with larger pixels, while something moves.
    """

    curve: Curve
    sheet: CurvedSheet
    grey: NDArray[np.uint8]
    values: NDArray[Any]
    is_upright: bool
    pixel_mm: tuple[float, float]
    transform: PaneTransform
    area: PictureRect
    arc_mm: float
    away_mm: float
    letters: tuple[str, str, str, str]
    sections: tuple[CrossSection, ...]
    is_coarse: bool

    def to_sheet(self, x: float, y: float) -> tuple[float, float]:
        """Return the sheet coordinates (along, across) in mm of a pane point."""
        column, row = self.transform.to_picture(x, y)
        along, across = (row, column) if self.is_upright else (column, row)
        return (along - 0.5) * self.pixel_mm[0], self.sheet.extent_mm[0] + across * self.pixel_mm[1]

    def to_pane(self, along_mm: float, across_mm: float) -> tuple[float, float]:
        """Return the pane point of sheet coordinates."""
        along = along_mm / self.pixel_mm[0] + 0.5
        across = (across_mm - self.sheet.extent_mm[0]) / self.pixel_mm[1]
        return self.transform.to_pane(*((across, along) if self.is_upright else (along, across)))

    def pane_to_mm(self, x: float, y: float) -> FloatArray | None:
        """Return the LPS point under a pane point; None beside reformat and sections."""
        for section in self.sections:
            place = section.pane_to_mm(x, y)
            if place is not None:
                return place
        left, top, width, height = self.area
        along, across = self.to_sheet(x, y)
        is_on = -self.sheet.step_mm <= along <= self.sheet.length_mm + self.sheet.step_mm
        low, high = self.sheet.extent_mm
        if not (left <= x < left + width and top <= y < top + height and is_on and low <= across <= high):
            return None
        return self.sheet.to_mm(along, across)

    def marker(self, arc_mm: float) -> PaneRect:
        """Return the line (x0, y0, x1, y1) across the reformat at a distance along the path."""
        along = self.sheet.along_of_arc(arc_mm)
        low, high = self.sheet.extent_mm
        return (*self.to_pane(along, low), *self.to_pane(along, high))

    def path_line(self) -> NDArray[np.float64]:
        """Return pane points (n, 2) of the path itself."""
        along = np.arange(len(self.sheet.base_mm)) * self.sheet.step_mm
        return np.array([self.to_pane(a, b) for a, b in zip(along, self.sheet.path_across_mm, strict=True)])
