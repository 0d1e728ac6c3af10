"""The commands of what is seen through: slabs of several slices in 2D, looks of the volume in 3D."""

from __future__ import annotations

from functools import partial

from medview.errors import Sentence
from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.session.session import Session
from medview.session.viewport import SlabMode, Viewport
from medview.view.volume_presets import VolumePreset, volume_preset, volume_presets

_PANE_IS_3D = Sentence("The 3D view shows no slices: choose another pane.")
_LOOKS = 5


def has_slices(session: Session) -> Sentence | None:
    """Ask for a volume in view and a 2D pane as the active one."""
    return conditions.has_panes(session) or (None if session.active_viewport.is_flat else _PANE_IS_3D)


def _slab_mm(session: Session) -> float:
    return session.active_viewport.slab_mm


def _set_slab(shell: Shell, thickness_mm: float) -> None:
    shell.session.active_viewport.update(slab_mm=thickness_mm)


def _set_mode(shell: Shell, mode: SlabMode) -> None:
    shell.session.active_viewport.update(slab_mode=mode)


def _slab_command(thickness_mm: float, title: str) -> Command:
    return Command(
        f"slab_{thickness_mm:g}",
        title,
        "Planes",
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
        "Planes",
        partial(_set_mode, mode=mode),
        when=has_slices,
        checked=lambda session: session.active_viewport.slab_mode == mode,
        separator=mode == "max",
    )


def _in_3d(session: Session) -> list[Viewport]:
    """Return the 3D panes of the active slot."""
    return [viewport for viewport in session.of_slot(session.active_slot) if viewport.kind == "volume"]


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
            for viewport in _in_3d(shell.session):
                viewport.update(volume_preset=found.id)

    def checked(session: Session) -> bool:
        found = look(session)
        if found is None or session.scene is None:
            return False
        modality = session.scene.series.modality
        return any(volume_preset(modality, v.volume_preset).id == found.id for v in _in_3d(session))

    return Command(
        f"look_{place + 1}",
        f"3D look {place + 1}",
        "3D",
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
