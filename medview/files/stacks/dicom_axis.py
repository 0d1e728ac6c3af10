"""Images at the same places divided into stacks: at several times, echoes, energies or diffusion weightings.

Each place on the axis is a stack of its own with the same slices. Nothing is left out: what does not fill all slices
is a stack beside the axis, and said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np

from medview.errors import Sentence
from medview.files.headers.dicom_axis_facts import DIMENSION
from medview.files.headers.dicom_header import Image
from medview.files.stacks.dicom_stack import Stack, acquired
from medview.study.series import AxisPlace

_SAME_GRID_MM = 0.05  # between the same slice of two places of an axis
# facts that say what was measured: (fact, unit, smallest difference of two values, name of a stack)
_CONTRASTS: tuple[tuple[str, str, float, str], ...] = (
    ("echo time", "ms", 0.01, "echo time {0:g}"),
    ("echo", "", 0.5, "echo {0:g}"),
    ("energy", "kVp", 0.5, "{0:g} kVp"),
    ("b-value", "s/mm2", 4.0, "b {0:.0f}"),
    ("inversion time", "ms", 0.5, "inversion time {0:g}"),
    ("flip angle", "degrees", 0.5, "flip angle {0:g}"),
    ("repetition time", "ms", 1.0, "repetition time {0:g}"),
)
_SAME_FRACTION = 0.02  # values that differ by less are one value that jitters
# facts that say when: equal for all slices of one place, or ever later at each slice
_MOMENTS = ("time", "frame reference time", "acquisition")
_LATER = ("trigger delay", "acquisition time", "content time")
_ABSOLUTE = ("acquisition time", "content time")
_CLOCKS = ("frame reference time", "trigger delay", "acquisition time", "content time")
_LIKE_A_REPETITION = 0.01  # how far a step between times may be from the repetition time, as a part of it
_OUT_OF_STEP = Sentence(
    "The images do not follow each other at the same times at every place, or some are missing: what is shown as one "
    "moment may hold images of several."
)
_UNEQUAL = Sentence("Some slice positions hold more images than others; what is over is a stack of its own.")

Keys = Sequence[Hashable]
"""One key for each image, in the order of `Placed.images`."""


class Placed:
    """Images by the place they lie at.

    Attributes
    ----------
    images
        All of them, place after place.
    place
        The number of the place of each image.
    sizes
        How many images each place holds.
    """

    def __init__(self, places: Sequence[Sequence[Image]]) -> None:
        self.images = [image for place in places for image in place]
        self.place = [number for number, place in enumerate(places) for _ in place]
        self.sizes = [len(place) for place in places]
        self._facts = [dict(image.frame.order) for image in self.images]

    @property
    def is_even(self) -> bool:
        """Whether all places hold equally many images."""
        return min(self.sizes) == max(self.sizes)

    @property
    def fact_names(self) -> tuple[str, ...]:
        """Return the names of what the first image's header tells."""
        return tuple(self._facts[0])

    def facts(self, name: str) -> list[float | None]:
        """Return a number that the headers give, by its name in `medview.files.headers.dicom_axis_facts`."""
        if name == "b-value":
            return [image.frame.b_value for image in self.images]
        return [facts.get(name) for facts in self._facts]

    def contrast(self, name: str, least: float) -> list[float | None]:
        """Return a fact without its jitter; [] where it is the same for all images."""
        told = self.facts(name)
        if len(set(told)) < 2:
            return []
        middle = _clustered(told, least)
        found = [middle.get(value) for value in told]
        return found if len(set(found)) > 1 else []

    def most_alike(self, keys: Keys) -> int:
        """Return the largest number of images at one place that share a key."""
        return max(Counter(zip(self.place, keys, strict=True)).values())

    def columns(self, keys: Keys, order: Iterable[Hashable]) -> list[list[int]]:
        """Return the indices of the images of each key, in slice order."""
        found: dict[Hashable, list[int]] = defaultdict(list)
        for index, key in enumerate(keys):
            found[key].append(index)
        return [found[key] for key in order]

    def ranks(self, values: Sequence[float]) -> list[int]:
        """Return the rank of each image at its place by a value, and where that is equal by acquisition."""
        order = sorted(range(len(values)), key=lambda n: (self.place[n], values[n], acquired(self.images[n])))
        ranks, seen = [0] * len(order), [0] * len(self.sizes)
        for index in order:
            ranks[index] = seen[self.place[index]]
            seen[self.place[index]] += 1
        return ranks


