"""Do something on a series as soon as it is on the screen."""

from __future__ import annotations

from collections.abc import Callable

from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.show_series import show_series
from medview.study.series import Series
from medview.study.study import Study


def when_shown(
    session: Session, study: Study, series: Series, then: Callable[[Scene], None], *, in_active_slot: bool = False
) -> None:
    """Call `then` with the scene of a series: now where it is in any slot, else once it is in the active one.

    With `in_active_slot` it is shown there, also where another slot has it.

    Nothing is called where the series cannot be shown, or where another one is chosen meanwhile.
    """
    slot = session.active_slot
    others = () if in_active_slot else session.scenes.values()
    shown = [scene for scene in (session.scene, *others) if scene is not None]
    found = next((scene for scene in shown if _is_of(scene, study, series)), None)
    if found is not None:
        then(found)
        return

    def follow() -> None:
        scene = session.scenes.get(slot)
        if scene is not None and _is_of(scene, study, series):
            end()
            then(scene)

    def end() -> None:
        session.scene_changed.disconnect(follow, missing_ok=True)

    session.scene_changed.connect(follow)
    job = show_series(session, study, series, slot)
    if job is None:
        end()
    else:
        job.finished.connect(end)


def _is_of(scene: Scene, study: Study, series: Series) -> bool:
    """Whether a scene shows a series; reading may have given the series another warning, and so another object.

    Another patient's series may carry the same identifiers: the study is told by itself.
    """
    return scene.study is study and scene.series.key == series.key
