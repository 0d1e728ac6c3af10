"""Turn and mirror what a pane shows."""

from __future__ import annotations

from medview.session.viewport import Viewport


def turn_view(viewport: Viewport, degrees: int) -> None:
    """Turn what is seen clockwise by a multiple of 90 degrees; what lies in the middle of the pane stays there."""
    pan = viewport.pan_px
    for _ in range(degrees // 90 % 4):
        pan = (-pan[1], pan[0])
    # it is mirrored after it is turned: a mirrored image turns to the right where what it is made of turns to the left
    by = -degrees if viewport.is_mirrored else degrees
    viewport.update(turn_deg=(viewport.turn_deg + by) % 360, pan_px=pan)


def mirror_view(viewport: Viewport, *, upside_down: bool = False) -> None:
    """Mirror what is seen from left to right, or upside down."""
    pan_x, pan_y = viewport.pan_px
    turn_deg = (viewport.turn_deg + 180 * upside_down) % 360
    pan = (pan_x, -pan_y) if upside_down else (-pan_x, pan_y)
    viewport.update(is_mirrored=not viewport.is_mirrored, turn_deg=turn_deg, pan_px=pan)


def unturn_view(viewport: Viewport) -> None:
    """Show the image as it lies by itself."""
    viewport.update(turn_deg=0, is_mirrored=False)
