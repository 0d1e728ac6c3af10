"""Give up what is being drawn; with nothing drawn, go back to the tool of looking."""

from __future__ import annotations

from medview.gui.command import Shell
from medview.tools import toolbox


def leave_tool(shell: Shell) -> None:
    """Give up the measurement that is being drawn or dragged, else select nothing and take the window tool."""
    session = shell.session
    if not toolbox.give_up(session):
        session.focus.select("")
        session.choose(tool="window_level")
