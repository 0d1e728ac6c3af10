"""What stands in a cell of the list of findings, how it looks, and what its column is sorted by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont

from medview.errors import Sentence
from medview.gui.icon import icon
from medview.gui.language import say, tr
from medview.gui.one_line import one_line
from medview.gui.plain_tip import plain_tip
from medview.gui.theme import theme
from medview.study.finding import Finding, ScoredBox, Status
from medview.view.finding_text import STATUS_TITLES, finding_name, judged_text, score_of, size_text, slice_of

STATUS, NAME, SCORE, SIZE, SLICE = range(5)
HEADINGS: tuple[tuple[Sentence, Sentence], ...] = (  # what stands above a column, and its tool tip
    (Sentence(""), Sentence("Reviewed or not")),
    (Sentence("Name"), Sentence("Name")),
    (Sentence("Score"), Sentence("As the model gives it; no probability unless it says so")),
    (Sentence("mm"), Sentence("Longest side of the box in mm")),
    (Sentence("#"), Sentence("Image")),
)
_ICONS: dict[Status, str] = {"proposed": "search", "accepted": "check", "rejected": "close", "edited": "brush"}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ROLE = Qt.ItemDataRole


def cell(finding: Finding, column: int, role: int) -> Any:
    """Return what a cell holds for one of Qt's roles, None for a role that it has nothing for."""
    told = _TOLD.get(role)
    return told(finding, column) if told is not None else None


def sort_key(finding: Finding, column: int) -> Any:
    """Return what the findings of a run are sorted by in a column."""
    if column == NAME:
        return say(finding_name(finding)).casefold()
    if column == STATUS:
        return list(_ICONS).index(finding.status)
    if column == SIZE:
        return _longest_mm(finding)
    number = score_of(finding) if column == SCORE else slice_of(finding)
    return -1e9 if number is None else number


def _text(finding: Finding, column: int) -> str:
    return _TEXTS[column](finding)


def _score_text(finding: Finding) -> str:
    score = score_of(finding)
    return "" if score is None else f"{score:.2f}"


def _longest_mm(finding: Finding) -> float:
    """Return the longest side of a box; -1 of what has no size."""
    box = finding.payload
    is_sized = isinstance(box, ScoredBox) and finding.geometry.has_spacing
    return max(box.size_mm(finding.geometry)) if is_sized and isinstance(box, ScoredBox) else -1.0


def _longest_text(finding: Finding) -> str:
    longest = _longest_mm(finding)
    return "" if longest < 0.0 else f"{longest:.0f}"


def _slice_text(finding: Finding) -> str:
    number = slice_of(finding)
    return "" if number is None else str(number + 1)


def _tip(finding: Finding, column: int) -> str:
    """Return all that is known of a finding: a narrow list has no room for it."""
    if column == STATUS:
        return say(judged_text(finding))
    name, size = one_line(say(finding_name(finding))), size_text(finding)
    lines = [name, tr(finding.title), say(judged_text(finding))]
    score = score_of(finding)
    if score is not None:
        lines.append(tr("score {score}", score=f"{score:.2f}"))
    if size:
        lines.append(f"{size} mm")
    return plain_tip("\n".join(lines))


def _icon(finding: Finding, column: int) -> Any:
    colour = {"accepted": theme().fine, "rejected": theme().faint}.get(finding.status, theme().line)
    return icon(_ICONS[finding.status], colour) if column == STATUS else None


def _font(finding: Finding, column: int) -> QFont | None:
    if column != NAME or finding.status != "rejected":
        return None
    font = QFont()
    font.setStrikeOut(True)
    return font


def _ground(finding: Finding, column: int) -> QBrush | None:
    return QBrush(QColor(theme().dim)) if finding.status == "rejected" else None


def _aside(finding: Finding, column: int) -> Any:
    return _RIGHT if column in (SCORE, SIZE, SLICE) else None


def _spoken(finding: Finding, column: int) -> str:
    """Return what a screen reader says of a cell: the sign of the first column by its meaning."""
    return say(STATUS_TITLES[finding.status]) if column == STATUS else _text(finding, column)


_TEXTS: tuple[Callable[[Finding], str], ...] = (
    lambda finding: "",
    lambda finding: one_line(say(finding_name(finding))),
    _score_text,
    _longest_text,
    _slice_text,
)
_TOLD: dict[int, Callable[[Finding, int], Any]] = {
    _ROLE.DisplayRole: _text,
    _ROLE.ToolTipRole: _tip,
    _ROLE.DecorationRole: _icon,
    _ROLE.FontRole: _font,
    _ROLE.ForegroundRole: _ground,
    _ROLE.TextAlignmentRole: _aside,
    _ROLE.AccessibleTextRole: _spoken,
}
