"""From a bare checkout to a running MedView: ``python3 installer/bootstrap.py demo|test|lint|bench|venv|clean``.

Uses the standard library alone and works on Linux, macOS and Windows with Python 3.11 or newer. Makes ``.venv`` beside
this folder, installs the versions of ``requirements.lock`` into it, sees to the system's libraries, and then does what
was asked. A second run finds all that done and starts at once.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from installer.system_needs import Need, install_command, missing_needs

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "installer" / "requirements.lock"
STAMP = VENV / "medview-setup.json"
LOG = VENV / "medview-setup.log"
WINDOWS = os.name == "nt"
OLDEST, NEWEST = (3, 11), (3, 14)
NEEDED_BYTES = 4 * 10**9
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("lint-imports", "--no-logo"),
    ("mypy",),
)
LITTER = ("build", "dist", "out", "demo_output", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache")


class SetUpError(Exception):
    """The set-up cannot go on; the text says why and what would help."""


class StepError(Exception):
    """A command ended with an error; `lines` is what it said."""

    def __init__(self, title: str, lines: list[str]) -> None:
        super().__init__(title)
        self.lines = lines


# ---------------------------------------------------------------- telling a person what goes on


class Ticker:
    """One line on the terminal that tells what is going on and for how long; a line every 20 s where there is none."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._start_s = time.monotonic()
        self._told_s = self._start_s
        self._live = sys.stdout.isatty()
        print(f"  {title} ...", end="" if self._live else "\n", flush=True)

    def tick(self, detail: str) -> None:
        """Tell what is being done just now."""
        now_s = time.monotonic()
        text = f"  {self._title} ... {self.elapsed()} {detail}"
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{text[:width]:<{width}}", end="", flush=True)
        elif now_s - self._told_s >= 20:
            self._told_s = now_s
            print(text, flush=True)

    def end(self, word: str = "done") -> None:
        """Tell that it is over."""
        self.tick("")
        print(f"{chr(13) if self._live else ''}  {self._title}: {word} in {self.elapsed()}", flush=True)

    def elapsed(self) -> str:
        """Return minutes and seconds since the start."""
        seconds = int(time.monotonic() - self._start_s)
        return f"{seconds // 60}:{seconds % 60:02d} min"


def follow(title: str, command: Sequence[str | Path], tell: Callable[[str], str | None] = lambda line: None) -> None:
    """Run a command with its output in the log and one line for the person.

    `tell` makes a line of output into what the person reads, or None. Raises StepError.
    """
    ticker = Ticker(title)
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        encoding="utf-8",
        errors="replace",
    )
    lines: list[str] = []
    heard: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(process, heard), daemon=True).start()
    detail = ""
    while True:
        try:
            line = heard.get(timeout=1.0)
        except queue.Empty:
            ticker.tick(detail)
            continue
        if line is None:
            break
        lines.append(line.rstrip())
        detail = tell(line) or detail
        ticker.tick(detail)
    code = process.wait()
    _keep_log(command, lines)
    ticker.end("done" if code == 0 else "failed")
    if code != 0:
        raise StepError(title, lines)


