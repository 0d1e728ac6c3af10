"""Which of the studies that are open is the current one of its patient, and which patients are seen together."""

from __future__ import annotations

from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.same_patient import Sameness, sameness
from medview.study.series import StudyFacts
from medview.study.study import Study
from medview.study.time_between import day_of


def current_of(session: Session, study: Study) -> Study | None:
    """Return the newest open study of the same patient, where it is newer than the given one."""
    if len(session.studies) < 2:
        return None
    facts = study.facts
    newer = [one for one in session.studies if one is not study and is_earlier(facts, one.facts) and _same(study, one)]
    return max(newer, key=lambda one: moment(one.facts), default=None)


def is_earlier(facts: StudyFacts, other: StudyFacts) -> bool:
    """Whether an examination was made before another, as far as their dates tell: not where one is missing.

    Of one day their times must tell, to the second.
    """
    days = day_of(facts.study_date), day_of(other.study_date)
    if days[0] is None or days[1] is None:
        return False
    if days[0] != days[1]:
        return days[0] < days[1]
    clocks = [one.study_time.replace(":", "").partition(".")[0].strip() for one in (facts, other)]
    return all(clocks) and clocks[0].ljust(6, "0") < clocks[1].ljust(6, "0")


def moment(facts: StudyFacts) -> tuple[str, str]:
    """Return when a study was made, so that later ones are larger; without a date it is before all others."""
    day = day_of(facts.study_date)
    return (day.isoformat() if day is not None else "", facts.study_time.replace(":", ""))


def seen_scenes(session: Session) -> dict[int, Scene]:
    """Return the scenes of the panes that are seen, by slot."""
    slots = dict.fromkeys(cell.slot for cell in session.visible_cells)
    return {slot: session.scenes[slot] for slot in slots if slot in session.scenes}


def patients_seen(session: Session) -> Sameness:
    """Return whether all that is seen is of one patient: certainly, certainly not, or not known."""
    studies = list({id(scene.study): scene.study for scene in seen_scenes(session).values()}.values())
    found: set[Sameness] = {
        sameness(one.facts.patient, other.facts.patient)
        for number, one in enumerate(studies)
        for other in studies[number + 1 :]
    }
    worst: Sameness = "different" if "different" in found else "unknown" if "unknown" in found else "same"
    return worst


def _same(study: Study, other: Study) -> bool:
    return sameness(study.facts.patient, other.facts.patient) == "same"
