"""What a picture of the 3D view is made of, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medview.imaging.camera import Camera
from medview.imaging.clipping import Clipping
from medview.imaging.transfer_function import TransferFunction
from medview.imaging.volume_cut import VolumeCut
from medview.study.volume import Volume
from medview.view.surface_actor import DrawnSurface

GHOST = 0.12  # of the opacity of the tissue is left around surfaces


@dataclass(frozen=True, eq=False)
class VolumeFrame:
    """What one picture of the 3D view shows.

    Attributes
    ----------
    size
        (width, height) of the picture in pixels.
    window
        (Window Center, Window Width), for functions that follow it.
    surfaces
        Drawn inside the tissue, which then becomes translucent.
    clipping
        Which part is shown; None is the whole.
    cuts
        Tissue that is cut away; the surfaces stay.
    tissue_visible
        Whether the volume itself is drawn, or only the surfaces.
    coarseness
        Distance of the rays in pixels: 1 is full quality, 3 or 4 while the view is turned.
    """

    volume: Volume
    size: tuple[int, int]
    camera: Camera
    function: TransferFunction
    window: tuple[float, float]
    surfaces: tuple[DrawnSurface, ...] = ()
    clipping: Clipping | None = None
    cuts: tuple[VolumeCut, ...] = ()
    tissue_visible: bool = True
    coarseness: float = 1.0

    @property
    def density(self) -> float:
        """What the opacity of the tissue is multiplied with."""
        return GHOST if self.surfaces and self.function.blend == "composite" else 1.0

    @property
    def background(self) -> tuple[float, float, float]:
        """Colour of what lies outside the volume, 0 to 1: of a MIP that of its lowest values, else black."""
        if self.function.blend != "maximum":
            return (0.0, 0.0, 0.0)
        _, red, green, blue = self.function.colours[0]
        return (red / 255, green / 255, blue / 255)


@dataclass(frozen=True, eq=False)
class VolumePicture:
    """A picture of the 3D view.

    Attributes
    ----------
    pixels
        (height, width, 4) RGBA with alpha 255; of fewer pixels than asked for where it is coarse.
    reduction
        How many voxels along (slices, rows, columns) were averaged into one; (1, 1, 1) where none were.
    without_opengl
        Whether it was made by the processor alone because this machine has no OpenGL.
    camera, is_clipped, is_cut, is_coarse
        From where it is seen, whether a part is left out, and whether rays are, in this picture: what is wanted by now
        may be another.
    """

    pixels: NDArray[np.uint8]
    reduction: tuple[int, int, int] = (1, 1, 1)
    without_opengl: bool = False
    camera: Camera | None = None
    is_clipped: bool = False
    is_cut: bool = False
    is_coarse: bool = False