@dataclass(frozen=True)
class _Axis:
    """The name, unit and value of each place of an axis, in order, with the name of its stack."""

    name: str
    unit: str
    values: tuple[float | None, ...]
    names: tuple[str, ...]


def by_contrast(placed: Placed, names: tuple[str, ...]) -> list[Stack]:
    """Return stacks on an axis of echo, energy, diffusion and the like; [] where no such fact tells all apart."""
    found = _diffusion(placed, names)
    for name, unit, least, text in _CONTRASTS if not found else ():
        keys = placed.contrast(name, least)
        if keys and None not in keys and placed.most_alike(keys) == 1:
            order = sorted({value for value in keys if value is not None})
            axis = _Axis(name, unit, tuple(order), tuple(text.format(value) for value in order))
            return _along(placed, keys, order, axis, names)
    return found


def groups_by_contrast(placed: Placed, names: tuple[str, ...]) -> list[tuple[list[Image], tuple[str, ...]]]:
    """Return groups of images that a fact tells apart without telling all apart, each with its names; [] if none."""
    for name, _, least, text in _CONTRASTS:
        keys = placed.contrast(name, least)
        if keys and placed.most_alike(keys) < max(placed.sizes):
            order = sorted(set(keys), key=lambda value: (value is None, value or 0.0))
            labels = [text.format(value) if value is not None else "" for value in order]
            columns = placed.columns(keys, order)
            return [([placed.images[n] for n in c], (*names, t)) for c, t in zip(columns, labels, strict=True)]
    return []


def by_time(placed: Placed, names: tuple[str, ...]) -> list[Stack]:
    """Return the stacks of images of equal kind, by time; by the order of acquisition where no time is given."""
    dimensions = tuple(name for name in placed.fact_names if name.startswith(DIMENSION))
    for name in (*_MOMENTS, *dimensions):
        keys = placed.facts(name)
        order = sorted({value for value in keys if value is not None})
        if None not in keys and len(order) > 1 and placed.most_alike(keys) == 1:
            return _along(placed, keys, order, _time_axis(placed, keys, order, name), names)
    for name in _LATER if placed.is_even else ():
        values = placed.facts(name)
        if None not in values and placed.most_alike(values) == 1:
            clock = [value or 0.0 for value in values]
            if name in _ABSOLUTE and not _keeps_step(placed, clock):
                # places that lack an image each, of another moment: only numbers may still tell
                return _by_number(placed, names) or _out_of_step(_by_rank(placed, names, name, clock))
            return _by_rank(placed, names, name, clock)
    return (not placed.is_even and _by_number(placed, names)) or _by_rank(placed, names, "", [0.0] * len(placed.images))


def _clustered(values: Sequence[float | None], least: float) -> dict[float | None, float]:
    """Return for each value the middle of those that differ from it by no more than jitter."""
    groups: list[list[float]] = []
    for value in sorted({v for v in values if v is not None}):
        if groups and value - groups[-1][-1] <= max(least, _SAME_FRACTION * abs(value)):
            groups[-1].append(value)
        else:
            groups.append([value])
    return {value: median(group) for group in groups for value in group}


