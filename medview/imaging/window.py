"""From modality values to 8-bit grey: the VOI window (PS3.3 C.11.2) and which window to begin with."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from medview.imaging.padding import Range, is_padding, padding_range, without_padding
from medview.study.series import Series
from medview.study.voi_lut import VoiLut
from medview.study.volume import Volume

VoiFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]
Window = tuple[float, float]
_SAMPLE = 500_000  # voxels that are looked at for a percentile: more changes no window a person could see
_LARGEST_WHITE = 0.25
_PET_SUV = (3.0, 6.0)  # centre and width in g/ml
COLOUR_WINDOW: Window = (128.0, 256.0)
_percentiles: WeakKeyDictionary[Volume, Window] = WeakKeyDictionary()
_ranges: WeakKeyDictionary[Volume, Window] = WeakKeyDictionary()
_samples: WeakKeyDictionary[Volume, NDArray[Any]] = WeakKeyDictionary()


def grey(
    values: NDArray[Any],
    window: Window,
    function: VoiFunction = "LINEAR",
    *,
    inverted: bool = False,
    lut: VoiLut | None = None,
    presentation: VoiLut | None = None,
    padding: Range | None = None,
) -> NDArray[np.uint8]:
    """Return 8-bit grey of modality values, in C order.

    Parameters
    ----------
    values
        Any shape; int16, uint16 and uint8 go through a table of all their values, others are computed. NaN is the
        darkest grey, before inversion.
    window
        (Window Center, Window Width).
    inverted
        Turn the result round, after the window: MONOCHROME1 or a person's wish, not both.
    lut
        A table in the place of the window and its function (PS3.3 C.11.2.1.1).
    presentation
        A table that the result of the window or of `lut` goes through (Presentation LUT, C.11.6.1).
    padding
        Values between which a pixel is no part of the image: it is black, inverted or not.
    """
    look = _Look(window, function, inverted, lut, presentation, padding)
    if values.dtype == np.uint8:
        return _lookup(_table(values.dtype.str, look), values)
    if values.dtype in (np.int16, np.uint16):
        # a negative int16 seen as uint16 lies in the upper half of the table, which is filled accordingly
        return _lookup(_table(values.dtype.str, look), values.view(np.uint16))
    return np.ascontiguousarray(_looked_at(values, look))


class _Look(NamedTuple):
    """How values become grey."""

    window: Window
    function: VoiFunction
    inverted: bool
    lut: VoiLut | None
    presentation: VoiLut | None
    padding: Range | None


def _lookup(table: NDArray[np.uint8], values: NDArray[Any]) -> NDArray[np.uint8]:
    return table.take(np.ascontiguousarray(values))


@lru_cache(maxsize=16)
def _table(dtype: str, look: _Look) -> NDArray[np.uint8]:
    """Return the grey of every value of an integer type, indexed by its bits read as unsigned."""
    size = 256 if np.dtype(dtype).itemsize == 1 else 65536
    values = np.arange(size, dtype=f"u{np.dtype(dtype).itemsize}").view(dtype)
    return _looked_at(values, look)


def _looked_at(values: NDArray[Any], look: _Look) -> NDArray[np.uint8]:
    """Return the grey of values of any type."""
    x = np.asarray(values, dtype=np.float64)
    shown = _voi(x, look.window, look.function) if look.lut is None else 255.0 * look.lut.applied(x)
    if look.presentation is not None:
        last = len(look.presentation.output) - 1
        shown = 255.0 * look.presentation.applied(np.nan_to_num(shown) / 255.0 * last)
    found: NDArray[np.uint8] = np.rint(np.nan_to_num(shown, nan=0.0)).astype(np.uint8)
    found = 255 - found if look.inverted else found
    if look.padding is not None:
        found[is_padding(values, look.padding)] = 0
    return found


def _voi(x: NDArray[np.float64], window: Window, function: VoiFunction) -> NDArray[np.float64]:
    """Return the output (0 to 255) of a VOI LUT function (PS3.3 C.11.2.1.2.1 and C.11.2.1.3)."""
    centre, width = window
    if function == "SIGMOID":
        with np.errstate(over="ignore"):
            return 255.0 / (1.0 + np.exp(-4.0 * (x - centre) / max(width, 1e-9)))
    if function == "LINEAR" and width >= 1:
        centre, width = centre - 0.5, width - 1.0
    if width <= 0:  # LINEAR with width 1 is a threshold
        return np.where(x <= centre, 0.0, 255.0)
    return np.clip((x - centre) / width + 0.5, 0.0, 1.0) * 255.0


def voi_function(volume: Volume) -> VoiFunction:
    """Return the function by which the window of a volume is applied.

    That of the file (0028,1056). A float volume without a window of its own is LINEAR_EXACT: LINEAR, made for
    integers, would shift a window of a few units by half a unit.
    """
    if not volume.series.windows and volume.array.dtype.kind == "f":
        return "LINEAR_EXACT"
    return function_named(volume.series.voi_lut_function)


def function_named(name: str) -> VoiFunction:
    """Return the function of a VOI LUT Function (0028,1056); LINEAR where it is none."""
    functions: dict[str, VoiFunction] = {"LINEAR_EXACT": "LINEAR_EXACT", "SIGMOID": "SIGMOID"}
    return functions.get(name, "LINEAR")


def is_stored_inverse(series: Series) -> bool:
    """Whether low values are white by what the images say, be it in one way or in both (PS3.3 C.7.6.3.1.2, C.11.6.1.2).

    MONOCHROME1 and a Presentation LUT Shape of INVERSE say the same; together they invert once.
    """
    says_inverse = bool(series.instances) and series.instances[0].display.is_inverse
    return series.photometric_interpretation == "MONOCHROME1" or says_inverse


def default_window(volume: Volume, slice_index: int | None = None) -> Window:
    """Return the first usable Window Center and Width of the series, else what shows 99.8 % of the values.

    MR scanners store a window with each image. That of an outer image, which shows noise, would turn the whole volume
    white: without an absolute unit, a window that a quarter of the voxels exceed is not used for several images. PET is
    shown from SUV 0 to 6 where SUV are known. Colours have no window: theirs leaves every value as it is.

    Parameters
    ----------
    slice_index
        The one slice to look at, while the others have not been read.
    """
    if volume.is_colour:
        return COLOUR_WINDOW
    suv = dict(volume.series.suv_factors).get("bw")
    if suv:
        return _PET_SUV[0] / suv, _PET_SUV[1] / suv
    values = _sample_of(volume) if slice_index is None else _sample(volume.array[slice_index])
    narrowest = 1e-9 if values.dtype.kind == "f" else 1.0
    for centre, width in volume.series.windows:
        if not np.isfinite((centre, width)).all() or width < narrowest:
            continue
        is_meant = bool(volume.unit) or volume.geometry.shape[0] == 1  # one image means its window
        if is_meant or np.mean(values > centre + width / 2) <= _LARGEST_WHITE:
            return float(centre), float(width)
    return percentile_window(volume) if slice_index is None else _percentile_window(values, volume.series)


def percentile_window(volume: Volume) -> Window:
    """Return the window from percentile 0.1 to 99.9 of the values, padding and NaN left out; computed once a volume."""
    if volume not in _percentiles:
        _percentiles[volume] = _percentile_window(_sample_of(volume), volume.series)
    return _percentiles[volume]


def window_of_values(values: NDArray[Any], series: Series) -> Window:
    """Return the window from percentile 0.1 to 99.9 of some values of a series, padding and NaN left out."""
    return _percentile_window(values, series)


def _percentile_window(values: NDArray[Any], series: Series) -> Window:
    values = values[np.isfinite(values)]
    values = without_padding(values, padding_range(series))
    if values.size == 0:
        return 0.0, 1.0
    low, high = _at_percents(values, 0.1, 99.9)
    if values.dtype.kind == "f":
        return (low + high) / 2, max(high - low, 1e-6)
    low, high = round(low), round(high)
    # LINEAR is black at centre - 0.5 - (width - 1) / 2 and white at centre - 0.5 + (width - 1) / 2
    return (low + high + 1) / 2, max(high - low + 1, 2.0)


def _at_percents(values: NDArray[Any], *percents: float) -> list[float]:
    """Return what numpy.percentile does by its default; that one imports masked arrays before the first image."""
    places = [percent / 100 * (values.size - 1) for percent in percents]
    below = [int(place) for place in places]
    above = [min(place + 1, values.size - 1) for place in below]
    ordered = np.partition(values, sorted({*below, *above}))
    ends = zip(below, above, places, strict=True)
    return [
        float(ordered[low]) + (float(ordered[high]) - float(ordered[low])) * (place - low) for low, high, place in ends
    ]


def value_range(volume: Volume) -> tuple[float, float]:
    """Return the smallest and largest value of (a regular sample of) the voxels; computed once a volume."""
    if volume not in _ranges:
        values = _sample_of(volume)
        values = without_padding(values[np.isfinite(values)], padding_range(volume.series))
        _ranges[volume] = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    return _ranges[volume]


def _sample_of(volume: Volume) -> NDArray[Any]:
    """Return the sample of a volume, taken once: it is gathered from all over the memory."""
    if volume not in _samples:
        _samples[volume] = _sample(volume.array)
    return _samples[volume]


def _sample(array: NDArray[Any]) -> NDArray[Any]:
    """Return at most about half a million voxels, evenly spread, flat."""
    step = max(1, round((array.size / _SAMPLE) ** (1 / 3)))
    return array[tuple(slice((n - 1) % step // 2, None, step) for n in array.shape)].ravel()
