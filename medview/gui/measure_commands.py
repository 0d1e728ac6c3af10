"""The commands of measurements and key images."""

from __future__ import annotations

from medview.gui.command import Command

MEASURE: tuple[Command, ...] = ()
