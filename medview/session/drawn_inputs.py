"""What a person has drawn on the images, as an input of a plugin: the segment drawn now is inside, others outside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medview.errors import MedViewError, Sentence
from medview.jobs.job import Job
from medview.plugin.discovery import Plugin
from medview.progress import Progress
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.segmentation import Segmentation
from medview.study.volume import Volume

INSIDE, OUTSIDE = 1, 2


def why_nothing_drawn(scene: Scene, plugin: Plugin) -> MedViewError | None:
    """Return why a plugin that goes by what is drawn cannot be run, None where it can or needs nothing drawn."""
    if not any(record.required for record in plugin.manifest.drawn_inputs) or _drawn_on(scene) is not None:
        return None
    return MedViewError(
        "{plugin} goes by what is drawn, and nothing is drawn on these images.",
        "Make a new segmentation and paint a few strokes inside of what is wanted.",
        plugin=plugin.manifest.name,
    )


def take_drawn(session: Session, scene: Scene, plugin: Plugin, then: Callable[[dict[str, Volume]], None]) -> Job | None:
    """Call `then` with what is drawn now for each input that takes it, by its id; at once where there is none.

    The volumes are uint8 on the grid of the images: 1 the segment that is drawn now, 2 every other one.

    Returns
    -------
    Job or None
        What copies it, so that the window goes on.
    """
    records, mask = plugin.manifest.drawn_inputs, _drawn_on(scene)
    if not records or mask is None:
        then({})
        return None
    active, volume, segmentation = scene.active_segment, scene.volume, mask

    def work(progress: Progress) -> Volume:
        labels = segmentation.snapshot(progress).labels
        drawn = np.zeros(labels.shape, dtype=np.uint8)
        for plane, of_labels in zip(drawn, labels, strict=True):
            plane[of_labels > 0] = OUTSIDE
            plane[of_labels == active] = INSIDE
        return Volume(drawn, volume.geometry, volume.series)

    return session.jobs.submit(
        Sentence("Taking what is drawn"),
        work,
        on_done=lambda drawn: then({record.id: drawn for record in records}),
        on_failed=session.notices.add_error,
        about=scene.study.facts.study_instance_uid,
        silent=True,
    )


def _drawn_on(scene: Scene) -> Segmentation | None:
    """Return the segmentation in view where it lies on the grid of the images and something is drawn."""
    mask = scene.segmentation
    if mask is None or mask.is_empty or not mask.geometry.same_grid(scene.volume.geometry):
        return None
    return mask
