"""The commands of two volumes, one over the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.gui.commands.actions import ask_target
from medview.gui.fusion.fusion_bar import partner_title
from medview.gui.language import say
from medview.imaging.registration import FittingKind
from medview.session import fuse as fusing
from medview.session import register
from medview.session.export_registration import export_registration, why_no_registration_file
from medview.session.session import Session
from medview.study.fusion import MODES, Fusion, FusionMode

_NO_FUSION = Sentence("No second series is laid over the one in view.")
_OTHER_WAY = Sentence("This belongs to another way of comparing.")
_NO_MASK = Sentence("There is no segmentation on these images yet.")
_SHIFT_MM = 1.0
_TURN_DEG = 1.0
_LESS = 0.1


def _fusion(session: Session) -> Fusion | None:
    return session.scene.fusion if session.scene is not None else None


def _can_fuse(session: Session) -> Sentence | None:
    return conditions.has_images(session) or fusing.why_no_fusion(session.scene)


def _has_fusion(session: Session) -> Sentence | None:
    return None if _fusion(session) is not None else _NO_FUSION


def _has_mode(mode: FusionMode) -> Callable[[Session], Sentence | None]:
    def when(session: Session) -> Sentence | None:
        fusion = _fusion(session)
        return _NO_FUSION if fusion is None else (None if fusion.mode == mode else _OTHER_WAY)

    return when


def _fuse(shell: Shell) -> None:
    """Lay the obvious series over the one in view, or ask which."""
    best = fusing.best_partner(shell.session)
    if best is not None and _fusion(shell.session) is None:
        fusing.fuse(shell.session, best.study, best.series)
    else:
        _ask(shell)


def _ask(shell: Shell) -> None:
    """Offer every open series; those that cannot be laid over the one in view say why."""
    menu = QMenu(shell.widget)
    menu.setObjectName("second_series")
    menu.setToolTipsVisible(True)
    for one in fusing.partners(shell.session):
        action = menu.addAction(partner_title(one))
        action.setEnabled(one.refusal is None)
        action.setToolTip(say(one.refusal) if one.refusal is not None else "")
        action.triggered.connect(partial(_choose, shell, one))
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(QCursor.pos())


def _choose(shell: Shell, one: fusing.Partner, _checked: bool = False) -> None:
    fusing.fuse(shell.session, one.study, one.series)


def _set_mode(shell: Shell, mode: FusionMode) -> None:
    fusing.change_fusion(shell.session, mode=mode, shows_second=True)


def _next_mode(shell: Shell) -> None:
    fusion = _fusion(shell.session)
    if fusion is not None:
        _set_mode(shell, MODES[(MODES.index(fusion.mode) + 1) % len(MODES)])


def _fade(shell: Shell, by: float) -> None:
    fusion = _fusion(shell.session)
    if fusion is not None:
        fusing.change_fusion(shell.session, opacity=min(max(round(fusion.opacity + by, 2), 0.0), 1.0))


def _toggle_flicker(shell: Shell) -> None:
    fusion = _fusion(shell.session)
    if fusion is not None:
        fusing.change_fusion(shell.session, is_flickering=not fusion.is_flickering)


def _toggle_direction(shell: Shell) -> None:
    fusion = _fusion(shell.session)
    if fusion is not None:
        other = "below" if fusion.split_direction == "beside" else "beside"
        fusing.change_fusion(shell.session, split_direction=other)


def _ask_registration_file(shell: Shell) -> None:
    """Ask for a file name and save how both series lie on each other."""
    path = ask_target(shell, "registration.dcm", ".dcm")
    if path is not None:
        export_registration(shell.session, path)


def _register_in_mask_when(session: Session) -> Sentence | None:
    refusal = register.why_no_registration(session)
    has_mask = session.scene is not None and session.scene.segmentation is not None
    return refusal or (None if has_mask else _NO_MASK)


def _mode_command(mode: FusionMode, title: str) -> Command:
    def checked(session: Session) -> bool:
        fusion = _fusion(session)
        return fusion is not None and fusion.mode == mode

    return Command(
        f"fusion_{mode}",
        title,
        "Fusion",
        partial(_set_mode, mode=mode),
        when=_has_fusion,
        checked=checked,
        separator=mode == "blend",
    )


def _register_command(kind: FittingKind, title: str) -> Command:
    return Command(
        f"register_{kind}",
        title,
        "Fusion",
        lambda shell: register.register_images(shell.session, kind),
        when=register.why_no_registration,
        separator=kind == "rigid",
    )


def _shift_command(way: str, title: str, key: str, right: float, down: float) -> Command:
    return Command(
        f"shift_second_{way}",
        title,
        "Fusion",
        lambda shell: register.shift_second(shell.session, right * _SHIFT_MM, down * _SHIFT_MM),
        (key,),
        when=register.why_no_motion,
        in_panes=True,
        submenu="Move the second images by hand",
    )


def _turn_command(way: str, title: str, key: str, degrees: float) -> Command:
    return Command(
        f"turn_second_{way}",
        title,
        "Fusion",
        lambda shell: register.turn_second(shell.session, degrees),
        (key,),
        when=register.why_no_motion,
        in_panes=True,
        submenu="Move the second images by hand",
    )


FUSION: tuple[Command, ...] = (
    Command("fuse", "Lay a second series over the images", "Fusion", _fuse, ("F",), when=_can_fuse, in_context=True),
    Command("choose_second", "Choose the second series…", "Fusion", _ask, when=_can_fuse),
    Command(
        "exchange_fusion",
        "Exchange both",
        "Fusion",
        lambda shell: fusing.exchange(shell.session),
        when=_has_fusion,
    ),
    Command(
        "end_fusion",
        "Show the first series alone",
        "Fusion",
        lambda shell: fusing.end_fusion(shell.session),
        ("Shift+F",),
        icon="close",
        when=_has_fusion,
        in_context=True,
    ),
    _mode_command("blend", "Blend"),
    _mode_command("checkerboard", "Checkerboard"),
    _mode_command("flicker", "Flicker"),
    _mode_command("split", "Split"),
    _mode_command("difference", "Difference"),
    Command("next_fusion", "Next way of comparing", "Fusion", _next_mode, ("Alt+C",), when=_has_fusion),
    Command(
        "more_second", "More of the second images", "Fusion", partial(_fade, by=_LESS), ("Alt+=",),
        when=_has_mode("blend"), separator=True,
    ),
    Command("less_second", "Less of the second images", "Fusion", partial(_fade, by=-_LESS), ("Alt+-",),
            when=_has_mode("blend")),
    Command(
        "fusion_flicker_on",
        "Flicker goes on",
        "Fusion",
        _toggle_flicker,
        when=_has_mode("flicker"),
        checked=lambda session: (fusion := _fusion(session)) is not None and fusion.is_flickering,
    ),
    Command(
        "fusion_split_direction",
        "One above the other",
        "Fusion",
        _toggle_direction,
        when=_has_mode("split"),
        checked=lambda session: (fusion := _fusion(session)) is not None and fusion.split_direction == "below",
    ),
    _register_command("rigid", "Register: turn and shift"),
    _register_command("affine", "Register: turn, shift and scale"),
    _register_command("deformable", "Register: bend"),
    Command(
        "register_in_mask",
        "Register by the active segment alone",
        "Fusion",
        lambda shell: register.register_images(shell.session, "rigid", within_mask=True),
        when=_register_in_mask_when,
    ),
    _shift_command("left", "Shift to the left by 1 mm", "Alt+Left", -1.0, 0.0),
    _shift_command("right", "Shift to the right by 1 mm", "Alt+Right", 1.0, 0.0),
    _shift_command("up", "Shift up by 1 mm", "Alt+Up", 0.0, -1.0),
    _shift_command("down", "Shift down by 1 mm", "Alt+Down", 0.0, 1.0),
    _turn_command("left", "Turn to the left by 1°", "Alt+PgUp", -_TURN_DEG),
    _turn_command("right", "Turn to the right by 1°", "Alt+PgDown", _TURN_DEG),
    Command(
        "forget_registration",
        "Forget the registration",
        "Fusion",
        lambda shell: register.forget_registration(shell.session),
        when=register.why_no_forgetting,
    ),
    Command(
        "export_registration",
        "Save the registration as DICOM…",
        "Fusion",
        _ask_registration_file,
        icon="export",
        when=why_no_registration_file,
    ),
)  # fmt: skip
