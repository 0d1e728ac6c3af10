"""What the set-up says and does where things are not as they should be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer import virtual_environment
from installer.step import SetUpError, StepError, follow
from installer.system_needs import LIBRARIES, Need, install_command, missing_needs, provide

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a bare checkout: the installer and what it reads."""
    shutil.copytree(ROOT / "installer", tmp_path / "installer", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def start(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(checkout / "installer/bootstrap.py"), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)


def test_the_verbs_are_told() -> None:
    done = start(ROOT, "--help", **os.environ)
    assert done.returncode == 0
    assert all(f"  {verb:<6} " in done.stdout for verb in ("demo", "test", "lint", "bench", "venv", "clean"))


def test_an_unknown_verb_is_a_mistake_of_use() -> None:
    assert start(ROOT, "launch", **os.environ).returncode == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_a_demo_without_a_screen_says_how_to_run_it(checkout: Path) -> None:
    done = start(checkout, "demo", PATH=os.environ["PATH"])
    assert done.returncode == 1
    assert "There is no screen here" in done.stderr
    assert "make demo ARGS=--headless" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (checkout / ".venv").exists()


def test_clean_removes_what_was_made_and_nothing_else(checkout: Path) -> None:
    for name in (".venv", "build", "demo_output", "medview"):
        (checkout / name).mkdir()
    assert start(checkout, "clean", **os.environ).returncode == 0
    assert sorted(p.name for p in checkout.iterdir()) == ["installer", "medview", "pyproject.toml"]


def test_an_old_python_says_what_is_needed(tmp_path: Path) -> None:
    source = (ROOT / "installer/bootstrap.py").read_text(encoding="utf-8")
    pretend = f"import sys; sys.version_info = (3, 6, 8); exec({source!r})"
    done = subprocess.run(
        [sys.executable, "-c", pretend, "demo"],
        capture_output=True,
        encoding="utf-8",
        env={"PATH": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(
        "MedView needs Python 3.11 or newer, and this is 3.6. Install a newer Python and run:"
    )
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has the py launcher")
def test_an_old_python_hands_over_to_a_newer_one(tmp_path: Path) -> None:
    newer = tmp_path / "python3.12"
    newer.write_text('#!/bin/sh\necho newer "$@"\n')
    newer.chmod(0o755)
    source = (ROOT / "installer/bootstrap.py").read_text(encoding="utf-8")
    pretend = f"import sys; sys.version_info = (3, 8, 1); sys.argv = ['bootstrap.py', 'demo']; exec({source!r})"
    done = subprocess.run(
        [sys.executable, "-c", pretend], capture_output=True, encoding="utf-8", env={"PATH": str(tmp_path)}, check=False
    )
    assert done.stdout == "newer bootstrap.py demo\n"


def test_a_small_disk_is_told_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(virtual_environment, "STAMP", tmp_path / "none.json")
    monkeypatch.setattr(virtual_environment, "NEEDED_BYTES", 10**18)
    with pytest.raises(SetUpError, match=r"has [\d.]+ GB free, and MedView .* needs about 1000000000 GB"):
        virtual_environment.check_disk()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Failed to establish a new connection: [Errno -3] Temporary failure in name resolution", "cannot be reached"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "PIP_CERT"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for vtk==9.7.2", "No matching distribution found for vtk"),
    ],
)
def test_a_failed_installation_says_why(line: str, sentence: str) -> None:
    assert sentence in virtual_environment._why_pip_failed(["Collecting vtk==9.7.2", line])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Collecting numpy==2.4.6 (from -c requirements.lock)", "looking for numpy"),
        ("  Downloading https://index/torch-2.13.0-cp311.whl (754.1 MB)", "downloading torch (754.1 MB)"),
        ("Installing collected packages: a, b, c", "unpacking 3 packages"),
        ("Requirement already satisfied: a", None),
    ],
)
def test_the_person_reads_what_pip_is_at(line: str, told: str | None) -> None:
    assert virtual_environment._told_by_pip(line) == told


def test_a_command_that_fails_hands_over_what_it_said(capfd: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-c", "print('first', flush=True); import sys; sys.exit('second')"]
    with pytest.raises(StepError, match="A step") as failure:
        follow("A step", command)
    assert failure.value.lines == ["first", "second"]
    assert "A step: failed in 0:0" in capfd.readouterr().out


def test_a_set_up_that_is_done_is_not_done_again(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
    python = checkout / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    for name, path in {
        "STAMP": checkout / ".venv/stamp.json",
        "LOCK": checkout / "installer/requirements.lock",
    }.items():
        monkeypatch.setattr(virtual_environment, name, path)
    monkeypatch.setattr(virtual_environment, "ROOT", checkout)
    monkeypatch.setattr(virtual_environment, "venv_python", lambda: python)
    monkeypatch.setattr(virtual_environment, "NEEDED_BYTES", 10**18)
    virtual_environment.STAMP.write_text(json.dumps({"state": virtual_environment._state(), "extras": ["demo", "dev"]}))
    virtual_environment.set_up(frozenset({"demo"}))

    virtual_environment.LOCK.write_text("numpy==9.9.9\n")
    virtual_environment.STAMP.rename(checkout / ".venv/old.json")
    with pytest.raises(SetUpError, match="GB free"):
        virtual_environment.set_up(frozenset({"demo"}))


@pytest.mark.skipif(sys.platform != "linux", reason="the wheels of other systems bring all")
class TestSystemNeeds:
    def test_this_machine_has_what_it_needs_to_run_these_tests(self) -> None:
        assert missing_needs() == []

    @pytest.mark.parametrize(
        ("tool", "command"),
        [
            ("apt-get", "apt-get install -y --no-install-recommends libgl1 libegl1"),
            ("dnf", "sudo dnf install 'libGL.so.1()(64bit)' 'libEGL.so.1()(64bit)'"),
            ("zypper", "sudo zypper install 'libGL.so.1()(64bit)' 'libEGL.so.1()(64bit)'"),
            ("none", "Install the packages of your distribution that bring these files."),
        ],
    )
    def test_a_missing_library_comes_with_the_command_of_the_distribution(
        self, tool: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / tool).touch(mode=0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert command in install_command(LIBRARIES[:2])

    def test_where_nothing_can_be_installed_the_list_is_readable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        needs = [Need("libnothing.so.9", "libnothing9", "nothing at all")]
        with pytest.raises(SetUpError, match=r"lacks what MedView needs:\n  libnothing\.so\.9 +nothing at all"):
            provide(needs)
        provide(needs, essential=False)
