"""Take back what was changed last in the study in view, or do it again."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from medview.errors import Sentence
from medview.session.edit_mask import AT_ONCE, change_elsewhere
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.history import PackedEdit, StateChange
from medview.study.segmentation import Segmentation
from medview.study.study import Study


def undo(session: Session) -> None:
    """Take back the newest change; a notice says where it was made to a mask on another series."""
    _turn(session, undone=False)


def redo(session: Session) -> None:
    """Do the newest undone change again; a notice says where it was made to a mask on another series."""
    _turn(session, undone=True)


def _turn(session: Session, *, undone: bool) -> None:
    """Undo, or do again what was `undone`."""
    session.edit_begins.emit()
    scene = session.scene
    step = scene.study.history.newest(undone=undone) if scene is not None else None
    if scene is None or step is None:
        return
    if isinstance(step, StateChange):
        _turn_at_once(scene.study, undone=undone)
        _tell_unseen(session, scene.study, step, undone=undone)
    elif _bring_into_view(session, scene, step.target):
        _turn_edit(session, scene.study, step, undone=undone)


def _turn_at_once(study: Study, *, undone: bool, labels: NDArray[Any] | None = None) -> None:
    (study.history.redo if undone else study.history.undo)(labels)


def _tell_unseen(session: Session, study: Study, step: StateChange, *, undone: bool) -> None:
    """Say what has changed on a series that is not on the screen."""
    shown = {scene.series.key for scene in session.scenes.values() if scene.study is study}
    if not step.series_key or step.series_key in shown:
        return
    thing = Sentence(step.title)
    if undone:
        session.notices.add("info", "Done again on a series that is not in view: {thing}", thing=thing)
    else:
        session.notices.add("info", "Undone on a series that is not in view: {thing}", thing=thing)


def _bring_into_view(session: Session, scene: Scene, target: Segmentation) -> bool:
    """Show the mask that is about to change; False where it cannot be seen, since no mask may change unseen."""
    if target.source.series_key != scene.series.key:
        session.notices.add(
            "warning",
            "The last correction was made on another series: nothing was changed.",
            "Open that series first.",
        )
        return False
    if scene.segmentation is not target:
        scene.show_segmentation(target)
    return True


def _turn_edit(session: Session, study: Study, edit: PackedEdit, *, undone: bool) -> None:
    """Turn an edit of a mask: a small one at once, a large one in a copy elsewhere."""
    if edit.voxels <= AT_ONCE:
        _turn_at_once(study, undone=undone)
        return

    def work(copy: Segmentation) -> NDArray[Any]:
        copy.labels[edit.box] = edit.unpack(undone=not undone)
        return copy.labels

    def apply(labels: NDArray[Any]) -> None:
        if study.history.newest(undone=undone) is edit:  # else another change was made, or undone, meanwhile
            _turn_at_once(study, undone=undone, labels=labels)

    change_elsewhere(session, study, edit.target, "Changing the mask", work, apply)
