"""Choosing how many panes there are: a small grid to sweep over, and the named layouts below it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton, QWidget, QWidgetAction

from medview.gui.icon import icon
from medview.gui.language import tr
from medview.gui.theme import theme
from medview.session.choose_layout import choose_layout
from medview.session.layout import grid_layout, layouts
from medview.session.session import Session

ROWS, COLUMNS = 4, 5
_CELL_PX, _GAP_PX, _MARGIN_PX = 26, 3, 10
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class GridChooser(QWidget):
    """Cells to sweep over with the mouse or the arrow keys; `chosen(rows, columns)` on a click or Enter."""

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = (0, 0)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Number of panes"))
        self.setToolTip(tr("Sweep over the panes that you want, and click."))

    def sizeHint(self) -> QSize:
        """Return the room of the cells and the words below."""
        side = _CELL_PX + _GAP_PX
        words = self.fontMetrics().height() + 6
        return QSize(2 * _MARGIN_PX + COLUMNS * side - _GAP_PX, 2 * _MARGIN_PX + ROWS * side - _GAP_PX + words)

    def cell_rect(self, row: int, column: int) -> QRect:
        """Return where a cell is drawn."""
        side = _CELL_PX + _GAP_PX
        return QRect(_MARGIN_PX + column * side, _MARGIN_PX + row * side, _CELL_PX, _CELL_PX)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the cells up to the mouse."""
        self._mark(self._at(event.position().toPoint()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose what is marked."""
        self._mark(self._at(event.position().toPoint()))
        self._choose()

    def leaveEvent(self, event: QEvent) -> None:
        """Mark nothing."""
        super().leaveEvent(event)
        self._mark((0, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Mark with the arrows, choose with Enter."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None:
            rows, columns = (max(side, 1) for side in self._size)
            self._mark((min(max(rows + step[0], 1), ROWS), min(max(columns + step[1], 1), COLUMNS)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells and how many are marked."""
        colours, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in range(ROWS):
            for column in range(COLUMNS):
                marked = row < self._size[0] and column < self._size[1]
                painter.setPen(QColor(colours.line if marked else colours.border))
                painter.setBrush(QColor(colours.selected if marked else colours.raised))
                painter.drawRoundedRect(self.cell_rect(row, column), 3, 3)
        painter.setPen(QColor(colours.text))
        text = tr("{rows} × {columns}", rows=self._size[0], columns=self._size[1]) if self._size[0] else ""
        words = QRect(0, self.height() - self.fontMetrics().height() - 8, self.width(), self.fontMetrics().height() + 4)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text or tr("Rows × columns"))
        painter.end()

    def _at(self, point: QPoint) -> tuple[int, int]:
        side = _CELL_PX + _GAP_PX
        column, row = (point.x() - _MARGIN_PX) // side, (point.y() - _MARGIN_PX) // side
        inside = 0 <= row < ROWS and 0 <= column < COLUMNS
        return (row + 1, column + 1) if inside else (0, 0)

    def _mark(self, size: tuple[int, int]) -> None:
        if size != self._size:
            self._size = size
            self.update()

    def _choose(self) -> None:
        if self._size[0]:
            self.chosen.emit(*self._size)


class LayoutButton(QToolButton):
    """The button of the tool bar that opens the grid and the named layouts.

    Parameters
    ----------
    actions
        Of the named layouts.
    window
        Whose panes are laid out.
    """

    def __init__(self, session: Session, actions: list[QAction], bar: QToolBar, window: int = 0) -> None:
        super().__init__(bar)
        self.setObjectName("layout")
        self.setIcon(icon("layout"))
        self.setText(tr("Layout"))
        self.setToolTip(tr("Choose how many panes there are"))
        self.setToolButtonStyle(bar.toolButtonStyle())
        bar.toolButtonStyleChanged.connect(self.setToolButtonStyle)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.grid = add_grid(menu, session, window)
        menu.addSeparator()
        menu.addActions(actions)
        for layout in layouts() if not actions else ():
            menu.addAction(tr(layout.title), partial(choose_layout, session, layout, window))
        self.setMenu(menu)


def add_grid(menu: QMenu, session: Session, window: int) -> GridChooser:
    """Put the grid into a menu, which closes when it is clicked."""
    grid = GridChooser(menu)

    def choose(rows: int, columns: int) -> None:
        menu.close()
        choose_layout(session, grid_layout(rows, columns), window)

    grid.chosen.connect(choose)
    action = QWidgetAction(menu)
    action.setDefaultWidget(grid)
    menu.addAction(action)
    return grid
