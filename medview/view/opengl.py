"""Whether this machine can draw in 3D, found out before VTK tries: without an OpenGL library it would crash."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

from medview.errors import MedViewError

_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software", "gdi generic", "basic render", "swiftshader")


def no_opengl() -> MedViewError:
    """Return the error that is shown in the 3D pane."""
    return MedViewError(
        "3D needs OpenGL 3.2, which is not available here.",
        "The 2D views work without it. Install a graphics driver, on Debian the packages libgl1 and libegl1.",
    )


def check_libraries() -> None:
    """Raise MedViewError where making a render window would crash for want of a library."""
    if sys.platform == "linux" and not _loads("libEGL.so.1") and not (_loads("libGL.so.1") and _has_x()):
        raise no_opengl()


def _has_x() -> bool:
    return bool(os.environ.get("DISPLAY")) and _loads("libX11.so.6")


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def renderer_of(window: Any) -> str:
    """Return the name of the OpenGL renderer of a vtkRenderWindow that has been initialised."""
    for line in window.ReportCapabilities().splitlines():
        if line.lower().startswith("opengl renderer string:"):
            return str(line.partition(":")[2].strip())
    return ""


def is_software(renderer: str) -> bool:
    """Whether a renderer works on the processor: then rays are cast there, which is many times faster."""
    return not renderer or any(name in renderer.lower() for name in _SOFTWARE)
