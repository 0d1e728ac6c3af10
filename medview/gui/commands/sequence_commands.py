"""The commands of what follows in time or along another axis, and of stacks that are not even."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.gui.commands import actions
from medview.session.play import change_speed, play_all, play_from_here, play_to_here, toggle_playing
from medview.session.session import Session
from medview.session.step_place import places, step_place


def _playing(command_id: str, title: str, verb: Callable[[Session], None], *shortcuts: str) -> Command:
    return Command(
        command_id,
        title,
        "View",
        lambda shell: verb(shell.session),
        shortcuts,
        when=conditions.can_play,
        submenu="Playing",
    )


def _step(shell: Shell, steps: int) -> None:
    """Go along the axis of a 4-D series; in others to the series before or after, as the arrows do elsewhere."""
    if len(places(shell.session)) > 1:
        step_place(shell.session, steps)
    else:
        actions.show_neighbour_series(shell, steps)


def _title(session: Session, by_places: str, else_title: str) -> str:
    return by_places if len(places(session)) > 1 else else_title


SEQUENCE: tuple[Command, ...] = (
    Command(
        "previous_place",
        "Previous time, b-value or echo",
        "View",
        partial(_step, steps=-1),
        ("Left",),
        when=conditions.has_images,
        current_title=partial(_title, by_places="Previous time, b-value or echo", else_title="Previous series"),
        in_panes=True,
        separator=True,
    ),
    Command(
        "next_place",
        "Next time, b-value or echo",
        "View",
        partial(_step, steps=1),
        ("Right",),
        when=conditions.has_images,
        current_title=partial(_title, by_places="Next time, b-value or echo", else_title="Next series"),
        in_panes=True,
    ),
    Command(
        "play",
        "Play or pause",
        "View",
        lambda shell: toggle_playing(shell.session),
        ("C",),
        icon="play",
        when=conditions.can_play,
        checked=lambda session: session.scene is not None and session.scene.is_playing,
        in_context=True,
    ),
    _playing("play_from_here", "Play from here", play_from_here),
    _playing("play_to_here", "Play to here", play_to_here),
    _playing("play_all", "Play all", play_all),
    _playing("play_faster", "Play faster", partial(change_speed, factor=1.25), "Ctrl+Up"),
    _playing("play_slower", "Play slower", partial(change_speed, factor=0.8), "Ctrl+Down"),
    Command(
        "regularise",
        "Resample to an even grid",
        "View",
        actions.resample_in_view,
        when=conditions.can_resample,
        in_context=True,
        separator=True,
    ),
    Command(
        "give_spacing",
        "Give the pixel spacing…",
        "View",
        actions.ask_spacing,
        when=conditions.lacks_spacing,
    ),
)
