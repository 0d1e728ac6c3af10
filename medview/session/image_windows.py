"""The windows and tables that the image at the cursor comes with, to be chosen from."""

from __future__ import annotations

from dataclasses import dataclass

from medview.imaging.window import function_named
from medview.session.image_look import ImageLook
from medview.session.session import Session


@dataclass(frozen=True)
class ImageWindow:
    """One of them, with the name that the file gives it: Explanation, "" where absent."""

    name: str
    look: ImageLook


def image_windows(session: Session) -> tuple[ImageWindow, ...]:
    """Return the tables and then the windows of the image in view, each in the order of the file."""
    scene = session.scene
    if scene is None or scene.volume.is_colour:
        return ()
    number, instances = scene.cursor_index[0], scene.series.instances
    luts = scene.volume.voi_luts[number] if number < len(scene.volume.voi_luts) else ()
    tables = tuple(ImageWindow(lut.name, ImageLook(lut.window, scene.voi_function, lut)) for lut in luts)
    if number >= len(instances):
        return tables
    names, function = instances[number].display.window_names, instances[number].display.voi_lut_function
    windows = tuple(
        ImageWindow(names[place] if place < len(names) else "", ImageLook(window, function_named(function)))
        for place, window in enumerate(instances[number].windows)
    )
    return tables + tuple({window.look: window for window in reversed(windows)}.values())[::-1]  # each once


def choose_image_window(session: Session, window: ImageWindow) -> None:
    """Show all images in a way that one of them offers."""
    if session.scene is not None:
        session.scene.take_look(window.look)
