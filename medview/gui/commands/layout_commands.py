"""The commands of where the panes lie and how they follow each other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QInputDialog

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.gui.language import tr
from medview.session.choose_layout import change_kind, choose_layout, close_window, open_window
from medview.session.hang import hang, step_stage
from medview.session.hanging_rule import own_hanging_folder
from medview.session.layout import Layout, ViewKind, layouts, shipped_layout
from medview.session.session import Session

_ONE_SERIES = Sentence("Only one series is shown. Drag another one beside it.")
_NOT_BY_HAND = Sentence("No panes are linked by hand.")
_NOT_HUNG = Sentence("No hanging protocol has laid out what is shown.")
_NO_STAGE = Sentence("The hanging protocol has no further stage.")
_NOTHING_SAVED = Sentence("No layout has been saved.")
_MAIN_WINDOW = Sentence("The active pane is in the main window.")
_MOST_SAVED, _LONGEST_TITLE = 12, 60
_KEYS = {"1x1": ("Ctrl+1",), "1x2": ("Ctrl+2",), "mpr": ("Ctrl+3",), "2x2": ("Ctrl+4",)}


def has_several_series(session: Session) -> Sentence | None:
    """Ask for images in two slots at least."""
    return conditions.has_images(session) if not session.scenes else _ONE_SERIES if len(session.scenes) < 2 else None


def _is_linked_by_hand(session: Session) -> Sentence | None:
    return None if session.links.is_by_hand else _NOT_BY_HAND


def _toggle(name: str) -> Callable[[Shell], None]:
    def run(shell: Shell) -> None:
        shell.session.settings[name] = not shell.session.settings[name]

    return run


def _layout_command(layout_id: str, *, separator: bool) -> Command:
    layout = shipped_layout(layout_id)
    return Command(
        f"layout_{layout_id}",
        layout.title,
        "Layout",
        lambda shell: choose_layout(shell.session, shipped_layout(layout_id)),
        _KEYS.get(layout_id, ()),
        checked=lambda session: session.layout.id == layout_id,
        separator=separator,
    )


def _kind_command(kind: ViewKind, title: str) -> Command:
    def when(session: Session) -> Sentence | None:
        refusal = conditions.has_images(session)
        return refusal or (None if kind == "acquired" else conditions.has_panes(session))

    return Command(
        f"show_{kind}",
        title,
        "Layout",
        lambda shell: change_kind(shell.session, shell.session.active_pane, kind),
        when=when,
        checked=lambda session: session.active_viewport.kind == kind,
        in_context=True,
        submenu="Show in this pane",
        separator=False,
    )


def _lines_command(lines: str, title: str) -> Command:
    def run(shell: Shell) -> None:
        shell.session.settings["reference_lines"] = lines

    return Command(
        f"reference_lines_{lines}",
        title,
        "Layout",
        run,
        checked=lambda session: session.settings["reference_lines"] == lines,
        submenu="Reference lines",
    )


def _sync_command(name: str, title: str, *keys: str, separator: bool = False) -> Command:
    return Command(
        name,
        title,
        "Layout",
        _toggle(name),
        keys,
        checked=lambda session: bool(session.settings[name]),
        separator=separator,
        in_context=name == "sync_scroll",
    )


_FOLLOWING = (
    _sync_command("sync_scroll", "Scroll together in one frame of reference", "Y", separator=True),
    _sync_command("sync_zoom", "Zoom and pan together"),
    _sync_command("sync_window", "Window together"),
    Command(
        "link_by_hand",
        "Link the panes as they lie now",
        "Layout",
        lambda shell: shell.session.links.link_by_hand(),
        ("Shift+Y",),
        when=has_several_series,
        in_context=True,
    ),
    Command(
        "unlink",
        "End the link made by hand",
        "Layout",
        lambda shell: shell.session.links.unlink(),
        when=_is_linked_by_hand,
        in_context=True,
    ),
)


def _stage_is(step: int) -> Callable[[Session], Sentence | None]:
    def when(session: Session) -> Sentence | None:
        hanging = session.hanging
        if hanging is None:
            return _NOT_HUNG
        return None if 0 <= hanging.number + step < len(hanging.stages) else _NO_STAGE

    return when


def _stage_title(step: int, title: str) -> Callable[[Session], str | None]:
    """Return the title of a stage's command: what it would show, in the words of the protocol."""

    def current(session: Session) -> str | None:
        hanging = session.hanging
        if hanging is None or not 0 <= hanging.number + step < len(hanging.stages):
            return title
        return hanging.stages[hanging.number + step].stage.title or title

    return current


def _hang_again(shell: Shell) -> None:
    """Lay out the study in view as the hanging protocols say."""
    session = shell.session
    study = session.scene.study if session.scene is not None else session.studies[0]
    if not hang(session, study):
        session.notices.add("info", "No hanging protocol fits this study.")


def _open_own_folder(shell: Shell) -> None:
    """Show the folder of the person's own hanging protocols, made where it is missing."""
    folder = own_hanging_folder()
    folder.mkdir(parents=True, exist_ok=True)
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        shell.session.notices.add("info", "Your hanging protocols lie in {folder}.", folder=str(folder))


