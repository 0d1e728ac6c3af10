"""The dose as colours over a slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medview.session.scene import Scene
from medview.study.image_index import ImagePlace
from medview.study.volume import Volume
from medview.view.picture_grid import PictureGrid
from medview.view.reslice import reslice
from medview.view.slice_view import SlicePicture

_SHOWN_FROM = 0.1  # of the highest dose: what is below would colour the whole body
# dose as part of the highest, and its colour: blue, cyan, green, yellow, red
_STOPS = (
    (0.0, (0, 0, 160)),
    (0.25, (0, 170, 255)),
    (0.5, (40, 200, 60)),
    (0.75, (255, 225, 0)),
    (1.0, (235, 20, 20)),
)


class DoseWash:
    """Makes the colours of a dose on the slices of one pane and keeps those of the slice shown."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._kept = np.empty((0, 0, 4), dtype=np.uint8)

    def colours(self, dose: Volume, scene: Scene, picture: SlicePicture) -> NDArray[np.uint8]:
        """Return (height, width, 4) RGBA of the dose at the centres of a picture's pixels; alpha not multiplied in.

        The dose is interpolated linearly; outside its grid, and below a tenth of its maximum, alpha is 0.
        """
        key = (dose, picture.grid, scene.dose_opacity)
        if key != self._key:  # doses and grids are compared by what they are, not by their values
            self._key, self._kept = key, self._made(dose, true_grid(scene, picture), scene.dose_opacity)
        return self._kept

    def _made(self, dose: Volume, grid: PictureGrid, opacity: float) -> NDArray[np.uint8]:
        values, inside = reslice(dose.array, dose.geometry, grid)
        highest = float(dose.array.max())
        part = values / highest if highest > 0 else np.zeros(values.shape)
        stops = [stop for stop, _ in _STOPS]
        made = np.empty((*values.shape, 4), dtype=np.uint8)
        for channel in range(3):
            made[..., channel] = np.interp(part, stops, [colour[channel] for _, colour in _STOPS])
        made[..., 3] = np.where(inside & (part >= _SHOWN_FROM), round(255 * opacity), 0)
        return made


def true_grid(scene: Scene, picture: SlicePicture) -> PictureGrid:
    """Return where the pixels of a picture lie, also where the volume's grid places its slices for the screen alone."""
    geometry, number = scene.volume.geometry, picture.slice_index
    if geometry.has_depth or not picture.is_acquired or number >= len(scene.series.instances):
        return picture.grid
    shift = ImagePlace(scene.series, number).origin_mm - geometry.to_mm((number, 0, 0))
    grid = picture.grid
    return PictureGrid(grid.origin_mm + shift, grid.x_step_mm, grid.y_step_mm, grid.size)


def dose_at(dose: Volume, point_mm: NDArray[np.float64]) -> float | None:
    """Return the dose at an LPS point, interpolated linearly; None outside its grid."""
    if not dose.geometry.contains(point_mm):
        return None
    shape = np.array(dose.array.shape)
    index = np.clip(dose.geometry.to_index(point_mm), 0, shape - 1)
    low = np.minimum(index.astype(int), np.maximum(shape - 2, 0))
    rest = index - low
    total = 0.0
    for corner in np.ndindex(2, 2, 2):
        weight = float(np.prod(np.where(corner, rest, 1.0 - rest)))
        if weight:
            total += weight * float(dose.array[tuple(low + corner)])
    return total