def _listen(process: subprocess.Popen[str], heard: queue.SimpleQueue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        heard.put(line)
    heard.put(None)


def _keep_log(command: Sequence[str | Path], lines: list[str]) -> None:
    if VENV.is_dir():
        with LOG.open("a", encoding="utf-8") as log:
            log.write("\n".join(["$ " + " ".join(map(str, command)), *lines, ""]))


def _environment() -> dict[str, str]:
    """Return the environment of the commands: unpacked packages go to the disk whose space was checked."""
    environment = {**os.environ, "PYTHONUTF8": "1", "DEBIAN_FRONTEND": "noninteractive"}
    if VENV.is_dir():
        (VENV / "tmp").mkdir(exist_ok=True)
        environment.update({name: str(VENV / "tmp") for name in ("TMPDIR", "TEMP", "TMP")})
    return environment


# ---------------------------------------------------------------- Python and the virtual environment


def use_fit_python() -> None:
    """Go on in a Python that is new enough, looked for by name where this one is not."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])
    raise SetUpError(
        f"MedView needs Python {_dotted(OLDEST)} or newer, and this is {_dotted(sys.version_info[:2])}. "
        f"Install a newer Python and run: python{_dotted(NEWEST)} {' '.join(sys.argv)}"
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def venv_python() -> Path:
    """Return the interpreter of the virtual environment."""
    return VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")


def venv_script(name: str) -> Path:
    """Return a command of the virtual environment."""
    return VENV / (f"Scripts/{name}.exe" if WINDOWS else f"bin/{name}")


def set_up(extras: frozenset[str]) -> None:
    """Make the virtual environment and install the pinned packages for `extras`, where that is not done."""
    done = _stamp()
    state = _state()
    if done.get("state") == state and extras <= set(done.get("extras", ())) and venv_python().exists():
        return
    check_disk()
    print("MedView is being set up. The first time, this takes some minutes.", flush=True)
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
    return [hashlib.sha256(text).hexdigest(), _dotted(sys.version_info[:2]), str(ROOT)]


def _venv_works() -> bool:
    """Whether the virtual environment was made here, by a Python of this version, with a pip that runs."""
    try:
        made = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    if str(VENV) not in made or f"version = {_dotted(sys.version_info[:2])}." not in made:
        return False  # its scripts name the folder and the Python they were made for
    command = [str(venv_python()), "-m", "pip", "--version"]
    return venv_python().exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def check_disk() -> None:
    """Raise where the packages will not fit."""
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES and not STAMP.exists():
        raise SetUpError(
            f"{ROOT} has {free / 1e9:.1f} GB free, and MedView with its libraries needs about "
            f"{NEEDED_BYTES / 1e9:.0f} GB. Free some space, or put the checkout on another disk."
        )


def make_venv() -> None:
    """Make the virtual environment anew."""
    if importlib.util.find_spec("ensurepip") is None:
        version = _dotted(sys.version_info[:2])
        provide([Need("ensurepip", f"python{version}-venv", "the module ensurepip, which makes virtual environments")])
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        follow("Virtual environment", [sys.executable, "-m", "venv", VENV])
    except StepError as failure:
        raise SetUpError("Python could not make a virtual environment:\n" + _ending(failure.lines)) from failure


def install(extras: frozenset[str]) -> None:
    """Install the program, editable, with the pinned packages that it and `extras` need."""
    pip: list[str | Path] = [venv_python(), "-m", "pip"]
    pip += ["install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    wanted = f".[{','.join(sorted(extras))}]" if extras else "."
    try:
        follow("Build tools", [*pip, "-c", LOCK, "hatchling", "editables"])
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
        return "The disk is full. MedView with its libraries needs about 4 GB: free some space and start again."
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
    return f"pip could not install the packages. Details: {LOG}\n{_ending(lines)}"


def _ending(lines: list[str]) -> str:
    errors = [line for line in lines if line.lstrip().startswith(("ERROR", "error:", "E:"))]
    return "\n".join((errors or [line for line in lines if line])[-6:])


# ---------------------------------------------------------------- the system's libraries


def provide(needs: Sequence[Need], *, essential: bool = True) -> None:
    """Install what the system lacks where that is possible without asking, else say how.

    Raises SetUpError where the needs are essential and remain.
    """
    if not needs:
        return
    packages = [need.debian_package for need in needs]
    if _may_apt():
        _apt_install(packages)
        return
    listing = "\n".join(f"  {need.name:<26} {need.what}" for need in needs)
    sentence = f"Your system lacks what MedView needs:\n{listing}\n{install_command(needs)}"
    if essential:
        raise SetUpError(f"{sentence}\nThen start again.")
    print(sentence, file=sys.stderr)


def _may_apt() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(packages: list[str]) -> None:
    options = ("-o", "DPkg::Lock::Timeout=120")
    command = ["apt-get", *options, "install", "-y", "--no-install-recommends", *packages]
    title = f"System packages ({len(packages)})"
    try:
        follow(title, command)
    except StepError:
        # a new machine has no package lists, an old one stale ones
        try:
            follow("Package lists", ["apt-get", *options, "update"])
            follow(title, command)
        except StepError as failure:
            shown = " ".join(command)
            raise SetUpError(f"{shown}\ndid not succeed:\n{_ending(failure.lines)}") from failure


def check_screen(arguments: Sequence[str]) -> None:
    """Raise where a window is wanted and there is no screen to put it on."""
    if sys.platform != "linux" or "--headless" in arguments:
        return
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        raise SetUpError(
            "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set). Run the demo without a window:\n"
            "  make demo ARGS=--headless"
        )


# ---------------------------------------------------------------- the verbs


def demo(arguments: list[str]) -> int:
    """Open the window on the demo study, or with --headless do the same without one."""
    check_screen(arguments)
    wants_fonts = "--chinese-fonts" in arguments or os.environ.get("LANG", "").startswith("zh")
    arguments = [argument for argument in arguments if argument != "--chinese-fonts"]
    provide(missing_needs(fonts=wants_fonts), essential="--headless" not in arguments)
    set_up(frozenset({"demo"}))
    command = [str(venv_python()), "-m", "medview", "demo", *arguments]
    print("Starting MedView.", flush=True)
    if not WINDOWS:
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


def test(arguments: list[str]) -> int:
    """Run every check and all tests; the arguments go to pytest, whose closing line comes last."""
    provide(missing_needs(fonts=True, virtual_screen=True))
    set_up(frozenset({"demo", "dev"}))
    failed = _failed_checks()
    start_s = time.monotonic()
    code, closing = _pytest(arguments)
    print(f"pytest: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - start_s:.0f} s")
    if failed:
        print(f"FAILED before the tests: {', '.join(failed)}")
    print(closing, flush=True)
    return 1 if failed or code else 0


def _failed_checks() -> list[str]:
    failed = []
    for tool, *arguments in CHECKS:
        start_s = time.monotonic()
        code = subprocess.run([str(venv_script(tool)), *arguments], cwd=ROOT, check=False).returncode
        name = " ".join([tool, *arguments])
        print(f"{name}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - start_s:.0f} s", flush=True)
        if code:
            failed.append(name)
    return failed


def _pytest(arguments: list[str]) -> tuple[int, str]:
    """Run the tests; return the exit code and the closing line."""
    colour = "--color=yes" if sys.stdout.isatty() else "--color=no"
    command = [str(venv_python()), "-m", "pytest", colour, *arguments]
    closing = "pytest said nothing"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", errors="replace") as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            closing = line.strip() or closing
    return process.returncode, closing


def lint(arguments: list[str]) -> int:
    """Run the checks without the tests."""
    set_up(frozenset({"dev"}))
    return 1 if _failed_checks() else 0


def bench(arguments: list[str]) -> int:
    """Run the benchmarks, or the named ones alone: tests/benchmarks/bench_NAME.py."""
    provide(missing_needs(virtual_screen=True))
    set_up(frozenset({"demo", "dev"}))
    folder = ROOT / "tests" / "benchmarks"
    found = {path.stem.removeprefix("bench_"): path for path in sorted(folder.glob("bench_*.py"))}
    unknown = set(arguments) - set(found)
    if unknown:
        raise SetUpError(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(found)}.")
    codes = [
        subprocess.run([str(venv_python()), str(found[name])], cwd=ROOT, check=False).returncode
        for name in arguments or found
    ]
    return 1 if any(codes) else 0


def venv(arguments: list[str]) -> int:
    """Set everything up and start nothing; names of extras may follow."""
    provide(missing_needs(), essential=False)
    set_up(frozenset(arguments or {"demo", "dev"}))
    print(f"Ready: {venv_python()}")
    return 0


def clean(arguments: list[str]) -> int:
    """Remove the virtual environment, caches and what was built."""
    for name in (".venv", *LITTER):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0


VERBS = {"demo": demo, "test": test, "lint": lint, "bench": bench, "venv": venv, "clean": clean}


def main() -> int:
    """Do what the command line asks for."""
    what = "\n".join(f"  {name:<6} {verb.__doc__}" for name, verb in VERBS.items())
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", epilog=what, formatter_class=argparse.RawDescriptionHelpFormatter, add_help=True
    )
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="handed on to what is started")
    chosen = parser.parse_args()
    try:
        use_fit_python()
        return VERBS[chosen.verb](chosen.arguments)
    except SetUpError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Start again, and the set-up goes on where it was.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
