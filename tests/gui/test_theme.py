"""Colours that can be read (WCAG 2.2, 1.4.3: 4.5 to 1 for text)."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox
from pytestqt.qtbot import QtBot

from medview.gui.commands.command_palette import CommandPalette
from medview.gui.forms.reading_form import ReadingForm
from medview.gui.main_window import MainWindow
from medview.gui.theme import DARK, LIGHT, Theme
from medview.paths import resources_folder
from tests.gui.panes import pixels_of


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb"."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_text_can_be_read_on_every_ground(theme: Theme) -> None:
    pairs = [
        (text, ground) for text in ("text", "dim") for ground in ("window", "panel", "raised", "selected", "hover")
    ]
    pairs += [("line", ground) for ground in ("window", "panel", "selected")]
    pairs += [(level, f"{level}_ground") for level in ("info", "warning", "error")]
    pairs += [("text", f"{level}_ground") for level in ("info", "warning", "error")]
    pairs += [("warning", "panel"), ("on_accent", "accent"), ("on_accent", "accent_hover")]
    poor = {p: round(contrast(getattr(theme, p[0]), getattr(theme, p[1])), 2) for p in pairs}
    assert {p: ratio for p, ratio in poor.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_what_cannot_be_used_now_is_still_seen(theme: Theme) -> None:
    assert contrast(theme.faint, theme.panel) >= 3.0


def test_the_sheet_names_colours_and_icons_that_exist() -> None:
    sheet = (resources_folder() / "theme.qss").read_text(encoding="utf-8")
    names = set(re.findall(r"@(\w+)", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL))) - {"icons"}
    assert names <= set(Theme.__annotations__)
    for name in re.findall(r"@icons/([\w@-]+)\.svg", sheet):
        for theme in (DARK, LIGHT):
            assert (resources_folder() / "icons" / f"{name.replace('@name', theme.name)}.svg").is_file()


def test_fields_of_a_form_are_alike_in_height(window: MainWindow) -> None:
    form = ReadingForm(window.session, window)
    form.show()
    fields = [*form.findChildren(QComboBox), *form.findChildren(QAbstractSpinBox)]
    assert {type(field).__name__ for field in fields} == {"QComboBox", "QDoubleSpinBox"}
    assert len({field.height() for field in fields}) == 1
    form.reject()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_icon_of_the_command_that_is_selected_is_seen(window: MainWindow, qtbot: QtBot, name: str) -> None:
    window.session.settings["theme"] = name
    qtbot.wait(50)
    palette = CommandPalette(window.commands, window)
    palette.show()
    row = palette.list.visualItemRect(palette.list.item(0))
    pixels = pixels_of(palette.list.viewport())[row.top() + 2 : row.bottom() - 1]
    ground = pixels[pixels.shape[0] // 2, row.right() - 4]
    icon = pixels[:, 4 : palette.list.iconSize().width()].reshape(-1, 3).astype(int)
    line = icon[np.abs(icon - ground).sum(axis=1).argmax()]
    hexes = ["#" + "".join(f"{value:02x}" for value in colour) for colour in (line, ground)]
    assert contrast(*hexes) > 4.5, hexes
    palette.reject()
