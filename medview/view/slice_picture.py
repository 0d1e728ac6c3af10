"""What a 2D pane shows: the pixels of a plane, and where they lie in the pane and in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medview.imaging.display_size import PLAIN_DISPLAY, DisplaySize
from medview.imaging.plane import PlaneName
from medview.session.scene import PixelValue
from medview.study.geometry import FloatArray
from medview.view.crosshair import CrosshairLine
from medview.view.label_overlay import LabelOverlay
from medview.view.overlay_planes import OverlayLayer, ShutterLayer
from medview.view.pane_transform import PaneTransform
from medview.view.picture_grid import PictureGrid
from medview.view.unread import PictureRect


@dataclass(frozen=True, eq=False)
class SlicePicture:
    """What a 2D pane shows.

    Attributes
    ----------
    grey, grey_rect
        (height, width) uint8 in C order; of colour images (height, width, 3) red, green, blue. Where it lies: (left,
        top, width, height) in picture pixels. Of large pictures it is the part that is seen, with no more pixels than
        the pane has.
    values
        (height, width): the modality values behind `grey`, not filtered; of colour images the colours.
    overlay
        The mask over it, or None.
    grid
        Picture coordinates to and from patient millimetres.
    transform
        Picture coordinates to and from the pane.
    crosshair
        Where the other planes cut this one, in pane coordinates; empty where it is switched off.
    letters
        Orientation letters of the (left, right, top, bottom) edge, "" where none may be shown.
    slice_index, slice_count
        Which slice of the volume's own axis this is; of a turned plane, which step of `step_mm` along its normal.
    is_acquired
        Whether these are images as they were acquired: not cut across them, projected or interpolated.
    is_resampled
        Whether the pixels are interpolated between voxels: turned planes, and those across tilted images.
    is_turned
        Whether a person has turned the planes: this is then no slice of the volume, whatever its number.
    magnification
        Pane pixels for a pixel of the images, along the finer side of both.
    slab_mm, slab_images
        Thickness that is projected, 0 for one slice, and of how many slices as they are; 0 where it is interpolated.
    colours
        (256, 3): the red, green, blue in which each grey is shown; None where grey is grey.
    display
        The screen that it was made for.
    overlay_planes, shutter
        What lies over the image by its own header; None where nothing does.
    unread
        Rectangles (left, top, width, height) of picture pixels whose images have not been read: what `grey` holds there
        is nothing.
    """

    plane: PlaneName
    grey: NDArray[np.uint8]
    values: NDArray[Any]
    overlay: LabelOverlay | None
    grid: PictureGrid
    transform: PaneTransform
    crosshair: tuple[CrosshairLine, ...]
    letters: tuple[str, str, str, str]
    slice_index: int
    slice_count: int
    is_acquired: bool
    is_resampled: bool
    slab_mm: float
    grey_rect: PictureRect
    is_turned: bool = False
    slab_images: int = 0
    magnification: float = 1.0
    colours: NDArray[np.uint8] | None = None
    display: DisplaySize = PLAIN_DISPLAY
    unread: tuple[PictureRect, ...] = ()
    overlay_planes: OverlayLayer | None = None
    shutter: ShutterLayer | None = None

    def pane_to_mm(self, x: float, y: float) -> FloatArray:
        """Return the LPS point under a point of the pane, also outside the picture."""
        return self.grid.to_mm(*self.transform.to_picture(x, y))

    def mm_to_pane(self, point_mm: ArrayLike) -> tuple[float, float]:
        """Return the pane point of an LPS point, seen along the plane's normal."""
        return self.transform.to_pane(*self.grid.to_picture(point_mm))

    def value_at_pane(self, x: float, y: float) -> PixelValue | None:
        """Return the value or colour of the pixel under a point of the pane; None outside and where nothing is read."""
        column, row = (int(np.floor(n)) for n in self.transform.to_picture(x, y))
        height, width = self.values.shape[:2]
        if not (0 <= column < width and 0 <= row < height) or self._is_unread(column, row):
            return None
        found = self.values[row, column]
        return (int(found[0]), int(found[1]), int(found[2])) if self.values.ndim == 3 else float(found)

    def _is_unread(self, column: int, row: int) -> bool:
        return any(x <= column < x + width and y <= row < y + height for x, y, width, height in self.unread)
