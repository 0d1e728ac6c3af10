"""Small pictures of series, made one after the other while a person looks at the list."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary, WeakSet

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage, QPixmap
from shiboken6 import isValid

from medview.session.session import Session
from medview.session.thumbnails import request_thumbnail
from medview.study.series import Series
from medview.study.study import Study


class SeriesPictures(QObject):
    """Asks for pictures one at a time, so that a series that is wanted waits for one picture and not for hundreds."""

    def __init__(self, session: Session, put: Callable[[Series, QPixmap], None], parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._put = put
        self._pictures: WeakKeyDictionary[Series, QPixmap] = WeakKeyDictionary()
        self._asked: WeakSet[Series] = WeakSet()
        self._wanted: list[tuple[Study, Series]] = []
        self._busy = False

    def picture(self, study: Study, series: Series) -> QPixmap | None:
        """Return the picture of a series where it is here; else see that it comes."""
        if series not in self._asked and (series.resampled_from or series).instances:
            self._asked.add(series)
            self._wanted.append((study, series))
            self._next()
        return self._pictures.get(series)

    def _next(self) -> None:
        if self._busy or not self._wanted:
            return
        study, series = self._wanted.pop(0)
        job = request_thumbnail(self._session, study, series, partial(self._arrived, series))
        self._busy = True
        job.finished.connect(self._finished)

    def _arrived(self, series: Series, pixels: NDArray[np.uint8]) -> None:
        if not isValid(self):  # the panel has been made anew while the picture was
            return
        self._pictures[series] = _pixmap(pixels)
        self._put(series, self._pictures[series])

    def _finished(self) -> None:
        if isValid(self):
            self._busy = False
            self._next()


def _pixmap(pixels: NDArray[np.uint8]) -> QPixmap:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    is_colour = pixels.ndim == 3
    kind = QImage.Format.Format_RGB888 if is_colour else QImage.Format.Format_Grayscale8
    return QPixmap.fromImage(QImage(pixels.data, width, height, width * (3 if is_colour else 1), kind))
