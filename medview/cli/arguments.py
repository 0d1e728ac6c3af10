"""What can be said on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from medview.version import __version__

_PATHS = "folder, file, ZIP or DICOMDIR; several may be given"


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="medview", description="Medical images with AI inside.")
    parser.add_argument("--version", action="version", version=f"medview {__version__}")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print the answer as JSON (docs/command_line.md)")
    shared.add_argument("--quiet", action="store_true", help="draw no progress bar")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, parents=[shared], help=text, description=text)

    verb("open", "open a folder or file in the window").add_argument("path", type=Path, nargs="?")
    _add_demo(verb("demo", "open the demo study (or PATH) in the window, ready to click"))
    _add_paths(verb("scan", "list the studies, series and stacks of a folder"))
    _add_convert(verb("convert", "write series as NIfTI, on their own grid"))
    _add_paths(verb("check", "read and decode everything, and say what is good, odd or refused"))
    _add_run(verb("run", "run a plugin and write what it gives: masks, reports, images, maps, curves"))
    _add_export(verb("export", "write a DICOM Segmentation in another format"))
    _add_models(verb("models", "the models: list, info, install, import, pack, verify, remove"), shared)
    _add_plugin(verb("plugin", "plugins as folders: new, check, test, schema, import"), shared)
    _add_screenshots(verb("screenshots", "save pictures of the window in every layout, tool, theme and language"))
    _add_library(verb("library", "the local list of studies: list, import, verify or rebuild it"), shared)
    return parser


def _add_screenshots(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the pictures are written")
    parser.add_argument("path", type=Path, nargs="?", metavar="PATH", help="images to show; the demo study without it")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="size of everything, as on a screen of high resolution"
    )


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, nargs="+", metavar="PATH", help=_PATHS)
    parser.add_argument(
        "--spacing", type=_spacing, metavar="DZ,DY,DX", help="millimetres for pictures, which hold none themselves"
    )


def _add_convert(parser: argparse.ArgumentParser) -> None:
    _add_paths(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="every series, into the folder --out")
    which.add_argument("--series", metavar="UID", help="one series, or one stack (UID#STACK), into the file --out")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder, or FILE.nii or FILE.nii.gz for --series")
    parser.add_argument(
        "--regular", action="store_true", help="resample tilted and uneven stacks to even slices at right angles"
    )


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--headless", action="store_true", help="no window: segment and write the results")
    parser.add_argument("--plugin", default="brain_extraction")
    parser.add_argument("-o", "--out", type=Path, default=Path("demo_output"))
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    parser.set_defaults(series=None, option=[], input=[], spacing=None)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plugin", help="id of the plugin (medview models list)")
    parser.add_argument("path", type=Path, help="folder or file of images")
    parser.add_argument("--series", help="Series Instance UID; default: the fitting series with the most images")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="ID=SERIES",
        help="a further series, for a plugin that takes two",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the plugin")
    parser.set_defaults(spacing=None)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("segmentation", type=Path, help="DICOM Segmentation file")
    parser.add_argument("images", type=Path, help="folder of the images it was drawn on")
    parser.add_argument("-o", "--out", type=Path, required=True, help="FILE.nii.gz, FILE.stl or FILE.dcm")
    parser.add_argument("--segment", type=int, help="number of the segment for .stl (default: the first)")


def _add_models(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, parents=[shared], help=text, description=text)

    action("list", "every model that was found, and whether its weights are here")
    for name, text in (
        ("info", "what a model is for, how it was measured, its licences and where its weights come from"),
        ("install", "fetch the weights of a model, each checked against its size and SHA-256"),
        ("verify", "read every byte of a model's weights again"),
        ("remove", "delete the weights of a model from this computer"),
    ):
        one = action(name, text)
        one.add_argument("plugin", help="id of the model")
        if name == "install":
            one.add_argument(
                "--option", action="append", default=[], metavar="NAME=VALUE", help="parameters to fetch for"
            )
            one.add_argument(
                "--accept-licence", action="store_true", help="I have read and accept the licences it shows"
            )
    action("import", "install an offline pack").add_argument("path", type=Path, help="FILE.medviewpack")
    packing = action("pack", "write a model with its weights, licences and card into one file")
    packing.add_argument("plugin", help="id of the model")
    packing.add_argument("-o", "--out", type=Path, required=True, help="FILE.medviewpack")


def _add_library(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, parents=[shared], help=text, description=text)

    action("list", "list the studies, or those that WORDs are found in").add_argument(
        "words", nargs="*", metavar="WORD"
    )
    imports = action("import", "link studies where they lie, or copy them into the library")
    imports.add_argument("path", type=Path, nargs="+", metavar="PATH", help=_PATHS)
    imports.add_argument("--copy", action="store_true", help="copy the files into the library")
    action("verify", "look for every file of the list")
    action("rebuild", "bring the list up to date with the files").add_argument(
        "--fresh", action="store_true", help="make it from the files alone; the old list is set aside"
    )


def _add_plugin(parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, parents=[shared], help=text, description=text)

    _add_authoring(action)
    imports = action("import", "make a plugin of a MONAI bundle or an nnU-Net result folder")
    imports.add_argument("path", type=Path, metavar="PATH", help="the folder, or a zip archive of it")
    imports.add_argument("-o", "--out", type=Path, help="folder for the plugin's own; your plugins without it")
    imports.add_argument("--id", help="how the plugin is to be called")
    imports.add_argument("--orientation", metavar="RAS", help="how the training images lay, where the model is silent")
    imports.add_argument("--modality", help="CT, MR, ...: where the model is silent")
    imports.add_argument("--fold", action="append", default=[], metavar="N", help="of an nnU-Net; all without it")
    imports.add_argument("--configuration", help="of an nnU-Net with several, such as 3d_fullres")


def _add_authoring(action: Callable[[str, str], argparse.ArgumentParser]) -> None:
    made = action("new", "write a plugin to begin with, which runs at once")
    made.add_argument("id", metavar="ID", help="small letters, digits and underscores")
    made.add_argument("--task", required=True, choices=("segment", "classify", "detect", "enhance", "register"))
    made.add_argument("--no-code", action="store_true", help="a manifest and a tiny ONNX network, no line of code")
    made.add_argument("-o", "--out", type=Path, help="folder for the plugin's own; your plugins without it")
    checked = action("check", "say all that is wrong with a plugin's folder, without running it")
    checked.add_argument("path", type=Path, metavar="PATH", help="the plugin's folder, or the id of one of your own")
    tested = action("test", "run a plugin on phantoms lying in every way, and say how it behaves")
    tested.add_argument("plugin", metavar="PATH", help="the plugin's folder, or the id of one that is installed")
    tested.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    tested.add_argument("--only", action="append", default=[], metavar="TEST", help="this test alone; several times")
    tested.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="a parameter in every run")
    tested.add_argument("--size", type=_share, default=1.0, metavar="SHARE", help="of the patient: 0.5 is half as tall")
    schema = action("schema", "the JSON Schema of plugin.toml")
    schema.add_argument("-o", "--out", type=Path, metavar="FILE", help="write it there")


def _share(text: str) -> float:
    """Return a number above 0 and up to 1; ValueError, which argparse tells, for anything else."""
    share = float(text)
    if not 0.0 < share <= 1.0:
        raise ValueError(text)
    return share


def _spacing(text: str) -> tuple[float, float, float]:
    """Return three numbers from "2.5,0.7,0.7"; ValueError, which argparse tells, for anything else."""
    slice_mm, row_mm, column_mm = (float(word) for word in text.split(","))
    return slice_mm, row_mm, column_mm
