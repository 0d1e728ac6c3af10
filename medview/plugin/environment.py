"""Environments of plugins that bring packages of their own: which one belongs to a plugin, and whether it is there."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from medview.errors import MedViewError
from medview.paths import data_folder

if TYPE_CHECKING:
    from medview.plugin.discovery import Plugin

_READY = "ready"


def environment_folder(plugin: Plugin) -> Path:
    """Return where the environment of a plugin lies; another lock has another."""
    lock = plugin.manifest.runtime.lock
    if lock is None:
        raise ValueError("the plugin has no environment of its own")
    return data_folder() / "environments" / f"{plugin.manifest.id}-{lock.sha256[:16]}"


def python_of(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_ready(plugin: Plugin) -> bool:
    """Whether a plugin needs no environment of its own, or has it."""
    return plugin.manifest.runtime.lock is None or (environment_folder(plugin) / _READY).is_file()


def mark_ready(folder: Path) -> None:
    """Say that everything of an environment is installed."""
    (folder / _READY).write_text("", encoding="utf-8")


def own_python(plugin: Plugin) -> Path | None:
    """Return the interpreter that a plugin runs in, None where that is the program's.

    Raises
    ------
    MedViewError
        Its environment was not made yet.
    """
    if plugin.manifest.runtime.isolation != "venv":
        return None
    if not is_ready(plugin):
        raise MedViewError(
            "{plugin} needs packages of its own, which are not installed yet.",
            "Install them with: medview models install {id}",
            plugin=plugin.manifest.name,
            id=plugin.manifest.id,
        )
    return python_of(environment_folder(plugin))


def check_python(plugin: Plugin) -> None:
    """Refuse a plugin with an environment of its own anywhere else: there its packages are others, or none.

    Raises
    ------
    MedViewError
        This interpreter is not that of its environment.
    """
    if own_python(plugin) is not None and Path(sys.prefix).resolve() != environment_folder(plugin).resolve():
        raise MedViewError(
            "{plugin} runs in an environment of its own, and this is not it.",
            "Run it from the window, or with: medview run {id}",
            plugin=plugin.manifest.name,
            id=plugin.manifest.id,
        )


def lock_file(plugin: Plugin) -> Path:
    """Return the list of packages of a plugin's environment.

    Raises
    ------
    MedViewError
        It is not there, or not the one that the manifest promises.
    """
    lock = plugin.manifest.runtime.lock
    if lock is None:
        raise ValueError("the plugin has no environment of its own")
    path = plugin.folder / lock.file
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != lock.sha256:
        raise MedViewError(
            "The list of packages {file} of {plugin} is not the one that its manifest promises.",
            "Install the plugin anew.",
            file=lock.file,
            plugin=plugin.manifest.name,
        )
    return path
