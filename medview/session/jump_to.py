"""Go to what a report refers to: an image, or a mark on one."""

from __future__ import annotations

import numpy as np

from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.when_shown import when_shown
from medview.study.annotation import Annotation, ImageName
from medview.study.image_index import ImageIndex, ImagePlace
from medview.study.study import Study


def jump_to_image(session: Session, study: Study, image: ImageName) -> bool:
    """Show an image of a study; False where it is not here, which a notice says."""
    place = ImageIndex(study.series).find(image)
    if place is None:
        _tell_missing(session)
        return False

    def move(scene: Scene) -> None:
        index = np.array(scene.cursor_index)
        index[0] = place.slice_index
        scene.move_cursor(scene.volume.geometry.to_mm(index))

    when_shown(session, study, place.series, move)
    return True


def jump_to_mark(session: Session, study: Study, mark: Annotation) -> bool:
    """Show the middle of a mark, on its own image where it has one; False where that is not here."""
    index = ImageIndex(study.series)
    if mark.image is not None:
        place = index.find(mark.image)
        if place is None:
            _tell_missing(session)
            return False
        found: ImagePlace = place
        when_shown(session, study, place.series, lambda scene: _centre(scene, found, mark))
        return True
    shown = session.scene
    others = index.of_frame_of_reference(mark.frame_of_reference_uid)
    if shown is not None and shown.study is study and any(s.key == shown.series.key for s in others):
        _to_space(shown, mark)
        return True
    if not others:
        _tell_missing(session)
        return False
    largest = max(others, key=lambda series: len(series.instances))
    when_shown(session, study, largest, lambda scene: _to_space(scene, mark))
    return True


def _centre(scene: Scene, place: ImagePlace, mark: Annotation) -> None:
    scene.move_cursor(scene.volume.geometry.to_mm(place.to_index(mark.centre_mm)))


def _to_space(scene: Scene, mark: Annotation) -> None:
    """Go to where a mark lies in the patient: of uneven slices the one that is truly nearest."""
    geometry = scene.volume.geometry
    if geometry.is_placed:
        scene.move_cursor(mark.centre_mm)
        return
    normal = np.cross(geometry.directions[:, 2], geometry.directions[:, 1])
    places = [ImagePlace(scene.series, number) for number in range(len(scene.series.instances))]
    _centre(scene, min(places, key=lambda place: abs(float((place.origin_mm - mark.centre_mm) @ normal))), mark)


def _tell_missing(session: Session) -> None:
    session.notices.add(
        "warning", "The image that this refers to is not open.", "Open the folder of the images it belongs to."
    )
