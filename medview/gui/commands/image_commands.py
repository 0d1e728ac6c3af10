"""The commands of what an image brings with it: its windows and tables, overlay planes and shutters."""

from __future__ import annotations

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.session.image_windows import ImageWindow, choose_image_window, image_windows
from medview.session.session import Session
from medview.view.overlay_planes import shutter_of
from medview.view.value_text import number_text

_OFFERED = 8  # mammograms bring three; more are no choice
_LONGEST = 60
_NO_OVERLAYS = Sentence("The images hold no overlay planes.")
_NO_SHUTTER = Sentence("The image has no shutter.")


def _window_command(place: int) -> Command:
    """Return the command of one of the windows that the image in view comes with."""

    def title(session: Session) -> str | None:
        offered = image_windows(session)
        return _title(offered[place]) if place < len(offered) else None

    def run(shell: Shell) -> None:
        offered = image_windows(shell.session)
        if place < len(offered):
            choose_image_window(shell.session, offered[place])

    def is_chosen(session: Session) -> bool:
        offered = image_windows(session)
        scene = session.scene
        return scene is not None and place < len(offered) and scene.look == offered[place].look

    return Command(
        f"image_window_{place + 1}",
        f"Window {place + 1} of the image",
        "Image",
        run,
        when=conditions.has_grey,
        checked=is_chosen,
        current_title=title,
        submenu="Windows of the image",
        in_context=True,
        context_submenu="Window",
        separator=place == 0,
    )


def _title(window: ImageWindow) -> str:
    """Return what a person reads: the name that the file gives, and the numbers of a window."""
    name = window.name[:_LONGEST].replace("&", "&&")
    if window.look.lut is not None:
        return name or "Look-up table of the image"
    centre, width = window.look.window
    numbers = f"W {number_text(width)}  L {number_text(centre)}"
    return f"{name}  ({numbers})" if name else numbers


def _has_overlays(session: Session) -> Sentence | None:
    scene = session.scene
    there = scene is not None and any(instance.display.has_overlays for instance in scene.series.instances)
    return conditions.has_images(session) or (None if there else _NO_OVERLAYS)


def _has_shutter(session: Session) -> Sentence | None:
    scene = session.scene
    there = scene is not None and shutter_of(scene) is not None
    return conditions.has_images(session) or (None if there else _NO_SHUTTER)


def _is_on(session: Session, name: str) -> bool:
    return bool(getattr(session.scene, name, False))


def _toggle(shell: Shell, name: str) -> None:
    scene = shell.session.scene
    if scene is not None:
        scene.update(**{name: not getattr(scene, name)})


IMAGE: tuple[Command, ...] = (
    *(_window_command(place) for place in range(_OFFERED)),
    Command(
        "image_overlays",
        "Overlays of the images",
        "Image",
        lambda shell: _toggle(shell, "overlays_visible"),
        when=_has_overlays,
        checked=lambda session: _has_overlays(session) is None and _is_on(session, "overlays_visible"),
        separator=True,
    ),
    Command(
        "image_shutter",
        "Shutter of the image",
        "Image",
        lambda shell: _toggle(shell, "shutter_visible"),
        when=_has_shutter,
        checked=lambda session: _has_shutter(session) is None and _is_on(session, "shutter_visible"),
    ),
)
