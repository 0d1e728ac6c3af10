"""`medview run` runs a plugin where its manifest wants it, and ends all of it with Ctrl+C."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import psutil
import pytest

from medview import read
from medview import run as run_plugin
from medview.plugin.discovery import Plugin, discover
from medview.plugin.environment import environment_folder, mark_ready
from tests.files.make_dicom import write_stack
from tests.plugin.folders import MANIFEST, write_plugin
from tests.walk.command_line import ROOT, answer, medview, refusal

CT = MANIFEST.replace('modality = ["MR"]', 'modality = ["CT"]')
ALONE = '\n[runtime]\nisolation = "process"\n'
BRIGHT = """
import sys
from medview.plugin import Labels

def run(request, context):
    level = LEVEL
    return Labels((request.volume.array > level).astype("uint8"), request.segments)
"""
# it starts a process that would outlive it, tells its number, and never listens again
DEAF = """
import ctypes, subprocess, sys, time
from pathlib import Path

def run(request, context):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
    Path(TOLD).write_text(str(child.pid))
    ctypes.PyDLL(None).sleep(3600)
"""


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of CT slices whose values are -24, -23, -22, -21."""
    monkeypatch.setenv("MEDVIEW_HOME", str(tmp_path / "home"))
    return write_stack(tmp_path / "images", 4)


def own_plugin(tmp_path: Path, runtime: str, code: str) -> Plugin:
    """Write a plugin among the person's own."""
    folder = tmp_path / "home" / "plugins"
    write_plugin(folder, CT + runtime, code)
    (plugin,) = discover([folder])
    assert isinstance(plugin, Plugin), plugin
    return plugin


def with_environment(tmp_path: Path, code: str, *, is_made: bool = True) -> Plugin:
    """Write a plugin with a Python of its own, which has a module that the program's has not."""
    lock = b"acme-level==1.0\n"
    runtime = f'lock = {{ file = "lock.txt", sha256 = "{hashlib.sha256(lock).hexdigest()}" }}\n'
    plugin = own_plugin(tmp_path, '\n[runtime]\nisolation = "venv"\n' + runtime, code)
    (plugin.folder / "lock.txt").write_bytes(lock)
    if is_made:
        folder = environment_folder(plugin)
        venv.create(folder, symlinks=True)
        (packages,) = (p for p in folder.rglob("site-packages") if p.parent.parent.name != "lib64")
        (packages / "acme_level.py").write_text("LEVEL = -23\n")
        mark_ready(folder)
    return plugin


def test_a_plugin_with_packages_of_its_own_runs_in_its_own_python(images: Path, tmp_path: Path) -> None:
    code = BRIGHT.replace("LEVEL", "acme_level.LEVEL").replace("import sys", "import sys, acme_level")
    prefix = 'assert "environments" in sys.prefix, sys.prefix\n'
    with_environment(tmp_path, prefix.join(("import sys\n", code)))
    data = answer("run", "threshold", images, "-o", tmp_path / "out")
    labels = np.asarray(nibabel.load(tmp_path / "out" / "segmentation.nii.gz").dataobj).T
    assert [int(plane.max()) for plane in labels] == [0, 0, 1, 1]
    assert data["segments"][0]["voxels"] == labels.sum()
    assert data["provenance"]["plugin"] == "threshold"
    result = run_plugin("threshold", read(images))  # from a script, which has another Python, too
    np.testing.assert_array_equal(result.labels.array, labels)


def test_packages_that_are_not_installed_are_told_before_anything_is_read(images: Path, tmp_path: Path) -> None:
    with_environment(tmp_path, BRIGHT, is_made=False)
    said = refusal("run", "threshold", images, "-o", tmp_path / "out")
    assert said == (
        "Threshold needs packages of its own, which are not installed yet. "
        "Install them with: medview models install threshold"
    )
    assert not (tmp_path / "out").exists()


def test_a_plugin_that_crashes_in_its_process_ends_in_a_sentence(images: Path, tmp_path: Path) -> None:
    own_plugin(tmp_path, ALONE, "import os\ndef run(request, context):\n    os.abort()\n")
    assert "Threshold ended the process it ran in (exit code -6)." in refusal(
        "run", "threshold", images, "-o", tmp_path / "out"
    )
    assert list((tmp_path / "out").iterdir()) == []


def test_images_in_an_archive_are_there_until_the_results_are_written(images: Path, tmp_path: Path) -> None:
    own_plugin(tmp_path, "", BRIGHT.replace("LEVEL", "-23"))
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for path in images.iterdir():
            archive.write(path, path.name)
    done = medview("run", "threshold", tmp_path / "images.zip", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "segmentation.dcm", "segmentation.nii.gz", "result.json",
    }  # fmt: skip
    assert json.loads((tmp_path / "out" / "result.json").read_text())["segments"][0]["label"] == "Bright"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one program alone")
@pytest.mark.parametrize("where", ["worker", "venv"])
def test_ctrl_c_ends_the_plugin_and_what_it_has_started(where: str, images: Path, tmp_path: Path) -> None:
    told = tmp_path / "child"
    code = DEAF.replace("TOLD", repr(str(told)))
    if where == "venv":
        with_environment(tmp_path, code)
    else:
        own_plugin(tmp_path, "", code)
    words = ["run", "threshold", str(images), "-o", str(tmp_path / "out")]
    program = subprocess.Popen(
        [sys.executable, "-m", "medview", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: (told.is_file() and told.read_text()) or program.poll() is not None)
        family = psutil.Process(program.pid).children(recursive=True)
        assert int(told.read_text()) in {process.pid for process in family}
        program.send_signal(signal.SIGINT)
        time.sleep(0.2)
        program.send_signal(signal.SIGINT)  # whoever is impatient presses it again
        _, said = program.communicate(timeout=30)
    finally:
        program.kill()
    assert program.returncode == 1
    assert said.strip().splitlines()[-1] == "medview: Cancelled."
    assert "Traceback" not in said
    _, alive = psutil.wait_procs(family, timeout=5)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a condition, a minute at most."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
