"""The next picture of what is being played."""

from __future__ import annotations

from medview.session.cine import FPS_RANGE, ORDERS, PlayOrder
from medview.session.played import played_count, played_number, show_played, what_is_played
from medview.session.session import Session
from medview.session.step_place import step_place

_DEFAULT_FPS = 10.0  # where neither the file nor the person says


def advance(session: Session, steps: int = 1) -> None:
    """Show the next frame, place or slice, or one further on; stops where it is played once and has ended.

    A place of a 4-D series that is not read yet sets the pace itself.
    """
    scene, played = session.scene, what_is_played(session)
    if scene is None or played is None:
        return
    if played == "places":
        if session.reading is None or session.reading.is_finished:
            step_place(session, 1, round_and_round=True)
        return
    number, count = played_number(session, scene), played_count(session, scene)
    found = scene.cine.following(number, steps, count, play_order(session))
    if found is None:
        scene.update(is_playing=False)
        return
    if found[1] != scene.cine:
        scene.cine = found[1]  # which way it goes is nothing to be told
    show_played(session, scene, found[0])


def frames_per_s(session: Session) -> float:
    """Return how many pictures are shown in a second: as the person says, as recorded, or ten."""
    scene = session.scene
    if scene is not None and scene.cine.fps is not None:
        return scene.cine.fps
    chosen = float(session.settings["cine_fps"])
    recorded_ms = scene.series.frame_time_ms if scene is not None and scene.is_recording else None
    wanted = chosen or (1000.0 / recorded_ms if recorded_ms else _DEFAULT_FPS)
    return min(max(wanted, FPS_RANGE[0]), FPS_RANGE[1])


def play_order(session: Session) -> PlayOrder:
    """Return in which order pictures follow: as the person says for these images, else for all."""
    scene = session.scene
    if scene is not None and scene.cine.order is not None:
        return scene.cine.order
    wanted = session.settings["cine_order"]
    return wanted if wanted in ORDERS else "loop"
