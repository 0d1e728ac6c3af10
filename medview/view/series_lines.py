"""What the corners say of the patient, the examination and the series: facts of the headers."""

from __future__ import annotations

import re

from medview.errors import Sentence
from medview.session.scene import Scene
from medview.study.acquisition_facts import NOTHING_SAID, AcquisitionFacts
from medview.study.date_text import date_text, time_text
from medview.study.patient_name import patient_name
from medview.view.corner_line import CornerLine
from medview.view.value_text import number_text

_AGES = {
    "Y": Sentence("Age {number} {number:year|years}"),
    "M": Sentence("Age {number} {number:month|months}"),
    "W": Sentence("Age {number} {number:week|weeks}"),
    "D": Sentence("Age {number} {number:day|days}"),
}
_SIDES = {"L": Sentence("Left side"), "R": Sentence("Right side"), "B": Sentence("Both sides")}

Lines = tuple[CornerLine, ...]


def text_lines(*texts: str) -> Lines:
    """Return a line of each text that says something."""
    return tuple(CornerLine(text) for text in texts if text.strip())


def name_lines(scene: Scene) -> Lines:
    """Return the patient's name."""
    return text_lines(patient_name(scene.study.facts.patient.patient_name))


def birth_lines(scene: Scene) -> Lines:
    """Return date of birth and sex."""
    patient = scene.study.facts.patient
    return text_lines(" ".join(part for part in (date_text(patient.patient_birth_date), patient.patient_sex) if part))


def age_lines(scene: Scene) -> Lines:
    """Return how old the patient was at the examination, as the header says (0010,1010)."""
    found = re.fullmatch(r"(\d{3})([YMWD])", scene.study.facts.patient_age)
    return (CornerLine(Sentence(_AGES[found[2]].template, {"number": int(found[1])})),) if found is not None else ()


def moment_lines(scene: Scene) -> Lines:
    """Return when the images were taken, or else when the study was begun."""
    facts, series = scene.study.facts, scene.series
    date = series.acquisition_date or facts.study_date
    time = series.acquisition_time if series.acquisition_date else facts.study_time
    return text_lines(f"{date_text(date)} {time_text(time)}".strip())


def number_lines(scene: Scene) -> Lines:
    """Return the number of the series."""
    number = scene.series.series_number
    return (CornerLine(Sentence("Series {number}", {"number": number})),) if number is not None else ()


def side_lines(scene: Scene) -> Lines:
    """Return which side of the body is seen."""
    side = _SIDES.get(acquisition_of(scene).laterality)
    return (CornerLine(side),) if side is not None else ()


def contrast_lines(scene: Scene) -> Lines:
    """Return the contrast agent."""
    agent = scene.series.contrast_bolus_agent
    return (CornerLine(Sentence("Contrast: {agent}", {"agent": agent})),) if agent else ()


def mr_lines(scene: Scene) -> Lines:
    """Return repetition and echo time of an MR image."""
    facts = acquisition_of(scene)
    times = (("TR", facts.repetition_time_ms), ("TE", facts.echo_time_ms))
    return text_lines("  ".join(f"{name} {number_text(time)} ms" for name, time in times if time is not None))


def field_strength_lines(scene: Scene) -> Lines:
    """Return the strength of the magnet."""
    tesla = acquisition_of(scene).magnetic_field_strength_t
    return text_lines(f"{tesla:g} T") if tesla is not None else ()


def kvp_lines(scene: Scene) -> Lines:
    """Return the voltage of the X-ray tube."""
    kvp = acquisition_of(scene).kvp
    return text_lines(f"{number_text(kvp)} kVp") if kvp is not None else ()


def size_lines(scene: Scene) -> Lines:
    """Return how many rows and columns the images have."""
    _, rows, columns = scene.volume.geometry.shape
    return (CornerLine(Sentence("{rows} rows, {columns} columns", {"rows": rows, "columns": columns})),)


def acquisition_of(scene: Scene) -> AcquisitionFacts:
    """Return how the image in view was taken."""
    instances, number = scene.series.instances, scene.cursor_index[0]
    return instances[number].acquisition if number < len(instances) else NOTHING_SAID
