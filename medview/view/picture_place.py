"""Where a picture lies, in the patient and in the pane, without its pixels."""

from __future__ import annotations

from dataclasses import dataclass

from medview.study.geometry import FloatArray
from medview.view.pane_transform import PaneTransform
from medview.view.picture_grid import PictureGrid


@dataclass(frozen=True, eq=False)
class PicturePlace:
    """What an event of the mouse needs of a picture.

    Attributes
    ----------
    grid
        Picture coordinates to and from patient millimetres.
    transform
        Picture coordinates to and from the pane.
    """

    grid: PictureGrid
    transform: PaneTransform

    def pane_to_mm(self, x: float, y: float) -> FloatArray:
        """Return the LPS point under a point of the pane, also outside the picture."""
        return self.grid.to_mm(*self.transform.to_picture(x, y))
