"""Mark images as telling: the key images of a study."""

from __future__ import annotations

from medview.session.image_in_view import image_in_view
from medview.session.scene import Scene
from medview.session.session import Session
from medview.study.annotation import ImageName
from medview.study.image_index import ImageIndex, ImagePlace
from medview.study.key_images import KeyImages
from medview.study.series import Series
from medview.study.study import Study


def toggle_key_image(session: Session) -> None:
    """Mark the image in view as a key image, or take the mark away: one step that can be undone.

    An image that has no name of its own is refused, with a notice: others would be marked with it.
    """
    scene = session.scene
    place = image_in_view(scene) if scene is not None else None
    if scene is None or place is None:
        return
    if not place.series.has_own_names or place.tile is not None:
        session.notices.add("warning", "This image cannot be marked: it has no identifier of its own.")
        return
    set_key_image(scene.study, place.name, is_key=place.name not in scene.study.key_images)


def set_key_image(study: Study, image: ImageName, *, is_key: bool) -> None:
    """Mark an image as a key image, or take the mark away."""
    if (image in study.key_images) is is_key:
        return

    def mark(images: KeyImages) -> None:
        images.set((*images, image))

    def unmark(images: KeyImages) -> None:
        images.set(one for one in images if one != image)

    if is_key:
        study.history.do_change("Mark key image", study.key_images, mark, unmark)
    else:
        study.history.do_change("Unmark key image", study.key_images, unmark, mark)


def is_key_image(scene: Scene) -> bool:
    """Whether the image in view is a key image."""
    if not len(scene.study.key_images):  # asked at every paint
        return False
    place = image_in_view(scene)
    return place is not None and place.name in scene.study.key_images


def holds_key_image(study: Study, series: Series) -> bool:
    """Whether one of the images of a series is a key image."""
    if not len(study.key_images):
        return False
    marked = set(study.key_images)
    return any(ImageName(i.sop_instance_uid, i.frame_index) in marked for i in series.instances)


def listed_key_images(study: Study) -> tuple[ImagePlace, ...]:
    """Return where the key images of a study are, by series and slice; those not here are left out."""
    index = ImageIndex(study.series)
    found = [place for image in study.key_images if (place := index.find(image)) is not None]
    order = {series.key: number for number, series in enumerate(study.series)}
    return tuple(sorted(found, key=lambda place: (order.get(place.series.key, 0), place.slice_index)))
