"""Start MedView: the window, or one of the verbs of the command line."""

from __future__ import annotations

import gc
import multiprocessing
import sys
from collections.abc import Callable


def main() -> int:
    """Run MedView with the arguments of the process and return its exit status."""
    multiprocessing.freeze_support()
    from medview import cli

    arguments = cli.parse(sys.argv[1:])
    if arguments.verb == "screenshots":
        from medview.app import screenshots

        return screenshots(arguments.folder, arguments.path, scale=arguments.scale)
    if arguments.windowed:
        run = _window(reads=arguments.path is not None)
        return run(arguments.path, demo=arguments.verb == "demo" and arguments.path is None)
    return cli.run(arguments)


def _window(*, reads: bool) -> Callable[..., int]:
    """Return `medview.app.run`, imported as fast as it can be: whoever opens a folder waits for it."""
    gc.disable()  # going through all that imports make, again and again, takes a fifth of their time
    # what knows no Qt comes first: PySide reads the source of every module that is imported after it
    import medview.session.open_folder
    import medview.tools.toolbox
    import medview.view.corner_text
    import medview.view.slice_view

    if reads:
        import medview.files.pixels.dicom_pixels
        import medview.files.scanning.dicom_scan  # noqa: F401
    from medview.app import run

    gc.freeze()  # nor are they gone through later: they stay
    gc.enable()
    return run


if __name__ == "__main__":
    sys.exit(main())
