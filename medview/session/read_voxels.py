"""The voxels of a series of any format that can be opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from medview.progress import Progress, part
from medview.study.series import Series
from medview.study.volume import Volume

if TYPE_CHECKING:
    from medview.files.workers import Workers


def read_voxels(
    series: Series,
    progress: Progress,
    workers: Workers,
    *,
    wanted: Callable[[], int] | None = None,
    on_begun: Callable[[Volume], None] | None = None,
    on_filled: Callable[[int], None] | None = None,
) -> Volume:
    """Read a series into one array; parameters and errors as `medview.files.pixels.dicom_pixels.read_volume`.

    Formats that lie in one piece, and stacks that are resampled, are not told slice by slice.
    """
    if series.resampled_from is not None:
        from medview.imaging.regularise import regularised

        source = read_voxels(series.resampled_from, part(progress, 0.0, 0.5), workers)
        return replace(regularised(source, part(progress, 0.5, 1.0)), series=series)
    if series.file_format != "DICOM":
        from medview.files.formats.other_formats import read_other_volume

        return read_other_volume(series, progress, workers)
    from medview.files.pixels.dicom_pixels import read_volume

    return read_volume(series, progress, workers=workers, wanted=wanted, on_begun=on_begun, on_filled=on_filled)
