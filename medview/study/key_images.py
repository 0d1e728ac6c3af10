"""The images of a study that a person has marked as telling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psygnal import Signal

from medview.study.annotation import ImageName


class KeyImages:
    """Key images in the order they were marked; changed only through the study's history, so that it can be undone."""

    changed = Signal()

    def __init__(self) -> None:
        self._images: tuple[ImageName, ...] = ()

    def __iter__(self) -> Iterator[ImageName]:
        return iter(self._images)

    def __len__(self) -> int:
        return len(self._images)

    def __contains__(self, image: object) -> bool:
        return image in self._images

    def set(self, images: Iterable[ImageName]) -> None:
        """Hold these and no others, each once."""
        self._images = tuple(dict.fromkeys(images))
        self.changed.emit()
