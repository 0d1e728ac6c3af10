"""Every import contract and every ban is seen to fail: a rule that nothing can break checks nothing.

Each violation is planted in a copy of the tree, and the tool that guards the rule is run on the copy.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
CONTRACTS = {contract["id"]: contract for contract in CONFIGURATION["importlinter"]["contracts"]}
BANS = CONFIGURATION["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]


@dataclass(frozen=True)
class Plant:
    """A violation: the contract that must break, and the files (by path in the tree) that break it."""

    contract: str
    files: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.contract}: {'; '.join(f'{path}: {text}' for path, text in self.files.items())}"


def one(contract: str, path: str, text: str) -> Plant:
    return Plant(contract, {path: text})


PLANTS = (
    # upwards, sideways, and a room that nobody has given a place
    one("layers", "medview/study/planted.py", "import medview.imaging.plane"),
    one("layers", "medview/errors.py", "import medview.paths"),
    one("layers", "medview/imaging/planted.py", "def late():\n    import medview.files"),
    one("layers", "medview/files/planted.py", "import medview.jobs.job"),
    one("layers", "medview/session/planted.py", "import medview.view"),
    one("layers", "medview/library/planted.py", "import medview.session.session"),
    one("layers", "medview/view/planted.py", "import medview.tools.pointer"),
    one("layers", "medview/gui/planted.py", "import medview.app"),
    one("layers", "medview/attic/__init__.py", ""),
    one("files-layers", "medview/files/headers/planted.py", "import medview.files.pixels.dicom_decode"),
    one("files-layers", "medview/files/objects/planted.py", "import medview.files.scanning.dicom_scan"),
    one("gui-layers", "medview/gui/panes/planted.py", "import medview.gui.measuring.plot_data"),
    one("gui-layers", "medview/gui/looks/planted.py", "import medview.gui.forms.planes_form"),
    one("gui-layers", "medview/gui/theme.py", "def late():\n    import medview.gui.panes.screen_size"),
    one("gui-layers", "medview/gui/planted.py", ""),
    one("cycles", "medview/study/geometry.py", "import medview.study.volume"),
    one("cycles", "medview/study/geometry.py", "if __debug__:\n    import medview.study.segmentation"),
    one("headless", "medview/cli/planted.py", "import medview.gui"),
    one("headless", "medview/cli/planted.py", "import PySide6.QtCore"),
    one("qt", "medview/view/planted.py", "import PySide6.QtGui"),
    one("qt", "medview/session/planted.py", "import shiboken6"),
    one("qt", "plugins/planted/code.py", "from PySide6 import QtWidgets"),
    Plant("qt", {"medview/tools/planted.py": "import medview.gui.planted", "medview/gui/planted.py": "import PySide6"}),
    one("vtk", "medview/tools/planted.py", "import vtkmodules.vtkCommonCore"),
    one("vtk", "medview/imaging/planted.py", "def late():\n    import vtk"),
    Plant(
        "vtk", {"medview/session/planted.py": "import medview.view.planted", "medview/view/planted.py": "import vtk"}
    ),
    one("vtk-above", "medview/gui/planted.py", "import vtkmodules.vtkRenderingCore"),
    one("vtk-above", "medview/app.py", "import vtk"),
    one("dicom", "medview/study/planted.py", "import pydicom"),
    one("dicom", "medview/plugin/planted.py", "import highdicom.seg"),
    Plant(
        "dicom", {"medview/jobs/planted.py": "import medview.files.planted", "medview/files/planted.py": "import gdcm"}
    ),
    one("dicom-above", "medview/session/planted.py", "from pydicom.uid import generate_uid"),
    one("dicom-above", "medview/gui/planted.py", "import highdicom"),
    one("dicom-above", "medview/library/planted.py", "import pydicom"),
    one("pacs", "medview/files/planted.py", "import pynetdicom"),
    one("torch", "medview/imaging/planted.py", "def late():\n    import torch"),
    one("torch", "medview/jobs/planted.py", "import monai.transforms"),
    one("torch-above", "medview/session/planted.py", "import torch"),
    one("torch-above", "medview/plugin/planted.py", "import safetensors.torch"),
    one("threads", "medview/session/planted.py", "import threading"),
    one("threads", "medview/library/planted.py", "import threading"),
    one("threads", "medview/study/shared_array.py", "import concurrent.futures"),
    one("threads", "medview/plugin/discovery.py", "import subprocess"),
    one("threads", "medview/gui/notice_bar.py", "import multiprocessing"),
    one("threads", "plugins/planted/code.py", "import asyncio"),
    one("pickle", "medview/files/planted.py", "import pickle"),
    one("pickle", "medview/plugin/discovery.py", "import yaml"),
    one("plugin-door", "plugins/planted/code.py", "from medview.study.volume import Volume"),
    one("plugin-door", "plugins/planted/code.py", "import medview.session.session"),
    Plant("plugin-walls", {"plugins/planted/code.py": "import plugins.other.code", "plugins/other/code.py": ""}),
    one("plugin-names", "medview/session/planted.py", "import plugins.planted.code"),
)


def copy_of_the_tree(folder: Path) -> Path:
    without = shutil.ignore_patterns("__pycache__")
    for name in ("medview", "plugins"):
        shutil.copytree(ROOT / name, folder / name, ignore=without, dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run(tool: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name(tool)
    return subprocess.run(
        [command, *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the tree that passes; tests put back what they change."""
    return copy_of_the_tree(tmp_path_factory.mktemp("tree"))


