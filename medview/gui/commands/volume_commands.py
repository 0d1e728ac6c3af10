"""The commands of the volume in 3D."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.imaging.clipping import Clipping
from medview.imaging.volume_cut import DrawnLoop
from medview.imaging.volume_look import Smoothing, VolumeLook
from medview.imaging.volume_presets import VolumePreset, shipped_presets, volume_presets
from medview.session.change_look import change_look, volume_panes, volume_scene
from medview.session.session import Session
from medview.session.viewport import Viewport
from medview.session.volume_camera import SIDES, Side, look_from, volume_camera
from medview.session.volume_looks import look_in_use

_NO_PANE = Sentence("The layout has no 3D pane. Choose one that has in the menu Layout.")
_NOT_CHANGED = Sentence("The look is as it came.")
_NOT_CLIPPED = Sentence("Nothing is clipped.")
_QUICK = 5


def has_3d(session: Session) -> Sentence | None:
    """Ask for a volume in view, all of it, and a pane that shows it in 3D."""
    refusal = conditions.has_panes(session) or conditions.is_whole(session)
    return refusal or (None if volume_panes(session) else _NO_PANE)


def _look(session: Session) -> VolumeLook | None:
    """Return how the 3D pane shows the volume; None where there is no such pane."""
    panes = volume_panes(session)
    return panes[0].look if panes else None


def _pane(session: Session) -> Viewport | None:
    """Return the 3D pane that commands act on, with something in it."""
    panes = volume_panes(session)
    return panes[0] if panes and volume_scene(session) is not None else None


def _change_look(shell: Shell, title: str, **values: object) -> None:
    viewport = _pane(shell.session)
    if viewport is not None:
        change_look(shell.session, viewport.pane, title, **values)


def _is_chosen(session: Session, preset: VolumePreset) -> bool:
    look = _look(session)
    return (
        look is not None
        and session.scene is not None
        and look_in_use(look, session.scene.series.modality).id == preset.id
    )


def _choose(shell: Shell, preset: VolumePreset) -> None:
    _change_look(shell, "Change 3D look", preset=preset.id, function=None)


def _quick_command(place: int) -> Command:
    """Return the command of one of the first looks of the modality in view, which has a key."""

    def look(session: Session) -> VolumePreset | None:
        looks = volume_presets(session.scene.series.modality) if session.scene is not None else ()
        return looks[place] if place < len(looks) else None

    def run(shell: Shell) -> None:
        found = look(shell.session)
        if found is not None:
            _choose(shell, found)

    def checked(session: Session) -> bool:
        found = look(session)
        return found is not None and _is_chosen(session, found)

    def title(session: Session) -> str | None:
        found = look(session)
        return found.title if found is not None else None

    return Command(
        f"look_{place + 1}",
        f"3D look {place + 1}",
        "3D",
        run,
        (f"Shift+{place + 1}",),
        when=has_3d,
        checked=checked,
        current_title=title,
    )


def _look_command(preset: VolumePreset, *, separator: bool) -> Command:
    """Return the command of a look that ships, hidden where it does not suit what is in view."""

    def title(session: Session) -> str | None:
        modality = session.scene.series.modality if session.scene is not None else ""
        return preset.title if not preset.modality or modality in preset.modality else None

    return Command(
        f"look_{preset.id}",
        preset.title,
        "3D",
        partial(_choose, preset=preset),
        when=has_3d,
        checked=partial(_is_chosen, preset=preset),
        current_title=title,
        separator=separator,
        submenu="All looks",
    )


def _look_commands() -> tuple[Command, ...]:
    groups = [preset.group for preset in shipped_presets()]
    return tuple(
        _look_command(preset, separator=place > 0 and groups[place - 1] != preset.group)
        for place, preset in enumerate(shipped_presets())
    )


def _view_command(key: int, side: Side, title: str) -> Command:
    def run(shell: Shell) -> None:
        viewport = _pane(shell.session)
        if viewport is not None:
            look_from(viewport, side)

    def checked(session: Session) -> bool:
        viewport = _pane(session)
        if viewport is None:
            return False
        return (viewport.azimuth_deg, viewport.elevation_deg, viewport.roll_deg) == (*SIDES[side], 0.0)

    return Command(
        f"view_from_{side}",
        title,
        "3D",
        run,
        (f"Alt+{key}",),
        when=has_3d,
        checked=checked,
        submenu="Look at the patient",
    )


def _reset_function(shell: Shell) -> None:
    _change_look(shell, "Change 3D look", function=None)


def _toggle_clip_box(shell: Shell) -> None:
    """Show the clip box with its handles, the whole volume at first; or hide the handles and keep the clipping."""
    look, scene = _look(shell.session), volume_scene(shell.session)
    if look is None or scene is None:
        return
    clipping = look.clipping or Clipping.whole(scene.volume.geometry)
    if not look.clip_handles:
        _change_look(shell, "Clip the volume", clipping=clipping, clip_handles=True)
    elif clipping == Clipping.whole(scene.volume.geometry):
        _change_look(shell, "Clip the volume", clipping=None, clip_handles=False)
    else:
        _change_look(shell, "Clip the volume", clip_handles=False)


def _toggle_clip_plane(shell: Shell) -> None:
    """Put a plane through the crosshair that faces the eye, or take it away."""
    viewport, scene = _pane(shell.session), volume_scene(shell.session)
    if viewport is None or scene is None:
        return
    geometry, look = scene.volume.geometry, viewport.look
    clipping = look.clipping or Clipping.whole(geometry)
    if clipping.plane is None:
        towards = volume_camera(viewport, geometry, (100, 100)).towards
        placed = clipping.with_plane(scene.cursor_mm, towards)
        _change_look(shell, "Clip the volume", clipping=placed, clip_handles=True)
    else:
        left = Clipping(clipping.box)
        shown = left if left.cuts_box(geometry) or look.clip_handles else None
        _change_look(shell, "Clip the volume", clipping=shown)


def _reset_clipping(shell: Shell) -> None:
    _change_look(shell, "Clip the volume", clipping=None, clip_handles=False, cuts=())


def _toggle_loop(shell: Shell, *, keeps_inside: bool) -> None:
    """Let the next drag in the 3D pane draw a loop, or no longer."""
    viewport = _pane(shell.session)
    if viewport is not None:
        wanted = DrawnLoop(keeps_inside)
        viewport.update(loop=None if viewport.loop == wanted else wanted)


def _draws_loop(session: Session, *, keeps_inside: bool) -> bool:
    viewport = _pane(session)
    return viewport is not None and viewport.loop is not None and viewport.loop.keeps_inside == keeps_inside


def _toggle_tissue(shell: Shell) -> None:
    look = _look(shell.session)
    if look is not None:
        _change_look(shell, "Change the surfaces", tissue_visible=not look.tissue_visible)


def _smoothing_command(smoothing: Smoothing, title: str) -> Command:
    return Command(
        f"surfaces_{smoothing}",
        title,
        "3D",
        lambda shell: _change_look(shell, "Change the surfaces", smoothing=smoothing),
        when=has_3d,
        checked=_asks(lambda look: look.smoothing == smoothing),
        submenu="Surfaces of the segments",
    )


def _asks(question: Callable[[VolumeLook], bool]) -> Callable[[Session], bool]:
    """Return a question to the look of the 3D pane; no where there is none."""

    def answer(session: Session) -> bool:
        look = _look(session)
        return look is not None and question(look)

    return answer


def _needs(question: Callable[[VolumeLook], bool], refusal: Sentence) -> Callable[[Session], Sentence | None]:
    """Return a condition: a 3D pane, and what its look must be like."""

    def when(session: Session) -> Sentence | None:
        return has_3d(session) or (None if _asks(question)(session) else refusal)

    return when


def _show_look_window(shell: Shell) -> None:
    from medview.gui.looks.look_window import show_look_window

    show_look_window(shell.session, shell.widget)


VOLUME: tuple[Command, ...] = (
    *(_quick_command(place) for place in range(_QUICK)),
    *_look_commands(),
    Command(
        "look_window",
        "Looks and curves…",
        "3D",
        _show_look_window,
        ("Ctrl+Shift+L",),
        icon="window-level",
        when=has_3d,
        separator=True,
    ),
    Command(
        "reset_function",
        "Look as it came",
        "3D",
        _reset_function,
        when=_needs(lambda look: look.function is not None, _NOT_CHANGED),
    ),
    _view_command(1, "anterior", "From the front"),
    _view_command(2, "posterior", "From behind"),
    _view_command(3, "left", "From the left"),
    _view_command(4, "right", "From the right"),
    _view_command(5, "superior", "From the head"),
    _view_command(6, "inferior", "From the feet"),
    Command(
        "clip_box",
        "Clip box",
        "3D",
        _toggle_clip_box,
        ("Shift+B",),
        when=has_3d,
        checked=_asks(lambda look: look.clip_handles),
        separator=True,
    ),
    Command(
        "clip_plane",
        "Clip plane",
        "3D",
        _toggle_clip_plane,
        ("Shift+P",),
        when=has_3d,
        checked=_asks(lambda look: look.clipping is not None and look.clipping.plane is not None),
    ),
    Command(
        "cut_loop",
        "Cut away with a loop",
        "3D",
        partial(_toggle_loop, keeps_inside=False),
        ("Shift+C",),
        when=has_3d,
        checked=partial(_draws_loop, keeps_inside=False),
    ),
    Command(
        "keep_loop",
        "Cut away all but a loop",
        "3D",
        partial(_toggle_loop, keeps_inside=True),
        when=has_3d,
        checked=partial(_draws_loop, keeps_inside=True),
    ),
    Command(
        "reset_clipping",
        "Show the whole volume",
        "3D",
        _reset_clipping,
        when=_needs(lambda look: look.clipping is not None or bool(look.cuts), _NOT_CLIPPED),
    ),
    _smoothing_command("none", "Surfaces as the voxels are"),
    _smoothing_command("low", "Surfaces a little smoothed"),
    _smoothing_command("medium", "Surfaces smoothed"),
    _smoothing_command("high", "Surfaces very smooth"),
    Command(
        "tissue_visible",
        "Show the tissue around the surfaces",
        "3D",
        _toggle_tissue,
        when=has_3d,
        checked=_asks(lambda look: look.tissue_visible),
    ),
)
