"""What tells images at one place apart: time, echo, energy, diffusion weighting, as the header gives it.

PS3.3 C.8.3.1 and C.8.13 (MR), C.7.6.16 (functional groups), C.7.6.17 (dimensions).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache

import numpy as np

from medview.files.headers.dicom_values import Values
from medview.files.headers.remembered import remembered

# the functional groups that hold an attribute of `_ORDER`
AXIS_GROUPS = (
    "FrameContentSequence",
    "TemporalPositionSequence",
    "MREchoSequence",
    "MRTimingAndRelatedParametersSequence",
    "MRModifierSequence",
    "CardiacSynchronizationSequence",
    "CTXRayDetailsSequence",
)
# name on the axis, and the attributes that give it, the most telling first
_ORDER: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("echo time", ("EffectiveEchoTime", "EchoTime")),
    ("echo", ("EchoNumbers",)),
    ("energy", ("KVP",)),
    ("inversion time", ("InversionTime", "InversionTimes")),
    ("flip angle", ("FlipAngle",)),
    ("repetition time", ("RepetitionTime",)),
    ("time", ("TemporalPositionTimeOffset", "TemporalPositionIndex", "TemporalPositionIdentifier")),
    ("trigger delay", ("NominalCardiacTriggerDelayTime", "TriggerTime")),
    ("frame reference time", ("FrameReferenceTime",)),
    ("acquisition", ("FrameAcquisitionNumber", "AcquisitionNumber")),
)
_CLOCKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("acquisition time", ("FrameAcquisitionDateTime", "AcquisitionDateTime", "AcquisitionTime")),
    ("content time", ("ContentTime",)),
)
# (private element, the private creator that makes it one (PS3.5 7.8.1), and what the creator's name starts with)
_PRIVATE_B_VALUES = (
    (0x0019100C, 0x00190010, "SIEMENS MR"),
    (0x00431039, 0x00430010, "GEMS"),
    (0x00651009, 0x00650010, "Image Private Header"),
)
_PRIVATE_DIRECTIONS = ((0x0019100E, 0x00190010, "SIEMENS MR"), (0x00651037, 0x00650010, "Image Private Header"))
_GE_DURATION = 0x0019105A, 0x00190010, "GEMS_ACQU"  # in microseconds
_GE_COMPONENT = 0x0043102F, 0x00430010, "GEMS"
_GE_COMPONENTS = {1: "phase", 2: "real", 3: "imaginary"}
DIMENSION = "dimension: "
# dimensions that say where a frame lies, or are among the facts above
_NO_DIMENSION = {0x00209056, 0x00209057, 0x00200032, 0x00209128}


def axis_facts(*groups: Values, dimensions: Iterable[tuple[str, float]] = ()) -> Iterator[tuple[str, float]]:
    """Yield (name, value) of what is given, the most telling first; clocks in ms."""
    yield from _numbers(groups)
    yield from dimensions
    yield from _clocks(groups)


def own_axis_facts(values: Values) -> tuple[tuple[str, float], ...]:
    """Return `axis_facts` of a file without functional groups."""
    return _own_numbers(values) + _own_clocks(values) + _own_duration(values)


@remembered
def _own_numbers(values: Values) -> tuple[tuple[str, float], ...]:
    return tuple(_numbers((values,)))


@remembered
def _own_clocks(values: Values) -> tuple[tuple[str, float], ...]:
    found = []
    for name, keywords in _CLOCKS:
        for keyword in keywords:
            text = values.text(keyword)
            time = _clock_ms(text) if text else None
            if time is not None:
                found.append((name, time))
                break
    return tuple(found)


@remembered
def _own_duration(values: Values) -> tuple[tuple[str, float], ...]:
    """Return how long the whole series took in ms: the standard's (0018,9073) in seconds, or GE's."""
    seconds, (tag, creator_tag, creator) = values.number("AcquisitionDuration"), _GE_DURATION
    if seconds is not None:
        return (("acquisition duration", seconds * 1000),)
    duration = values.number(tag) if values.text(creator_tag).startswith(creator) else None
    return () if duration is None else (("acquisition duration", duration / 1000),)


def _numbers(groups: Sequence[Values]) -> Iterator[tuple[str, float]]:
    for name, keywords in _ORDER:
        number = next((n for k in keywords for g in groups if (n := g.number(k)) is not None), None)
        if number is not None:
            yield name, number


def _clocks(groups: Sequence[Values]) -> Iterator[tuple[str, float]]:
    for name, keywords in _CLOCKS:
        time = next((t for k in keywords for g in groups if (t := _clock_ms(g.text(k))) is not None), None)
        if time is not None:
            yield name, time


def dimension_facts(file: Values, content: Values) -> tuple[tuple[str, float], ...]:
    """Return (DIMENSION + name, index) of a frame for what the file's own dimensions tell beyond place and time."""
    pointers = [item.number("DimensionIndexPointer") for item in file.items("DimensionIndexSequence")]
    indices = content.numbers("DimensionIndexValues")
    if len(pointers) != len(indices):
        return ()
    return tuple(
        (DIMENSION + _description(int(pointer), number), index)
        for number, (pointer, index) in enumerate(zip(pointers, indices, strict=True), 1)
        if pointer is not None and int(pointer) not in _NO_DIMENSION
    )


