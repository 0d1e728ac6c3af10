"""Go to a finding: show the images it is of, and its middle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from medview.errors import MedViewError
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.when_shown import when_shown
from medview.study.finding import Finding, HeatMap, ScoredBox
from medview.study.study import Study


def jump_to_finding(session: Session, study: Study, finding: Finding) -> bool:
    """Show the middle of a box, of the hottest part of a heat map; False where its images are not open."""
    payload = finding.payload
    if isinstance(payload, ScoredBox):
        point = payload.centre_mm(finding.geometry)
    elif isinstance(payload, HeatMap):
        point = finding.geometry.to_mm(_middle_of_heat(payload.array))
    else:
        return _with_scene(session, study, finding, lambda scene: None)
    return _with_scene(session, study, finding, lambda scene: scene.move_cursor(point))


def jump_to_slice(session: Session, study: Study, finding: Finding, slice_index: int) -> bool:
    """Show a slice, or a frame, of the images that a finding is of."""

    def move(scene: Scene) -> None:
        _, row, column = scene.cursor_index
        scene.move_cursor(scene.volume.geometry.to_mm((slice_index, row, column)))

    return _with_scene(session, study, finding, move)


def images_changed() -> MedViewError:
    """Return what to tell where the images of a finding are no longer those that it was found on."""
    return MedViewError(
        "The images of this finding have changed since.",
        "Delete it from the list, and run the model on the images again.",
    )


def _with_scene(session: Session, study: Study, finding: Finding, then: Callable[[Scene], None]) -> bool:
    series = study.find(finding.source.series_key)
    if series is None:
        session.notices.add(
            "warning", "The image that this refers to is not open.", "Open the folder of the images it belongs to."
        )
        return False
    if not study.bears(finding.source, finding.geometry):  # its place would be another one on the grid of now
        session.notices.add_error(images_changed())
        return False
    when_shown(session, study, series, then)
    return True


def _middle_of_heat(array: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Return the hot voxel nearest to the middle of all that are, on the slice with the hottest: a peak may be wide."""
    index = int(np.unravel_index(int(array.argmax()), array.shape)[0])
    hot = np.argwhere(array[index] >= 0.9 * float(array[index].max()))
    row, column = hot[int(np.square(hot - hot.mean(axis=0)).sum(axis=1).argmin())]
    return index, int(row), int(column)
