"""The same verbs without a window: scan, convert, run, export, models.

Results go to standard output (JSON with --json), progress and errors to standard error. Exit status: 0 done, 1 failed,
with a sentence that says why, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medview import __version__
from medview.errors import MedViewError
from medview.progress import Progress, part

if TYPE_CHECKING:
    from medview.files.dicom_scan import ScanReport
    from medview.plugin.contract import Result
    from medview.plugin.discovery import BrokenPlugin, Plugin
    from medview.study.series import Series
    from medview.study.volume import Volume


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments: `verb`, its options, and `windowed`, whether the desktop program is wanted."""
    arguments = _parser().parse_args(argv)
    if arguments.verb is None:
        arguments.verb, arguments.path = "open", None
    if arguments.verb in ("open", "demo"):
        arguments.windowed = not getattr(arguments, "headless", False)
    else:
        arguments.windowed = False
    return arguments


def run(arguments: argparse.Namespace) -> int:
    """Do a verb of the command line and return the exit status."""
    try:
        with _progress_bar(quiet=arguments.quiet) as progress:
            answer, text = _VERBS[arguments.verb](arguments, progress)
    except MedViewError as error:
        print(f"medview: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("medview: Cancelled.", file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2, ensure_ascii=False) if arguments.json else text)
    return 0


Answer = tuple[dict[str, Any], str]


def _scan(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.files.dicom_scan import scan

    report = scan(arguments.path, progress)
    return _report_as_data(report), _report_as_text(report)


def _convert(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.files.dicom_pixels import read_volume
    from medview.files.dicom_scan import scan
    from medview.files.nifti import write_volume

    report = scan(arguments.path, part(progress, 0.0, 0.3))
    chosen = [s for s in _all_series(report) if arguments.series in (None, s.key, s.series_instance_uid)]
    if not chosen:
        raise MedViewError("There is no series {uid} here.", "List them: medview scan PATH", uid=arguments.series)
    volumes = [s for s in chosen if s.refusal is None]
    if not volumes and chosen[0].refusal is not None:
        raise chosen[0].refusal
    if len(volumes) > 1 and not arguments.all:  # one file cannot hold them
        raise MedViewError(
            "The series {uid} holds {count} stacks.", "Choose one: {keys}",
            uid=arguments.series, count=len(volumes), keys=", ".join(s.key for s in volumes),
        )  # fmt: skip
    if arguments.all:
        _make_folder(arguments.out)
    written: list[dict[str, Any]] = []
    for number, series in enumerate(volumes):
        target = arguments.out / f"{_file_name(series, number)}.nii.gz" if arguments.all else arguments.out
        span = part(progress, 0.3 + 0.7 * number / len(volumes), 0.3 + 0.7 * (number + 1) / len(volumes))
        write_volume(read_volume(series, span), target)
        written.append({"series_instance_uid": series.series_instance_uid, "stack": series.stack, "path": str(target)})
    skipped = [{**_series_as_data(s), "reason": str(s.refusal)} for s in chosen if s.refusal is not None]
    lines = [f"{row['path']}" for row in written] + [f"left out: {row['reason']}" for row in skipped]
    return {"written": written, "left_out": skipped}, "\n".join(lines)


def _run(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.files.dicom_pixels import read_volume
    from medview.files.dicom_scan import scan
    from medview.plugin.discovery import discover, find

    plugin = find(arguments.plugin, discover())
    parameters = plugin.manifest.parse_parameters(_options(arguments.option))
    report = scan(arguments.path, part(progress, 0.0, 0.1))
    series = _fitting(report, plugin, arguments.series)
    _make_folder(arguments.out)
    volume = read_volume(series, part(progress, 0.1, 0.2))
    answer = _run_on(plugin, volume, parameters, arguments, part(progress, 0.2, 1.0))
    return answer, _result_as_text(answer)


def _run_on(
    plugin: Plugin, volume: Volume, parameters: Any, arguments: argparse.Namespace, progress: Progress
) -> dict[str, Any]:
    """Run a plugin and write its results into the folder of --out."""
    from medview.plugin.run import PluginRun

    result: Result = PluginRun(plugin, volume, parameters, arguments.device)(part(progress, 0.0, 0.9))
    progress(0.92, "Writing and reading back")
    return _write_results(result, volume.series, arguments.out)


def _write_results(result: Result, series: Series, out: Path) -> dict[str, Any]:
    """Write segmentation.dcm, segmentation.nii.gz and result.json, and return what result.json says."""
    from medview.files.result_json import result_data, write_result
    from medview.progress import unheard
    from medview.session.export_segmentation import write
    from medview.session.run_plugin import segmentation_of

    segmentation = segmentation_of(result)
    seg, nifti = out / "segmentation.dcm", out / "segmentation.nii.gz"
    remarks = write(segmentation, series, seg, "dicom_seg", None, unheard)
    write(segmentation, series, nifti, "nifti", None, unheard)
    files = [str(seg), str(nifti), str(out / "result.json")]
    data = {**result_data(segmentation), "remarks": [str(remark) for remark in remarks], "files": files}
    write_result(data, out / "result.json")
    return data


def _export(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.files.dicom_scan import scan
    from medview.files.dicom_seg import load_segmentation
    from medview.session.export_segmentation import kind_of, write

    kind = kind_of(arguments.out)
    if kind is None:
        raise MedViewError(
            "{name} does not say which format is wanted.",
            "Name it .dcm, .nii, .nii.gz or .stl.",
            name=arguments.out.name,
        )
    report = scan(arguments.images, part(progress, 0.0, 0.5))
    segmentation, series = load_segmentation(arguments.segmentation, _all_series(report))
    remarks = write(segmentation, series, arguments.out, kind, arguments.segment, part(progress, 0.5, 1.0))
    said = [str(remark) for remark in remarks]
    lines = [f"Saved and read back without a difference: {arguments.out}", *said]
    return {"path": str(arguments.out), "remarks": said}, "\n".join(lines)


def _models(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.plugin.discovery import discover, find
    from medview.session.fetch_weights import fetch_missing

    if arguments.action == "list":
        rows = [_model_as_data(found) for found in discover()]
        return {"models": rows}, "\n".join(_model_line(row) for row in rows)
    if arguments.plugin is None:
        raise MedViewError("Which model?", "Write: medview models fetch ID. List them: medview models list")
    options = _options(arguments.option)
    paths = [str(path) for path in fetch_missing(find(arguments.plugin, discover()), options, progress)]
    return {"fetched": paths}, "\n".join(paths) or "Nothing is missing."


def _demo(arguments: argparse.Namespace, progress: Progress) -> Answer:
    from medview.files.demo_study import prepare
    from medview.files.dicom_pixels import read_volume
    from medview.files.dicom_scan import scan
    from medview.files.nifti import read_mask
    from medview.imaging.statistics import dice
    from medview.plugin.discovery import discover, find

    if arguments.path is not None:
        return _run(arguments, progress)
    _make_folder(arguments.out)
    demo = prepare(part(progress, 0.0, 0.4))
    plugin = find(arguments.plugin, discover())
    series = _fitting(scan(demo.folder, part(progress, 0.4, 0.5)), plugin, None)
    volume = read_volume(series, part(progress, 0.5, 0.6))
    answer = _run_on(plugin, volume, plugin.manifest.parse_parameters({}), arguments, part(progress, 0.6, 1.0))
    mask = read_mask(arguments.out / "segmentation.nii.gz", volume.geometry)
    answer["dice"] = round(dice(mask, read_mask(demo.true_mask, volume.geometry)), 4)
    text = f"{_result_as_text(answer)}\nDice against the known brain of this synthetic head: {answer['dice']:.3f}"
    return answer, text


_VERBS: dict[str, Callable[[argparse.Namespace, Progress], Answer]] = {
    "scan": _scan,
    "convert": _convert,
    "run": _run,
    "export": _export,
    "models": _models,
    "demo": _demo,
}


def _fitting(report: ScanReport, plugin: Plugin, wanted: str | None) -> Series:
    """Return the series to run on: the one asked for, else the fitting one with the most images."""
    from medview.plugin.fit import why_not

    candidates = [s for s in _all_series(report) if wanted in (None, s.key, s.series_instance_uid)]
    if not candidates:
        raise MedViewError("There is no series {uid} here.", "List them: medview scan PATH", uid=wanted)
    candidates.sort(key=lambda s: -len(s.instances))
    for series in candidates:
        if why_not(plugin.manifest, series) is None:
            return series
    refusal = why_not(plugin.manifest, candidates[0])
    assert refusal is not None
    raise refusal


def _make_folder(folder: Path) -> None:
    from medview.files.atomic import write_error

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, folder) from error


def _options(pairs: Sequence[str]) -> dict[str, str]:
    options = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise MedViewError("{pair} is no option.", "Write --option name=value.", pair=pair)
        options[name] = value
    return options


def _all_series(report: ScanReport) -> list[Series]:
    return [series for study in report.studies for series in study.series]


def _file_name(series: Series, number: int) -> str:
    """Return a file name made of what is safe in one; never of UIDs or names from the file."""
    safe = "".join(c if c.isascii() and c.isalnum() else "_" for c in series.series_description)[:40].strip("_")
    return "_".join(part_ for part_ in (f"{number + 1:02d}", series.modality, safe) if part_)


def _series_as_data(series: Series) -> dict[str, Any]:
    geometry = series.geometry
    return {
        "series_instance_uid": series.series_instance_uid,
        "stack": series.stack,
        "modality": series.modality,
        "series_number": series.series_number,
        "series_description": series.series_description,
        "images": len(series.instances),
        "shape": list(geometry.shape) if geometry else None,
        "spacing_mm": [round(v, 6) for v in geometry.spacing_mm] if geometry and geometry.has_spacing else None,
        "affine_lps": [list(map(float, row)) for row in geometry.affine] if geometry else None,
        "sheared": geometry.is_sheared if geometry else None,
        "warnings": [str(warning) for warning in series.warnings],
        "refusal": str(series.refusal) if series.refusal else None,
    }


def _report_as_data(report: ScanReport) -> dict[str, Any]:
    studies = [
        {
            "study_instance_uid": study.facts.study_instance_uid,
            "patient_id": study.facts.patient.patient_id,
            "patient_name": study.facts.patient.patient_name,
            "study_date": study.facts.study_date,
            "study_description": study.facts.study_description,
            "series": [_series_as_data(series) for series in study.series],
        }
        for study in report.studies
    ]
    return {
        "found": report.images + len(report.other) + len(report.rejected),
        "images": report.images,
        "studies": studies,
        "other": [{"path": str(path), "kind": str(kind)} for path, kind in report.other],
        "rejected": [{"path": str(path), "reason": str(reason)} for path, reason in report.rejected],
    }


def _report_as_text(report: ScanReport) -> str:
    lines = []
    for study in report.studies:
        lines.append(f"Study {study.facts.study_date} {study.facts.study_description}".rstrip())
        for series in study.series:
            size = "x".join(map(str, series.geometry.shape)) if series.geometry else "no volume"
            lines.append(
                f"  {series.modality:4} {len(series.instances):5} images  {size:16} {series.series_description}"
            )
            lines.append(f"       {series.key}")
            lines.extend(f"       ! {warning}" for warning in series.warnings)
            lines.extend([f"       x {series.refusal}"] if series.refusal else [])
    lines.extend(f"other    {path}: {kind}" for path, kind in report.other)
    lines.extend(f"rejected {path}: {reason}" for path, reason in report.rejected)
    found = report.images + len(report.other) + len(report.rejected)
    counts = f"{found} files: {report.images} images, {len(report.other)} other, {len(report.rejected)} rejected"
    return "\n".join([*lines, counts])


def _result_as_text(answer: dict[str, Any]) -> str:
    lines = [
        f"{row['label']:30} {row['voxels']:10d} voxels  " + ("" if row["ml"] is None else f"{row['ml']:10.1f} ml")
        for row in answer["segments"]
    ]
    return "\n".join([*lines, *answer["remarks"], *(f"saved {path}" for path in answer["files"])])


def _model_as_data(found: Plugin | BrokenPlugin) -> dict[str, Any]:
    from medview.plugin.discovery import Plugin
    from medview.session.fetch_weights import missing_weights

    if not isinstance(found, Plugin):
        return {"folder": str(found.folder), "broken": str(found.reason)}
    manifest = found.manifest
    absent = [record.id for record in missing_weights(found)]
    row = {"id": manifest.id, "version": manifest.version, "name": manifest.name, "summary": manifest.summary}
    return {**row, "task": manifest.task, "missing_weights": absent}


def _model_line(row: dict[str, Any]) -> str:
    if "broken" in row:
        return f"broken: {row['folder']}: {row['broken']}"
    state = f"weights missing: {', '.join(row['missing_weights'])}" if row["missing_weights"] else "ready"
    return f"{row['id']:20} {row['version']:8} {state:10} {row['summary']}"


@contextmanager
def _progress_bar(*, quiet: bool) -> Iterator[Progress]:
    """Give a progress that draws a bar on standard error; nothing where that is no terminal or --quiet is given."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with RichProgress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=1.0)

        def progress(fraction: float, text: str = "") -> None:
            bar.update(task, completed=fraction, description=text or None)

        yield progress


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="medview", description="Medical images with AI inside.")
    parser.add_argument("--version", action="version", version=f"medview {__version__}")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print the answer as JSON")
    shared.add_argument("--quiet", action="store_true", help="draw no progress bar")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, parents=[shared], help=text, description=text)

    opened = verb("open", "open a folder or file in the window")
    opened.add_argument("path", type=Path, nargs="?")
    _add_demo(verb("demo", "open the demo study (or PATH) in the window, ready to click"))
    scanned = verb("scan", "list the studies and series of a folder")
    scanned.add_argument("path", type=Path)
    _add_convert(verb("convert", "write series as NIfTI, on their own grid"))
    _add_run(verb("run", "run a plugin and write its segmentation"))
    exported = verb("export", "write a DICOM Segmentation in another format")
    exported.add_argument("segmentation", type=Path, help="DICOM Segmentation file")
    exported.add_argument("images", type=Path, help="folder of the images it was drawn on")
    exported.add_argument("-o", "--out", type=Path, required=True, help="FILE.nii.gz, FILE.stl or FILE.dcm")
    exported.add_argument("--segment", type=int, help="number of the segment for .stl (default: the first)")
    models = verb("models", "list the models, or fetch the weights of one")
    models.add_argument("action", choices=("list", "fetch"))
    models.add_argument("plugin", nargs="?", help="id of the model, for fetch")
    models.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="the parameters to fetch for"
    )
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--headless", action="store_true", help="no window: segment and write the results")
    parser.add_argument("--plugin", default="brain_extraction")
    parser.add_argument("-o", "--out", type=Path, default=Path("demo_output"))
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    parser.set_defaults(series=None, option=[])


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="every series, into the folder --out")
    which.add_argument("--series", help="one series, into the file --out")
    parser.add_argument("-o", "--out", type=Path, required=True)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plugin", help="id of the plugin (medview models list)")
    parser.add_argument("path", type=Path, help="folder or file of images")
    parser.add_argument("--series", help="Series Instance UID; default: the fitting series with the most images")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the plugin")
