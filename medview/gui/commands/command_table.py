"""Every command of the window, once.

Menus, toolbar, shortcuts, tooltips, the shortcut sheet and the docs page are made of it. Keys follow what radiologists
know from their viewers: W P Z S for the mouse, 0 automatic and 1 to 9 windows, B and E for the mask, Space to fit.
"""

from __future__ import annotations

from functools import partial

from medview.gui import conditions
from medview.gui.command import Command, MenuName, Shell
from medview.gui.commands import actions
from medview.gui.commands.ai_commands import AI
from medview.gui.commands.fusion_commands import FUSION
from medview.gui.commands.image_commands import IMAGE
from medview.gui.commands.layout_commands import LAYOUT
from medview.gui.commands.measure_commands import MEASURE
from medview.gui.commands.planes_commands import PLANES
from medview.gui.commands.reading_commands import READING
from medview.gui.commands.segmentation_commands import SEGMENTATION
from medview.gui.commands.sequence_commands import SEQUENCE
from medview.gui.commands.volume_commands import VOLUME
from medview.gui.leave_tool import leave_tool
from medview.session import choose_window
from medview.session.load_demo import load_demo
from medview.session.session import Session

_FILE = (
    Command(
        "open_folder",
        "Open folder…",
        "File",
        actions.ask_folder,
        ("Ctrl+O",),
        group="open",
        short_title="Open",
        icon="open-folder",
    ),
    Command("open_file", "Open files or ZIP…", "File", actions.ask_file, ("Ctrl+Shift+O",), icon="study"),
    Command(
        "library",
        "Library of studies",
        "File",
        lambda shell: shell.toggle_library(),
        ("Ctrl+L",),
        group="open",
        short_title="Library",
        icon="library",
    ),
    Command(
        "load_demo",
        "Open the demo study",
        "File",
        lambda shell: load_demo(shell.session),
        icon="demo",
        when=conditions.demo_is_not_coming,
    ),
    Command(
        "save_picture",
        "Save picture of the view…",
        "File",
        actions.ask_picture,
        ("Ctrl+P",),
        icon="camera",
        when=conditions.has_images,
        in_context=True,
        separator=True,
    ),
    Command(
        "show_header",
        "Header of the image…",
        "File",
        lambda shell: shell.show_header(),
        ("Ctrl+I",),
        icon="tags",
        when=conditions.has_images,
        in_context=True,
    ),
    Command(
        "show_warnings",
        "Warnings and files left out…",
        "File",
        lambda shell: shell.show_warnings(),
        icon="warning",
        when=conditions.has_warnings,
        separator=True,
    ),
    Command(
        "close_study",
        "Close study",
        "File",
        actions.close_study_in_view,
        ("Ctrl+W",),
        icon="close",
        when=conditions.has_study,
    ),
    Command("quit", "Quit", "File", lambda shell: shell.close(), ("Ctrl+Q",), icon="quit", separator=True),
)

_VIEW = (
    Command(
        "reset_view",
        "Fit image to pane",
        "View",
        actions.reset_view,
        ("Space",),
        group="look",
        short_title="Fit",
        icon="fit",
        when=conditions.has_images,
        in_panes=True,
        in_context=True,
    ),
    Command(
        "maximise",
        "Maximise pane",
        "View",
        actions.toggle_maximised,
        ("M",),
        icon="maximise",
        when=conditions.has_several_panes,
        checked=lambda session: session.maximised is not None,
        in_context=True,
    ),
    Command(
        "next_pane",
        "Next pane",
        "View",
        actions.next_pane,
        ("Tab",),
        when=conditions.has_several_panes,
        in_panes=True,
    ),
    Command(
        "previous_image",
        "Previous image",
        "View",
        partial(actions.scroll_by, steps=-1),
        ("Up",),
        when=conditions.has_images,
        in_panes=True,
        separator=True,
    ),
    Command(
        "next_image",
        "Next image",
        "View",
        partial(actions.scroll_by, steps=1),
        ("Down",),
        when=conditions.has_images,
        in_panes=True,
    ),
    Command(
        "first_image",
        "First image",
        "View",
        partial(actions.scroll_to_end, last=False),
        ("Home",),
        when=conditions.has_images,
        in_panes=True,
    ),
    Command(
        "last_image",
        "Last image",
        "View",
        partial(actions.scroll_to_end, last=True),
        ("End",),
        when=conditions.has_images,
        in_panes=True,
    ),
    Command(
        "previous_series",
        "Previous series",
        "View",
        partial(actions.show_neighbour_series, step=-1),
        ("PgUp",),
        when=conditions.has_images,
        in_panes=True,
    ),
    Command(
        "next_series",
        "Next series",
        "View",
        partial(actions.show_neighbour_series, step=1),
        ("PgDown",),
        when=conditions.has_images,
        in_panes=True,
    ),
    Command(
        "crosshair_visible",
        "Show crosshair lines",
        "View",
        lambda shell: actions.toggle_display(shell.session, "crosshair_visible"),
        ("Shift+X",),
        when=conditions.has_images,
        checked=lambda session: session.scene is not None and session.scene.crosshair_visible,
        in_context=True,
        separator=True,
    ),
    Command(
        "patient_text",
        "Show the patient's name",
        "View",
        lambda shell: actions.toggle_setting(shell.session, "patient_text_visible"),
        ("Ctrl+H",),
        icon="patient",
        checked=lambda session: bool(session.settings["patient_text_visible"]),
    ),
    Command(
        "light_theme",
        "Light colours",
        "View",
        lambda shell: actions.switch_theme(shell.session),
        icon="theme",
        checked=lambda session: session.settings["theme"] == "light",
        separator=True,
    ),
    Command("studies_side", "Show or hide the study list", "View", lambda shell: shell.toggle_side("studies"), ("F7",)),
    Command(
        "segmentation_side",
        "Show or hide the segmentation panel",
        "View",
        lambda shell: shell.toggle_side("segmentation"),
        ("F8",),
    ),
    Command(
        "full_screen", "Full screen", "View", lambda shell: shell.toggle_full_screen(), ("F11",), icon="full-screen"
    ),
)


