"""Hold the magnifier over a pane, or put it away."""

from __future__ import annotations

from medview.session.session import Session


def hold_lens(session: Session, pane: str, at_px: tuple[float, float]) -> None:
    """Hold the magnifier over a point of a pane; where it is held already, put it away."""
    held = [viewport for viewport in session.viewports.values() if viewport.lens_px is not None]
    for viewport in held:
        viewport.update(lens_px=None)
    if not held and session.viewports[pane].is_flat:
        session.viewports[pane].update(lens_px=at_px)
