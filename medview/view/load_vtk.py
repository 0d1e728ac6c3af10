"""Load VTK before it is needed, in pieces: each import holds the interpreter, and with it the window."""

from __future__ import annotations

import time

from medview.progress import Progress, unheard
from medview.view.open_window import open_window
from medview.view.opengl import check_libraries

_BREATH_S = 0.01


def load_vtk(progress: Progress = unheard) -> None:
    """Import what the 3D view and the surfaces need, with a breath after each part for whoever waits.

    Raises
    ------
    MedViewError
        This machine has no OpenGL.
    """

    def breathe(fraction: float) -> None:
        progress(fraction)
        time.sleep(_BREATH_S)

    check_libraries()
    import vtkmodules.vtkCommonCore

    breathe(0.2)
    import vtkmodules.vtkCommonTransforms

    breathe(0.3)
    import vtkmodules.util.numpy_support
    import vtkmodules.vtkCommonDataModel

    breathe(0.5)
    import vtkmodules.vtkFiltersCore

    breathe(0.6)
    import vtkmodules.vtkRenderingCore

    breathe(0.7)
    import vtkmodules.vtkRenderingVolume

    breathe(0.8)
    import vtkmodules.vtkRenderingOpenGL2

    breathe(0.9)
    import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401

    breathe(0.95)
    open_window().Finalize()  # the driver is loaded with the first one, which takes a tenth of a second
