"""The commands of the looks of the volume in 3D."""

from __future__ import annotations

from medview.gui import conditions
from medview.gui.command import Command, Shell
from medview.session.session import Session
from medview.session.viewport import Viewport
from medview.view.volume_presets import VolumePreset, volume_preset, volume_presets

_LOOKS = 5


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


PROJECTION: tuple[Command, ...] = (*(_look_command(place) for place in range(_LOOKS)),)
