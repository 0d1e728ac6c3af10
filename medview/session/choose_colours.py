"""The colours and filters through which grey values are looked at; the values stay what they are."""

from __future__ import annotations

from medview.imaging.filters import ImageFilter
from medview.session.scene import is_dark_on_white
from medview.session.session import Session


def choose_colour_map(session: Session, map_id: str) -> None:
    """Show the grey values of the active pane, and of those that share its scene, in the colours of a map.

    A map says itself which end is bright: images that are read dark on white are no longer turned round.
    """
    scene = session.scene
    if scene is None or session.active_viewport.colour_map == map_id:
        return
    for viewport in session.of_slot(session.active_slot):
        viewport.update(colour_map=map_id)
    if map_id != "grey" and scene.inverted:
        scene.update(inverted=False)
    elif map_id == "grey":
        scene.update(inverted=is_dark_on_white(scene.series))


def choose_filter(session: Session, image_filter: ImageFilter | None) -> None:
    """Look at the active pane through a filter, or through none."""
    session.active_viewport.update(image_filter=image_filter or "")