class Planted:
    """A tree with files added or lengthened while a ``with`` block lasts."""

    def __init__(self, tree: Path, files: Mapping[str, str]) -> None:
        self._before = {tree / path: (tree / path).read_bytes() if (tree / path).exists() else None for path in files}
        self._texts = dict(zip(self._before, files.values(), strict=True))

    def __enter__(self) -> None:
        for path, text in self._texts.items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes((self._before[path] or b"") + f"\n{text}\n".encode())

    def __exit__(self, *failure: object) -> None:
        for path, before in self._before.items():
            if before is not None:
                path.write_bytes(before)
            else:
                path.unlink()
                if not any(path.parent.glob("*.py")):
                    shutil.rmtree(path.parent)


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    done = run("lint-imports", "--no-logo", folder=tree)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


def test_every_contract_has_a_violation_planted() -> None:
    assert {plant.contract for plant in PLANTS} == set(CONTRACTS)


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_a_planted_import_breaks_its_contract(tree: Path, plant: Plant) -> None:
    with Planted(tree, plant.files):
        done = run("lint-imports", "--no-logo", "--no-cache", "--contract", plant.contract, folder=tree)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0 kept, 1 broken" in done.stdout, done.stdout + done.stderr
    culprit = next(iter(plant.files)).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert culprit.rsplit(".", 1)[-1] in done.stdout


def test_the_layers_name_every_room_and_close_the_house() -> None:
    layers = CONTRACTS["layers"]
    named = {room.strip(" ()") for layer in layers["layers"] for room in layer.split("|")}
    rooms = {p.stem for p in (ROOT / "medview").iterdir() if p.suffix == ".py" or any(p.glob("*.py"))} - {"__init__"}
    assert layers["exhaustive"] is True
    assert rooms <= named


def test_a_contract_names_every_room_that_it_should_watch() -> None:
    rooms = {f"medview.{p.stem}" for p in (ROOT / "medview").iterdir() if p.is_dir() and any(p.glob("*.py"))}
    may = {
        ("qt", "headless"): {"medview.gui"},
        ("vtk", "vtk-above"): {"medview.view"},
        ("dicom", "dicom-above"): {"medview.files", "medview.network"},
        ("pacs",): {"medview.network"},
        ("torch", "torch-above"): {"medview.learning"},
        ("threads",): {"medview.jobs"},
        ("pickle",): {"medview.jobs"},
    }
    for names, allowed in may.items():
        watched = {room for name in names for room in CONTRACTS[name]["source_modules"]}
        assert rooms - watched <= allowed, names
    assert rooms - set(CONTRACTS["plugin-door"]["forbidden_modules"]) == {"medview.plugin"}


def findings(tree: Path, path: str) -> list[tuple[int, str]]:
    """Return (line, rule) of what ruff finds in a file of the copied tree."""
    done = run("ruff", "check", "--no-cache", "--output-format", "json", path, folder=tree)
    return [(finding["location"]["row"], finding["code"]) for finding in json.loads(done.stdout)]


def use_of(name: str) -> str:
    """Return a line that uses a banned thing."""
    module, _, attribute = name.rpartition(".")
    return f"from {module} import {attribute}" if module else f"import {attribute}"


@pytest.mark.parametrize("path", ["medview/gui/planted.py", "medview/session/planted.py", "plugins/planted/code.py"])
def test_each_ban_is_seen_by_ruff(tree: Path, path: str) -> None:
    header = ['"""Planted."""', "", "from __future__ import annotations", ""]
    text = "\n".join([*header, *[use_of(name) for name in BANS]])
    with Planted(tree, {path: text}):
        found = findings(tree, path)
    first = len(header) + 2
    seen = {row for row, rule in found if rule == "TID251"}
    missed = [name for row, name in enumerate(BANS, start=first) if row not in seen]
    assert missed == []


@pytest.mark.parametrize(
    "line",
    [
        "import threading",
        "from PySide6.QtCore import QThread",
        "from PySide6.QtCore import QThreadPool",
        "from PySide6.QtCore import QRunnable",
        "from PySide6.QtWidgets import QMessageBox",
        "import PySide6.QtCore; PySide6.QtCore.QThread()",
        "from importlib import import_module",
        "import importlib; importlib.import_module('medview')",
        "import importlib.util",
        "from multiprocessing import Process",
        "from concurrent.futures import ThreadPoolExecutor",
        "import pickle",
        "import yaml",
        "eval('1')",
        "exec('1')",
        "import torch; torch.load('weights')",
        "from . import session",
        "# TODO: later",
        "print('to nobody')",
    ],
)
def test_a_banned_line_fails_in_an_ordinary_module(tree: Path, line: str) -> None:
    with Planted(tree, {"medview/session/planted.py": line}):
        rules = {rule for _, rule in findings(tree, "medview/session/planted.py")}
    assert rules & {"TID251", "TID252", "S102", "S307", "FIX002", "T201"}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("medview/jobs/planted.py", "import threading"),
        ("medview/study/shared_array.py", "from multiprocessing import shared_memory"),
        ("medview/plugin/discovery.py", "import importlib.util"),
        ("medview/gui/notice_bar.py", "from PySide6.QtWidgets import QMessageBox"),
    ],
)
def test_what_is_banned_is_allowed_in_its_own_place(tree: Path, path: str, line: str) -> None:
    with Planted(tree, {path: line}):
        assert "TID251" not in {rule for _, rule in findings(tree, path)}
