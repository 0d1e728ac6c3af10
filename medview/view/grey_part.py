"""The part of a picture that a pane shows, with no more pixels than the pane has: what a window is applied to.

A mammogram has fourteen million pixels and a pane one: without this, each step of a drag would hold the window still.
Pixels that are drawn smaller are averaged, so that a fine structure grows fainter, but does not vanish between two.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.padding import Range
from medview.imaging.window import COLOUR_WINDOW, grey
from medview.session.image_look import ImageLook
from medview.study.voi_lut import VoiLut
from medview.view.pane_transform import PaneTransform
from medview.view.unread import PictureRect

_WHOLE_BELOW = 2_000_000  # pixels that are windowed and drawn at once as they are
_SUMMED_IN_32_BITS = 128  # pixels along each side: the sum of 128 x 128 of 65535
_STEP = 128  # the part moves in steps, so that a drag of the picture makes it anew now and then only


@dataclass(frozen=True)
class GreyPart:
    """Which pixels of a picture are shown, and how many along each side are averaged into one.

    Attributes
    ----------
    rect
        (left, top, width, height) in pixels of the picture; sides are multiples of `reduction`, and may reach a little
        beyond the picture, whose last pixels are repeated there.
    """

    rect: PictureRect
    reduction: int = 1

    @classmethod
    def seen(
        cls, size: tuple[int, int], transform: PaneTransform, pane_size: tuple[int, int], pixel_ratio: float = 1.0
    ) -> GreyPart:
        """Return the part of a picture of a size (width, height) that is seen in a pane.

        Parameters
        ----------
        pixel_ratio
            Pixels of the screen for one of the pane.
        """
        reduction = max(1, floor(1.0 / (max(transform.scale_x, transform.scale_y) * pixel_ratio) + 1e-6))
        sides = [-(-side // reduction) * reduction for side in size]
        whole = cls((0, 0, sides[0], sides[1]), reduction)
        if size[0] * size[1] <= _WHOLE_BELOW:
            return whole
        corners = transform.to_picture(0, 0), transform.to_picture(*pane_size)
        across, down = (_span(corners[0][axis], corners[1][axis], size[axis], reduction) for axis in (0, 1))
        if across is None or down is None:
            return whole
        return cls((across[0], down[0], across[1], down[1]), reduction)

    def of(self, values: NDArray[Any], thinned: dict[int, NDArray[Any]] | None = None) -> NDArray[Any]:
        """Return the part of the values (height, width) or (height, width, 3) of a picture.

        Parameters
        ----------
        thinned
            The whole picture by how many pixels are one, filled here: zooming asks for the same again and again.

        Examples
        --------
        >>> GreyPart((0, 0, 2, 2), 2).of(np.array([[1, 3, 9], [5, 8, 9]], dtype=np.int16)).tolist()
        [[4]]
        >>> GreyPart((0, 0, 4, 2), 2).of(np.array([[1, 3, 9], [5, 8, 9]], dtype=np.int16)).tolist()
        [[4, 9]]
        """
        count = self.reduction
        if count == 1:
            return self._cut(values)
        known = {} if thinned is None else thinned
        if count not in known:
            known[count] = _thinned(values, count)
        return self._cut(known[count])

    def strongest(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the part of the values, of pixels that are drawn as one the largest: no line is lost."""
        count = self.reduction
        whole = _filled(values, count)
        rows = whole[::count].copy()
        for start in range(1, count):
            np.maximum(rows, whole[start::count], out=rows)
        found: NDArray[Any] = rows[:, ::count].copy()
        for start in range(1, count):
            np.maximum(found, rows[:, start::count], out=found)
        return self._cut(found)

    def _cut(self, thinned: NDArray[Any]) -> NDArray[Any]:
        """Return what lies in the rectangle, of a picture whose pixels are averages already."""
        left, top, width, height = (side // self.reduction for side in self.rect)
        return thinned[top : top + height, left : left + width]


def _thinned(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return a whole picture with count x count pixels averaged into one; the last ones may be made of fewer."""
    rows, columns = (size // count * count for size in values.shape[:2])
    found = _averaged(values[:rows, :columns], count)
    if columns < values.shape[1]:
        found = np.concatenate([found, _averaged(_filled(values[:rows, columns:], count), count)], axis=1)
    if rows < values.shape[0]:
        found = np.concatenate([found, _averaged(_filled(values[rows:], count), count)], axis=0)
    return found


def _filled(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return a picture whose sides are multiples of a number: the last pixels are repeated beyond it."""
    beyond = [(0, -size % count) for size in values.shape[:2]]
    return np.pad(values, [*beyond, *[(0, 0)] * (values.ndim - 2)], mode="edge") if np.any(beyond) else values


def shown(
    values: NDArray[Any],
    look: ImageLook,
    is_inverted: bool,
    padding: Range | None,
    presentation_lut: VoiLut | None = None,
) -> NDArray[np.uint8]:
    """Return values (height, width) as grey, colours (height, width, 3) as colours: PS3.3 C.11, in its order.

    The window of colours is brightness and contrast, as it comes leaving them as they are; they are never inverted.
    """
    if values.ndim == 3:
        is_plain = look.window == COLOUR_WINDOW
        return np.ascontiguousarray(values) if is_plain else grey(values, look.window, "LINEAR")
    return grey(
        values,
        look.window,
        look.function,
        inverted=is_inverted,
        lut=look.lut,
        presentation=presentation_lut,
        padding=padding,
    )


def _span(start: float, stop: float, size: int, reduction: int) -> tuple[int, int] | None:
    """Return (first, length) of what is seen of one side, in whole steps; None where nothing is."""
    step = _STEP * reduction
    first, last = max(0, floor(start / step) * step), min(size, ceil(stop / step) * step)
    length = -(-(last - first) // reduction) * reduction
    return (first, length) if length > 0 else None


def _averaged(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the means of blocks of count x count pixels, rounded where they are whole numbers."""
    is_float = values.dtype.kind == "f"
    # of a picture of 20 000 pixels in a small pane 40 000 are one, whose sum 32 bits do not hold
    wide = np.float32 if is_float else np.int32 if count <= _SUMMED_IN_32_BITS else np.int64
    rows = np.zeros((values.shape[0] // count, *values.shape[1:]), wide)
    for start in range(count):  # strided sums are seven times as fast as a mean over an axis
        rows += values[start::count]
    sums = np.zeros((rows.shape[0], rows.shape[1] // count, *rows.shape[2:]), wide)
    for start in range(count):
        sums += rows[:, start::count]
    pixels = count * count
    averaged: NDArray[Any] = (sums / pixels if is_float else (sums + pixels // 2) // pixels).astype(values.dtype)
    return averaged
