"""What a person should know, without being stopped: level, sentence, remedy, how often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from psygnal import Signal

from medview.errors import MedViewError, Sentence

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Notice:
    """One sentence for a person.

    Attributes
    ----------
    count
        How often the same was said while it stood.
    lasting
        Whether it stays until it is dismissed although it only tells.
    """

    level: Level
    message: Sentence
    remedy: Sentence = Sentence("")
    count: int = 1
    lasting: bool = False

    @property
    def stays(self) -> bool:
        """Whether it stays until it is dismissed: warnings and errors do."""
        return self.lasting or self.level != "info"


class NoticeBoard:
    """The notices of a session, newest last."""

    changed = Signal()

    def __init__(self) -> None:
        self.notices: tuple[Notice, ...] = ()

    def add(
        self,
        level: Level,
        message: str | Sentence,
        remedy: str | Sentence = "",
        *,
        lasting: bool = False,
        **values: object,
    ) -> None:
        """Add a notice; one that stands already is counted instead and becomes the newest."""
        sentences = [s if isinstance(s, Sentence) else Sentence(s, values) for s in (message, remedy)]
        notice = Notice(level, sentences[0], sentences[1], lasting=lasting)
        same = [n for n in self.notices if replace(n, count=1) == notice]
        others = [n for n in self.notices if n not in same]
        self.notices = (*others, replace(notice, count=1 + sum(n.count for n in same)))
        self.changed.emit()

    def add_error(self, error: BaseException) -> None:
        """Add an error: a MedViewError in its own words, anything else as what it is."""
        if isinstance(error, MedViewError):
            self.add("error", error.message, error.remedy)
        else:
            remedy = "This is a fault of MedView: please report it. Your files are unharmed."
            self.add("error", "Unexpected problem: {reason}", remedy, reason=f"{type(error).__name__}: {error}")

    def dismiss(self, notice: Notice) -> None:
        """Take a notice away."""
        self.notices = tuple(n for n in self.notices if n is not notice)
        self.changed.emit()
