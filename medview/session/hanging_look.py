"""How an image is turned so that it hangs as readers of its kind want it."""

from __future__ import annotations

from typing import Any

from medview.session.layout import Side
from medview.study.series import Series

_OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}
_FROM_ABOVE = ("CC", "FB", "SIO", "XCC", "XCCL", "XCCM")  # views along the body: the outer side of the breast is up


def hanging_look(series: Series, chest_wall: Side) -> dict[str, Any]:
    """Return attributes of a `Viewport` that put the chest wall of a mammogram at an edge of the pane.

    By Patient Orientation (0020,0020) and the laterality; nothing where they are not said. Feet are down, and in views
    from above the outer side of the breast is up (IHE Mammography Image profile, 4.16.4.2.2.1.1).
    """
    if not chest_wall or not series.instances:
        return {}
    facts = series.instances[0].acquisition
    look: dict[str, Any] = {"side": chest_wall}
    now = tuple(letters[:1] for letters in facts.patient_orientation)
    if len(now) < 2 or any(letter not in _OPPOSITE for letter in now):
        return look
    right = "P" if chest_wall == "right" else "A"
    down = {"L": "R", "R": "L"}.get(facts.laterality, "") if facts.view_position.upper() in _FROM_ABOVE else "F"
    for is_mirrored in (False, True):
        for turn_deg in (0, 180, 90, 270):
            laid = _laid((now[0], now[1]), turn_deg, is_mirrored=is_mirrored)
            if laid[0] == right and down in ("", laid[1]):
                look |= {"turn_deg": turn_deg, "is_mirrored": is_mirrored}
                return look | {"hung_turn_deg": turn_deg, "is_hung_mirrored": is_mirrored}
    return look


def _laid(letters: tuple[str, str], turn_deg: int, *, is_mirrored: bool) -> tuple[str, str]:
    """Return where the rows and columns run of an image that is turned clockwise, and then mirrored."""
    right, down = letters
    for _ in range(turn_deg // 90):
        right, down = _OPPOSITE[down], right
    return (_OPPOSITE[right] if is_mirrored else right), down
