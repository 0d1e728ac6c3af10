"""The annotations of a study, as they come and go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from psygnal import Signal

from medview.study.annotation import Annotation


class AnnotationList:
    """Annotations in the order in which their objects were opened; `revision` grows with every change."""

    changed = Signal()

    def __init__(self) -> None:
        self._by_object: dict[str, tuple[Annotation, ...]] = {}
        self.revision = 0

    def __iter__(self) -> Iterator[Annotation]:
        return chain.from_iterable(self._by_object.values())

    def __len__(self) -> int:
        return sum(map(len, self._by_object.values()))

    def of_object(self, object_uid: str) -> tuple[Annotation, ...]:
        """Return the annotations that were read from one object."""
        return self._by_object.get(object_uid, ())

    def put(self, object_uid: str, annotations: Iterable[Annotation]) -> None:
        """Show the annotations of an object, in place of those it had."""
        self._by_object.pop(object_uid, None)
        if found := tuple(annotations):
            self._by_object[object_uid] = found
        self.revision += 1
        self.changed.emit()

    def take_off(self, object_uid: str) -> None:
        """Show the annotations of an object no more."""
        self.put(object_uid, ())
