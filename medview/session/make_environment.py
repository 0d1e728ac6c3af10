"""Make the environment of a plugin that brings packages of its own, because the person asked for it."""

from __future__ import annotations

import shutil
import sys

from medview.jobs.run_program import run_program
from medview.plugin.discovery import Plugin
from medview.plugin.environment import environment_folder, is_ready, lock_file, mark_ready, python_of
from medview.progress import Progress, part


def make_environment(plugin: Plugin, progress: Progress) -> bool:
    """Install the packages of a plugin's lock, each checked against its hash, where that was not done yet.

    They lie in a folder of the plugin's own and change nothing of the program. What was broken off is begun anew.

    Returns
    -------
    bool
        Whether anything was made.

    Raises
    ------
    MedViewError
        The lock is not the promised one, or the packages cannot be had.
    """
    if is_ready(plugin):
        return False
    lock, folder = lock_file(plugin), environment_folder(plugin)
    shutil.rmtree(folder, ignore_errors=True)
    name = plugin.manifest.name
    run_program([sys.executable, "-m", "venv", str(folder)], part(progress, 0.0, 0.2), name)
    pip = [str(python_of(folder)), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    run_program([*pip, "--require-hashes", "-r", str(lock)], part(progress, 0.2, 1.0), name)
    mark_ready(folder)
    return True
