"""The same lesions at several dates: their diameters, the sum, and by how much it has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medview.imaging.findings import Findings, Quantity

DIAMETER_KINDS = ("length", "bidirectional")


@dataclass(frozen=True)
class Lesion:
    """One lesion, by the name that a person has given it.

    Attributes
    ----------
    diameters
        Of each date the diameter, the longer one where two were measured; None where it was not measured.
    is_doubtful
        Of each date, whether more than one measurement bears the name: none is then told.
    """

    name: str
    diameters: tuple[Quantity | None, ...]
    is_doubtful: tuple[bool, ...]


@dataclass(frozen=True)
class FollowUp:
    """Lesions in the order they were first measured, at dates in their order.

    Attributes
    ----------
    sums
        Of each date the sum of the diameters of all lesions; None where one of them is missing, or they are not in one
        unit, or in pixels, which differ from image to image. A lesion that was not measured at the first date is new:
        it is in no sum.
    changes
        Of each date by how many per cent the sum differs from the first one; None where there is no sum.
    changes_from_least
        The same from the least sum of the dates before.
    """

    lesions: tuple[Lesion, ...]
    sums: tuple[Quantity | None, ...]
    changes: tuple[float | None, ...]
    changes_from_least: tuple[float | None, ...]


def follow_up(dates: Sequence[Sequence[tuple[str, Findings]]]) -> FollowUp:
    """Return the table of lesions over dates.

    It sums and compares as RECIST 1.1 (Eisenhauer 2009) does with target lesions, and leaves it to the reader which
    lesions are such, which diameter of a lymph node counts, and what the change means.

    Parameters
    ----------
    dates
        For each date the names and numbers of what was measured; names are told apart without their case. What has no
        name, and what is no diameter, is left out.
    """
    columns = [_by_name(date) for date in dates]
    names = {key: name for column in reversed(columns) for key, (name, _) in column.items()}
    order = list(dict.fromkeys(key for column in columns for key in column))
    lesions = tuple(_lesion(names[key], [column.get(key, ("", []))[1] for column in columns]) for key in order)
    targets = [lesion for lesion in lesions if lesion.diameters[0] is not None or lesion.is_doubtful[0]]
    sums = tuple(_sum([lesion.diameters[n] for lesion in targets]) for n in range(len(dates)))
    return FollowUp(lesions, sums, _changes(sums, from_least=False), _changes(sums, from_least=True))


def _by_name(date: Sequence[tuple[str, Findings]]) -> dict[str, tuple[str, list[Quantity]]]:
    """Return the diameters of one date by name."""
    found: dict[str, tuple[str, list[Quantity]]] = {}
    for label, findings in date:
        name = " ".join(label.split())
        diameter = findings.quantity("length") or findings.quantity("long_axis")
        if name and diameter is not None:
            found.setdefault(name.casefold(), (name, []))[1].append(diameter)
    return found


def _lesion(name: str, cells: Sequence[Sequence[Quantity]]) -> Lesion:
    diameters = tuple(cell[0] if len(cell) == 1 else None for cell in cells)
    return Lesion(name, diameters, tuple(len(cell) > 1 for cell in cells))


def _sum(diameters: Sequence[Quantity | None]) -> Quantity | None:
    known = [diameter for diameter in diameters if diameter is not None]
    if not known or len(known) < len(diameters) or len({d.unit for d in known}) > 1 or known[0].unit == "px":
        return None
    return Quantity("length", sum(d.value for d in known), known[0].unit)


def _changes(sums: Sequence[Quantity | None], *, from_least: bool) -> tuple[float | None, ...]:
    """Return the change of each sum in per cent, from the first or from the least one before it."""
    first, found = sums[0] if sums else None, []
    for number, now in enumerate(sums):
        before = [s for s in sums[:number] if s is not None]
        base = min(before, key=lambda s: s.value, default=None) if from_least else first
        known = number > 0 and now is not None and base is not None and now.unit == base.unit and base.value > 0
        found.append(100.0 * (now.value - base.value) / base.value if known and now and base else None)
    return tuple(found)
