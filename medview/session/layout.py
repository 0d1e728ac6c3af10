"""Where the panes lie, and which of them look at the same volume."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, get_args

from medview.paths import resources_folder
from medview.session.scene import Scene

ViewKind = Literal["acquired", "axial", "coronal", "sagittal", "volume", "curved"]
Side = Literal["", "left", "right"]

SLOTS_OF_A_WINDOW = 100
_MOST = 64  # rows, columns and windows: a file that has more is damaged


@dataclass(frozen=True)
class Cell:
    """One pane of a layout.

    Attributes
    ----------
    name
        Unique within the layout.
    kind
        What it shows: "acquired" is the plane the images were taken in, whichever that is.
    slot
        Cells of one slot share a `Scene`.
    row, column, row_span, column_span
        Place in the grid of its window.
    window
        0 is the main window, 1 and on are further ones.
    """

    name: str
    kind: ViewKind
    slot: int
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    window: int = 0


@dataclass(frozen=True)
class Layout:
    """Cells in reading order; `title` is a key of the translation, or what a person has called it."""

    id: str
    title: str
    cells: tuple[Cell, ...]

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots in the order of their first cells."""
        return tuple(dict.fromkeys(cell.slot for cell in self.cells))

    def cell(self, name: str) -> Cell:
        """Return the cell of a name; KeyError where there is none."""
        for found in self.cells:
            if found.name == name:
                return found
        raise KeyError(name)

    def of_slot(self, slot: int) -> tuple[Cell, ...]:
        """Return the cells that share a scene."""
        return tuple(cell for cell in self.cells if cell.slot == slot)


def layout_from(row: Mapping[str, Any]) -> Layout:
    """Return a layout of a table as in `resources/layouts.toml`.

    Raises
    ------
    ValueError, KeyError, TypeError
        It is none: a person may have written it.
    """
    cells = tuple(map(_cell, row["cells"]))
    names = {cell.name for cell in cells}
    if len(names) < len(cells) or not any(cell.window == 0 for cell in cells):
        raise ValueError("a layout has cells in the main window, each with a name of its own")
    return Layout(str(row["id"]), str(row["title"]), cells)


def _cell(row: Mapping[str, Any]) -> Cell:
    """Return a cell of a table; ValueError where it can be none."""
    place = (*row["at"], *row.get("span", (1, 1)))
    r, c, rows, columns = (int(n) for n in place)
    slot, window = int(row["slot"]), int(row.get("window", 0))
    if row["kind"] not in get_args(ViewKind):
        raise ValueError(f"{row['kind']} is not known here")
    if min(r, c, slot, window) < 0 or min(rows, columns) < 1 or max(r + rows, c + columns, window) > _MOST:
        raise ValueError("a place in a layout is impossible")
    return Cell(str(row["name"]), row["kind"], slot, r, c, rows, columns, window)


@lru_cache(maxsize=1)
def layouts() -> tuple[Layout, ...]:
    """Return the shipped layouts."""
    rows = tomllib.loads((resources_folder() / "layouts.toml").read_text(encoding="utf-8"))["layout"]
    return tuple(map(layout_from, rows))


def shipped_layout(layout_id: str) -> Layout:
    """Return the shipped layout of an id; KeyError where there is none."""
    return {layout.id: layout for layout in layouts()}[layout_id]


def grid_layout(rows: int, columns: int) -> Layout:
    """Return a grid of panes that show a series each; the shipped layout where there is one of that size."""
    layout_id = f"{rows}x{columns}"
    for layout in layouts():
        if layout.id == layout_id:
            return layout
    places = [(row, column) for row in range(rows) for column in range(columns)]
    cells = (Cell(str(n + 1), "acquired", n, row, column) for n, (row, column) in enumerate(places))
    return Layout(layout_id, f"{rows} × {columns}", tuple(cells))


def in_window(layout: Layout, window: int) -> tuple[Cell, ...]:
    """Return the cells of a layout as those of a further window, with names and slots that no other window has."""
    first = window * SLOTS_OF_A_WINDOW
    return tuple(
        replace(cell, name=f"{window}: {cell.name}", slot=first + cell.slot, window=window) for cell in layout.cells
    )


def with_kind(layout: Layout, pane: str, kind: ViewKind) -> Layout:
    """Return a layout in which a pane shows another plane of its images, or them in 3D."""
    cells = (replace(cell, kind=kind) if cell.name == pane else cell for cell in layout.cells)
    return replace(layout, cells=tuple(cells))


def visible_cells(layout: Layout, scenes: Mapping[int, Scene], maximised: str | None = None) -> tuple[Cell, ...]:
    """Return the cells that are seen, with the room they have.

    A maximised pane fills its window. Images of which there is only one plane fill the room of all cells of their slot.
    """
    if maximised is not None:
        alone = layout.cell(maximised)
        others = tuple(cell for cell in layout.cells if cell.window != alone.window)
        return (replace(alone, row=0, column=0, row_span=1, column_span=1), *others)
    lone = {slot: _alone(layout, scenes, slot) for slot in layout.slots}
    found = (lone[cell.slot] or cell for cell in layout.cells)
    return tuple(dict.fromkeys(found))


def _alone(layout: Layout, scenes: Mapping[int, Scene], slot: int) -> Cell | None:
    """Return the one cell that shows images of a single plane, in the room of its slot; None where all do."""
    cells, scene = layout.of_slot(slot), scenes.get(slot)
    if scene is None or scene.only_plane is None or len(cells) == 1:
        return None
    flat = [cell for cell in cells if cell.kind not in ("volume", "curved")] or list(cells)
    kept = next((cell for cell in flat if cell.kind in (scene.only_plane, "acquired")), flat[0])
    near = [cell for cell in cells if cell.window == kept.window]
    top, left = min(cell.row for cell in near), min(cell.column for cell in near)
    bottom = max(cell.row + cell.row_span for cell in near)
    right = max(cell.column + cell.column_span for cell in near)
    return replace(kept, row=top, column=left, row_span=bottom - top, column_span=right - left)
