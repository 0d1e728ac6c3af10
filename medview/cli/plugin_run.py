"""`medview run` and `medview demo --headless`: a plugin on a series, and its results in a folder."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from medview.cli.answer import Answer
from medview.cli.further_series import further_series, named_inputs, same_patient
from medview.cli.opened import Opened, opened
from medview.cli.options import options_of
from medview.cli.out_folder import make_folder
from medview.errors import MedViewError
from medview.progress import Progress, part

if TYPE_CHECKING:
    from medview.plugin.discovery import Plugin
    from medview.plugin.run import PluginRun
    from medview.study.series import Series

_UNKNOWN_PATIENT = "The files do not tell whether both series are of one patient."
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")


def run_plugin(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Run a plugin on the series asked for, or on the fitting one with the most images."""
    from medview.plugin.discovery import discover, find
    from medview.plugin.environment import own_python
    from medview.plugin.run import PluginRun

    plugin = find(arguments.plugin, discover())
    own_python(plugin)  # one that is not installed is told before hundreds of files are read
    parameters = plugin.manifest.parse_parameters(options_of(arguments.option))
    named = named_inputs(plugin, arguments.input)
    with opened(arguments.path, part(progress, 0.0, 0.1)) as found:
        further = further_series(found, plugin, named)
        series = _fitting(found, plugin, arguments.series, besides=further.values())
        remarks = () if same_patient(found, series, further) == "same" else (_UNKNOWN_PATIENT,)
        make_folder(arguments.out)
        others = {name: found.read(one, part(progress, 0.1, 0.15)) for name, one in further.items()}
        volume = found.read(series, part(progress, 0.15, 0.2))
        run = PluginRun(plugin, volume, parameters, arguments.device, others)
        data = _write(run, arguments, part(progress, 0.2, 1.0), remarks)
    return Answer(data, _as_text(data))


def demo(arguments: argparse.Namespace, progress: Progress) -> Answer:
    """Segment the brain of the demo study and hold it against the known one; with a path, as `run_plugin`."""
    from medview.files.demo_study import prepare
    from medview.files.formats.nifti import read_mask
    from medview.imaging.statistics import dice
    from medview.plugin.discovery import discover, find
    from medview.plugin.run import PluginRun

    if arguments.path is not None:
        return run_plugin(arguments, progress)
    make_folder(arguments.out)
    study = prepare(part(progress, 0.0, 0.4))
    plugin = find(arguments.plugin, discover())
    with opened(study.folder, part(progress, 0.4, 0.5)) as found:
        volume = found.read(_fitting(found, plugin, None), part(progress, 0.5, 0.6))
    data = _write(PluginRun(plugin, volume, {}, arguments.device), arguments, part(progress, 0.6, 1.0))
    mask = read_mask(arguments.out / "segmentation.nii.gz", volume.geometry)
    data["dice"] = round(dice(mask, read_mask(study.true_mask, volume.geometry)), 4)
    text = f"{_as_text(data)}\nDice against the known brain of this synthetic head: {data['dice']:.3f}"
    return Answer(data, text)


def _fitting(found: Opened, plugin: Plugin, wanted: str | None, besides: Iterable[Series] = ()) -> Series:
    """Return the series to run on: the one asked for, else the fitting one with the most images, but none of others."""
    from medview.plugin.fit import why_not

    taken = tuple(besides)
    candidates = sorted(found.chosen(wanted), key=lambda s: (s in taken, -len(s.instances)))
    if candidates[0] in taken:
        raise MedViewError("One series is chosen for two inputs.", "Name another one: --series or --input.")
    for series in candidates:
        if why_not(plugin.manifest, series) is None:
            return series
    refusal = why_not(plugin.manifest, candidates[0])
    assert refusal is not None
    raise refusal


def _write(
    run: PluginRun, arguments: argparse.Namespace, progress: Progress, remarks: Sequence[str] = ()
) -> dict[str, Any]:
    """Run a plugin in a process beside this one, and write its results into the folder of --out."""
    from medview.progress import unheard
    from medview.session.run_apart import run_apart
    from medview.session.write_result import write_result

    with _whole_computer():
        result = run_apart(run, part(progress, 0.0, 0.9))
    progress(0.92, "Writing and reading back")
    moving = next((volume.series for volume in run.others.values()), None)
    return write_result(result, run.volume.series, arguments.out, unheard, moving=moving, remarks=remarks)


@contextmanager
def _whole_computer() -> Iterator[None]:
    """Let the process that is started for the plugin use every core: there is no window that needs one."""
    told = {name: str(os.cpu_count() or 1) for name in _THREADS if name not in os.environ}
    os.environ.update(told)
    try:
        yield
    finally:
        for name in told:
            del os.environ[name]


def _as_text(answer: dict[str, Any]) -> str:
    lines = [
        f"{row['label']:30} {row['voxels']:10d} {'voxel ' if row['voxels'] == 1 else 'voxels'}  "
        + ("" if row["ml"] is None else f"{row['ml']:10.1f} ml")
        for row in answer["segments"]
    ]
    lines += [_finding_line(row) for row in answer["findings"]]
    lines += [f"{answer['name']:30} registered {row['moving_series_description']}" for row in answer["registrations"]]
    return "\n".join([*lines, *answer["remarks"], *(f"saved {path}" for path in answer["files"])])


def _finding_line(row: dict[str, Any]) -> str:
    """Return a line for one thing that a model said."""
    if row["type"] == "box":
        size = "" if row["size_mm"] is None else " x ".join(f"{side:.1f}" for side in row["size_mm"]) + " mm"
        weak = f"  below the threshold of {row['threshold']:g}" if row["score"] < row["threshold"] else ""
        return f"{row['label']:30} raw score {row['score']:.3f}  {size}{weak}"
    if row["type"] == "scores":
        name = "calibrated score" if row["kind"] == "calibrated" else "raw score"
        return "\n".join(f"{row['labels'][one]:30} {name} {score:.3f}" for one, score in row["scores"].items())
    if row["type"] == "measurement":
        return f"{row['label']:30} {row['value']:g} {row['unit']}"
    return f"{row['title']:30} {row['type']}"
