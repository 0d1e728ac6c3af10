"""Which parts of a picture are not there yet, while the volume is being read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.imaging.plane import SlicePlane

PictureRect = tuple[int, int, int, int]


def unread(
    is_read: NDArray[np.bool_] | None, plane: SlicePlane, index: int, size: tuple[int, int], *, is_slice: bool
) -> tuple[PictureRect, ...]:
    """Return the rectangles (left, top, width, height), in picture pixels, that no image read so far has filled.

    Parameters
    ----------
    is_read
        (slices,) which slices are there; None where all are.
    size
        (width, height) of the picture.
    is_slice
        Whether the picture is slice `index` of the plane as it is: one that is projected or interpolated needs every
        image.
    """
    if is_read is None or is_read.all():
        return ()
    whole = (0, 0, size[0], size[1])
    if not is_slice:
        return (whole,)
    if plane.axis == 0:
        return () if is_read[index] else (whole,)
    bands = _missing(is_read[::-1] if _flipped(plane) else is_read)
    if plane.x_axis == 0:
        return tuple((start, 0, stop - start, size[1]) for start, stop in bands)
    return tuple((0, start, size[0], stop - start) for start, stop in bands)


def read_part(picture: NDArray[Any], plane: SlicePlane, is_read: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a slice of the volume, as the plane turns it, of which only what has been read is looked at.

    A plane across the images touches every page of the array: those that nothing has been read into would have to be
    made first, for nothing, which takes longer than the reading.
    """
    if plane.axis == 0:
        return picture
    flags = is_read[::-1] if _flipped(plane) else is_read
    found = np.zeros(picture.shape, picture.dtype)
    if plane.x_axis == 0:
        found[:, flags] = picture[:, flags]
    else:
        found[flags] = picture[flags]
    return found


def _flipped(plane: SlicePlane) -> bool:
    return plane.x_flipped if plane.x_axis == 0 else plane.y_flipped


def _missing(is_read: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the runs (start, stop) of what is not there."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], is_read, [True]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