def _description(tag: int, number: int) -> str:
    from pydicom.datadict import dictionary_description, dictionary_has_tag

    return dictionary_description(tag).lower() if dictionary_has_tag(tag) else f"dimension {number}"


@remembered
def b_value(values: Values) -> float | None:
    """Return the diffusion b-value in s/mm2: the standard's, Siemens', United Imaging's, or GE's (marked by 1e9)."""
    number = values.number("DiffusionBValue")
    for tag, creator_tag, creator in _PRIVATE_B_VALUES:
        if number is None and values.text(creator_tag).startswith(creator):
            number = values.number(tag)
    return None if number is None else number % 1e5


@remembered
def diffusion_direction(values: Values) -> tuple[float, ...] | None:
    """Return the unit vector of the diffusion gradient; None where it is not given, or none was on."""
    direction = values.numbers("DiffusionGradientOrientation")
    for tag, creator_tag, creator in _PRIVATE_DIRECTIONS:
        if not direction and values.text(creator_tag).startswith(creator):
            direction = values.numbers(tag)
    if len(direction) != 3 or float(np.linalg.norm(direction)) < 1e-3:
        return None
    return direction


def traits(*groups: Values) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of facts that are no numbers: options of the sequence, kernel of a frame, component."""
    for keyword in ("ScanOptions", "ConvolutionKernel", "ComplexImageComponent"):
        text = next((t for g in groups if (t := g.text(keyword))), "")
        if text:
            yield keyword, text.replace("\\", "/")
    tag, creator_tag, creator = _GE_COMPONENT
    for group in groups:
        if group.text(creator_tag).startswith(creator):
            component = _GE_COMPONENTS.get(group.integer(tag) or 0)
            if component:
                yield "component", component


@lru_cache(maxsize=4096)
def _clock_ms(text: str) -> float | None:
    """Return a DT or TM value (PS3.5 6.2) as ms from a fixed moment, without its zone; None where it is none."""
    digits, _, fraction = re.split("[+-]", text, maxsplit=1)[0].partition(".")
    if len(digits) not in (6, 14) or not (digits + fraction).isdigit():
        return None
    day, clock = digits[:-6] or "19000101", digits[-6:]
    try:
        ordinal = date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
    except ValueError:
        return None
    seconds = (int(clock[:2]) * 60 + int(clock[2:4])) * 60 + int(clock[4:])
    return (ordinal * 86_400 + seconds) * 1000 + float(f"0.{fraction or 0}") * 1000
