"""A plugin to begin with: a folder that runs at once, and is changed into what is wanted."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Literal, get_args

from medview.errors import MedViewError
from medview.paths import data_folder, resources_folder

NewTask = Literal["segment", "classify", "detect", "enhance", "register"]
_ID = re.compile(r"[a-z][a-z0-9_]*")


def new_plugin(plugin_id: str, task: NewTask, folder: Path | None = None, *, with_code: bool = True) -> Path:
    """Write a plugin's folder, whole or not at all, and return it.

    Parameters
    ----------
    folder
        In which the plugin's own folder is made; the person's plugins without it, where the program finds it.
    with_code
        False gives a manifest and a tiny ONNX network, and no line of code.

    Raises
    ------
    MedViewError
        The id is none, the folder is there already or cannot be written.
    """
    if task not in get_args(NewTask):
        raise MedViewError(
            "There is nothing to begin with for the task {task}.",
            "Tasks: {known}. Of another take the nearest of them and change its manifest.",
            task=task,
            known=", ".join(get_args(NewTask)),
        )
    if task == "register" and not with_code:
        raise MedViewError(
            "A plugin that registers needs code: no network alone gives a transform.", "Leave --no-code out."
        )
    if not _ID.fullmatch(plugin_id):
        raise MedViewError(
            "{id} is no id of a plugin.", "Small letters, digits and underscores, a letter first.", id=plugin_id
        )
    home = folder or data_folder() / "plugins"
    target = home / plugin_id
    if target.exists():
        raise MedViewError("{folder} is there already.", "Choose another id, or another folder.", folder=str(target))
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home, prefix=".new-") as temporary:
            room = Path(temporary) / plugin_id
            room.mkdir()
            _fill(room, plugin_id, task, with_code=with_code)
            os.replace(room, target)
    except OSError as error:
        raise MedViewError(
            "The plugin cannot be written: {reason}", "Choose another folder.", reason=error.strerror or str(error)
        ) from error
    return target


def _fill(room: Path, plugin_id: str, task: str, *, with_code: bool) -> None:
    templates = resources_folder() / "new_plugin"
    words = {"PLUGIN_ID": plugin_id, "PLUGIN_NAME": plugin_id.replace("_", " ").capitalize()}
    if with_code:
        (room / f"{plugin_id}.py").write_bytes((templates / task / "code.py").read_bytes())
    else:
        network = (templates / "network" / f"{task}.onnx").read_bytes()
        (room / "network.onnx").write_bytes(network)
        words |= {"NETWORK_SHA256": hashlib.sha256(network).hexdigest(), "NETWORK_BYTES": str(len(network))}
    manifest = templates / task / ("plugin.toml" if with_code else "network.toml")
    for source, name in ((manifest, "plugin.toml"), (templates / "README.md", "README.md")):
        text = source.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        (room / name).write_text(text, encoding="utf-8")
