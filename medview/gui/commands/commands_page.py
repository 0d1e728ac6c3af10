"""The page of the documentation that lists every command, made from the command table."""

from __future__ import annotations

from medview.gui.command import MENUS
from medview.gui.commands.command_table import COMMANDS
from medview.gui.commands.shortcut_sheet import MOUSE

_HEAD = """# Commands

Every command of the window with its keys. Made from the command table by
`python -m medview.gui.commands.commands_page > docs/commands.md`; a test keeps it true. Keys marked with * work while
an image has the keyboard, so that lists and text boxes keep their own.
"""


def commands_page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for menu in MENUS:
        rows = [f"| {c.title} | {_keys(c.shortcuts, in_panes=c.in_panes)} |" for c in COMMANDS if c.menu == menu]
        parts.append("\n".join((f"## {menu}\n", "| command | keys |", "|---|---|", *rows, "")))
    mouse = [f"| {what} | {does} |" for what, does in MOUSE]
    parts.append("\n".join(("## Mouse over an image\n", "| mouse | does |", "|---|---|", *mouse, "")))
    return "\n".join(parts)


def _keys(shortcuts: tuple[str, ...], *, in_panes: bool) -> str:
    return ", ".join(f"`{keys}`{'*' if in_panes else ''}" for keys in shortcuts)


if __name__ == "__main__":
    import sys

    sys.stdout.write(commands_page())
