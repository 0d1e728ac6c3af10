"""From PET activity to standardised uptake values.

After the pseudo-code of the QIBA FDG-PET/CT profile (SUV from DICOM of several vendors). With the dose decayed to the
moment that the images are corrected to::

    SUVbw = activity [Bq/ml] * weight [g] / dose [Bq]

Lean body mass is that of Janmahasatian (2005), body surface that of Du Bois (1916). What cannot be told for sure is
refused with the reason: a wrong SUV looks as good as a right one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar

from medview.errors import Sentence

T = TypeVar("T")

_LONGEST_HALF_LIVES = 10.0  # after that no activity is left to be measured: the times must be wrong
_SAME_S = 60.0  # one of the two records of the injection may be cut to minutes
_DOSE_BQ = (1e5, 1e11)  # a dose below is one in MBq that was written as Bq
_WEIGHT_KG = (0.01, 500.0)
_HEIGHT_M = (0.2, 2.6)


class NoSuv(Exception):  # noqa: N818  no fault of the program: what the images do not tell
    """Why there is no SUV, as a sentence."""

    def __init__(self, template: str, **values: object) -> None:
        self.sentence = Sentence(template, values)
        super().__init__(str(self.sentence))


@dataclass(frozen=True)
class PetFacts:
    """What a PET image says of itself (PS3.3 C.8.9.1), with None or "" where it does not.

    Attributes
    ----------
    units
        Units (0054,1001): "BQML", "CNTS", "GML", "CM2ML" ...
    suv_type
        SUV Type (0054,1006), where the values are SUV already.
    decay_correction
        Decay Correction (0054,1102): "START", "ADMIN" or "NONE".
    corrected
        Corrected Image (0028,0051).
    dose_bq, half_life_s
        Of the Radiopharmaceutical Information Sequence (0054,0016).
    injected_at, injected_time
        Radiopharmaceutical Start DateTime (0018,1078) and Start Time (0018,1072).
    series_at, acquired_at
        Date and time of series and acquisition.
    ge_scan_at
        GE's private scan date and time (0009,xx0d).
    frame_reference_ms, frame_duration_ms
        Frame Reference Time (0054,1300) and Actual Frame Duration (0018,1242).
    philips_suv, philips_bqml
        Philips' private factors (7053,xx00) and (7053,xx09) from rescaled values to SUVbw and Bq/ml.
    """

    units: str
    suv_type: str = ""
    decay_correction: str = ""
    corrected: tuple[str, ...] = ()
    weight_kg: float | None = None
    height_m: float | None = None
    sex: str = ""
    dose_bq: float | None = None
    half_life_s: float | None = None
    injected_at: datetime | None = None
    injected_time: time | None = None
    series_at: datetime | None = None
    acquired_at: datetime | None = None
    ge_scan_at: datetime | None = None
    frame_reference_ms: float | None = None
    frame_duration_ms: float | None = None
    philips_suv: float | None = None
    philips_bqml: float | None = None


def suv_factors(facts: PetFacts) -> tuple[tuple[str, float], ...]:
    """Return (kind, factor) from rescaled values to SUV: "bw" and "lbm" in g/ml, "bsa" in cm2/ml.

    "lbm" and "bsa" are left out where height or sex are not known.

    Raises
    ------
    NoSuv
        The images do not tell what is needed; the sentence names what is missing.
    """
    if facts.units in ("GML", "CM2ML"):
        return _already_suv(facts)
    if facts.units == "CNTS" and facts.philips_suv:
        _check_range(facts.philips_suv, (1e-12, 1e12), "Philips SUV scale (7053,1000)")
        return _of_body(facts, facts.philips_suv)
    if facts.units == "CNTS" and facts.philips_bqml:
        return _of_body(facts, facts.philips_bqml * _per_bqml(facts))
    if facts.units == "CNTS":
        raise NoSuv("No SUV: the values are counts, and the scanner's own factor (7053,1000) is missing.")
    if facts.units != "BQML":
        raise NoSuv("No SUV: the unit of the values is {unit}, not Bq/ml.", unit=facts.units or "missing")
    return _of_body(facts, _per_bqml(facts))


def lean_body_mass_kg(weight_kg: float, height_m: float, sex: str) -> float | None:
    """Return the lean body mass after Janmahasatian (2005); None where the sex is neither "M" nor "F".

    >>> round(lean_body_mass_kg(70, 1.75, "M"), 2), round(lean_body_mass_kg(60, 1.65, "F"), 2)
    (55.86, 39.29)
    """
    index = weight_kg / height_m**2
    if sex == "M":
        return 9270.0 * weight_kg / (6680.0 + 216.0 * index)
    return 9270.0 * weight_kg / (8780.0 + 244.0 * index) if sex == "F" else None


def body_surface_cm2(weight_kg: float, height_m: float) -> float:
    """Return the body surface after Du Bois (1916).

    >>> round(body_surface_cm2(70, 1.75))
    18481
    """
    return float(71.84 * weight_kg**0.425 * (100.0 * height_m) ** 0.725)


def scan_start(facts: PetFacts) -> datetime:
    """Return the moment that images with Decay Correction START are corrected to; NoSuv where it cannot be told.

    It is the series' own time, unless that is later than the acquisition: then the series was made anew, and the
    scanner's private time, or the middle of the frame's counts, tells.
    """
    acquired = _needed(facts.acquired_at, "Acquisition Time (0008,0032)")
    if facts.series_at is not None and facts.series_at <= acquired:
        return facts.series_at
    if facts.ge_scan_at is not None:
        return facts.ge_scan_at
    reference, duration = facts.frame_reference_ms, facts.frame_duration_ms
    if reference is None or duration is None or reference <= 0 or duration <= 0:
        raise NoSuv("No SUV: the series is dated later than its acquisition, and nothing tells when the scan began.")
    decay = math.log(2.0) * duration / 1000.0 / _half_life_s(facts)
    mean_s = duration / 1000.0 / decay * math.log(decay / -math.expm1(-decay))
    return acquired - timedelta(milliseconds=reference) + timedelta(seconds=mean_s)


def _already_suv(facts: PetFacts) -> tuple[tuple[str, float], ...]:
    kind = facts.suv_type or ("BW" if facts.units == "GML" else "BSA")
    if kind == "BW" and facts.units == "GML":
        return _of_body(facts, 1.0)
    if kind.startswith("LBM") and facts.units == "GML":
        return (("lbm", 1.0),)
    if kind == "BSA" and facts.units == "CM2ML":
        return (("bsa", 1.0),)
    raise NoSuv("The values are SUV of a kind that is not converted: {kind}.", kind=kind)


def _per_bqml(facts: PetFacts) -> float:
    """Return the factor from Bq/ml to SUVbw."""
    for word, name in (("ATTN", "attenuation"), ("DECY", "decay")):
        if word not in facts.corrected:
            raise NoSuv("No SUV: the images are not marked as corrected for {effect} (Corrected Image).", effect=name)
    weight_kg = _needed(facts.weight_kg, "Patient's Weight (0010,1030)")
    _check_range(weight_kg, _WEIGHT_KG, "Patient's Weight (0010,1030)")
    return weight_kg * 1000.0 / _decayed_dose_bq(facts)


def _decayed_dose_bq(facts: PetFacts) -> float:
    dose_bq = _needed(facts.dose_bq, "Radionuclide Total Dose (0018,1074)")
    _check_range(dose_bq, _DOSE_BQ, "Radionuclide Total Dose (0018,1074)")
    if facts.decay_correction == "ADMIN":
        return dose_bq
    if facts.decay_correction != "START":
        raise NoSuv("No SUV: Decay Correction (0054,1102) is {kind}, so that no one factor holds for all images.",
                    kind=facts.decay_correction or "missing")  # fmt: skip
    return float(dose_bq * 2.0 ** (-_decay_s(facts, scan_start(facts)) / _half_life_s(facts)))


def _half_life_s(facts: PetFacts) -> float:
    found = _needed(facts.half_life_s, "Radionuclide Half Life (0018,1075)")
    _check_range(found, (1.0, 1e8), "Radionuclide Half Life (0018,1075)")
    return found


def _decay_s(facts: PetFacts, start: datetime) -> float:
    """Return the seconds from injection to `start`; the injection may have been before midnight."""
    longest = _LONGEST_HALF_LIVES * _half_life_s(facts)
    if facts.injected_at is not None:
        found = (start - facts.injected_at).total_seconds()
        if 0.0 <= found <= longest:
            return found
    # a date that was changed to hide it leaves the time of day right
    if facts.injected_time is not None and _same_time_of_day(facts.injected_at, facts.injected_time):
        injected = datetime.combine(start.date(), facts.injected_time)
        found = (start - injected).total_seconds()
        found += 86400.0 if found < 0 else 0.0
        if found <= longest:
            return found
    if facts.injected_at is None and facts.injected_time is None:
        raise NoSuv("No SUV: {tag} is missing.", tag="Radiopharmaceutical Start Time (0018,1072)")
    raise NoSuv("No SUV: the times of injection and of the scan do not fit each other.")


def _same_time_of_day(moment: datetime | None, clock: time) -> bool:
    """Whether two records of the injection agree, as far as there are two."""
    return moment is None or abs((datetime.combine(moment.date(), clock) - moment).total_seconds()) < _SAME_S


def _of_body(facts: PetFacts, factor: float) -> tuple[tuple[str, float], ...]:
    """Return the factors of all kinds from that of body weight, as far as the body is known."""
    found = [("bw", factor)]
    weight_kg, height_m = facts.weight_kg, facts.height_m
    if weight_kg is None or height_m is None or not _HEIGHT_M[0] <= height_m <= _HEIGHT_M[1]:
        return tuple(found)
    if not _WEIGHT_KG[0] <= weight_kg <= _WEIGHT_KG[1]:
        return tuple(found)
    lean_kg = lean_body_mass_kg(weight_kg, height_m, facts.sex)
    found += [("lbm", factor * lean_kg / weight_kg)] if lean_kg is not None else []
    return (*found, ("bsa", factor * body_surface_cm2(weight_kg, height_m) / (1000.0 * weight_kg)))


def _needed(value: T | None, tag: str) -> T:
    if value is None:
        raise NoSuv("No SUV: {tag} is missing.", tag=tag)
    return value


def _check_range(value: float, allowed: tuple[float, float], tag: str) -> None:
    if not allowed[0] <= value <= allowed[1]:
        raise NoSuv("No SUV: {tag} is {value:g}, which cannot be.", tag=tag, value=value)
