"""Make a plugin of a model that another program has left on disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

from medview.errors import MedViewError
from medview.paths import data_folder
from medview.plugin.convert.model_files import ModelFiles
from medview.plugin.convert.monai_bundle import is_bundle, read_bundle
from medview.plugin.convert.nnunet_folder import is_nnunet, read_nnunet
from medview.plugin.convert.plugin_draft import DRAFT_ROOM, PluginDraft
from medview.plugin.convert.told import Told
from medview.plugin.discovery import Plugin
from medview.plugin.sweep_left import sweep_left
from medview.progress import Progress, part

_ROOM = ".model-"


def import_model(
    path: Path, told: Told, progress: Progress, folder: Path | None = None
) -> tuple[Plugin, tuple[str, ...]]:
    """Write a MONAI bundle or an nnU-Net result folder as a plugin, and return it with what must be known of it.

    Nothing of the model is run or unpickled; at the end its weights are put into the network that the manifest names,
    so that what does not fit is refused here and not in front of a patient.

    Parameters
    ----------
    path
        A folder or a zip archive.
    folder
        In which the plugin's own folder is made; the person's plugins without it.

    Raises
    ------
    MedViewError
        It is neither of the two, is damaged, or says what a manifest cannot: the sentence names it.
    """
    home = folder or data_folder() / "plugins"
    home.mkdir(parents=True, exist_ok=True)
    for prefix in (_ROOM, DRAFT_ROOM):
        sweep_left(home, prefix)
    with tempfile.TemporaryDirectory(dir=home, prefix=_ROOM) as temporary:
        draft = _draft(ModelFiles.at(path), told, Path(temporary), part(progress, 0.0, 0.8))
        progress(0.8, "Checking the weights")
        _check_weights(draft)
        return draft.write(home), draft.notes


def _draft(files: ModelFiles, told: Told, room: Path, progress: Progress) -> PluginDraft:
    try:
        if is_bundle(files):
            return read_bundle(files, told, room, progress)
        if is_nnunet(files):
            return read_nnunet(files, told, room, progress)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:  # numbers that are words, and so on
        raise MedViewError(
            "What {path} says of its model is not what such files say: {reason}",
            "Ask for the model as its library has written it.",
            path=files.path.name,
            reason=f"{type(error).__name__}: {error}",
        ) from error
    raise MedViewError(
        "{path} is neither a MONAI bundle nor an nnU-Net result folder.",
        "A bundle has configs/metadata.json, a result folder has plans.json and dataset.json.",
        path=files.path.name,
    )


def _check_weights(draft: PluginDraft) -> None:
    """Put the weights into the network; MedViewError where they do not fit."""
    from medview.plugin.engine.load_network import load_module
    from medview.plugin.manifest.runtime import Network

    network = Network(**draft.manifest["network"])
    for path, kind in draft.weights.values():
        load_module(network, path, kind, "cpu")
