"""The wheel: an installed MedView finds what a checkout has beside the package."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import medview

ROOT = Path(__file__).resolve().parent.parent.parent
pytest.importorskip("hatchling", reason="hatchling, of the extra dev, builds the wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the names in the wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    assert built.name == f"medview-{medview.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(("folder", "inside"), [("resources", "_resources"), ("plugins", "_plugins")])
def test_resources_and_plugins_travel_with_it(wheel: set[str], folder: str, inside: str) -> None:
    ours = [
        p.relative_to(ROOT / folder) for p in (ROOT / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts
    ]
    assert ours
    assert {f"medview/{inside}/{path.as_posix()}" for path in ours} <= wheel


def test_it_holds_the_program_and_its_licences_and_nothing_else(wheel: set[str]) -> None:
    assert {"medview/py.typed", "medview/__main__.py"} <= wheel
    assert {name.split("/")[-1] for name in wheel if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"medview"}
