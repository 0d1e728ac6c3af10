"""Lay a study out as the hanging protocols say, with its priors beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from medview.session.choose_layout import choose_layout
from medview.session.comparison import current_of, is_earlier, moment
from medview.session.fetch_prior import fetch_prior
from medview.session.fuse import fuse
from medview.session.hanging_look import hanging_look
from medview.session.hanging_plan import Hanging, Hung, candidates, choose_rule
from medview.session.hanging_rule import HangingRule, hanging_rules
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.same_patient import sameness
from medview.study.series import Series
from medview.study.series_worth import worth
from medview.study.study import Study


def hang_opened(session: Session, study: Study) -> bool:
    """Lay out a study that has just been opened: beside the newer one of its patient where that one's rule shows both.

    Returns
    -------
    bool
        False where no rule fits: nothing is changed then.
    """
    newer = current_of(session, study)
    plan = _planned(session, newer, _rules(session)) if newer is not None else None
    if plan is not None and any(hung.study is study for found in plan.stages for hung in found.shown.values()):
        return _begin(session, plan)
    return hang(session, study)


def hang(session: Session, study: Study) -> bool:
    """Lay a study out, and look for a prior of it in the library where a rule wants one; False where no rule fits."""
    plan = _planned(session, study, _rules(session))
    return plan is not None and _begin(session, plan)


def step_stage(session: Session, step: int) -> None:
    """Go on to the next stage of the hanging protocol, or back; stops at the ends."""
    hanging = session.hanging
    if hanging is None or hanging.study not in session.studies:
        return
    number = min(max(hanging.number + step, 0), len(hanging.stages) - 1)
    if number != hanging.number:
        session.hanging = replace(hanging, number=number)
        _show_stage(session, session.hanging)


def priors_of(session: Session, study: Study) -> list[Study]:
    """Return the open studies of the same patient that are older, the newest first."""
    same = (one for one in session.studies if one is not study)
    patient = study.facts.patient
    older = [s for s in same if is_earlier(s.facts, study.facts) and sameness(s.facts.patient, patient) == "same"]
    return sorted(older, key=lambda one: moment(one.facts), reverse=True)


def _rules(session: Session) -> tuple[HangingRule, ...]:
    """Return the rules; what is wrong with a person's own files is told once."""
    rules, errors = hanging_rules()
    told = {str(notice.message) for notice in session.notices.notices}
    for error in errors:
        if str(error.message) not in told:
            session.notices.add_error(error)
    return rules


def _planned(session: Session, study: Study, rules: tuple[HangingRule, ...]) -> Hanging | None:
    chosen = choose_rule(rules, study, priors_of(session, study))
    return None if chosen is None else Hanging(study, *chosen)


def _begin(session: Session, hanging: Hanging) -> bool:
    session.hanging = hanging
    _show_stage(session, hanging)
    if session.settings["hanging_priors"] and _wants_prior(session, hanging.study):
        fetch_prior(session, hanging.study, lambda: _hang_with_prior(session, hanging))
    return True


def _wants_prior(session: Session, study: Study) -> bool:
    """Whether a rule for images of this kind shows a prior, and none is open yet."""
    if priors_of(session, study):
        return False
    modalities = {series.modality for series in candidates(study)}
    return any(r.wants_prior and (not r.modality or modalities & set(r.modality)) for r in hanging_rules()[0])


def _hang_with_prior(session: Session, before: Hanging) -> None:
    """Lay the study out anew now that a prior is there, unless the person has changed what is seen meanwhile."""
    if session.hanging is not before:
        return
    if not _is_untouched(session, before):
        session.notices.add("info", "An earlier examination of the patient was found in the library: it is listed.")
        return
    plan = _planned(session, before.study, _rules(session))
    if plan is not None:
        session.hanging = plan
        _show_stage(session, plan)


def _is_untouched(session: Session, hanging: Hanging) -> bool:
    main = tuple(cell for cell in session.layout.cells if cell.window == 0)
    shown = hanging.stage.shown
    return main == hanging.stage.stage.layout.cells and all(
        wanted.key == shown[slot].series.key for slot, wanted in session.wanted.items() if slot in shown
    )


def _show_stage(session: Session, hanging: Hanging) -> None:
    """Lay out a stage. What other studies have left in its slots goes first: nobody sees two patients for a moment."""
    found = hanging.stage
    choose_layout(session, found.stage.layout, window=0)
    hung_studies = {id(one.study) for one in found.shown.values()}
    # a larger layout must not bring back what was looked at before
    session.away = {slot: scene for slot, scene in session.away.items() if id(scene.study) in hung_studies}
    for slot in found.stage.layout.slots:
        scene, hung = session.scenes.get(slot), found.shown.get(slot)
        if scene is not None and (hung is None or scene.study is not hung.study or scene.series is not hung.series):
            session.show(None, slot)
            session.wanted.pop(slot, None)
    first = next((cell for cell in found.stage.layout.cells if cell.slot in found.shown), None)
    if first is not None:
        session.choose(active_pane=first.name)
    for slot, hung in sorted(found.shown.items()):
        _when_shown(session, slot, hung, _looked(session, slot, hung))
        show_series(session, hung.study, hung.series, slot)


def _looked(session: Session, slot: int, hung: Hung) -> Callable[[], None]:
    def look() -> None:
        look = hanging_look(hung.series, hung.wish.chest_wall)
        for viewport in session.of_slot(slot):
            viewport.update(**look)
        second = _second(hung)
        if second is not None:
            fuse(session, hung.study, second, slot)

    return look


def _second(hung: Hung) -> Series | None:
    """Return the series that is laid over another: of the wanted modality, in its frame of reference."""
    geometry = hung.series.geometry
    uid = geometry.frame_of_reference_uid if geometry is not None else ""
    there = [s for s in candidates(hung.study) if s.modality == hung.wish.fuse and s.geometry is not None]
    same = [s for s in there if uid and s.geometry is not None and s.geometry.frame_of_reference_uid == uid]
    return max(same, key=worth, default=None) if hung.wish.fuse else None


def _when_shown(session: Session, slot: int, hung: Hung, then: Callable[[], None]) -> None:
    """Call `then` once a slot shows what it is to show; never where something else is asked for meanwhile."""

    def follow() -> None:
        scene, wanted = session.scenes.get(slot), session.wanted.get(slot)
        if scene is not None and scene.study is hung.study and scene.series.key == hung.series.key:
            end()
            then()
        elif wanted is not None and wanted.key != hung.series.key:
            end()

    def end() -> None:
        session.scene_changed.disconnect(follow, missing_ok=True)

    session.scene_changed.connect(follow)
    follow()
