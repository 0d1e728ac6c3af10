"""The annotations of a study, as they come and go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psygnal import Signal

from medview.study.annotation import Annotation


class AnnotationList:
    """Annotations in the order in which their objects were opened."""

    changed = Signal()

    def __init__(self) -> None:
        self._annotations: tuple[Annotation, ...] = ()

    def __iter__(self) -> Iterator[Annotation]:
        return iter(self._annotations)

    def __len__(self) -> int:
        return len(self._annotations)

    def of_object(self, object_uid: str) -> tuple[Annotation, ...]:
        """Return the annotations that were read from one object."""
        return tuple(a for a in self._annotations if a.object_uid == object_uid)

    def put(self, object_uid: str, annotations: Iterable[Annotation]) -> None:
        """Show the annotations of an object, in place of those it had."""
        others = tuple(a for a in self._annotations if a.object_uid != object_uid)
        self._annotations = (*others, *annotations)
        self.changed.emit()

    def take_off(self, object_uid: str) -> None:
        """Show the annotations of an object no more."""
        self.put(object_uid, ())
