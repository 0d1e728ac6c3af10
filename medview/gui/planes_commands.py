"""The commands of planes that are cut: slabs, oblique and curved ones."""

from __future__ import annotations

from medview.gui.command import Command

PLANES: tuple[Command, ...] = ()
