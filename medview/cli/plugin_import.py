"""`medview plugin import`: a model that another program has left on disk becomes a plugin."""

from __future__ import annotations

import argparse

from medview.cli.answer import Answer
from medview.progress import Progress


def import_plugin(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Import a MONAI bundle or an nnU-Net result folder, and tell what must be known of it."""
    from medview.plugin.convert.import_model import import_model
    from medview.plugin.convert.told import Told

    told = Told(
        plugin_id=arguments.id,
        orientation=arguments.orientation,
        modality=arguments.modality,
        folds=tuple(arguments.fold),
        configuration=arguments.configuration,
    )
    plugin, notes = import_model(arguments.path, told, progress, arguments.out)
    data = {"plugin": plugin.manifest.id, "folder": str(plugin.folder), "notes": list(notes)}
    lines = [f"{plugin.manifest.id}: {plugin.folder}", *(f"  {note}" for note in notes)]
    return Answer(data, "\n".join(lines))
