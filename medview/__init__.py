"""MedView: read, segment, correct and export medical images.

The verbs of the window and the command line, for scripts and notebooks, without Qt::

    import medview

    volume = medview.read("folder of DICOM files")
    result = medview.run("brain_extraction", volume)
    medview.export(result, "brain.dcm")

Every error that a person can do something about is a `medview.errors.MedViewError`, with a remedy in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from medview.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medview.plugin.contract import Parameter, Result
    from medview.progress import Progress
    from medview.study.study import Study
    from medview.study.volume import Volume

__all__ = ["__version__", "export", "read", "run", "scan"]


def scan(path: str | Path, *, progress: Progress | None = None) -> tuple[Study, ...]:
    """Return the studies in a folder, found by reading headers only; the names of the files do not matter.

    Raises
    ------
    MedViewError
        Where the path does not exist or holds no DICOM images.
    """
    from medview.files.scanning.dicom_scan import scan as scan_files
    from medview.progress import unheard
    from medview.study.study import Study

    report = scan_files(Path(path), progress or unheard)
    return tuple(Study(found.facts, found.series, found.objects) for found in report.studies)


def read(path: str | Path, series: str | None = None, *, progress: Progress | None = None) -> Volume:
    """Return one series as a volume: `array` indexed (slice, row, column), `geometry.affine` to LPS mm.

    Parameters
    ----------
    path
        Folder or file.
    series
        Series Instance UID, or `Series.key` for one stack of it. None takes the series with the most images.

    Raises
    ------
    MedViewError
        Where there is no such series, or its images form no volume.
    """
    from medview.errors import MedViewError
    from medview.jobs.process_pool import ProcessPool
    from medview.progress import part, unheard
    from medview.session.read_voxels import read_voxels

    progress = progress or unheard
    found = [s for study in scan(path, progress=part(progress, 0.0, 0.4)) for s in study.series]
    wanted = [s for s in found if series is None or series in (s.key, s.series_instance_uid)]
    if not wanted:
        raise MedViewError("There is no series {uid} in {path}.", "List them: medview scan", uid=series, path=str(path))
    best = max(wanted, key=lambda s: (s.refusal is None, len(s.instances)))
    if best.refusal is not None:
        raise best.refusal
    with ProcessPool() as workers:  # its processes start with the first compressed picture
        return read_voxels(best, part(progress, 0.4, 1.0), workers)


def run(
    plugin: str,
    volume: Volume,
    *,
    others: Mapping[str, Volume] | None = None,
    device: str = "auto",
    progress: Progress | None = None,
    **options: Parameter,
) -> Result:
    """Return what a plugin makes of a volume, computed in this process, or in its own Python where it brings packages.

    Parameters
    ----------
    plugin
        Its id: "brain_extraction", "brain_structures", "body_and_lungs" or one of your own.
    others
        Further volumes by the id of the plugin's input, such as the one that is to be registered.
    device
        "auto" (cuda, else mps, else cpu), "cuda", "mps" or "cpu".
    options
        The plugin's parameters by name; those left out take the manifest's default.

    Raises
    ------
    MedViewError
        Where there is no such plugin, it does not fit the volume, or its weights are missing.
    """
    from medview.plugin.discovery import discover, find
    from medview.plugin.run import PluginRun
    from medview.progress import unheard
    from medview.session.run_apart import run_apart

    found = find(plugin, discover())
    parameters = found.manifest.parse_parameters({name: str(value) for name, value in options.items()})
    run = PluginRun(found, volume, parameters, device, others or {})
    if found.manifest.runtime.isolation == "venv":
        return run_apart(run, progress or unheard)
    return run(progress or unheard)


def export(result: Result, path: str | Path) -> Path:
    """Write a result and return the path: .dcm is a DICOM Segmentation, .nii or .nii.gz NIfTI, .stl a surface.

    The file is read back and compared before it takes its name.

    Raises
    ------
    MedViewError
        Where it cannot be written, or what is read back differs.
    """
    from medview.errors import MedViewError
    from medview.progress import unheard
    from medview.session.apply_result import segmentation_of
    from medview.session.export_segmentation import kind_of, write

    target = Path(path)
    kind = kind_of(target)
    if kind is None:
        raise MedViewError(
            "{name} does not say which format is wanted.", "Name it .dcm, .nii, .nii.gz or .stl.", name=target.name
        )
    write(segmentation_of(result), result.series, target, kind, None, unheard)
    return target
