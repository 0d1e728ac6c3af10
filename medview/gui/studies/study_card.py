"""What the study list says of a study, a series and an object beside images."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import Qt

from medview.errors import Sentence
from medview.gui.language import say, tr
from medview.study.date_text import date_text
from medview.study.patient_name import patient_name
from medview.study.series import GuardLine, Series
from medview.study.study import Study
from medview.study.study_object import ObjectKind, StudyObject

_EXPECTED = {"single"}  # the number of images says it
_ALARMING = {"tilted", "missing", "variable", "mixed", "unplaced", "unspaced"}
_KINDS: dict[ObjectKind, Sentence] = {
    "segmentation": Sentence("Segmentation"),
    "structure set": Sentence("Structure set"),
    "RT dose": Sentence("RT dose"),
    "RT plan": Sentence("RT plan"),
    "report": Sentence("Report"),
    "presentation state": Sentence("Presentation state"),
    "key objects": Sentence("Key images"),
    "parametric map": Sentence("Parametric map"),
    "real world value map": Sentence("Real world values"),
    "registration": Sentence("Registration"),
    "document": Sentence("Document"),
    "waveform": Sentence("Waveform"),
    "other": Sentence("Other object"),
}
_AXES = {
    axis.template: axis
    for axis in (
        Sentence("time"),
        Sentence("b-value"),
        Sentence("echo time"),
        Sentence("energy"),
        Sentence("trigger delay"),
        Sentence("phase"),
    )
}
_PICTURES: dict[ObjectKind, str] = {
    "segmentation": "mask",
    "structure set": "outline",
    "RT dose": "radio",
    "presentation state": "window-level",
    "key objects": "check",
    "parametric map": "layout",
    "registration": "crosshair",
}


class CardRole(IntEnum):
    """What an item of the study list carries."""

    CARD = Qt.ItemDataRole.UserRole
    THUMBNAIL = Qt.ItemDataRole.UserRole + 1
    OF = Qt.ItemDataRole.UserRole + 2  # the study, series or object itself: identifiers may be shared by two patients
    PICTURED = Qt.ItemDataRole.UserRole + 3  # the series whose picture is shown: the first one of a 4-D series


@dataclass(frozen=True)
class Card:
    """The words of one item: a title with up to two lines below, and the sign at its right end.

    Attributes
    ----------
    badge, badge_is_alarming
        What the geometry guard says, drawn below the lines, and whether measurements and planes depend on it.
    viewed
        Whether the series has been on the screen.
    has_key_image
        Whether a person has marked one of its images.
    picture
        Name of the icon that stands where a thumbnail would, "" for a series.
    """

    title: str
    lines: tuple[str, ...]
    sign: str = ""
    is_study: bool = False
    usable: bool = True
    shown: bool = False
    badge: str = ""
    badge_is_alarming: bool = False
    picture: str = ""
    viewed: bool = False
    has_key_image: bool = False

    @property
    def height_in_lines(self) -> int:
        """Number of lines of text, the badge among them."""
        return 1 + len(self.lines) + bool(self.badge)


def patient_title(study: Study) -> str:
    """Return the patient's name (PN, PS3.5 6.2) as it is read."""
    return patient_name(study.facts.patient.patient_name) or tr("No name")


def study_card(study: Study, number: int, *, patient_visible: bool) -> Card:
    """Return the card of a study; without the patient's name where it is to be hidden."""
    facts = study.facts
    patient = facts.patient
    title = patient_title(study) if patient_visible else tr("Study {number}", number=number)
    birth = date_text(patient.patient_birth_date)
    born = tr("born {date}", date=birth) if birth else ""
    about = (patient.patient_id, patient.patient_sex, born) if patient_visible else ()
    when = date_text(facts.study_date)
    lines = (" · ".join(t for t in about if t), " · ".join(t for t in (when, facts.study_description) if t))
    return Card(title, tuple(line for line in lines if line), sign="close", is_study=True)


