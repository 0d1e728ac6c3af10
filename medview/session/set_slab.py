"""Choose how thick the slab is that a pane projects, and how."""

from __future__ import annotations

import numpy as np

from medview.imaging.plane import PlaneName
from medview.session.session import Session
from medview.session.viewport import SlabMode

MOST_MM = 500.0


def set_slab(session: Session, pane: str, thickness_mm: float | None = None, mode: SlabMode | None = None) -> None:
    """Project a slab of a thickness in mm, 0 for the plane itself, in a pane; what is None stays as it is.

    The other panes show where its faces lie.
    """
    viewport = session.viewports[pane]
    thickness = viewport.slab_mm if thickness_mm is None else min(max(thickness_mm, 0.0), MOST_MM)
    viewport.update(slab_mm=round(float(thickness), 1), slab_mode=mode or viewport.slab_mode)
    session.display_changed.emit()


def thicken_slab(session: Session, pane: str, steps: float) -> None:
    """Make a slab thicker or thinner by steps of 1 mm, of a tenth where it is thicker than 10 mm."""
    now = session.viewports[pane].slab_mm
    set_slab(session, pane, now + steps * max(1.0, float(np.floor(now / 10.0))))


def set_slab_of_plane(session: Session, slot: int, plane: PlaneName, thickness_mm: float) -> None:
    """Set the thickness in every pane of a slot that projects a slab of a plane."""
    scene = session.scenes.get(slot)
    for viewport in session.of_slot(slot):
        if scene is not None and viewport.is_flat and viewport.plane(scene) == plane and viewport.slab_mm > 0:
            set_slab(session, viewport.pane, max(thickness_mm, 0.5))
