"""Go along the axis of a 4-D series: the same slices at another time, b-value or echo."""

from __future__ import annotations

from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.series import Series


def places(session: Session) -> tuple[Series, ...]:
    """Return the places of the 4-D series in view in the order of its axis; empty for a plain series."""
    scene = session.scene
    if scene is None or scene.series.axis is None:
        return ()
    return scene.study.stacks_along(scene.series)


def step_place(session: Session, steps: int, *, round_and_round: bool = False) -> None:
    """Show a later place, an earlier one for negative steps; stops at the ends, or goes on at the other one."""
    along = places(session)
    if not along:
        return
    number = _wanted_number(session, along) + steps
    go_to_place(session, number % len(along) if round_and_round else number)


def go_to_place(session: Session, number: int) -> None:
    """Show place `number`, from 0, or the nearest there is, as soon as it is read."""
    along = places(session)
    if session.scene is not None and along:
        show_series(session, session.scene.study, along[min(max(number, 0), len(along) - 1)])


def _wanted_number(session: Session, along: tuple[Series, ...]) -> int:
    """Return the place asked for last: a second step must not wait until the first one is on the screen."""
    wanted = session.wanted_series
    if wanted is not None and wanted in along:
        return along.index(wanted)
    return along.index(session.scene.series) if session.scene is not None and session.scene.series in along else 0
