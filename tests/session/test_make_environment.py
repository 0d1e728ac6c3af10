"""A plugin with packages of its own runs in a Python of its own, and changes nothing of the program's."""

from __future__ import annotations

import base64
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from medview.errors import MedViewError
from medview.jobs.job_queue import JobQueue
from medview.plugin.discovery import Plugin, discover
from medview.plugin.environment import environment_folder, is_ready, own_python
from medview.plugin.run import PluginRun
from medview.progress import Cancelled, unheard
from medview.session.make_environment import make_environment
from tests.plugin.folders import MANIFEST, volume_of, write_plugin

CODE = """
import os, sys, time
import acme_threshold
from medview.plugin import Labels

def run(request, context):
    time.sleep(0.1)  # progress is told twenty times a second at most
    context.progress(0.5, f"{os.getpid()} {sys.prefix}")
    return Labels((request.volume.array > acme_threshold.LEVEL).astype("uint8"), request.segments)
"""


def wheel(folder: Path) -> str:
    """Write a package of one line as a wheel and return its SHA-256."""
    files = {
        "acme_threshold.py": b"LEVEL = 17\n",
        "acme_threshold-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: acme-threshold\nVersion: 1.0\n",
        "acme_threshold-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(b).digest()).rstrip(b'=').decode()},{len(b)}"
        for name, b in files.items()
    ]
    record = "acme_threshold-1.0.dist-info/RECORD"
    files[record] = "\n".join([*rows, f"{record},,", ""]).encode()
    folder.mkdir()
    path = folder / "acme_threshold-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    monkeypatch.setenv("MEDVIEW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    lock = f"acme-threshold==1.0 --hash=sha256:{wheel(tmp_path / 'wheels')}\n"
    runtime = f"""
[runtime]
isolation = "venv"
lock = {{ file = "lock.txt", sha256 = "{hashlib.sha256(lock.encode()).hexdigest()}" }}
"""
    home = write_plugin(tmp_path / "plugins", MANIFEST + runtime, CODE)
    (home / "lock.txt").write_bytes(lock.encode())
    (found,) = discover([tmp_path / "plugins"])
    assert isinstance(found, Plugin), found
    return found


@pytest.fixture
def jobs() -> Iterator[JobQueue]:
    queue = JobQueue()
    yield queue
    queue.stop()


def test_it_is_made_once_and_the_plugin_runs_in_it(plugin: Plugin, jobs: JobQueue) -> None:
    with pytest.raises(MedViewError, match="Threshold needs packages of its own, which are not installed yet"):
        own_python(plugin)
    assert make_environment(plugin, unheard)
    assert not make_environment(plugin, unheard)
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    volume, results, told = volume_of(array), [], []
    work = PluginRun(plugin, volume)
    job = jobs.submit("Threshold", work, place="gpu", on_done=results.append, python=own_python(plugin))
    job.changed.connect(lambda: told.append(job.text))
    jobs.wait(job, timeout_s=120)
    assert job.state == "done", job.error
    np.testing.assert_array_equal(results[0].labels.array, array > 17)
    np.testing.assert_array_equal(volume.array, array)  # still there though the other Python has gone
    prefixes = {text.split()[1] for text in told if text}
    assert prefixes == {str(environment_folder(plugin))}
    with pytest.raises(MedViewError, match="Threshold runs in an environment of its own"):
        PluginRun(plugin, volume_of(np.ones((2, 3, 4), dtype=np.float32)))(unheard)  # never in the program's own
    assert "acme_threshold" not in sys.modules
    with pytest.raises(MedViewError, match="Threshold runs in an environment of its own"):
        work(unheard)  # never in the program's own Python, whatever that happens to hold


def test_a_lock_that_was_changed_or_a_package_that_differs_is_refused(plugin: Plugin, tmp_path: Path) -> None:
    lock = plugin.folder / "lock.txt"
    before = lock.read_text(encoding="utf-8")
    lock.write_text(before + "# more\n", encoding="utf-8")
    with pytest.raises(MedViewError, match=r"The list of packages lock\.txt of Threshold is not the one"):
        make_environment(plugin, unheard)
    lock.write_text(before, encoding="utf-8")
    package = next((tmp_path / "wheels").iterdir())
    package.write_bytes(package.read_bytes() + b" ")
    with pytest.raises(MedViewError, match="did not succeed"):
        make_environment(plugin, unheard)
    assert not is_ready(plugin)


def test_a_cancel_leaves_no_environment_that_looks_whole(plugin: Plugin) -> None:
    def unwanted(fraction: float, text: str = "") -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        make_environment(plugin, unwanted)
    assert not is_ready(plugin)
