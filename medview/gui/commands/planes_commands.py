"""The commands of planes that are cut: slabs, oblique and curved ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.bring_to_front import bring_to_front
from medview.gui.command import Command, Shell
from medview.session.curved_path import path_in_view, turn_across_path
from medview.session.session import Session
from medview.session.set_slab import set_slab, thicken_slab
from medview.session.turn_planes import align_to_images, align_to_patient, reset_planes, why_not
from medview.session.viewport import CurveMode, SlabMode, Viewport
from medview.tools.draw_path import TOOL as DRAW_PATH
from medview.tools.draw_path import end_path
from medview.tools.follow_path import turn_curve

_PANE_IS_3D = Sentence("The 3D view shows no slices: choose another pane.")
_NOT_TURNED = Sentence("The planes lie along the images already.")
_NO_PATH = Sentence("There is no path on these images: draw one first.")
_NO_CURVED = Sentence("This layout has no curved view: choose the layout “MPR and curved”.")
_FIRST_SLAB_MM = 10.0
_TURN_DEG = 15.0
_HALF_MM = (5.0, 150.0)


def has_slices(session: Session) -> Sentence | None:
    """Ask for a volume in view and a pane that can project a slab as the active one."""
    is_3d = session.active_viewport.kind == "volume"
    return conditions.has_panes(session) or (_PANE_IS_3D if is_3d else None)


def can_turn(session: Session) -> Sentence | None:
    """Ask for a volume whose planes can be turned."""
    return conditions.has_images(session) or (why_not(session.scene) if session.scene is not None else None)


def _is_turned(session: Session) -> Sentence | None:
    is_turned = session.scene is not None and session.scene.turned_planes is not None
    return conditions.has_images(session) or (None if is_turned else _NOT_TURNED)


def _set_slab(shell: Shell, thickness_mm: float) -> None:
    set_slab(shell.session, shell.session.active_pane, thickness_mm)


def _thicken(shell: Shell, steps: float) -> None:
    thicken_slab(shell.session, shell.session.active_pane, steps)


def _set_mode(shell: Shell, mode: SlabMode) -> None:
    """Project in another way; of one slice there is nothing to project, so a slab is begun."""
    session = shell.session
    thickness = session.active_viewport.slab_mm or _FIRST_SLAB_MM
    set_slab(session, session.active_pane, thickness, mode)


def _show_form(shell: Shell) -> None:
    """Open the form, or bring it to the front."""
    from medview.gui.forms.planes_form import PlanesForm

    bring_to_front(shell.widget.findChild(PlanesForm) or PlanesForm(shell.session, shell.widget))


def _slab_command(thickness_mm: float, title: str) -> Command:
    return Command(
        f"slab_{thickness_mm:g}",
        title,
        "Planes",
        partial(_set_slab, thickness_mm=thickness_mm),
        ("Ctrl+T",) if not thickness_mm else (),
        when=has_slices,
        checked=lambda session: session.active_viewport.slab_mm == thickness_mm,
        in_context=thickness_mm in (0, 10),
        submenu="Slab",
    )


def _mode_command(mode: SlabMode, title: str) -> Command:
    return Command(
        f"slab_{mode}",
        title,
        "Planes",
        partial(_set_mode, mode=mode),
        when=has_slices,
        checked=lambda session: session.active_viewport.slab_mode == mode and session.active_viewport.slab_mm > 0,
        separator=mode == "max",
        submenu="Slab",
    )


def _draw_path(shell: Shell) -> None:
    """Take the tool; a path that was being drawn is left as it is."""
    end_path(shell.session)
    shell.session.choose(tool=DRAW_PATH)


def _has_path(session: Session) -> Sentence | None:
    has = session.scene is not None and path_in_view(session, session.scene) is not None
    return can_turn(session) or (None if has else _NO_PATH)


def _curved(session: Session) -> tuple[Viewport, ...]:
    return tuple(viewport for viewport in session.of_slot(session.active_slot) if viewport.kind == "curved")


def _has_curved(session: Session) -> Sentence | None:
    return _has_path(session) or (None if _curved(session) else _NO_CURVED)


def _set_curve_mode(shell: Shell, mode: CurveMode) -> None:
    for viewport in _curved(shell.session):
        viewport.update(curve_mode=mode)


def _turn(shell: Shell, degrees: float) -> None:
    for viewport in _curved(shell.session):
        turn_curve(shell.session, viewport.pane, degrees)


def _widen(shell: Shell, by_mm: float) -> None:
    for viewport in _curved(shell.session):
        half_mm = min(max(viewport.curve_half_mm + by_mm, _HALF_MM[0]), _HALF_MM[1])
        viewport.update(curve_half_mm=half_mm)


def _mode_of_curve(mode: CurveMode, title: str) -> Command:
    return Command(
        f"curve_{mode}",
        title,
        "Planes",
        partial(_set_curve_mode, mode=mode),
        when=_has_curved,
        checked=lambda session: any(viewport.curve_mode == mode for viewport in _curved(session)),
        separator=mode == "straightened",
        submenu="Curved view",
    )


def _step_of_curve(name: str, title: str, run: Callable[[Shell], None], key: str) -> Command:
    return Command(
        name, title, "Planes", run, (key,) if key else (), when=_has_curved, in_panes=True, submenu="Curved view"
    )


PLANES: tuple[Command, ...] = (
    Command(
        "reset_planes",
        "Reset the planes",
        "Planes",
        lambda shell: reset_planes(shell.session),
        ("Shift+Space",),
        when=_is_turned,
        in_panes=True,
        in_context=True,
    ),
    Command(
        "align_to_images",
        "Align the planes to the acquired images",
        "Planes",
        lambda shell: align_to_images(shell.session),
        when=can_turn,
    ),
    Command(
        "align_to_patient",
        "Align the planes to the patient",
        "Planes",
        lambda shell: align_to_patient(shell.session),
        when=can_turn,
    ),
    Command(
        "planes_form",
        "Slab and angles…",
        "Planes",
        _show_form,
        ("Ctrl+Shift+T",),
        when=conditions.has_panes,
        in_context=True,
        separator=True,
    ),
    _slab_command(0, "One slice"),
    _slab_command(5, "Slab of 5 mm"),
    _slab_command(10, "Slab of 10 mm"),
    _slab_command(20, "Slab of 20 mm"),
    _slab_command(50, "Slab of 50 mm"),
    Command(
        "slab_thicker",
        "Thicker slab",
        "Planes",
        partial(_thicken, steps=1.0),
        ("Ctrl+Shift+Up",),
        when=has_slices,
        in_panes=True,
        separator=True,
        submenu="Slab",
    ),
    Command(
        "slab_thinner",
        "Thinner slab",
        "Planes",
        partial(_thicken, steps=-1.0),
        ("Ctrl+Shift+Down",),
        when=has_slices,
        in_panes=True,
        submenu="Slab",
    ),
    _mode_command("max", "Maximum (MIP)"),
    _mode_command("mean", "Mean"),
    _mode_command("min", "Minimum (MinIP)"),
    Command(
        "draw_path",
        "Draw a path",
        "Planes",
        _draw_path,
        ("Ctrl+Shift+D",),
        when=can_turn,
        checked=lambda session: session.tool == DRAW_PATH,
        separator=True,
    ),
    Command(
        "planes_across_path",
        "Turn the planes across the path",
        "Planes",
        lambda shell: turn_across_path(shell.session),
        when=_has_path,
        submenu="Curved view",
    ),
    _mode_of_curve("straightened", "Straightened"),
    _mode_of_curve("stretched", "Stretched (panoramic)"),
    _step_of_curve("curve_turn_on", "Turn about the path", partial(_turn, degrees=_TURN_DEG), "Ctrl+Shift+Right"),
    _step_of_curve(
        "curve_turn_back", "Turn back about the path", partial(_turn, degrees=-_TURN_DEG), "Ctrl+Shift+Left"
    ),
    _step_of_curve("curve_wider", "Wider", partial(_widen, by_mm=5.0), ""),
    _step_of_curve("curve_narrower", "Narrower", partial(_widen, by_mm=-5.0), ""),
)
