"""The commands of two volumes, one over the other."""

from __future__ import annotations

from medview.gui.command import Command

FUSION: tuple[Command, ...] = ()
