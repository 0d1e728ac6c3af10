"""A scanned study whose files bear other names now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medview.study.series import Instance, Series

if TYPE_CHECKING:
    from medview.files.stacks.dicom_sort import FoundStudy


def relocated(found: FoundStudy, moved: Mapping[Path, Path]) -> FoundStudy:
    """Return the study with files at their new places; `moved` tells them by the old ones. The new ones are there."""
    return replace(
        found,
        series=tuple(_series(series, moved) for series in found.series),
        objects=tuple(replace(one, path=moved.get(one.path, one.path)) for one in found.objects),
    )


def _series(series: Series, moved: Mapping[Path, Path]) -> Series:
    facts = {path: moved[path].stat() for path in {i.path for i in series.instances} if path in moved}

    def instance(one: Instance) -> Instance:
        if one.path not in facts:
            return one
        size, mtime_ns = facts[one.path].st_size, facts[one.path].st_mtime_ns
        pixels = one.pixels and replace(one.pixels, file_size=size, file_mtime_ns=mtime_ns)
        return replace(one, path=moved[one.path], pixels=pixels)

    return replace(series, instances=tuple(map(instance, series.instances)))
