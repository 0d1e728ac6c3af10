"""The panes of one window, in a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from medview.gui.links import Links
from medview.gui.panes.curved_widget import CurvedWidget
from medview.gui.panes.pane_drops import PaneDrops
from medview.gui.panes.pane_grip import PaneGrip
from medview.gui.panes.pane_widget import PaneWidget
from medview.gui.panes.viewport_widget import ViewportWidget
from medview.gui.panes.volume_widget import VolumeWidget
from medview.session.layout import Cell
from medview.session.session import Session

_GAP_PX = 2
_KINDS: dict[str, type[PaneWidget]] = {"volume": VolumeWidget, "curved": CurvedWidget}


class LayoutWidget(QWidget):
    """The panes of the session's layout that lie in one window, made anew where the layout changes.

    Signals: `context_menu_requested(pane, global point)` and `pointer_moved(pane, mm or None)`, from any pane.

    Parameters
    ----------
    window
        Whose panes: 0 is the main window.

    Attributes
    ----------
    panes
        The widgets by the name of their cell, in reading order.
    """

    context_menu_requested = Signal(str, QPoint)
    pointer_moved = Signal(str, object)

    def __init__(self, session: Session, parent: QWidget | None = None, window: int = 0) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._links = Links()
        self._grid = QGridLayout(self)
        self._grid.setSpacing(_GAP_PX)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.panes: dict[str, PaneWidget] = {}
        self._placed: tuple[Cell, ...] = ()
        self._is_by_hand = False
        self._drops = PaneDrops(session, self)
        self._grips: dict[str, PaneGrip] = {}
        self._links.connect(session.layout_changed, self._take_layout)
        self._links.connect(session.scene_changed, self._arrange)
        self._links.connect(session.display_changed, self._arrange)
        self._links.connect(session.links.changed, self._follow_links)
        self._links.connect(session.studies_changed, self._repaint)
        self.destroyed.connect(self._links.end)
        self._take_layout()

    def release(self) -> None:
        """Let go of the session: the window is closing."""
        self._links.end()
        for pane in self.panes.values():
            pane.release()

    def grab_pixels(self, pane: str | None = None, *, hide_patient_text: bool = False) -> NDArray[np.uint8]:
        """Return the pixels (height, width, 4) of a pane, the active one where none is named."""
        return self.panes[pane or self._session.active_pane].grab_pixels(hide_patient_text=hide_patient_text)

    def _take_layout(self) -> None:
        """Make the panes that are new, and let go of those that are no more."""
        cells = {cell.name: cell for cell in self._session.layout.cells if cell.window == self._window}
        viewports = self._session.viewports
        for name in [n for n, pane in self.panes.items() if n not in cells or pane.viewport is not viewports[n]]:
            self._remove(name)
        self.panes = {name: self.panes.get(name) or self._made(cell) for name, cell in cells.items()}
        self._placed = ()
        self._arrange()

    def _remove(self, name: str) -> None:
        """Let go of a pane."""
        pane = self.panes.pop(name)
        del self._grips[name]
        pane.release()
        self._grid.removeWidget(pane)
        pane.hide()
        pane.deleteLater()

    def _made(self, cell: Cell) -> PaneWidget:
        pane = _KINDS.get(cell.kind, ViewportWidget)(self._session, cell.name, self)
        pane.context_menu_requested.connect(self.context_menu_requested)
        pane.pointer_moved.connect(self.pointer_moved)
        self._drops.watch(pane)
        self._grips[cell.name] = PaneGrip(pane)
        return pane

    def _arrange(self) -> None:
        """Give each pane that is seen its room."""
        cells = tuple(cell for cell in self._session.visible_cells if cell.window == self._window)
        if cells == self._placed or not all(cell.name in self.panes for cell in cells):
            return
        self._placed = cells
        seen = {cell.name for cell in cells}
        for name, pane in self.panes.items():
            if name not in seen:
                pane.hide()
                self._grid.removeWidget(pane)
        for cell in cells:
            self._grips[cell.name].setVisible(len(cells) > 1)
            self._grid.addWidget(self.panes[cell.name], cell.row, cell.column, cell.row_span, cell.column_span)
            self.panes[cell.name].show()
        self._stretch(cells)

    def _follow_links(self) -> None:
        """Paint the panes in which something of the active one is drawn, and all where a link was made or ended."""
        session, by_hand = self._session, self._session.links.is_by_hand
        if by_hand != self._is_by_hand:
            self._is_by_hand = by_hand
            self._repaint()
            return
        for pane in self.panes.values():
            slot = pane.viewport.slot
            if slot != session.active_slot and session.links.follows(session.active_slot, slot):
                pane.update()

    def _repaint(self) -> None:
        """Paint the panes that tell of other slots: their lines, their priors, their links."""
        if len(self._session.layout.slots) > 1:
            for pane in self.panes.values():
                pane.update()

    def _stretch(self, cells: tuple[Cell, ...]) -> None:
        """Divide the room equally among the rows and columns in use; rows of a layout before it take none."""
        rows = max((cell.row + cell.row_span for cell in cells), default=0)
        columns = max((cell.column + cell.column_span for cell in cells), default=0)
        for row in range(max(rows, self._grid.rowCount())):
            self._grid.setRowStretch(row, int(row < rows))
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, int(column < columns))
