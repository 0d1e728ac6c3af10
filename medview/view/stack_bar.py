"""Where in the stack a pane is, and which of its images are there, as a bar at its right edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.session.scene import Scene
from medview.session.viewport import STACK_BAR_INSET_PX, STACK_BAR_PX
from medview.view.slice_picture import SlicePicture

Band = tuple[float, float]
_LEAST_THUMB_PX = 8.0


@dataclass(frozen=True)
class StackBar:
    """In device-independent pixels of the pane.

    Attributes
    ----------
    left, width, top, height
        Of the whole bar.
    thumb
        (top, height) of what is seen.
    unread
        (top, height) of the images that are not there yet.
    """

    left: float
    width: float
    top: float
    height: float
    thumb: Band
    unread: tuple[Band, ...] = ()


def stack_bar(scene: Scene, picture: SlicePicture, pane_size: tuple[int, int]) -> StackBar | None:
    """Return the bar of a pane; None where there is only one image."""
    if picture.slice_count < 2:
        return None
    top, height = STACK_BAR_INSET_PX, max(pane_size[1] - 2 * STACK_BAR_INSET_PX, 1.0)
    step = height / picture.slice_count
    thumb_height = max(step, _LEAST_THUMB_PX)
    middle = top + (picture.slice_index + 0.5) * step
    thumb_top = min(max(middle - thumb_height / 2, top), top + height - thumb_height)
    is_along = scene.loading is not None and picture.is_acquired
    unread = _bands(~scene.loading.is_read, top, step) if scene.loading is not None and is_along else ()
    return StackBar(pane_size[0] - STACK_BAR_PX, STACK_BAR_PX, top, height, (thumb_top, thumb_height), unread)


def _bands(flags: NDArray[np.bool_], top: float, step: float) -> tuple[Band, ...]:
    """Return the runs of set flags as (top, height)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return tuple((top + start * step, (stop - start) * step) for start, stop in edges.reshape(-1, 2).tolist())
