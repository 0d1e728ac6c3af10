"""Do something on a series as soon as it is on the screen."""

from __future__ import annotations

from collections.abc import Callable

from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.series import Series
from medview.study.study import Study


def when_shown(session: Session, study: Study, series: Series, then: Callable[[Scene], None]) -> None:
    """Call `then` with the scene of a series: now where it is on the screen, else once it is.

    Nothing is called where the series cannot be shown, or where another one is chosen meanwhile.
    """
    if session.scene is not None and _is_of(session.scene, series):
        then(session.scene)
        return

    def follow() -> None:
        scene = session.scene
        wanted = session.wanted_series
        if scene is None or _is_of(scene, series) or wanted is None or wanted.key != series.key:
            session.scene_changed.disconnect(follow)
        if scene is not None and _is_of(scene, series):
            then(scene)

    session.scene_changed.connect(follow)
    job = show_series(session, study, series)
    if job is None and (session.scene is None or not _is_of(session.scene, series)):
        session.scene_changed.disconnect(follow, missing_ok=True)


def _is_of(scene: Scene, series: Series) -> bool:
    """Whether a scene shows a series; reading may have given the series another warning, and so another object."""
    return scene.series.key == series.key and scene.series.study_instance_uid == series.study_instance_uid
