"""Show images as a presentation state says, and take it off again."""

from __future__ import annotations

from weakref import ref

from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.annotation import ImageName
from medview.study.presentation import Presentation


def apply_presentation(session: Session, scene: Scene, state: Presentation) -> None:
    """Apply a state to the series in view: its window on the images it is for, its drawings, its turn.

    A window that the person chooses afterwards stays.
    """
    if scene.presentation is not None:
        take_off_presentation(scene)
    scene.study.annotations.put(state.object_uid, state.annotations)
    before = (scene.window, scene.inverted)
    scene.update(presentation=state, before_presentation=before, inverted=state.is_inverted)
    follow = _Follower(scene, state)
    scene.cursor_changed.connect(follow.look)
    scene.presentation_follower = follow
    follow.look()
    session.notices.add("info", "Presentation state applied: {label}", label=state.label)


def take_off_presentation(scene: Scene) -> None:
    """Show the series as it was before a state was applied."""
    state = scene.presentation
    if state is None:
        return
    follow = scene.presentation_follower
    if isinstance(follow, _Follower):
        scene.cursor_changed.disconnect(follow.look)
    scene.study.annotations.take_off(state.object_uid)
    window, inverted = scene.before_presentation or (scene.window, scene.inverted)
    kept = isinstance(follow, _Follower) and not follow.is_followed
    scene.presentation_follower = None
    scene.update(
        presentation=None, before_presentation=None, inverted=inverted, window=scene.window if kept else window
    )


class _Follower:
    """Gives each image the window that the state has for it, the others that of before."""

    def __init__(self, scene: Scene, state: Presentation) -> None:
        self._scene = ref(scene)
        self._state = state
        self._before = scene.window
        self._given = scene.window

    @property
    def is_followed(self) -> bool:
        """Whether the window is still the one that was given: the person has chosen none."""
        scene = self._scene()
        return scene is not None and scene.window == self._given

    def look(self) -> None:
        """Give the image in view its window."""
        scene = self._scene()
        if scene is None or not self.is_followed:
            return
        instance = scene.series.instances[scene.cursor_index[0]]
        wanted = self._state.windows.get(ImageName(instance.sop_instance_uid, instance.frame_index), self._before)
        if wanted != self._given:
            self._given = wanted
            scene.update(window=wanted)
