"""How large a volume may be that this machine draws in 3D."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from typing import Any

from medview.view.opengl import is_software, renderer_of

_IN_TIME = 256  # voxels along an axis that the processor casts rays through in time
_UNKNOWN_BYTES = 2**30  # where the driver does not tell: what a modest card has to spare
_SHARE = 0.6  # of the memory that is free: other programs draw, too
_TEXEL_BYTES = 4  # drivers keep 16-bit values as 32-bit ones where they cannot filter them
_NVX_FREE_KB, _ATI_FREE_KB = 0x9049, 0x87FC  # GL_NVX_gpu_memory_info, GL_ATI_meminfo


@dataclass(frozen=True)
class VolumeLimit:
    """The most voxels along an axis, and the most memory in bytes that a volume may take."""

    longest: int
    total_bytes: int

    def factors(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return how many voxels along each axis are averaged into one so that a volume fits.

        Examples
        --------
        >>> VolumeLimit(256, 2**40).factors((120, 512, 600))
        (1, 2, 3)
        >>> VolumeLimit(16384, 256 * 2**20).factors((300, 1024, 1024))  # 1.2 GB at four bytes a voxel
        (1, 3, 2)
        """
        factors = [-(-n // self.longest) for n in shape]
        while _size(shape, factors) * _TEXEL_BYTES > self.total_bytes:
            # the axis with the most voxels left loses least
            left = [n // factor for n, factor in zip(shape, factors, strict=True)]
            factors[left.index(max(left))] += 1
        return factors[0], factors[1], factors[2]


def volume_limit(window: Any) -> VolumeLimit:
    """Ask the OpenGL of a vtkRenderWindow, which has drawn before, how large a volume may be.

    Software rendering has no limit of its own; there it is what is drawn in time.
    """
    from vtkmodules.vtkRenderingOpenGL2 import vtkTextureObject

    if is_software(renderer_of(window)):
        return VolumeLimit(_IN_TIME, sys.maxsize)
    texture: Any = vtkTextureObject
    longest = int(texture.GetMaximumTextureSize3D(window))
    # OpenGL 3.2 promises 256
    return VolumeLimit(longest if longest > 0 else _IN_TIME, _free_bytes() or _UNKNOWN_BYTES)


def _free_bytes() -> int:
    """Return how much of its memory the graphics card has to spare for a volume; 0 where it does not tell."""
    names = {"win32": "opengl32.dll", "darwin": "/System/Library/Frameworks/OpenGL.framework/OpenGL"}
    try:
        library = ctypes.CDLL(names.get(sys.platform, "libGL.so.1"))
        ask = library.glGetIntegerv
        ask.argtypes, ask.restype = (ctypes.c_uint, ctypes.POINTER(ctypes.c_int)), None
    except (OSError, AttributeError):
        return 0
    for name in (_NVX_FREE_KB, _ATI_FREE_KB):
        answer = (ctypes.c_int * 4)()
        ask(name, answer)  # a driver that does not know the name leaves it 0
        library.glGetError()
        if answer[0] > 0:
            return int(answer[0] * 1024 * _SHARE)
    return 0


def _size(shape: tuple[int, int, int], factors: list[int]) -> int:
    voxels = 1
    for n, factor in zip(shape, factors, strict=True):
        voxels *= max(n // factor, 1)
    return voxels