def _diffusion(placed: Placed, names: tuple[str, ...]) -> list[Stack]:
    """Return stacks by b-value and gradient direction, each repetition apart, in the order of acquisition."""
    told = placed.facts("b-value")
    if None in told:
        return []
    weights = {b: b for b in told} if _is_steady(placed, told) else _clustered(told, 4.0)
    kinds = [(weights[b], _rounded(i.frame.direction)) for b, i in zip(told, placed.images, strict=True)]
    if len(set(kinds)) < 2:
        return []
    keys: list[Hashable] = [None] * len(kinds)
    first: dict[Hashable, int] = {}
    seen: dict[Hashable, int] = defaultdict(int)
    for number, index in enumerate(sorted(range(len(kinds)), key=lambda n: acquired(placed.images[n]))):
        place = placed.place[index], kinds[index]
        seen[place] += 1
        keys[index] = (*kinds[index], seen[place])
        first.setdefault(keys[index], number)
    order = sorted(first, key=lambda key: first[key])
    return _along(placed, keys, order, _diffusion_axis(order), names)


def _is_steady(placed: Placed, values: Keys) -> bool:
    """Whether each value is there equally often at every place: what jitters is not."""
    held = Counter(zip(values, placed.place, strict=True))
    each: dict[Hashable, set[int]] = defaultdict(set)
    for value, place in held:
        each[value].add(held[value, place])
    places = Counter(value for value, _ in held)
    return all(len(each[value]) == 1 and places[value] == len(placed.sizes) for value in each)


def _rounded(direction: tuple[float, ...] | None) -> tuple[float, ...]:
    return tuple(round(x, 3) + 0.0 for x in direction or ())


def _diffusion_axis(order: Sequence[Hashable]) -> _Axis:
    weights = [key[0] for key in order if isinstance(key, tuple)]
    names: list[str] = []
    counted: dict[float, int] = defaultdict(int)
    for weight in weights:
        counted[weight] += 1
        several = weights.count(weight) > 1
        names.append(f"b {weight:.0f}, direction {counted[weight]}" if several else f"b {weight:.0f}")
    return _Axis("b-value", "s/mm2", tuple(weights), tuple(names))


def _time_axis(placed: Placed, keys: Keys, order: Sequence[float], name: str) -> _Axis:
    """Return the axis of moments that are numbered or timed; in ms where a clock tells."""
    times = _times_ms(placed, placed.columns(keys, order))
    if name not in ("time", "frame reference time") and not times:
        word = name.removeprefix(DIMENSION)
        return _Axis(word, "", tuple(order), tuple(f"{word} {value:g}" for value in order))
    names = tuple(f"time {n + 1}" for n in range(len(order)))
    return _Axis("time", "ms" if times else "", times or (None,) * len(order), names)


