"""The overlay planes of the images that are looked at, read when they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from psygnal import SignalInstance

from medview.errors import MedViewError
from medview.progress import Progress
from medview.session.scene import Scene
from medview.study.series import Instance

if TYPE_CHECKING:
    from medview.files.pixels.dicom_overlay import Overlay
    from medview.session.session import Session

_KEPT = 24  # images of a scene whose planes are held: one of a mammogram has 14 MB


class OverlayReading:
    """Reads the planes of the image at the cursor of each scene, away from the main thread, one image at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._links: list[tuple[SignalInstance, Callable[..., Any]]] = []
        self._busy: set[int] = set()
        session.scene_changed.connect(self._take_scenes)

    def _take_scenes(self) -> None:
        while self._links:
            signal, slot = self._links.pop()
            signal.disconnect(slot, missing_ok=True)
        for scene in self._session.scenes.values():
            if not any(instance.display.has_overlays for instance in scene.series.instances):
                continue
            follow = partial(self._read, scene)
            scene.cursor_changed.connect(follow)
            self._links.append((scene.cursor_changed, follow))
            follow()

    def _read(self, scene: Scene) -> None:
        """Submit the reading of the image at the cursor where its planes are not there."""
        number = scene.cursor_index[0]
        instance = scene.series.instances[number]
        if not instance.display.has_overlays or number in scene.overlays or id(scene) in self._busy:
            return

        def done(found: tuple[Overlay, ...]) -> None:
            kept = list(scene.overlays.items())[1 - _KEPT :]
            scene.update(overlays=dict([*kept, (number, found)]))

        def ended() -> None:
            self._busy.discard(id(scene))
            if scene in self._session.scenes.values() and scene.cursor_index[0] != number:
                self._read(scene)  # the person has gone on meanwhile

        self._busy.add(id(scene))
        uid = scene.series.study_instance_uid
        job = self._session.jobs.submit(
            "Overlays", partial(_planes, instance), place="headers", on_done=done, silent=True, about=uid
        )
        job.finished.connect(ended)


def _planes(instance: Instance, progress: Progress) -> tuple[Overlay, ...]:
    """Return the planes of an image; none of a file that cannot be read, which its pixels have told of already."""
    from medview.files.pixels.dicom_overlay import read_overlays

    progress(0.0)
    try:
        return read_overlays(instance)
    except (MedViewError, OSError):
        return ()
