"""What a reader must know of a pane since others are beside it: a prior, another patient, how they are linked."""

from __future__ import annotations

import numpy as np

from medview.errors import Sentence
from medview.session.comparison import current_of, patients_seen, seen_scenes
from medview.session.scene import Scene
from medview.session.scene_links import Offset
from medview.session.session import Session
from medview.study.date_text import date_text
from medview.study.time_between import time_between
from medview.view.corner_line import CornerLine

_OTHER_PATIENT = Sentence("DIFFERENT PATIENTS")
_UNKNOWN_PATIENT = Sentence("Same patient? Not known")
_BEYOND = Sentence("Beyond these images: the nearest is shown")
_LEAST_MM = 0.05


def comparison_lines(session: Session, pane: str, *, patient_text: bool = True) -> tuple[CornerLine, ...]:
    """Return the lines that stand below the name of a pane's plane, the gravest first.

    Without `patient_text` no date of an examination is among them.
    """
    scene, viewport = session.scene_in(pane), session.viewports.get(pane)
    if scene is None or viewport is None:
        return ()
    return (*_patients(session), *_prior(session, scene, patient_text=patient_text), *_links(session, viewport.slot))


def _patients(session: Session) -> tuple[CornerLine, ...]:
    found = patients_seen(session)
    if found == "same":
        return ()
    return (CornerLine(_OTHER_PATIENT if found == "different" else _UNKNOWN_PATIENT, "warning"),)


def _prior(session: Session, scene: Scene, *, patient_text: bool) -> tuple[CornerLine, ...]:
    """Return by how much the study is older than the current one of the patient."""
    current = current_of(session, scene.study)
    if current is None:
        return _current(session, scene, patient_text=patient_text)
    dates = scene.study.facts.study_date, current.facts.study_date
    facts: dict[str, object] = {"age": time_between(*dates) or "", "date": date_text(dates[0])}
    if not patient_text:
        same_day = Sentence("PRIOR, earlier on the same day")
        return (CornerLine(same_day if dates[0] == dates[1] else Sentence("PRIOR {age}", facts), "prior"),)
    if dates[0] == dates[1]:
        return (CornerLine(Sentence("PRIOR, earlier on {date}", facts), "prior"),)
    return (CornerLine(Sentence("PRIOR {age} · {date}", facts), "prior"),)


def _current(session: Session, scene: Scene, *, patient_text: bool) -> tuple[CornerLine, ...]:
    """Return that this is the current study, where one of its priors is seen."""
    others = {id(one.study): one.study for one in seen_scenes(session).values() if one.study is not scene.study}
    if not any(current_of(session, study) is scene.study for study in others.values()):
        return ()
    if not patient_text:
        return (CornerLine(Sentence("Current"), "badge"),)
    return (CornerLine(Sentence("Current · {date}", {"date": date_text(scene.study.facts.study_date)}), "badge"),)


def _links(session: Session, slot: int) -> tuple[CornerLine, ...]:
    offset = session.links.offset(slot)
    beyond = session.settings["sync_scroll"] and len(session.scenes) > 1 and session.links.is_beyond(slot)
    return (
        *((CornerLine(_offset_text(offset), "badge"),) if offset is not None else ()),
        *((CornerLine(_BEYOND, "warning"),) if beyond else ()),
    )


def _offset_text(offset: Offset) -> Sentence:
    """Return how far a slot lies from the one it is linked to, in the letters of the patient's directions."""
    if offset.mm is None:
        return Sentence("⛓ Linked by hand, {images} {images:image|images}", {"images": f"{offset.images:+d}"})
    pairs = zip(("RL", "AP", "FH"), np.array(offset.mm), strict=True)
    parts = [f"{letters[int(mm >= 0)]} {abs(mm):.1f}" for letters, mm in pairs if abs(mm) >= _LEAST_MM]
    if not parts:
        return Sentence("⛓ Linked by hand, no offset")
    return Sentence("⛓ Linked by hand, {offset} mm", {"offset": "  ".join(parts)})
