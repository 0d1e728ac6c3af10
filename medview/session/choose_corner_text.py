"""How much stands in the corners, and what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medview.session.session import Session


def next_corner_mode(session: Session) -> None:
    """Go on from all text to little, to all but who it is, to none, and round to all.

    Who it is stays hidden with none, and in the window's title too, until all is shown again.
    """
    settings = session.settings
    if settings["corner_mode"] == "none":
        settings["patient_text_visible"] = True
        settings["corner_mode"] = "full"
    elif not settings["patient_text_visible"]:
        settings["corner_mode"] = "none"
    elif settings["corner_mode"] == "full":
        settings["corner_mode"] = "minimal"
    else:
        settings["patient_text_visible"] = False
        settings["corner_mode"] = "full"


def keep_corners(session: Session, corners: Mapping[Any, Sequence[str]]) -> None:
    """Remember which fields stand in which corner; {} puts them where they are as shipped."""
    session.settings["corner_text"] = {corner: list(names) for corner, names in corners.items()}
