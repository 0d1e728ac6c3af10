"""Pictures of the window in every state that a person meets: each layout, tool, form and language, by one command."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from medview.errors import MedViewError
from medview.gui.main_window import MainWindow
from medview.gui.screenshot_acts import (
    draw_measurement,
    draw_path,
    forget_measurements,
    fuse_best,
    paint_ball,
    resized,
    show_side,
    turn_oblique,
)
from medview.view.load_vtk import load_vtk

Act = str | Callable[[MainWindow], object]
_QUIET_S = 0.35  # without a job before a picture is taken: longer than any rest before a full picture is made
_STEP_S = 0.1  # between two acts
_LONGEST_S = 60.0
_LOOKS = (("dark", "en"), ("light", "en"), ("dark", "zh_CN"))


@dataclass(frozen=True)
class Shot:
    """A picture: its name, what is done before it (ids of commands, or functions of the window), and afterwards."""

    name: str
    before: tuple[Act, ...] = ()
    after: tuple[Act, ...] = ()


def take_screenshots(
    window: MainWindow,
    folder: Path,
    open_study: Callable[[], object],
    on_taken: Callable[[str], None],
    *,
    looks: Sequence[tuple[str, str]] = _LOOKS,
    shots: Sequence[Shot] = (),
) -> int:
    """Walk through the window and save a PNG of each state; return how many there are.

    What needs something that is not open, as a second series to fuse, is left out.

    Parameters
    ----------
    open_study
        Begins to open what is shown.
    looks
        Theme and language of each round.
    shots
        What is taken in each round; all that there is without it.

    Raises
    ------
    MedViewError
        The folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder) from error
    load_vtk()
    count = 0
    _settle(window)
    _save(window, folder / "empty.png")
    open_study()
    _settle(window)
    for theme, language in looks:
        window.session.settings["theme"] = theme
        window.session.settings["language"] = language
        _settle(window)
        for number, shot in enumerate(shots or _shots()):
            if not _do(window, shot.before):
                continue
            _settle(window)
            name = f"{theme}_{language}_{number:02d}_{shot.name}.png"
            _save(window, folder / name)
            on_taken(name)
            count += 1
            _close_forms(window)
            _do(window, shot.after)
    return count


def _shots() -> Iterator[Shot]:
    """Yield the pictures in their order; each begins where the last one has ended."""
    yield Shot("library", ("library",), ("library",))
    yield Shot("mpr", ("layout_mpr",))
    yield Shot("mpr_small", (resized(960, 640),), (resized(1440, 900),))
    yield Shot("oblique", (turn_oblique,), ("reset_planes",))
    yield Shot("slab", ("slab_20",), ("slab_0",))
    yield Shot("mask", (paint_ball,))
    yield Shot("outline", ("mask_outline",), ("mask_outline", "clear_segment"))
    yield from _measuring()
    for name in ("1x1", "1x2", "2x2", "1+3", "mpr_row", "3d_large", "mpr_curved", "mpr_compare"):
        yield Shot(f"layout_{name}", (f"layout_{name}",))
    yield Shot("curved", ("layout_mpr_curved", draw_path), (forget_measurements, "default_tool"))
    yield from _one_image()
    yield Shot("fusion", ("layout_mpr", fuse_best))
    for mode in ("checkerboard", "split", "difference"):
        yield Shot(f"fusion_{mode}", (f"fusion_{mode}",), ("end_fusion",) if mode == "difference" else ())
    yield from _in_3d()
    for form in ("look_window", "shortcuts", "change_shortcuts", "command_palette", "corner_form", "preset_form"):
        yield Shot(form, ("layout_mpr", form))
    for form in ("reading_form", "planes_form", "show_header", "models"):
        yield Shot(form, (form,))


def _measuring() -> Iterator[Shot]:
    for kind in ("length", "angle", "cobb", "bidirectional", "ellipse", "rectangle", "polygon", "probe", "arrow"):
        yield Shot(f"measure_{kind}", ("layout_1x1", f"measure_{kind}", draw_measurement(kind)))
    yield Shot("measurements", ("layout_mpr", show_side("measurements")))
    yield Shot("no_measurements", (forget_measurements,), ("default_tool", show_side("segmentation")))


def _one_image() -> Iterator[Shot]:
    yield Shot("turned", ("layout_1x1", "turn_right", "mirror"), ("unturn",))
    yield Shot("filter", ("filter_sharpen_more",), ("filter_none",))
    yield Shot("colours", ("colours_hot_iron",), ("colours_grey",))
    yield Shot("key_image", ("key_image",), ("key_image",))
    for mode in ("minimal", "anonymous", "none"):
        yield Shot(f"corners_{mode}", ("corner_mode",), ("corner_mode",) if mode == "none" else ())


def _in_3d() -> Iterator[Shot]:
    yield Shot("3d", ("layout_3d_large",))
    yield Shot("3d_clip", ("clip_box",), ("clip_box",))
    yield Shot("3d_superior", ("view_from_superior",), ("view_from_anterior",))
    yield Shot("3d_mip", ("look_mip",), ("look_1",))


def _do(window: MainWindow, acts: tuple[Act, ...]) -> bool:
    """Do what comes before a picture; return whether all of it can be done with what is open."""
    for act in acts:
        if isinstance(act, str):
            action = window.commands.actions[act]
            if not action.isEnabled():
                return False
            QTimer.singleShot(0, action.trigger)  # a form that waits for its end does not stop the walk
        elif act(window) is False:
            return False
        _settle(window, _STEP_S)
    return True


def _settle(window: MainWindow, quiet_s: float = _QUIET_S) -> None:
    """Let the window live until nothing has been going on for a moment."""
    loop, poll, start = QEventLoop(), QTimer(), time.monotonic()
    quiet_since = start

    def look() -> None:
        nonlocal quiet_since
        now = time.monotonic()
        if window.session.jobs.jobs:
            quiet_since = now
        if now - quiet_since > quiet_s or now - start > _LONGEST_S:
            loop.quit()

    poll.timeout.connect(look)
    poll.start(20)
    loop.exec()
    poll.stop()


def _forms(window: MainWindow) -> list[QWidget]:
    """Return the windows that are open beside the main one."""
    return [w for w in QApplication.topLevelWidgets() if w is not window and w.isVisible() and w.isWindow()]


def _save(window: MainWindow, path: Path) -> None:
    """Save the form that is open, else the window."""
    forms = _forms(window)
    shown = forms[-1] if forms else window
    if not shown.grab().save(str(path)):
        raise _unwritable(path.parent)


def _unwritable(folder: Path) -> MedViewError:
    return MedViewError("The picture cannot be written to {folder}.", "Choose another folder.", folder=folder)


def _close_forms(window: MainWindow) -> None:
    for form in _forms(window):
        form.reject() if isinstance(form, QDialog) else form.close()
        _settle(window, _STEP_S)