def _save_layout(shell: Shell) -> None:
    """Ask for a name, and save the layout under it."""
    layout = shell.session.layout
    known = layout.title if layout in shell.session.saved_layouts.layouts else ""
    title, is_chosen = QInputDialog.getText(shell.widget, tr("Save layout"), tr("Name of the layout"), text=known)
    title = " ".join(title.split())[:_LONGEST_TITLE]
    if is_chosen and title:
        choose_layout(shell.session, shell.session.saved_layouts.save(layout, title))


def _delete_layout(shell: Shell) -> None:
    """Ask which saved layout goes."""
    saved = shell.session.saved_layouts.layouts
    titles = [layout.title for layout in saved]
    title, is_chosen = QInputDialog.getItem(
        shell.widget, tr("Delete a saved layout"), tr("Name of the layout"), titles, 0, False
    )
    if is_chosen and title in titles:
        shell.session.saved_layouts.delete(saved[titles.index(title)].id)


def _saved_command(place: int) -> Command:
    """Return the command of the saved layout at a place of the list, hidden where there is none."""

    def saved(session: Session) -> Layout | None:
        known = session.saved_layouts.layouts
        return known[place] if place < len(known) else None

    def title(session: Session) -> str | None:
        layout = saved(session)
        return layout.title if layout is not None else None

    def run(shell: Shell) -> None:
        layout = saved(shell.session)
        if layout is not None:
            choose_layout(shell.session, layout)

    def checked(session: Session) -> bool:
        layout = saved(session)
        return layout is not None and layout.id == session.layout.id

    return Command(
        f"saved_layout_{place + 1}",
        f"Saved layout {place + 1}",
        "Layout",
        run,
        checked=checked,
        current_title=title,
        submenu="Saved layouts",
    )


def _has_saved(session: Session) -> Sentence | None:
    return None if session.saved_layouts.layouts else _NOTHING_SAVED


def _active_window(session: Session) -> int:
    return session.layout.cell(session.active_pane).window


def _in_further_window(session: Session) -> Sentence | None:
    return None if _active_window(session) else _MAIN_WINDOW


_WINDOWS = (
    Command(
        "new_window",
        "New window",
        "Layout",
        lambda shell: open_window(shell.session),
        ("Ctrl+Shift+N",),
        when=conditions.has_study,
        separator=True,
    ),
    Command(
        "close_window",
        "Close this further window",
        "Layout",
        lambda shell: close_window(shell.session, _active_window(shell.session)),
        ("Ctrl+Shift+W",),
        when=_in_further_window,
    ),
    Command("save_layout", "Save layout…", "Layout", _save_layout, separator=True),
    *(_saved_command(place) for place in range(_MOST_SAVED)),
    Command(
        "delete_layout", "Delete a saved layout…", "Layout", _delete_layout, when=_has_saved, submenu="Saved layouts",
        separator=True,
    ),
)  # fmt: skip

_HANGING = (
    Command(
        "hang_again",
        "Hang again",
        "Layout",
        _hang_again,
        ("Ctrl+Shift+H",),
        when=conditions.has_study,
        submenu="Hanging protocol",
    ),
    Command(
        "next_stage",
        "Next stage of the hanging protocol",
        "Layout",
        lambda shell: step_stage(shell.session, 1),
        ("Ctrl+PgDown",),
        when=_stage_is(1),
        current_title=_stage_title(1, "Next stage of the hanging protocol"),
        submenu="Hanging protocol",
    ),
    Command(
        "previous_stage",
        "Previous stage of the hanging protocol",
        "Layout",
        lambda shell: step_stage(shell.session, -1),
        ("Ctrl+PgUp",),
        when=_stage_is(-1),
        current_title=_stage_title(-1, "Previous stage of the hanging protocol"),
        submenu="Hanging protocol",
    ),
    Command(
        "hanging",
        "Lay out what is opened by hanging protocols",
        "Layout",
        _toggle("hanging"),
        checked=lambda session: bool(session.settings["hanging"]),
        submenu="Hanging protocol",
        separator=True,
    ),
    Command(
        "hanging_priors",
        "Look for priors in the library",
        "Layout",
        _toggle("hanging_priors"),
        checked=lambda session: bool(session.settings["hanging_priors"]),
        submenu="Hanging protocol",
    ),
    Command(
        "own_hanging",
        "Folder of your hanging protocols…",
        "Layout",
        _open_own_folder,
        submenu="Hanging protocol",
        separator=True,
    ),
)

LAYOUT: tuple[Command, ...] = (
    *(_layout_command(layout.id, separator=n == 0) for n, layout in enumerate(layouts())),
    *_WINDOWS,
    *_HANGING,
    _kind_command("acquired", "As acquired"),
    _kind_command("axial", "Axial"),
    _kind_command("coronal", "Coronal"),
    _kind_command("sagittal", "Sagittal"),
    _kind_command("volume", "3D"),
    _kind_command("curved", "Curved"),
    *_FOLLOWING,
    _lines_command("off", "No reference lines"),
    _lines_command("slice", "The slice shown"),
    _lines_command("ends", "With first and last slice"),
    _lines_command("all", "All slices"),
)
