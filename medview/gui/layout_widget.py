"""The four panes, or one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from medview.gui.links import Links
from medview.gui.pane_widget import PaneWidget
from medview.gui.viewport_widget import ViewportWidget
from medview.gui.volume_widget import VolumeWidget
from medview.session.session import Session
from medview.session.viewport import PaneName

# coronal below axial: both have the patient's left on the right, so that the crosshair runs through
_PLACES: dict[PaneName, tuple[int, int]] = {"axial": (0, 0), "sagittal": (0, 1), "coronal": (1, 0), "volume": (1, 1)}
_GAP_PX = 2


class LayoutWidget(QWidget):
    """Axial, sagittal, coronal and 3D in a grid, each of which can fill it.

    Signals: `context_menu_requested(pane, global point)` and `pointer_moved(pane, mm or None)`, from any pane.

    Attributes
    ----------
    panes
        The widgets by name.
    """

    context_menu_requested = Signal(str, QPoint)
    pointer_moved = Signal(str, object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._links = Links()
        self._grid = QGridLayout(self)
        self._grid.setSpacing(_GAP_PX)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.panes: dict[PaneName, PaneWidget] = {
            "axial": ViewportWidget(session, "axial", self),
            "sagittal": ViewportWidget(session, "sagittal", self),
            "coronal": ViewportWidget(session, "coronal", self),
            "volume": VolumeWidget(session, self),
        }
        for name, pane in self.panes.items():
            self._grid.addWidget(pane, *_PLACES[name])
            pane.context_menu_requested.connect(self.context_menu_requested)
            pane.pointer_moved.connect(self.pointer_moved)
        self._links.connect(session.scene_changed, self._arrange)
        self._links.connect(session.display_changed, self._arrange)
        self.destroyed.connect(self._links.end)
        self._arrange()

    def release(self) -> None:
        """Let go of the session: the window is closing."""
        self._links.end()
        for pane in self.panes.values():
            pane.release()

    def grab_pixels(self, pane: PaneName | None = None, *, hide_patient_text: bool = False) -> NDArray[np.uint8]:
        """Return the pixels (height, width, 4) of a pane, the active one where none is named."""
        return self.panes[pane or self._session.active_pane].grab_pixels(hide_patient_text=hide_patient_text)

    def _arrange(self) -> None:
        """Show what the session says: one pane or all."""
        scene = self._session.scene
        alone = (scene.only_plane if scene is not None else None) or self._session.maximised
        for name, pane in self.panes.items():
            pane.setVisible(alone in (None, name))
        for line in range(2):
            rows = [name for name, place in _PLACES.items() if place[0] == line]
            columns = [name for name, place in _PLACES.items() if place[1] == line]
            self._grid.setRowStretch(line, int(alone is None or alone in rows))
            self._grid.setColumnStretch(line, int(alone is None or alone in columns))
