"""The virtual environment of a checkout, with the packages of the lock."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from installer.checkout import LOCK, LOG, ROOT, STAMP, VENV, venv_python
from installer.step import SetUpError, StepError, ending, follow
from installer.system_needs import Need, provide

NEEDED_BYTES = 4 * 10**9
_CUDA = ", or 9 GB where torch comes with CUDA" if sys.platform == "linux" else ""
_GREETING = "MedView is being set up. The first time, this takes some minutes."


def dotted(version: tuple[int, ...]) -> str:
    """Return a version as people write it."""
    return ".".join(map(str, version))


def set_up(extras: frozenset[str]) -> None:
    """Make the virtual environment and install the pinned packages for `extras`, where that is not done."""
    done = _stamp()
    state = _state()
    if done.get("state") == state and extras <= set(done.get("extras", ())) and venv_python().exists():
        return
    check_disk()
    print(_GREETING if not done else "MedView's packages are being brought up to date.", flush=True)
    start_s = time.monotonic()
    if not _venv_works():
        make_venv()
    extras |= frozenset(done.get("extras", ()))
    STAMP.unlink(missing_ok=True)
    install(extras)
    shutil.rmtree(VENV / "tmp", ignore_errors=True)
    STAMP.write_text(json.dumps({"state": state, "extras": sorted(extras)}), encoding="utf-8")
    print(f"MedView is set up ({time.monotonic() - start_s:.0f} s). The next start is immediate.", flush=True)


def _stamp() -> dict[str, list[str]]:
    try:
        found: dict[str, list[str]] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _state() -> list[str]:
    """Return what an installation depends on: the lock, pyproject.toml, the Python and the place."""
    text = b"".join(path.read_bytes() for path in (LOCK, ROOT / "pyproject.toml"))
    return [hashlib.sha256(text).hexdigest(), dotted(sys.version_info[:2]), str(ROOT)]


def _venv_works() -> bool:
    """Whether the virtual environment was made here, by a Python of this version, with a pip that runs."""
    try:
        made = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    if str(VENV) not in made or f"version = {dotted(sys.version_info[:2])}." not in made:
        return False  # its scripts name the folder and the Python they were made for
    command = [str(venv_python()), "-m", "pip", "--version"]
    return venv_python().exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def check_disk() -> None:
    """Raise where the packages will not fit."""
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES and not STAMP.exists():
        raise SetUpError(
            f"{ROOT} has {free / 1e9:.1f} GB free, and MedView with its libraries needs about "
            f"{NEEDED_BYTES / 1e9:.0f} GB{_CUDA}. Free some space, or put the checkout on another disk."
        )


def venv_needs() -> list[Need]:
    """Return what is missing for a virtual environment; Debian and Ubuntu package a part of Python on its own."""
    if importlib.util.find_spec("ensurepip") is not None or _venv_works():
        return []
    package = f"python{dotted(sys.version_info[:2])}-venv"
    return [Need("ensurepip", package, "the part of Python that makes virtual environments")]


def make_venv() -> None:
    """Make the virtual environment anew."""
    provide(venv_needs())
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        follow("Virtual environment", [sys.executable, "-m", "venv", VENV])
    except StepError as failure:
        raise SetUpError("Python could not make a virtual environment:\n" + ending(failure.lines)) from failure


def install(extras: frozenset[str]) -> None:
    """Install the program, editable, with the pinned packages that it and `extras` need."""
    pip: list[str | Path] = [venv_python(), "-m", "pip"]
    pip += ["install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    wanted = f".[{','.join(sorted(extras))}]" if extras else "."
    try:
        follow("Build tools", [*pip, "-c", LOCK, "hatchling", "editables", "setuptools"])
        follow("Packages", [*pip, "-c", LOCK, "--no-build-isolation", "-e", wanted], _told_by_pip)
    except StepError as failure:
        raise SetUpError(_why_pip_failed(failure.lines)) from failure


def _told_by_pip(line: str) -> str | None:
    words = line.split()
    if line.startswith("Collecting") and len(words) > 1:
        return f"looking for {re.split('[=<>!~; ]', words[1])[0]}"
    if line.strip().startswith("Downloading") and len(words) > 1:
        return f"downloading {words[1].rsplit('/', 1)[-1].split('-')[0]} {' '.join(words[2:])}"
    if line.startswith("Installing collected packages"):
        return f"unpacking {line.count(',') + 1} packages"
    return None


_NO_NETWORK = re.compile(
    "NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|name resolution|Name or service not known|getaddrinfo|"
    "Network is unreachable|Connection (refused|reset)"
)


def _why_pip_failed(lines: list[str]) -> str:
    text = "\n".join(lines)
    if "No space left on device" in text:
        return f"The disk is full. MedView with its libraries needs about 4 GB{_CUDA}: free some space and start again."
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return (
            "The certificate of the package index is not trusted here, as behind a proxy that opens connections. Set "
            f"PIP_CERT to the file with the proxy's certificate and start again. Details: {LOG}"
        )
    if _NO_NETWORK.search(text):
        return (
            "The package index cannot be reached. Connect to the network (behind a proxy, set HTTPS_PROXY; with a "
            f"mirror, pip's index-url) and start again. Details: {LOG}"
        )
    return f"pip could not install the packages. Details: {LOG}\n{ending(lines)}"
