"""The commands of how a single image is looked at: turned, filtered, magnified."""

from __future__ import annotations

from medview.gui.command import Command

READING: tuple[Command, ...] = ()
