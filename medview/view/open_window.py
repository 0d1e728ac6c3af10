"""A render window that is not on the screen."""

from __future__ import annotations

from typing import Any

from medview.view.opengl import check_libraries, no_opengl


def open_window() -> Any:
    """Return a vtkRenderWindow with OpenGL, bound to the thread that calls; `Finalize` closes it.

    Raises
    ------
    MedViewError
        OpenGL is missing or too old.
    """
    check_libraries()
    import vtkmodules.vtkRenderingOpenGL2
    import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401  registers the factories
    from vtkmodules.vtkCommonCore import vtkLogger
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    # VTK tries one window system after the other and would write each miss to the terminal
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_ERROR)
    window: Any = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    if not window.SupportsOpenGL():
        raise no_opengl()
    window.Initialize()  # before, it does not know by whom it is drawn
    return window
