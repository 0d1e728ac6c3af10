"""Opacity and lit colour of layers of tissue, for the 3D view without OpenGL."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medview.view.layer_sampler import OUTSIDE
from medview.view.volume_frame import VolumeFrame

_SHADES = 2048
_FLAT = 1e-3  # of the values' range per mm: less has no direction

_Floats = NDArray[np.float32]


class Shading:
    """The transfer function of a frame as tables.

    Parameters
    ----------
    value_range
        Lowest and highest value of the volume.
    step_mm, pixel_mm
        Distance of the layers and of the pixels.
    """

    def __init__(self, frame: VolumeFrame, value_range: tuple[float, float], step_mm: float, pixel_mm: float) -> None:
        self._function = function = frame.function
        self._low = value_range[0]
        self._width = max(value_range[1] - value_range[0], 1e-6)
        self._steps_mm = (step_mm, pixel_mm)
        values = np.linspace(*value_range, _SHADES)
        of_1_mm = function.opacity_at(values, frame.window) * frame.density
        # the first entry is for what lies outside the volume
        self._alpha = np.zeros(_SHADES + 1, dtype=np.float32)
        self._alpha[1:] = 1.0 - (1.0 - np.minimum(of_1_mm, 0.9999)) ** step_mm
        self._colour = np.zeros((_SHADES + 1, 3), dtype=np.float32)
        self._colour[1:] = function.colour_at(values, frame.window) / 255

    def opacity(self, values: _Floats) -> tuple[_Floats, NDArray[np.int32]]:
        """Return the opacity of each value, and its place in the tables."""
        place = np.clip((values - self._low) * ((_SHADES - 1) / self._width), 0, _SHADES - 1).astype(np.int32) + 1
        place[values <= OUTSIDE] = 0
        return self._alpha[place], place

    def light(self, values: _Floats, place: NDArray[np.int32], seen: NDArray[np.intp]) -> tuple[_Floats, _Floats]:
        """Return the lit colours (n, 3) and the factors of the opacity (n) by edges, of the voxels that are seen.

        Parameters
        ----------
        values
            (k + 2, h, w): with a layer before and a layer behind those that are drawn.
        place
            Their places in the tables, without those two layers.
        seen
            Flat indices in `place`.
        """
        function, colour = self._function, self._colour[place.ravel()[seen]]
        edges = np.ones(1, dtype=np.float32)
        if function.is_shaded or function.gradient:
            facing, change = self._slope(values, seen)
            if function.gradient:
                points = np.array(function.gradient)
                edges = np.interp(change, points[:, 0], points[:, 1]).astype(np.float32)
            if function.is_shaded:
                colour = np.minimum(colour * self._bright(facing)[:, None], np.float32(1.0))
        return colour, edges

    def _slope(self, values: _Floats, seen: NDArray[np.intp]) -> tuple[_Floats, _Floats]:
        """Return how squarely voxels face the eye (0 to 1), and how much their values change per mm."""
        height, width = values.shape[1:]
        flat, own = values.ravel(), seen + height * width
        least = np.float32(self._low)

        def change_to(stride: int, step_mm: float) -> _Floats:
            # beyond the sides of the picture the next row is taken: nobody sees it
            ahead, behind = np.maximum(flat[own + stride], least), np.maximum(flat[own - stride], least)
            along: _Floats = ((ahead - behind) / np.float32(2 * step_mm)).astype(np.float32, copy=False)
            return along

        step_mm, pixel_mm = self._steps_mm
        deeper = change_to(height * width, step_mm)
        down = change_to(width if height > 1 else 0, pixel_mm)
        right = change_to(1 if width > 1 else 0, pixel_mm)
        change: _Floats = np.sqrt(deeper * deeper + down * down + right * right)
        least_change = np.float32(_FLAT * self._width)
        facing: _Floats = (np.abs(deeper) / np.maximum(change, least_change)).astype(np.float32, copy=False)
        return facing, change

    def _bright(self, facing: _Floats) -> _Floats:
        """Return the light of Phong's model from where the eye is."""
        function = self._function
        light = np.float32(function.ambient) + np.float32(function.diffuse) * facing
        if function.specular > 0:
            light = light + np.float32(function.specular) * facing ** np.float32(function.specular_power)
        bright: _Floats = light.astype(np.float32, copy=False)
        return bright
