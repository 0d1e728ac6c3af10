"""A box in words, whole where the list has no room."""

from __future__ import annotations

from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.study.finding import Finding
from medview.view.finding_text import finding_name, score_of, size_text, slice_of


def box_facts(finding: Finding) -> str:
    """Return name, score, size and slice of a finding that is a box, in two lines."""
    score, size, number = score_of(finding), size_text(finding), slice_of(finding)
    facts = [
        tr("score {score}", score=f"{score:.2f}") if score is not None else "",
        f"{size} mm" if size else "",
        tr("Image {number}", number=number + 1) if number is not None else "",
    ]
    return "\n".join((one_line(say(finding_name(finding))), " · ".join(fact for fact in facts if fact)))
