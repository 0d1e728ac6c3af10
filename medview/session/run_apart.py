"""Run a plugin where its manifest wants it, and wait for its result: for the command line and for scripts."""

from __future__ import annotations

from medview.errors import MedViewError, Sentence
from medview.jobs.run_to_end import run_to_end
from medview.plugin.contract import Result
from medview.plugin.environment import own_python
from medview.plugin.run import PluginRun
from medview.progress import Progress
from medview.study.segmentation import Source


def run_apart(run: PluginRun, progress: Progress) -> Result:
    """Return the result of a run in a worker process, or in the plugin's own Python.

    As in the window, a plugin that crashes or fills the memory ends its process and not this one. What ends the wait,
    Ctrl+C too, ends the process with all that it has started.

    Raises
    ------
    MedViewError
        The run was refused or failed, its process ended, its packages are not installed, or what came back is of other
        images.
    """
    manifest = run.plugin.manifest
    is_alone = manifest.runtime.isolation == "process"
    python = own_python(run.plugin)
    result: Result = run_to_end(Sentence(manifest.name), run, progress, is_alone=is_alone, python=python)
    series, geometry = run.volume.series, run.volume.geometry
    if result.source != Source.of(series) or not result.geometry.same_grid(geometry):
        raise MedViewError(
            "{plugin} gave back {what}: a fault of the plugin, and nothing was kept.",
            "Report it to the plugin's authors.",
            plugin=manifest.name,
            what="a result of other images",
        )
    return result
