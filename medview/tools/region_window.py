"""The window that suits a part of the image: a rectangle is drawn round it."""

from __future__ import annotations

from medview.session.choose_window import region_window
from medview.session.session import Session
from medview.tools.pointer import PointerEvent

_LEAST_PX = 4.0  # a smaller rectangle was a click


class RegionWindowDrag:
    """Draws a rectangle; at the release the window is fitted to the values in it."""

    def __init__(self, session: Session, event: PointerEvent) -> None:
        self._session = session
        self._viewport = session.viewports[event.pane]
        self._start = event.position_px
        self._start_mm = event.position_mm

    def move(self, event: PointerEvent) -> None:
        """Draw the rectangle from where the drag began to the mouse."""
        self._viewport.update(band_px=(*self._start, *event.position_px))

    def release(self, event: PointerEvent) -> None:
        """Fit the window."""
        x, y = event.position_px
        self._viewport.update(band_px=None)
        if self._start_mm is None or event.position_mm is None:
            return
        if min(abs(x - self._start[0]), abs(y - self._start[1])) >= _LEAST_PX:
            region_window(self._session, event.pane, self._start_mm, event.position_mm)
