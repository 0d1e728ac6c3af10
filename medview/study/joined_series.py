"""The series of a study that is open already, with those that were found when a folder of it was opened again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from medview.study.series import Instance, Series


def joined_series(
    known: Iterable[Series], found: Iterable[Series], is_used: Callable[[Series], bool]
) -> tuple[Series, ...]:
    """Return the series of both, no image left out and each key once.

    Parameters
    ----------
    is_used
        Whether a known series is on the screen or has been drawn on: it then stays, beside a larger one of the same
        images, because what was drawn belongs to exactly these images.
    """
    joined = list(known)
    for series in found:
        stale = [other for other in joined if is_used(other) and _has_moved(other, series)]
        same = [place for place, other in enumerate(joined) if other not in stale and _same_images(series, other)]
        if same:
            joined[same[0]] = _renewed(joined[same[0]], series)
        elif not any(_holds(other, series) for other in joined if other not in stale):
            joined = [other for other in joined if is_used(other) or not _holds(series, other)]
            joined.append(_told_apart(series, {other.key for other in joined}))
    return tuple(joined)


def _same_images(one: Series, other: Series) -> bool:
    same_uid = one.series_instance_uid == other.series_instance_uid
    return same_uid and one.image_names == other.image_names and _holds(one, other)


def _holds(larger: Series, smaller: Series) -> bool:
    """Whether all images of a stack are among those of another of the same series."""
    if larger.series_instance_uid != smaller.series_instance_uid or larger.resampled_from or smaller.resampled_from:
        return larger.series_instance_uid == smaller.series_instance_uid and _same_source(larger, smaller)
    images = dict(zip(larger.image_names, larger.instances, strict=True))
    pairs = [(images.get(name), image) for name, image in zip(smaller.image_names, smaller.instances, strict=True)]
    return all(there is not None and _is_same_image(there, image) for there, image in pairs)


def _same_source(one: Series, other: Series) -> bool:
    """Whether both are resampled, from the same images."""
    return one.resampled_from is not None and one.image_names == other.image_names


def _is_same_image(one: Instance, other: Instance) -> bool:
    """Whether two images of one identifier can be the same: one file, or a copy of it.

    Files that were changed and kept their identifiers are different images, and both are shown.
    """
    return one.path == other.path or _stored(one) == _stored(other)


def _stored(image: Instance) -> tuple[object, ...]:
    """Return what a copy of a file keeps; when it was written it need not."""
    pixels = None if image.pixels is None else replace(image.pixels, file_mtime_ns=0)
    place, values = image.image_position_patient, (image.rescale_slope, image.rescale_intercept)
    return pixels, place, values, image.transfer_syntax_uid, image.has_modality_lut


def _has_moved(old: Series, new: Series) -> bool:
    """Whether changed files say other places now: what was drawn on the old ones does not lie on the new ones."""
    if old.geometry is None or new.geometry is None or old.instances == new.instances:
        return False
    is_there = [i.path for i in old.instances] == [i.path for i in new.instances]
    return is_there and not old.geometry.same_grid(new.geometry)


def _renewed(old: Series, new: Series) -> Series:
    """Return the series as its files are now; a copy of them that lies elsewhere changes nothing."""
    if old.instances == new.instances and old.axis != new.axis:  # the 4-D series has grown
        return replace(old, axis=new.axis, guard=new.guard, warnings=new.warnings)
    if old.instances == new.instances or [i.path for i in old.instances] != [i.path for i in new.instances]:
        return old
    return replace(new, stack=old.stack)


def _told_apart(series: Series, keys: set[str]) -> Series:
    """Return the series with a stack name that no other has."""
    number, apart = 1, series
    while apart.key in keys:
        number += 1
        apart = replace(series, stack=f"{series.stack or 'part'} ({number})")
    return apart
