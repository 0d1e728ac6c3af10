"""The voxels of a series, read into one array, the wanted slice first.

PS3.5 8 (how pixels are stored), PS3.3 C.7.6.3 (image pixel), C.11.1 (modality values).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError, Sentence
from medview.files.formats.other_formats import read_other_volume
from medview.files.pixels.dicom_decode import codec_of
from medview.files.pixels.frame_tasks import Filled, FrameReader, FrameTasks, Outwards, fill_frames, named
from medview.files.pixels.stored_frame import StoredFrame
from medview.files.pixels.value_mapping import Extent
from medview.files.pixels.value_unit import value_unit
from medview.files.pixels.voi_luts import read_voi_luts
from medview.files.pixels.volume_plan import VolumePlan, plan_volume
from medview.files.workers import InThisProcess, Workers
from medview.imaging.padding import is_padding, padding_range, without_padding
from medview.imaging.plane import SlicePlane
from medview.imaging.window import is_stored_inverse
from medview.progress import Progress, unheard
from medview.study import shared_array
from medview.study.series import Series
from medview.study.volume import Volume

_INT16, _UINT16 = np.iinfo(np.int16), np.iinfo(np.uint16)
_TASK_MS = 60.0  # long enough to make the handing over cheap, short enough for a scroll to change what comes next
_DECODE_LIMIT_S = 60.0
_TITLE = "Reading slices"
_GAPS = Sentence("Some voxels hold no number (NaN or infinite): they are shown as 0.")
_ROUNDED = Sentence("Some values have more digits than can be kept: they are rounded to seven digits.")


def read_volume(
    series: Series,
    progress: Progress = unheard,
    *,
    workers: Workers | None = None,
    wanted: Callable[[], int] | None = None,
    on_begun: Callable[[Volume], None] | None = None,
    on_filled: Callable[[int], None] | None = None,
) -> Volume:
    """Read every slice of a series into one array of modality values, in shared memory.

    Parameters
    ----------
    workers
        Processes that decode compressed pixels, which native code does and foreign data can make it do anything: None
        decodes in this process, which is right only for files of one's own.
    wanted
        Returns the index of the slice that is looked at: it is read first, then outwards from where it is by then.
        None for the middle one. May be called from another thread.
    on_begun
        Gets the volume as soon as its first slice is in it; every slice is zero until `on_filled` tells its index.

    Returns
    -------
    Volume
        int16, or uint8 or uint16 where stored values are such, where the rescale slope is 1 and the intercept whole;
        else float32. Colours are uint8 (slices, rows, columns, 3). Padding pixels stay as they are. MONOCHROME1 is not
        inverted: that is display. The same volume that `on_begun` got, but for the rare one whose values prove not to
        fit the type that the headers let expect.

    Raises
    ------
    MedViewError
        The series forms no volume, does not fit into memory, a file has changed or is gone, or a slice is damaged.
    """
    if series.geometry is None:
        raise series.refusal or MedViewError("The series {name} forms no volume.", name=series.series_description)
    if series.resampled_from is not None:
        raise ValueError("a resampled stack is made from the voxels of the one it comes from")
    if series.file_format != "DICOM":
        return read_other_volume(series, progress, workers)
    plan = plan_volume(series, series.instances)
    colours = (3,) if plan.is_colour else ()
    array = shared_array.allocate_for_series((*series.geometry.shape, *colours), plan.dtype)
    volume = Volume(array, series.geometry, series, value_unit(series), read_voi_luts(series))
    middle = len(series.instances) // 2
    filling = _Filling(plan, array, progress, workers or InThisProcess(), wanted or (lambda: middle))
    for number in filling.slices():
        if not filling.is_fitting:
            continue  # wrong values are shown to nobody
        if filling.done == 1 and on_begun is not None:
            on_begun(volume)
        if on_filled is not None:
            on_filled(number)
    progress(1.0, "")
    return filling.finished(volume)


def read_middle_slice(series: Series, workers: Workers | None = None) -> NDArray[Any]:
    """Return the modality values float32 (rows, columns) of the slice in the middle, for a preview.

    Of a colour image uint8 (rows, columns, 3). `workers` as for `read_volume`.

    Raises
    ------
    MedViewError
        The series holds no image, or the image is damaged.
    """
    series = series.resampled_from or series
    if not series.instances:
        raise series.refusal or MedViewError("The series {name} forms no volume.", name=series.series_description)
    if series.file_format != "DICOM":
        array = read_other_volume(series, unheard, workers).array
        return np.asarray(array[len(array) // 2], np.uint8 if series.is_colour else np.float32)
    instance = series.instances[len(series.instances) // 2]
    plan = plan_volume(series, (instance,))
    size = series.geometry.shape[1:] if series.geometry is not None else (series.rows, series.columns)
    colours = (3,) if plan.is_colour else ()
    array = shared_array.allocate_for_series((1, *size, *colours), np.uint8 if plan.is_colour else np.float32)
    for _ in _Filling(plan, array, unheard, workers or InThisProcess(), lambda: 0).slices():
        pass
    found: NDArray[Any] = array[0]
    return found


def thumbnail(series: Series, size: int = 96, workers: Workers | None = None) -> NDArray[np.uint8]:
    """Return a preview of the middle slice, turned as the viewer shows it, in its own window, in proportion, on black.

    Returns
    -------
    NDArray
        (size, size), of colour images (size, size, 3).
    """
    series = series.resampled_from or series
    values, aspect = _turned(series, read_middle_slice(series, workers))
    rows, columns = values.shape[:2]
    values = values[:: max(1, rows // (2 * size)), :: max(1, columns // (2 * size))]
    ratio = aspect * rows / max(columns, 1)
    if series.is_colour:
        return _fitted(values, size, ratio)
    low, high = _preview_range(series, values)
    grey = np.clip((values - low) / max(high - low, 1e-6), 0.0, 1.0)
    if is_stored_inverse(series):
        grey = 1.0 - grey
    grey[is_padding(values, padding_range(series, len(series.instances) // 2))] = 0.0
    return _fitted(grey * 255, size, ratio)


def _preview_range(series: Series, values: NDArray[np.float32]) -> tuple[float, float]:
    if series.windows:
        centre, width = series.windows[0]
        return centre - width / 2, centre + width / 2
    kept = without_padding(values[np.isfinite(values)], padding_range(series, len(series.instances) // 2))
    low, high = np.percentile(kept, (0.5, 99.5)) if kept.size else (0.0, 1.0)
    return float(low), float(high)


def _turned(series: Series, values: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Return a slice as it lies on the screen, and the height of a pixel there in its widths."""
    if series.geometry is None:
        return values, 1.0
    plane = SlicePlane.acquired(series.geometry)
    width_mm, height_mm = plane.pixel_mm
    return plane.slice_view(values[np.newaxis], 0), height_mm / width_mm


