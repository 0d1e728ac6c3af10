"""What the system must bring: shared libraries, a virtual screen for tests, a Chinese font.

They are looked for by trying, not by asking a package database, so that every distribution is judged alike.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.step import SetUpError, StepError, ending, follow


@dataclass(frozen=True)
class Need:
    """One thing the system must bring.

    Attributes
    ----------
    name
        What was looked for: a shared library's file, a command, a module.
    debian_package
        The package of Debian and Ubuntu that brings it.
    what
        What it is, for a person.
    """

    name: str
    debian_package: str
    what: str


# Qt's xcb platform, its painter and VTK's offscreen windows, as seen on a bare Debian 12
LIBRARIES = (
    Need("libGL.so.1", "libgl1", "OpenGL"),
    Need("libEGL.so.1", "libegl1", "OpenGL without a screen"),
    Need("libglib-2.0.so.0", "libglib2.0-0", "GLib"),
    Need("libdbus-1.so.3", "libdbus-1-3", "D-Bus"),
    Need("libfontconfig.so.1", "libfontconfig1", "fonts"),
    Need("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "keyboard"),
    Need("libxcb-cursor.so.0", "libxcb-cursor0", "X11 cursors"),
    Need("libxcb-icccm.so.4", "libxcb-icccm4", "X11 window titles"),
    Need("libxcb-image.so.0", "libxcb-image0", "X11 images"),
    Need("libxcb-keysyms.so.1", "libxcb-keysyms1", "X11 keys"),
    Need("libxcb-render-util.so.0", "libxcb-render-util0", "X11 painting"),
    Need("libxcb-shape.so.0", "libxcb-shape0", "X11 shapes"),
    Need("libxcb-xkb.so.1", "libxcb-xkb1", "X11 keyboard"),
    Need("libX11-xcb.so.1", "libx11-xcb1", "X11"),
    Need("libXcursor.so.1", "libxcursor1", "X11 cursors"),
)
VIRTUAL_SCREEN = Need("Xvfb", "xvfb", "a virtual screen for the tests")
WAYLAND = (
    Need("weston", "weston", "a Wayland screen for the tests"),
    Need("libwayland-cursor.so.0", "libwayland-cursor0", "Wayland cursors"),
    Need("libwayland-egl.so.1", "libwayland-egl1", "OpenGL under Wayland"),
)
CHINESE_FONT = Need("a Chinese font", "fonts-noto-cjk", "letters for the Chinese window")
_FONT_NAMES = ("*CJK*", "*SourceHan*", "*wqy*", "*uming*", "*ukai*", "*msyh*", "*simsun*", "DroidSansFallback*")
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")


def missing_needs(*, fonts: bool = False, virtual_screen: bool = False) -> list[Need]:
    """Return what this system lacks; nothing on Windows and macOS, whose wheels bring all."""
    if sys.platform != "linux":
        return []
    needs = [need for need in LIBRARIES if not _loads(need.name)]
    if virtual_screen and shutil.which(VIRTUAL_SCREEN.name) is None:
        needs.append(VIRTUAL_SCREEN)
    if fonts and not any(_chinese_fonts()):
        needs.append(CHINESE_FONT)
    return needs


def missing_wayland() -> list[Need]:
    """Return what is missing for the tests under Wayland, which are skipped without it."""
    if sys.platform != "linux":
        return []
    return [need for need in WAYLAND if not (_loads(need.name) if ".so" in need.name else shutil.which(need.name))]


def install_command(needs: Sequence[Need]) -> str:
    """Return a sentence with the command that brings `needs` on this distribution, as far as we know it."""
    if shutil.which("apt-get"):
        packages = " ".join(need.debian_package for need in needs)
        sudo = "" if os.geteuid() == 0 else "sudo "
        return f"Install it with:\n  {sudo}apt-get install -y --no-install-recommends {packages}"
    for tool in ("dnf", "zypper"):
        if shutil.which(tool):
            wanted = " ".join(f"'{need.name}()(64bit)'" for need in needs if ".so" in need.name)
            rest = ", ".join(need.what for need in needs if ".so" not in need.name)
            return f"Install it with:\n  sudo {tool} install {wanted}" + (f"\nand also: {rest}" if rest else "")
    return "Install the packages of your distribution that bring these files."


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _chinese_fonts() -> Iterator[Path]:
    for folder in _FONT_FOLDERS:
        for pattern in _FONT_NAMES:
            yield from Path(folder).expanduser().rglob(pattern)


def provide(needs: Sequence[Need], *, essential: bool = True) -> None:
    """Install what the system lacks where that is possible without asking, else say how.

    Raises SetUpError where the needs are essential and remain; where they are not, only the window must do without.
    """
    if not needs:
        return
    packages = [need.debian_package for need in needs]
    if may_apt():
        _apt_install(packages)
        return
    listing = "\n".join(f"  {need.name:<26} {need.what}" for need in needs)
    if essential:
        raise SetUpError(
            f"Your system lacks what MedView needs:\n{listing}\n{install_command(needs)}\nThen start again."
        )
    print(f"MedView's window will need what your system lacks:\n{listing}\n{install_command(needs)}", file=sys.stderr)


def may_apt() -> bool:
    """Whether packages can be installed without asking: as root, on Debian and its kin."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(packages: list[str]) -> None:
    get = ("apt-get", "-o", "DPkg::Lock::Timeout=120")
    command = [*get, "install", "-y", "--no-install-recommends", *packages]
    try:
        if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
            follow("Package lists", [*get, "update"])
        try:
            follow(f"System packages: {len(packages)}", command)
        except StepError:  # old lists name versions that are gone
            follow("Package lists", [*get, "update"])
            follow(f"System packages: {len(packages)}", command)
    except StepError as failure:
        raise SetUpError(f"{' '.join(command)}\ndid not succeed:\n{ending(failure.lines)}") from failure
