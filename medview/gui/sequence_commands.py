"""The commands of what follows in time or along another axis, and of stacks that are not even."""

from __future__ import annotations

from medview.gui import actions, conditions
from medview.gui.command import Command
from medview.session.step_place import step_place

SEQUENCE: tuple[Command, ...] = (
    Command(
        "previous_place",
        "Previous time, b-value or echo",
        "View",
        lambda shell: step_place(shell.session, -1),
        ("Left",),
        when=conditions.has_places,
        in_panes=True,
        separator=True,
    ),
    Command(
        "next_place",
        "Next time, b-value or echo",
        "View",
        lambda shell: step_place(shell.session, 1),
        ("Right",),
        when=conditions.has_places,
        in_panes=True,
    ),
    Command(
        "play",
        "Play or pause",
        "View",
        lambda shell: actions.toggle_display(shell.session, "is_playing"),
        ("C",),
        icon="play",
        when=conditions.can_play,
        checked=lambda session: session.scene is not None and session.scene.is_playing,
        in_context=True,
    ),
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
