"""Images at the same places divided into stacks: at several times, echoes, energies or diffusion weightings.

Each place on the axis is a stack of its own with the same slices. Nothing is left out: what does not fill all slices
is a stack beside the axis, and said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np

from medview.errors import Sentence
from medview.files.dicom_header import Image
from medview.files.dicom_stack import Stack, acquired
from medview.study.series import AxisPlace

_SAME_GRID_MM = 0.05  # between the same slice of two places of an axis
# facts that say what was measured: (fact, name of the axis, unit, smallest difference of two values, name of a stack)
_CONTRASTS: tuple[tuple[str, str, str, float, str], ...] = (
    ("echo time", "echo time", "ms", 0.01, "echo time {0:g}"),
    ("echo", "echo", "", 0.5, "echo {0:g}"),
    ("energy", "energy", "kVp", 0.5, "{0:g} kVp"),
    ("b-value", "b-value", "s/mm2", 4.0, "b {0:.0f}"),
    ("inversion time", "inversion time", "ms", 0.5, "inversion time {0:g}"),
    ("flip angle", "flip angle", "degrees", 0.5, "flip angle {0:g}"),
    ("repetition time", "repetition time", "ms", 1.0, "repetition time {0:g}"),
)
_SAME_FRACTION = 0.02  # values that differ by less are one value that jitters
# facts that say when: equal for all slices of one place, or ever later at each slice
_MOMENTS = ("time", "frame reference time", "acquisition")
_LATER = ("trigger delay", "acquisition time", "content time")
_CLOCKS = ("frame reference time", "trigger delay", "acquisition time", "content time")
_UNEQUAL = Sentence("Some slice positions hold more images than others; what is over is a stack of its own.")

Places = Sequence[Sequence[Image]]
"""Images by place, in slice order."""


@dataclass(frozen=True)
class _Axis:
    """The name, unit and value of each place of an axis, in order, with the name of its stack."""

    name: str
    unit: str
    values: tuple[float | None, ...]
    names: tuple[str, ...]


def fact(image: Image, name: str) -> float | None:
    """Return a number that the header gives of an image, by its name in `medview.files.dicom_axis_facts`."""
    if name == "b-value":
        return image.frame.b_value
    return next((value for known, value in image.frame.order if known == name), None)


def by_contrast(places: Places, names: tuple[str, ...]) -> list[Stack]:
    """Return stacks on an axis of echo, energy, diffusion and the like; [] where no such fact tells all apart."""
    found = _diffusion(places, names)
    for name, axis, unit, least, text in _CONTRASTS:
        keys = contrast(places, name, least)
        if found:
            return found
        if keys and None not in keys.values() and _tells_all_apart(places, keys):
            order = sorted({v for v in keys.values() if v is not None})
            made = _Axis(axis, unit, tuple(order), tuple(text.format(v) for v in order))
            found = _along(places, keys, order, made, names)
    return found


def groups_by_contrast(places: Places, names: tuple[str, ...]) -> list[tuple[list[Image], tuple[str, ...]]]:
    """Return groups of images that a fact tells apart without telling all apart, each with its names; [] if none."""
    most = max(map(len, places))
    for name, _, _, least, text in _CONTRASTS:
        keys = contrast(places, name, least)
        if keys and most > max(_most_alike(place, keys) for place in places):
            groups: dict[float | None, list[Image]] = defaultdict(list)
            for image in (i for place in places for i in place):
                groups[keys[id(image)]].append(image)
            ordered = sorted(groups, key=lambda v: (v is None, v or 0.0))
            return [(groups[v], (*names, text.format(v) if v is not None else "")) for v in ordered]
    return []


def contrast(places: Places, name: str, least: float) -> dict[int, float | None]:
    """Return a fact's value of each image, without jitter, by the image's id; {} where all are alike."""
    images = [i for place in places for i in place]
    values = clustered([fact(i, name) for i in images], least)
    if not values:
        return {}
    keys = {id(i): values.get(fact(i, name)) for i in images}
    return keys if len(set(keys.values())) > 1 else {}


def by_time(places: Places, names: tuple[str, ...]) -> list[Stack]:
    """Return the stacks of images of equal kind, by time; by the order of acquisition where no time is given."""
    for name in _MOMENTS:
        keys = {id(i): fact(i, name) for place in places for i in place}
        if None not in keys.values() and len(set(keys.values())) > 1 and _tells_all_apart(places, keys):
            order = sorted(v for v in set(keys.values()) if v is not None)
            return _along(places, keys, order, _time_axis(places, keys, order, name), names)
    equal = len({len(place) for place in places}) == 1
    for name in _LATER if equal else ():
        if all(len({fact(i, name) for i in place} - {None}) == len(place) for place in places):
            return _by_rank(places, names, name)
    return (not equal and _by_number(places, names)) or _by_rank(places, names, "")


def clustered(values: Sequence[float | None], least: float) -> dict[float | None, float]:
    """Return for each value the middle of those that differ from it by no more than jitter."""
    known = sorted({v for v in values if v is not None})
    groups: list[list[float]] = []
    for value in known:
        if groups and value - groups[-1][-1] <= max(least, _SAME_FRACTION * abs(value)):
            groups[-1].append(value)
        else:
            groups.append([value])
    return {value: median(group) for group in groups for value in group}


def _tells_all_apart(places: Places, keys: Mapping[int, Hashable]) -> bool:
    """Whether no place has two images of one key."""
    return all(len({keys[id(i)] for i in place}) == len(place) for place in places)


def _most_alike(place: Sequence[Image], keys: Mapping[int, Hashable]) -> int:
    """Return how many images of a place share one key."""
    return max(Counter(keys[id(i)] for i in place).values())


def _diffusion(places: Places, names: tuple[str, ...]) -> list[Stack]:
    """Return stacks by b-value and gradient direction, each repetition apart, in the order of acquisition."""
    images = [i for place in places for i in place]
    if any(i.frame.b_value is None for i in images):
        return []
    weights = clustered([i.frame.b_value for i in images], 4.0)
    kinds = {id(i): (weights[i.frame.b_value], _rounded(i.frame.direction)) for i in images}
    if len(set(kinds.values())) < 2:
        return []
    keys: dict[int, Hashable] = {}
    for place in places:
        seen: dict[Hashable, int] = defaultdict(int)
        for image in sorted(place, key=acquired):
            kind = kinds[id(image)]
            seen[kind] += 1
            keys[id(image)] = (*kind, seen[kind])
    first = {keys[id(i)]: acquired(i) for i in sorted(images, key=acquired, reverse=True)}
    order = sorted(first, key=lambda key: first[key])
    return _along(places, keys, order, _diffusion_axis(order), names)


def _rounded(direction: tuple[float, ...] | None) -> tuple[float, ...]:
    return tuple(round(x, 3) + 0.0 for x in direction or ())


def _diffusion_axis(order: Sequence[Hashable]) -> _Axis:
    values: list[float] = []
    names: list[str] = []
    counted: dict[float, int] = defaultdict(int)
    weights = [key[0] for key in order if isinstance(key, tuple)]
    for weight in weights:
        counted[weight] += 1
        values.append(weight)
        several = weights.count(weight) > 1
        names.append(f"b {weight:.0f}, direction {counted[weight]}" if several else f"b {weight:.0f}")
    return _Axis("b-value", "s/mm2", tuple(values), tuple(names))


def _time_axis(places: Places, keys: Mapping[int, Hashable], order: Sequence[float], name: str) -> _Axis:
    """Return the axis of moments that are numbered or timed; in ms where a clock tells."""
    columns = [[i for place in places for i in place if keys[id(i)] == value] for value in order]
    times = _times_ms(columns)
    if name == "acquisition" and not times:
        return _Axis(name, "", tuple(order), tuple(f"acquisition {v:g}" for v in order))
    names = tuple(f"time {n + 1}" for n in range(len(order)))
    return _Axis("time", "ms" if times else "", times or (None,) * len(order), names)


def _times_ms(columns: Sequence[Sequence[Image]]) -> tuple[float, ...]:
    """Return the time of each group of images from the first on; () where no clock runs from one to the next."""
    for clock in _CLOCKS:
        told = [[t for i in column if (t := fact(i, clock)) is not None] for column in columns]
        if all(told):
            middles = [median(times) for times in told]
            if all(a < b for a, b in pairwise(middles)):
                return tuple(round(m - middles[0], 3) for m in middles)
    return ()


def _by_rank(places: Places, names: tuple[str, ...], name: str) -> list[Stack]:
    """Return stacks by the order at each place: of a clock, or of acquisition."""

    def moment(image: Image) -> tuple[float, tuple[float, int, int, str, str]]:
        return fact(image, name) or 0.0, acquired(image)

    keys: dict[int, Hashable] = {
        id(image): rank for place in places for rank, image in enumerate(sorted(place, key=moment))
    }
    count, is_even = max(map(len, places)), len({len(place) for place in places}) == 1
    columns = [[i for place in places for i in place if keys[id(i)] == rank] for rank in range(count)]
    times = _times_ms(columns)
    if name == "trigger delay":
        stacks = tuple(f"phase {n + 1}" for n in range(count))
        middles = tuple(median(fact(i, name) or 0.0 for i in column) for column in columns)
        axis = _Axis(name, "ms", middles, stacks)
    else:
        stacks = tuple(f"time {n + 1}" if is_even else f"set {n + 1}" for n in range(count))
        axis = _Axis("time", "ms" if times else "", times or (None,) * count, stacks)
    made = _along(places, keys, range(count), axis, names)
    # where places hold unequal numbers, nobody knows of which time an image is missing
    return made if is_even else [replace(stack, axis=None) for stack in made]


def _by_number(places: Places, names: tuple[str, ...]) -> list[Stack]:
    """Return stacks by Instance Number where it counts slice by slice or time by time, though some are missing."""
    images = [i for place in places for i in place]
    numbers = {id(i): i.instance.instance_number for i in images}
    known = [n for n in numbers.values() if n is not None]
    if len(known) < len(images):
        return []
    least, count, most = min(known), len(places), max(map(len, places))
    axis = _Axis("time", "", (None,) * most, tuple(f"time {n + 1}" for n in range(most)))
    for ranks in ([(n - least) // count for n in known], [(n - least) % most for n in known]):
        keys: dict[int, Hashable] = dict(zip(numbers, ranks, strict=True))
        whole = sum(size == count for size in Counter(ranks).values())
        if len(set(ranks)) == most and 2 * whole > max(most, 2) and _tells_all_apart(places, keys):
            return _along(places, keys, sorted(set(ranks)), axis, names)
    return []


def _along(
    places: Places, keys: Mapping[int, Hashable], order: Sequence[Hashable], axis: _Axis, names: tuple[str, ...]
) -> list[Stack]:
    """Return a stack for each key, in order: on the axis where it has all slices, beside it where not."""
    columns = [[i for place in places for i in place if keys[id(i)] == key] for key in order]
    whole = [n for n, column in enumerate(columns) if len(column) == len(places) and _same_places(columns, n, places)]
    uneven: tuple[Sentence, ...] = () if len(whole) == len(columns) else (_UNEQUAL,)
    stacks = [Stack(column, (*names, name), uneven) for column, name in zip(columns, axis.names, strict=True)]
    if len(whole) < 2:
        return stacks
    series = columns[0][0].series
    group = "#".join((series.series_instance_uid or str(columns[0][0].instance.path.parent), *names, axis.name))
    for number, n in enumerate(whole):
        place = AxisPlace(axis.name, axis.unit, number, len(whole), axis.values[n], group)
        stacks[n] = replace(stacks[n], axis=place)
    return stacks


def _same_places(columns: Sequence[Sequence[Image]], number: int, places: Places) -> bool:
    """Whether a full column's images lie where those of the first full column do."""
    reference = next(column for column in columns if len(column) == len(places))
    ours, theirs = (np.array([i.frame.position for i in column]) for column in (columns[number], reference))
    return bool(np.abs(ours - theirs).max() <= _SAME_GRID_MM)
