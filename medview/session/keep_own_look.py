"""Keep the 3D look in use as a person's own, or delete one; both can be undone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from medview.imaging.volume_look import VolumeLook
from medview.imaging.volume_presets import VolumePreset
from medview.session.session import Session
from medview.session.viewport import Viewport
from medview.session.volume_looks import (
    forget_look,
    function_in_use,
    keep_look,
    look_in_use,
    own_looks,
    restore_looks,
)


def keep_own_look(session: Session, pane: str, title: str) -> None:
    """Keep the transfer function of a 3D pane under a name and choose it.

    Raises
    ------
    MedViewError
        The name is empty or too long, there are too many looks, or they cannot be written.
    """
    scene, viewport = session.scene_in(pane), session.viewports[pane]
    if scene is None:
        return
    modality, kept, before = scene.series.modality, own_looks(), viewport.look
    made = keep_look(title, modality, function_in_use(before, modality))
    viewport.update(look=replace(before, preset=made.id, function=None))
    _remember(session, pane, "Keep own look", kept, before)


def forget_own_look(session: Session, pane: str) -> None:
    """Delete the own look that a 3D pane shows; what is seen stays, as a change of the modality's default.

    Raises
    ------
    MedViewError
        The looks cannot be written.
    """
    scene, viewport = session.scene_in(pane), session.viewports[pane]
    if scene is None:
        return
    modality, kept, before = scene.series.modality, own_looks(), viewport.look
    chosen = look_in_use(before, modality)
    if chosen in kept:
        forget_look(chosen.id)
        viewport.update(look=replace(before, preset="", function=before.function or chosen.function))
        _remember(session, pane, "Delete own look", kept, before)


def _remember(session: Session, pane: str, title: str, kept: tuple[VolumePreset, ...], before: VolumeLook) -> None:
    scene, viewport = session.scene_in(pane), session.viewports[pane]
    assert scene is not None
    redo, undo = partial(_put, own_looks(), viewport.look), partial(_put, kept, before)
    scene.study.history.do_change(title, viewport, redo, undo, is_done=True)


def _put(looks: tuple[VolumePreset, ...], look: VolumeLook, viewport: Viewport) -> None:
    restore_looks(looks)
    viewport.update(look=look)
