"""What is written beside a measurement, in one to three short lines."""

from __future__ import annotations

from medview.errors import Sentence
from medview.imaging.findings import Findings, Quantity
from medview.study.measurement import Measurement

Line = Sentence | str


def measurement_lines(measurement: Measurement, findings: Findings) -> tuple[Line, ...]:
    """Return the numbers of a measurement with their units, and in one line why there are no others.

    A region tells its area, mean and standard deviation, least and greatest value; of colours the mean and standard
    deviation of each channel. A calibration tells the distance that a person gave.
    """
    if measurement.kind == "calibration" and measurement.known_mm is not None:
        return (Sentence("Known: {mm} mm", {"mm": f"{measurement.known_mm:g}"}),)
    told = [q.text for n in ("length", "angle", "cobb") if (q := findings.quantity(n)) is not None]
    lines: list[Line] = [*told, *_axes(findings), *_region(findings), *_value(findings)]
    return (*lines, *(error.message for error in findings.refusals[:1]))


def fused_lines(name: str, findings: Findings) -> tuple[Line, ...]:
    """Return what a second volume holds under a region or probe: "PET 3.41 ± 0.62 SUVbw  max 5.10"."""
    mean, high = findings.quantity("mean"), findings.quantity("maximum")
    if mean is None or high is None:
        return tuple(f"{name} {line}" for line in _value(findings))
    told = _with_spread(mean, findings.quantity("sd"))
    return (Sentence("{name} {mean}  max {high}", {"name": name, "mean": told, "high": high.number}),)


def _axes(findings: Findings) -> tuple[Line, ...]:
    long, short = findings.quantity("long_axis"), findings.quantity("short_axis")
    return () if long is None or short is None else (f"{long.number} × {short.text}",)


def _region(findings: Findings) -> tuple[Line, ...]:
    area = findings.quantity("area")
    lines: list[Line] = [] if area is None else [area.text]
    for channel in ("", "R", "G", "B"):
        mean, spread = findings.quantity("mean", channel), findings.quantity("sd", channel)
        if mean is not None:
            lines.append(f"{channel} {_with_spread(mean, spread)}".strip())
    low, high = findings.quantity("minimum"), findings.quantity("maximum")
    if low is not None and high is not None:
        lines.append(Sentence("min {low}  max {high}", {"low": low.number, "high": high.number}))
    return tuple(lines)


def _with_spread(mean: Quantity, spread: Quantity | None) -> str:
    """Return a mean with its standard deviation, to the same decimals; a single value has none."""
    if spread is None:
        return mean.text
    decimals = len(mean.number.partition(".")[2])
    return f"{mean.number} ± {spread.value:.{decimals}f} {spread.unit}".strip()


def _value(findings: Findings) -> tuple[Line, ...]:
    """Return the value at a point, of a colour its three parts on one line."""
    values = [q for q in findings.quantities if q.name == "value"]
    return () if not values else ("  ".join(f"{q.channel} {q.text}".strip() for q in values),)