def _preset_command(place: int) -> Command:
    """Return the command of the preset on a number key; the first preset lies on 2."""

    def title(session: Session) -> str | None:
        presets = choose_window.presets(session)
        return presets[place].title if place < len(presets) else None

    def run(shell: Shell) -> None:
        presets = choose_window.presets(shell.session)
        if place < len(presets):
            choose_window.set_window(shell.session, *presets[place].window)

    return Command(
        f"preset_{place + 2}",
        f"Window preset {place + 2}",
        "Image",
        run,
        (str(place + 2),),
        when=conditions.has_grey,
        current_title=title,
        in_context=True,
        context_submenu="Window",
        separator=place == 0,
    )


_WINDOW = (
    Command(
        "auto_window",
        "Automatic window",
        "Image",
        lambda shell: choose_window.auto_window(shell.session),
        ("0",),
        icon="auto",
        when=conditions.can_window,
        in_context=True,
        context_submenu="Window",
    ),
    Command(
        "default_window",
        "Window of the images",
        "Image",
        lambda shell: choose_window.default_window(shell.session),
        ("1",),
        when=conditions.has_images,
        in_context=True,
        context_submenu="Window",
    ),
    *(_preset_command(place) for place in range(8)),
    Command(
        "invert",
        "Invert grey scale",
        "Image",
        lambda shell: choose_window.invert(shell.session),
        ("I",),
        group="look",
        short_title="Invert",
        icon="invert",
        when=conditions.has_grey,
        checked=lambda session: session.scene is not None and session.scene.inverted,
        in_context=True,
        separator=True,
    ),
)


def _tool(tool: str, title: str, short_title: str, icon: str, *shortcuts: str, menu: MenuName = "Tools") -> Command:
    return Command(
        f"tool_{tool}",
        title,
        menu,
        lambda shell: shell.session.choose(tool=tool),
        shortcuts,
        group="edit" if tool in ("brush", "eraser") else "tools",
        short_title=short_title,
        icon=icon,
        when=conditions.has_images,
        checked=lambda session: session.tool == tool,
        separator=tool == "brush",
    )


_TOOLS = (
    _tool("window_level", "Change window and level", "Window", "window-level", "W"),
    _tool("pan", "Pan the image", "Pan", "pan", "P", "T"),
    _tool("zoom", "Zoom the image", "Zoom", "zoom", "Z"),
    _tool("scroll", "Scroll through the images", "Scroll", "scroll", "S"),
    _tool("crosshair", "Move the crosshair", "Crosshair", "crosshair", "X"),
    _tool("brush", "Paint with the brush", "Brush", "brush", "B"),
    _tool("eraser", "Erase with the eraser", "Eraser", "eraser", "E"),
    Command(
        "smaller_brush",
        "Smaller brush",
        "Tools",
        lambda shell: actions.scale_brush(shell.session, -1),
        ("[",),
        when=conditions.has_images,
    ),
    Command(
        "larger_brush",
        "Larger brush",
        "Tools",
        lambda shell: actions.scale_brush(shell.session, 1),
        ("]",),
        when=conditions.has_images,
    ),
    Command(
        "default_tool",
        "Back to the window tool",
        "Tools",
        leave_tool,
        ("Esc",),
        when=conditions.has_images,
        separator=True,
    ),
)

_HELP = (
    Command(
        "command_palette",
        "Find a command…",
        "Help",
        lambda shell: shell.show_palette(),
        ("Ctrl+K", "Ctrl+Shift+P"),
        icon="search",
    ),
    Command(
        "shortcuts", "Keyboard shortcuts", "Help", lambda shell: shell.show_shortcuts(), ("?", "F1"), icon="keyboard"
    ),
    Command(
        "change_shortcuts",
        "Change shortcuts…",
        "Help",
        lambda shell: shell.change_shortcuts(),
        icon="keyboard",
    ),
)

COMMANDS: tuple[Command, ...] = (
    *_FILE,
    *_VIEW,
    *SEQUENCE,
    *LAYOUT,
    *_WINDOW,
    *IMAGE,
    *READING,
    *PLANES,
    *VOLUME,
    *FUSION,
    *MEASURE,
    *_TOOLS,
    *AI,
    *SEGMENTATION,
    *_HELP,
)


def command(command_id: str) -> Command:
    """Return the command of an id; KeyError where there is none."""
    for found in COMMANDS:
        if found.id == command_id:
            return found
    raise KeyError(command_id)
