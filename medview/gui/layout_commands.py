"""The commands of where the panes lie and how they follow each other."""

from __future__ import annotations

from collections.abc import Callable

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.session.choose_layout import change_kind, choose_layout
from medview.session.layout import ViewKind, layouts, shipped_layout
from medview.session.session import Session

_ONE_SERIES = Sentence("Only one series is shown. Drag another one beside it.")
_NOT_BY_HAND = Sentence("No panes are linked by hand.")
_KEYS = {"1x1": ("Ctrl+1",), "1x2": ("Ctrl+2",), "mpr": ("Ctrl+3",), "2x2": ("Ctrl+4",)}
_LINES = (
    ("off", "No reference lines"),
    ("slice", "The slice shown"),
    ("ends", "With first and last slice"),
    ("all", "All slices"),
)
_KINDS: tuple[tuple[ViewKind, str], ...] = (
    ("acquired", "As acquired"),
    ("axial", "Axial"),
    ("coronal", "Coronal"),
    ("sagittal", "Sagittal"),
    ("volume", "3D"),
    ("curved", "Curved"),
)


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

LAYOUT: tuple[Command, ...] = (
    *(_layout_command(layout.id, separator=n == 0) for n, layout in enumerate(layouts())),
    *(_kind_command(kind, title) for kind, title in _KINDS),
    *_FOLLOWING,
    *(_lines_command(lines, title) for lines, title in _LINES),
)
