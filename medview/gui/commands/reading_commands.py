"""The commands of how a single image is looked at: fitted, turned, filtered, coloured, magnified, written on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication

from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.gui.panes.pane_widget import PaneWidget
from medview.imaging.colour_maps import ColourMap, colour_maps
from medview.imaging.filters import FILTER_TITLES, FILTERS, ImageFilter
from medview.session.choose_colours import choose_colour_map, choose_filter
from medview.session.choose_corner_text import next_corner_mode
from medview.session.fit_view import fit_view
from medview.session.hold_lens import hold_lens
from medview.session.session import Session
from medview.session.turn_view import mirror_view, turn_view, unturn_view
from medview.session.viewport import Fit, Viewport

_ZOOM = "Zoom"
_TURN = "Turn and mirror"
_FILTER = "Filter"
_COLOURS = "Colours"


def _of_viewport(verb: Callable[[Viewport], None]) -> Callable[[Shell], None]:
    return lambda shell: verb(shell.session.active_viewport)


def _fit(fit: Fit, title: str, *shortcuts: str) -> Command:
    return Command(
        f"fit_{fit}",
        title,
        "Image",
        lambda shell: fit_view(shell.session, fit),
        shortcuts,
        when=conditions.has_plane,
        checked=lambda session: session.scene is not None and session.active_viewport.fit == fit,
        submenu=_ZOOM,
    )


def _turn(command_id: str, title: str, verb: Callable[[Viewport], None], *shortcuts: str) -> Command:
    return Command(command_id, title, "Image", _of_viewport(verb), shortcuts, when=conditions.has_plane, submenu=_TURN)


def _filter(image_filter: ImageFilter | None) -> Command:
    return Command(
        f"filter_{image_filter or 'none'}",
        FILTER_TITLES[image_filter].template if image_filter is not None else "No filter",
        "Image",
        lambda shell: choose_filter(shell.session, image_filter),
        when=conditions.has_plane,
        checked=lambda session: session.active_viewport.image_filter == (image_filter or ""),
        submenu=_FILTER,
    )


def _colours(colour_map: ColourMap) -> Command:
    return Command(
        f"colours_{colour_map.id}",
        colour_map.title,
        "Image",
        lambda shell: choose_colour_map(shell.session, colour_map.id),
        when=conditions.has_grey_plane,
        checked=lambda session: session.active_viewport.colour_map == colour_map.id,
        submenu=_COLOURS,
    )


def _toggle_lens(shell: Shell) -> None:
    """Hold the magnifier over the pane below the mouse, or else over the middle of the active one."""
    under = QApplication.widgetAt(QCursor.pos())
    pane = under if isinstance(under, PaneWidget) else QApplication.focusWidget()
    if not isinstance(pane, PaneWidget):
        return
    at = pane.mapFromGlobal(QCursor.pos()) if pane is under else pane.rect().center()
    hold_lens(shell.session, pane.pane, (float(at.x()), float(at.y())))


def _toggle_interpolation(shell: Shell) -> None:
    settings = shell.session.settings
    settings["interpolation"] = "linear" if settings["interpolation"] == "nearest" else "nearest"


def _is_lens_held(session: Session) -> bool:
    return any(viewport.lens_px is not None for viewport in session.viewports.values())


def _choose_corner_text(shell: Shell) -> None:
    from medview.gui.forms.corner_form import CornerForm

    CornerForm(shell.session, shell.widget).open()


def _edit_presets(shell: Shell) -> None:
    from medview.gui.forms.preset_form import PresetForm

    PresetForm(shell.session, shell.widget).open()


def _choose_reading(shell: Shell) -> None:
    from medview.gui.forms.reading_form import ReadingForm

    ReadingForm(shell.session, shell.widget).open()


def _measure_screen(shell: Shell) -> None:
    from medview.gui.forms.screen_form import ScreenForm

    ScreenForm(shell.session, shell.widget).open()


READING: tuple[Command, ...] = (
    _fit("whole", "Whole image"),
    _fit("width", "Width of the image"),
    _fit("one_to_one", "Pixel for pixel (1:1)", "Shift+Z"),
    _fit("true_size", "True size"),
    Command(
        "measure_screen", "Measure the screen…", "Image", _measure_screen,
        submenu=_ZOOM, separator=True,
    ),
    _turn("turn_right", "Turn to the right", partial(turn_view, degrees=90), "R"),
    _turn("turn_left", "Turn to the left", partial(turn_view, degrees=-90), "Shift+R"),
    _turn("mirror", "Mirror from left to right", partial(mirror_view, upside_down=False), "H"),
    _turn("mirror_upside_down", "Mirror upside down", partial(mirror_view, upside_down=True), "V"),
    _turn("unturn", "As it lies by itself", unturn_view),
    *(_filter(image_filter) for image_filter in (None, *FILTERS)),
    *(_colours(colour_map) for colour_map in colour_maps()),
    Command(
        "pixels_sharp", "Show pixels as squares", "Image", _toggle_interpolation,
        checked=lambda session: session.settings["interpolation"] == "nearest", separator=True,
    ),
    Command(
        "magnifier", "Magnifier", "Image", _toggle_lens, ("Q",), icon="search",
        when=conditions.has_plane, checked=_is_lens_held, in_context=True,
    ),
    Command(
        "corner_mode", "More or less text in the corners", "Image", lambda shell: next_corner_mode(shell.session),
        ("Shift+I",), separator=True,
    ),
    Command(
        "corner_form", "Choose the corner text…", "Image", _choose_corner_text
    ),
    Command(
        "preset_form", "Window presets…", "Image", _edit_presets
    ),
    Command(
        "reading_form", "Mouse and reading…", "Image", _choose_reading
    ),
    Command(
        "tool_region_window", "Window of a rectangle", "Tools",
        lambda shell: shell.session.choose(tool="region_window"), ("Shift+W",), when=conditions.has_grey,
        checked=lambda session: session.tool == "region_window", separator=True,
    ),
    Command(
        "tool_magnify", "Hold the magnifier", "Tools", lambda shell: shell.session.choose(tool="magnify"),
        ("Shift+Q",), when=conditions.has_images, checked=lambda session: session.tool == "magnify",
    ),
)  # fmt: skip
