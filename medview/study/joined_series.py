"""The series of a study that is open already, with those that were found when a folder of it was opened again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from medview.study.series import Series


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
        same = [place for place, other in enumerate(joined) if _same_images(series, other)]
        if same:
            joined[same[0]] = _renewed(joined[same[0]], series)
        elif not any(_holds(other, series) for other in joined):
            joined = [other for other in joined if is_used(other) or not _holds(series, other)]
            joined.append(_told_apart(series, {other.key for other in joined}))
    return tuple(joined)


def _same_images(one: Series, other: Series) -> bool:
    return one.series_instance_uid == other.series_instance_uid and one.image_names == other.image_names


def _holds(larger: Series, smaller: Series) -> bool:
    """Whether all images of a stack are among those of another of the same series."""
    same_uid = larger.series_instance_uid == smaller.series_instance_uid
    return same_uid and set(smaller.image_names) <= set(larger.image_names)


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
