"""A series of one image of another."""

from __future__ import annotations

from dataclasses import replace

from medview.study.series import Series


def one_image(series: Series, slice_index: int) -> Series:
    """Return the series of one slice alone, where that lies: what is measured on it needs no other to be read.

    A stack that was computed, and one that is no DICOM, is read whole: it is returned as it is.
    """
    geometry = series.geometry
    if geometry is None or series.resampled_from is not None or series.file_format != "DICOM":
        return series
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.to_mm((slice_index, 0, 0))
    alone = replace(geometry, shape=(1, *geometry.shape[1:]), affine=affine)
    return replace(series, instances=(series.instances[slice_index],), geometry=alone)
