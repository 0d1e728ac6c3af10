"""Lay the panes out in another way, in one window or several, and move what they show about."""

from __future__ import annotations

from dataclasses import replace

from medview.session.layout import Layout, ViewKind, grid_layout, in_window, with_kind
from medview.session.scene import Scene
from medview.session.session import Session
from medview.session.show_series import show_series


def choose_layout(session: Session, layout: Layout, window: int | None = None) -> None:
    """Show another layout in a window; other windows stay as they are unless the layout says them itself.

    Where none of its slots shows anything yet, the first one takes what is in the active pane.

    Parameters
    ----------
    window
        That of the active pane where none is named; 0 is the main window.
    """
    if any(cell.window for cell in layout.cells):
        _set(session, layout)
        return
    place = session.layout.cell(session.active_pane).window if window is None else window
    others = tuple(cell for cell in session.layout.cells if cell.window != place)
    if place == 0:
        _set(session, replace(layout, cells=(*layout.cells, *others)))
        return
    cells = sorted((*others, *in_window(layout, place)), key=lambda cell: cell.window)
    _set(session, replace(session.layout, cells=tuple(cells)))


def open_window(session: Session) -> int:
    """Open a further window with one empty pane, which becomes the active one; return its number."""
    number = max(cell.window for cell in session.layout.cells) + 1
    cells = in_window(grid_layout(1, 1), number)
    _set(session, replace(session.layout, cells=(*session.layout.cells, *cells)))
    session.choose(active_pane=cells[0].name)
    return number


def close_window(session: Session, number: int) -> None:
    """Close a further window: what it shows is put away, and nothing is lost."""
    cells = tuple(cell for cell in session.layout.cells if cell.window != number)
    if number > 0 and len(cells) < len(session.layout.cells):
        _set(session, replace(session.layout, cells=cells))


def change_kind(session: Session, pane: str, kind: ViewKind) -> None:
    """Let a pane show another plane of its images, or them in 3D."""
    if session.viewports[pane].kind != kind:
        _set(session, with_kind(session.layout, pane, kind))


def swap_panes(session: Session, pane: str, other: str) -> None:
    """Let two panes change places: what they show where they have slots of their own, else the planes of one slot."""
    one, two = (session.viewports[name] for name in (pane, other))
    if one.slot == two.slot:
        kinds = one.kind, two.kind
        _set(session, with_kind(with_kind(session.layout, pane, kinds[1]), other, kinds[0]))
        session.choose(active_pane=other)
        return
    scenes = session.scenes.get(one.slot), session.scenes.get(two.slot)
    if one.slot in session.readings or two.slot in session.readings:
        session.notices.add("info", "The images are still being read.", "Move them when all are there.")
        return
    session.show(scenes[1], one.slot)
    session.show(scenes[0], two.slot)
    for slot, scene in ((one.slot, scenes[1]), (two.slot, scenes[0])):
        _want(session, slot, scene)
    session.choose(active_pane=other)


def _set(session: Session, layout: Layout) -> None:
    shown, wanted = session.scene, session.wanted_series
    _stop_reading(session, layout)
    session.set_layout(layout)
    main = {cell.slot for cell in layout.cells if cell.window == 0}
    if shown is not None and not main & set(session.scenes):
        first = layout.cells[0].slot
        session.show(shown, first)
        if wanted is not None:
            session.wanted[first] = wanted
    for slot, scene in list(session.scenes.items()):
        _want(session, slot, scene)
        if not scene.is_whole and slot not in session.readings:
            show_series(session, scene.study, scene.series, slot)


def _stop_reading(session: Session, layout: Layout) -> None:
    """End the reading of what no pane will show; what is there of it is read anew when it comes back."""
    for slot, job in list(session.readings.items()):
        if slot not in layout.slots and list(session.readings.values()).count(job) == 1:
            job.cancel()


def _want(session: Session, slot: int, scene: Scene | None) -> None:
    """Note what a slot shows as what was asked for last, where nothing else is on its way."""
    if slot in session.readings:
        return
    if scene is None:
        session.wanted.pop(slot, None)
    else:
        session.wanted[slot] = scene.series
