"""Change how a pane shows its volume in 3D; every change can be undone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from medview.imaging.volume_look import VolumeLook
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.viewport import Viewport


def change_look(session: Session, pane: str, title: str, **values: Any) -> None:
    """Set attributes of a pane's look as one step of the study's history.

    Parameters
    ----------
    title
        What a person reads behind "Undo": a literal English text, the key of its translation.
    """
    viewport = session.viewports[pane]
    before = viewport.look
    viewport.update(look=replace(before, **values))
    remember_look(session, pane, title, before)


def remember_look(session: Session, pane: str, title: str, before: VolumeLook) -> None:
    """Remember as one step what was changed while the mouse moved; nothing where it is as it was."""
    scene, viewport = session.scene_in(pane), session.viewports[pane]
    after = viewport.look
    if scene is None or after == before:
        return
    scene.study.history.do_change(title, viewport, partial(_set, after), partial(_set, before), is_done=True)


def volume_panes(session: Session) -> tuple[Viewport, ...]:
    """Return the 3D panes of the active pane's slot, the active one first."""
    panes = [viewport for viewport in session.of_slot(session.active_slot) if viewport.kind == "volume"]
    return tuple(sorted(panes, key=lambda viewport: viewport.pane != session.active_pane))


def volume_scene(session: Session) -> Scene | None:
    """Return what can be shown in 3D in the active slot; None while it is read, or where it is no volume."""
    scene = session.scene
    return scene if scene is not None and scene.is_whole and scene.only_plane is None else None


def _set(look: VolumeLook, viewport: Viewport) -> None:
    viewport.update(look=look)
