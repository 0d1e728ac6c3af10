"""The voxels of a series that have been read already."""

from __future__ import annotations

from medview.session.session import Session
from medview.study.series import Series
from medview.study.volume import Volume


def at_hand(session: Session, series: Series) -> Volume | None:
    """Return the voxels of a series where they have been read for a pane, as a second volume, or ahead."""
    for scene in session.scenes.values():
        if scene.series is series and scene.is_whole:
            return scene.volume
        if scene.fusion is not None and scene.fusion.volume.series is series:
            return scene.fusion.volume
    kept = session.kept_volumes.find(series)
    return kept[0] if kept is not None else None