def _fitted(picture: NDArray[Any], size: int, ratio: float) -> NDArray[np.uint8]:
    """Return a picture, `ratio` times as high as wide, scaled into a black square by the nearest pixel."""
    height = max(1, round(size * min(1.0, ratio)))
    width = max(1, round(size * min(1.0, 1.0 / ratio)))
    rows = np.arange(height) * picture.shape[0] // height
    columns = np.arange(width) * picture.shape[1] // width
    square = np.zeros((size, size, *picture.shape[2:]), dtype=np.uint8)
    top, left = (size - height) // 2, (size - width) // 2
    square[top : top + height, left : left + width] = picture[np.ix_(rows, columns)]
    return square


class _Filling:
    """The filling of an array with the slices of a plan.

    Attributes
    ----------
    done
        How many slices are in the array.
    is_fitting
        Whether every value has fitted the type of the array so far.
    """

    def __init__(
        self, plan: VolumePlan, array: NDArray[Any], progress: Progress, workers: Workers, wanted: Callable[[], int]
    ) -> None:
        self._plan = plan
        self._array = array
        self._progress = progress
        self._workers = workers
        self._wanted = wanted
        self._least, self._most, self._is_rounded, self._has_gaps = 0, 0, False, False
        self.done = 0
        self.is_fitting = True

    def slices(self) -> Iterator[int]:
        """Read every frame; yield the index of each slice that it fills."""
        with FrameReader() as reader:
            for frame in Outwards([f for f in self._plan.frames if not f.is_compressed], self._wanted):
                yield from self._told(reader.fill(frame, self._array))
        compressed = [frame for frame in self._plan.frames if frame.is_compressed]
        if compressed:
            yield from self._decoded(compressed)

    def _decoded(self, frames: Sequence[StoredFrame]) -> Iterator[int]:
        size = min(_frames_a_task(frames), -(-len(frames) // self._workers.processes))
        tasks = FrameTasks(frames, self._wanted, shared_array.handle(self._array), size)
        for number, value in self._each(tasks):
            failed = isinstance(value, MedViewError)
            yield from self._told(self._one_by_one(tasks.taken[number]) if failed else value)

    def _one_by_one(self, frames: Sequence[StoredFrame]) -> Filled:
        """Do a task again that has failed, frame by frame, to find the one to blame."""
        found: Filled = []
        tasks = [(shared_array.handle(self._array), [frame]) for frame in frames]
        for number, value in self._each(tasks):
            if isinstance(value, MedViewError):
                path = frames[number].path
                raise value if value.message.values.get("file") == path.name else named(path, value)
            found += value
        return found

    def _each(self, tasks: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
        def waiting() -> None:
            self._progress(self.done / self._array.shape[0], _TITLE)

        return self._workers.each(fill_frames, tasks, limit_s=_DECODE_LIMIT_S, waiting=waiting)

    def _told(self, filled: Filled) -> Iterator[int]:
        for number, extent in filled:
            self._learn(extent)
            self.done += 1
            self._progress(self.done / self._array.shape[0], _TITLE)
            yield number

    def _learn(self, extent: Extent) -> None:
        self._is_rounded |= extent.is_rounded
        self._has_gaps |= extent.has_gaps
        self._least, self._most = min(self._least, extent.least), max(self._most, extent.most)
        if self._plan.is_checked:
            self.is_fitting = self._least >= _INT16.min and self._most <= _INT16.max

    def finished(self, volume: Volume) -> Volume:
        """Return the volume, with another array where its values have not fitted, and with what must be said of it."""
        said = (_ROUNDED,) * self._is_rounded + (_GAPS,) * self._has_gaps
        series = replace(volume.series, warnings=volume.series.warnings + said) if said else volume.series
        if not self.is_fitting:
            return replace(volume, array=self._wider(), series=series)
        return volume if series is volume.series else replace(volume, series=series)

    def _wider(self) -> NDArray[Any]:
        """Return the values in a type that they fit: the 16 bits hold them modulo 65536 until then."""
        if self._least >= 0 and self._most <= _UINT16.max:
            return self._array.view(np.uint16)
        wide = shared_array.allocate_for_series(self._array.shape, np.float32)
        for frame in self._plan.frames:
            for number, _ in frame.slices:
                wide[number] = frame.mapping.unsettled(self._array[number])
        return wide


def _frames_a_task(frames: Sequence[StoredFrame]) -> int:
    """Return how many frames make a task of a good length."""
    pixels = frames[0].pixels
    megapixels = pixels.rows * pixels.columns * pixels.samples_per_pixel / 1e6
    slowest = max(codec_of(syntax).ms_per_megapixel for syntax in {f.transfer_syntax_uid for f in frames})
    return max(1, round(_TASK_MS / (slowest * max(megapixels, 1e-3))))
