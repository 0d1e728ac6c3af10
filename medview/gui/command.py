"""One thing a person can ask for, and what the window must offer so that it can be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from medview.errors import Sentence
from medview.session.session import Session
from medview.study.finding import Status

MenuName = Literal[
    "File",
    "Edit",
    "View",
    "Layout",
    "Image",
    "Planes",
    "3D",
    "Fusion",
    "Measure",
    "AI",
    "Segmentation",
    "Tools",
    "Help",
]
MENUS: tuple[MenuName, ...] = get_args(MenuName)

SideName = Literal["studies", "segmentation"]
ToolbarGroup = Literal["", "open", "tools", "edit", "look"]
Condition = Callable[[Session], Sentence | None]


class Shell(Protocol):
    """The main window as commands see it."""

    @property
    def session(self) -> Session:
        """What is open now."""

    @property
    def widget(self) -> QWidget:
        """The parent of dialogs."""

    def picture(self) -> NDArray[np.uint8]:
        """Return what the active pane shows without the patient's name: (rows, columns, 4) uint8 sRGB with alpha."""

    def run_model(self) -> None:
        """Run the plugin that is chosen in the panel."""

    def show_models(self) -> None:
        """Show every model with its card and its weights."""

    def step_finding(self, step: int) -> bool:
        """Go to the next finding that nobody has judged, -1 to the one before; False where there is none."""

    def judge_finding(self, status: Status) -> None:
        """Accept or reject what is selected in the list of findings."""

    def save_findings(self) -> None:
        """Ask for a file name, and save a report of the findings."""

    def show_shortcuts(self) -> None:
        """Show the sheet of shortcuts."""

    def change_shortcuts(self) -> None:
        """Show every command with its keys, to be changed."""

    def show_palette(self) -> None:
        """Show every command by its name."""

    def show_warnings(self) -> None:
        """Show the warnings of the open series and the files left out."""

    def show_header(self) -> None:
        """Show the header of the image in view."""

    def toggle_library(self) -> None:
        """Show the library, or the images again."""

    def toggle_full_screen(self) -> None:
        """Fill the screen, or no longer."""

    def toggle_side(self, name: SideName) -> None:
        """Hide or show the side "studies" or "segmentation"."""

    def close(self) -> Any:
        """Close the window."""


def always(_: Session) -> None:
    """Be the condition of what can be done at any time."""


@dataclass(frozen=True)
class Command:
    """A row of the command table.

    Attributes
    ----------
    title, short_title
        English keys of the translation; the short one stands under the toolbar's icon.
    shortcuts
        In Qt's portable form, "Ctrl+O"; the first is the one that is shown.
    when
        Returns why it cannot be done now, or None where it can.
    checked
        For what is on or off.
    submenu
        Title of the menu within the menu that it stands in, a key of the translation; "" for none.
    in_panes
        The shortcut works only while a pane has the keyboard: arrows, Space and Home belong to lists, too.
    in_context
        Whether it is in the menu of the right mouse button over a pane.
    context_submenu
        Title of the menu within that menu, a key of the translation; "" for none. Those come first: they are what is
        wanted with the mouse on an image.
    other_names
        English titles by which it is found, too, and under which people know it elsewhere.
    current_title
        Where the title depends on what is open (a window preset); None hides it.
    acts_on
        Says behind the title what it would act on now ("Undo: Length"), an English key; None where that is nothing.
    """

    id: str
    title: str
    menu: MenuName
    run: Callable[[Shell], object]
    shortcuts: tuple[str, ...] = ()
    group: ToolbarGroup = ""
    short_title: str = ""
    icon: str = ""
    when: Condition = always
    checked: Callable[[Session], bool] | None = None
    in_panes: bool = False
    in_context: bool = False
    context_submenu: str = ""
    current_title: Callable[[Session], str | None] | None = None
    acts_on: Callable[[Session], str | None] | None = None
    separator: bool = False
    submenu: str = ""
    other_names: tuple[str, ...] = ()
