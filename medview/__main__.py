"""Start MedView: the window, or one of the verbs of the command line."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Run MedView with the arguments of the process and return its exit status."""
    multiprocessing.freeze_support()
    from medview import cli

    arguments = cli.parse(sys.argv[1:])
    if arguments.verb == "screenshots":
        from medview.app import screenshots

        return screenshots(arguments.folder, arguments.path, scale=arguments.scale)
    if arguments.windowed:
        from medview.app import run

        return run(arguments.path, demo=arguments.verb == "demo" and arguments.path is None)
    return cli.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
