"""The commands of where the panes lie and how they follow each other."""

from __future__ import annotations

from medview.gui.command import Command

LAYOUT: tuple[Command, ...] = ()
