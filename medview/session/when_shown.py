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
    if session.scene is not None and session.scene.series is series:
        session.wanted_series = series  # another one that is still being read is no longer wanted
        then(session.scene)
        return

    def follow() -> None:
        scene = session.scene
        if scene is None or scene.series is series or session.wanted_series is not series:
            session.scene_changed.disconnect(follow)
        if scene is not None and scene.series is series:
            then(scene)

    session.scene_changed.connect(follow)
    job = show_series(session, study, series)
    if job is None and (session.scene is None or session.scene.series is not series):
        session.scene_changed.disconnect(follow, missing_ok=True)