def _times_ms(placed: Placed, columns: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """Return the time of each group of images from the first on; () where neither clock nor duration tells it."""
    for clock in _CLOCKS:
        values = placed.facts(clock)
        told = [[value for n in column if (value := values[n]) is not None] for column in columns]
        if all(told):
            middles = [median(times) for times in told]
            if all(a < b for a, b in pairwise(middles)):
                steps = [b - a for a, b in pairwise(middles)]
                return _repetitions_ms(placed, steps) or tuple(round(m - middles[0], 3) for m in middles)
    (duration, *others) = {*placed.facts("acquisition duration")}
    count = len(columns)
    return () if others or not duration else _repetitions_ms(placed, [duration / count] * (count - 1))


def _repetitions_ms(placed: Placed, steps: Sequence[float]) -> tuple[float, ...]:
    """Return multiples of the repetition time where it is what lies between the times of an axis, else ().

    A sequence repeats exactly, while the clock that wrote the headers jitters by some ms. Where slices are taken in
    several passes, or pauses lie between, the steps are longer than one repetition.
    """
    repetition, *others = {*placed.facts("repetition time")}
    if others or not repetition or not placed.is_even:
        return ()
    if any(abs(step - repetition) > _LIKE_A_REPETITION * repetition for step in steps):
        return ()
    return tuple(round(n * repetition, 3) for n in range(len(steps) + 1))


def _by_rank(placed: Placed, names: tuple[str, ...], name: str, values: Sequence[float]) -> list[Stack]:
    """Return stacks by the order at each place: of a clock, or of acquisition."""
    keys, count = placed.ranks(values), max(placed.sizes)
    columns = placed.columns(keys, range(count))
    times = _times_ms(placed, columns)
    if name == "trigger delay":
        middles = tuple(median(values[n] for n in column) for column in columns)
        axis = _Axis(name, "ms", middles, tuple(f"phase {n + 1}" for n in range(count)))
    else:
        word = "time" if placed.is_even else "set"
        axis = _Axis(
            "time", "ms" if times else "", times or (None,) * count, tuple(f"{word} {n + 1}" for n in range(count))
        )
    made = _along(placed, keys, range(count), axis, names)
    # where places hold unequal numbers, nobody knows of which time an image is missing
    return made if placed.is_even else [replace(stack, axis=None) for stack in made]


def _keeps_step(placed: Placed, clock: Sequence[float]) -> bool:
    """Whether the same time passes from image to image at every place, within half the usual step."""
    times = np.array(clock).reshape(len(placed.sizes), -1)
    times.sort(axis=1)
    passed = times - times[:, :1]
    return bool(np.abs(passed - np.median(passed, axis=0)).max() <= 0.5 * float(np.median(np.diff(times, axis=1))))


def _out_of_step(stacks: list[Stack]) -> list[Stack]:
    """Return stacks whose images are of no common moment: with their order, without times, and told."""
    return [
        replace(s, axis=s.axis and replace(s.axis, unit="", value=None), warnings=(*s.warnings, _OUT_OF_STEP))
        for s in stacks
    ]


def _by_number(placed: Placed, names: tuple[str, ...]) -> list[Stack]:
    """Return stacks by Instance Number where it counts slice by slice or time by time, though some are missing."""
    known = [n for i in placed.images if (n := i.instance.instance_number) is not None]
    if len(known) < len(placed.images):
        return []
    least, count, most = min(known), len(placed.sizes), max(placed.sizes)
    axis = _Axis("time", "", (None,) * most, tuple(f"time {n + 1}" for n in range(most)))
    for ranks in ([(n - least) // count for n in known], [(n - least) % most for n in known]):
        whole = sum(size == count for size in Counter(ranks).values())
        if len(set(ranks)) == most and 2 * whole > max(most, 2) and placed.most_alike(ranks) == 1:
            return _along(placed, ranks, sorted(set(ranks)), axis, names)
    return []


def _along(placed: Placed, keys: Keys, order: Iterable[Hashable], axis: _Axis, names: tuple[str, ...]) -> list[Stack]:
    """Return a stack for each key, in order: on the axis where it has all slices, beside it where not."""
    columns = [[placed.images[n] for n in column] for column in placed.columns(keys, order)]
    full = [column for column in columns if len(column) == len(placed.sizes)]
    grid = np.array([image.frame.position for image in full[0]]) if full else None
    whole = [n for n, column in enumerate(columns) if _has_places(column, grid)]
    uneven: tuple[Sentence, ...] = () if len(whole) == len(columns) else (_UNEQUAL,)
    stacks = [Stack(column, (*names, name), uneven) for column, name in zip(columns, axis.names, strict=True)]
    if len(whole) < 2:
        return stacks
    first = placed.images[0]
    plane = ",".join(f"{cosine:.3f}" for cosine in first.frame.orientation or ())
    group = "#".join((first.series.series_instance_uid or str(first.instance.path.parent), *names, axis.name, plane))
    for number, n in enumerate(whole):
        place = AxisPlace(axis.name, axis.unit, number, len(whole), axis.values[n], group)
        stacks[n] = replace(stacks[n], axis=place)
    return stacks


def _has_places(column: Sequence[Image], grid: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None) -> bool:
    """Whether a column's images lie at the places of the grid."""
    if grid is None or len(column) != len(grid):
        return False
    return bool(np.abs(np.array([image.frame.position for image in column]) - grid).max() <= _SAME_GRID_MM)
