"""The commands of what is seen through: slabs of several slices in 2D, looks of the volume in 3D."""

from __future__ import annotations

from functools import partial

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.session.session import Session
from medview.session.viewport import SlabMode
from medview.view.volume_presets import VolumePreset, volume_preset, volume_presets

_PANE_IS_3D = Sentence("The 3D view shows no slices: choose another pane.")
_LOOKS = 5


def has_slices(session: Session) -> Sentence | None:
    """Ask for a volume in view and a 2D pane as the active one."""
    return conditions.has_panes(session) or (_PANE_IS_3D if session.active_pane == "volume" else None)


def _slab_mm(session: Session) -> float:
    return session.viewports[session.active_pane].slab_mm


def _set_slab(shell: Shell, thickness_mm: float) -> None:
    session = shell.session
    session.viewports[session.active_pane].update(slab_mm=thickness_mm)


def _set_mode(shell: Shell, mode: SlabMode) -> None:
    session = shell.session
    session.viewports[session.active_pane].update(slab_mode=mode)


def _slab_command(thickness_mm: float, title: str) -> Command:
    return Command(
        f"slab_{thickness_mm:g}",
        title,
        "Slab and 3D",
        partial(_set_slab, thickness_mm=thickness_mm),
        ("Ctrl+T",) if not thickness_mm else (),
        when=has_slices,
        checked=lambda session: _slab_mm(session) == thickness_mm,
        in_context=thickness_mm in (0, 10),
    )


def _mode_command(mode: SlabMode, title: str) -> Command:
    return Command(
        f"slab_{mode}",
        title,
        "Slab and 3D",
        partial(_set_mode, mode=mode),
        when=has_slices,
        checked=lambda session: session.viewports[session.active_pane].slab_mode == mode,
        separator=mode == "max",
    )


def _look_command(place: int) -> Command:
    """Return the command of one look of the volume; which it is depends on the modality in view."""

    def look(session: Session) -> VolumePreset | None:
        looks = volume_presets(session.scene.series.modality) if session.scene is not None else ()
        return looks[place] if place < len(looks) else None

    def title(session: Session) -> str | None:
        found = look(session)
        return found.title if found is not None else None

    def run(shell: Shell) -> None:
        found = look(shell.session)
        if found is not None:
            shell.session.viewports["volume"].update(volume_preset=found.id)

    def checked(session: Session) -> bool:
        found = look(session)
        if found is None or session.scene is None:
            return False
        chosen = session.viewports["volume"].volume_preset
        return volume_preset(session.scene.series.modality, chosen).id == found.id

    return Command(
        f"look_{place + 1}",
        f"3D look {place + 1}",
        "Slab and 3D",
        run,
        (f"Shift+{place + 1}",),
        when=conditions.has_panes,
        checked=checked,
        current_title=title,
        separator=place == 0,
    )


PROJECTION: tuple[Command, ...] = (
    _slab_command(0, "One slice"),
    _slab_command(5, "Slab of 5 mm"),
    _slab_command(10, "Slab of 10 mm"),
    _slab_command(20, "Slab of 20 mm"),
    _slab_command(50, "Slab of 50 mm"),
    _mode_command("max", "Maximum (MIP)"),
    _mode_command("mean", "Mean"),
    _mode_command("min", "Minimum (MinIP)"),
    *(_look_command(place) for place in range(_LOOKS)),
)
