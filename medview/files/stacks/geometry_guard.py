"""What the geometry guard says: what is particular about where images lie, and what it means for work on them."""

from __future__ import annotations

from medview.errors import Sentence
from medview.imaging.calibration import Calibration
from medview.imaging.stack import Regularity
from medview.study.series import AxisPlace, GuardKind, GuardLine

_VARIED = 0.02  # of the typical slice distance
# the gravest first
_ORDER: tuple[GuardKind, ...] = (
    "unplaced", "missing", "variable", "tilted", "mixed", "cine", "mosaic", "4D", "unspaced", "lengths",
    "single", "uniform",
)  # fmt: skip
TOLD: frozenset[GuardKind] = frozenset({"unplaced", "missing", "variable", "mixed"})
"""Kinds whose meaning belongs among the warnings of a series."""


def in_order(lines: list[GuardLine]) -> tuple[GuardLine, ...]:
    """Return guard lines with the gravest first."""
    return tuple(sorted(lines, key=lambda line: _ORDER.index(line.kind)))


def uneven(found: Regularity) -> GuardLine:
    """Say why slices form no regular grid: which are missing, how the distance varies, or how they are shifted."""
    if 0 < sum(count for _, count in found.missing()) <= len(found.gaps_mm):
        return _missing(found)  # where most would be missing, no distance is the typical one
    gaps = found.gaps_mm
    if max(gaps) - min(gaps) > _VARIED * found.typical_gap_mm:
        least, most = min(gaps), max(gaps)
        return GuardLine(
            "variable",
            Sentence("slice distance {least:.2f} to {most:.2f} mm", {"least": least, "most": most}),
            Sentence(
                "The slice distance varies from {least:.2f} to {most:.2f} mm. Each slice is shown at its own true "
                "place; other planes, 3D, volumes and models are off until the stack is resampled.",
                {"least": least, "most": most},
            ),
        )
    shift: dict[str, object] = {"deviation": found.deviation_mm}
    return GuardLine(
        "variable",
        Sentence("slices shifted by up to {deviation:.2f} mm", shift),
        Sentence(
            "The slices are shifted against each other by up to {deviation:.2f} mm. Each is shown at its own true "
            "place; other planes, 3D, volumes and models are off until the stack is resampled.",
            shift,
        ),
    )


def _missing(found: Regularity) -> GuardLine:
    before, _ = found.missing()[0]
    total = sum(count for _, count in found.missing())
    values: dict[str, object] = {
        "slice": before + 2,
        "before": before + 1,
        "total": total,
        "gap": found.gaps_mm[before],
        "step": found.typical_gap_mm,
    }
    if total == 1:
        text = Sentence("slice {slice} missing", values)
    else:
        text = Sentence("{total} {total:slice|slices} missing, slice {slice} first", values)
    meaning = Sentence(
        "{total} {total:slice is|slices are} missing: after slice {before} there is a gap of {gap:.2f} mm, where the "
        "others are "
        "{step:.2f} mm apart. The gap is not closed: each slice is shown at its own true place; other planes, 3D, "
        "volumes and models are off until the stack is resampled.",
        values,
    )
    return GuardLine("missing", text, meaning)


def tilted(degrees: float) -> GuardLine:
    """Say that slices are stacked at a slant (gantry tilt)."""
    return GuardLine(
        "tilted",
        Sentence("tilted by {tilt:.1f} degrees", {"tilt": degrees}),
        Sentence(
            "The slices are stacked at a slant of {tilt:.1f} degrees. Other planes, distances and volumes follow the "
            "true places; a model sees slices that are shifted against each other.",
            {"tilt": degrees},
        ),
    )


def beside_each_other(degrees: float) -> GuardLine:
    """Say that slices lie beside rather than behind each other, as those of stations do."""
    return GuardLine(
        "variable",
        Sentence("slices beside each other"),
        Sentence(
            "From slice to slice the images move by {tilt:.0f} degrees to the side: they lie beside each other. Each "
            "is shown at its own true place; other planes, 3D, volumes and models are off.",
            {"tilt": degrees},
        ),
    )


def uniform(step_mm: float) -> GuardLine:
    """Say that slices are evenly spaced."""
    return GuardLine(
        "uniform",
        Sentence("even, {step:.2f} mm", {"step": step_mm}),
        Sentence("The slices lie {step:.2f} mm apart, all alike: other planes, distances, volumes and models hold.",
                 {"step": step_mm}),
    )  # fmt: skip


def single() -> GuardLine:
    """Say that there is one image alone."""
    return GuardLine("single", Sentence("single image"), Sentence("One image alone: no other plane can be cut."))


def recording(frames: int, frame_time_ms: float | None) -> GuardLine:
    """Say that images follow each other in time, or without any place, and form no volume."""
    if frame_time_ms:
        values: dict[str, object] = {"count": frames, "time": frame_time_ms}
        text = Sentence("recording of {count} frames, {time:.0f} ms each", values)
    else:
        text = Sentence("recording of {count} frames", {"count": frames})
    return GuardLine(
        "cine",
        text,
        Sentence("The frames follow each other at one place: they are shown one by one, and there is no volume to "
                 "measure, to cut or to give to a model."),
    )  # fmt: skip


def unplaced(count: int) -> GuardLine:
    """Say that slices do not tell where they lie."""
    return GuardLine(
        "unplaced",
        Sentence("{count} {count:slice|slices} without a place", {"count": count}),
        Sentence(
            "The images do not say where in the patient they lie. They are shown one by one in the order of their "
            "numbers; other planes, 3D, volumes and models are off."
        ),
    )


def unspaced() -> GuardLine:
    """Say that the size of a pixel is not known."""
    return GuardLine(
        "unspaced",
        Sentence("no pixel spacing"),
        Sentence("The size of a pixel is not known: distances are in pixels, and no millimetre is shown."),
    )


def lengths(found: Calibration, *, has_regions: bool) -> GuardLine:
    """Say in what lengths are told of an image whose spacing is none in the patient, or not everywhere."""
    if has_regions:
        text = Sentence("lengths in mm within its regions")
    else:
        text = Sentence("lengths in {unit}", {"unit": found.unit}) if found.refusal is None else Sentence("no lengths")
    return GuardLine("lengths", text, found.reason)


def mosaic(count: int) -> GuardLine:
    """Say that slices were cut from one tiled picture."""
    return GuardLine(
        "mosaic",
        Sentence("{count} slices of one mosaic", {"count": count}),
        Sentence("The slices are tiles of one picture; their places come from the maker's private header. A DICOM "
                 "segmentation cannot name them one by one: export a mask as NIfTI."),
    )  # fmt: skip


def on_axis(axis: AxisPlace) -> GuardLine:
    """Say that a stack is one of several with the same slices."""
    values: dict[str, object] = {"name": axis.name, "number": axis.number + 1, "count": axis.count}
    return GuardLine(
        "4D",
        Sentence("{name} {number} of {count}", values),
        Sentence("One of {count} volumes with the same slices, along {name}. A mask or a model belongs to this one "
                 "alone.", values),
    )  # fmt: skip


def beside(count: int) -> GuardLine:
    """Say that other images lie at the same places as these, and form a stack of their own."""
    return GuardLine(
        "mixed",
        Sentence("positions taken twice"),
        Sentence("{count} {count:image of the series lies at a place|images of the series lie at places} that others "
                 "hold too: {count:it is a stack of its|they are a stack of their} own.",
                 {"count": count}),
    )  # fmt: skip
