"""A line of a pane's corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from medview.errors import Sentence

Mark = Literal["", "title", "badge", "warning", "prior"]


@dataclass(frozen=True)
class CornerLine:
    """One line of a corner. A str (a name, a number) is shown as it is; a Sentence is translated first.

    `mark` tells what it is: "title" names the plane, "badge" says where what is seen comes from, "warning" must strike,
    "prior" tells an older examination from the current one. `is_passing` marks what comes and goes with the mouse.
    """

    text: Sentence | str
    mark: Mark = ""
    tip: Sentence | None = None
    is_passing: bool = False
