"""The lock: exact, complete, and free of what must not be in it."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = [
    Requirement(line)
    for line in (ROOT / "installer/requirements.lock").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PINS = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in LOCK}
STATED = [
    Requirement(text)
    for text in (*PROJECT["dependencies"], *(t for extra in PROJECT["optional-dependencies"].values() for t in extra))
]
_OF_TORCH_ON_SOME_PLATFORMS = ("nvidia-", "cuda-", "triton")


def test_every_line_is_one_exact_version() -> None:
    assert all(len(pin.specifier) == 1 and str(pin.specifier).startswith("==") for pin in LOCK)
    assert len(PINS) == len(LOCK)


def test_the_versions_that_must_not_move_are_there() -> None:
    assert PINS["pyside6-essentials"] == PINS["shiboken6"] == "6.11.3"
    assert PINS["torch"] == "2.13.0"
    assert PINS["dicom3tools"] == "20260927"


def test_no_gpl_decoder_and_no_second_qt() -> None:
    assert not {"pylibjpeg-libjpeg", "pyside6", "pyside6-addons", "pyqt5", "pyqt6"} & set(PINS)


def test_the_lock_fits_what_pyproject_asks_for() -> None:
    assert {"demo", "dev", "fast"} == set(PROJECT["optional-dependencies"])
    unfit = [str(r) for r in STATED if not r.specifier.contains(PINS.get(canonicalize_name(r.name), "0"))]
    assert unfit == []


def _needed_by(name: str, extras: set[str]) -> list[Requirement]:
    try:
        found = [Requirement(text) for text in requires(name) or ()]
    except PackageNotFoundError:  # of another platform, or not needed by these tests
        return []
    return [r for r in found if r.marker is None or any(r.marker.evaluate({"extra": e}) for e in extras | {""})]


def test_the_lock_is_the_whole_closure() -> None:
    todo, seen = list(STATED), set[str]()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name not in seen:
            seen.add(name)
            todo += _needed_by(name, requirement.extras)
    assert {name for name in seen - set(PINS) if not name.startswith(_OF_TORCH_ON_SOME_PLATFORMS)} == set()


def _imported(folder: Path) -> set[str]:
    """Return the top-level names that the code in a folder imports, at its start or later, from outside."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"medview", "plugins"}


@pytest.mark.parametrize(("folder", "extras"), [("medview", ("fast",)), ("plugins", ("demo",))])
def test_what_is_imported_is_asked_for(folder: str, extras: tuple[str, ...]) -> None:
    texts = [*PROJECT["dependencies"], *(t for extra in extras for t in PROJECT["optional-dependencies"][extra])]
    asked = {canonicalize_name(Requirement(text).name) for text in texts}
    brought_by = packages_distributions()
    unasked = {
        name
        for name in _imported(ROOT / folder)
        if not asked & {canonicalize_name(d) for d in brought_by.get(name, (name,))}
    }
    assert unasked == set()
