"""What ``installer/bootstrap.py`` can be asked for: demo, test, lint, bench, hostile, truth, venv, clean."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from installer.checkout import ROOT, WINDOWS, venv_python, venv_script
from installer.step import SetUpError
from installer.system_needs import may_apt, missing_needs, missing_wayland, provide
from installer.virtual_environment import set_up, venv_needs

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("lint-imports", "--no-logo"),
    ("mypy",),
)
LIMIT_S = 18 * 60  # of continuous integration, set-up included: who waits for it reads why, instead of nothing
GRACE_S = 30
LITTER = ("build", "dist", "out", "demo_output", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache")


def check_screen(arguments: Sequence[str]) -> None:
    """Raise where a window is wanted and there is no screen to put it on."""
    if sys.platform != "linux" or "--headless" in arguments:
        return
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        raise SetUpError(
            "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set). Run the demo without a window:\n"
            "  make demo ARGS=--headless"
        )


def demo(arguments: list[str]) -> int:
    """Open the window on the demo study, or with --headless do the same without one."""
    check_screen(arguments)
    wants_fonts = "--chinese-fonts" in arguments or os.environ.get("LANG", "").startswith("zh")
    arguments = [argument for argument in arguments if argument != "--chinese-fonts"]
    provide(missing_needs(fonts=wants_fonts) + venv_needs(), essential="--headless" not in arguments)
    set_up(frozenset({"demo"}))
    # -P: nothing in the folder the person stands in is imported by mistake
    command = [str(venv_python()), "-P", "-m", "medview", "demo", *arguments]
    print("Starting MedView.", flush=True)
    if not WINDOWS:
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


def test(arguments: list[str]) -> int:
    """Run every check and all tests; the arguments go to pytest, whose closing line comes last."""
    begun_s = time.monotonic()
    provide(missing_needs(fonts=True, virtual_screen=True) + venv_needs() + (missing_wayland() if may_apt() else []))
    set_up(frozenset({"demo", "dev"}))
    failed = _failed_checks()
    start_s = time.monotonic()
    code, closing = _pytest(arguments, LIMIT_S - (start_s - begun_s) if os.environ.get("CI") else None)
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


def _pytest(arguments: list[str], limit_s: float | None = None) -> tuple[int, str]:
    """Run the tests, for `limit_s` at most; return the exit code and the closing line."""
    colour = "--color=yes" if sys.stdout.isatty() else "--color=no"
    command = [str(venv_python()), "-m", "pytest", colour, "--durations=8", *_in_parallel(arguments), *arguments]
    # they end by themselves and say where they were (tests/conftest.py); who cannot even do that is ended from here
    environment = os.environ | ({} if limit_s is None else {"MEDVIEW_TESTS_LIMIT_S": str(int(limit_s))})
    closing = "pytest said nothing"
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8", errors="replace"
    ) as process:
        last_resort = threading.Timer((limit_s or 0) + GRACE_S, _give_up, (process,))
        if limit_s is not None:
            last_resort.start()
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            closing = line.strip() or closing
    last_resort.cancel()
    return process.returncode, closing


def _give_up(process: subprocess.Popen[str]) -> None:
    process.kill()
    print("FAILED: the tests have taken too long, and did not end when they were told to.", flush=True)
    os._exit(1)  # its own processes may hold the pipe that is read here


def _in_parallel(arguments: Sequence[str]) -> list[str]:
    """Return what lets two processes share the tests of a whole run: each file whole, each with a screen of its own."""
    is_chosen = any(not argument.startswith("-") or argument in ("-n", "-x", "--pdb") for argument in arguments)
    if is_chosen or (os.cpu_count() or 1) < 2:
        return []
    # in the order of tests/conftest.py; a process that crashes ends the run, and its test has failed
    return ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "--max-worker-restart=0"]


def lint(arguments: list[str]) -> int:
    """Run the checks without the tests."""
    set_up(frozenset({"dev"}))
    return 1 if _failed_checks() else 0


def bench(arguments: list[str]) -> int:
    """Run the benchmarks, or the named ones alone: tests/benchmarks/bench_NAME.py."""
    provide(missing_needs(virtual_screen=True) + venv_needs())
    set_up(frozenset({"demo", "dev", "fast"}))
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


def hostile(arguments: list[str]) -> int:
    """Print the table of damaged and malicious inputs; --big adds those of several gigabytes."""
    provide(missing_needs() + venv_needs())
    set_up(frozenset({"dev"}))
    return subprocess.run([str(venv_python()), "-m", "tests.hostile", *arguments], cwd=ROOT, check=False).returncode


def truth(arguments: list[str]) -> int:
    """Print where every series of the shared studies lies, held against its own headers and against dcm2niix."""
    provide(missing_needs() + venv_needs())
    set_up(frozenset({"dev"}))
    command = [str(venv_python()), "-m", "tests.geometry_truth", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def venv(arguments: list[str]) -> int:
    """Set everything up and start nothing; names of extras may follow."""
    provide(missing_needs() + venv_needs(), essential=False)
    set_up(frozenset(arguments or {"demo", "dev"}))
    print(f"Ready: {venv_python()}")
    return 0


def clean(arguments: list[str]) -> int:
    """Remove the virtual environment, caches and what was built."""
    for name in (".venv", *LITTER):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0


VERBS = {
    "demo": demo,
    "test": test,
    "lint": lint,
    "bench": bench,
    "hostile": hostile,
    "truth": truth,
    "venv": venv,
    "clean": clean,
}


def main() -> int:
    """Do what the command line asks for."""
    what = "\n".join(f"  {name:<7} {verb.__doc__}" for name, verb in VERBS.items())
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", epilog=what, formatter_class=argparse.RawDescriptionHelpFormatter, add_help=True
    )
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="handed on to what is started")
    chosen = parser.parse_args()
    try:
        return VERBS[chosen.verb](chosen.arguments)
    except SetUpError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Start again, and the set-up goes on where it was.", file=sys.stderr)
        return 130
