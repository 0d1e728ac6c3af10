"""What a PET image's header tells of SUV (PS3.3 C.8.9), with the private elements of two vendors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from medview.errors import Sentence
from medview.files.headers.dicom_values import Values
from medview.imaging.suv import NoSuv, PetFacts, suv_factors

_ALIKE = 1e-3  # times that are worked out from frames are rounded
_BLOCKS = range(0x10, 0x20)
_GE, _PHILIPS = "GEMS_PETD_01", "Philips PET Private Group"


def suv_of(values: Values) -> tuple[tuple[tuple[str, float], ...], tuple[Sentence, ...]]:
    """Return the factors to SUV of a PET image and, where there are none, the sentence why."""
    try:
        return suv_factors(pet_facts(values)), ()
    except NoSuv as reason:
        return (), (reason.sentence,)


def common_factors(
    told: Sequence[tuple[tuple[str, float], ...]],
) -> tuple[tuple[tuple[str, float], ...], tuple[Sentence, ...]]:
    """Return the factors of a stack from those of its images, and the sentence why it has none where they differ."""
    first = dict(told[0])
    for factors in map(dict, told):
        if factors.keys() != first.keys() or any(abs(f / first[kind] - 1.0) > _ALIKE for kind, f in factors.items()):
            return (), (Sentence("No SUV: the images of the series tell different doses, weights or times."),)
    return told[0], ()


def pet_facts(values: Values) -> PetFacts:
    """Return what a header says; whatever is missing or damaged is None."""
    dose = values.item("RadiopharmaceuticalInformationSequence")
    return PetFacts(
        units=values.text("Units").upper(),
        suv_type=values.text("SUVType").upper(),
        decay_correction=values.text("DecayCorrection").upper(),
        corrected=tuple(word.upper() for word in values.texts("CorrectedImage")),
        weight_kg=_above_zero(values.number("PatientWeight")),
        height_m=_above_zero(values.number("PatientSize")),
        sex=values.text("PatientSex").upper(),
        dose_bq=_above_zero(dose.number("RadionuclideTotalDose")),
        half_life_s=_above_zero(dose.number("RadionuclideHalfLife")),
        injected_at=_moment(dose.text("RadiopharmaceuticalStartDateTime")),
        injected_time=_time(dose.text("RadiopharmaceuticalStartTime")),
        series_at=_moment(values.text("SeriesDate") + values.text("SeriesTime")),
        acquired_at=_moment(values.text("AcquisitionDate") + values.text("AcquisitionTime")),
        ge_scan_at=_moment(_private(values, 0x0009, _GE, 0x0D)),
        frame_reference_ms=values.number("FrameReferenceTime"),
        frame_duration_ms=values.number("ActualFrameDuration"),
        philips_suv=_number(_private(values, 0x7053, _PHILIPS, 0x00)),
        philips_bqml=_number(_private(values, 0x7053, _PHILIPS, 0x09)),
    )


def _private(values: Values, group: int, creator: str, element: int) -> str:
    """Return the text of a private element of a creator's block (PS3.5 7.8.1), "" where there is none."""
    for block in _BLOCKS:
        if values.text(group << 16 | block) == creator:
            return values.text(group << 16 | block << 8 | element)
    return ""


def _above_zero(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None


def _number(text: str) -> float | None:
    try:
        return _above_zero(float(text))
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """Return a DT, or a DA with its TM (PS3.5 6.2); None where it holds no time of day. The zone is left out."""
    day, clock = text[:8], _time(text[8:])
    try:
        found = date(int(day[:4]), int(day[4:6]), int(day[6:8]))
    except ValueError:
        return None
    return datetime.combine(found, clock) if clock is not None else None


def _time(text: str) -> time | None:
    """Return a TM; None where it is none."""
    digits, _, fraction = text.replace(":", "").split("+", 1)[0].split("-", 1)[0].strip().partition(".")
    if len(digits) not in (2, 4, 6) or not (digits + fraction).isdigit():
        return None
    hour, minute, second = (int(digits[n : n + 2] or "0") for n in (0, 2, 4))
    if hour > 23 or minute > 59 or second > 60:
        return None
    return time(hour, minute, min(second, 59), int(fraction[:6].ljust(6, "0") or "0"))
