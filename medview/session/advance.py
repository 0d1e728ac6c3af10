"""The next picture of what is being played."""

from __future__ import annotations

import numpy as np

from medview.session.session import Session
from medview.session.step_place import places, step_place

_DEFAULT_MS = 100.0  # ten a second where the file does not say


def can_play(session: Session) -> bool:
    """Whether there is something that can follow itself: frames of a recording, or places of a 4-D series."""
    return session.scene is not None and (session.scene.is_recording or len(places(session)) > 1)


def advance(session: Session) -> None:
    """Show the next frame of a recording, else the next place of a 4-D series; after the last one the first."""
    scene = session.scene
    if scene is None:
        return
    if not scene.is_recording:
        if session.reading is None or session.reading.is_finished:  # else the reading sets the pace
            step_place(session, 1, round_and_round=True)
        return
    index = np.array(scene.cursor_index)
    index[0] = (index[0] + 1) % scene.volume.geometry.shape[0]
    scene.move_cursor(scene.volume.geometry.to_mm(index))


def picture_time_ms(session: Session) -> float:
    """Return for how long each picture stays: as recorded, else a tenth of a second."""
    scene = session.scene
    recorded = scene.series.frame_time_ms if scene is not None and scene.is_recording else None
    return recorded if recorded else _DEFAULT_MS
