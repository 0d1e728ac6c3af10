"""Show images as a presentation state says, and take it off again."""

from __future__ import annotations

from medview.imaging.window import is_stored_inverse
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.presentation import Presentation


def apply_presentation(session: Session, scene: Scene, state: Presentation) -> None:
    """Apply a state to the series in view: its window on the images it is for, its drawings, its turn, its shutter.

    A window that the person chooses afterwards stays. The state says alone whether low values are white: what the
    images say of that is no more asked (PS3.3 C.11.6).
    """
    if scene.presentation is not None:
        take_off_presentation(scene)
    scene.study.annotations.put(state.object_uid, state.annotations)
    before = (None if scene.is_own_look else scene.look, scene.inverted)
    inverted = state.is_inverted != is_stored_inverse(scene.series)
    scene.update(presentation=state, before_presentation=before, inverted=inverted)
    scene.take_look()
    session.notices.add("info", "Presentation state applied: {label}", label=state.label)


def take_off_presentation(scene: Scene) -> None:
    """Show the series as it was before a state was applied; a window that was chosen since stays."""
    state, before = scene.presentation, scene.before_presentation
    if state is None or before is None:
        return
    scene.study.annotations.take_off(state.object_uid)
    is_followed = scene.is_own_look
    scene.update(presentation=None, before_presentation=None, inverted=before[1])
    if is_followed:
        scene.take_look()
        if before[0] is not None:
            scene.take_look(before[0])
