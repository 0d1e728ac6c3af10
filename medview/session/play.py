"""Begin and stop to play, and say how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from medview.session.advance import frames_per_s, play_order
from medview.session.cine import FPS_RANGE
from medview.session.played import can_play, played_count, played_number, show_played, what_is_played
from medview.session.scene import Scene
from medview.session.session import Session


def toggle_playing(session: Session) -> None:
    """Begin to play, or pause; what was played once to its end begins anew."""
    scene = session.scene
    if scene is None or not can_play(session):
        return
    if not scene.is_playing and play_order(session) == "once" and what_is_played(session) != "places":
        first, last = scene.cine.range_of(played_count(session, scene))
        if played_number(session, scene) >= last:
            show_played(session, scene, first)
    scene.update(is_playing=not scene.is_playing, cine=replace(scene.cine, was_played=True))


def change_cine(session: Session, **values: Any) -> None:
    """Change how the images in view are played: attributes of `Cine`."""
    scene = session.scene
    if scene is not None:
        scene.update(cine=replace(scene.cine, **values))


def change_speed(session: Session, factor: float) -> None:
    """Play faster or slower by a factor."""
    fps = min(max(frames_per_s(session) * factor, FPS_RANGE[0]), FPS_RANGE[1])
    change_cine(session, fps=round(fps, 1))


def play_from_here(session: Session) -> None:
    """Let the image in view be the first that is played."""
    _bound(session, is_first=True)


def play_to_here(session: Session) -> None:
    """Let the image in view be the last that is played."""
    _bound(session, is_first=False)


def play_all(session: Session) -> None:
    """Play every image again."""
    change_cine(session, first=0, last=None)


def pause_for(session: Session, scene: Scene) -> None:
    """Stop where a person goes through the images that are played: two hands do not turn one wheel."""
    if scene.is_playing and scene is session.scene and what_is_played(session) != "places":
        scene.update(is_playing=False)


def _bound(session: Session, *, is_first: bool) -> None:
    scene = session.scene
    if scene is None or what_is_played(session) in (None, "places"):
        return
    number = played_number(session, scene)
    first, last = scene.cine.range_of(played_count(session, scene))
    if is_first:
        change_cine(session, first=number, last=scene.cine.last if number <= last else None)
    else:
        change_cine(session, first=scene.cine.first if number >= first else 0, last=number)
