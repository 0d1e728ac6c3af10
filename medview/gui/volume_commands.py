"""The commands of the volume in 3D."""

from __future__ import annotations

from medview.gui.command import Command

VOLUME: tuple[Command, ...] = ()
