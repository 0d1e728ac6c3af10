"""The menu of the languages that the window speaks."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from medview.gui.icon import icon
from medview.gui.language import LANGUAGES, tr
from medview.session.settings import Settings


def add_language_menu(menu: QMenu, settings: Settings) -> None:
    """Add the choice of languages to a menu."""
    languages = menu.addMenu(icon("language"), tr("Language"))
    group = QActionGroup(languages)
    for code, name in {"": tr("As the system"), **LANGUAGES}.items():
        action = languages.addAction(name)
        action.setCheckable(True)
        action.setChecked(settings["language"] == code)
        action.triggered.connect(partial(_choose, settings, code))
        group.addAction(action)


def _choose(settings: Settings, code: str, _checked: bool = True) -> None:
    settings["language"] = code