def series_card(series: Series, *, shown: bool, places: int = 1, viewed: bool = False) -> Card:
    """Return the card of a series: what it is, how many images, or why it cannot be shown.

    Parameters
    ----------
    places
        Number of stacks along the axis of a 4-D series, for which the one card stands.
    """
    title = series.series_description or series.body_part_examined or tr("Without a description")
    if places > 1 and series.axis is not None:
        stack = tr(
            "4D ({count}): {axis}", count=places, axis=say(_AXES.get(series.axis.name, Sentence(series.axis.name)))
        )
    else:
        stack = series.stack
    number = tr("Series {number}", number=series.series_number) if series.series_number is not None else ""
    second = " · ".join(t for t in (number, stack) if t)
    if series.refusal is not None:
        second = say(series.refusal.message)
    sign = "refused" if series.refusal is not None else "warning" if series.warnings else ""
    told = _badge_line(series, is_place=places == 1 or shown)
    return Card(
        title,
        (_amount(series, places), second) if second else (_amount(series, places),),
        sign,
        usable=series.refusal is None,
        shown=shown,
        viewed=viewed,
        badge=_said(told.text) if told is not None else "",
        badge_is_alarming=told is not None and told.kind in _ALARMING,
    )


def _amount(series: Series, places: int) -> str:
    """Return modality, number and size of the images."""
    count = len(series.instances)
    if series.resampled_from is not None and series.geometry is not None:
        count = series.geometry.shape[0]
    images = tr("{count} images", count=count) if count != 1 else tr("1 image")
    facts = [series.modality, f"{places} × {images}" if places > 1 else images]
    if series.rows and series.columns:
        facts.append(f"{series.columns} × {series.rows}")
    if series.file_format != "DICOM":
        facts.append(series.file_format)
    return " · ".join(t for t in facts if t)


def _badge_line(series: Series, *, is_place: bool) -> GuardLine | None:
    """Return the gravest thing that the geometry guard says; None where all is as anyone expects.

    Which place of a 4-D series it is, is told where one place is meant: not on the card of them all.
    """
    expected = _EXPECTED if is_place else _EXPECTED | {"4D"}
    told = [line for line in series.guard if line.kind not in expected]
    return told[0] if told and series.refusal is None else None


def _said(sentence: Sentence) -> str:
    """Return a sentence of the geometry guard, with the name of an axis in it translated, too."""
    values = {name: _AXES.get(str(value), value) for name, value in sentence.values.items()}
    return tr(sentence.template, **values)


def object_card(found: StudyObject) -> Card:
    """Return the card of an object beside images: what it is, when it was made, by whom."""
    title = found.label or found.series_description or found.sop_class_name or tr(_KINDS[found.kind].template)
    number = tr("Series {number}", number=found.series_number) if found.series_number is not None else ""
    made = " · ".join(t for t in (number, date_text(found.content_date), found.manufacturer) if t)
    if found.refusal is not None:
        made = say(found.refusal.message)
    sign = "refused" if found.refusal is not None else "warning" if found.warnings else ""
    kind = " · ".join(t for t in (say(_KINDS[found.kind]), found.modality) if t)
    picture = _PICTURES.get(found.kind, "study")
    return Card(title, (kind, made) if made else (kind,), sign, usable=found.refusal is None, picture=picture)


def object_tip(found: StudyObject) -> str:
    """Return all that is to be known of an object before it is opened."""
    parts = [found.label or found.series_description, found.sop_class_name]
    if found.refusal is not None:
        parts += [say(found.refusal.message), say(found.refusal.remedy)]
    parts += [f"⚠ {say(warning)}" for warning in found.warnings]
    return "\n".join(dict.fromkeys(part for part in parts if part))


def series_tip(series: Series) -> str:
    """Return all that is to be known of a series before it is opened."""
    parts = [series.series_description]
    if series.refusal is not None:
        parts += [say(series.refusal.message), say(series.refusal.remedy)]
    parts += [f"{_said(line.text)}: {_said(line.meaning)}" for line in series.guard if line.kind not in _EXPECTED]
    parts += [f"⚠ {say(warning)}" for warning in series.warnings]
    return "\n".join(part for part in parts if part)
