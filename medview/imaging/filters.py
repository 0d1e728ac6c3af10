"""Filters of a picture for the eye: what is measured stays as it was acquired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from medview.errors import Sentence

ImageFilter = Literal["sharpen", "sharpen_more", "smooth", "smooth_more", "median", "edges"]
FILTERS: tuple[ImageFilter, ...] = get_args(ImageFilter)
FILTER_TITLES: dict[ImageFilter, Sentence] = {
    "sharpen": Sentence("Sharpen"),
    "sharpen_more": Sentence("Sharpen strongly"),
    "smooth": Sentence("Smooth"),
    "smooth_more": Sentence("Smooth strongly"),
    "median": Sentence("Median of 3 x 3"),
    "edges": Sentence("Edges"),
}
# the middle of nine values (0 to 8, at place 4) by 19 exchanges: Smith, Implementing median filters in XC4000E FPGAs
_EXCHANGES = ((1, 2), (4, 5), (7, 8), (0, 1), (3, 4), (6, 7), (1, 2), (4, 5), (7, 8), (0, 3), (5, 8), (4, 7), (3, 6), (1, 4), (2, 5), (4, 7), (4, 2), (6, 4), (4, 2))  # fmt: skip  # noqa: E501


def filtered(values: NDArray[Any], image_filter: ImageFilter) -> NDArray[Any]:
    """Return a filtered picture of the same shape and type.

    Parameters
    ----------
    values
        (height, width), or (height, width, 3) of colours, which are filtered one by one. Beyond the edges the outermost
        pixel goes on.
    image_filter
        "sharpen" and "sharpen_more" add what a Gaussian of 1 or 2 pixels takes away, once or twice (unsharp mask);
        "smooth" and "smooth_more" are that Gaussian; "edges" is the length of the Sobel gradient, in values a pixel:
        0 where there is none, to be `raised` before it is shown.

    Examples
    --------
    >>> filtered(np.array([[0, 0, 0], [0, 9, 0], [0, 0, 0]], np.int16), "median").max()
    np.int16(0)
    """
    if values.dtype.kind not in "iu" or image_filter == "median":
        return _FILTERS[image_filter](values).astype(values.dtype, copy=False)
    return _whole(_FILTERS[image_filter](values.astype(np.float32)), values.dtype)


def raised(values: NDArray[Any], black: float) -> NDArray[Any]:
    """Return what "edges" found as it is shown: where there is none as dark as the window's lowest value.

    Of the few pixels that are seen, so that a drag of the window filters no large image anew.
    """
    if values.dtype.kind == "f":
        lifted: NDArray[Any] = values + values.dtype.type(black)
        return lifted
    return _whole(values.astype(np.float32) + np.float32(black), values.dtype)


def _whole(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return values as whole numbers of a type, at its ends where they lie beyond."""
    limits = np.iinfo(dtype)
    found: NDArray[Any] = np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
    return found


def _gaussian(values: NDArray[Any], sigma: float) -> NDArray[Any]:
    from scipy.ndimage import gaussian_filter

    found: NDArray[Any] = gaussian_filter(values, (sigma, sigma, *[0.0] * (values.ndim - 2)), mode="nearest")
    return found


def _unsharp(values: NDArray[Any], sigma: float, amount: float) -> NDArray[Any]:
    found: NDArray[Any] = values + amount * (values - _gaussian(values, sigma))
    return found


def _edges(values: NDArray[Any]) -> NDArray[Any]:
    from scipy.ndimage import correlate1d

    # axis by axis: a Sobel filter of three axes would run over the colours, too
    slopes = (
        correlate1d(correlate1d(values, (-1, 0, 1), axis, mode="nearest"), (1, 2, 1), 1 - axis, mode="nearest")
        for axis in (0, 1)
    )
    found: NDArray[Any] = np.hypot(*slopes) / 8.0  # the weights of the kernel add up to eight
    return found


def _median(values: NDArray[Any]) -> NDArray[Any]:
    height, width = values.shape[:2]
    wide = np.pad(values, [(1, 1), (1, 1), *[(0, 0)] * (values.ndim - 2)], mode="edge")
    nine = [wide[row : row + height, column : column + width] for row in range(3) for column in range(3)]
    for i, j in _EXCHANGES:
        nine[i], nine[j] = np.minimum(nine[i], nine[j]), np.maximum(nine[i], nine[j])
    return nine[4]


_FILTERS: dict[ImageFilter, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "sharpen": lambda values: _unsharp(values, 1.0, 1.0),
    "sharpen_more": lambda values: _unsharp(values, 2.0, 2.0),
    "smooth": lambda values: _gaussian(values, 1.0),
    "smooth_more": lambda values: _gaussian(values, 2.0),
    "median": _median,
    "edges": _edges,
}
